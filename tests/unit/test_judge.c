/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge_entry against the specification in spec.c: every combination of the low 12 bits, with each choice of bits 52 to 63
 * and each kind of address, at every level, for several widths of physical addresses. Defends I-2, I-6.
 */

#include "suite.h"

#include "mm/judge.h"
#include "spec.h"

enum { ME = OWNER_DOMAIN + 3, OTHER = OWNER_DOMAIN + 4, OTHER_HIGH = 0xfff3 };

static struct spec_machine machine;

static void machine_start(u32 physical_bits)
{
	static const struct { u32 chunk; u16 owner; u8 use; } memory[] = {
		{ 1, OWNER_HYPERVISOR, CHUNK_DATA }, { 2, OWNER_NONE, CHUNK_DATA }, { 7, ME, CHUNK_DATA }, { 8, ME, CHUNK_PAGETABLE },
		{ 9, OTHER, CHUNK_DATA }, { 10, OTHER, CHUNK_PAGETABLE }, { 11, OTHER_HIGH, CHUNK_PAGETABLE }, { 39, ME, CHUNK_DATA },
	};

	spec_machine_start(&machine, physical_bits);
	for (u32 i = 0; i < ARRAY_COUNT(memory); i++)
		spec_machine_set(&machine, memory[i].chunk, memory[i].owner, memory[i].use);
}

static void compare(u64 entry)
{
	enum rb_status status;
	u32 level;

	if (!spec_agrees(&machine, entry, ME, &level, &status))
		fail_msg("level %u entry %lx: got %d (%u physical bits)", level, entry, status, machine.physical_bits);
}

static void all_flags(u64 address)
{
	static const u64 high[] = {
		0, 1ul << 63, 1ul << 52, 1ul << 58, 1ul << 59, 1ul << 62, 0xffful << 52,
	};

	for (u32 i = 0; i < ARRAY_COUNT(high); i++)
		for (u64 low = 0; low < 4096; low++)
			compare(high[i] | address | low);
}

static void all_addresses(u32 physical_bits)
{
	static const u64 chunks_tried[] = { 0, 1, 2, 7, 8, 9, 10, 11, 39, 40, 63, 64, 71, 1000 };
	static const u64 offsets[] = { 0, 0x1000, 0x2000, 0x100000, 0x1ff000 };

	machine_start(physical_bits);
	for (u32 i = 0; i < ARRAY_COUNT(chunks_tried); i++)
		for (u32 j = 0; j < ARRAY_COUNT(offsets); j++)
			all_flags(chunks_tried[i] * CHUNK_BYTES + offsets[j]);
	/* Each address bit alone, and with a chunk that is mine. */
	for (int n = 12; n < 52; n++) {
		all_flags(1ul << n);
		all_flags(1ul << n | 7 * CHUNK_BYTES);
	}
	all_flags(0x000ffffffffff000ul);
	all_flags(~0ul << physical_bits & 0x000ffffffffff000ul);
}

static void test_36_bits(void **state)
{
	(void)state;
	all_addresses(36);
}

static void test_40_bits(void **state)
{
	(void)state;
	all_addresses(40);
}

static void test_52_bits(void **state)
{
	(void)state;
	all_addresses(52);
}

/* Linux's inverted page-frame numbers of entries that are not present pass. */
static void test_inverted(void **state)
{
	(void)state;
	machine_start(46);
	assert_int_equal(judge_entry(1, ~(7 * CHUNK_BYTES) & 0x000ffffffffff000ul & ~1ul, ME), RB_OK);
	assert_int_equal(judge_entry(1, (~(7 * CHUNK_BYTES) & 0x000ffffffffff000ul) | 1ul << 8, ME), RB_OK);
	assert_int_equal(judge_entry(1, 7 * CHUNK_BYTES | 1ul << 8, ME), RB_INVAL);
	assert_int_equal(judge_entry(1, 1ul << 8, ME), RB_INVAL);
	/* Above the processor's width and memory below it: the processor sees only the memory. */
	assert_int_equal(judge_entry(1, 1ul << 50 | 7 * CHUNK_BYTES, ME), RB_INVAL);
}

static void test_init_refuses(void **state)
{
	(void)state;
	machine_start(40);
	assert_panic(judge_init(31));
	assert_panic(judge_init(53));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_36_bits),
		cmocka_unit_test(test_40_bits),
		cmocka_unit_test(test_52_bits),
		cmocka_unit_test(test_inverted),
		cmocka_unit_test(test_init_refuses),
	};

	return suite_run("judge", tests);
}
