/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table operations.
 *
 * Each has two paragraphs: CHECK reads and refuses, COMMIT cannot refuse. In a run, each entry is checked and committed in turn.
 *
 * Races with the processor, which sets accessed and dirty bits in entries at any time: a SET is a plain store, as it is on
 * the bare machine (the processor's update is a locked compare of the whole entry, so it hits the old entry or misses); AND
 * and XCHG are atomic. Links are only changed here, so reading one and then replacing it is safe under the lock.
 *
 * Races with what the processor remembers (TLB, paging-structure caches): an entry that was replaced may be used until the
 * guest flushes. It leads to memory that is the domain's still, or to a table that has kept its level: all its entries,
 * whatever they are by then, are valid for that level, and so harmless. Only a change of level is not, and TYPE flushes for
 * it before anything but zeroes can be in the table (I-4).
 */

#include "mm/table.h"

#include "lib/ensure.h"
#include "mm/judge.h"
#include "mm/page.h"
#include "mm/trace.h"

#define noinline __attribute__((noinline))

/* Of a word, what is neither frame nor index: the operation and the count. */
#define WORD_SHAPE ((1ul << RB_PT_OP_WORD_INDEX_SHIFT) - 1)

/* Frame number << 9 | index of the word. */
static inline u64 word_slot(u64 word)
{
	return word >> RB_PT_OP_WORD_INDEX_SHIFT;
}

static void entry_store(u64 *entry, u64 value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELAXED);
}

