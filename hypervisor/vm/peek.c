/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk through a live root; see peek.h. Tables hold only valid entries (I-3, I-4), so the walk needs no checks of its own; the
 * hypervisor's slots are left out.
 */
#include "vm/peek.h"
#include "x86/direct.h"

#define ADDRESS_MASK	0x000ffffffffff000ul
#define LARGE		0x80ul

bool peek_u64(const struct live_root *live, u64 va, u64 *word)
{
	const u64 *table = live->page;
	u64 entry;

	if (va & 7 || !is_canonical(va) || (va >= RB_GATE_START && va < RB_GATE_END))
		return false;
	for (u32 shift = 39; ; shift -= 9) {
		entry = __atomic_load_n(&table[va >> shift & 511], __ATOMIC_RELAXED);
		if (!(entry & 1))
			return false;
		if (shift == 12 || (shift == 21 && entry & LARGE)) {
			u64 offset = va & ((1ul << shift) - 1);

			*word = *(const u64 *)direct_pointer((entry & ADDRESS_MASK & ~((1ul << shift) - 1)) + offset);
			return true;
		}
		table = direct_pointer(entry & ADDRESS_MASK);
	}
}
