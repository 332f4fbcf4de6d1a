/* SPDX-License-Identifier: GPL-2.0-only */
/* Spaces: the maps and the chunk table say the same, the reserve grows in order up to its quota, nothing is left after the end. */

#include "suite.h"
#include "world.h"

#include "mm/page.h"
#include "mm/walk.h"

static struct space space;

static int start(void **state)
{
	(void)state;
	fake_machine_start();
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (space.owner)
		space_destroy(&space);
	assert_int_equal(page_used_count(), 0);
	assert_int_equal(chunk_free_count(), FAKE_FREE);
	return 0;
}

static void test_init(void **state)
{
	(void)state;
	assert_int_equal(space_init(&space, OWNER_DOMAIN + 9, 3000, 2000, 5), RB_OK);
	assert_int_equal(space_chunk_map_pages(&space), 3);
	assert_int_equal(space_machine_map_pages(&space), 1);
	assert_ptr_equal(direct_frame(space_chunk_map_mfn(&space)), space.chunk_map);
	assert_ptr_equal(direct_frame(space_machine_map_mfn(&space)), space.machine_map);
	for (u32 i = 0; i < 3 * 1024; i++)
		assert_int_equal(space.chunk_map[i], CHUNK_NONE);
	for (u32 i = 0; i < 1024; i++)
		assert_int_equal(space.machine_map[i], CHUNK_NONE);
	assert_int_equal(space.kernel_root.raw, NO_MFN.raw);
	assert_ptr_equal(space_list_first(), &space);
}

static void test_init_errors(void **state)
{
	u32 taken[FAKE_FREE], count = 0;

	(void)state;
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 0, 0, 0), RB_INVAL);
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 10, 10, 1), RB_INVAL);
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 10, 8, 3), RB_INVAL);
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 10, 8, 0), RB_INVAL);
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 10, 8, 0xffffffff), RB_INVAL);
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 0xffffffff, 8, 1), RB_INVAL);
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 500000, 8, RESERVE_CHUNKS_MAX + 1), RB_INVAL);
	assert_int_equal(chunk_free_count(), FAKE_FREE);
	while (chunk_alloc(OWNER_DOMAIN, CHUNK_DATA, &taken[count]))
		count++;
	assert_int_equal(space_init(&space, OWNER_DOMAIN, 10, 8, 1), RB_NOSPACE);
	/* Enough for one map and not for the other. */
	chunk_release(taken[--count]);
	assert_int_equal(space_init(&space, OWNER_DOMAIN, PAGE_RUN_MAX * 1024, 8, 1), RB_NOSPACE);
	assert_int_equal(page_used_count(), 0);
	while (count)
		chunk_release(taken[--count]);
	assert_null(space_list_first());
	space.owner = 0;
}

static void test_init_owner(void **state)
{
	(void)state;
	assert_panic(space_init(&space, OWNER_HYPERVISOR, 10, 8, 1));
}

