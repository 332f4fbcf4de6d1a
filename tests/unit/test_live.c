/* SPDX-License-Identifier: GPL-2.0-only */
/* Roots and live roots: what is shown on which CPU (I-9), who owes a flush (I-10), which roots may be used. */

#include "suite.h"
#include "world.h"

#include "mm/page.h"

#define A	(&world.a)
#define B	(&world.b)
#define KERNEL	(PT + 1)	/* the kernel root */
#define USER1	(PT + 2)	/* user roots */
#define USER2	(PT + 3)
#define L3	(PT + 10)	/* and on: tables of level 3 */
#define GATE	0xabcdef003ul	/* what the processor's part has put in slot 256 */

static void done(struct space *space, u64 code, u64 gfn, u64 index, u64 value)
{
	assert_int_equal(apply(space, code, gfn, index, 1, value), RB_OK);
}

static void build(struct space *space)
{
	assert_int_equal(apply(space, RB_OP_TYPE, KERNEL, 0, 3, 4), RB_OK);
	assert_int_equal(apply(space, RB_OP_TYPE, L3, 0, 20, 3), RB_OK);
	assert_int_equal(root_make_kernel(space, (gfn_t){ KERNEL }), RB_OK);
	done(space, RB_OP_LINK, KERNEL, 272, L3);
	done(space, RB_OP_LINK, KERNEL, 511, L3 + 1);
	done(space, RB_OP_LINK, USER1, 0, L3 + 2);
	done(space, RB_OP_LINK, USER1, 170, L3 + 3);
	done(space, RB_OP_LINK, USER1, 255, L3 + 4);
	done(space, RB_OP_LINK, USER2, 1, L3 + 5);
	done(space, RB_OP_LINK, USER2, 255, L3 + 6);
}

static int start(void **state)
{
	world_start(state);
	for (u32 cpu = 0; cpu < WORLD_CPUS; cpu++)
		world.cpu[cpu].page[256] = GATE;
	build(A);
	build(B);
	return 0;
}

static bool flushed(u32 cpu)
{
	const bool owed = world.cpu[cpu].flush_owed;

	world.cpu[cpu].flush_owed = false;
	return owed;
}

/* The live root shows exactly these: a kernel root's upper half and a user root's lower half, 0 for none. */
static void assert_shows(u32 cpu, const struct space *space, u64 kernel, u64 user)
{
	const u64 *page = world.cpu[cpu].page;

	for (u32 index = 0; index < 512; index++) {
		u64 expected = 0;

		if (index == 256)
			expected = GATE;
		else if (index < 256 && user)
			expected = table_entries(space, user)[index];
		else if (index >= 272 && kernel)
			expected = table_entries(space, kernel)[index];
		if (page[index] != expected)
			fail_msg("CPU %u index %u: %lx, want %lx", cpu, index, page[index], expected);
	}
}

static mfn_t mfn(const struct space *space, u64 gfn)
{
	return (mfn_t){ machine_address(space, gfn) >> PAGE_SHIFT };
}

static void load(u32 cpu, struct space *space, u64 gfn)
{
	assert_int_equal(live_root_load(&world.cpu[cpu], space, (gfn_t){ gfn }), RB_OK);
}

/* The vCPU on a CPU ends. */
static void unload(u32 cpu, struct space *space)
{
	const mfn_t root = world.cpu[cpu].user_root;

	live_root_leave(&world.cpu[cpu]);
	root_drop(space, root);
}

static void test_init(void **state)
{
	(void)state;
	for (u32 cpu = 0; cpu < WORLD_CPUS; cpu++) {
		assert_ptr_equal(live_roots[cpu], &world.cpu[cpu]);
		assert_ptr_equal(world.cpu[cpu].page, world.page[cpu]);
	}
	assert_int_equal(live_root_count, WORLD_CPUS);
	/* Built after the switch: the kernel half is there all the same. */
	assert_shows(0, A, KERNEL, 0);
	assert_shows(1, B, KERNEL, 0);
	assert_shows(2, A, 0, 0);
}

static void test_init_clears(void **state)
{
	static struct live_root live;
	u64 *page = page_alloc();

	(void)state;
	for (u32 i = 0; i < 512; i++)
		page[i] = 0x1111;
	live_root_init(&live, (mfn_t){ direct_address(page) >> PAGE_SHIFT });
	for (u32 i = 0; i < 512; i++)
		assert_int_equal(page[i], i == 256 ? 0x1111 : 0);
	assert_true(live.flush_owed);
	assert_null(live.space);
	live_root_count--;
	page_free(page);
}

