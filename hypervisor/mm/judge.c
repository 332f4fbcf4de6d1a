/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts that judging an entry needs. Sizes of leaves: SDM vol. 3, tables 4-17 to 4-20. */

#include "mm/judge.h"

#include "lib/ensure.h"

struct judge judge;

void judge_init(u32 physical_bits)
{
	const u64 address = (1ul << physical_bits) - PAGE_BYTES;
	const u64 table = (chunk_mask + 1ul) * CHUNK_BYTES - PAGE_BYTES;
	const u64 always = (ENTRY_ADDRESS & ~address) | ENTRY_PWT | ENTRY_PCD | ENTRY_GLOBAL;

	ENSURE(physical_bits >= 32 && physical_bits <= 52);
	ENSURE((table & ~address) == 0);

	judge.malformed[1] = always | ENTRY_PAT;
	/* Bit 12 is PAT in a 2 MiB leaf, 20 to 13 are reserved. */
	judge.malformed[2] = always | ENTRY_LARGE | (CHUNK_BYTES - PAGE_BYTES);
	for (u32 level = 1; level <= 2; level++)
		judge.fixed[level] = judge.malformed[level] | (ENTRY_ADDRESS & ~table);
	judge.absent_mask = address;
	judge.absent_floor = (u64)chunk_count * CHUNK_BYTES;
}
