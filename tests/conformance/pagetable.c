/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of the page-table family. What the operations themselves do is in operations.c.
 *
 * QEMU and Bochs forget all translations at every load of CR3, and so at every call: that something was forgotten is shown, but would be without the
 * hypervisor's part in it too.
 */
#include "limits.h"
#include "tables.h"

void image_reset(void)
{
	memory_find();
}

/* ---------------- pt_update */

TEST("pt_update.order", "The operations take effect in their order.")
{
	uint64_t table = guest_table(1);

	accepted(rb_pt_update(rb_op_word(RB_OP_SET, table, 0, 4), LEAF(memory.chunk), rb_op_word(RB_OP_SET, table, 2, 1), 0,
			      rb_op_word(RB_OP_XCHG, table, 1, 1), 0, &result));
	expect(entry_at(table, 0) && !entry_at(table, 1) && !entry_at(table, 2) && entry_at(table, 3), "%lx %lx %lx %lx", entry_at(table, 0), entry_at(table, 1),
	       entry_at(table, 2), entry_at(table, 3));
	expect_equal(result, LEAF(memory.chunk + GUEST_PAGE));
}

TEST("pt_update.zero_ends", "An operation whose word and value are zero ends the list: those after it are not looked at.")
{
	uint64_t table = guest_table(1), done = counter(RB_COUNTER_PT_OPS);

	accepted(rb_pt_update(rb_op_word(RB_OP_SET, table, 0, 1), LEAF(memory.chunk), 0, 0, rb_op_word(RB_OP_SET, table, 1, 1), LEAF(memory.chunk), &result));
	expect(entry_at(table, 0) && !entry_at(table, 1), "entries %lx %lx", entry_at(table, 0), entry_at(table, 1));
	accepted(rb_pt_update(0, 0, 63, ~0ul, 63, ~0ul, &result));
	expect_equal(counter(RB_COUNTER_PT_OPS), done + 1);
}

TEST("pt_update.exchanged", "On OK the result is the entry that the last XCHG of the list found, or zero if there is none.")
{
	uint64_t table = guest_table(1);

	must(op(RB_OP_SET, table, 0, 2, LEAF(memory.chunk)));
	accepted(rb_pt_update(rb_op_word(RB_OP_XCHG, table, 0, 1), 0, rb_op_word(RB_OP_XCHG, table, 1, 1), 0, rb_op_word(RB_OP_SET, table, 2, 1), LEAF(memory.chunk), &result));
	expect_equal(result, LEAF(memory.chunk + GUEST_PAGE));
	accepted(rb_pt_update(rb_op_word(RB_OP_XCHG, table, 2, 1), 0, rb_op_word(RB_OP_XCHG, table, 3, 1), 0, 0, 0, &result));
	expect_equal(result, 0);
	accepted(op(RB_OP_SET, table, 0, 1, LEAF(memory.chunk)));
	expect_equal(result, 0);
}

/* Three operations of which the given one is refused. */
static long refuse_at(uint64_t table, unsigned which)
{
	uint64_t good = rb_op_word(RB_OP_SET, table, 0, 1), word[3] = { good, good + (1ul << RB_PT_OP_WORD_INDEX_SHIFT), good + (2ul << RB_PT_OP_WORD_INDEX_SHIFT) };
	uint64_t value[3] = { LEAF(memory.chunk), LEAF(memory.chunk), LEAF(memory.chunk) };

	value[which] = LEAF(memory.hypervisor);
	return rb_pt_update(word[0], value[0], word[1], value[1], word[2], value[2], &result);
}

TEST("pt_update.refused_at", "When an operation is refused, the result is the number of operations before it.")
{
	uint64_t table = guest_table(1);

	for (unsigned which = 0; which < 3; which++) {
		expect_equal(refuse_at(table, which), RB_OWNER);
		expect_equal(result, which);
	}
}

TEST("pt_update.before_stay", "When an operation is refused, those before it stay in effect.")
{
	uint64_t table = guest_table(1);

	expect_equal(refuse_at(table, 2), RB_OWNER);
	expect(entry_at(table, 0) == LEAF(memory.chunk) && entry_at(table, 1) == LEAF(memory.chunk), "entries %lx %lx", entry_at(table, 0), entry_at(table, 1));
}

