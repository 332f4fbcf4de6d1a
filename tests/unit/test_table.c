/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table operations one by one: what they do, and each error that the interface documents, with everything compared
 * to before. Names of tests: operation, then what is looked at. The invariants are walked after every test (world_end).
 */

#include "suite.h"
#include "world.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define A	(&world.a)
#define B	(&world.b)
#define LEAF	0x63ul	/* present, writable, accessed, dirty */
#define LINK	0x67ul
#define SMALL	0x1000ul

/* An operation that is refused with this status and changes nothing. */
static void refused(enum rb_status status, struct space *space, u64 code, u64 gfn, u64 index, u64 count, u64 value)
{
	const u64 before = space->pt_refused;
	u64 returned = value;

	snapshot_take();
	assert_int_equal(apply_value(space, code, gfn, index, count, &returned), status);
	assert_int_equal(returned, value);
	assert_int_equal(space->pt_refused, before + 1);
	snapshot_compare();
}

static void done(struct space *space, u64 code, u64 gfn, u64 index, u64 count, u64 value)
{
	const u64 before = space->pt_ops;

	assert_int_equal(apply(space, code, gfn, index, count, value), RB_OK);
	assert_int_equal(space->pt_ops, before + 1);
}

/* A's frames: PT + level is a table of that level, none linked. */
static int start(void **state)
{
	world_start(state);
	for (u64 level = 1; level <= 4; level++)
		done(A, RB_OP_TYPE, PT + level, 0, 1, level);
	return 0;
}

/* Data memory of a space, in its guest chunk 1. */
static u64 data(const struct space *space)
{
	return machine_address(space, 512);
}

static u64 entry(u64 gfn, u64 index)
{
	return table_entries(A, gfn)[index];
}

static bool flushed(u32 cpu)
{
	const bool owed = world.cpu[cpu].flush_owed;

	world.cpu[cpu].flush_owed = false;
	return owed;
}

static bool is_empty(u64 gfn)
{
	const u64 *entries = table_entries(A, gfn);

	return entries[0] == 0 && !memcmp(entries, entries + 1, PAGE_BYTES - 8);
}

/* ---------------------------------------------------------------- NOP, unknown operations, FLUSH */

static void test_nop(void **state)
{
	(void)state;
	done(A, RB_OP_NOP, 0, 0, 1, 0);
	refused(RB_INVAL, A, RB_OP_NOP, 0, 0, 1, 1);
	refused(RB_INVAL, A, RB_OP_NOP, 0, 0, 2, 0);
	refused(RB_INVAL, A, RB_OP_NOP, 0, 1, 1, 0);
	refused(RB_INVAL, A, RB_OP_NOP, PT, 0, 1, 0);
}

static void test_unknown(void **state)
{
	(void)state;
	for (u64 code = RB_OP_FLUSH + 1; code < 64; code++)
		refused(RB_NOSYS, A, code, PT + 1, 0, 1, 0);
}

static void test_flush(void **state)
{
	(void)state;
	done(A, RB_OP_FLUSH, 0, 0, 1, 0);
	assert_true(flushed(0));
	assert_false(flushed(1));
	done(A, RB_OP_FLUSH, 0, 1, 512, 0x7fffffffe000);
	assert_true(flushed(0));
	done(A, RB_OP_FLUSH, 0, 1, 1, 0);
	done(A, RB_OP_FLUSH, 0, 1, 1, 0xffff888000000000);
	assert_true(flushed(0));
	assert_false(flushed(2));
	refused(RB_INVAL, A, RB_OP_FLUSH, 0, 0, 2, 0);
	refused(RB_INVAL, A, RB_OP_FLUSH, 0, 0, 1, SMALL);
	refused(RB_INVAL, A, RB_OP_FLUSH, 0, 2, 1, 0);
	refused(RB_INVAL, A, RB_OP_FLUSH, 0, 3, 1, SMALL);
	refused(RB_INVAL, A, RB_OP_FLUSH, PT, 0, 1, 0);
	refused(RB_INVAL, A, RB_OP_FLUSH, PT, 1, 1, SMALL);
	refused(RB_INVAL, A, RB_OP_FLUSH, 0, 1, 1, SMALL + 1);
	refused(RB_INVAL, A, RB_OP_FLUSH, 0, 1, 1, 0x800000000000);
	refused(RB_INVAL, A, RB_OP_FLUSH, 0, 1, 1, 0xffff7ffffffff000);
}

/* ---------------------------------------------------------------- TYPE */

static void test_type(void **state)
{
	(void)state;
	for (u64 level = 1; level <= 4; level++) {
		assert_int_equal(table_frame(A, PT + level)->state, FRAME_TYPED);
		assert_int_equal(table_frame(A, PT + level)->level, level);
		assert_true(is_empty(PT + level));
	}
	assert_int_equal(A->frames_typed, 4);
	assert_int_equal(A->frames_linked, 0);
	/* Frames that were free cannot be remembered by a CPU. */
	assert_false(flushed(0));
}

static void test_type_run(void **state)
{
	(void)state;
	/* Over the border of two chunks that are not neighbours in the machine, to the last frame. */
	done(A, RB_OP_TYPE, PT + 400, 0, 512, 1);
	for (u64 i = 0; i < 512; i++)
		assert_int_equal(table_frame(A, PT + 400 + i)->level, 1);
	assert_int_equal(table_frame(A, PT + 399)->level, 0);
	assert_int_equal(table_frame(A, PT + 912)->level, 0);
	assert_int_equal(A->frames_typed, 4 + 512);
	assert_int_equal(B->frames_typed, 0);
}

