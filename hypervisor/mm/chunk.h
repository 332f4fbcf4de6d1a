/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine memory in chunks of 2 MiB: who owns each, and as what it is used.
 *
 * The table has one entry for each machine chunk up to the end of memory. A chunk has one owner and one use, both in one word
 * (the tag), so that judging a page-table entry takes one look. Owner and use change only here; a chunk that a guest could
 * still reach through a page table or a TLB must not be released (see space_destroy).
 */
#pragma once

#include "lib/types.h"

struct frame;

enum {
	OWNER_NONE = 0,		/* free */
	OWNER_HYPERVISOR = 1,
	OWNER_ABSENT = 2,	/* not memory, or not ours to use */
	OWNER_DOMAIN = 16,	/* OWNER_DOMAIN + d: domain d, for d below 65520 */
};

enum {
	CHUNK_DATA = 0,
	CHUNK_PAGETABLE = 1,	/* frames of page tables: guests map it read-only */
};

#define CHUNK_TAG_PAGETABLE	((u32)CHUNK_PAGETABLE << 16)
#define CHUNK_NONE		0xffffffffu	/* no chunk; what the interface calls NO_CHUNK */

struct chunk {
	union {
		struct {
			u16 owner;
			u8 use;
			u8 reserved;	/* zero */
		};
		u32 tag;	/* owner | use << 16 */
	};
	u32 next;		/* free chunks: next in the list, or CHUNK_NONE; under the chunk lock */
	struct frame *frames;	/* PAGETABLE chunks: 512 records in one page (mm/frame.h), else NULL */
};

/*
 * Written once at boot. The table is filled up to a power of two with ABSENT chunks, so that a guest's number is made an
 * index by a mask, which no misprediction gets round.
 */
extern struct chunk *chunks;
extern u32 chunk_count;		/* up to the end of memory */
extern u32 chunk_mask;		/* entries of the table, less one */

/* Entries that a table for count chunks has. */
static inline u32 chunk_table_room(u32 count)
{
	u32 room = 1;

	while (room < count)
		room *= 2;
	return room;
}

/*
 * Begin: every chunk is ABSENT. table has room for `room` entries, chunk_table_room(count) at least, and is used from then on;
 * count is at most 2^24 (32 TiB). Call before all else in mm/.
 */
void chunk_table_init(struct chunk *table, u32 room, u32 count);
/* Boot: an ABSENT chunk becomes free. Chunks are handed out in the order in which they became free. */
void chunk_make_free(u32 chunk);
/* Boot: an ABSENT chunk is the hypervisor's (its image, the chunk table). */
void chunk_make_hypervisor(u32 chunk);
/* A free chunk, zeroed, for owner. False if there is none. frames is NULL: the caller gives a PAGETABLE chunk its records. */
bool chunk_alloc(u16 owner, u8 use, u32 *chunk);
/* Give a chunk back. Its content stays until it is allocated again and is zeroed then. */
void chunk_release(u32 chunk);
/* Free chunks. */
u32 chunk_free_count(void);
/* The free list is sound and as long as the count says: violations found, each printed. For debug_check. */
u32 chunk_list_check(void);

static inline u64 chunk_address(u32 chunk)
{
	return (u64)chunk * CHUNK_BYTES;
}

static inline u32 chunk_of_frame(mfn_t frame)
{
	return (u32)(frame.raw / FRAMES_PER_CHUNK);
}
