// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page-table reserve: the frames that page tables are made of.
 *
 * They are memory of a kind of its own. The kernel can read them, only the hypervisor writes them. They lie in one range of guest-physical
 * memory, present from its start without gaps, which grows by a chunk of 2 MiB until it fills its range. Their struct pages are
 * reserved, the page allocator never sees them.
 *
 * A frame becomes a table by a TYPE operation that says its level and empties it. It keeps the level when it is freed: to
 * change it, the hypervisor must flush every CPU. So free frames are kept by level, and those that are found empty when they are freed
 * (they nearly always are: Linux clears entries before it frees a table) are used again as they are, without an operation. Others are
 * typed again when they are wanted, many by one call.
 *
 * When the reserve is used up, memory for page tables is out: who can wait frees tables (those that wait for a grace period) and
 * calls the OOM killer, as the page allocator would; who cannot wait has the last frames kept for him.
 */
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <asm/ringbolt.h>
#include <asm/ringbolt-mmu.h>

#include "mmu.h"

#define LEVELS		4
#define NO_FRAME	(~0U)

/* Frames for those who cannot wait. */
#define KEPT_FRAMES	16
/* How many frames are typed at once: from fresh chunks in one run; used ones, each of which is emptied; in need, of another level. */
#define FRESH_BATCH	64
#define DIRTY_BATCH	32
#define STOLEN_BATCH	8

/* In pool.frames, a word for each frame: level in the low bits; for a frame on a list, the number of the next one. */
#define FRAME_LEVEL	GENMASK(2, 0)
#define FRAME_NEXT_SHIFT 3
#define FRAMES_MAX	(1U << (32 - FRAME_NEXT_SHIFT))

/* The direct map and the image of the largest domains are mapped by fewer tables than this. */
#define EARLY_FRAMES	8192

struct frame_list {
	unsigned int head;	/* number of a frame */
	unsigned int count;
};

/* Frames are numbered from the start of the reserve. */
static struct {
	raw_spinlock_t lock;
	unsigned long first_gfn;
	unsigned int quota;	/* frames there may be, */
	unsigned int reach;	/* can be, as far as the hypervisor has shown, */
	unsigned int present;	/* are now, */
	unsigned int fresh;	/* and first that was never used */
	unsigned int tracked;	/* frames with a word in: */
	u32 *frames;
	struct frame_list empty[LEVELS + 1];	/* by level: tables without entries */
	struct frame_list dirty[LEVELS + 1];	/* with entries */
} pool = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(pool.lock),
};

static u32 early_frames[EARLY_FRAMES] __initdata;

unsigned long rb_pt_start __ro_after_init, rb_pt_bytes __ro_after_init;

/* ---------------- frames */

static unsigned int frame_of(const void *table)
{
	return ((unsigned long)table - rb_pt_start) >> PAGE_SHIFT;
}

static void *frame_table(unsigned int frame)
{
	return (void *)(rb_pt_start + ((unsigned long)frame << PAGE_SHIFT));
}

static unsigned int frame_level(unsigned int frame)
{
	return pool.frames[frame] & FRAME_LEVEL;
}

unsigned int rb_pt_level(const void *entry)
{
	return frame_level(frame_of(entry));
}

static void list_push(struct frame_list *list, unsigned int frame)
{
	pool.frames[frame] = list->head << FRAME_NEXT_SHIFT | frame_level(frame);
	list->head = frame;
	list->count++;
}

/* Caller has seen that there is one. */
static unsigned int list_pop(struct frame_list *list)
{
	unsigned int frame = list->head;

	list->head = pool.frames[frame] >> FRAME_NEXT_SHIFT;
	list->count--;
	return frame;
}

/* ---------------- typing: interrupts are off, the lock is held */

static void frame_type(unsigned int frame, unsigned int count, unsigned int level)
{
	rb_queue_add(rb_word(RB_OP_TYPE, pool.first_gfn + frame, 0) | rb_word_count(count), level);
}

/* Never used frames, in one run. */
static void type_fresh(unsigned int level)
{
	unsigned int count = min(pool.present - pool.fresh, FRESH_BATCH), frame;

	frame_type(pool.fresh, count, level);
	rb_queue_flush();
	/* The lowest comes off the list first. */
	for (frame = pool.fresh + count; frame-- > pool.fresh; ) {
		pool.frames[frame] = level;
		list_push(&pool.empty[level], frame);
	}
	pool.fresh += count;
}