TEST("pt_update.after_not", "When an operation is refused, those after it are not applied.")
{
	uint64_t table = guest_table(1), refused = counter(RB_COUNTER_PT_REFUSED);

	expect_equal(refuse_at(table, 0), RB_OWNER);
	expect(table_is_empty(table), "an entry was stored");
	expect_equal(counter(RB_COUNTER_PT_REFUSED), refused + 1);
}

TEST("pt_update.NOSYS.no_operation", "an operation's code has no meaning")
{
	uint64_t table = guest_table(1);

	for (uint64_t code = RB_NR_OPS; code < 64; code++)
		refused(RB_NOSYS, op(code, table, 0, 1, 0));
}

TEST("pt_update.INVAL.operation", "an operation is refused with INVAL")
{
	refused(RB_INVAL, op(RB_OP_TYPE, guest_frame(), 0, 1, 5));
}

TEST("pt_update.NOENT.operation", "an operation is refused with NOENT")
{
	refused(RB_NOENT, op(RB_OP_SET, 0, 0, 1, 0));
}

TEST("pt_update.OWNER.operation", "an operation is refused with OWNER")
{
	uint64_t table = guest_table(1);

	refused(RB_OWNER, op(RB_OP_SET, table, 0, 1, LEAF(memory.hypervisor)));
}

TEST("pt_update.TYPE.operation", "an operation is refused with TYPE")
{
	refused(RB_TYPE, op(RB_OP_SET, guest_frame(), 0, 1, 0));
}

TEST("pt_update.BUSY.operation", "an operation is refused with BUSY")
{
	refused(RB_BUSY, op(RB_OP_TYPE, guest_start->user_root, 0, 1, 4));
}

/* ---------------- pt_batch */

static struct rb_pt_op *queue(void)
{
	return guest_pointer(guest_start->queue_page);
}

static void put(unsigned at, uint64_t code, uint64_t frame, uint64_t index, uint64_t count, uint64_t value)
{
	queue()[at] = (struct rb_pt_op){ rb_op_word(code, frame, index, count), value };
}

/* Four operations; the given one is to be refused; which >= 4: none. */
static void put_four(uint64_t table, unsigned first, unsigned which)
{
	for (unsigned i = 0; i < 4; i++)
		put(first + i, RB_OP_SET, table, i, 1, LEAF(i == which ? memory.hypervisor : memory.chunk));
}

TEST("pt_batch.order", "The operations take effect in their order.")
{
	uint64_t table = guest_table(1);

	put(3, RB_OP_SET, table, 0, 8, LEAF(memory.chunk));
	put(4, RB_OP_SET, table, 2, 2, 0);
	put(5, RB_OP_SET, table, 3, 1, LEAF(memory.chunk));
	put(6, RB_OP_AND, table, 0, 8, ~0ul);
	accepted(rb_pt_batch(3, 4, &result));
	expect(entry_at(table, 1) == LEAF(memory.chunk + GUEST_PAGE) && !entry_at(table, 2) && entry_at(table, 3) == LEAF(memory.chunk) &&
	       entry_at(table, 4) == LEAF(memory.chunk + 4 * GUEST_PAGE), "entries %lx %lx %lx", entry_at(table, 1), entry_at(table, 2), entry_at(table, 3));
}

TEST("pt_batch.counted", "The result is the number of operations that took effect, whatever the status.")
{
	uint64_t table = guest_table(1);

	for (unsigned which = 0; which < 5; which++) {
		put_four(table, 10, which);
		expect_equal(rb_pt_batch(10, 4, &result), which < 4 ? RB_OWNER : RB_OK);
		expect_equal(result, which < 4 ? which : 4);
	}
	/* A run that is refused in its middle does not count. */
	put(0, RB_OP_SET, table, 0, 1, 0);
	put(1, RB_OP_SET, table, 510, 3, 0);
	expect_equal(rb_pt_batch(0, 2, &result), RB_INVAL);
	expect_equal(result, 1);
}

TEST("pt_batch.nop", "NOP counts as an operation and does not end the batch.")
{
	uint64_t table = guest_table(1), done = counter(RB_COUNTER_PT_OPS);

	put(1, RB_OP_SET, table, 7, 1, LEAF(memory.chunk));
	accepted(rb_pt_batch(0, 4, &result));
	expect_equal(result, 4);
	expect_equal(entry_at(table, 7), LEAF(memory.chunk));
	expect_equal(counter(RB_COUNTER_PT_OPS), done + 4);
}

