// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of page-table entries.
 *
 * Hardware's tables are read-only here; each change is an operation for the hypervisor. Outside a lazy MMU section it is done at
 * once, by a call with the operation in registers. Inside, operations collect in a page that the hypervisor reads when the
 * section ends, the page is full, or translations are flushed: one call for up to 256 operations, and an operation may be a run of entries.
 *
 * Why deferring is sound: whoever is in a lazy section holds the lock of the tables it changes, and ends the section before it lets
 * go and before it flushes. To others the section looks as if all its changes were made at its end. Within the section nobody
 * may look at what he has written (include/linux/pgtable.h says so); what reads an old entry and replaces it (get-and-clear, ...) does
 * so before.
 *
 * The old entry of a deferred get-and-clear is what was read when it was queued. Until the operation is done the processor may still
 * set bits in it: accessed, which may be lost, and dirty, which may not. So an entry that could become dirty is said to be.
 *
 * Interrupts in a lazy section do not queue: they have the queue done and then their own operations, so that order is kept.
 * The queue is only touched with interrupts off.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kstrtox.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <asm/paravirt.h>
#include <asm/ringbolt.h>
#include <asm/ringbolt-mmu.h>

#include "mmu.h"

#define WORD_CODE_MASK	GENMASK_ULL(RB_PT_OP_WORD_CODE_BITS - 1, 0)
#define WORD_COUNT_MASK	(GENMASK_ULL(RB_PT_OP_WORD_COUNT_BITS - 1, 0) << RB_PT_OP_WORD_COUNT_SHIFT)
#define WORD_COUNT_ONE	(1ULL << RB_PT_OP_WORD_COUNT_SHIFT)
#define WORD_INDEX_ONE	(1ULL << RB_PT_OP_WORD_INDEX_SHIFT)
#define WORD_INDEX_MASK	(GENMASK_ULL(RB_PT_OP_WORD_INDEX_BITS - 1, 0) << RB_PT_OP_WORD_INDEX_SHIFT)

/* What AND operations leave. */
#define KEEP_ALL_BUT(bits) (~(u64)(bits))

/*
 * An operation at the end of the queue that may become longer: the word and the value that would follow it, and what they grow by with each
 * entry. next_word is zero if nothing can follow.
 */
struct rb_run {
	u64 next_word, next_value;
	u64 value_step;
};

struct rb_queue {
	struct rb_pt_op *ops;	/* RB_QUEUE_OPS of them, the page that the hypervisor knows */
	unsigned int count;	/* of them in use */
	bool lazy;		/* the task on this CPU is in a lazy section */
	struct rb_run last, before;	/* the last operation in the queue and the one before it */
};

static DEFINE_PER_CPU(struct rb_queue, rb_queue);
static bool rb_lazy_allowed __ro_after_init = true;

/* ringbolt.batch=off: there are no lazy sections, every operation is done at once. For finding out whether one came too late. */
static int __init rb_parse_batch(char *arg)
{
	bool on;

	if (!arg || kstrtobool(arg, &on))
		return -EINVAL;
	rb_lazy_allowed = on;
	return 0;
}
early_param("ringbolt.batch", rb_parse_batch);

/* ---------------- refused operations */

static unsigned int word_code(u64 word)
{
	return word & WORD_CODE_MASK;
}

static unsigned int word_index(u64 word)
{
	return (word & WORD_INDEX_MASK) >> RB_PT_OP_WORD_INDEX_SHIFT;
}

static unsigned int word_count(u64 word)
{
	return ((word & WORD_COUNT_MASK) >> RB_PT_OP_WORD_COUNT_SHIFT) + 1;
}

static unsigned long word_gfn(u64 word)
{
	return word >> RB_PT_OP_WORD_FRAME_SHIFT;
}

/*
 * The hypervisor refuses what it must, so this is a bug of ours. An entry that should map memory which we do not have (someone maps
 * device memory) stays as it is, and whoever uses the mapping faults. Anything else would leave the tables different from what
 * the kernel believes.
 */
