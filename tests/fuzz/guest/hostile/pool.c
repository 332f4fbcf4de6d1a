/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that the hostile deeds are done with. The guest's own kernel is kept out: a guest that destroys itself soon does nothing any more.
 *
 * Under TCG ring 1 gets ring 0 by loading SS with a null selector (tests/guest/null_ss.c), so no random bytes may be executed there in ring 1 that were
 * not looked at: code for ring 1 has pages of its own, which are written by code.c alone, and nothing else is mapped executable for ring 1.
 */
#include "hostile.h"

uint64_t pool_pages[POOL_PAGES], pool_frames[POOL_FRAMES], pool_chunks[POOL_CHUNKS];
uint64_t kernel_code[CODE_PAGES], user_code[CODE_PAGES];

static void map_both(unsigned page, uint64_t physical)
{
	guest_map(guest_start->kernel_root, ARENA + page * GUEST_PAGE, physical, GUEST_WRITE | GUEST_NX);
	guest_map(guest_start->user_root, USER_ARENA + page * GUEST_PAGE, physical, GUEST_WRITE | GUEST_USER);
}

static void code_map(void)
{
	for (unsigned i = 0; i < CODE_PAGES; i++) {
		kernel_code[i] = guest_page();
		user_code[i] = guest_page();
		guest_map(guest_start->kernel_root, ARENA_CODE + i * GUEST_PAGE, kernel_code[i], 0);
		guest_map(guest_start->user_root, USER_ARENA_CODE + i * GUEST_PAGE, user_code[i], GUEST_WRITE | GUEST_USER);
	}
	guest_map(guest_start->user_root, USER_EDGE, user_code[0], GUEST_WRITE | GUEST_USER);
}

void pool_make(void)
{
	for (unsigned i = 0; i < POOL_PAGES; i++) {
		pool_pages[i] = guest_page();
		map_both(i, pool_pages[i]);
	}
	code_map();
	for (unsigned i = 0; i < POOL_CHUNKS; i++)
		pool_chunks[i] = guest_chunk();
	/* Some of each level, some that are no tables yet. */
	for (unsigned i = 0; i < POOL_FRAMES; i++)
		pool_frames[i] = i % 8 ? guest_table(1 + i % 4) : guest_frame();
}

/* The reserve's frames from its first to the pool's first hold what the loader and pool_make built. */
bool frame_is_vital(uint64_t frame)
{
	return frame >= guest_start->kernel_root && frame < pool_frames[0] && frame != guest_start->kernel_root && frame != guest_start->user_root;
}

bool index_is_vital(uint64_t index)
{
	return index < 272 || index >= 500 || index == guest_index(GUEST_DIRECT_BASE, 4) || index == guest_index(ARENA, 4);
}