TEST("pt_batch.exchanged", "XCHG stores the entry that it found in its value's place in the queue page.")
{
	uint64_t table = guest_table(1), word;

	put(200, RB_OP_XCHG, table, 1, 1, LEAF(memory.chunk));
	put(201, RB_OP_XCHG, table, 1, 1, 0);
	word = queue()[201].word;
	accepted(rb_pt_batch(200, 2, &result));
	expect_equal(queue()[200].value, 0);
	expect_equal(queue()[201].value, LEAF(memory.chunk));
	expect_equal(queue()[201].word, word);
	/* Not if it is refused. */
	put(0, RB_OP_XCHG, table, 1, 1, LEAF(memory.hypervisor));
	refused(RB_OWNER, rb_pt_batch(0, 1, &result));
	expect_equal(queue()[0].value, LEAF(memory.hypervisor));
}

TEST("pt_batch.queue_kept", "Otherwise the queue page stays as it is.")
{
	static struct rb_pt_op copy[RB_QUEUE_OPS];
	uint64_t table = guest_table(1), lower = guest_table(1);

	memset(queue(), 0xff, GUEST_PAGE);
	put(9, RB_OP_NOP, 0, 0, 1, 0);
	queue()[9] = (struct rb_pt_op){ 0, 0 };
	put(10, RB_OP_SET, table, 0, 8, LEAF(memory.chunk));
	put(11, RB_OP_AND, table, 0, 8, ~GUEST_WRITE);
	put(12, RB_OP_TYPE, lower, 0, 1, 1);
	put(13, RB_OP_LINK, guest_table(2), 0, 1, lower);
	put(14, RB_OP_FLUSH, 0, 0, 1, 0);
	put(15, RB_OP_SET, 0, 0, 1, 0);
	memcpy(copy, queue(), sizeof(copy));
	expect_equal(rb_pt_batch(9, 7, &result), RB_NOENT);
	expect_equal(result, 6);
	expect(!memcmp(copy, queue(), sizeof(copy)), "it changed");
}

TEST("pt_batch.none", "With count zero nothing happens, and the result is zero.")
{
	memset(queue(), 0xff, GUEST_PAGE);
	world_look();
	accepted(rb_pt_batch(0, 0, &result));
	expect_equal(result, 0);
	accepted(rb_pt_batch(255, 0, &result));
	expect(!world_change(), "%s changed", world_change());
}

TEST("pt_batch.before_stay", "When an operation is refused, those before it stay in effect.")
{
	uint64_t table = guest_table(1);

	put_four(table, 0, 2);
	expect_equal(rb_pt_batch(0, 4, &result), RB_OWNER);
	expect(entry_at(table, 0) && entry_at(table, 1), "entries %lx %lx", entry_at(table, 0), entry_at(table, 1));
}

TEST("pt_batch.after_not", "When an operation is refused, those after it are not applied.")
{
	uint64_t table = guest_table(1), refused = counter(RB_COUNTER_PT_REFUSED);

	put_four(table, 0, 2);
	expect_equal(rb_pt_batch(0, 4, &result), RB_OWNER);
	expect(!entry_at(table, 2) && !entry_at(table, 3), "entries %lx %lx", entry_at(table, 2), entry_at(table, 3));
	expect_equal(counter(RB_COUNTER_PT_REFUSED), refused + 1);
}

/* 256 operations of 512 entries: twice what one call takes. Software bits of the entries tell which was last. */
static void put_long(uint64_t table)
{
	for (unsigned i = 0; i < RB_QUEUE_OPS; i++)
		put(i, RB_OP_SET, table, 0, 512, LEAF(memory.chunk) | (uint64_t)i << 52);
}