/* Used frames from a list, of this or another level. */
static void type_used(struct frame_list *from, unsigned int batch, unsigned int level)
{
	unsigned int count = min(from->count, batch), taken[DIRTY_BATCH], i;

	for (i = 0; i < count; i++) {
		taken[i] = list_pop(from);
		frame_type(taken[i], 1, level);
	}
	rb_queue_flush();
	while (count--) {
		pool.frames[taken[count]] = level;
		list_push(&pool.empty[level], taken[count]);
	}
}

/* One more chunk. Its place in the direct map has had its tables since boot, so this needs no frame. */
static bool reserve_grow(void)
{
	unsigned long address = (unsigned long)frame_table(pool.present);
	pmd_t *pmd;
	u64 chunk;

	if (pool.present + RB_CHUNK_PAGES > min(pool.quota, pool.tracked))
		return false;
	if (rb_pt_reserve_grow(&chunk) != RB_OK) {
		pool.reach = pool.present;
		return false;
	}
	pool.reach = pool.quota;
	if (WARN_ON_ONCE(chunk != PHYS_PFN(__pa(address)) / RB_CHUNK_PAGES))
		return false;

	pmd = pmd_off_k(address);
	rb_update(rb_entry_word(RB_OP_SET, pmd),
		  native_pmd_val(pfn_pmd(PHYS_PFN(__pa(address)), PAGE_KERNEL_RO)) | _PAGE_PSE);
	pool.present += RB_CHUNK_PAGES;
	return true;
}

/* Frames of the levels that have most. False: every frame is in use. */
static bool steal(unsigned int level)
{
	struct frame_list *most = &pool.dirty[1];
	unsigned int other;

	for (other = 1; other <= LEVELS; other++) {
		if (pool.dirty[other].count > most->count)
			most = &pool.dirty[other];
		if (pool.empty[other].count > most->count)
			most = &pool.empty[other];
	}
	if (!most->count)
		return false;
	type_used(most, STOLEN_BATCH, level);
	return true;
}

static bool refill(unsigned int level)
{
	if (pool.dirty[level].count >= DIRTY_BATCH)
		type_used(&pool.dirty[level], DIRTY_BATCH, level);
	else if (pool.fresh < pool.present)
		type_fresh(level);
	else if (pool.dirty[level].count)
		type_used(&pool.dirty[level], DIRTY_BATCH, level);
	else if (reserve_grow())
		type_fresh(level);
	else
		return steal(level);
	return true;
}

/* ---------------- taking and giving back */

/* Are there more frames than those that are kept? Without the lock, it is a guess. */
static bool is_plentiful(void)
{
	unsigned int level, count = pool.reach - pool.fresh;

	for (level = 1; count <= KEPT_FRAMES && level <= LEVELS; level++)
		count += pool.empty[level].count + pool.dirty[level].count;
	return count > KEPT_FRAMES;
}

/*
 * An empty table, or NO_FRAME. `urgent`: may have one of those that are kept. They are an aid, not a promise: the machine
 * may turn out to have no chunk when the reserve wants to grow.
 */
static unsigned int frame_take(unsigned int level, bool urgent)
{
	unsigned int frame = NO_FRAME;
	unsigned long flags;

	raw_spin_lock_irqsave(&pool.lock, flags);
	if ((urgent || is_plentiful()) && (pool.empty[level].count || refill(level)))
		frame = list_pop(&pool.empty[level]);
	raw_spin_unlock_irqrestore(&pool.lock, flags);
	return frame;
}

/* As memchr_inv(), which looks at one word at a time: this is done for each table that is freed. */
static bool table_is_empty(const void *table)
{
	const unsigned long *word = table, *end = table + PAGE_SIZE;

	for (; word < end; word += 16) {
		if (word[0] | word[1] | word[2] | word[3] | word[4] | word[5] | word[6] | word[7] |
		    word[8] | word[9] | word[10] | word[11] | word[12] | word[13] | word[14] | word[15])
			return false;
	}
	return true;
}

static void frame_give(unsigned int frame)
{
	unsigned int level = frame_level(frame);
	unsigned long flags;
	bool is_empty;

	/* The last entries may not have been cleared yet, nor the link to this table. */
	if (rb_queue_pending())
		rb_queue_flush();
	is_empty = table_is_empty(frame_table(frame));

	raw_spin_lock_irqsave(&pool.lock, flags);
	list_push(is_empty ? &pool.empty[level] : &pool.dirty[level], frame);
	raw_spin_unlock_irqrestore(&pool.lock, flags);
}

/* ---------------- when there are none */

