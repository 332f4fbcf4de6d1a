/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An index from a guest is checked by a branch, and a mispredicted branch lets the processor run ahead with the bad index
 * (Spectre, variant 1). nospec_index() makes the index itself depend on the comparison, by data and not by prediction: past the
 * limit it is zero. Use it after the check, on every guest-supplied number that indexes memory.
 */
#pragma once

#include "lib/types.h"

static inline u64 nospec_index(u64 index, u64 limit)
{
	u64 mask;

	/* All ones if index < limit, else zero. */
	asm volatile("cmp %[limit], %[index]\n\tsbb %[mask], %[mask]"
		     : [mask] "=r" (mask)
		     : [index] "r" (index), [limit] "rm" (limit)
		     : "cc");
	return index & mask;
}
