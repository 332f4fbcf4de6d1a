/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two domains on the fake machine, with one CPU each to start with: where the tests of tables, roots and live roots play.
 *
 * Each has 16 guest-physical chunks: DATA at 0 to 2 and 5, the reserve from 8 on with two chunks of at most three. Their
 * machine chunks alternate. No frame is typed.
 */
#pragma once

#include "mm/table.h"

enum {
	WORLD_OWNER_A = OWNER_DOMAIN + 1,
	WORLD_OWNER_B = OWNER_DOMAIN + 2,
	WORLD_CHUNKS = 16,
	WORLD_PT_FIRST = 8,
	WORLD_PT_QUOTA = 3,
	WORLD_PT_PRESENT = 2,
	WORLD_CPUS = 3,
};

/* First frame of the reserve, and the first that is not there. */
#define PT		((u64)WORLD_PT_FIRST * FRAMES_PER_CHUNK)
#define PT_END		(PT + WORLD_PT_PRESENT * FRAMES_PER_CHUNK)

struct world {
	struct space a, b;
	struct live_root cpu[WORLD_CPUS];	/* 0 runs a, 1 runs b, 2 runs nothing */
	void *page[WORLD_CPUS];
};

extern struct world world;

void world_make_space(struct space *space, u16 owner);
/* DATA and the first chunk of the reserve, for a space that has just begun. */
void world_add_chunks(struct space *space);
/* Setup and teardown for cmocka; the end checks that every chunk and page came back. */
int world_start(void **state);
int world_end(void **state);
/* All CPUs leave, spaces end. */
void world_leave_all(void);

/* One operation, as the calling CPU of the space. */
enum rb_status apply(struct space *space, u64 code, u64 gfn, u64 index, u64 count, u64 value);
/* And with the value it returns. */
enum rb_status apply_value(struct space *space, u64 code, u64 gfn, u64 index, u64 count, u64 *value);

/* Machine address of a guest frame, which must exist. */
u64 machine_address(const struct space *space, u64 gfn);
u64 *table_entries(const struct space *space, u64 gfn);
struct frame *table_frame(const struct space *space, u64 gfn);

/* The state of everything, to see that a refused operation changed nothing. Counters of refusals are not compared. */
void snapshot_take(void);
void snapshot_compare(void);
