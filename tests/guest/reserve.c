/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table reserve.
 *
 * Provokes: pt_reserve_grow up to the quota and beyond; use of every frame of it, in runs; reading and writing a new chunk.
 * Must: add the next chunk of the range each time, zeroed, in both maps and the counters; say NOSPACE at the quota; make each frame a table; never be
 * writable (I-2, I-4).
 */
#include "test.h"

#define VA 0xffffc90000000000ul

int main(struct rb_start_info *start)
{
	const uint32_t *chunk_map = (const uint32_t *)start->chunk_map, *machine_map = (const uint32_t *)start->machine_map;
	const struct rb_memory_range *reserve = NULL;
	uint64_t chunk, next, frames = counter(RB_COUNTER_FRAMES_TOTAL);
	unsigned grown = 0;
	long status;
	bool good = true;

	for (uint32_t i = 0; i < start->memory_count; i++)
		if (start->memory[i].kind == RB_MEMORY_KIND_PAGETABLE)
			reserve = &start->memory[i];
	next = reserve->first_chunk + reserve->present;
	check(chunk_map[next] == RB_NO_CHUNK, "chunk %lu is not there", next);
	check_status(guest_op(RB_OP_TYPE, next * RB_CHUNK_PAGES, 0, 1, 1), RB_NOENT);

	/* The table that maps the new chunks must exist before they do. */
	guest_table_for(start->kernel_root, VA, 2);
	while ((status = rb_pt_reserve_grow(&chunk)) == RB_OK) {
		const uint64_t *words = (const uint64_t *)VA;
		uint64_t any = 0;

		good &= chunk == next + grown && chunk_map[chunk] != RB_NO_CHUNK && machine_map[chunk_map[chunk]] == chunk;
		grown++;
		guest_map(start->kernel_root, VA, chunk << RB_CHUNK_SHIFT, GUEST_LARGE | GUEST_NX);
		for (uint64_t i = 0; i < GUEST_CHUNK / 8; i += 1)
			any |= words[i];
		good &= !any;
		good &= try_with("movb $1, 0x1000(%%rdi)", VA) == 14;
		guest_unmap(start->kernel_root, VA);
	}
	check(good && grown > 0, "grown by %u chunks, all zero, in order", grown);
	check(status == RB_NOSPACE, "then: status %ld", status);
	check(grown <= reserve->count - reserve->present, "quota %u", reserve->count - reserve->present);
	if (grown < reserve->count - reserve->present)
		note("the machine's memory ended before the quota");
	check_status(rb_pt_reserve_grow(&chunk), RB_NOSPACE);
	check(counter(RB_COUNTER_FRAMES_TOTAL) == frames + grown * RB_CHUNK_PAGES, "frames counted");
	good = true;
	for (uint64_t frame = next * RB_CHUNK_PAGES; frame < (next + grown) * RB_CHUNK_PAGES; frame += RB_CHUNK_PAGES)
		good &= guest_op(RB_OP_TYPE, frame, 0, 512, 1 + frame / RB_CHUNK_PAGES % 4) == RB_OK;
	check(good, "every frame became a table, 512 by an operation");
	check_status(guest_op(RB_OP_TYPE, (next + grown) * RB_CHUNK_PAGES - 1, 0, 2, 1), RB_NOENT);
	check_status(guest_op(RB_OP_SET, next * RB_CHUNK_PAGES + 3, 0, 1, 0), RB_OK);
	return test_end();
}
