/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of page tables, each broken once.
 *
 * Provokes: every operation of pt_update with arguments that break one rule: entries (reserved bits, caching, global, sizes, alignment, whose memory, page
 * tables writable, not present with an address), runs, levels, links, roots, the hypervisor's slots, numbers of no operation.
 * Must: be refused with the status that docs/reference/ops says, without any effect; what is next to the rule and allowed must be accepted (I-2, I-3, I-4, I-6,
 * I-7).
 */
#include "test.h"

#define PRESENT	1ul
#define PWT	8ul
#define PCD	0x10ul
#define PS	0x80ul
#define GLOBAL	0x100ul
#define PAT2	0x1000ul

static uint64_t result;

/* One operation; the entry that it would change must stay if it is refused. */
static long op(uint64_t code, uint64_t frame, uint64_t index, uint64_t count, uint64_t value)
{
	return rb_pt_update(rb_op_word(code, frame, index, count), value, 0, 0, 0, 0, &result);
}

static uint64_t read_entry(uint64_t frame, uint64_t index)
{
	return ((uint64_t *)guest_pointer(frame * GUEST_PAGE))[index];
}

static unsigned tried, wrong;

static void want(long wanted, const char *what, uint64_t code, uint64_t frame, uint64_t index, uint64_t count, uint64_t value)
{
	uint64_t reserve_first = guest_start->kernel_root & ~511ul;
	bool is_there = frame >= reserve_first && frame < guest_start->kernel_root + 2048 && index < 512;
	uint64_t before = is_there ? read_entry(frame, index) : 0;
	long status = op(code, frame, index, count, value);

	tried++;
	if (status != wanted) {
		wrong++;
		check(false, "%s: status %ld instead of %ld", what, status, wanted);
	}
	if (status != RB_OK && is_there && read_entry(frame, index) != before) {
		wrong++;
		check(false, "%s: refused, but the entry is %lx now", what, read_entry(frame, index));
	}
}

static void done(const char *what)
{
	check(wrong == 0, "%s: %u operations", what, tried);
	tried = wrong = 0;
}

