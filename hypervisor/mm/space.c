/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making, growing and ending a space, and looking addresses up in it.
 *
 * Ending needs no look at page tables: nothing runs in the space, all its chunks go back, tables and all, and every CPU that
 * ever ran the space forgets its translations before it runs a guest again (I-5, I-10).
 */

#include "mm/space.h"

#include "lib/ensure.h"
#include "lib/string.h"
#include "mm/live.h"
#include "mm/page.h"
#include "x86/direct.h"

static struct {
	struct spinlock lock;	/* before the spaces' locks */
	struct space *first;
} space_list;

static u32 map_pages(u32 count)
{
	return (u32)(ALIGN_UP(count * sizeof(u32), PAGE_BYTES) / PAGE_BYTES);
}

static u32 reserve_pages(const struct space *space)
{
	return (u32)(ALIGN_UP(space->pt_quota * sizeof(struct reserve), PAGE_BYTES) / PAGE_BYTES);
}

static u32 *map_alloc(u32 count)
{
	u32 *map = page_run_alloc(map_pages(count));

	if (map)
		memset(map, 0xff, map_pages(count) * PAGE_BYTES);
	return map;
}

static void space_free_tables(struct space *space)
{
	if (space->chunk_map)
		page_run_free(space->chunk_map, map_pages(space->chunk_map_count));
	if (space->machine_map)
		page_run_free(space->machine_map, map_pages(chunk_count));
	if (space->reserve)
		page_run_free(space->reserve, reserve_pages(space));
}

bool space_can_be(u32 guest_chunks, u32 pt_first, u32 pt_quota)
{
	const u32 most = PAGE_RUN_MAX * (u32)(PAGE_BYTES / sizeof(u32));

	if (guest_chunks == 0 || guest_chunks > most || chunk_count > most)
		return false;
	return pt_quota && pt_quota <= RESERVE_CHUNKS_MAX && pt_first < guest_chunks && pt_quota <= guest_chunks - pt_first;
}

enum rb_status space_init(struct space *space, u16 owner, u32 guest_chunks, u32 pt_first, u32 pt_quota)
{
	ENSURE(owner >= OWNER_DOMAIN);
	if (!space_can_be(guest_chunks, pt_first, pt_quota))
		return RB_INVAL;

	*space = (struct space){
		.owner = owner,
		.place_base = pt_first * PLACES_PER_CHUNK,
		.kernel_root = NO_MFN,
		.chunk_count = guest_chunks,
		.chunk_map_count = guest_chunks,
		.pt_first = pt_first,
		.pt_quota = pt_quota,
	};
	space->chunk_map = map_alloc(guest_chunks);
	space->machine_map = map_alloc(chunk_count);
	space->reserve = page_run_alloc(reserve_pages(space));
	if (!space->chunk_map || !space->machine_map || !space->reserve) {
		space_free_tables(space);
		return RB_NOSPACE;
	}
	spin_lock(&space_list.lock);
	space->next = space_list.first;
	space_list.first = space;
	spin_unlock(&space_list.lock);
	return RB_OK;
}

static void space_map_chunk(struct space *space, u32 guest_chunk, u32 chunk)
{
	space->chunk_map[guest_chunk] = chunk;
	space->machine_map[chunk] = guest_chunk;
	space->present++;
}

static void space_unmap_chunk(struct space *space, u32 guest_chunk, u32 chunk)
{
	space->chunk_map[guest_chunk] = CHUNK_NONE;
	space->machine_map[chunk] = CHUNK_NONE;
	space->present--;
}

static enum rb_status space_add_data(struct space *space, u32 guest_chunk)
{
	u32 chunk;

	if (guest_chunk >= space->chunk_count || guest_chunk - space->pt_first < space->pt_quota)
		return RB_INVAL;
	if (space->chunk_map[guest_chunk] != CHUNK_NONE)
		return RB_INVAL;
	if (!chunk_alloc((u16)space->owner, CHUNK_DATA, &chunk))
		return RB_NOSPACE;
	space_map_chunk(space, guest_chunk, chunk);
	return RB_OK;
}

enum rb_status space_grow_reserve(struct space *space, u32 *guest_chunk)
{
	struct frame *frames;
	u32 chunk;

	if (space->pt_present == space->pt_quota)
		return RB_NOSPACE;
	frames = page_alloc();
	if (!frames)
		return RB_NOSPACE;
	if (!chunk_alloc((u16)space->owner, CHUNK_PAGETABLE, &chunk)) {
		page_free(frames);
		return RB_NOSPACE;
	}