TEST("pt_batch.go_on", "After AGAIN, a call with first + result, and count less the result, goes on where the batch stopped.")
{
	uint64_t table = guest_table(1), first = 0;
	long status;

	for (unsigned i = 0; i < RB_QUEUE_OPS; i++)
		put(i, RB_OP_SET, table, i, 256, i < 128 ? LEAF(memory.chunk) : 0);
	for (unsigned calls = 0; (status = rb_pt_batch(first, RB_QUEUE_OPS - first, &result)) == RB_AGAIN; calls++) {
		first += result;
		expect(result > 0 && first < RB_QUEUE_OPS && calls < RB_QUEUE_OPS, "no progress: %lu", result);
	}
	expect_equal(status, RB_OK);
	expect_equal(first + result, RB_QUEUE_OPS);
	/* Operations 128 to 255 take back all from entry 128 on. */
	for (unsigned i = 0; i < 512; i++)
		expect(entry_at(table, i) == (i < 128 ? LEAF(memory.chunk) : 0), "entry %u: %lx", i, entry_at(table, i));
}

TEST("pt_batch.budget", "A batch stops with AGAIN before the operation that would take it over 65,536 entries, and not earlier; each operation counts as many as its count, TYPE 64 times that.")
{
	uint64_t table = guest_table(1), frame = guest_frame();

	put_long(table);
	expect_equal(rb_pt_batch(0, 256, &result), RB_AGAIN);
	expect_equal(result, 128);
	accepted(rb_pt_batch(0, 128, &result));
	expect_equal(result, 128);
	/* One entry more than it takes, at the end. */
	put(127, RB_OP_SET, table, 0, 511, 0);
	put(128, RB_OP_AND, table, 0, 1, ~0ul);
	accepted(rb_pt_batch(0, 129, &result));
	put(129, RB_OP_XCHG, table, 0, 1, 0);
	expect_equal(rb_pt_batch(0, 130, &result), RB_AGAIN);
	expect_equal(result, 129);
	/* TYPE of one frame in place of 64 entries. */
	put(127, RB_OP_SET, table, 0, 448, 0);
	put(128, RB_OP_TYPE, frame, 0, 1, 1);
	accepted(rb_pt_batch(0, 129, &result));
	expect_equal(rb_pt_batch(0, 130, &result), RB_AGAIN);
	expect_equal(result, 129);
	put(127, RB_OP_SET, table, 0, 449, 0);
	expect_equal(rb_pt_batch(0, 129, &result), RB_AGAIN);
	expect_equal(result, 128);
}

TEST("pt_batch.NOSYS.no_operation", "an operation's code has no meaning")
{
	uint64_t table = guest_table(1);

	for (uint64_t code = RB_NR_OPS; code < 64; code++) {
		put(0, code, table, 0, 1, 0);
		refused(RB_NOSYS, rb_pt_batch(0, 1, &result));
	}
}

TEST("pt_batch.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PT_BATCH, ARGUMENTS(0, 1), BAD({ 0, 256 }, { 0, 1ul << 32 }, { 0, ~0ul }, { 1, 257 }, { 1, (1ul << 32) + 1 }, { 1, ~0ul }),
	       GOOD({ 0, 255 }, { 1, 256 }, { 1, 0 }));
}

TEST("pt_batch.INVAL.over_end", "first + count is over 256")
{
	refused(RB_INVAL, rb_pt_batch(255, 2, &result));
	refused(RB_INVAL, rb_pt_batch(1, 256, &result));
	accepted(rb_pt_batch(255, 1, &result));
	accepted(rb_pt_batch(1, 255, &result));
}

TEST("pt_batch.INVAL.operation", "an operation is refused with INVAL")
{
	put(0, RB_OP_TYPE, guest_frame(), 0, 1, 5);
	refused(RB_INVAL, rb_pt_batch(0, 1, &result));
}

TEST("pt_batch.NOENT.operation", "an operation is refused with NOENT")
{
	put(0, RB_OP_SET, 0, 0, 1, 0);
	refused(RB_NOENT, rb_pt_batch(0, 1, &result));
}

TEST("pt_batch.OWNER.operation", "an operation is refused with OWNER")
{
	put(0, RB_OP_SET, guest_table(1), 0, 1, LEAF(memory.hypervisor));
	refused(RB_OWNER, rb_pt_batch(0, 1, &result));
}

TEST("pt_batch.TYPE.operation", "an operation is refused with TYPE")
{
	put(0, RB_OP_SET, guest_frame(), 0, 1, 0);
	refused(RB_TYPE, rb_pt_batch(0, 1, &result));
}

TEST("pt_batch.BUSY.operation", "an operation is refused with BUSY")
{
	put(0, RB_OP_TYPE, guest_start->kernel_root, 0, 1, 4);
	refused(RB_BUSY, rb_pt_batch(0, 1, &result));
}