static void test_type_again(void **state)
{
	(void)state;
	done(A, RB_OP_SET, PT + 1, 3, 1, data(A) | LEAF);
	done(A, RB_OP_TYPE, PT + 1, 0, 1, 1);
	assert_true(is_empty(PT + 1));
	assert_int_equal(A->frames_typed, 4);
	assert_false(flushed(0));
}

/* I-4: a frame that was a table of another level is forgotten by every CPU that runs the domain, and by no other. */
static void test_type_changes_level(void **state)
{
	(void)state;
	live_root_switch_space(&world.cpu[2], A, NO_MFN);
	flushed(2);
	for (u64 from = 1; from <= 4; from++) {
		for (u64 to = 1; to <= 4; to++) {
			done(A, RB_OP_TYPE, PT + 9, 0, 1, from);
			flushed(0);
			flushed(2);
			done(A, RB_OP_TYPE, PT + 9, 0, 1, to);
			assert_int_equal(flushed(0), from != to);
			assert_int_equal(flushed(2), from != to);
			assert_false(flushed(1));
			assert_int_equal(table_frame(A, PT + 9)->level, to);
		}
	}
}

/* One frame of a run that changes its level is enough, and so is a run that is refused after it. */
static void test_type_changes_level_in_run(void **state)
{
	(void)state;
	done(A, RB_OP_TYPE, PT + 20, 0, 4, 1);
	done(A, RB_OP_TYPE, PT + 23, 0, 1, 2);
	flushed(0);
	done(A, RB_OP_TYPE, PT + 20, 0, 4, 1);
	assert_true(flushed(0));
	done(A, RB_OP_TYPE, PT_END - 1, 0, 1, 1);
	assert_int_equal(apply(A, RB_OP_TYPE, PT_END - 1, 0, 2, 2), RB_NOENT);
	assert_true(flushed(0));
	assert_int_equal(table_frame(A, PT_END - 1)->level, 2);
}

static void test_type_unlinks(void **state)
{
	(void)state;
	for (u64 level = 2; level <= 4; level++)
		done(A, RB_OP_LINK, PT + level, level == 4 ? 255 : 511, 1, PT + level - 1);
	done(A, RB_OP_TYPE, PT + 4, 0, 1, 4);
	assert_int_equal(table_frame(A, PT + 3)->state, FRAME_TYPED);
	assert_true(is_empty(PT + 4));
	/* What is below keeps its type and content. */
	assert_int_equal(table_frame(A, PT + 2)->state, FRAME_LINKED);
	assert_int_equal(entry(PT + 3, 511), machine_address(A, PT + 2) | LINK);
	assert_int_equal(A->frames_typed, 2);
	assert_int_equal(A->frames_linked, 2);
	/* Another level: the links go all the same. */
	done(A, RB_OP_TYPE, PT + 3, 0, 1, 1);
	assert_int_equal(table_frame(A, PT + 2)->state, FRAME_TYPED);
	assert_int_equal(A->frames_linked, 1);
}

static void test_type_unlinks_in_run(void **state)
{
	(void)state;
	/* 10 links 11: typed in one run, 11 is free by the time it is looked at. */
	done(A, RB_OP_TYPE, PT + 10, 0, 1, 2);
	done(A, RB_OP_TYPE, PT + 11, 0, 1, 1);
	done(A, RB_OP_LINK, PT + 10, 0, 1, PT + 11);
	done(A, RB_OP_TYPE, PT + 10, 0, 2, 3);
	/* The other way round it is not. */
	done(A, RB_OP_TYPE, PT + 10, 0, 1, 1);
	done(A, RB_OP_TYPE, PT + 11, 0, 1, 2);
	done(A, RB_OP_LINK, PT + 11, 0, 1, PT + 10);
	refused(RB_BUSY, A, RB_OP_TYPE, PT + 10, 0, 2, 3);
}

static void test_type_errors(void **state)
{
	(void)state;
	refused(RB_NOENT, A, RB_OP_TYPE, PT - 1, 0, 1, 1);
	refused(RB_NOENT, A, RB_OP_TYPE, PT_END, 0, 1, 1);
	refused(RB_NOENT, A, RB_OP_TYPE, 0, 0, 1, 1);
	refused(RB_NOENT, A, RB_OP_TYPE, (1ul << 40) - 1, 0, 1, 1);
	refused(RB_INVAL, A, RB_OP_TYPE, PT + 9, 0, 1, 0);
	refused(RB_INVAL, A, RB_OP_TYPE, PT + 9, 0, 1, 5);
	refused(RB_INVAL, A, RB_OP_TYPE, PT + 9, 0, 1, 1ul << 32 | 1);
	refused(RB_INVAL, A, RB_OP_TYPE, PT + 9, 0, 1, ~0ul);
	refused(RB_INVAL, A, RB_OP_TYPE, PT + 9, 1, 1, 1);
	done(A, RB_OP_LINK, PT + 2, 0, 1, PT + 1);
	refused(RB_BUSY, A, RB_OP_TYPE, PT + 1, 0, 1, 1);
	assert_int_equal(root_make_kernel(A, (gfn_t){ PT + 4 }), RB_OK);
	refused(RB_BUSY, A, RB_OP_TYPE, PT + 4, 0, 1, 4);
	done(A, RB_OP_TYPE, PT + 9, 0, 1, 4);
	assert_int_equal(live_root_load(&world.cpu[0], A, (gfn_t){ PT + 9 }), RB_OK);
	refused(RB_BUSY, A, RB_OP_TYPE, PT + 9, 0, 1, 4);
	refused(RB_BUSY, A, RB_OP_TYPE, PT + 9, 0, 1, 1);
}