static void test_add_chunk(void **state)
{
	mfn_t mfn;

	(void)state;
	assert_int_equal(space_init(&space, OWNER_DOMAIN + 1, 10, 4, 3), RB_OK);
	assert_int_equal(space_add_chunk(&space, 0, CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(&space, 9, CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(&space, 3, CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(&space, 7, CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(&space, 0, CHUNK_DATA), RB_INVAL);	/* there already */
	assert_int_equal(space_add_chunk(&space, 10, CHUNK_DATA), RB_INVAL);
	assert_int_equal(space_add_chunk(&space, 0xffffffff, CHUNK_DATA), RB_INVAL);
	for (u32 i = 4; i < 7; i++)
		assert_int_equal(space_add_chunk(&space, i, CHUNK_DATA), RB_INVAL);	/* the reserve */
	assert_int_equal(space_add_chunk(&space, 5, CHUNK_PAGETABLE), RB_INVAL);	/* a gap */
	assert_int_equal(space_add_chunk(&space, 3, CHUNK_PAGETABLE), RB_INVAL);
	for (u32 i = 4; i < 7; i++)
		assert_int_equal(space_add_chunk(&space, i, CHUNK_PAGETABLE), RB_OK);
	assert_int_equal(space_add_chunk(&space, 7, CHUNK_PAGETABLE), RB_NOSPACE);

	for (u32 i = 0; i < 10; i++) {
		const u32 chunk = space.chunk_map[i];
		const bool table = i >= 4 && i < 7;

		if (i == 1 || i == 2 || i == 8) {
			assert_int_equal(chunk, CHUNK_NONE);
			assert_false(space_gfn_to_mfn(&space, (gfn_t){ i * 512ul + 5 }, &mfn));
			continue;
		}
		assert_int_equal(space.machine_map[chunk], i);
		assert_int_equal(chunks[chunk].tag, space.owner | (table ? CHUNK_TAG_PAGETABLE : 0));
		assert_int_equal(!!chunks[chunk].frames, table);
		assert_true(space_gfn_to_mfn(&space, (gfn_t){ i * 512ul + 5 }, &mfn));
		assert_int_equal(mfn.raw, chunk * 512ul + 5);
	}
	assert_false(space_gfn_to_mfn(&space, (gfn_t){ 10 * 512 }, &mfn));
	assert_false(space_gfn_to_mfn(&space, (gfn_t){ ~0ul }, &mfn));
	assert_int_equal(invariants_check(), 0);
}

static void test_grow_reserve(void **state)
{
	u32 guest_chunk = 99, taken[FAKE_FREE], count = 0;
	struct slot t;

	(void)state;
	assert_int_equal(space_init(&space, OWNER_DOMAIN + 1, 10, 4, 3), RB_OK);
	assert_false(space_find_table(&space, 4 * 512, &t));
	assert_int_equal(space_grow_reserve(&space, &guest_chunk), RB_OK);
	assert_int_equal(guest_chunk, 4);
	/* The frames are there, free, and where the maps say. */
	assert_true(space_find_table(&space, 4 * 512 + 511, &t));
	assert_int_equal(t.frame->state, FRAME_FREE);
	assert_int_equal(direct_address(t.entry), space.chunk_map[4] * CHUNK_BYTES + 511 * PAGE_BYTES);
	assert_false(space_find_table(&space, 5 * 512, &t));
	assert_false(space_find_table(&space, 4 * 512 - 1, &t));
	assert_false(space_find_table(&space, 1ul << 63 | (4 * 512), &t));
	assert_false(space_find_table(&space, 1ul << 55 | (4 * 512), &t));
	assert_int_equal(space_grow_reserve(&space, &guest_chunk), RB_OK);
	assert_int_equal(guest_chunk, 5);
	assert_true(space_find_table(&space, 5 * 512, &t));
	assert_int_equal(direct_address(t.entry), space.chunk_map[5] * CHUNK_BYTES);
	assert_ptr_equal(t.frame, chunks[space.chunk_map[5]].frames);

	/* No chunk: nothing changes. */
	while (chunk_alloc(OWNER_DOMAIN + 3, CHUNK_DATA, &taken[count]))
		count++;
	guest_chunk = 99;
	assert_int_equal(space_grow_reserve(&space, &guest_chunk), RB_NOSPACE);
	assert_int_equal(guest_chunk, 99);
	assert_int_equal(space.pt_present, 2);
	assert_int_equal(space.chunk_map[6], CHUNK_NONE);
	while (count)
		chunk_release(taken[--count]);
	assert_int_equal(space_grow_reserve(&space, &guest_chunk), RB_OK);
	assert_int_equal(guest_chunk, 6);
	/* At its quota. */
	assert_int_equal(space_grow_reserve(&space, &guest_chunk), RB_NOSPACE);
	assert_int_equal(invariants_check(), 0);
}

static void test_data(void **state)
{
	void *pointer = NULL;

	(void)state;
	assert_int_equal(space_init(&space, OWNER_DOMAIN + 1, 10, 4, 3), RB_OK);
	assert_int_equal(space_add_chunk(&space, 0, CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(&space, 1, CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(&space, 4, CHUNK_PAGETABLE), RB_OK);

	assert_int_equal(space_data(&space, CHUNK_BYTES + 0x123, 100, &pointer), RB_OK);
	assert_ptr_equal(pointer, fake_memory + space.chunk_map[1] * CHUNK_BYTES + 0x123);
	assert_int_equal(space_data(&space, CHUNK_BYTES - 16, 16, &pointer), RB_OK);
	assert_int_equal(space_data(&space, 0, CHUNK_BYTES, &pointer), RB_OK);
	assert_int_equal(space_data(&space, 5, 0, &pointer), RB_OK);
	pointer = NULL;
	assert_int_equal(space_data(&space, CHUNK_BYTES - 16, 17, &pointer), RB_INVAL);
	assert_int_equal(space_data(&space, 0, CHUNK_BYTES + 1, &pointer), RB_INVAL);
	assert_int_equal(space_data(&space, 16, ~0ul, &pointer), RB_INVAL);
	assert_int_equal(space_data(&space, 2 * CHUNK_BYTES, 1, &pointer), RB_NOENT);
	assert_int_equal(space_data(&space, 10 * CHUNK_BYTES, 1, &pointer), RB_NOENT);
	assert_int_equal(space_data(&space, ~0ul, 1, &pointer), RB_NOENT);
	assert_int_equal(space_data(&space, 4 * CHUNK_BYTES, 1, &pointer), RB_TYPE);
	assert_null(pointer);
}

static void test_destroy_refuses_while_shown(void **state)
{
	static struct live_root live;
	void *page = page_alloc();

	(void)state;
	assert_int_equal(space_init(&space, OWNER_DOMAIN + 1, 10, 4, 3), RB_OK);
	live_root_init(&live, (mfn_t){ direct_address(page) >> PAGE_SHIFT });
	live_root_switch_space(&live, &space, NO_MFN);
	assert_panic(space_destroy(&space));
	live_root_leave(&live);
	page_free(page);
}

/* A dead domain's memory is zero before the next has it, tables and data. */
static void test_destroy_scrubs(void **state)
{
	(void)state;
	for (u32 round = 0; round < 5; round++) {
		world_make_space(&space, (u16)(OWNER_DOMAIN + round));
		for (u32 i = 0; i < WORLD_CHUNKS; i++) {
			u64 *bytes;

			if (space.chunk_map[i] == CHUNK_NONE)
				continue;
			bytes = direct_pointer(space.chunk_map[i] * CHUNK_BYTES);
			for (u32 word = 0; word < CHUNK_BYTES / 8; word++)
				assert_true(bytes[word] == 0);
			if (chunks[space.chunk_map[i]].use == CHUNK_DATA)
				memset(bytes, 0x42, CHUNK_BYTES);
		}
		assert_int_equal(apply(&space, RB_OP_TYPE, PT, 0, 3, 1), RB_OK);
		assert_int_equal(apply(&space, RB_OP_SET, PT, 0, 1, machine_address(&space, 0) | 3), RB_OK);
		space_destroy(&space);
		assert_int_equal(page_used_count(), 0);
		assert_int_equal(chunk_free_count(), FAKE_FREE);
		assert_null(space_list_first());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_init, start, end),
		cmocka_unit_test_setup_teardown(test_init_errors, start, end),
		cmocka_unit_test_setup_teardown(test_init_owner, start, end),
		cmocka_unit_test_setup_teardown(test_add_chunk, start, end),
		cmocka_unit_test_setup_teardown(test_grow_reserve, start, end),
		cmocka_unit_test_setup_teardown(test_data, start, end),
		cmocka_unit_test_setup_teardown(test_destroy_refuses_while_shown, start, end),
		cmocka_unit_test_setup_teardown(test_destroy_scrubs, start, end),
	};

	return suite_run("space", tests);
}