static void try_leaf(unsigned level, uint64_t table)
{
	uint64_t size = level == 2 ? PS : 0, ours = memory.chunk | size | PRESENT, unit = level == 2 ? ~(GUEST_CHUNK - 1) : ~0xffful;
	uint64_t attributes[] = { PWT, PCD, GLOBAL, level == 1 ? PS : PAT2 };
	static const uint64_t fine[] = { 2, 4, 0x20, 0x40, 0x200, 0x400, 0x800, GUEST_NX, 1ul << 52, 1ul << 58, 1ul << 59, 1ul << 62 };
	uint64_t foreign[] = { memory.low & unit, memory.hypervisor, memory.free, memory.end, memory.beyond };

	for (unsigned i = 0; i < 4; i++)
		want(RB_INVAL, "a caching attribute or G", RB_OP_SET, table, 3, 1, ours | attributes[i]);
	for (unsigned i = 0; i < sizeof(fine) / 8; i++)
		want(RB_OK, "a bit of the guest's", RB_OP_SET, table, 3, 1, ours | fine[i]);
	for (unsigned i = 0; i < sizeof(foreign) / 8; i++) {
		want(RB_OWNER, "memory of others, read-only", RB_OP_SET, table, 3, 1, foreign[i] | size | PRESENT);
		want(RB_OWNER, "memory of others, writable", RB_OP_SET, table, 3, 1, foreign[i] | size | PRESENT | 2);
		want(RB_OWNER, "memory of others, exchanged", RB_OP_XCHG, table, 3, 1, foreign[i] | size | PRESENT);
		if (foreign[i] && foreign[i] < memory.end)
			want(RB_INVAL, "memory of others, not present", RB_OP_SET, table, 3, 1, foreign[i] | 2);
	}
	if (memory.too_wide)
		want(RB_INVAL, "an address the processor does not have", RB_OP_SET, table, 3, 1, memory.too_wide | ours);
	want(RB_INVAL, "bit 51", RB_OP_SET, table, 3, 1, 1ul << 51 | ours);
	want(RB_OK, "page tables, read-only", RB_OP_SET, table, 3, 1, memory.reserve | size | PRESENT);
	want(RB_TYPE, "page tables, writable", RB_OP_SET, table, 3, 1, memory.reserve | size | PRESENT | 2);
	want(RB_TYPE, "page tables, writable by users", RB_OP_SET, table, 3, 1, memory.reserve | size | PRESENT | 6);
	want(RB_TYPE, "page tables, writable, exchanged", RB_OP_XCHG, table, 3, 1, memory.reserve | size | PRESENT | 2);
	want(RB_INVAL, "not present, our memory", RB_OP_SET, table, 3, 1, memory.chunk | 2);
	want(RB_INVAL, "not present, page tables", RB_OP_SET, table, 3, 1, memory.reserve);
	want(RB_INVAL, "not present, address zero, another bit", RB_OP_SET, table, 3, 1, 0x200);
	want(RB_INVAL, "not present, memory in the bits the processor has", RB_OP_SET, table, 3, 1, memory.too_wide ? memory.too_wide | memory.chunk : 2);
	want(RB_OK, "not present, an address beyond memory", RB_OP_SET, table, 3, 1, memory.end | 0x3e);
	want(RB_OK, "not present, all address bits", RB_OP_SET, table, 3, 1, 0x000ffffffffff000 | 2);
	want(RB_OK, "nothing", RB_OP_SET, table, 3, 1, 0);
	want(RB_INVAL, "a run over the end", RB_OP_SET, table, 511, 2, 0);
	want(RB_OK, "a run to the end", RB_OP_SET, table, 510, 2, 0);
	want(RB_OK, "the whole table", RB_OP_SET, table, 0, 512, 0);
	want(RB_INVAL, "the whole table from 1", RB_OP_SET, table, 1, 512, 0);
}

static void try_set(uint64_t t1, uint64_t t2, uint64_t t3, uint64_t t4)
{
	uint64_t free_frame = guest_frame();

	try_leaf(1, t1);
	done("leaves of level 1");
	try_leaf(2, t2);
	want(RB_INVAL, "level 2, no leaf", RB_OP_SET, t2, 3, 1, memory.chunk | PRESENT);
	want(RB_INVAL, "level 2, misaligned", RB_OP_SET, t2, 3, 1, (memory.chunk + 0x2000) | PS | PRESENT);
	want(RB_INVAL, "level 2, misaligned", RB_OP_SET, t2, 3, 1, (memory.chunk + 0x100000) | PS | PRESENT);
	want(RB_INVAL, "level 2, a table by hand", RB_OP_SET, t2, 3, 1, guest_machine(t1 * GUEST_PAGE) | 0x67);
	done("leaves of level 2");
	for (unsigned i = 0; i < 2; i++) {
		uint64_t table = i ? t4 : t3;

		want(RB_INVAL, "a leaf of 1 GiB", RB_OP_SET, table, 3, 1, PS | PRESENT);
		want(RB_INVAL, "a leaf of 1 GiB of ours", RB_OP_SET, table, 3, 1, memory.chunk | PS | PRESENT);
		want(RB_INVAL, "a table by hand", RB_OP_SET, table, 3, 1, guest_machine(t2 * GUEST_PAGE) | 0x67);
		want(RB_INVAL, "not present, something", RB_OP_SET, table, 3, 1, memory.end | 2);
		want(RB_OK, "nothing", RB_OP_SET, table, 3, 1, 0);
		want(RB_INVAL, "exchange with a leaf", RB_OP_XCHG, table, 3, 1, memory.chunk | PS | PRESENT);
		want(RB_OK, "exchange nothing", RB_OP_XCHG, table, 3, 1, 0);
	}
	done("levels 3 and 4");
	for (unsigned i = 0; i < 2; i++) {
		uint64_t code = i ? RB_OP_XCHG : RB_OP_SET;

		want(RB_TYPE, "a free frame", code, free_frame, 0, 1, 0);
		want(RB_NOENT, "a frame of RAM", code, 0, 0, 1, 0);
		want(RB_NOENT, "a frame that is not", code, 1ul << 39, 0, 1, 0);
		want(RB_NOENT, "the last frame of all", code, (1ul << 40) - 1, 0, 1, 0);
	}
	want(RB_INVAL, "exchange of two", RB_OP_XCHG, t1, 0, 2, 0);
	done("frames");
}