static void test_type_run_stops(void **state)
{
	(void)state;
	done(A, RB_OP_TYPE, PT + 10, 0, 5, 1);
	done(A, RB_OP_LINK, PT + 2, 0, 1, PT + 12);
	assert_int_equal(apply(A, RB_OP_TYPE, PT + 10, 0, 5, 2), RB_BUSY);
	assert_int_equal(table_frame(A, PT + 11)->level, 2);
	assert_int_equal(table_frame(A, PT + 12)->level, 1);
	assert_int_equal(table_frame(A, PT + 13)->level, 1);
}

/* ---------------------------------------------------------------- SET */

static void test_set_small(void **state)
{
	(void)state;
	done(A, RB_OP_SET, PT + 1, 0, 1, data(A) | LEAF);
	assert_int_equal(entry(PT + 1, 0), data(A) | LEAF);
	done(A, RB_OP_SET, PT + 1, 511, 1, (data(A) + 511 * SMALL) | 1ul << 63 | 0x7ful << 52 | 0xe67);
	assert_int_equal(entry(PT + 1, 511), (data(A) + 511 * SMALL) | 1ul << 63 | 0x7ful << 52 | 0xe67);
	/* The reserve, read-only. */
	done(A, RB_OP_SET, PT + 1, 1, 1, machine_address(A, PT + 1) | 1);
	done(A, RB_OP_SET, PT + 1, 0, 1, 0);
	assert_int_equal(entry(PT + 1, 0), 0);
	done(A, RB_OP_SET, PT + 1, 0, 1, 0x000ffffffffff002);
	/* A linked table is written as an unlinked one. */
	done(A, RB_OP_LINK, PT + 2, 0, 1, PT + 1);
	done(A, RB_OP_SET, PT + 1, 7, 1, data(A) | LEAF);
	assert_int_equal(entry(PT + 1, 7), data(A) | LEAF);
	assert_false(flushed(0));
}

static void test_set_small_run(void **state)
{
	(void)state;
	done(A, RB_OP_SET, PT + 1, 5, 400, data(A) | LEAF);
	for (u64 i = 0; i < 512; i++)
		assert_int_equal(entry(PT + 1, i), i < 5 || i >= 405 ? 0 : (data(A) + (i - 5) * SMALL) | LEAF);
	done(A, RB_OP_SET, PT + 1, 0, 512, 0);
	assert_true(is_empty(PT + 1));
	/* All entries the same if not present. */
	done(A, RB_OP_SET, PT + 1, 510, 2, 0x000ffffffffff00e);
	assert_int_equal(entry(PT + 1, 509), 0);
	assert_int_equal(entry(PT + 1, 510), 0x000ffffffffff00e);
	assert_int_equal(entry(PT + 1, 511), 0x000ffffffffff00e);
}

/* A run that goes over into another machine chunk is judged again there. */
static void test_set_small_run_over_chunks(void **state)
{
	const u64 last = data(A) + CHUNK_BYTES - SMALL;

	(void)state;
	/* Guest chunks 0 and 1 are neighbours in the machine, 1 and 2 are not. */
	assert_int_equal(machine_address(A, 512), machine_address(A, 0) + CHUNK_BYTES);
	assert_int_not_equal(chunks[data(A) / CHUNK_BYTES + 1].owner, A->owner);
	assert_int_equal(apply(A, RB_OP_SET, PT + 1, 0, 3, (last - SMALL) | LEAF), RB_OWNER);
	assert_int_equal(entry(PT + 1, 0), (last - SMALL) | LEAF);
	assert_int_equal(entry(PT + 1, 1), last | LEAF);
	assert_int_equal(entry(PT + 1, 2), 0);
	done(A, RB_OP_SET, PT + 1, 10, 502, (machine_address(A, 0) + CHUNK_BYTES - 2 * SMALL) | LEAF);
	assert_int_equal(entry(PT + 1, 13), (machine_address(A, 0) + CHUNK_BYTES + SMALL) | LEAF);
	/* Into the page-table reserve while writable. */
	refused(RB_TYPE, A, RB_OP_SET, PT + 1, 0, 2, machine_address(A, PT) | LEAF);
}

static void test_set_large(void **state)
{
	(void)state;
	done(A, RB_OP_SET, PT + 2, 0, 1, data(A) | LEAF | 0x80);
	assert_int_equal(entry(PT + 2, 0), data(A) | LEAF | 0x80);
	done(A, RB_OP_SET, PT + 2, 1, 1, machine_address(A, PT) | 0x81);
	/* A run of two: the two neighbours of guest chunks 0 and 1. */
	done(A, RB_OP_SET, PT + 2, 510, 2, machine_address(A, 0) | LEAF | 0x80);
	assert_int_equal(entry(PT + 2, 511), (machine_address(A, 0) + CHUNK_BYTES) | LEAF | 0x80);
	done(A, RB_OP_SET, PT + 2, 0, 512, 0);
	assert_true(is_empty(PT + 2));
	done(A, RB_OP_SET, PT + 2, 3, 2, 0x000fffffffe00100);
	assert_int_equal(entry(PT + 2, 4), 0x000fffffffe00100);
}

