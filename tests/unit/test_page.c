/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own pages: zeroed, disjoint, in runs, and given back to the free chunks. */

#include "suite.h"

#include "mm/chunk.h"
#include "mm/page.h"
#include "x86/direct.h"

static int start(void **state)
{
	(void)state;
	fake_machine_start();
	return 0;
}

static int end(void **state)
{
	(void)state;
	assert_int_equal(page_used_count(), 0);
	assert_int_equal(chunk_free_count(), FAKE_FREE);
	return 0;
}

static bool is_zero(const u8 *bytes, size_t count)
{
	return bytes[0] == 0 && !memcmp(bytes, bytes + 1, count - 1);
}

static void test_one(void **state)
{
	u8 *page = page_alloc();

	(void)state;
	assert_non_null(page);
	assert_int_equal(direct_address(page) % PAGE_BYTES, 0);
	assert_int_equal(chunks[direct_address(page) / CHUNK_BYTES].owner, OWNER_HYPERVISOR);
	assert_true(is_zero(page, PAGE_BYTES));
	assert_int_equal(page_used_count(), 1);
	assert_int_equal(chunk_free_count(), FAKE_FREE - 1);
	page_free(page);
}

static void test_zeroed_again(void **state)
{
	u8 *keep = page_alloc(), *page = page_alloc(), *again;

	(void)state;
	memset(page, 0x77, PAGE_BYTES);
	page_free(page);
	again = page_alloc();
	assert_ptr_equal(again, page);
	assert_true(is_zero(again, PAGE_BYTES));
	page_free(again);
	page_free(keep);
}

/* More pages than a chunk has: all different, none a header, and each keeps what is written in it. */
static void test_many(void **state)
{
	enum { COUNT = 1200 };
	u64 *page[COUNT];

	(void)state;
	for (u64 i = 0; i < COUNT; i++) {
		page[i] = page_alloc();
		assert_non_null(page[i]);
		assert_int_not_equal(direct_address(page[i]) % CHUNK_BYTES, 0);
		for (u32 word = 0; word < 512; word++)
			page[i][word] = i;
	}
	assert_int_equal(chunk_free_count(), FAKE_FREE - 3);
	for (u64 i = 0; i < COUNT; i++)
		for (u32 word = 0; word < 512; word++)
			assert_int_equal(page[i][word], i);
	for (u64 i = 0; i < COUNT; i += 2)
		page_free(page[i]);
	for (u64 i = 1; i < COUNT; i += 2)
		page_free(page[i]);
}

static void test_runs(void **state)
{
	u8 *small = page_run_alloc(5), *hole = page_run_alloc(3), *after = page_run_alloc(1), *large;

	(void)state;
	assert_ptr_equal(hole, small + 5 * PAGE_BYTES);
	assert_ptr_equal(after, hole + 3 * PAGE_BYTES);
	page_run_free(hole, 3);
	/* Too long for the hole. */
	large = page_run_alloc(4);
	assert_true(large > after);
	/* Fits it. */
	hole = page_run_alloc(3);
	assert_ptr_equal(hole, small + 5 * PAGE_BYTES);
	page_run_free(small, 5);
	page_run_free(hole, 3);
	page_run_free(after, 1);
	page_run_free(large, 4);
}

static void test_longest_run(void **state)
{
	u8 *run, *next;

	(void)state;
	run = page_run_alloc(PAGE_RUN_MAX);
	assert_non_null(run);
	memset(run, 1, PAGE_RUN_MAX * PAGE_BYTES);
	next = page_alloc();
	assert_int_not_equal(direct_address(next) / CHUNK_BYTES, direct_address(run) / CHUNK_BYTES);
	page_free(next);
	page_run_free(run, PAGE_RUN_MAX);
	assert_panic(page_run_alloc(0));
	assert_panic(page_run_alloc(PAGE_RUN_MAX + 1));
}

static void test_none_left(void **state)
{
	u32 taken[FAKE_FREE], count = 0;
	void *page;

	(void)state;
	while (chunk_alloc(OWNER_DOMAIN, CHUNK_DATA, &taken[count]))
		count++;
	assert_null(page_alloc());
	chunk_release(taken[--count]);
	page = page_alloc();
	assert_non_null(page);
	assert_null(page_run_alloc(PAGE_RUN_MAX));
	page_free(page);
	while (count)
		chunk_release(taken[--count]);
}

static void test_misuse(void **state)
{
	u8 *page = page_alloc(), *other = page_alloc();

	(void)state;
	assert_panic(page_free(page + 8));
	assert_panic(page_free(page - PAGE_BYTES));	/* the header */
	assert_panic(page_run_free(page, 0));
	assert_panic(page_run_free(page, FRAMES_PER_CHUNK));
	page_free(other);
	page_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one, start, end),
		cmocka_unit_test_setup_teardown(test_zeroed_again, start, end),
		cmocka_unit_test_setup_teardown(test_many, start, end),
		cmocka_unit_test_setup_teardown(test_runs, start, end),
		cmocka_unit_test_setup_teardown(test_longest_run, start, end),
		cmocka_unit_test_setup_teardown(test_none_left, start, end),
		cmocka_unit_test_setup_teardown(test_misuse, start, end),
	};

	return suite_run("page", tests);
}