static void try_link(uint64_t t1, uint64_t t2, uint64_t t3, uint64_t t4)
{
	uint64_t free_frame = guest_frame(), other2 = guest_table(2), other4 = guest_table(4);

	want(RB_OK, "1 under 2", RB_OP_LINK, t2, 7, 1, t1);
	want(RB_BUSY, "once more", RB_OP_LINK, t2, 8, 1, t1);
	want(RB_BUSY, "at the same place", RB_OP_LINK, t2, 7, 1, t1);
	want(RB_BUSY, "under another", RB_OP_LINK, other2, 7, 1, t1);
	want(RB_TYPE, "exchange a link", RB_OP_XCHG, t2, 7, 1, 0);
	want(RB_TYPE, "itself", RB_OP_LINK, t2, 9, 1, t2);
	want(RB_TYPE, "2 under 2", RB_OP_LINK, t2, 9, 1, other2);
	want(RB_TYPE, "1 under 3", RB_OP_LINK, t3, 9, 1, guest_table(1));
	want(RB_TYPE, "1 under 4", RB_OP_LINK, t4, 9, 1, guest_table(1));
	want(RB_TYPE, "3 under 2", RB_OP_LINK, t2, 9, 1, t3);
	want(RB_TYPE, "4 under 3", RB_OP_LINK, t3, 9, 1, other4);
	want(RB_TYPE, "4 under 4", RB_OP_LINK, t4, 9, 1, other4);
	want(RB_TYPE, "the kernel root under 3", RB_OP_LINK, t3, 9, 1, guest_start->kernel_root);
	want(RB_INVAL, "something under 1", RB_OP_LINK, guest_table(1), 9, 1, t1);
	want(RB_TYPE, "a free frame", RB_OP_LINK, t2, 9, 1, free_frame);
	want(RB_TYPE, "under a free frame", RB_OP_LINK, free_frame, 9, 1, t1);
	want(RB_NOENT, "a frame of RAM", RB_OP_LINK, t2, 9, 1, 0);
	want(RB_NOENT, "no frame", RB_OP_LINK, t2, 9, 1, ~0ul);
	want(RB_NOENT, "no frame, wide", RB_OP_LINK, t2, 9, 1, t1 | 1ul << 40);
	want(RB_NOENT, "no frame, machine address", RB_OP_LINK, t2, 9, 1, guest_machine(t1 * GUEST_PAGE));
	want(RB_NOENT, "under RAM", RB_OP_LINK, 0, 9, 1, t1);
	want(RB_INVAL, "two", RB_OP_LINK, t3, 9, 2, t2);
	want(RB_OK, "2 under 3", RB_OP_LINK, t3, 9, 1, t2);
	want(RB_OK, "3 under 4", RB_OP_LINK, t4, 9, 1, t3);
	done("links");

	want(RB_BUSY, "type a linked one anew", RB_OP_TYPE, t1, 0, 1, 1);
	want(RB_BUSY, "type a linked one otherwise", RB_OP_TYPE, t2, 0, 1, 1);
	want(RB_OK, "unlink", RB_OP_SET, t4, 9, 1, 0);
	want(RB_OK, "type a parent anew", RB_OP_TYPE, t3, 0, 1, 3);
	want(RB_OK, "its child is free to go", RB_OP_TYPE, t2, 0, 1, 1);
	want(RB_OK, "and that one's", RB_OP_TYPE, t1, 0, 1, 3);
	done("types of linked frames");
}

