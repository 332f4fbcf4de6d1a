/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invariants, by looking at everything. Written apart from the code that keeps them: it shares the definition of a valid leaf
 * (mm/judge.h, tested on its own) and the layouts, nothing else.
 *
 * That each link leads to a LINKED frame whose parent is that very entry makes parents unique; that there are as many links
 * as LINKED frames makes the relation one to one (I-3).
 */

#include "mm/walk.h"

#include "lib/print.h"
#include "mm/judge.h"
#include "mm/live.h"

#define LINES_MAX 20

static u64 violations;

/* One violation: what, and two numbers that tell where. */
static void complain(const struct space *space, const char *what, u64 where, u64 value)
{
	if (violations++ < LINES_MAX)
		print("check: owner %u: %s: %lx %lx\n", space ? space->owner : 0, what, where, value);
}

static u64 frame_place(u32 number, u32 index)
{
	return (u64)number * PT_ENTRIES + index;
}

/* The reserve's number of a machine frame, or -1. */
static s64 frame_number(const struct space *space, mfn_t mfn)
{
	const u32 chunk = chunk_of_frame(mfn);
	u32 guest_chunk;

	if (chunk >= chunk_count)
		return -1;
	guest_chunk = space->machine_map[chunk];
	if (guest_chunk == CHUNK_NONE || guest_chunk - space->pt_first >= space->pt_present)
		return -1;
	return (s64)(guest_chunk - space->pt_first) * FRAMES_PER_CHUNK + (s64)(mfn.raw % FRAMES_PER_CHUNK);
}

static void check_link(const struct space *space, const struct frame *parent, u64 place, u64 entry)
{
	const u64 expected = ENTRY_LINK & ~(parent->state == FRAME_KERNEL ? ENTRY_USER : 0);
	const s64 number = frame_number(space, entry_frame(entry));
	const struct frame *child;

	if ((entry & ~ENTRY_ADDRESS & ~ENTRY_ACCESSED) != (expected & ~ENTRY_ACCESSED))
		complain(space, "I-7 link has wrong bits", place, entry);
	if (number < 0) {
		complain(space, "I-3 link leads out of the reserve", place, entry);
		return;
	}
	child = space_frame(space, frame_place((u32)number, 0));
	if (child->state != FRAME_LINKED || child->level != parent->level - 1)
		complain(space, "I-3 link leads to a frame of wrong state or level", place, entry);
	if (child->parent != place)
		complain(space, "I-3 frame has another parent than its link", place, child->parent);
}

static void check_entry(const struct space *space, const struct frame *frame, u64 place, u64 entry, u32 *links)
{
	if (frame->level > 1 && entry_is_link(entry)) {
		++*links;
		check_link(space, frame, place, entry);
	} else if (judge_entry(frame->level, entry, space->owner) != RB_OK) {
		complain(space, "I-2, I-4 entry is not valid for its level", place, entry);
	}
}

/* Which entries of a root are the bitmap or nothing. */
static bool root_entry_is_spare(const struct frame *frame, u32 index)
{
	return frame->level == LEVEL_ROOT && !root_serves(frame, index, 1);
}

static void check_root_map(const struct space *space, const struct frame *frame, u64 place, const u64 *entries)
{
	u64 map[ROOT_MAP_WORDS] = { 0 };

	for (u32 index = 0; index < PT_ENTRIES; index++) {
		if (!root_entry_is_spare(frame, index))
			map[index % 256 / 64] |= (u64)(entries[index] != 0) << index % 64;
		else if (index - ROOT_MAP_FIRST >= ROOT_MAP_WORDS && entries[index])
			complain(space, "I-4 root has an entry in the half it does not serve", place + index, entries[index]);
	}
	for (u32 word = 0; word < ROOT_MAP_WORDS; word++)
		if (map[word] != entries[ROOT_MAP_FIRST + word])
			complain(space, "I-9 bitmap of a root is wrong", place, word);
}

static void check_loaded(const struct space *space, const struct frame *frame, u64 place, const u64 *entries)
{
	u32 shown = 0;

	for (u32 cpu = 0; cpu < live_root_count; cpu++)
		shown += live_roots[cpu]->space == space && live_roots[cpu]->user_root.raw != NO_MFN.raw
			 && root_entries(live_roots[cpu]->user_root) == entries;
	if (frame->state == FRAME_KERNEL ? frame->loaded != 0 : frame->loaded < shown)
		complain(space, "I-9 root is shown more often than it is loaded", place, frame->loaded);
}

/* Most frames are free: one look at all of it, and a closer one only if there is something. */
static void check_free(const struct space *space, u64 place, const u64 *entries)
{
	u64 any = 0;

	for (u32 index = 0; index < PT_ENTRIES; index++)
		any |= entries[index];
	for (u32 index = 0; any && index < PT_ENTRIES; index++)
		if (entries[index])
			complain(space, "I-4 free frame is not zero", place + index, entries[index]);
}