static void test_load(void **state)
{
	(void)state;
	flushed(0);
	load(0, A, USER1);
	assert_shows(0, A, KERNEL, USER1);
	assert_true(flushed(0));
	assert_false(flushed(1));
	assert_int_equal(table_frame(A, USER1)->loaded, 1);
	assert_int_equal(world.cpu[0].user_root.raw, mfn(A, USER1).raw);
	assert_int_equal(A->root_loads, 1);

	load(0, A, USER2);
	assert_shows(0, A, KERNEL, USER2);
	assert_true(flushed(0));
	assert_int_equal(table_frame(A, USER1)->loaded, 0);
	assert_int_equal(table_frame(A, USER2)->loaded, 1);

	load(0, A, USER2);
	assert_shows(0, A, KERNEL, USER2);
	assert_true(flushed(0));
	assert_int_equal(table_frame(A, USER2)->loaded, 1);
	assert_int_equal(A->root_loads, 3);
	assert_shows(1, B, KERNEL, 0);
	unload(0, A);
}

static void test_load_errors(void **state)
{
	(void)state;
	load(0, A, USER1);
	flushed(0);
	snapshot_take();
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ PT_END }), RB_NOENT);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ 0 }), RB_NOENT);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ ~0ul }), RB_NOENT);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ 1ul << 55 | USER1 }), RB_NOENT);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ KERNEL }), RB_TYPE);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ L3 }), RB_TYPE);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ PT + 60 }), RB_TYPE);
	snapshot_compare();
	/* A CPU that runs another domain. */
	assert_panic(live_root_load(&world.cpu[1], A, (gfn_t){ USER1 }));
	unload(0, A);
}

/* A change of a loaded root is seen by all CPUs that have it loaded; of the kernel root by all of the domain. */
static void test_propagate(void **state)
{
	(void)state;
	live_root_switch_space(&world.cpu[2], A, NO_MFN);
	load(0, A, USER1);
	load(2, A, USER1);
	load(1, B, USER1);
	assert_int_equal(table_frame(A, USER1)->loaded, 2);

	done(A, RB_OP_LINK, USER1, 100, L3 + 10);
	assert_int_equal(world.cpu[0].page[100], machine_address(A, L3 + 10) | 0x67);
	assert_int_equal(world.cpu[2].page[100], machine_address(A, L3 + 10) | 0x67);
	assert_int_equal(world.cpu[1].page[100], 0);
	done(A, RB_OP_SET, USER1, 0, 0);
	done(A, RB_OP_LINK, USER2, 7, L3 + 11);
	done(A, RB_OP_LINK, KERNEL, 300, L3 + 12);
	assert_int_equal(world.cpu[2].page[300], machine_address(A, L3 + 12) | 0x63);
	assert_shows(0, A, KERNEL, USER1);
	assert_shows(2, A, KERNEL, USER1);
	assert_shows(1, B, KERNEL, USER1);

	load(2, A, USER2);
	done(A, RB_OP_LINK, USER2, 200, L3 + 13);
	done(A, RB_OP_SET, USER1, 100, 0);
	done(A, RB_OP_LINK, USER1, 255, L3 + 10);	/* replaces */
	assert_shows(0, A, KERNEL, USER1);
	assert_shows(2, A, KERNEL, USER2);
	done(A, RB_OP_SET, KERNEL, 511, 0);
	assert_shows(0, A, KERNEL, USER1);
	assert_shows(2, A, KERNEL, USER2);
	/* What is not shown any more must not stay behind. */
	load(0, A, USER2);
	assert_shows(0, A, KERNEL, USER2);
	unload(0, A);
	unload(1, B);
	unload(2, A);
	for (u32 cpu = 0; cpu < WORLD_CPUS; cpu++)
		assert_shows(cpu, A, 0, 0);
}

