/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One domain's memory: which machine chunk is behind each guest-physical chunk, and the page-table reserve.
 *
 * Keeps: chunk_map and machine_map are each other's inverse and list exactly the chunks that the chunk table gives to this owner;
 * the reserve is one range of guest-physical chunks, present from its start without gaps. Both maps fill whole pages of
 * consecutive machine addresses, for mapping them read-only into the guest. A space never shrinks but by space_destroy.
 *
 * The lock guards everything here and in the frames of the reserve. Functions named in "caller holds the lock" do not take it:
 * a batch of operations takes it once.
 */
#pragma once

#include "lib/lock.h"
#include "lib/nospec.h"
#include "abi/generated/ringbolt.h"
#include "mm/chunk.h"
#include "mm/frame.h"

/* 2^14 chunks of page tables, 32 GiB: a parent's place fits 32 bits. */
#define RESERVE_CHUNKS_MAX (1u << 14)

/*
 * A place names an entry of a table of the reserve: number of the frame in the reserve << 9 | index of the entry. An
 * operation's word less its low 15 bits is one, but for where the reserve begins.
 */
#define PLACES_PER_CHUNK ((u64)FRAMES_PER_CHUNK * PT_ENTRIES)

/* A present chunk of the reserve: addresses that a frame's number and a place are added to, as if chunk 0 began there. */
struct reserve {
	u64 frames;	/* + frame * 8: its record */
	u64 entries;	/* + place * 8: the entry, through the direct map */
};

struct space {
	struct spinlock lock;
	u32 owner;		/* as in struct chunk; also the tag of this domain's DATA chunks */
	u64 place_base;		/* first guest frame number of the reserve << 9 */
	u64 place_count;	/* places present */
	struct reserve *reserve;	/* pt_quota records */
	mfn_t kernel_root;	/* its entries 272 to 511 are in every address space of the domain; NO_MFN until there is one */

	u32 chunk_count;	/* guest-physical chunks, present or not */
	u32 chunk_map_count;	/* the same; of a space that is closing, as it was */
	bool is_closing;	/* space_remove_chunks was called: links may lead to tables that are gone */
	u32 present;		/* chunks there, those of the reserve among them */
	u32 *chunk_map;		/* guest-physical chunk -> machine chunk or CHUNK_NONE */
	u32 *machine_map;	/* machine chunk -> guest-physical chunk or CHUNK_NONE; chunk_count entries of mm/chunk.h */
	u32 pt_first;		/* the reserve: first guest-physical chunk, */
	u32 pt_present;		/* chunks there, */
	u32 pt_quota;		/* and how many there can be */

	u64 pt_ops;		/* counters: operations that took effect, */
	u64 pt_refused;		/* operations refused, */
	u64 root_loads;		/* roots loaded, */
	u64 frames_typed;	/* frames typed and not linked now (roots too), */
	u64 frames_linked;	/* frames linked now */

	struct space *next;	/* all spaces, under the list's own lock */
};

#define NO_MFN ((mfn_t){ ~0ul })

/* Is the range such that space_init takes it? */
bool space_can_be(u32 chunk_count, u32 pt_first, u32 pt_quota);
/*
 * An empty space. owner: OWNER_DOMAIN + id. The reserve is the range [pt_first, pt_first + pt_quota), inside chunk_count.
 * INVAL: the range; NOSPACE: no pages.
 */
enum rb_status space_init(struct space *space, u16 owner, u32 chunk_count, u32 pt_first, u32 pt_quota);
/*
 * Put a fresh, zeroed machine chunk behind guest_chunk. use PAGETABLE for the next chunk of the reserve, DATA for all
 * outside it; no chunk may be there yet. INVAL: the place; NOSPACE: no chunk or page.
 */
enum rb_status space_add_chunk(struct space *space, u32 guest_chunk, u8 use);
/* Add the next chunk of the reserve; its number to *guest_chunk. NOSPACE: at its quota, or no chunk. Caller holds the lock. */
enum rb_status space_grow_reserve(struct space *space, u32 *guest_chunk);
/*
 * A part of space_destroy, for one that is large: give back what is behind its last guest-physical chunks, `most` of them at most. Returns how many; zero: all are gone.
 * Nothing else may be done with the space afterwards.
 */
u32 space_remove_chunks(struct space *space, u32 most);
/* Give everything back. No CPU may have a live root of this space (live_root_leave), nor may one of its vCPUs exist. */
void space_destroy(struct space *space);

/*
 * Guest-physical bytes as a pointer, for the hypervisor to read or write: they lie in one DATA chunk.
 * NOENT: the address is in no present chunk; INVAL: the bytes do not lie in that one chunk; TYPE: the chunk is not DATA.
 * Valid as long as the space. The guest writes there at any time: read each byte once.
 */
enum rb_status space_data(struct space *space, u64 gpa, u64 bytes, void **pointer);
/* The machine frame behind a guest frame. False if there is none. */
bool space_gfn_to_mfn(const struct space *space, gfn_t gfn, mfn_t *mfn);

/* An entry of a table of the reserve, and the table's record. Valid as long as the space. */
struct slot {
	struct frame *frame;
	u64 *entry;
};

/* From a guest frame number << 9 | index to the place. False if the frame is not in the reserve. Caller holds the lock. */
static inline bool space_find_place(const struct space *space, u64 where, u64 *place)
{
	const u64 n = where - space->place_base;

	if (n >= space->place_count)
		return false;
	*place = nospec_index(n, space->place_count);
	return true;
}

/* A place's frame record. */
static inline struct frame *space_frame(const struct space *space, u64 place)
{
	return (struct frame *)space->reserve[place / PLACES_PER_CHUNK].frames + place / PT_ENTRIES;
}

/* A place's entry. */
static inline u64 *space_entry(const struct space *space, u64 place)
{
	return (u64 *)space->reserve[place / PLACES_PER_CHUNK].entries + place;
}

/* A guest frame number << 9 | index as a slot. False if the frame is not in the reserve. Caller holds the lock. */
static inline bool space_find_slot(const struct space *space, u64 where, struct slot *slot)
{
	u64 place;

	if (!space_find_place(space, where, &place))
		return false;
	slot->frame = space_frame(space, place);
	slot->entry = space_entry(space, place);
	return true;
}

/* The first slot of the table in a guest frame. False if the frame is not in the reserve. Caller holds the lock. */
static inline bool space_find_table(const struct space *space, u64 gfn, struct slot *slot)
{
	return gfn < 1ul << 40 && space_find_slot(space, gfn * PT_ENTRIES, slot);
}

/* The maps' first machine frame and their length in pages. */
mfn_t space_chunk_map_mfn(const struct space *space);
u32 space_chunk_map_pages(const struct space *space);
mfn_t space_machine_map_mfn(const struct space *space);
u32 space_machine_map_pages(const struct space *space);

/* All spaces, for debug_check. space_list_first, then ->next; space_list_lock held around. */
void space_list_lock(void);
void space_list_unlock(void);
struct space *space_list_first(void);
