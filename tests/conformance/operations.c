/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table operations but SET and XCHG (entries.c), each as the only one of a pt_update call: what it does, and every cause of its errors.
 */
#include "tables.h"

static uint64_t page, chunk;	/* machine addresses of ours: a 4 KiB page and a 2 MiB chunk */

void image_reset(void)
{
	memory_find();
	page = memory.chunk + 7 * GUEST_PAGE;
	chunk = memory.chunk;
}

/* ---------------- NOP */

TEST("op.NOP.nothing", "Nothing changes.")
{
	struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);
	uint64_t done = counter(RB_COUNTER_PT_OPS);
	static uint8_t copy[GUEST_PAGE];
	uint64_t table = guest_table(1);

	must(op(RB_OP_SET, table, 0, 1, LEAF(page)));
	memcpy(copy, guest_pointer(table * GUEST_PAGE), GUEST_PAGE);
	done = counter(RB_COUNTER_PT_OPS);
	queue[0] = (struct rb_pt_op){ 0, 0 };
	accepted(rb_pt_batch(0, 1, &result));
	expect(!memcmp(copy, guest_pointer(table * GUEST_PAGE), GUEST_PAGE), "a table changed");
	expect_equal(counter(RB_COUNTER_PT_OPS), done + 1);
	expect(queue[0].word == 0 && queue[0].value == 0, "the queue page changed");
}

TEST("op.NOP.INVAL.word", "the rest of the word is not zero")
{
	for (unsigned bit = RB_PT_OP_WORD_COUNT_SHIFT; bit < 64; bit++)
		refused(RB_INVAL, rb_pt_update(1ul << bit, 0, 0, 0, 0, 0, &result));
}

TEST("op.NOP.INVAL.value", "the value is not zero")
{
	refused(RB_INVAL, rb_pt_update(0, 1, 0, 0, 0, 0, &result));
	refused(RB_INVAL, rb_pt_update(0, 1ul << 63, 0, 0, 0, 0, &result));
}

/* ---------------- TYPE */

TEST("op.TYPE.empty", "All entries of the tables are zero, also where a frame was a table of the same level before.")
{
	uint64_t frame = guest_frame();

	for (unsigned i = 1; i < 8; i++)
		guest_frame();
	accepted(op(RB_OP_TYPE, frame, 0, 8, 1));
	for (unsigned i = 0; i < 8; i++)
		expect(table_is_empty(frame + i), "frame %u of the run", i);
	for (unsigned i = 0; i < 8; i++)
		must(op(RB_OP_SET, frame + i, 0, 512, LEAF(chunk)));
	accepted(op(RB_OP_TYPE, frame, 0, 8, 1));
	for (unsigned i = 0; i < 8; i++)
		expect(table_is_empty(frame + i), "frame %u, typed anew", i);
	must(op(RB_OP_SET, frame, 0, 512, LEAF(chunk)));
	accepted(op(RB_OP_TYPE, frame, 0, 1, 2));
	expect(table_is_empty(frame), "typed otherwise");
}

TEST("op.TYPE.unlinks", "A table that such a frame linked becomes typed, and keeps its level and content.")
{
	uint64_t upper = guest_table(2), lower[3];

	for (unsigned i = 0; i < 3; i++) {
		lower[i] = guest_table(1);
		must(op(RB_OP_SET, lower[i], 9, 1, LEAF(page)));
		must(op(RB_OP_LINK, upper, i * 255, 1, lower[i]));
	}
	accepted(op(RB_OP_TYPE, upper, 0, 1, 2));
	for (unsigned i = 0; i < 3; i++) {
		expect(is_typed(lower[i], 1), "table %u", i);
		expect_equal(entry_at(lower[i], 9), LEAF(page));
	}
}

TEST("op.TYPE.any_level", "A frame that is typed and not linked may become a table of any level.")
{
	uint64_t frame = guest_frame();

	for (unsigned from = 1; from <= 4; from++) {
		for (unsigned to = 1; to <= 4; to++) {
			must(op(RB_OP_TYPE, frame, 0, 1, from));
			accepted(op(RB_OP_TYPE, frame, 0, 1, to));
			/* Its level is what LINK wants of it, and what it may link. */
			expect(to == 4 ? rb_root_load(frame) == RB_OK : is_typed(frame, to), "from %u to %u", from, to);
			must(rb_root_load(guest_start->user_root));
		}
	}
}