static noinline __cold void op_refused(u64 word, u64 value, long status)
{
	bool harmless = word_code(word) == RB_OP_SET && value & _PAGE_PRESENT &&
			(status == RB_OWNER || status == RB_INVAL);

	pr_emerg("Ringbolt: operation %u on frame %lx, entry %u, count %u, value %llx refused: status %ld\n",
		 word_code(word), word_gfn(word), word_index(word), word_count(word), value, status);
	if (!harmless)
		BUG();
	WARN_ON_ONCE(1);
}

/* ---------------- the queue */

/* How the value changes from one entry of a run of SETs to the next. */
static u64 set_value_step(u64 value)
{
	if (!(value & _PAGE_PRESENT))
		return 0;
	return value & _PAGE_PSE ? PMD_SIZE : PAGE_SIZE;
}

/* What may follow an operation in a run. The entry after a table's last would be the next table's first: nothing follows. */
static void run_start(struct rb_run *run, u64 word, u64 value)
{
	unsigned int code = word_code(word), count = word_count(word);

	run->next_word = 0;
	if (code != RB_OP_SET && code != RB_OP_AND)
		return;
	run->value_step = code == RB_OP_SET ? set_value_step(value) : 0;
	run->next_value = value + count * run->value_step;
	if (word_index(word) + count < RB_CHUNK_PAGES)
		run->next_word = (word & ~WORD_COUNT_MASK) + count * WORD_INDEX_ONE;
}

/* Make an operation of the queue longer by one entry. False: it does not follow. */
static __always_inline bool run_extend(struct rb_run *run, struct rb_pt_op *op, u64 word, u64 value)
{
	if (word != run->next_word || value != run->next_value)
		return false;
	op->word += WORD_COUNT_ONE;
	run->next_value += run->value_step;
	run->next_word += WORD_INDEX_ONE;
	if (!(run->next_word & WORD_INDEX_MASK))
		run->next_word = 0;
	return true;
}

/* May an operation be done before this run, which was queued first? Then it is of another table. Other operations than runs move tables. */
static __always_inline bool run_may_be_passed(const struct rb_run *run, u64 word)
{
	return run->next_word && word_gfn(run->next_word) != word_gfn(word);
}

/* Interrupts are off. */
static void queue_drain(struct rb_queue *q)
{
	unsigned int first = 0, end = q->count;

	q->count = 0;
	while (first < end) {
		u64 done;
		long status = rb_pt_batch(first, end - first, &done);

		if (likely(status == RB_OK))
			return;
		first += done;
		if (status == RB_AGAIN)
			continue;
		op_refused(q->ops[first].word, q->ops[first].value, status);
		first++;
	}
}

/* Interrupts are off. */
static __always_inline void queue_add(struct rb_queue *q, u64 word, u64 value)
{
	unsigned int n = q->count;

	/*
	 * The one before the last is tried, too: fork alternates between the parent's table and the child's.
	 */
	if (n && run_extend(&q->last, &q->ops[n - 1], word, value))
		return;
	if (n > 1 && run_may_be_passed(&q->last, word) && run_extend(&q->before, &q->ops[n - 2], word, value))
		return;

	if (n == RB_QUEUE_OPS) {
		queue_drain(q);
		n = 0;
	}
	q->ops[n].word = word;
	q->ops[n].value = value;
	q->count = n + 1;
	q->before = q->last;
	run_start(&q->last, word, value);
}

void rb_queue_add(u64 word, u64 value)
{
	lockdep_assert_irqs_disabled();
	queue_add(this_cpu_ptr(&rb_queue), word, value);
}

void rb_queue_flush(void)
{
	unsigned long flags;

	local_irq_save(flags);
	queue_drain(this_cpu_ptr(&rb_queue));
	local_irq_restore(flags);
}

/*
 * A task that has queued something is in a lazy section and moves to another CPU only after its queue was done, so whatever CPU
 * the answer is from, it is right for the caller's own operations.
 */
bool rb_queue_pending(void)
{
	return raw_cpu_read(rb_queue.count);
}

static bool in_lazy_section(void)
{
	return raw_cpu_read(rb_queue.lazy) && !in_interrupt();
}

