/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the MMU port: translation, operations on entries, the reserve of tables. */
#ifndef _RINGBOLT_MMU_H
#define _RINGBOLT_MMU_H

#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <asm/ringbolt-abi.h>

#define RB_CHUNK_BYTES	(1UL << RB_CHUNK_SHIFT)
#define RB_CHUNK_BITS	GENMASK_ULL(51, RB_CHUNK_SHIFT)

/* mmu-asm.S. The maps are the hypervisor's, read-only, one u32 per chunk. */
extern const u32 *ringbolt_chunk_map, *ringbolt_machine_map;
extern u64 ringbolt_chunk_map_bytes, ringbolt_machine_map_bytes;
extern u64 ringbolt_make_entry(u64 entry);
extern u64 ringbolt_entry_val(u64 entry);
extern unsigned long ringbolt_read_cr2(void);

/* Number of the guest frame that a present entry names. */
static inline unsigned long rb_entry_gfn(u64 entry)
{
	return (ringbolt_entry_val(entry) & PTE_PFN_MASK) >> PAGE_SHIFT;
}

/* An entry that is present and no leaf, in a table of level 2 or more. */
static inline bool rb_entry_is_link(u64 entry)
{
	return (entry & (_PAGE_PRESENT | _PAGE_PSE)) == _PAGE_PRESENT;
}

/* ---- operations (queue.c) ---- */

/* A word that names entry `index` of a table by its frame number. */
static inline u64 rb_word(unsigned int code, unsigned long gfn, unsigned int index)
{
	return (u64)gfn << RB_PT_OP_WORD_FRAME_SHIFT | (u64)index << RB_PT_OP_WORD_INDEX_SHIFT | code;
}

/*
 * A word that names an entry by its address in the direct map: frame and index are adjacent in both.
 */
static inline u64 rb_entry_word(unsigned int code, const void *entry)
{
	BUILD_BUG_ON(RB_PT_OP_WORD_FRAME_SHIFT - RB_PT_OP_WORD_INDEX_SHIFT != PAGE_SHIFT - 3);

	return ((unsigned long)entry - PAGE_OFFSET) << (RB_PT_OP_WORD_FRAME_SHIFT - PAGE_SHIFT) | code;
}

static inline u64 rb_word_count(unsigned int count)
{
	return (u64)(count - 1) << RB_PT_OP_WORD_COUNT_SHIFT;
}

/* Do one operation: at the end of the lazy section if we are in one, else now. */
void rb_op(u64 word, u64 value);
/* Store an entry of any level and any table, also one that is no page table of the hardware. */
void rb_set_entry(void *entry, u64 value);
/* The same for an entry of level 1, which is no link whatever its bits are. */
void rb_set_leaf(void *entry, u64 value);
/* Put an operation into the queue whether we are in a lazy section or not. Interrupts off until rb_queue_flush. */
void rb_queue_add(u64 word, u64 value);
/* Have all queued operations done. */
void rb_queue_flush(void);
/* One operation now, after the queued ones. Returns the old entry of an XCHG. */
u64 rb_update(u64 word, u64 value);
/* Is anything queued on this CPU? */
bool rb_queue_pending(void);

void rb_lazy_enter(void);
void rb_lazy_leave(void);
void rb_lazy_flush(void);

void __init rb_queue_init_boot(struct rb_pt_op *ops);
int rb_queue_prepare(unsigned int cpu);
void rb_queue_init_cpu(void);

/* ---- the reserve (ptpool.c) ---- */

/* Where it is in the direct map, as far as it can grow. */
extern unsigned long rb_pt_start, rb_pt_bytes;

static inline bool rb_is_pt_entry(const void *entry)
{
	return (unsigned long)entry - rb_pt_start < rb_pt_bytes;
}

/* Level of the table that an entry of the reserve is in. */
unsigned int rb_pt_level(const void *entry);

void __init rb_pool_init(unsigned long gfn, unsigned long quota, unsigned long present, unsigned long first_free);
/* At boot: a frame that the loader made a table of. */
void __init rb_pool_note_level(unsigned long gfn, unsigned int level);
/* At the end of init_mem_mapping. present: as start_info says. */
void __init rb_pool_init_memory(unsigned long present);

#endif /* _RINGBOLT_MMU_H */