TEST("op.TYPE.counters", "FRAMES_TYPED grows by one for each frame that was free, and for each table that was unlinked.")
{
	uint64_t upper = guest_table(2), lower = guest_table(1), frame = guest_frame(), typed, linked;

	guest_frame();
	typed = counter(RB_COUNTER_FRAMES_TYPED);
	accepted(op(RB_OP_TYPE, frame, 0, 2, 1));
	expect_equal(counter(RB_COUNTER_FRAMES_TYPED), typed + 2);
	accepted(op(RB_OP_TYPE, frame, 0, 2, 3));
	expect_equal(counter(RB_COUNTER_FRAMES_TYPED), typed + 2);
	must(op(RB_OP_LINK, upper, 0, 1, lower));
	typed = counter(RB_COUNTER_FRAMES_TYPED);
	linked = counter(RB_COUNTER_FRAMES_LINKED);
	accepted(op(RB_OP_TYPE, upper, 0, 1, 2));
	expect_equal(counter(RB_COUNTER_FRAMES_TYPED), typed + 1);
	expect_equal(counter(RB_COUNTER_FRAMES_LINKED), linked - 1);
}

TEST("op.TYPE.INVAL.level", "the level is not 1 to 4")
{
	uint64_t frame = guest_frame();
	static const uint64_t levels[] = { 0, 5, 255, 1ul << 32 | 1, 1ul << 63 | 2, ~0ul };

	for EACH(i, levels)
		refused(RB_INVAL, op(RB_OP_TYPE, frame, 0, 1, levels[i]));
}

TEST("op.TYPE.INVAL.index", "the index is not zero")
{
	uint64_t frame = guest_frame();

	refused(RB_INVAL, op(RB_OP_TYPE, frame, 1, 1, 1));
	refused(RB_INVAL, op(RB_OP_TYPE, frame, 511, 1, 1));
}

TEST("op.TYPE.NOENT.not_reserve", "a frame is not in the page-table reserve")
{
	uint64_t frames[] = FRAMES_NOT_RESERVE, last = reserve_end() - 1;

	for EACH(i, frames)
		refused(RB_NOENT, op(RB_OP_TYPE, frames[i], 0, 1, 1));
	/* Of a run, those before that are tables then. */
	expect_equal(op(RB_OP_TYPE, last, 0, 2, 1), RB_NOENT);
	accepted(op(RB_OP_SET, last, 0, 1, 0));
}

TEST("op.TYPE.BUSY.linked", "a frame is linked")
{
	struct chain chain = chain_make();

	for (unsigned level = 1; level <= 3; level++) {
		refused(RB_BUSY, op(RB_OP_TYPE, chain.t[level], 0, 1, level));
		refused(RB_BUSY, op(RB_OP_TYPE, chain.t[level], 0, 1, 4));
	}
}

TEST("op.TYPE.BUSY.loaded", "a frame is a root that is loaded")
{
	refused(RB_BUSY, op(RB_OP_TYPE, guest_start->user_root, 0, 1, 4));
	refused(RB_BUSY, op(RB_OP_TYPE, guest_start->user_root, 0, 1, 1));
}

TEST("op.TYPE.BUSY.kernel_root", "a frame is the kernel root")
{
	refused(RB_BUSY, op(RB_OP_TYPE, guest_start->kernel_root, 0, 1, 4));
	refused(RB_BUSY, op(RB_OP_TYPE, guest_start->kernel_root, 0, 1, 1));
}

/* ---------------- LINK */

TEST("op.LINK.entry", "The entry is present, writable, user, accessed and dirty, and has the machine address of the lower table; nothing else is set.")
{
	struct chain chain = chain_make();

	for (unsigned level = 4; level >= 2; level--)
		expect_equal(entry_at(chain.t[level], 5 - level), machine_of_table(chain.t[level - 1]) | LINKS);
}

TEST("op.LINK.kernel_half", "In the kernel root the entry is not user: the upper half is the kernel's only.")
{
	uint64_t lower = guest_table(3);

	need(!entry_at(guest_start->kernel_root, 300), "the kernel root's entry 300 is in use");
	accepted(op(RB_OP_LINK, guest_start->kernel_root, 300, 1, lower));
	expect_equal(entry_at(guest_start->kernel_root, 300), machine_of_table(lower) | (LINKS & ~GUEST_USER));
	must(op(RB_OP_SET, guest_start->kernel_root, 300, 1, 0));
}