	chunks[chunk].frames = frames;
	space->reserve[space->pt_present] = (struct reserve){
		.frames = (u64)frames - space->pt_present * PAGE_BYTES,
		.entries = (u64)direct_pointer(chunk_address(chunk)) - space->pt_present * CHUNK_BYTES,
	};
	*guest_chunk = space->pt_first + space->pt_present;
	space_map_chunk(space, *guest_chunk, chunk);
	space->pt_present++;
	space->place_count += PLACES_PER_CHUNK;
	return RB_OK;
}

enum rb_status space_add_chunk(struct space *space, u32 guest_chunk, u8 use)
{
	enum rb_status status;
	u32 grown;

	spin_lock(&space->lock);
	if (use != CHUNK_PAGETABLE)
		status = space_add_data(space, guest_chunk);
	else if (guest_chunk != space->pt_first + space->pt_present)
		status = RB_INVAL;
	else
		status = space_grow_reserve(space, &grown);
	spin_unlock(&space->lock);
	return status;
}

static void space_remove_from_list(struct space *space)
{
	struct space **link = &space_list.first;

	spin_lock(&space_list.lock);
	while (*link != space)
		link = &(*link)->next;
	*link = space->next;
	spin_unlock(&space_list.lock);
}

u32 space_remove_chunks(struct space *space, u32 most)
{
	const u32 before = space->chunk_count;

	spin_lock(&space->lock);
	space->is_closing = true;
	for (; most && space->chunk_count; most--) {
		const u32 guest_chunk = --space->chunk_count, chunk = space->chunk_map[guest_chunk];

		if (chunk == CHUNK_NONE)
			continue;
		if (chunks[chunk].frames) {
			page_free(chunks[chunk].frames);
			chunks[chunk].frames = NULL;
			space->pt_present--;
			space->place_count -= PLACES_PER_CHUNK;
		}
		space_unmap_chunk(space, guest_chunk, chunk);
		chunk_release(chunk);
	}
	spin_unlock(&space->lock);
	return before - space->chunk_count;
}

void space_destroy(struct space *space)
{
	for (u32 cpu = 0; cpu < live_root_count; cpu++)
		ENSURE(live_roots[cpu]->space != space);

	space_remove_chunks(space, space->chunk_count);
	space_remove_from_list(space);
	space_free_tables(space);
	*space = (struct space){ .kernel_root = NO_MFN };
}

/* The machine chunk behind a guest-physical chunk, or CHUNK_NONE. */
static u32 space_find_chunk(const struct space *space, u64 guest_chunk)
{
	if (guest_chunk >= space->chunk_count)
		return CHUNK_NONE;
	return space->chunk_map[nospec_index(guest_chunk, space->chunk_count)];
}

enum rb_status space_data(struct space *space, u64 gpa, u64 bytes, void **pointer)
{
	const u32 chunk = space_find_chunk(space, gpa / CHUNK_BYTES);
	const u64 offset = gpa % CHUNK_BYTES;

	if (chunk == CHUNK_NONE)
		return RB_NOENT;
	if (bytes > CHUNK_BYTES - offset)
		return RB_INVAL;
	if (chunks[chunk].use != CHUNK_DATA)
		return RB_TYPE;
	*pointer = direct_pointer(chunk_address(chunk) + offset);
	return RB_OK;
}

bool space_gfn_to_mfn(const struct space *space, gfn_t gfn, mfn_t *mfn)
{
	const u32 chunk = space_find_chunk(space, gfn.raw / FRAMES_PER_CHUNK);

	if (chunk == CHUNK_NONE)
		return false;
	mfn->raw = (u64)chunk * FRAMES_PER_CHUNK + gfn.raw % FRAMES_PER_CHUNK;
	return true;
}

static mfn_t map_mfn(const u32 *map)
{
	return (mfn_t){ direct_address(map) >> PAGE_SHIFT };
}

mfn_t space_chunk_map_mfn(const struct space *space)
{
	return map_mfn(space->chunk_map);
}

u32 space_chunk_map_pages(const struct space *space)
{
	return map_pages(space->chunk_count);
}

mfn_t space_machine_map_mfn(const struct space *space)
{
	return map_mfn(space->machine_map);
}

u32 space_machine_map_pages(const struct space *space)
{
	(void)space;
	return map_pages(chunk_count);
}

void space_list_lock(void)
{
	spin_lock(&space_list.lock);
}

void space_list_unlock(void)
{
	spin_unlock(&space_list.lock);
}

struct space *space_list_first(void)
{
	return space_list.first;
}