static void test_set_large_run_stops(void **state)
{
	(void)state;
	done(A, RB_OP_LINK, PT + 2, 2, 1, PT + 1);
	assert_int_equal(apply(A, RB_OP_SET, PT + 2, 0, 6, machine_address(A, 0) | LEAF | 0x80), RB_OWNER);
	assert_int_equal(entry(PT + 2, 1), (machine_address(A, 0) + CHUNK_BYTES) | LEAF | 0x80);
	assert_int_equal(entry(PT + 2, 2), machine_address(A, PT + 1) | LINK);
	assert_int_equal(entry(PT + 2, 3), 0);
}

static void test_set_unlinks(void **state)
{
	(void)state;
	done(A, RB_OP_SET, PT + 1, 9, 1, data(A) | LEAF);
	done(A, RB_OP_LINK, PT + 2, 7, 1, PT + 1);
	done(A, RB_OP_LINK, PT + 3, 7, 1, PT + 2);
	done(A, RB_OP_SET, PT + 2, 7, 1, data(A) | LEAF | 0x80);
	assert_int_equal(table_frame(A, PT + 1)->state, FRAME_TYPED);
	assert_int_equal(entry(PT + 1, 9), data(A) | LEAF);
	done(A, RB_OP_LINK, PT + 2, 8, 1, PT + 1);
	done(A, RB_OP_SET, PT + 2, 0, 512, 0);
	assert_int_equal(table_frame(A, PT + 1)->state, FRAME_TYPED);
	done(A, RB_OP_SET, PT + 3, 0, 512, 0);
	assert_int_equal(table_frame(A, PT + 2)->state, FRAME_TYPED);
	assert_int_equal(A->frames_linked, 0);
	assert_int_equal(A->frames_typed, 4);
}

static void test_set_root(void **state)
{
	(void)state;
	done(A, RB_OP_LINK, PT + 4, 255, 1, PT + 3);
	done(A, RB_OP_SET, PT + 4, 0, 256, 0);
	assert_int_equal(table_frame(A, PT + 3)->state, FRAME_TYPED);
	assert_true(is_empty(PT + 4));
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 256, 1, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 255, 2, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 272, 1, 0);
	assert_int_equal(root_make_kernel(A, (gfn_t){ PT + 4 }), RB_OK);
	done(A, RB_OP_SET, PT + 4, 272, 240, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 271, 1, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 271, 2, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 256, 1, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 0, 1, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 4, 511, 2, 0);
}

static void test_set_errors(void **state)
{
	(void)state;
	refused(RB_NOENT, A, RB_OP_SET, PT - 1, 0, 1, 0);
	refused(RB_NOENT, A, RB_OP_SET, PT_END, 0, 1, 0);
	refused(RB_NOENT, A, RB_OP_SET, 0, 0, 1, data(A) | LEAF);
	refused(RB_NOENT, A, RB_OP_SET, (1ul << 40) - 1, 511, 1, 0);
	refused(RB_TYPE, A, RB_OP_SET, PT + 9, 0, 1, 0);
	refused(RB_TYPE, A, RB_OP_SET, PT + 9, 0, 2, 0);
	for (u64 level = 1; level <= 2; level++) {
		const u64 leaf = level == 2 ? LEAF | 0x80 : LEAF;

		for (u64 count = 1; count <= 2; count++) {
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 511, count + 1, 0);
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, data(A) | leaf | 1 << 8);	/* G */
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, data(A) | leaf | 1 << 3);	/* PWT */
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, data(A) | leaf | 1 << 4);	/* PCD */
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, data(A) | (leaf ^ 0x80));
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, 1ul << FAKE_PHYSICAL_BITS | leaf);
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, data(A));
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, 2);
			refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, count, FAKE_CHUNKS * CHUNK_BYTES - SMALL);
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, data(B) | leaf);
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, (data(B) | leaf) & ~2ul);
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, (machine_address(B, PT) | leaf) & ~2ul);
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, leaf);
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, 1 * CHUNK_BYTES | leaf);
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, FAKE_CHUNKS * CHUNK_BYTES | leaf);
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, 64 * CHUNK_BYTES | leaf);
			/* Must not be taken for chunk 2, which would be right: the table's index is cut to its size. */
			refused(RB_OWNER, A, RB_OP_SET, PT + level, 0, count, (64 * CHUNK_BYTES + data(A)) | leaf);
			refused(RB_TYPE, A, RB_OP_SET, PT + level, 0, count, machine_address(A, PT) | leaf);
		}
	}
	refused(RB_INVAL, A, RB_OP_SET, PT + 2, 0, 1, (data(A) + SMALL) | LEAF | 0x80);
	refused(RB_INVAL, A, RB_OP_SET, PT + 2, 0, 1, (data(A) + CHUNK_BYTES / 2) | LEAF | 0x80);
	for (u64 level = 3; level <= 4; level++) {
		refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, 1, data(A) | LEAF);
		refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, 1, data(A) | LEAF | 0x80);
		refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, 1, machine_address(A, PT + level - 1) | LINK);
		refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, 1, 0x000ffffffffff000);
		refused(RB_INVAL, A, RB_OP_SET, PT + level, 0, 1, 2);
	}
	refused(RB_INVAL, A, RB_OP_SET, PT + 3, 511, 2, 0);
	refused(RB_INVAL, A, RB_OP_SET, PT + 2, 0, 1, machine_address(A, PT + 1) | 0x65);	/* a link by SET */
	/* Free chunks are nobody's: the last of the machine. */
	refused(RB_OWNER, A, RB_OP_SET, PT + 1, 0, 1, (FAKE_CHUNKS - 1) * CHUNK_BYTES | LEAF);
}