static void try_type(void)
{
	uint64_t frame = guest_frame();
	const struct rb_memory_range *reserve = &guest_start->memory[1];
	uint64_t last = (uint64_t)(reserve->first_chunk + reserve->present) * RB_CHUNK_PAGES - 1;

	want(RB_INVAL, "level 0", RB_OP_TYPE, frame, 0, 1, 0);
	want(RB_INVAL, "level 5", RB_OP_TYPE, frame, 0, 1, 5);
	want(RB_INVAL, "level 2^32 + 1", RB_OP_TYPE, frame, 0, 1, (1ul << 32) + 1);
	want(RB_INVAL, "level -1", RB_OP_TYPE, frame, 0, 1, ~0ul);
	want(RB_INVAL, "an index", RB_OP_TYPE, frame, 1, 1, 1);
	want(RB_NOENT, "RAM", RB_OP_TYPE, 0, 0, 1, 1);
	want(RB_NOENT, "before the reserve", RB_OP_TYPE, reserve->first_chunk * RB_CHUNK_PAGES - 1, 0, 1, 1);
	want(RB_NOENT, "after what is present", RB_OP_TYPE, last + 1, 0, 1, 1);
	want(RB_NOENT, "a run over the end", RB_OP_TYPE, last, 0, 2, 1);
	want(RB_NOENT, "no frame", RB_OP_TYPE, (1ul << 40) - 1, 0, 1, 1);
	want(RB_NOENT, "no frames", RB_OP_TYPE, (1ul << 40) - 1, 0, 512, 1);
	want(RB_BUSY, "the kernel root", RB_OP_TYPE, guest_start->kernel_root, 0, 1, 4);
	want(RB_BUSY, "the kernel root as 1", RB_OP_TYPE, guest_start->kernel_root, 0, 1, 1);
	want(RB_BUSY, "the loaded root", RB_OP_TYPE, guest_start->user_root, 0, 1, 4);
	want(RB_BUSY, "the loaded root as 2", RB_OP_TYPE, guest_start->user_root, 0, 1, 2);
	for (uint64_t level = 1; level <= 4; level++)
		want(RB_OK, "one frame, all levels", RB_OP_TYPE, frame, 0, 1, level);
	done("types");
}

static void try_roots(void)
{
	uint64_t user = guest_start->user_root, kernel = guest_start->kernel_root, other = guest_table(4), t3 = guest_table(3);

	for (uint64_t index = 256; index < 512; index++) {
		want(RB_INVAL, "upper half of a user root", RB_OP_LINK, user, index, 1, t3);
		want(RB_INVAL, "upper half of a user root, not loaded", RB_OP_LINK, other, index, 1, t3);
		want(RB_INVAL, "clear there", RB_OP_SET, user, index, 1, 0);
		want(RB_INVAL, "exchange there", RB_OP_XCHG, user, index, 1, 0);
	}
	for (uint64_t index = 0; index < 272; index++) {
		want(RB_INVAL, "the kernel root, lower half and gate", RB_OP_LINK, kernel, index, 1, t3);
		want(RB_INVAL, "clear there", RB_OP_SET, kernel, index, 1, 0);
		want(RB_INVAL, "exchange there", RB_OP_XCHG, kernel, index, 1, 0);
	}
	want(RB_INVAL, "a run into the gate's slots", RB_OP_SET, user, 255, 2, 0);
	want(RB_INVAL, "a run from the gate's slots", RB_OP_SET, kernel, 271, 2, 0);
	want(RB_TYPE, "AND in a user root", RB_OP_AND, user, 0, 1, ~2ul);
	want(RB_TYPE, "AND in the kernel root", RB_OP_AND, kernel, 256, 1, ~2ul);
	want(RB_OK, "the last slot of a user root", RB_OP_LINK, user, 255, 1, t3);
	want(RB_OK, "given back", RB_OP_SET, user, 255, 1, 0);
	want(RB_OK, "the first slot of the kernel root", RB_OP_LINK, kernel, 272, 1, t3);
	want(RB_OK, "given back", RB_OP_SET, kernel, 272, 1, 0);
	done("roots and the hypervisor's slots");

	check_status(rb_root_load(kernel), RB_TYPE);
	check_status(rb_root_load(t3), RB_TYPE);
	check_status(rb_root_load(guest_frame()), RB_TYPE);
	check_status(rb_root_load(0), RB_NOENT);
	check_status(rb_root_load((1ul << 40) - 1), RB_NOENT);
	check_status(rb_root_load(1ul << 40), RB_INVAL);
}

