/* SPDX-License-Identifier: GPL-2.0-only */
/* The bits of a page-table entry (Intel SDM vol. 3, 4.5; the same in AMD's manual). */
#pragma once

#include "lib/types.h"

#define ENTRY_PRESENT	(1ul << 0)
#define ENTRY_WRITABLE	(1ul << 1)
#define ENTRY_USER	(1ul << 2)
#define ENTRY_PWT	(1ul << 3)
#define ENTRY_PCD	(1ul << 4)
#define ENTRY_ACCESSED	(1ul << 5)
#define ENTRY_DIRTY	(1ul << 6)
#define ENTRY_PAT	(1ul << 7)	/* level 1 */
#define ENTRY_LARGE	(1ul << 7)	/* level 2: a leaf */
#define ENTRY_GLOBAL	(1ul << 8)
#define ENTRY_ADDRESS	0x000ffffffffff000ul
#define ENTRY_NX	(1ul << 63)

/* What a link holds besides the address; in the kernel half of a root USER is clear (I-7). */
#define ENTRY_LINK	(ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY)

/* Does an entry of level 2, 3 or 4 link a table? Leaves exist only at levels 1 and 2. */
static inline bool entry_is_link(u64 entry)
{
	return (entry & (ENTRY_PRESENT | ENTRY_LARGE)) == ENTRY_PRESENT;
}

static inline mfn_t entry_frame(u64 entry)
{
	return (mfn_t){ (entry & ENTRY_ADDRESS) >> PAGE_SHIFT };
}