/* B's frames have the same numbers: they are other frames. */
static void test_set_spaces_apart(void **state)
{
	(void)state;
	refused(RB_TYPE, B, RB_OP_SET, PT + 1, 0, 1, 0);
	done(B, RB_OP_TYPE, PT + 1, 0, 1, 1);
	done(B, RB_OP_SET, PT + 1, 0, 1, data(B) | LEAF);
	assert_int_equal(entry(PT + 1, 0), 0);
	refused(RB_OWNER, B, RB_OP_SET, PT + 1, 0, 1, data(A) | LEAF);
}

/* ---------------------------------------------------------------- LINK */

static void test_link(void **state)
{
	(void)state;
	for (u64 level = 2; level <= 4; level++) {
		done(A, RB_OP_LINK, PT + level, 17, 1, PT + level - 1);
		assert_int_equal(entry(PT + level, 17), machine_address(A, PT + level - 1) | LINK);
		assert_int_equal(table_frame(A, PT + level - 1)->state, FRAME_LINKED);
		assert_int_equal(table_frame(A, PT + level - 1)->parent, level << 9 | 17);
		assert_int_equal(table_frame(A, PT + level)->links, 1);
	}
	assert_int_equal(A->frames_typed, 1);
	assert_int_equal(A->frames_linked, 3);
	assert_false(flushed(0));
}

static void test_link_replaces(void **state)
{
	(void)state;
	done(A, RB_OP_TYPE, PT + 10, 0, 1, 1);
	done(A, RB_OP_SET, PT + 2, 0, 1, data(A) | LEAF | 0x80);
	done(A, RB_OP_LINK, PT + 2, 0, 1, PT + 1);
	done(A, RB_OP_LINK, PT + 2, 0, 1, PT + 10);
	assert_int_equal(entry(PT + 2, 0), machine_address(A, PT + 10) | LINK);
	assert_int_equal(table_frame(A, PT + 1)->state, FRAME_TYPED);
	assert_int_equal(table_frame(A, PT + 10)->state, FRAME_LINKED);
	assert_int_equal(table_frame(A, PT + 2)->links, 1);
	assert_int_equal(A->frames_linked, 1);
	/* The one that was replaced can be linked again. */
	done(A, RB_OP_LINK, PT + 2, 1, 1, PT + 1);
}

/* I-7: links in the kernel half are supervisor-only; and which entries a root serves. */
static void test_link_kernel_half(void **state)
{
	(void)state;
	done(A, RB_OP_TYPE, PT + 10, 0, 2, 3);
	assert_int_equal(root_make_kernel(A, (gfn_t){ PT + 4 }), RB_OK);
	for (u64 index = 0; index < 272; index += index == 0 ? 255 : 1)
		refused(RB_INVAL, A, RB_OP_LINK, PT + 4, index, 1, PT + 3);
	done(A, RB_OP_LINK, PT + 4, 272, 1, PT + 3);
	assert_int_equal(entry(PT + 4, 272), machine_address(A, PT + 3) | 0x63);
	done(A, RB_OP_LINK, PT + 4, 511, 1, PT + 10);
	assert_int_equal(entry(PT + 4, 511), machine_address(A, PT + 10) | 0x63);
	done(A, RB_OP_TYPE, PT + 20, 0, 1, 4);
	done(A, RB_OP_LINK, PT + 20, 255, 1, PT + 11);
	for (u64 index = 256; index < 512; index++)
		refused(RB_INVAL, A, RB_OP_LINK, PT + 20, index, 1, PT + 11);
}

static void test_link_errors(void **state)
{
	(void)state;
	refused(RB_NOENT, A, RB_OP_LINK, PT - 1, 0, 1, PT + 1);
	refused(RB_NOENT, A, RB_OP_LINK, PT + 2, 0, 1, PT_END);
	refused(RB_NOENT, A, RB_OP_LINK, PT + 2, 0, 1, PT - 1);
	refused(RB_NOENT, A, RB_OP_LINK, PT + 2, 0, 1, ~0ul);
	refused(RB_NOENT, A, RB_OP_LINK, PT + 2, 0, 1, 1ul << 55 | (PT + 1));
	refused(RB_NOENT, A, RB_OP_LINK, PT + 2, 0, 1, 1ul << 40 | (PT + 1));
	refused(RB_TYPE, A, RB_OP_LINK, PT + 9, 0, 1, PT + 1);
	refused(RB_TYPE, A, RB_OP_LINK, PT + 2, 0, 1, PT + 9);
	refused(RB_TYPE, A, RB_OP_LINK, PT + 3, 0, 1, PT + 1);
	refused(RB_TYPE, A, RB_OP_LINK, PT + 2, 0, 1, PT + 3);
	refused(RB_TYPE, A, RB_OP_LINK, PT + 2, 0, 1, PT + 2);
	refused(RB_TYPE, A, RB_OP_LINK, PT + 2, 0, 1, PT + 4);
	refused(RB_TYPE, A, RB_OP_LINK, PT + 4, 0, 1, PT + 1);
	refused(RB_INVAL, A, RB_OP_LINK, PT + 2, 0, 2, PT + 1);
	refused(RB_INVAL, A, RB_OP_LINK, PT + 1, 0, 1, PT + 1);
	done(A, RB_OP_LINK, PT + 2, 0, 1, PT + 1);
	refused(RB_BUSY, A, RB_OP_LINK, PT + 2, 0, 1, PT + 1);
	refused(RB_BUSY, A, RB_OP_LINK, PT + 2, 1, 1, PT + 1);
	/* The other domain's frame of that number is not typed. */
	refused(RB_TYPE, B, RB_OP_LINK, PT + 2, 0, 1, PT + 1);
}

