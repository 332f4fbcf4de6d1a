/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table operations.
 *
 * Each has two paragraphs: CHECK reads and refuses, COMMIT cannot refuse. In a run, each entry is checked and committed in turn.
 *
 * Races with the processor, which sets accessed and dirty bits in entries at any time: a SET is a plain store, as it is on the bare machine
 * (the processor's update is a locked compare of the whole entry, so it hits the old entry or misses); AND and XCHG are atomic.
 * Links are only changed here, so reading one and then replacing it is safe under the lock.
 *
 * Races with what the processor remembers (TLB, paging-structure caches): an entry that was replaced may be used until the guest flushes. It leads
 * to memory that is the domain's still, or to a table that has kept its level: all its entries, whatever they are by then, are valid for that
 * level, and so harmless. Only a change of level is not, and TYPE flushes for it before anything but zeroes can be in the table (I-4).
 */

#include "mm/table.h"

#include "lib/ensure.h"
#include "mm/judge.h"
#include "mm/page.h"

#define noinline __attribute__((noinline))

/* Of a word, what is neither frame nor index: the operation and the count. */
#define WORD_SHAPE ((1ul << RB_PT_OP_WORD_INDEX_SHIFT) - 1)

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
static void table_put_root(struct space *space, const struct table *t, u64 index, u64 entry)
{
	root_set_entry(t->entries, index, entry);
	if (t->frame->loaded || t->frame->state == FRAME_KERNEL)
		live_root_propagate(space, (mfn_t){ direct_address(t->entries) >> PAGE_SHIFT }, index, entry);
}

/* Replace an entry of a table of level 2 or more. */
static void table_put(struct space *space, const struct table *t, u64 index, u64 entry)
{
	const u64 old = entry_load(&t->entries[index]);

	if (entry_is_link(old))
		table_unlink(space, t->frame, old);
	if (t->frame->level == LEVEL_ROOT)
		table_put_root(space, t, index, entry);
	else
		entry_store(&t->entries[index], entry);
}

/* Are all entries of a run in the table, or in the half of it that a root serves? */
static inline bool table_has_run(const struct table *t, u64 index, u64 count)
{
	if (t->frame->level == LEVEL_ROOT)
		return root_serves(t->frame, index, count);
	return index + count <= PT_ENTRIES;
}

/* SET at levels 2 to 4. */
static enum rb_status table_set_upper(struct space *space, const struct table *t, u64 index, u64 count, u64 value)
{
	const u64 step = value & ENTRY_PRESENT ? CHUNK_BYTES : 0;

	for (u64 end = index + count; index < end; index++, value += step) {
		const enum rb_status status = judge_entry(t->frame->level, value, space->owner);

		if (status != RB_OK)
			return status;
		table_put(space, t, index, value);
	}
	return RB_OK;
}

/* SET at level 1. A run is judged once for each chunk that it maps. */
static enum rb_status table_set_leaves(const struct space *space, u64 *entries, u64 count, u64 value)
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
			entry_store(entries++, value);
	}
	return RB_OK;
}

static inline enum rb_status table_set(struct space *space, u64 word, u64 value)
{
	const u64 index = rb_op_index(word);
	const u64 count = rb_op_count(word);
	struct table t;

	if (!space_find_table(space, rb_op_frame(word), &t))
		return RB_NOENT;
	if (!t.frame->level)
		return RB_TYPE;
	if (!table_has_run(&t, index, count))
		return RB_INVAL;
	if (t.frame->level == 1)
		return table_set_leaves(space, &t.entries[index], count, value);
	return table_set_upper(space, &t, index, count, value);
}

static inline enum rb_status table_link(struct space *space, u64 word, u64 value)
{
	const u64 index = rb_op_index(word);
	struct table parent, child;
	u64 entry;

	if (rb_op_count(word) != 1)
		return RB_INVAL;
	if (!space_find_table(space, rb_op_frame(word), &parent))
		return RB_NOENT;
	if (!space_find_table(space, value, &child))
		return RB_NOENT;
	if (!parent.frame->level)
		return RB_TYPE;
	if (parent.frame->level == 1 || !table_has_run(&parent, index, 1))
		return RB_INVAL;
	if (child.frame->level != parent.frame->level - 1)
		return RB_TYPE;
	if (child.frame->state == FRAME_LINKED)
		return RB_BUSY;

	entry = direct_address(child.entries) | ENTRY_LINK;
	if (parent.frame->state == FRAME_KERNEL)
		entry &= ~ENTRY_USER;
	table_put(space, &parent, index, entry);
	child.frame->state = FRAME_LINKED;
	child.frame->parent = (u32)((word >> RB_PT_OP_WORD_INDEX_SHIFT) - space->place_base);
	parent.frame->links++;
	space->frames_typed--;
	space->frames_linked++;
	return RB_OK;
}