TEST("op.LINK.in_effect", "The lower table serves at once, with what it holds.")
{
	uint64_t lower = guest_table(1), upper = guest_table_for(guest_start->user_root, USER_VA, 2), data = page_with(0x717);

	must(op(RB_OP_SET, lower, guest_index(USER_VA, 1), 1, LEAF(guest_machine(data))));
	expect_equal(read_at(USER_VA), FAULT);
	accepted(op(RB_OP_LINK, upper, guest_index(USER_VA, 2), 1, lower));
	expect_equal(read_at(USER_VA), 0x717);
	must(op(RB_OP_SET, upper, guest_index(USER_VA, 2), 1, 0));
	guest_flush(USER_VA, 1);
}

TEST("op.LINK.replaces", "What the entry held is replaced; a table that it linked becomes typed, and keeps its level and content.")
{
	uint64_t upper = guest_table(2), a = guest_table(1), b = guest_table(1);

	must(op(RB_OP_SET, a, 9, 1, LEAF(page)));
	must(op(RB_OP_SET, upper, 3, 1, LARGE(chunk)));
	accepted(op(RB_OP_LINK, upper, 3, 1, a));
	expect_equal(entry_at(upper, 3), machine_of_table(a) | LINKS);
	accepted(op(RB_OP_LINK, upper, 3, 1, b));
	expect_equal(entry_at(upper, 3), machine_of_table(b) | LINKS);
	expect(is_typed(a, 1) && entry_at(a, 9) == LEAF(page), "the table before");
	refused(RB_BUSY, op(RB_OP_TYPE, b, 0, 1, 1));
}

TEST("op.LINK.counters", "FRAMES_LINKED grows by one and FRAMES_TYPED becomes less by one, if the entry linked nothing before.")
{
	uint64_t upper = guest_table(2), lower = guest_table(1), other = guest_table(1);
	uint64_t typed = counter(RB_COUNTER_FRAMES_TYPED), linked = counter(RB_COUNTER_FRAMES_LINKED);

	accepted(op(RB_OP_LINK, upper, 0, 1, lower));
	expect(counter(RB_COUNTER_FRAMES_TYPED) == typed - 1 && counter(RB_COUNTER_FRAMES_LINKED) == linked + 1, "typed %ld, linked %ld",
	       counter(RB_COUNTER_FRAMES_TYPED) - typed, counter(RB_COUNTER_FRAMES_LINKED) - linked);
	accepted(op(RB_OP_LINK, upper, 0, 1, other));
	expect(counter(RB_COUNTER_FRAMES_TYPED) == typed - 1 && counter(RB_COUNTER_FRAMES_LINKED) == linked + 1, "in place of a link: typed %ld, linked %ld",
	       counter(RB_COUNTER_FRAMES_TYPED) - typed, counter(RB_COUNTER_FRAMES_LINKED) - linked);
}

TEST("op.LINK.loaded", "A change of a root that is loaded is a change of the address space at once.")
{
	struct chain chain = chain_make();
	uint64_t data = page_with(0x91), index = guest_index(FAR_USER_VA, 4);

	must(op(RB_OP_SET, chain.t[4], 1, 1, 0));
	must(op(RB_OP_SET, chain.t[1], 0, 1, LEAF(guest_machine(data))));
	need(!entry_at(guest_start->user_root, index + 1), "the slot is in use");
	accepted(op(RB_OP_LINK, guest_start->user_root, index + 1, 1, chain.t[3]));
	expect_equal(read_at(((index + 1) << 39) + (CHAIN_VA & ((1ul << 39) - 1))), 0x91);
	must(op(RB_OP_SET, guest_start->user_root, index + 1, 1, 0));
	/* The kernel root is in every address space. */
	need(!entry_at(guest_start->kernel_root, 300), "the kernel root's entry 300 is in use");
	accepted(op(RB_OP_LINK, guest_start->kernel_root, 300, 1, chain.t[3]));
	expect_equal(read_at(0xfffful << 48 | 300ul << 39 | (CHAIN_VA & ((1ul << 39) - 1))), 0x91);
	must(op(RB_OP_SET, guest_start->kernel_root, 300, 1, 0));
	must(op(RB_OP_FLUSH, 0, 0, 1, 0));
}