/* ---------------------------------------------------------------- AND */

static void test_and(void **state)
{
	const u64 keep = data(A) | 1ul << 63 | 0x205;

	(void)state;
	done(A, RB_OP_SET, PT + 1, 0, 4, keep | 0x62);
	done(A, RB_OP_SET, PT + 1, 2, 1, 0x000ffffffffff062);
	done(A, RB_OP_AND, PT + 1, 1, 2, ~2ul);
	assert_int_equal(entry(PT + 1, 0), keep | 0x62);
	assert_int_equal(entry(PT + 1, 1), (keep + SMALL) | 0x60);
	assert_int_equal(entry(PT + 1, 2), 0x000ffffffffff062);
	assert_int_equal(entry(PT + 1, 3), (keep + 3 * SMALL) | 0x62);
	done(A, RB_OP_AND, PT + 1, 0, 512, ~0x62ul);
	assert_int_equal(entry(PT + 1, 3), keep + 3 * SMALL);
	assert_int_equal(entry(PT + 1, 2), 0x000ffffffffff062);
	done(A, RB_OP_AND, PT + 1, 0, 512, ~0ul);
	assert_int_equal(entry(PT + 1, 3), keep + 3 * SMALL);
}

static void test_and_upper(void **state)
{
	(void)state;
	done(A, RB_OP_LINK, PT + 2, 0, 1, PT + 1);
	done(A, RB_OP_SET, PT + 2, 1, 1, data(A) | 0xe3);
	done(A, RB_OP_LINK, PT + 3, 0, 1, PT + 2);
	done(A, RB_OP_AND, PT + 2, 0, 2, ~0x62ul);
	assert_int_equal(entry(PT + 2, 0), machine_address(A, PT + 1) | 0x47);
	assert_int_equal(entry(PT + 2, 1), data(A) | 0x81);
	done(A, RB_OP_AND, PT + 3, 0, 512, ~0x40ul);
	assert_int_equal(entry(PT + 3, 0), machine_address(A, PT + 2) | LINK);
	done(A, RB_OP_AND, PT + 3, 0, 512, ~0x20ul);
	assert_int_equal(entry(PT + 3, 0), machine_address(A, PT + 2) | 0x47);
	/* It is a link still. */
	done(A, RB_OP_SET, PT + 2, 0, 1, 0);
	assert_int_equal(table_frame(A, PT + 1)->state, FRAME_TYPED);
}

static void test_and_errors(void **state)
{
	(void)state;
	refused(RB_NOENT, A, RB_OP_AND, PT_END, 0, 1, ~2ul);
	refused(RB_NOENT, A, RB_OP_AND, 3, 0, 1, ~2ul);
	refused(RB_TYPE, A, RB_OP_AND, PT + 9, 0, 1, ~2ul);
	refused(RB_TYPE, A, RB_OP_AND, PT + 4, 0, 1, ~0x20ul);
	refused(RB_INVAL, A, RB_OP_AND, PT + 1, 511, 2, ~2ul);
	done(A, RB_OP_SET, PT + 1, 0, 1, data(A) | LEAF | 4);
	for (int bit = 0; bit < 64; bit++)
		if (bit != 1 && bit != 5 && bit != 6)
			refused(RB_INVAL, A, RB_OP_AND, PT + 1, 0, 1, ~(1ul << bit));
	refused(RB_INVAL, A, RB_OP_AND, PT + 1, 0, 1, 0);
}

/* ---------------------------------------------------------------- XCHG */

static void test_exchange(void **state)
{
	u64 value = data(A) | LEAF;

	(void)state;
	assert_int_equal(apply_value(A, RB_OP_XCHG, PT + 1, 6, 1, &value), RB_OK);
	assert_int_equal(value, 0);
	assert_int_equal(entry(PT + 1, 6), data(A) | LEAF);
	value = 0x000ffffffffff000;
	assert_int_equal(apply_value(A, RB_OP_XCHG, PT + 1, 6, 1, &value), RB_OK);
	assert_int_equal(value, data(A) | LEAF);
	value = data(A) | LEAF | 0x80;
	assert_int_equal(apply_value(A, RB_OP_XCHG, PT + 2, 6, 1, &value), RB_OK);
	assert_int_equal(value, 0);
	value = 0;
	assert_int_equal(apply_value(A, RB_OP_XCHG, PT + 2, 6, 1, &value), RB_OK);
	assert_int_equal(value, data(A) | LEAF | 0x80);
	value = 0;
	assert_int_equal(apply_value(A, RB_OP_XCHG, PT + 3, 6, 1, &value), RB_OK);
	assert_int_equal(value, 0);
	assert_int_equal(apply_value(A, RB_OP_XCHG, PT + 4, 6, 1, &value), RB_OK);
	assert_int_equal(value, 0);
}