TEST("pt_batch.AGAIN.budget", "the operations are too many for one call")
{
	uint64_t table = guest_table(1);

	put_long(table);
	expect_equal(rb_pt_batch(0, 256, &result), RB_AGAIN);
	expect(result > 0 && result < 256, "%lu operations", result);
	/* As many as the result says have taken effect: entries tell the last one. */
	expect_equal(entry_at(table, 0) >> 52, result - 1);
}

/* ---------------- root_load */

/* A user root with one page of this content at FAR_USER_VA, and the user code. */
static uint64_t root_with(uint64_t word)
{
	uint64_t root = guest_table(4);

	guest_map(root, FAR_USER_VA, page_with(word), GUEST_USER | GUEST_WRITE);
	return root;
}

TEST("root_load.lower_half", "The lower half of the address space is what the root's entries say.")
{
	uint64_t a = root_with(0xa), b = root_with(0xb);

	for (unsigned i = 0; i < 6; i++) {
		accepted(rb_root_load(i % 2 ? b : a));
		expect_equal(read_at(FAR_USER_VA), i % 2 ? 0xb : 0xa);
		expect_equal(read_at(USER_DATA), FAULT);
	}
	accepted(rb_root_load(guest_start->user_root));
	expect_equal(read_at(FAR_USER_VA), FAULT);
	expect(read_at(USER_DATA) != FAULT, "the root of the start lacks its pages");
}

TEST("root_load.upper_half", "The upper half stays as it is.")
{
	uint64_t root = guest_table(4);

	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(0xc0ffee), GUEST_WRITE);
	accepted(rb_root_load(root));
	expect_equal(read_at(KERNEL_VA), 0xc0ffee);
	expect_equal(guest_start->magic, RB_ABI_MAGIC);
	accepted(rb_root_load(guest_start->user_root));
	expect_equal(read_at(KERNEL_VA), 0xc0ffee);
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
}

TEST("root_load.forgotten", "When the call returns, no translation of the root before is used.")
{
	uint64_t a = root_with(1), b = root_with(2);

	for (unsigned i = 0; i < 50; i++) {
		uint64_t word;

		accepted(rb_root_load(i % 2 ? b : a));
		word = *(volatile uint64_t *)FAR_USER_VA;
		expect(word == 1 + i % 2, "round %u: %lx", i, word);
	}
}

TEST("root_load.held", "The root is loaded: it cannot be typed (BUSY) until another takes its place.")
{
	uint64_t root = guest_table(4);

	accepted(rb_root_load(root));
	refused(RB_BUSY, op(RB_OP_TYPE, root, 0, 1, 4));
	refused(RB_BUSY, op(RB_OP_TYPE, root, 0, 1, 1));
	/* Loaded once more is loaded once. */
	accepted(rb_root_load(root));
	must(rb_root_load(guest_start->user_root));
	accepted(op(RB_OP_TYPE, root, 0, 1, 1));
}

TEST("root_load.released", "The root before is no longer loaded by this vCPU: it can be typed again.")
{
	uint64_t a = guest_table(4), b = guest_table(4);

	must(rb_root_load(a));
	accepted(rb_root_load(b));
	accepted(op(RB_OP_TYPE, a, 0, 1, 4));
	refused(RB_BUSY, op(RB_OP_TYPE, b, 0, 1, 4));
	accepted(rb_root_load(a));
	accepted(op(RB_OP_TYPE, b, 0, 1, 3));
}

TEST("root_load.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_ROOT_LOAD, ARGUMENTS(guest_start->user_root), BAD({ 0, 1ul << 40 }, { 0, guest_start->user_root | 1ul << 40 }, { 0, ~0ul }),
	       GOOD({ 0, (1ul << 40) - 1 }, { 0, guest_start->user_root }));
}

TEST("root_load.NOENT.not_reserve", "the frame is not in the page-table reserve")
{
	uint64_t frames[] = FRAMES_NOT_RESERVE;

	for EACH(i, frames)
		refused(RB_NOENT, rb_root_load(frames[i]));
}