TEST("op.LINK.INVAL.count", "count is not one")
{
	uint64_t upper = guest_table(2), lower = guest_table(1);

	refused(RB_INVAL, op(RB_OP_LINK, upper, 0, 2, lower));
	refused(RB_INVAL, op(RB_OP_LINK, upper, 0, 512, lower));
}

TEST("op.LINK.INVAL.level_1", "the table is of level 1")
{
	uint64_t table = guest_table(1), lower = guest_table(1), upper = guest_table(2);

	refused(RB_INVAL, op(RB_OP_LINK, table, 0, 1, lower));
	refused(RB_INVAL, op(RB_OP_LINK, table, 0, 1, upper));
	refused(RB_INVAL, op(RB_OP_LINK, table, 0, 1, table));
}

TEST("op.LINK.INVAL.half", "the table is a root, and the index is not in the half that it serves: 0 to 255 of a user root, 272 to 511 of the kernel root")
{
	uint64_t lower = guest_table(3), root = guest_table(4);

	refuse_half(RB_OP_LINK, lower);
	accepted(op(RB_OP_LINK, root, 255, 1, lower));
	must(op(RB_OP_SET, root, 255, 1, 0));
	accepted(op(RB_OP_LINK, guest_start->kernel_root, 300, 1, lower));
	must(op(RB_OP_SET, guest_start->kernel_root, 300, 1, 0));
}

TEST("op.LINK.NOENT.table", "the frame is not in the page-table reserve")
{
	refuse_not_reserve(RB_OP_LINK, guest_table(1));
}

TEST("op.LINK.NOENT.lower", "the lower frame is not in the page-table reserve")
{
	uint64_t upper = guest_table(2), lower = guest_table(1);
	const uint64_t frames[] = { 0, reserve_first() - 1, reserve_end(), (1ul << 40) - 1, lower | 1ul << 40, machine_of_table(lower), ~0ul };

	for EACH(i, frames)
		refused(RB_NOENT, op(RB_OP_LINK, upper, 0, 1, frames[i]));
}

TEST("op.LINK.TYPE.free", "the frame is not a table")
{
	refuse_free(RB_OP_LINK, guest_table(1));
}

TEST("op.LINK.TYPE.lower_free", "the lower frame is not a table")
{
	uint64_t upper = guest_table(2), frame = guest_frame();

	refused(RB_TYPE, op(RB_OP_LINK, upper, 0, 1, frame));
}

TEST("op.LINK.TYPE.levels", "the lower table's level is not the next lower one")
{
	for (unsigned upper = 2; upper <= 4; upper++) {
		for (unsigned lower = 1; lower <= 4; lower++) {
			uint64_t parent = guest_table(upper), child = guest_table(lower);

			if (lower != upper - 1)
				refused(RB_TYPE, op(RB_OP_LINK, parent, 0, 1, child));
		}
	}
	uint64_t table = guest_table(3);

	refused(RB_TYPE, op(RB_OP_LINK, table, 0, 1, table));
	refused(RB_TYPE, op(RB_OP_LINK, table, 0, 1, guest_start->kernel_root));
}

TEST("op.LINK.BUSY.linked", "the lower table is linked already")
{
	struct chain chain = chain_make();

	for (unsigned level = 2; level <= 4; level++) {
		uint64_t other = guest_table(level);

		refused(RB_BUSY, op(RB_OP_LINK, chain.t[level], 0, 1, chain.t[level - 1]));
		refused(RB_BUSY, op(RB_OP_LINK, chain.t[level], 5 - level, 1, chain.t[level - 1]));
		refused(RB_BUSY, op(RB_OP_LINK, other, 0, 1, chain.t[level - 1]));
	}
}

/* ---------------- AND */