/* ---------------- operations */

u64 rb_update(u64 word, u64 value)
{
	long status;
	u64 result;

	if (unlikely(rb_queue_pending()))
		rb_queue_flush();
	status = rb_pt_update(word, value, 0, 0, 0, 0, &result);
	if (unlikely(status != RB_OK)) {
		op_refused(word, value, status);
		return 0;
	}
	return result;
}

void rb_op(u64 word, u64 value)
{
	unsigned long flags;

	if (!in_lazy_section()) {
		rb_update(word, value);
		return;
	}
	local_irq_save(flags);
	queue_add(this_cpu_ptr(&rb_queue), word, value);
	local_irq_restore(flags);
}

void rb_set_entry(void *entry, u64 value)
{
	/* THP makes an entry on the stack to fill a table by; the image has tables that hardware does not use. */
	if (unlikely(!rb_is_pt_entry(entry))) {
		WRITE_ONCE(*(u64 *)entry, value);
		return;
	}
	if (rb_entry_is_link(value) && rb_pt_level(entry) > 1) {
		rb_op(rb_entry_word(RB_OP_LINK, entry), rb_entry_gfn(value));
		return;
	}
	/* Nothing is queued, so this is what is there; memory setup clears much that is clear. */
	if (READ_ONCE(*(u64 *)entry) == value && !rb_queue_pending())
		return;
	rb_op(rb_entry_word(RB_OP_SET, entry), value);
}

/* The same for an entry of level 1. */
void rb_set_leaf(void *entry, u64 value)
{
	if (unlikely(!rb_is_pt_entry(entry))) {
		WRITE_ONCE(*(u64 *)entry, value);
		return;
	}
	if (READ_ONCE(*(u64 *)entry) == value && !rb_queue_pending())
		return;
	rb_op(rb_entry_word(RB_OP_SET, entry), value);
}

/* ---------------- read-modify-write */

static bool may_become_dirty(u64 entry)
{
	return (entry & (_PAGE_PRESENT | _PAGE_RW | _PAGE_DIRTY)) == (_PAGE_PRESENT | _PAGE_RW);
}

/* Read a leaf and clear it. */
static u64 get_and_clear(void *entry)
{
	u64 old = READ_ONCE(*(u64 *)entry);

	if (!may_become_dirty(old)) {
		rb_op(rb_entry_word(RB_OP_SET, entry), 0);
		return old;
	}
	if (!in_lazy_section())
		return rb_update(rb_entry_word(RB_OP_XCHG, entry), 0);
	rb_op(rb_entry_word(RB_OP_SET, entry), 0);
	return old | _PAGE_DIRTY;
}

pte_t ringbolt_ptep_get_and_clear(pte_t *ptep)
{
	return native_make_pte(get_and_clear(ptep));
}
EXPORT_SYMBOL(ringbolt_ptep_get_and_clear);

/* Also of a link: then the table behind it is unlinked. */
pmd_t ringbolt_pmdp_get_and_clear(pmd_t *pmdp)
{
	u64 old = READ_ONCE(pmdp->pmd);

	if (rb_entry_is_link(old)) {
		rb_op(rb_entry_word(RB_OP_SET, pmdp), 0);
		return native_make_pmd(old);
	}
	return native_make_pmd(get_and_clear(pmdp));
}
EXPORT_SYMBOL(ringbolt_pmdp_get_and_clear);

pmd_t ringbolt_pmdp_establish(pmd_t *pmdp, pmd_t pmd)
{
	return native_make_pmd(rb_update(rb_entry_word(RB_OP_XCHG, pmdp), native_pmd_val(pmd)));
}
EXPORT_SYMBOL(ringbolt_pmdp_establish);

bool ringbolt_test_and_clear_young(void *entry)
{
	if (!(READ_ONCE(*(u64 *)entry) & _PAGE_ACCESSED))
		return false;
	rb_op(rb_entry_word(RB_OP_AND, entry), KEEP_ALL_BUT(_PAGE_ACCESSED));
	return true;
}
EXPORT_SYMBOL(ringbolt_test_and_clear_young);