static inline enum rb_status table_and(struct space *space, u64 word, u64 value)
{
	const u64 clear = ~value;
	struct table t;
	u64 *entry, *end;

	if (clear & ~(ENTRY_WRITABLE | ENTRY_ACCESSED | ENTRY_DIRTY))
		return RB_INVAL;
	if (!space_find_table(space, rb_op_frame(word), &t))
		return RB_NOENT;
	if (!t.frame->level || t.frame->level == LEVEL_ROOT)
		return RB_TYPE;
	if (rb_op_index(word) + rb_op_count(word) > PT_ENTRIES)
		return RB_INVAL;

	entry = &t.entries[rb_op_index(word)];
	end = entry + rb_op_count(word);
	for (; entry < end; entry++) {
		const u64 old = entry_load(entry);
		u64 now = clear;

		if (!(old & ENTRY_PRESENT))
			continue;
		if (t.frame->level > 1 && entry_is_link(old))
			now &= ENTRY_ACCESSED;
		/* A bit that is clear needs no clearing: were it set by the processor a moment later, the effect is the same. */
		if (old & now)
			__atomic_fetch_and(entry, ~now, __ATOMIC_RELAXED);
	}
	return RB_OK;
}

static inline enum rb_status table_exchange(struct space *space, u64 word, u64 *value)
{
	enum rb_status status;
	struct table t;
	u64 *entry;

	if (rb_op_count(word) != 1)
		return RB_INVAL;
	if (!space_find_table(space, rb_op_frame(word), &t))
		return RB_NOENT;
	if (!t.frame->level)
		return RB_TYPE;
	if (!table_has_run(&t, rb_op_index(word), 1))
		return RB_INVAL;
	status = judge_entry(t.frame->level, *value, space->owner);
	if (status != RB_OK)
		return status;
	entry = &t.entries[rb_op_index(word)];
	if (t.frame->level > 1 && entry_is_link(entry_load(entry)))
		return RB_TYPE;

	/* At levels 3 and 4 this exchanges zero for zero. */
	*value = __atomic_exchange_n(entry, *value, __ATOMIC_RELAXED);
	return RB_OK;
}

/* TYPE takes every link out of a table. Not for the kernel root, whose links are in its upper half. */
static void table_unlink_all(struct space *space, const struct table *t)
{
	for (u64 index = 0; t->frame->links; index++) {
		const u64 entry = entry_load(&t->entries[index]);

		ASSERT(index < PT_ENTRIES);
		if (entry_is_link(entry))
			table_unlink(space, t->frame, entry);
	}
}

/* One frame of a TYPE run. Sets *changed if it was a table of another level. */
static inline enum rb_status table_type_frame(struct space *space, u64 gfn, u32 level, bool *changed)
{
	struct table t;

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
		page_zero(t.entries, 1);
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

static noinline enum rb_status table_apply_slow(struct space *space, struct live_root *live, u64 word, u64 *value)
{
	const enum rb_status status = table_apply_any(space, live, word, value);

	if (status == RB_OK)
		space->pt_ops++;
	else
		space->pt_refused++;
	return status;
}

/* The commonest of all first: SET of one entry at level 1 that is not refused. Whatever else goes the long way. */
enum rb_status table_apply(struct space *space, struct live_root *live, u64 word, u64 *value)
{
	const u64 entry = *value;
	u64 place;

	if ((word & WORD_SHAPE) != RB_OP_SET)
		return table_apply_slow(space, live, word, value);
	if (!space_find_place(space, word >> RB_PT_OP_WORD_INDEX_SHIFT, &place))
		return table_apply_slow(space, live, word, value);
	if (space_frame(space, place)->level != 1)
		return table_apply_slow(space, live, word, value);
	if (judge_entry(1, entry, space->owner) != RB_OK)
		return table_apply_slow(space, live, word, value);

	entry_store(space_entry(space, place), entry);
	space->pt_ops++;
	return RB_OK;
}