/* Have something freed. False: the caller should do without, for it is about to die. */
static bool wait_for_frames(gfp_t gfp)
{
	struct oom_control oc = { .gfp_mask = gfp };

	/* Tables that were freed come back after a grace period. */
	rcu_barrier();
	if (is_plentiful())
		return true;
	if (fatal_signal_pending(current) || tsk_is_oom_victim(current))
		return false;
	if (mutex_trylock(&oom_lock)) {
		pr_warn_ratelimited("Ringbolt: all %u frames for page tables are in use\n", pool.present);
		out_of_memory(&oc);
		mutex_unlock(&oom_lock);
	}
	schedule_timeout_killable(1);
	return true;
}

struct page *ringbolt_pt_alloc(gfp_t gfp, int level)
{
	bool may_wait = gfpflags_allow_blocking(gfp) && !(gfp & __GFP_NORETRY);
	unsigned int frame;
	struct page *page;

	while ((frame = frame_take(level, !gfpflags_allow_blocking(gfp))) == NO_FRAME) {
		if (!may_wait || !wait_for_frames(gfp))
			return NULL;
	}

	/* As the page allocator leaves it. */
	page = virt_to_page(frame_table(frame));
	page->mapping = NULL;
	page->index = 0;
	set_page_private(page, 0);
	if ((gfp & __GFP_ACCOUNT) && memcg_kmem_online() && __memcg_kmem_charge_page(page, gfp, 0)) {
		frame_give(frame);
		return NULL;
	}
	return page;
}
EXPORT_SYMBOL(ringbolt_pt_alloc);

void *ringbolt_pt_alloc_early(int level)
{
	unsigned int frame = frame_take(level, true);

	if (frame == NO_FRAME)
		panic("Ringbolt: no frame for a page table of level %d", level);
	return frame_table(frame);
}

void ringbolt_pt_free(struct page *page)
{
	if (memcg_kmem_online() && folio_memcg_kmem(page_folio(page)))
		__memcg_kmem_uncharge_page(page, 0);
	frame_give(frame_of(page_address(page)));
}
EXPORT_SYMBOL(ringbolt_pt_free);

bool ringbolt_is_pt(const struct page *page)
{
	return page_to_pfn(page) - pool.first_gfn < pool.quota;
}
EXPORT_SYMBOL(ringbolt_is_pt);

bool ringbolt_is_pt_range(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t first = PFN_PHYS(pool.first_gfn);

	return start < first + rb_pt_bytes && end > first;
}

/* ---------------- the beginning */

void __init rb_pool_init(unsigned long gfn, unsigned long quota, unsigned long present, unsigned long first_free)
{
	pool.first_gfn = gfn;
	pool.quota = pool.reach = min(quota, FRAMES_MAX - 1);
	pool.fresh = first_free;
	pool.frames = early_frames;
	pool.tracked = EARLY_FRAMES;
	/* Chunks beyond the words we have must wait. */
	pool.present = min(present, EARLY_FRAMES);

	rb_pt_start = (unsigned long)__va(PFN_PHYS(gfn));
	rb_pt_bytes = (unsigned long)pool.quota << PAGE_SHIFT;
	if (first_free > pool.present)
		panic("Ringbolt: the loader used %lu frames for page tables", first_free);
}

void __init rb_pool_note_level(unsigned long gfn, unsigned int level)
{
	pool.frames[gfn - pool.first_gfn] = level;
}

static struct resource reserve_resource = {
	.name = "Ringbolt page tables",
	.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
};

/*
 * The direct map is complete and memblock can allocate, but struct pages are still to come: have them for the whole range.
 */
void __init rb_pool_init_memory(unsigned long present)
{
	phys_addr_t start = PFN_PHYS(pool.first_gfn);
	unsigned long address, flags;
	u32 *frames;

	memblock_add(start, rb_pt_bytes);
	memblock_reserve(start, rb_pt_bytes);
	if (max_pfn < PFN_DOWN(start + rb_pt_bytes))
		panic("Ringbolt: the page-table reserve must not be the last memory");

	frames = memblock_alloc(pool.quota * sizeof(*frames), PAGE_SIZE);
	if (!frames)
		panic("Ringbolt: no memory for the page-table reserve");
	raw_spin_lock_irqsave(&pool.lock, flags);
	memcpy(frames, early_frames, min(pool.quota, EARLY_FRAMES) * sizeof(*frames));
	pool.frames = frames;
	pool.tracked = pool.quota;
	pool.present = present;
	raw_spin_unlock_irqrestore(&pool.lock, flags);

	/* So that growing needs no table. */
	for (address = rb_pt_start; address < rb_pt_start + rb_pt_bytes; address += RB_CHUNK_BYTES)
		populate_extra_pmd(address);

	reserve_resource.start = start;
	reserve_resource.end = start + rb_pt_bytes - 1;
	insert_resource(&iomem_resource, &reserve_resource);
}