/*
 * Natively a dirty bit moves to a bit of the software's when the entry becomes read-only, because on a processor with
 * shadow stacks the two together mean something else. There are no shadow stacks here, and the bit is understood in either place.
 */
void ringbolt_wrprotect(void *entry, unsigned int nr)
{
	rb_op(rb_entry_word(RB_OP_AND, entry) | rb_word_count(nr), KEEP_ALL_BUT(_PAGE_RW));
}
EXPORT_SYMBOL(ringbolt_wrprotect);

/* The pages are one folio's, and folios do not cross a chunk: their machine addresses follow each other, too. */
void ringbolt_set_ptes(pte_t *ptep, pte_t pte, unsigned int nr)
{
	rb_op(rb_entry_word(RB_OP_SET, ptep) | rb_word_count(nr), native_pte_val(pte));
}
EXPORT_SYMBOL(ringbolt_set_ptes);

void ringbolt_clear_ptes(pte_t *ptep, unsigned int nr)
{
	rb_op(rb_entry_word(RB_OP_SET, ptep) | rb_word_count(nr), 0);
}
EXPORT_SYMBOL(ringbolt_clear_ptes);

/* As many get-and-clears with one result: accessed and dirty if any was. */
pte_t ringbolt_get_and_clear_ptes(pte_t *ptep, unsigned int nr)
{
	pte_t pte = READ_ONCE(*ptep);
	u64 bits = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		u64 old = native_pte_val(READ_ONCE(ptep[i]));

		if (may_become_dirty(old))
			old |= _PAGE_DIRTY;
		bits |= old & (_PAGE_ACCESSED | _PAGE_DIRTY_BITS);
	}
	ringbolt_clear_ptes(ptep, nr);
	return pte_set_flags(pte, bits);
}
EXPORT_SYMBOL(ringbolt_get_and_clear_ptes);

/* ---------------- lazy sections */

void rb_lazy_enter(void)
{
	if (rb_lazy_allowed)
		this_cpu_write(rb_queue.lazy, true);
}

void rb_lazy_flush(void)
{
	if (rb_queue_pending())
		rb_queue_flush();
}

void rb_lazy_leave(void)
{
	preempt_disable();
	rb_lazy_flush();
	this_cpu_write(rb_queue.lazy, false);
	preempt_enable();
}

/* A task that is switched out in a lazy section (of kernel mappings: no lock is held) finds itself in one when it runs again. */
static void rb_start_context_switch(struct task_struct *prev)
{
	if (!this_cpu_read(rb_queue.lazy))
		return;
	rb_lazy_leave();
	set_ti_thread_flag(task_thread_info(prev), TIF_LAZY_MMU_UPDATES);
}

static void rb_end_context_switch(struct task_struct *next)
{
	if (test_and_clear_ti_thread_flag(task_thread_info(next), TIF_LAZY_MMU_UPDATES))
		rb_lazy_enter();
}

/* ---------------- the page */

void __init rb_queue_init_boot(struct rb_pt_op *ops)
{
	this_cpu_write(rb_queue.ops, ops);
	pv_ops.cpu.start_context_switch = rb_start_context_switch;
	pv_ops.cpu.end_context_switch = rb_end_context_switch;
}

/* Before a CPU starts, on another. */
int rb_queue_prepare(unsigned int cpu)
{
	struct rb_queue *q = per_cpu_ptr(&rb_queue, cpu);

	BUILD_BUG_ON(RB_QUEUE_OPS * sizeof(*q->ops) != PAGE_SIZE);
	/* The data of a CPU that starts the first time is a copy of the boot CPU's. */
	if (q->ops == per_cpu(rb_queue.ops, 0))
		q->ops = (struct rb_pt_op *)__get_free_page(GFP_KERNEL);
	q->count = 0;
	q->lazy = false;
	return q->ops ? 0 : -ENOMEM;
}

/* On the CPU that starts, before it changes a page table. */
void rb_queue_init_cpu(void)
{
	if (rb_vcpu_set_queue(__pa(this_cpu_read(rb_queue.ops))))
		BUG();
}