static u64 entry_load(const u64 *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

/* The record of the table behind a link. */
static struct frame *link_frame(u64 link)
{
	const mfn_t mfn = entry_frame(link);

	return &chunks[chunk_of_frame(mfn)].frames[mfn.raw % FRAMES_PER_CHUNK];
}

/* The link in one of parent's entries goes: the table behind it is TYPED again. */
static void table_unlink(struct space *space, struct frame *parent, u64 link)
{
	struct frame *child = link_frame(link);

	child->state = FRAME_TYPED;
	child->parent = 0;
	parent->links--;
	space->frames_linked--;
	space->frames_typed++;
}

/* A root's entry, and the live roots that show it. */
static void table_put_root(struct space *space, const struct slot *slot, u64 index, u64 entry)
{
	u64 *root = slot->entry - index;

	root_set_entry(root, index, entry);
	if (slot->frame->loaded || slot->frame->state == FRAME_KERNEL)
		live_root_propagate(space, (mfn_t){ direct_address(root) >> PAGE_SHIFT }, index, entry);
}

/*
 * Entries of level 2 or more that one operation replaces.
 *
 * If a large page and small pages of the same address meet in a TLB, some processors stop the machine (machine check on page size change,
 * CVE-2018-12207). So what the guest should flush is flushed, after the store; and where one entry that is present follows another and one of
 * them is a link, which may lead to pages of either size, before the store, and no guest code runs until it is done: else another CPU could look up
 * the new while it remembers the old. One flush serves a run.
 */
struct replacement {
	struct space *space;
	bool is_owed, is_held;
};

/* Before an entry that is present is replaced. */
static inline void replacement_add(struct replacement *r, u64 old, u64 entry)
{
	r->is_owed = true;
	if (entry & ENTRY_PRESENT && (entry_is_link(old) || entry_is_link(entry)) && !r->is_held) {
		live_hold(r->space);
		r->is_held = true;
	}
}

static inline void replacement_end(const struct replacement *r)
{
	if (r->is_held)
		live_release(r->space);
	else if (r->is_owed)
		live_flush_everywhere(r->space);
}

/* Replace an entry of a table of level 2 or more. replacement_end is to follow. */
static inline void table_put(struct replacement *r, const struct slot *slot, u64 index, u64 entry)
{
	const u64 old = entry_load(slot->entry);

	if (old & ENTRY_PRESENT) {
		replacement_add(r, old, entry);
		if (entry_is_link(old))
			table_unlink(r->space, slot->frame, old);
	}
	if (slot->frame->level == LEVEL_ROOT)
		table_put_root(r->space, slot, index, entry);
	else
		entry_store(slot->entry, entry);
}

/* Are all entries of a run in the table, or in the half of it that a root serves? */
static inline bool table_has_run(const struct frame *frame, u64 index, u64 count)
{
	if (frame->level == LEVEL_ROOT)
		return root_serves(frame, index, count);
	return index + count <= PT_ENTRIES;
}

/* SET at levels 2 to 4. */
static enum rb_status table_set_upper(struct space *space, struct slot slot, u64 index, u64 count, u64 value)
{
	const u64 step = value & ENTRY_PRESENT ? CHUNK_BYTES : 0;
	struct replacement replacement = { .space = space };
	enum rb_status status = RB_OK;

	for (u64 end = index + count; index < end; index++, slot.entry++, value += step) {
		status = judge_entry(slot.frame->level, value, space->owner);
		if (status != RB_OK)
			break;
		table_put(&replacement, &slot, index, value);
	}
	replacement_end(&replacement);
	return status;
}

/* SET at level 1. A run is judged once for each chunk that it maps. */
static enum rb_status table_set_leaves(const struct space *space, u64 *entry, u64 count, u64 value)
{
	const u64 step = value & ENTRY_PRESENT ? PAGE_BYTES : 0;

	while (count) {
		const u64 in_chunk = FRAMES_PER_CHUNK - value / PAGE_BYTES % FRAMES_PER_CHUNK;
		const enum rb_status status = judge_entry(1, value, space->owner);
		u64 n = step ? MIN(in_chunk, count) : count;

		if (status != RB_OK)
			return status;
		count -= n;
		for (; n; n--, value += step)
			entry_store(entry++, value);
	}
	return RB_OK;
}

static inline enum rb_status table_set(struct space *space, u64 word, u64 value)
{
	const u64 index = rb_op_index(word);
	const u64 count = rb_op_count(word);
	struct slot slot;

	if (!space_find_slot(space, word_slot(word), &slot))
		return RB_NOENT;
	if (!slot.frame->level)
		return RB_TYPE;
	if (!table_has_run(slot.frame, index, count))
		return RB_INVAL;
	if (slot.frame->level == 1)
		return table_set_leaves(space, slot.entry, count, value);
	return table_set_upper(space, slot, index, count, value);
}

static inline enum rb_status table_link(struct space *space, u64 word, u64 value)
{
	const u64 index = rb_op_index(word);
	struct replacement replacement = { .space = space };
	struct slot parent, child;
	u64 entry;

	if (rb_op_count(word) != 1)
		return RB_INVAL;
	if (!space_find_slot(space, word_slot(word), &parent))
		return RB_NOENT;
	if (!space_find_table(space, value, &child))
		return RB_NOENT;
	if (!parent.frame->level)
		return RB_TYPE;
	if (parent.frame->level == 1 || !table_has_run(parent.frame, index, 1))
		return RB_INVAL;
	if (child.frame->level != parent.frame->level - 1)
		return RB_TYPE;
	if (child.frame->state == FRAME_LINKED)
		return RB_BUSY;

	entry = direct_address(child.entry) | ENTRY_LINK;
	if (parent.frame->state == FRAME_KERNEL)
		entry &= ~ENTRY_USER;
	table_put(&replacement, &parent, index, entry);
	replacement_end(&replacement);
	child.frame->state = FRAME_LINKED;
	child.frame->parent = (u32)(word_slot(word) - space->place_base);
	parent.frame->links++;
	space->frames_typed--;
	space->frames_linked++;
	return RB_OK;
}

static inline enum rb_status table_and(struct space *space, u64 word, u64 value)
{
	const u64 clear = ~value;
	struct slot slot;

	if (clear & ~(ENTRY_WRITABLE | ENTRY_ACCESSED | ENTRY_DIRTY))
		return RB_INVAL;
	if (!space_find_slot(space, word_slot(word), &slot))
		return RB_NOENT;
	if (!slot.frame->level || slot.frame->level == LEVEL_ROOT)
		return RB_TYPE;
	if (rb_op_index(word) + rb_op_count(word) > PT_ENTRIES)
		return RB_INVAL;

	for (u64 *end = slot.entry + rb_op_count(word); slot.entry < end; slot.entry++) {
		const u64 old = entry_load(slot.entry);
		u64 now = clear;

		if (!(old & ENTRY_PRESENT))
			continue;
		if (slot.frame->level > 1 && entry_is_link(old))
			now &= ENTRY_ACCESSED;
		/* A bit that is clear needs no clearing: were it set by the processor a moment later, the effect is the same. */
		if (old & now)
			__atomic_fetch_and(slot.entry, ~now, __ATOMIC_RELAXED);
	}
	return RB_OK;
}

static inline enum rb_status table_exchange(struct space *space, u64 word, u64 *value)
{
	enum rb_status status;
	struct slot slot;

	if (rb_op_count(word) != 1)
		return RB_INVAL;
	if (!space_find_slot(space, word_slot(word), &slot))
		return RB_NOENT;
	if (!slot.frame->level)
		return RB_TYPE;
	if (!table_has_run(slot.frame, rb_op_index(word), 1))
		return RB_INVAL;
	status = judge_entry(slot.frame->level, *value, space->owner);
	if (status != RB_OK)
		return status;
	if (slot.frame->level > 1 && entry_is_link(entry_load(slot.entry)))
		return RB_TYPE;

	/* At levels 3 and 4 this exchanges zero for zero; at 1 it does not get here (table_apply). */
	*value = __atomic_exchange_n(slot.entry, *value, __ATOMIC_RELAXED);
	replacement_end(&(struct replacement){ .space = space, .is_owed = *value & ENTRY_PRESENT });
	return RB_OK;
}

/* TYPE takes every link out of a table. Not for the kernel root, whose links are in its upper half. */
static void table_unlink_all(struct space *space, const struct slot *table)
{
	for (u64 index = 0; table->frame->links; index++) {
		const u64 entry = entry_load(&table->entry[index]);

		ASSERT(index < PT_ENTRIES);
		if (entry_is_link(entry))
			table_unlink(space, table->frame, entry);
	}
}

/* One frame of a TYPE run. Sets *changed if it was a table of another level. */
static inline enum rb_status table_type_frame(struct space *space, u64 gfn, u32 level, bool *changed)
{
	struct slot t;

	if (!space_find_table(space, gfn, &t))
		return RB_NOENT;
	if (t.frame->state >= FRAME_LINKED)
		return RB_BUSY;
	if (t.frame->level == LEVEL_ROOT && t.frame->loaded)
		return RB_BUSY;

	if (t.frame->state == FRAME_FREE) {
		/* Zero since the chunk came. */
		t.frame->state = FRAME_TYPED;
		space->frames_typed++;
	} else {
		if (t.frame->links)
			table_unlink_all(space, &t);
		page_zero(t.entry, 1);
		*changed |= t.frame->level != level;
	}
	t.frame->level = (u8)level;
	return RB_OK;
}

static enum rb_status table_type(struct space *space, u64 word, u64 level)
{
	enum rb_status status = RB_OK;
	const u64 first = rb_op_frame(word);
	bool changed = false;

	if (level - 1 > LEVEL_ROOT - 1 || rb_op_index(word))
		return RB_INVAL;
	for (u64 i = 0; i < rb_op_count(word) && status == RB_OK; i++)
		status = table_type_frame(space, first + i, (u32)level, &changed);
	/* Also when the run was refused in the middle. Until here the frames hold nothing but zeroes. */
	if (changed)
		live_flush_everywhere(space);
	return status;
}

static enum rb_status table_flush(struct live_root *live, u64 word, u64 value)
{
	const bool range = rb_op_index(word) == 1;

	if (rb_op_frame(word) || rb_op_index(word) > 1)
		return RB_INVAL;
	if (!range && (rb_op_count(word) != 1 || value))
		return RB_INVAL;
	if (value % PAGE_BYTES || !is_canonical(value))
		return RB_INVAL;

	if (range)
		live_flush_range(live, value, rb_op_count(word));
	else
		live_flush_all(live);
	return RB_OK;
}

/* Any operation. The compiler makes this a tree of compares (-fno-jump-tables). */
static enum rb_status table_apply_any(struct space *space, struct live_root *live, u64 word, u64 *value)
{
	switch (rb_op_code(word)) {
	case RB_OP_NOP:
		return word || *value ? RB_INVAL : RB_OK;
	case RB_OP_TYPE:
		return table_type(space, word, *value);
	case RB_OP_SET:
		return table_set(space, word, *value);
	case RB_OP_LINK:
		return table_link(space, word, *value);
	case RB_OP_AND:
		return table_and(space, word, *value);
	case RB_OP_XCHG:
		return table_exchange(space, word, value);
	case RB_OP_FLUSH:
		return table_flush(live, word, *value);
	default:
		return RB_NOSYS;
	}
}

/*
 * What one batch may cost, in entries stored: about a tenth of a millisecond on hardware (I-20). Typing a frame clears it, which takes as
 * long as storing some dozens of entries.
 */
#define BATCH_BUDGET	65536
#define TYPE_COST	64

static u64 operation_cost(u64 word)
{
	return rb_op_code(word) == RB_OP_TYPE ? TYPE_COST * rb_op_count(word) : rb_op_count(word);
}

/*
 * The long way of every operation. budget: what is left for a batch, or NULL outside of one. AGAIN: not applied, there was enough before it; the
 * first is applied whatever it costs.
 */
static noinline enum rb_status table_apply_slow(struct space *space, struct live_root *live, u64 word, u64 *value, u64 *budget)
{
	enum rb_status status;

	if (budget) {
		const u64 cost = operation_cost(word);

		if (cost > *budget && *budget != BATCH_BUDGET)
			return RB_AGAIN;
		*budget -= MIN(cost, *budget);
	}
	status = table_apply_any(space, live, word, value);
	if (status == RB_OK)
		space->pt_ops++;
	else
		space->pt_refused++;
	return status;
}

/* Does a word name an entry of a table of level 1 that may become `entry`? Then where it is. */
static inline bool table_find_leaf(const struct space *space, u64 word, u64 entry, u64 **where)
{
	u64 place;

	if (!space_find_place(space, word_slot(word), &place))
		return false;
	if (space_frame(space, place)->level != 1)
		return false;
	if (judge_entry(1, entry, space->owner) != RB_OK)
		return false;
	*where = space_entry(space, place);
	return true;
}

/* The commonest of all first: SET and XCHG of one entry at level 1. If refused, and whatever else, goes the long way. */
enum rb_status table_apply(struct space *space, struct live_root *live, u64 word, u64 *value)
{
	const u64 shape = word & WORD_SHAPE;
	u64 *where;

	if (shape == RB_OP_SET && table_find_leaf(space, word, *value, &where)) {
		entry_store(where, *value);
		space->pt_ops++;
		return RB_OK;
	}
	if (shape == RB_OP_XCHG && table_find_leaf(space, word, *value, &where)) {
		*value = __atomic_exchange_n(where, *value, __ATOMIC_RELAXED);
		space->pt_ops++;
		return RB_OK;
	}
	return table_apply_slow(space, live, word, value, NULL);
}

u64 table_apply_queue(struct space *space, struct live_root *live, struct rb_pt_op *queue, u64 first, u64 count, enum rb_status *status)
{
	const u64 end = first + count;
	u64 budget = BATCH_BUDGET, at;
	u64 *where;

	*status = RB_OK;
	for (at = first; at < end; at++) {
		/* Inside the page by data, whatever the loop's end was predicted to be (as by nospec_index, and shorter). */
		struct rb_pt_op *op = &queue[at % RB_QUEUE_OPS];
		/* The guest may change them at any time: each is read once (I-15). */
		const u64 word = __atomic_load_n(&op->word, __ATOMIC_RELAXED);
		const u64 value = __atomic_load_n(&op->value, __ATOMIC_RELAXED);
		u64 old;

		if ((word & WORD_SHAPE) == RB_OP_SET && budget && table_find_leaf(space, word, value, &where)) {
			entry_store(where, value);
			space->pt_ops++;
			budget--;
			continue;
		}
		if ((word & WORD_SHAPE) == RB_OP_XCHG && budget && table_find_leaf(space, word, value, &where)) {
			__atomic_store_n(&op->value, __atomic_exchange_n(where, value, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
			space->pt_ops++;
			budget--;
			continue;
		}
		old = value;
		*status = table_apply_slow(space, live, word, &old, &budget);
		if (*status != RB_OK)
			break;
		if (rb_op_code(word) == RB_OP_XCHG)
			__atomic_store_n(&op->value, old, __ATOMIC_RELAXED);
	}
	return at - first;
}

/* ---------------- in a machine that is traced: every operation goes the long way, and is recorded */

static enum rb_status table_apply_recorded(struct space *space, struct live_root *live, u64 word, u64 *value, u64 *budget)
{
	enum rb_status status;
	struct trace trace;

	trace_begin(&trace, TRACE_OPERATION, rb_op_code(word));
	trace.record.word[0] = word;
	trace.record.word[1] = *value;
	status = table_apply_slow(space, live, word, value, budget);
	trace.record.word[2] = rb_op_code(word) == RB_OP_XCHG ? *value : 0;
	trace.record.status = (s8)status;
	trace_end(&trace);
	return status;
}

enum rb_status table_apply_traced(struct space *space, struct live_root *live, u64 word, u64 *value)
{
	return table_apply_recorded(space, live, word, value, NULL);
}

u64 table_apply_queue_traced(struct space *space, struct live_root *live, struct rb_pt_op *queue, u64 first, u64 count, enum rb_status *status)
{
	u64 budget = BATCH_BUDGET, at;

	*status = RB_OK;
	for (at = first; at < first + count; at++) {
		struct rb_pt_op *op = &queue[at % RB_QUEUE_OPS];
		const u64 word = __atomic_load_n(&op->word, __ATOMIC_RELAXED);
		u64 value = __atomic_load_n(&op->value, __ATOMIC_RELAXED);

		*status = table_apply_recorded(space, live, word, &value, &budget);
		if (*status != RB_OK)
			break;
		if (rb_op_code(word) == RB_OP_XCHG)
			__atomic_store_n(&op->value, value, __ATOMIC_RELAXED);
	}
	return at - first;
}

PATCH_FUNCTION(table_apply, table_apply_traced);
PATCH_FUNCTION(table_apply_queue, table_apply_queue_traced);
