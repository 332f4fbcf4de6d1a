/* SPDX-License-Identifier: GPL-2.0-only */
/* The chunk table: who owns what, in which order chunks go and come, and that nobody sees what the last owner left. */

#include "suite.h"

#include "mm/chunk.h"

enum { D = OWNER_DOMAIN };

static int start(void **state)
{
	(void)state;
	fake_machine_start();
	return 0;
}

static u8 *content(u32 chunk)
{
	return fake_memory + chunk_address(chunk);
}

static bool is_zero(u32 chunk)
{
	const u8 *bytes = content(chunk);

	return bytes[0] == 0 && !memcmp(bytes, bytes + 1, CHUNK_BYTES - 1);
}

static void test_start(void **state)
{
	(void)state;
	assert_int_equal(chunk_count, FAKE_CHUNKS);
	assert_int_equal(chunk_mask, 63);
	assert_int_equal(chunk_free_count(), FAKE_FREE);
	assert_int_equal(chunks[0].owner, OWNER_ABSENT);
	assert_int_equal(chunks[1].owner, OWNER_HYPERVISOR);
	assert_int_equal(chunks[2].owner, OWNER_NONE);
	assert_int_equal(chunks[FAKE_HOLE].owner, OWNER_ABSENT);
	for (u32 chunk = FAKE_CHUNKS; chunk <= chunk_mask; chunk++)
		assert_int_equal(chunks[chunk].owner, OWNER_ABSENT);
	assert_int_equal(chunk_list_check(), 0);
}

static void test_room(void **state)
{
	(void)state;
	assert_int_equal(chunk_table_room(1), 1);
	assert_int_equal(chunk_table_room(2), 2);
	assert_int_equal(chunk_table_room(3), 4);
	assert_int_equal(chunk_table_room(64), 64);
	assert_int_equal(chunk_table_room(65), 128);
	assert_panic(chunk_table_init(chunks, 32, FAKE_CHUNKS));
}

static void test_alloc_in_order(void **state)
{
	u32 chunk;

	(void)state;
	for (u32 expected = 2; expected < 9; expected++) {
		if (expected == FAKE_HOLE)
			continue;
		assert_true(chunk_alloc(D + 1, CHUNK_DATA, &chunk));
		assert_int_equal(chunk, expected);
	}
}

static void test_alloc_is_zeroed_and_owned(void **state)
{
	u32 chunk, again;

	(void)state;
	assert_true(chunk_alloc(D + 7, CHUNK_PAGETABLE, &chunk));
	assert_true(is_zero(chunk));
	assert_int_equal(chunks[chunk].owner, D + 7);
	assert_int_equal(chunks[chunk].use, CHUNK_PAGETABLE);
	assert_int_equal(chunks[chunk].tag, (D + 7) | CHUNK_TAG_PAGETABLE);
	assert_null(chunks[chunk].frames);
	memset(content(chunk), 0x5c, CHUNK_BYTES);

	chunk_release(chunk);
	assert_int_equal(chunks[chunk].tag, OWNER_NONE);
	assert_true(chunk_alloc(D + 8, CHUNK_DATA, &again));
	assert_int_equal(again, chunk);
	assert_true(is_zero(chunk));
	assert_int_equal(chunks[chunk].tag, D + 8);
}

static void test_alloc_all(void **state)
{
	bool seen[FAKE_CHUNKS] = { false };
	u32 chunk;

	(void)state;
	for (u32 i = 0; i < FAKE_FREE; i++) {
		assert_int_equal(chunk_free_count(), FAKE_FREE - i);
		assert_true(chunk_alloc(D, CHUNK_DATA, &chunk));
		assert_true(chunk >= 2 && chunk < FAKE_CHUNKS && chunk != FAKE_HOLE);
		assert_false(seen[chunk]);
		seen[chunk] = true;
		assert_int_equal(chunk_list_check(), 0);
	}
	assert_int_equal(chunk_free_count(), 0);
	assert_false(chunk_alloc(D, CHUNK_DATA, &chunk));
	/* From empty to one and back. */
	chunk_release(9);
	assert_int_equal(chunk_free_count(), 1);
	assert_int_equal(chunk_list_check(), 0);
	assert_true(chunk_alloc(D, CHUNK_DATA, &chunk));
	assert_int_equal(chunk, 9);
	assert_false(chunk_alloc(D, CHUNK_DATA, &chunk));
	assert_int_equal(chunk_list_check(), 0);
}

static void test_misuse(void **state)
{
	static u64 records[512];
	u32 chunk;

	(void)state;
	assert_panic(chunk_release(2));			/* free already */
	assert_panic(chunk_release(0));			/* absent */
	assert_panic(chunk_release(FAKE_CHUNKS));	/* none */
	assert_panic(chunk_make_free(2));
	assert_panic(chunk_make_free(1));
	assert_panic(chunk_make_free(FAKE_CHUNKS));
	assert_panic(chunk_make_hypervisor(2));
	assert_true(chunk_alloc(D, CHUNK_PAGETABLE, &chunk));
	chunks[chunk].frames = (struct frame *)records;
	assert_panic(chunk_release(chunk));		/* its records would be lost */
}

static void test_check_sees_damage(void **state)
{
	(void)state;
	fake_print_quiet = true;
	chunks[6].tag = D;
	assert_int_not_equal(chunk_list_check(), 0);
	chunks[6].tag = OWNER_NONE;
	assert_int_equal(chunk_list_check(), 0);
	chunks[6].next = 2;		/* a loop */
	assert_int_not_equal(chunk_list_check(), 0);
	chunks[6].next = CHUNK_NONE;	/* cut off */
	assert_int_not_equal(chunk_list_check(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_start, start),
		cmocka_unit_test_setup(test_room, start),
		cmocka_unit_test_setup(test_alloc_in_order, start),
		cmocka_unit_test_setup(test_alloc_is_zeroed_and_owned, start),
		cmocka_unit_test_setup(test_alloc_all, start),
		cmocka_unit_test_setup(test_misuse, start),
		cmocka_unit_test_setup(test_check_sees_damage, start),
	};

	return suite_run("chunk", tests);
}
