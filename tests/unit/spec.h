/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the interface says of an entry, written from its text and the processor manuals without a look at mm/judge.h: bit
 * after bit, slowly. The tests ask it what a call should have answered.
 */
#pragma once

#include "lib/types.h"
#include "abi/generated/ringbolt.h"

/* A set of statuses: bit -status. Empty: OK. Where several causes hold, any of their errors is right. */
typedef u32 status_set;
#define STATUS_SET(status) (1u << -(int)(status))

/* The machine as the tests know it: owner (OWNER_*) and use (CHUNK_*) of each chunk below chunk_count. */
struct spec_machine {
	u32 physical_bits;
	u32 chunk_count;
	u16 owner[64];
	u8 use[64];
};

/* The chunk table of a machine of 40 chunks and judge, as the machine says; no chunk is memory yet. Then a chunk in both. */
void spec_machine_start(struct spec_machine *machine, u32 physical_bits);
void spec_machine_set(struct spec_machine *machine, u32 chunk, u16 owner, u8 use);
/* judge_entry beside the specification, at every level. False: *level is one where they differ, *status what judge_entry said. */
bool spec_agrees(const struct spec_machine *machine, u64 entry, u16 owner, u32 *level, enum rb_status *status);

/* The errors that SET of an entry deserves in a table of a level that belongs to owner. */
status_set spec_entry(const struct spec_machine *machine, int level, u64 entry, u16 owner);

bool status_fits(status_set set, enum rb_status status);