TEST("root_load.TYPE.not_root", "the frame is not a table of level 4")
{
	for (unsigned level = 1; level <= 3; level++) {
		uint64_t table = guest_table(level);

		refused(RB_TYPE, rb_root_load(table));
	}
	refused(RB_TYPE, rb_root_load(guest_frame()));
}

TEST("root_load.TYPE.kernel_root", "the frame is the kernel root")
{
	refused(RB_TYPE, rb_root_load(guest_start->kernel_root));
}

/* ---------------- pt_reserve_grow */

static uint32_t machine_chunk(uint64_t chunk)
{
	return ((const uint32_t *)guest_start->chunk_map)[chunk];
}

TEST("pt_reserve_grow.next", "The chunk is the first guest-physical chunk of the reserve's range that was not present.", .alone = true)
{
	const struct rb_memory_range *reserve = &guest_start->memory[1];

	for (uint64_t next = reserve->first_chunk + reserve->present; next < reserve->first_chunk + reserve->present + 3; next++) {
		need(machine_chunk(next) == RB_NO_CHUNK, "chunk %lu is there already", next);
		accepted(rb_pt_reserve_grow(&result));
		expect_equal(result, next);
	}
}

TEST("pt_reserve_grow.mapped", "The chunk map and the machine map have it when the call returns.", .alone = true)
{
	const uint32_t *machine_map = (const uint32_t *)guest_start->machine_map;

	accepted(rb_pt_reserve_grow(&result));
	expect(machine_chunk(result) < guest_start->machine_chunk_count, "machine chunk %u", machine_chunk(result));
	expect_equal(machine_map[machine_chunk(result)], result);
}

TEST("pt_reserve_grow.frames", "Its 512 frames are free and zero, and FRAMES_TOTAL grows by 512.", .alone = true)
{
	uint64_t total = counter(RB_COUNTER_FRAMES_TOTAL), typed, chunk;
	const uint64_t *words = (const uint64_t *)KERNEL_VA;

	accepted(rb_pt_reserve_grow(&chunk));
	expect_equal(counter(RB_COUNTER_FRAMES_TOTAL), total + RB_CHUNK_PAGES);
	guest_map(guest_start->kernel_root, KERNEL_VA, chunk << RB_CHUNK_SHIFT, GUEST_LARGE | GUEST_NX);
	for (uint64_t i = 0; i < GUEST_CHUNK / 8; i++)
		expect(!words[i], "word %lu of it is %lx", i, words[i]);
	/* Free: no table, and each becomes one that was none. */
	refused(RB_TYPE, op(RB_OP_SET, chunk * RB_CHUNK_PAGES, 0, 1, 0));
	refused(RB_TYPE, op(RB_OP_SET, chunk * RB_CHUNK_PAGES + 511, 0, 1, 0));
	typed = counter(RB_COUNTER_FRAMES_TYPED);
	accepted(op(RB_OP_TYPE, chunk * RB_CHUNK_PAGES, 0, 512, 1));
	expect_equal(counter(RB_COUNTER_FRAMES_TYPED), typed + 512);
}

TEST("pt_reserve_grow.not_in_tables", "No page table maps it by that: a guest that wants to read the tables in it maps it itself.", .alone = true)
{
	uint64_t chunk;

	accepted(rb_pt_reserve_grow(&chunk));
	expect_equal(read_at((uint64_t)guest_pointer(chunk << RB_CHUNK_SHIFT)), FAULT);
	guest_map(guest_start->kernel_root, (uint64_t)guest_pointer(chunk << RB_CHUNK_SHIFT), chunk << RB_CHUNK_SHIFT, GUEST_LARGE | GUEST_NX);
	expect_equal(read_at((uint64_t)guest_pointer(chunk << RB_CHUNK_SHIFT)), 0);
}

TEST("pt_reserve_grow.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PT_RESERVE_GROW, NO_ARGUMENTS);
}

static unsigned grow_all(void)
{
	unsigned grown = 0;

	while (rb_pt_reserve_grow(&result) == RB_OK)
		grown++;
	return grown;
}

TEST("pt_reserve_grow.NOSPACE.quota", "the reserve has all chunks of its range", .hypervisor = "mem=64M ptres=2 ptquota=5")
{
	const struct rb_memory_range *reserve = &guest_start->memory[1];

	expect_equal(grow_all(), 3);
	need(reserve->count == 5 && reserve->present == 2, "the hypervisor's options do not reach it: %u of %u", reserve->present, reserve->count);
	refused(RB_NOSPACE, rb_pt_reserve_grow(&result));
}