TEST("op.AND.clears", "In each present leaf of the run the bits that are zero in the mask are cleared, and the others stay.")
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);
	const uint64_t bits = 0x66ul | 0xe00ul | 0xffful << 52;

	must(op(RB_OP_SET, t1, 0, 4, LEAF(page) | bits));
	accepted(op(RB_OP_AND, t1, 1, 2, ~GUEST_WRITE));
	expect_equal(entry_at(t1, 0), LEAF(page) | bits);
	expect_equal(entry_at(t1, 1), ((LEAF(page) | bits) + GUEST_PAGE) & ~GUEST_WRITE);
	expect_equal(entry_at(t1, 2), ((LEAF(page) | bits) + 2 * GUEST_PAGE) & ~GUEST_WRITE);
	expect_equal(entry_at(t1, 3), (LEAF(page) | bits) + 3 * GUEST_PAGE);
	accepted(op(RB_OP_AND, t1, 0, 512, ~(GUEST_ACCESSED | GUEST_DIRTY)));
	expect_equal(entry_at(t1, 0), LEAF(page) | (bits & ~0x60ul));
	accepted(op(RB_OP_AND, t1, 0, 512, ~0ul));
	expect_equal(entry_at(t1, 0), LEAF(page) | (bits & ~0x60ul));
	must(op(RB_OP_SET, t2, 0, 1, LARGE(chunk) | bits));
	accepted(op(RB_OP_AND, t2, 0, 1, ~(GUEST_WRITE | GUEST_ACCESSED | GUEST_DIRTY)));
	expect_equal(entry_at(t2, 0), LARGE(chunk) | (bits & ~0x62ul));
}

TEST("op.AND.absent", "Entries that are not present stay as they are.")
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);

	must(op(RB_OP_SET, t1, 0, 2, memory.end | 0x62));
	must(op(RB_OP_SET, t2, 0, 2, memory.end | 0x62));
	accepted(op(RB_OP_AND, t1, 0, 512, ~0x62ul));
	accepted(op(RB_OP_AND, t2, 0, 512, ~0x62ul));
	expect_equal(entry_at(t1, 1), memory.end | 0x62);
	expect_equal(entry_at(t2, 1), memory.end | 0x62);
	expect_equal(entry_at(t1, 2), 0);
}

TEST("op.AND.links", "In an entry that links a table, accessed is cleared if the mask says so, and nothing else.")
{
	struct chain chain = chain_make();

	for (unsigned level = 2; level <= 3; level++) {
		uint64_t before = entry_at(chain.t[level], 5 - level);

		accepted(op(RB_OP_AND, chain.t[level], 0, 512, ~(GUEST_WRITE | GUEST_DIRTY)));
		expect_equal(entry_at(chain.t[level], 5 - level), before);
		accepted(op(RB_OP_AND, chain.t[level], 0, 512, ~(GUEST_WRITE | GUEST_DIRTY | GUEST_ACCESSED)));
		expect_equal(entry_at(chain.t[level], 5 - level), before & ~GUEST_ACCESSED);
	}
}

TEST("op.AND.INVAL.mask", "the mask clears another bit than 1, 5 and 6")
{
	uint64_t table = guest_table(1);

	must(op(RB_OP_SET, table, 0, 1, LEAF(page)));
	for (unsigned bit = 0; bit < 64; bit++)
		if (bit != 1 && bit != 5 && bit != 6)
			refused(RB_INVAL, op(RB_OP_AND, table, 0, 1, ~(1ul << bit)));
	refused(RB_INVAL, op(RB_OP_AND, table, 0, 1, 0));
}

TEST("op.AND.INVAL.run", "the run leaves the table")
{
	for (unsigned level = 1; level <= 3; level++) {
		uint64_t table = guest_table(level);

		refused(RB_INVAL, op(RB_OP_AND, table, 511, 2, ~GUEST_WRITE));
		refused(RB_INVAL, op(RB_OP_AND, table, 1, 512, ~GUEST_WRITE));
		accepted(op(RB_OP_AND, table, 0, 512, ~GUEST_WRITE));
	}
}

TEST("op.AND.NOENT.not_reserve", "the frame is not in the page-table reserve")
{
	refuse_not_reserve(RB_OP_AND, ~0ul);
}

TEST("op.AND.TYPE.free", "the frame is not a table")
{
	refuse_free(RB_OP_AND, ~0ul);
}

TEST("op.AND.TYPE.root", "the frame is a table of level 4")
{
	uint64_t root = guest_table(4);

	refused(RB_TYPE, op(RB_OP_AND, root, 0, 1, ~GUEST_ACCESSED));
	refused(RB_TYPE, op(RB_OP_AND, guest_start->user_root, 0, 1, ~GUEST_ACCESSED));
	refused(RB_TYPE, op(RB_OP_AND, guest_start->kernel_root, 511, 1, ~GUEST_ACCESSED));
}

/* ---------------- FLUSH */