/* A frame's record and all its entries. */
static void check_frame(const struct space *space, u32 number, u64 *typed, u64 *linked)
{
	const u64 place = frame_place(number, 0);
	const struct frame *frame = space_frame(space, place);
	const u64 *entries = space_entry(space, place);
	u32 links = 0;

	if (frame->state > FRAME_KERNEL || frame->level > LEVEL_ROOT || (frame->state == FRAME_FREE) != (frame->level == 0)
	    || (frame->level == LEVEL_ROOT && frame->state == FRAME_LINKED)
	    || (frame->level != LEVEL_ROOT && frame->state == FRAME_KERNEL)) {
		complain(space, "I-3 frame has an impossible state", place, (u64)frame->state << 8 | frame->level);
		return;
	}
	*linked += frame->state == FRAME_LINKED;
	*typed += frame->state == FRAME_TYPED || frame->state == FRAME_KERNEL;
	if (frame->state == FRAME_FREE)
		check_free(space, place, entries);
	for (u32 index = 0; frame->state != FRAME_FREE && index < PT_ENTRIES; index++)
		if (!root_entry_is_spare(frame, index))
			check_entry(space, frame, place + index, entries[index], &links);
	if (links != frame->links)
		complain(space, "I-3 frame has not as many links as it says", place, frame->links);
	if (frame->level == LEVEL_ROOT) {
		check_root_map(space, frame, place, entries);
		check_loaded(space, frame, place, entries);
	}
}

static void check_frames(const struct space *space)
{
	u64 typed = 0, linked = 0, links = 0;

	for (u32 number = 0; number < space->place_count / PT_ENTRIES; number++) {
		check_frame(space, number, &typed, &linked);
		links += space_frame(space, frame_place(number, 0))->links;
	}
	if (links != linked)
		complain(space, "I-3 links and linked frames differ in number", links, linked);
	if (typed != space->frames_typed || linked != space->frames_linked)
		complain(space, "counters of frames are wrong", typed, linked);
	if (space->kernel_root.raw != NO_MFN.raw
	    && (frame_number(space, space->kernel_root) < 0 || root_frame(space->kernel_root)->state != FRAME_KERNEL))
		complain(space, "kernel root is none", space->kernel_root.raw, 0);
}

/* The maps, the chunk table and the reserve say the same. */
static void check_chunks(const struct space *space)
{
	for (u32 i = 0; i < space->chunk_count; i++) {
		const u32 chunk = space->chunk_map[i];
		const bool in_reserve = i - space->pt_first < space->pt_present;

		if (chunk == CHUNK_NONE && !in_reserve)
			continue;
		if (chunk >= chunk_count || space->machine_map[chunk] != i)
			complain(space, "chunk map and machine map differ", i, chunk);
		else if (chunks[chunk].tag != (space->owner | (in_reserve ? CHUNK_TAG_PAGETABLE : 0)))
			complain(space, "chunk table says another owner or use", chunk, chunks[chunk].tag);
		else if (in_reserve != !!chunks[chunk].frames)
			complain(space, "chunk has frame records and is not of the reserve, or the reverse", i, chunk);
	}
	for (u32 chunk = 0; chunk < chunk_count; chunk++)
		if ((chunks[chunk].owner == space->owner) != (space->machine_map[chunk] != CHUNK_NONE))
			complain(space, "chunk is owned and not in the maps, or the reverse", chunk, chunks[chunk].tag);
}

/* What a live root must hold at an index. Slot 256 and the rest of the hypervisor's slots are not ours. */
static u64 live_expected(const struct live_root *live, u32 index)
{
	if (!live->space)
		return 0;
	if (index >= ROOT_KERNEL_FIRST)
		return live->space->kernel_root.raw == NO_MFN.raw ? 0 : root_entries(live->space->kernel_root)[index];
	return live->user_root.raw == NO_MFN.raw ? 0 : root_entries(live->user_root)[index];
}

static void check_live(const struct live_root *live)
{
	for (u32 index = 0; index < PT_ENTRIES; index++) {
		const u64 entry = live->page[index];

		if (index >= ROOT_USER_END && index < ROOT_KERNEL_FIRST)
			continue;
		if (entry != live_expected(live, index))
			complain(live->space, "I-9 live root differs from its root", index, entry);
		if ((entry != 0) != (live->slots[index / 64] >> index % 64 & 1))
			complain(live->space, "I-9 bitmap of a live root is wrong", index, entry);
	}
	if (live->space && live->user_root.raw != NO_MFN.raw
	    && (frame_number(live->space, live->user_root) < 0 || root_frame(live->user_root)->level != LEVEL_ROOT
		|| root_frame(live->user_root)->state != FRAME_TYPED))
		complain(live->space, "I-9 live root shows a frame that is no user root", live->user_root.raw, 0);
}

/* Every chunk that a domain owns belongs to a space. */
static void check_owners(void)
{
	for (u32 chunk = 0; chunk < chunk_count; chunk++) {
		const struct space *space = space_list_first();

		if (chunks[chunk].owner < OWNER_DOMAIN)
			continue;
		while (space && space->owner != chunks[chunk].owner)
			space = space->next;
		if (!space)
			complain(NULL, "chunk's owner does not exist", chunk, chunks[chunk].tag);
	}
}

u64 invariants_check(void)
{
	space_list_lock();
	violations = chunk_list_check();
	check_owners();
	for (struct space *space = space_list_first(); space; space = space->next) {
		spin_lock(&space->lock);
		check_chunks(space);
		if (!space->is_closing)
			check_frames(space);
		for (u32 cpu = 0; cpu < live_root_count; cpu++)
			if (live_roots[cpu]->space == space)
				check_live(live_roots[cpu]);
		spin_unlock(&space->lock);
	}
	/* Those without a space are looked at only when they are idle: their CPU may be filling one. */
	space_list_unlock();
	return violations;
}