static void try_others(uint64_t t1)
{
	uint64_t free_frame = guest_frame();

	for (unsigned bit = 0; bit < 64; bit++)
		want(bit == 1 || bit == 5 || bit == 6 ? RB_OK : RB_INVAL, "AND with one bit", RB_OP_AND, t1, 0, 1, ~(1ul << bit));
	want(RB_OK, "AND with all ones", RB_OP_AND, t1, 0, 512, ~0ul);
	want(RB_INVAL, "AND over the end", RB_OP_AND, t1, 1, 512, ~0ul);
	want(RB_TYPE, "AND of a free frame", RB_OP_AND, free_frame, 0, 1, ~0ul);
	want(RB_NOENT, "AND of RAM", RB_OP_AND, 0, 0, 1, ~0ul);
	done("AND");

	want(RB_OK, "flush all", RB_OP_FLUSH, 0, 0, 1, 0);
	want(RB_OK, "flush a page", RB_OP_FLUSH, 0, 1, 1, 0x1000);
	want(RB_OK, "flush pages", RB_OP_FLUSH, 0, 1, 512, RB_GATE_END);
	want(RB_INVAL, "flush all of an address", RB_OP_FLUSH, 0, 0, 1, 0x1000);
	want(RB_INVAL, "flush all with a count", RB_OP_FLUSH, 0, 0, 2, 0);
	want(RB_INVAL, "flush of a frame", RB_OP_FLUSH, t1, 1, 1, 0x1000);
	want(RB_INVAL, "flush with another index", RB_OP_FLUSH, 0, 2, 1, 0x1000);
	want(RB_INVAL, "flush, misaligned", RB_OP_FLUSH, 0, 1, 1, 0x1001);
	want(RB_INVAL, "flush, not canonical", RB_OP_FLUSH, 0, 1, 1, 1ul << 47);
	done("FLUSH");

	for (uint64_t code = RB_NR_OPS; code < 64; code++)
		want(RB_NOSYS, "no operation", code, t1, 0, 1, 0);
	check_status(rb_pt_update(RB_OP_NOP, 1, 0, 0, 0, 0, &result), RB_INVAL);
	check_status(rb_pt_update(rb_op_word(RB_OP_NOP, 0, 1, 1), 0, 0, 0, 0, 0, &result), RB_INVAL);
	check_status(rb_pt_update(0, 0, 0, 0, 0, 0, &result), RB_OK);
	done("numbers of no operation");

	check_status(rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 0), RB_OK);
	check_status(rb_tlb_flush(~0ul, RB_TLB_SCOPE_RANGE, 0x1000, 7), RB_OK);
	check_status(rb_tlb_flush(~1ul, RB_TLB_SCOPE_ALL, 0, 0), RB_OK);
	check_status(rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0x1000, 0), RB_INVAL);
	check_status(rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 1), RB_INVAL);
	check_status(rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, 1ul << 63, 1), RB_INVAL);
	check_status(rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, 0x1001, 1), RB_INVAL);
	check_status(rb_tlb_flush(1, (enum rb_tlb_scope)2, 0, 0), RB_INVAL);
}

int main(struct rb_start_info *start)
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2), t3 = guest_table(3), t4 = guest_table(4);

	memory_find();
	try_set(t1, t2, t3, t4);
	try_link(t1, t2, t3, t4);
	try_type();
	try_roots();
	try_others(guest_table(1));
	return test_end();
}
