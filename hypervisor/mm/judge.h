/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * May a guest have this entry in a table of this level? A pure function of the entry, its level and the owner of the table, over
 * the chunk table. Everything a guest gets into a page table other than by LINK passes here (I-2, I-6):
 *
 *  - a present entry maps memory of the table's own domain, and writably only its DATA chunks;
 *  - its size fits its level: 4 KiB at level 1, 2 MiB at level 2, nothing at 3 and 4; its address is aligned;
 *  - memory is write-back (PWT, PCD, PAT clear), never global (G would outlive a change of root), no reserved bit is set;
 *  - an entry that is not present is zero, or its address cannot be memory: a processor with L1TF reads through it. Address bits
 *    above the processor's width count for nothing there, so they are cut off first.
 * Free to the guest: U/S, A, D, the software bits 9-11 and 52-58, protection keys, NX; and RW on DATA.
 *
 * Shadow stacks must be off for guests (CR4.CET): with them, RW=0 D=1 would be writable after all.
 */
#pragma once

#include "lib/types.h"
#include "abi/generated/ringbolt.h"
#include "mm/chunk.h"
#include "mm/entry.h"

/* Facts about the machine, written once by judge_init. Indexed by level. */
struct judge {
	u64 fixed[3];		/* a leaf has none of these bits but judge_wanted's: malformed, or beyond the chunk table */
	u64 malformed[3];	/* those of them that make it malformed */
	u64 absent_mask;	/* address bits that the processor has */
	u64 absent_floor;	/* end of memory: lowest address that an entry which is not present may hold */
};

extern struct judge judge;

/* physical_bits: the processor's MAXPHYADDR, 32 to 52. After chunk_table_init. */
void judge_init(u32 physical_bits);

static inline enum rb_status judge_absent(u64 entry)
{
	if (entry && (entry & judge.absent_mask) < judge.absent_floor)
		return RB_INVAL;
	return RB_OK;
}

/* What a leaf must have of the fixed bits. */
static inline u64 judge_wanted(u32 level)
{
	return level == 2 ? ENTRY_LARGE : 0;
}

/*
 * level 1 or 2 (for 3 and 4 see judge_entry), owner as in struct chunk.
 * INVAL: bits; OWNER: not this owner's memory; TYPE: writable, and the chunk holds page tables.
 */
static inline enum rb_status judge_leaf(u32 level, u64 entry, u32 owner)
{
	u32 tag;

	if ((entry & judge.fixed[level]) != judge_wanted(level))
		return (entry & judge.malformed[level]) != judge_wanted(level) ? RB_INVAL : RB_OWNER;
	tag = __atomic_load_n(&chunks[entry >> RB_CHUNK_SHIFT & chunk_mask].tag, __ATOMIC_RELAXED);
	if (tag == owner)
		return RB_OK;
	if (tag != (owner | CHUNK_TAG_PAGETABLE))
		return RB_OWNER;
	return entry & ENTRY_WRITABLE ? RB_TYPE : RB_OK;
}

/* Any level, 1 to 4: at 3 and 4 only zero will do. */
static inline enum rb_status judge_entry(u32 level, u64 entry, u32 owner)
{
	if (level > 2)
		return entry ? RB_INVAL : RB_OK;
	return entry & ENTRY_PRESENT ? judge_leaf(level, entry, owner) : judge_absent(entry);
}
