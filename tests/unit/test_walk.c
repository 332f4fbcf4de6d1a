/* SPDX-License-Identifier: GPL-2.0-only */
/* debug_check finds what is wrong: each kind of damage is done to a sound world, found, and undone. */

#include "suite.h"
#include "world.h"

#include "mm/walk.h"

#define A	(&world.a)

static void done(u64 code, u64 gfn, u64 index, u64 value)
{
	assert_int_equal(apply(A, code, gfn, index, 1, value), RB_OK);
}

/* A tree of one table at each level, a kernel root at PT + 5. CPU 0 shows both. */
static int start(void **state)
{
	world_start(state);
	for (u64 level = 1; level <= 4; level++)
		done(RB_OP_TYPE, PT + level, 0, level);
	for (u64 level = 2; level <= 4; level++)
		done(RB_OP_LINK, PT + level, 3, PT + level - 1);
	done(RB_OP_TYPE, PT + 5, 0, 4);
	done(RB_OP_TYPE, PT + 6, 0, 3);
	assert_int_equal(root_make_kernel(A, (gfn_t){ PT + 5 }), RB_OK);
	done(RB_OP_LINK, PT + 5, 300, PT + 6);
	done(RB_OP_SET, PT + 1, 0, machine_address(A, 0) | 3);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ PT + 4 }), RB_OK);
	assert_int_equal(invariants_check(), 0);
	fake_print_count = 0;
	fake_print_quiet = true;
	return 0;
}

static int end(void **state)
{
	const mfn_t root = world.cpu[0].user_root;

	live_root_leave(&world.cpu[0]);
	root_drop(A, root);
	return world_end(state);
}

/* A field with another value is found, and reported. */
#define assert_found(field, value) do {			\
	const typeof(field) before_ = (field);		\
	fake_print_count = 0;				\
	(field) = (value);				\
	if (!invariants_check() || !fake_print_count)	\
		fail_msg("%s = %s is not found", #field, #value); \
	(field) = before_;				\
	assert_int_equal(invariants_check(), 0);	\
} while (0)

static void test_sound(void **state)
{
	(void)state;
	assert_int_equal(invariants_check(), 0);
	assert_int_equal(fake_print_count, 0);
}

static void test_entries(void **state)
{
	u64 *small = table_entries(A, PT + 1), *upper = table_entries(A, PT + 2), *top = table_entries(A, PT + 3);

	(void)state;
	assert_found(small[9], machine_address(&world.b, 0) | 1);	/* I-2 */
	assert_found(small[9], machine_address(A, PT) | 3);
	assert_found(small[9], machine_address(A, 0) | 0x101);		/* I-6 */
	assert_found(small[9], machine_address(A, 0));
	assert_found(upper[9], machine_address(A, 0) | 3);
	assert_found(upper[9], machine_address(A, PT + 9) | 0x67);	/* I-3 */
	assert_found(upper[9], machine_address(A, PT + 1) | 0x67);
	assert_found(upper[9], machine_address(&world.b, PT + 1) | 0x67);
	assert_found(upper[9], 0x00ffffff00000000ul | 0x67);
	assert_found(upper[3], 0);
	assert_found(upper[3], upper[3] & ~2ul);
	assert_found(top[3], machine_address(A, PT + 1) | 0x67);
	assert_found(top[3], top[3] | 0x80);
	assert_found(table_entries(A, PT + 40)[511], 1);		/* I-4 */
	/* What the processor may do is not damage. */
	small[0] |= 0x60;
	upper[3] &= ~0x20ul;
	assert_int_equal(invariants_check(), 0);
}

static void test_frames(void **state)
{
	(void)state;
	assert_found(table_frame(A, PT + 1)->state, FRAME_TYPED);
	assert_found(table_frame(A, PT + 1)->state, 9);
	assert_found(table_frame(A, PT + 1)->parent, 0);
	assert_found(table_frame(A, PT + 1)->level, 2);
	assert_found(table_frame(A, PT + 2)->links, 0);
	assert_found(table_frame(A, PT + 40)->state, FRAME_LINKED);
	assert_found(table_frame(A, PT + 4)->loaded, 0);
	assert_found(table_frame(A, PT + 4)->state, FRAME_LINKED);
	assert_found(table_frame(A, PT + 6)->state, FRAME_KERNEL);
	assert_found(A->frames_typed, 99);
	assert_found(A->frames_linked, 99);
	assert_found(A->kernel_root.raw, 0);
}

static void test_roots(void **state)
{
	(void)state;
	assert_found(table_entries(A, PT + 4)[256], 0);
	assert_found(table_entries(A, PT + 4)[300], 1);
	assert_found(table_entries(A, PT + 5)[0], 1);
	assert_found(table_entries(A, PT + 5)[300], table_entries(A, PT + 5)[300] | 4);	/* I-7 */
	assert_found(world.cpu[0].page[3], 0);						/* I-9 */
	assert_found(world.cpu[0].page[3], world.cpu[0].page[3] ^ 0x1000);
	assert_found(world.cpu[0].page[4], 1);
	assert_found(world.cpu[0].page[300], 0);
	assert_found(world.cpu[0].page[272], 1);
	assert_found(world.cpu[0].slots[0], 0);
	assert_found(world.cpu[1].page[4], 1);
}

static void test_chunks(void **state)
{
	const u32 data = A->chunk_map[0], table = A->chunk_map[WORLD_PT_FIRST];

	(void)state;
	assert_found(chunks[data].owner, world.b.owner);
	assert_found(chunks[data].owner, OWNER_DOMAIN + 30);
	assert_found(chunks[data].use, CHUNK_PAGETABLE);
	assert_found(chunks[table].use, CHUNK_DATA);
	assert_found(chunks[30].owner, A->owner);
	assert_found(chunks[1].owner, OWNER_NONE);
	assert_found(A->chunk_map[0], A->chunk_map[1]);
	assert_found(A->chunk_map[3], 30);
	assert_found(A->machine_map[data], 1);
	assert_found(A->machine_map[30], 0);
	assert_found(A->pt_present, 1);
}

static void test_lines_are_limited(void **state)
{
	u64 *entries = table_entries(A, PT + 1);

	(void)state;
	for (u32 i = 100; i < 200; i++)
		entries[i] = 0x108;
	assert_int_equal(invariants_check(), 100);
	assert_int_equal(fake_print_count, 20);
	memset(&entries[100], 0, 800);
}

#define WALK_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WALK_TEST(test_sound),
		WALK_TEST(test_entries),
		WALK_TEST(test_frames),
		WALK_TEST(test_roots),
		WALK_TEST(test_chunks),
		WALK_TEST(test_lines_are_limited),
	};

	return suite_run("walk", tests);
}