static void test_switch_space(void **state)
{
	mfn_t a1, a2, b1;

	(void)state;
	assert_int_equal(root_hold(A, (gfn_t){ USER1 }, &a1), RB_OK);
	assert_int_equal(root_hold(A, (gfn_t){ USER2 }, &a2), RB_OK);
	assert_int_equal(root_hold(B, (gfn_t){ USER1 }, &b1), RB_OK);
	assert_int_equal(a1.raw, mfn(A, USER1).raw);
	assert_int_equal(table_frame(A, USER1)->loaded, 1);

	flushed(2);
	live_root_switch_space(&world.cpu[2], A, a1);
	assert_shows(2, A, KERNEL, USER1);
	assert_true(flushed(2));
	live_root_switch_space(&world.cpu[2], B, b1);
	assert_shows(2, B, KERNEL, USER1);
	assert_true(flushed(2));
	live_root_switch_space(&world.cpu[2], A, a2);
	assert_shows(2, A, KERNEL, USER2);
	/* I-10: another vCPU of the same domain, even with the same root. */
	flushed(2);
	live_root_switch_space(&world.cpu[2], A, a2);
	assert_true(flushed(2));
	live_root_switch_space(&world.cpu[2], A, a1);
	assert_shows(2, A, KERNEL, USER1);
	live_root_switch_space(&world.cpu[2], A, NO_MFN);
	assert_shows(2, A, KERNEL, 0);
	flushed(2);
	live_root_leave(&world.cpu[2]);
	assert_shows(2, A, 0, 0);
	assert_true(flushed(2));
	assert_false(flushed(1));

	/* A change while nobody shows it is seen at the next switch. */
	done(A, RB_OP_LINK, USER1, 9, L3 + 9);
	done(A, RB_OP_SET, KERNEL, 272, 0);
	live_root_switch_space(&world.cpu[2], A, a1);
	assert_shows(2, A, KERNEL, USER1);
	live_root_leave(&world.cpu[2]);
	/* After leaving, nothing arrives any more. */
	done(A, RB_OP_LINK, KERNEL, 400, L3 + 8);
	done(A, RB_OP_LINK, USER1, 10, L3 + 7);
	assert_shows(2, A, 0, 0);
	live_root_leave(&world.cpu[2]);
	root_drop(A, a1);
	root_drop(A, a2);
	root_drop(B, b1);
}

/* The root of a vCPU that is not on a CPU stays a root. */
static void test_held_root_is_busy(void **state)
{
	mfn_t root;

	(void)state;
	assert_int_equal(root_hold(A, (gfn_t){ USER1 }, &root), RB_OK);
	assert_int_equal(apply(A, RB_OP_TYPE, USER1, 0, 1, 1), RB_BUSY);
	live_root_switch_space(&world.cpu[2], A, root);
	load(2, A, USER2);
	assert_int_equal(apply(A, RB_OP_TYPE, USER1, 0, 1, 4), RB_OK);
	assert_int_equal(apply(A, RB_OP_TYPE, USER2, 0, 1, 4), RB_BUSY);
	assert_panic(root_drop(A, mfn(A, USER2)));
	unload(2, A);
	assert_int_equal(apply(A, RB_OP_TYPE, USER2, 0, 1, 4), RB_OK);
	assert_panic(root_drop(A, mfn(A, USER2)));
}

static void test_hold_errors(void **state)
{
	mfn_t root = { 77 };

	(void)state;
	assert_int_equal(root_hold(A, (gfn_t){ PT_END }, &root), RB_NOENT);
	assert_int_equal(root_hold(A, (gfn_t){ KERNEL }, &root), RB_TYPE);
	assert_int_equal(root_hold(A, (gfn_t){ L3 }, &root), RB_TYPE);
	assert_int_equal(root_hold(A, (gfn_t){ PT + 60 }, &root), RB_TYPE);
	assert_int_equal(root.raw, 77);
}

static void test_make_kernel(void **state)
{
	mfn_t root;

	(void)state;
	assert_int_equal(root_make_kernel(A, (gfn_t){ USER1 }), RB_BUSY);	/* has one */
	world_leave_all();
	space_destroy(B);
	world_make_space(B, WORLD_OWNER_B);
	assert_int_equal(root_make_kernel(B, (gfn_t){ PT_END }), RB_NOENT);
	assert_int_equal(root_make_kernel(B, (gfn_t){ KERNEL }), RB_TYPE);
	assert_int_equal(apply(B, RB_OP_TYPE, KERNEL, 0, 2, 4), RB_OK);
	assert_int_equal(apply(B, RB_OP_TYPE, L3, 0, 2, 3), RB_OK);
	assert_int_equal(root_make_kernel(B, (gfn_t){ L3 }), RB_TYPE);
	done(B, RB_OP_LINK, KERNEL, 255, L3);
	assert_int_equal(root_make_kernel(B, (gfn_t){ KERNEL }), RB_BUSY);	/* not empty */
	done(B, RB_OP_SET, KERNEL, 255, 0);
	assert_int_equal(root_hold(B, (gfn_t){ KERNEL }, &root), RB_OK);
	assert_int_equal(root_make_kernel(B, (gfn_t){ KERNEL }), RB_BUSY);	/* loaded */
	root_drop(B, root);
	assert_int_equal(root_make_kernel(B, (gfn_t){ KERNEL }), RB_OK);
	assert_int_equal(B->kernel_root.raw, mfn(B, KERNEL).raw);
	assert_int_equal(root_make_kernel(B, (gfn_t){ KERNEL }), RB_BUSY);
}

