/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I-2 and I-6 in the check of a leaf: judge_entry(), the real one, beside the specification of tests/unit/spec.c. tests/unit/test_judge.c
 * tries all flags on chosen addresses, machines and owners; this makes it all of them, by an argument in three steps, each checked:
 *
 *  1. Bits 52 to 63 of an entry count for nothing (but that an entry with the present bit clear is zero or not): all 2^24 flags.
 *  2. Of a present entry, judge_leaf() takes four things: whether it differs from what is wanted in a bit of `fixed`, and in one of
 *     `malformed`; RW; the chunk's number under the table's mask. The masks are read here, and hold no bit that the
 *     specification knows nothing of. So each bit alone, on entries of each kind, stands for all combinations: a compare
 *     of masked words is no more than the or of its bits. Tried: for each width of addresses, 32 to 52, each bit and each pair of bits,
 *     on each kind of base.
 *  3. What is said of a chunk depends on its tag and the owner alone: all 2^16 owners and all 2^8 uses.
 */
#include "mm/judge.h"
#include "report.h"
#include "spec.h"

enum { ME = OWNER_DOMAIN + 3 };

static struct spec_machine machine;
static u64 tried;

static void machine_begin(u32 physical_bits)
{
	spec_machine_start(&machine, physical_bits);
	spec_machine_set(&machine, 3, OWNER_NONE, CHUNK_DATA);
	spec_machine_set(&machine, 7, ME, CHUNK_DATA);
	spec_machine_set(&machine, 8, ME, CHUNK_PAGETABLE);
	spec_machine_set(&machine, 9, ME + 1, CHUNK_DATA);
}

static void try(u64 entry, u16 owner)
{
	enum rb_status status;
	u32 level;

	tried++;
	if (!spec_agrees(&machine, entry, owner, &level, &status))
		fail("level %u, entry %#lx, owner %u, %u address bits: status %d", level, entry, owner, machine.physical_bits, status);
}

static void test_upper_flags(void)
{
	static const u64 addresses[] = { 7 * CHUNK_BYTES, 8 * CHUNK_BYTES, 9 * CHUNK_BYTES, 63 * CHUNK_BYTES, 7 * CHUNK_BYTES + 0x3000, 1ul << 50 };
	u64 count = 0;

	machine_begin(40);
	for (u32 i = 0; i < ARRAY_COUNT(addresses); i++)
		for (u64 low = 0; low < 1ul << 12; low++)
			for (u32 level = 1; level <= 2; level++) {
				const u64 entry = addresses[i] | low;
				const enum rb_status status = judge_entry(level, entry, ME);

				for (u64 high = 1; high < 1ul << 12; high++, count++)
					if (judge_entry(level, entry | high << 52, ME) != status)
						fail("level %u: entry %#lx and the same with %#lx above", level, entry, high << 52);
			}
	report("leaf: bits 52 to 63 count for nothing: %lu cases", count);
}

static void test_masks(void)
{
	for (u32 bits = 32; bits <= 52; bits++) {
		machine_begin(bits);
		for (u32 level = 1; level <= 2; level++)
			if (judge.fixed[level] >> 52 || (judge.malformed[level] & ~judge.fixed[level])
			    || (judge.fixed[level] & (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY | 7ul << 9)))
				fail("%u address bits: masks of level %u: %#lx %#lx", bits, level, judge.fixed[level], judge.malformed[level]);
		if ((u64)chunk_mask << RB_CHUNK_SHIFT >> 52)
			fail("the chunk table's mask");
	}
	report("leaf: the masks hold what the specification knows: widths 32 to 52");
}

static void test_bits(void)
{
	static const u64 bases[] = {
		0, 1, 7 * CHUNK_BYTES | 1, 7 * CHUNK_BYTES | 3, 7 * CHUNK_BYTES | 0x81, 7 * CHUNK_BYTES | 0x83, 8 * CHUNK_BYTES | 1, 8 * CHUNK_BYTES | 3,
		8 * CHUNK_BYTES | 0x81, 8 * CHUNK_BYTES | 0x83, 9 * CHUNK_BYTES | 1, 9 * CHUNK_BYTES | 0x83, 39 * CHUNK_BYTES | 1,
		40 * CHUNK_BYTES | 1, 63 * CHUNK_BYTES | 0x81, 7 * CHUNK_BYTES, 40 * CHUNK_BYTES, ~0ul << 12,
	};

	for (u32 bits = 32; bits <= 52; bits++) {
		machine_begin(bits);
		for (u32 i = 0; i < ARRAY_COUNT(bases); i++)
			for (u32 a = 0; a < 64; a++)
				for (u32 b = 0; b <= a; b++)
					try(bases[i] ^ 1ul << a ^ (a == b ? 0 : 1ul << b), ME);
	}
	report("leaf: each bit and each pair of bits on each kind of entry: %lu cases", tried);
}

static void test_tags(void)
{
	const u32 chunk = 7;

	machine_begin(40);
	tried = 0;
	for (u32 owner = 0; owner < 1u << 16; owner++)
		for (u32 use = 0; use < 2; use++) {
			spec_machine_set(&machine, chunk, (u16)owner, (u8)use);
			try(chunk * CHUNK_BYTES | 1, ME);
			try(chunk * CHUNK_BYTES | 3, ME);
			try(chunk * CHUNK_BYTES | 0x83, ME);
			try(chunk * CHUNK_BYTES | 1, (u16)(owner ^ 1));
		}
	/* Uses that there are not yet are nobody's to map. */
	for (u32 tag = 2u << 16; tag < 1u << 24; tag += 0xfff1) {
		chunks[chunk].tag = (tag & 0xff0000) | ME;
		tried++;
		if (judge_entry(1, chunk * CHUNK_BYTES | 1, ME) == RB_OK)
			fail("a chunk of use %u is let in", tag >> 16);
	}
	report("leaf: every owner and use of a chunk: %lu cases", tried);
}

int main(void)
{
	test_upper_flags();
	test_masks();
	test_bits();
	test_tags();
	return report_failures != 0;
}
