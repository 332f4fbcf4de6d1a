/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grammar: bytes of an input become operands that are nearly right. One byte chooses from what exists (frames of the pool, a domain's chunks,
 * edges of tables); some values of it stand for raw words, so that every number can be had.
 */
#pragma once

#include "oracle.h"

struct input {
	const u8 *at, *end;
};

/* Past the end: zero. */
u8 input_byte(struct input *in);
u64 input_word(struct input *in);
bool input_is_empty(const struct input *in);

u64 input_gfn(struct input *in, const struct model *m);
u64 input_index(struct input *in);
u64 input_count(struct input *in, u64 index);
/* A leaf for a table of this level, or what is none. */
u64 input_entry(struct input *in, const struct model *m, int level);
/* An operation: word and value. */
struct rb_pt_op input_operation(struct input *in, const struct model *m);
/* A guest-virtual address, mostly one whose tables exist. */
u64 input_address(struct input *in);
/* A guest-physical address, often of the first DATA chunk, page-aligned. */
u64 input_physical(struct input *in);