static void test_flush_everywhere(void **state)
{
	(void)state;
	live_root_switch_space(&world.cpu[2], A, NO_MFN);
	for (u32 cpu = 0; cpu < WORLD_CPUS; cpu++)
		flushed(cpu);
	live_flush_everywhere(A);
	assert_true(flushed(0));
	assert_false(flushed(1));
	assert_true(flushed(2));
}

/* What each CPU would find if it looked while an operation waits for CPU 2. */
static u64 seen_entry;
static u32 seen_held, seen_owed, seen_count;

static void look(u32 cpu)
{
	if (cpu != 2)
		return;
	seen_entry = table_entries(A, L3)[0];
	seen_held = seen_owed = 0;
	for (u32 i = 0; i < WORLD_CPUS; i++) {
		seen_held |= (u32)world.cpu[i].held << i;
		seen_owed |= (u32)world.cpu[i].flush_owed << i;
	}
	seen_count++;
}

/* Where a link is replaced or replaces, CPUs that run the space forget what was there before the store, and are held until after it. */
static void replace(u64 code, u64 value, bool is_held)
{
	const u64 old = table_entries(A, L3)[0];

	for (u32 cpu = 0; cpu < WORLD_CPUS; cpu++)
		flushed(cpu);
	seen_count = 0;
	done(A, code, L3, 0, value);
	assert_int_equal(seen_count, old & 1);
	if (seen_count) {
		assert_int_equal(seen_owed, 5);
		assert_int_equal(seen_held, is_held ? 5 : 0);
		assert_true((seen_entry == old) == is_held);
	}
	for (u32 cpu = 0; cpu < WORLD_CPUS; cpu++)
		assert_false(world.cpu[cpu].held);
}

static void test_hold(void **state)
{
	const u64 large = machine_address(A, 512) | 0xe3;

	(void)state;
	live_root_switch_space(&world.cpu[2], A, NO_MFN);
	assert_int_equal(apply(A, RB_OP_TYPE, L3 + 10, 0, 2, 1), RB_OK);
	assert_int_equal(apply(A, RB_OP_TYPE, L3 + 12, 0, 1, 2), RB_OK);
	done(A, RB_OP_SET, KERNEL, 272, 0);
	assert_int_equal(apply(A, RB_OP_TYPE, L3, 0, 1, 2), RB_OK);
	fake_asked = look;
	replace(RB_OP_SET, large, false);
	replace(RB_OP_SET, large | ENTRY_USER, false);
	replace(RB_OP_LINK, L3 + 10, true);
	replace(RB_OP_LINK, L3 + 11, true);
	replace(RB_OP_SET, large, true);
	replace(RB_OP_LINK, L3 + 10, true);
	replace(RB_OP_SET, 0, false);
	replace(RB_OP_LINK, L3 + 10, false);
	/* A run: once for all of it. */
	assert_int_equal(space_add_chunk(A, 3, CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(A, 4, CHUNK_DATA), RB_OK);
	assert_int_equal(machine_address(A, 4 * 512), machine_address(A, 3 * 512) + CHUNK_BYTES);
	done(A, RB_OP_LINK, L3, 1, L3 + 11);
	seen_count = 0;
	assert_int_equal(apply(A, RB_OP_SET, L3, 0, 2, machine_address(A, 3 * 512) | 0xe3), RB_OK);
	assert_int_equal(seen_count, 1);
	assert_int_equal(seen_held, 5);
	assert_false(world.cpu[0].held || world.cpu[2].held);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_init),
		LIVE_TEST(test_init_clears),
		LIVE_TEST(test_load),
		LIVE_TEST(test_load_errors),
		LIVE_TEST(test_propagate),
		LIVE_TEST(test_switch_space),
		LIVE_TEST(test_held_root_is_busy),
		LIVE_TEST(test_hold_errors),
		LIVE_TEST(test_make_kernel),
		LIVE_TEST(test_flush_everywhere),
		LIVE_TEST(test_hold),
	};

	return suite_run("live", tests);
}