TEST("pt_reserve_grow.NOSPACE.machine", "the machine has no free chunk", .hypervisor = "ptquota=120")
{
	const struct rb_memory_range *reserve = &guest_start->memory[1];

	need(grow_all() < reserve->count - reserve->present, "the machine has chunks for the whole range");
	refused(RB_NOSPACE, rb_pt_reserve_grow(&result));
}

/* ---------------- tlb_flush */

TEST("tlb_flush.all", "With scope ALL, no vCPU of the mask uses a translation from before the call.")
{
	uint64_t table, index = guest_index(KERNEL_VA, 1);

	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(1), GUEST_WRITE);
	guest_map(guest_start->user_root, USER_VA, page_with(2), GUEST_WRITE);
	expect(read_at(KERNEL_VA) == 1 && read_at(USER_VA) == 2, "not mapped");
	table = guest_table_for(guest_start->kernel_root, KERNEL_VA, 1);
	must(op(RB_OP_SET, table, index, 1, LEAF(guest_machine(page_with(3)))));
	must(op(RB_OP_SET, guest_table_for(guest_start->user_root, USER_VA, 1), guest_index(USER_VA, 1), 1, 0));
	accepted(rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 0));
	expect_equal(read_at(KERNEL_VA), 3);
	expect_equal(read_at(USER_VA), FAULT);
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
}

TEST("tlb_flush.range", "With scope RANGE, none of them uses one for the pages from the address on, in its loaded root and in the kernel half.")
{
	static const uint64_t roots[] = { 0, 1 };

	for EACH(i, roots) {
		uint64_t root = i ? guest_start->user_root : guest_start->kernel_root, va = i ? USER_VA : KERNEL_VA;

		for (uint64_t page = 0; page < 4; page++)
			guest_map(root, va + page * GUEST_PAGE, page_with(page), 0);
		for (uint64_t page = 0; page < 4; page++)
			expect_equal(read_at(va + page * GUEST_PAGE), page);
		must(op(RB_OP_SET, guest_table_for(root, va, 1), guest_index(va, 1), 4, 0));
		accepted(rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, va, 4));
		for (uint64_t page = 0; page < 4; page++)
			expect_equal(read_at(va + page * GUEST_PAGE), FAULT);
	}
}

TEST("tlb_flush.absent_ignored", "Bits of vCPUs that do not exist are ignored, also when there are no others.")
{
	need(guest_start->vcpu_count == 1, "%u vCPUs", guest_start->vcpu_count);
	accepted(rb_tlb_flush(~1ul, RB_TLB_SCOPE_ALL, 0, 0));
	accepted(rb_tlb_flush(0, RB_TLB_SCOPE_RANGE, KERNEL_VA, 1));
	accepted(rb_tlb_flush(~0ul, RB_TLB_SCOPE_ALL, 0, 0));
}

TEST("tlb_flush.no_pages", "RANGE with zero pages is allowed.")
{
	accepted(rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, KERNEL_VA, 0));
	accepted(rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, 0, 0));
}

TEST("tlb_flush.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_TLB_FLUSH, ARGUMENTS(1, RB_TLB_SCOPE_RANGE, 0x1000, 1), BAD({ 1, 2 }, { 1, 1ul << 32 }, { 1, ~0ul }, { 2, 1 }, { 2, 0x800 }, { 2, 0x1fff }),
	       GOOD({ 0, 0 }, { 0, ~0ul }, { 2, 0x7ffffffff000 }, { 2, ~0xffful }, { 3, ~0ul }));
}

TEST("tlb_flush.INVAL.not_canonical", "the address is not canonical")
{
	refused(RB_INVAL, rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, 1ul << 47, 1));
	refused(RB_INVAL, rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, RB_GATE_START - GUEST_PAGE, 1));
	refused(RB_INVAL, rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, 1ul << 63, 1));
}

TEST("tlb_flush.INVAL.all_with_address", "the scope is ALL and the address is not zero")
{
	refused(RB_INVAL, rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0x1000, 0));
}

TEST("tlb_flush.INVAL.all_with_pages", "the scope is ALL and pages is not zero")
{
	refused(RB_INVAL, rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 1));
}
