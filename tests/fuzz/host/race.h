/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's other vCPUs at work while the hypervisor reads guest memory. The compiler puts a call before each load of the code under test;
 * where that load is from a guest's DATA chunk, bytes are changed first, as the input says, and what the load will find is kept.
 */
#pragma once

#include "lib/types.h"

/* Kept: words that were read in this call, in order. */
struct race_read {
	const void *address;
	u64 value;
	u32 bytes;
};

enum {
	RACE_READS = 1024,
	RACE_CHANGES = 8,
};

extern struct race_read race_reads[RACE_READS];
extern u32 race_read_count;

/* Before the nth read from now on, 8 bytes at an address become this. */
void race_add(u32 nth, void *address, u64 value);
/* Each word changes as soon as it has been read: by exclusive or with this; zero: it stays. */
void race_every(u64 difference);
/* A call begins: changes are counted from here. It ends: what is left of them is dropped. */
void race_begin(void);
void race_end(void);