static void test_exchange_errors(void **state)
{
	(void)state;
	refused(RB_NOENT, A, RB_OP_XCHG, PT_END, 0, 1, 0);
	refused(RB_TYPE, A, RB_OP_XCHG, PT + 9, 0, 1, 0);
	refused(RB_INVAL, A, RB_OP_XCHG, PT + 1, 0, 2, 0);
	refused(RB_INVAL, A, RB_OP_XCHG, PT + 1, 0, 1, data(A) | LEAF | 0x100);
	refused(RB_INVAL, A, RB_OP_XCHG, PT + 1, 0, 1, 2);
	refused(RB_OWNER, A, RB_OP_XCHG, PT + 1, 0, 1, data(B) | LEAF);
	refused(RB_TYPE, A, RB_OP_XCHG, PT + 1, 0, 1, machine_address(A, PT) | LEAF);
	refused(RB_INVAL, A, RB_OP_XCHG, PT + 2, 0, 1, data(A) | LEAF);
	refused(RB_INVAL, A, RB_OP_XCHG, PT + 3, 0, 1, data(A) | LEAF);
	refused(RB_INVAL, A, RB_OP_XCHG, PT + 4, 0, 1, 2);
	refused(RB_INVAL, A, RB_OP_XCHG, PT + 4, 256, 1, 0);
	for (u64 level = 2; level <= 4; level++) {
		done(A, RB_OP_LINK, PT + level, 5, 1, PT + level - 1);
		refused(RB_TYPE, A, RB_OP_XCHG, PT + level, 5, 1, 0);
	}
	refused(RB_TYPE, A, RB_OP_XCHG, PT + 2, 5, 1, data(A) | LEAF | 0x80);
}

/* ---------------------------------------------------------------- the queue */

static void test_queue(void **state)
{
	struct rb_pt_op ops[] = {
		{ rb_op_word(RB_OP_SET, PT + 1, 0, 1), data(A) | LEAF },
		{ rb_op_word(RB_OP_XCHG, PT + 1, 0, 1), 0 },
		{ rb_op_word(RB_OP_SET, PT + 1, 1, 3), data(A) | LEAF },
		{ rb_op_word(RB_OP_LINK, PT + 2, 5, 1), PT + 1 },
		{ rb_op_word(RB_OP_SET, PT + 1, 9, 1), data(B) | LEAF },
		{ rb_op_word(RB_OP_SET, PT + 1, 10, 1), data(A) | LEAF },
	};
	const u64 before = A->pt_ops;
	enum rb_status status = RB_AGAIN;

	(void)state;
	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 0, 6, &status), 4);
	assert_int_equal(status, RB_OWNER);
	assert_int_equal(A->pt_ops, before + 4);
	assert_int_equal(A->pt_refused, 1);
	assert_int_equal(ops[0].value, data(A) | LEAF);
	assert_int_equal(ops[1].value, data(A) | LEAF);
	assert_int_equal(ops[2].value, data(A) | LEAF);
	assert_int_equal(entry(PT + 1, 0), 0);
	assert_int_equal(entry(PT + 1, 3), (data(A) + 2 * SMALL) | LEAF);
	assert_int_equal(table_frame(A, PT + 1)->state, FRAME_LINKED);
	assert_int_equal(entry(PT + 1, 10), 0);

	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 5, 1, &status), 1);
	assert_int_equal(status, RB_OK);
	assert_int_equal(entry(PT + 1, 10), data(A) | LEAF);
	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 0, 0, &status), 0);
	assert_int_equal(status, RB_OK);
}

/* 128 runs of 512 entries are as much as one call takes; a single operation is never too much. */
static void test_queue_again(void **state)
{
	struct rb_pt_op ops[RB_QUEUE_OPS];
	enum rb_status status;

	(void)state;
	for (u64 i = 0; i < RB_QUEUE_OPS; i++)
		ops[i] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, PT + 1, 0, 512), 0 };
	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 0, 128, &status), 128);
	assert_int_equal(status, RB_OK);
	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 0, 129, &status), 128);
	assert_int_equal(status, RB_AGAIN);
	/* Also where the next one would go the quick way. */
	ops[128].word = rb_op_word(RB_OP_SET, PT + 1, 0, 1);
	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 0, 129, &status), 128);
	assert_int_equal(status, RB_AGAIN);
	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 128, 128, &status), 128);
	assert_int_equal(status, RB_OK);
	ops[0].word = rb_op_word(RB_OP_SET, PT + 1, 0, 1);
	assert_int_equal(table_apply_queue(A, &world.cpu[0], ops, 0, 130, &status), 129);
	assert_int_equal(status, RB_AGAIN);
}

/* ---------------------------------------------------------------- flushes that operations bring */

/*
 * What was present at level 2 or more and is replaced is forgotten by every CPU of the domain: a large page and small ones of the same
 * address must not meet in a TLB. Nothing else is.
 */
static void test_replaced_is_flushed(void **state)
{
	u64 value = 0;

	(void)state;
	live_root_switch_space(&world.cpu[2], A, NO_MFN);
	flushed(2);
	flushed(0);
	done(A, RB_OP_SET, PT + 1, 0, 1, data(A) | LEAF);
	done(A, RB_OP_SET, PT + 1, 0, 1, 0);
	done(A, RB_OP_SET, PT + 2, 0, 1, data(A) | LEAF | 0x80);
	done(A, RB_OP_SET, PT + 2, 1, 1, 0x000fffffffe00000);
	done(A, RB_OP_SET, PT + 2, 1, 1, 0);
	done(A, RB_OP_LINK, PT + 2, 2, 1, PT + 1);
	assert_false(flushed(0));
	done(A, RB_OP_SET, PT + 2, 0, 1, 0);
	assert_true(flushed(0));
	done(A, RB_OP_SET, PT + 2, 2, 1, data(A) | LEAF | 0x80);
	assert_true(flushed(0));
	done(A, RB_OP_LINK, PT + 2, 2, 1, PT + 1);
	assert_true(flushed(0));
	done(A, RB_OP_LINK, PT + 3, 2, 1, PT + 2);
	assert_false(flushed(0));
	done(A, RB_OP_SET, PT + 3, 0, 512, 0);
	assert_true(flushed(0));
	done(A, RB_OP_SET, PT + 2, 0, 1, data(A) | LEAF | 0x80);
	assert_true(flushed(2));
	assert_int_equal(apply_value(A, RB_OP_XCHG, PT + 2, 0, 1, &value), RB_OK);
	assert_true(flushed(0));
	assert_true(flushed(2));
	assert_false(flushed(1));
}