/* Maps another page at an address that was just read, without a flush. */
static void remap(uint64_t root, uint64_t address, uint64_t word)
{
	must(op(RB_OP_SET, guest_table_for(root, address, 1), guest_index(address, 1), 1, LEAF(guest_machine(page_with(word)))));
}

TEST("op.FLUSH.all", "With index zero, no translation from before the operation is used.")
{
	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(1), 0);
	guest_map(guest_start->user_root, USER_VA, page_with(2), 0);
	expect(read_at(KERNEL_VA) == 1 && read_at(USER_VA) == 2, "not mapped");
	remap(guest_start->kernel_root, KERNEL_VA, 3);
	remap(guest_start->user_root, USER_VA, 4);
	accepted(op(RB_OP_FLUSH, 0, 0, 1, 0));
	expect_equal(read_at(KERNEL_VA), 3);
	expect_equal(read_at(USER_VA), 4);
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
	guest_unmap(guest_start->user_root, USER_VA);
}

TEST("op.FLUSH.pages", "With index one, none is used for the `count` pages of 4 KiB from the address on, in the loaded root and the kernel half.")
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t root = i ? guest_start->user_root : guest_start->kernel_root, va = i ? USER_VA : KERNEL_VA;

		for (uint64_t n = 0; n < 3; n++) {
			guest_map(root, va + n * GUEST_PAGE, page_with(n), 0);
			expect_equal(read_at(va + n * GUEST_PAGE), n);
			remap(root, va + n * GUEST_PAGE, 10 + n);
		}
		accepted(op(RB_OP_FLUSH, 0, 1, 3, va));
		for (uint64_t n = 0; n < 3; n++)
			expect_equal(read_at(va + n * GUEST_PAGE), 10 + n);
		for (uint64_t n = 0; n < 3; n++)
			guest_unmap(root, va + n * GUEST_PAGE);
	}
	accepted(op(RB_OP_FLUSH, 0, 1, 512, RB_GATE_END));
	accepted(op(RB_OP_FLUSH, 0, 1, 512, ~0xffful));
}

TEST("op.FLUSH.ordered", "Changes by operations before it, of the same call too, are seen.")
{
	uint64_t table, word;

	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(1), 0);
	table = guest_table_for(guest_start->kernel_root, KERNEL_VA, 1);
	expect_equal(read_at(KERNEL_VA), 1);
	word = rb_op_word(RB_OP_SET, table, guest_index(KERNEL_VA, 1), 1);
	accepted(rb_pt_update(word, LEAF(guest_machine(page_with(2))), rb_op_word(RB_OP_FLUSH, 0, 1, 1), KERNEL_VA, 0, 0, &result));
	expect_equal(read_at(KERNEL_VA), 2);
	accepted(rb_pt_update(word, 0, rb_op_word(RB_OP_FLUSH, 0, 0, 1), 0, 0, 0, &result));
	expect_equal(read_at(KERNEL_VA), FAULT);
}

TEST("op.FLUSH.INVAL.frame", "the frame is not zero")
{
	refused(RB_INVAL, op(RB_OP_FLUSH, 1, 0, 1, 0));
	refused(RB_INVAL, op(RB_OP_FLUSH, guest_start->user_root, 1, 1, KERNEL_VA));
	refused(RB_INVAL, op(RB_OP_FLUSH, 1ul << 39, 1, 1, KERNEL_VA));
}

TEST("op.FLUSH.INVAL.index", "the index is not zero or one")
{
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 2, 1, 0));
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 511, 1, KERNEL_VA));
}

TEST("op.FLUSH.INVAL.count", "the index is zero, and the count is not one")
{
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 0, 2, 0));
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 0, 512, 0));
}

TEST("op.FLUSH.INVAL.value", "the index is zero, and the value is not zero")
{
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 0, 1, KERNEL_VA));
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 0, 1, GUEST_PAGE));
}

TEST("op.FLUSH.INVAL.misaligned", "the address is not a multiple of 4 KiB")
{
	for (uint64_t offset = 1; offset < GUEST_PAGE; offset <<= 1)
		refused(RB_INVAL, op(RB_OP_FLUSH, 0, 1, 1, KERNEL_VA + offset));
}

TEST("op.FLUSH.INVAL.not_canonical", "the address is not canonical")
{
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 1, 1, 1ul << 47));
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 1, 1, RB_GATE_START - GUEST_PAGE));
	refused(RB_INVAL, op(RB_OP_FLUSH, 0, 1, 1, 1ul << 63));
}