/* ---------------------------------------------------------------- the processor meanwhile */

/*
 * The processor sets a dirty bit between any two instructions of an operation; none may get lost. A child makes the operation again and
 * again; the parent steps through it and plays the processor after the first instruction, then after the second, and so on.
 */
static struct {
	volatile u32 phase;	/* 1: operation under way, 2: over, 3: results are here */
	volatile u64 value, entry;
} *shared;

/* One operation on one entry: by register, or in a queue; the operation's value afterwards. */
static u64 apply_one(bool in_queue, u64 code, u64 operand)
{
	struct rb_pt_op op = { rb_op_word(code, PT + 1, 0, 1), operand };
	enum rb_status status;

	if (in_queue)
		table_apply_queue(A, &world.cpu[0], &op, 0, 1, &status);
	else
		table_apply(A, &world.cpu[0], op.word, &op.value);
	return op.value;
}

static __attribute__((noreturn)) void child_run(bool in_queue, u64 code, u64 operand)
{
	u64 *at = &table_entries(A, PT + 1)[0];

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	for (;;) {
		u64 value;

		*at = data(A) | 0x23;
		shared->phase = 1;
		value = apply_one(in_queue, code, operand);
		shared->phase = 2;
		shared->value = value;
		shared->entry = *at;
		shared->phase = 3;
	}
}

static void processor_marks(pid_t pid, const u64 *at)
{
	const u64 old = (u64)ptrace(PTRACE_PEEKDATA, pid, at, NULL);

	if (old & 1)
		ptrace(PTRACE_POKEDATA, pid, at, old | 0x40);
}

/* Step through one operation and mark its entry after a number of steps. False: it was over before. */
static bool mark_after(pid_t pid, u32 steps)
{
	const u64 *at = &table_entries(A, PT + 1)[0];
	bool marked = false;
	u32 step = 0;

	do {
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		waitpid(pid, NULL, 0);
		if (shared->phase == 1 && step++ == steps) {
			processor_marks(pid, at);
			marked = true;
		}
	} while (shared->phase != 3);
	/* On to the next one. */
	do {
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		waitpid(pid, NULL, 0);
	} while (shared->phase == 3);
	return marked;
}

static void lose_no_mark(bool in_queue, u64 code, u64 operand)
{
	pid_t pid;
	u32 steps;

	shared = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = fork();
	if (!pid)
		child_run(in_queue, code, operand);
	waitpid(pid, NULL, 0);
	/* The first store of the phase counts as a step of the operation: mark_after begins just behind it from the second time on. */
	mark_after(pid, 1u << 30);
	for (steps = 0; mark_after(pid, steps); steps++) {
		const u64 seen = code == RB_OP_XCHG ? shared->value | shared->entry : shared->entry;

		if (!(seen & 0x40))
			fail_msg("operation %lu: the mark after %u steps is lost", code, steps);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(steps > 20);
	munmap((void *)shared, PAGE_BYTES);
}

static void test_exchange_loses_nothing(void **state)
{
	(void)state;
	lose_no_mark(false, RB_OP_XCHG, data(A) | 0x23);
	lose_no_mark(true, RB_OP_XCHG, data(A) | 0x23);
}

static void test_and_loses_nothing(void **state)
{
	(void)state;
	lose_no_mark(false, RB_OP_AND, ~0x22ul);
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TABLE_TEST(test_nop),
		TABLE_TEST(test_unknown),
		TABLE_TEST(test_flush),
		TABLE_TEST(test_type),
		TABLE_TEST(test_type_run),
		TABLE_TEST(test_type_again),
		TABLE_TEST(test_type_changes_level),
		TABLE_TEST(test_type_changes_level_in_run),
		TABLE_TEST(test_type_unlinks),
		TABLE_TEST(test_type_unlinks_in_run),
		TABLE_TEST(test_type_errors),
		TABLE_TEST(test_type_run_stops),
		TABLE_TEST(test_set_small),
		TABLE_TEST(test_set_small_run),
		TABLE_TEST(test_set_small_run_over_chunks),
		TABLE_TEST(test_set_large),
		TABLE_TEST(test_set_large_run_stops),
		TABLE_TEST(test_set_unlinks),
		TABLE_TEST(test_set_root),
		TABLE_TEST(test_set_errors),
		TABLE_TEST(test_set_spaces_apart),
		TABLE_TEST(test_link),
		TABLE_TEST(test_link_replaces),
		TABLE_TEST(test_link_kernel_half),
		TABLE_TEST(test_link_errors),
		TABLE_TEST(test_and),
		TABLE_TEST(test_and_upper),
		TABLE_TEST(test_and_errors),
		TABLE_TEST(test_exchange),
		TABLE_TEST(test_exchange_errors),
		TABLE_TEST(test_queue),
		TABLE_TEST(test_queue_again),
		TABLE_TEST(test_replaced_is_flushed),
		TABLE_TEST(test_exchange_loses_nothing),
		TABLE_TEST(test_and_loses_nothing),
	};

	return suite_run("table", tests);
}
