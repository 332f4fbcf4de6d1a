/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Batches of page-table operations.
 *
 * Provokes: pt_batch with 0 to 256 operations from every part of the queue page, with one refused at each place, with runs that are refused in the
 * middle; pt_update with one to three; the queue page moved, and in places where it cannot be.
 * Must: apply them in order, stop at the first that is refused, say how many took effect, store XCHG's old entries (I-15, I-20).
 */
#include "test.h"

static struct rb_pt_op *queue;
static uint64_t table, machine;

static uint64_t entry(uint64_t index)
{
	return ((volatile uint64_t *)guest_pointer(table * GUEST_PAGE))[index];
}

static void fill(unsigned first, unsigned count, uint64_t flags)
{
	for (unsigned i = 0; i < count; i++) {
		queue[first + i].word = rb_op_word(RB_OP_SET, table, first + i, 1);
		queue[first + i].value = (machine + (first + i) * GUEST_PAGE) | flags;
	}
}

static void clear(void)
{
	guest_must(guest_op(RB_OP_SET, table, 0, 512, 0));
	memset(queue, 0, GUEST_PAGE);
}

static unsigned entries_set(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 512; i++)
		count += entry(i) != 0;
	return count;
}

static void try_counts(void)
{
	uint64_t done;
	bool good = true;

	for (unsigned count = 0; count <= 256; count++) {
		unsigned first = (256 - count) / 2;

		clear();
		fill(first, count, 1);
		good &= rb_pt_batch(first, count, &done) == RB_OK && done == count && entries_set() == count;
		for (unsigned i = first; i < first + count; i++)
			good &= entry(i) == ((machine + i * GUEST_PAGE) | 1);
	}
	check(good, "batches of 0 to 256");
	check_status(rb_pt_batch(0, 257, &done), RB_INVAL);
	check_status(rb_pt_batch(1, 256, &done), RB_INVAL);
	check_status(rb_pt_batch(255, 2, &done), RB_INVAL);
	check_status(rb_pt_batch(256, 0, &done), RB_INVAL);
	check_status(rb_pt_batch(~0ul, 1, &done), RB_INVAL);
	check_status(rb_pt_batch(1, ~0ul, &done), RB_INVAL);
}

static void try_refused(void)
{
	uint64_t done;
	bool good = true;

	for (unsigned bad = 0; bad < 256; bad += 5) {
		clear();
		fill(0, 256, 1);
		queue[bad].value = 0x200000 | 1;	/* the hypervisor's */
		good &= rb_pt_batch(0, 256, &done) == RB_OWNER && done == bad && entries_set() == bad && entry(bad) == 0;
	}
	check(good, "one bad operation: those before it took effect");

	/* Runs of two entries that end in somebody else's chunk. */
	clear();
	queue[0].word = rb_op_word(RB_OP_SET, table, 0, 1);
	queue[0].value = machine | 1;
	queue[1].word = rb_op_word(RB_OP_SET, table, 1, 2);
	queue[1].value = 0;
	for (uint32_t chunk = 0; chunk + 1 < guest_start->machine_chunk_count; chunk++) {
		const uint32_t *map = (const uint32_t *)guest_start->machine_map;

		if (map[chunk] != RB_NO_CHUNK && map[chunk + 1] == RB_NO_CHUNK)
			queue[1].value = (chunk + 1) * GUEST_CHUNK - GUEST_PAGE;
	}
	if (!check(queue[1].value != 0, "a chunk of ours next to one that is not"))
		return;
	queue[1].value |= 1;
	check(rb_pt_batch(0, 2, &done) == RB_OWNER && done == 1 && entry(0) && entry(1) == queue[1].value && !entry(2),
	      "a run refused in the middle: not counted, its first entry stays");
}

static void try_exchange(void)
{
	uint64_t done, old;
	bool good = true;

	clear();
	for (unsigned i = 0; i < 256; i++) {
		queue[i].word = rb_op_word(RB_OP_XCHG, table, 7, 1);
		queue[i].value = (machine + i * GUEST_PAGE) | 1;
	}
	check(rb_pt_batch(0, 256, &done) == RB_OK && done == 256, "256 exchanges of one entry");
	for (unsigned i = 0; i < 256; i++)
		good &= queue[i].value == (i ? (machine + (i - 1) * GUEST_PAGE) | 1 : 0);
	check(good, "each returned the one before");
	check(entry(7) == ((machine + 255 * GUEST_PAGE) | 1), "the last one stays");

	clear();
	check(rb_pt_update(rb_op_word(RB_OP_SET, table, 0, 4), machine | 1, rb_op_word(RB_OP_XCHG, table, 2, 1), 0, rb_op_word(RB_OP_AND, table, 0, 4), ~0x20ul, &old) == RB_OK &&
	      old == ((machine + 2 * GUEST_PAGE) | 1), "three by registers: %lx", old);
	check(rb_pt_update(rb_op_word(RB_OP_XCHG, table, 0, 1), 0, rb_op_word(RB_OP_XCHG, table, 1, 1), 0, 0, 0, &old) == RB_OK &&
	      old == ((machine + GUEST_PAGE) | 1), "two exchanges: the last one's old entry");
	check(rb_pt_update(rb_op_word(RB_OP_SET, table, 0, 1), machine | 1, rb_op_word(RB_OP_SET, table, 1, 1), 2, rb_op_word(RB_OP_SET, table, 2, 1), 0, &old) == RB_INVAL &&
	      old == 1 && entry(0), "the second refused: one took effect");
	check(rb_pt_update(rb_op_word(RB_OP_SET, table, 0, 1), 0, 0, 0, rb_op_word(RB_OP_SET, table, 2, 1), machine | 1, &old) == RB_OK && !entry(2), "NOP ends the list");
}

/* Operations that depend on each other. */
static void try_order(void)
{
	uint64_t frames[4], done, va = 5ul << 39;

	clear();
	for (unsigned i = 0; i < 4; i++)
		frames[i] = guest_frame();
	queue[0] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, frames[0], 0, 1), 3 };
	queue[1] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, frames[1], 0, 1), 2 };
	queue[2] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, frames[2], 0, 2), 1 };
	queue[3] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, guest_start->user_root, guest_index(va, 4), 1), frames[0] };
	queue[4] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, frames[0], 0, 1), frames[1] };
	queue[5] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, frames[1], 0, 1), frames[2] };
	queue[6] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, frames[2], 0, 512), machine | 3 };
	queue[7] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, frames[1], 0, 1), frames[3] };
	queue[8] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, frames[1], 1, 1), frames[2] };
	queue[9] = (struct rb_pt_op){ rb_op_word(RB_OP_FLUSH, 0, 0, 1), 0 };
	check(rb_pt_batch(0, 10, &done) == RB_OK && done == 10, "an address space in one batch: %lu", done);
	check(try_with("mov (%%rdi), %%rax", va) == 14 && try_with("mov %%rax, (%%rdi)", va + GUEST_CHUNK) == -1, "is there as the last operation left it");
	guest_must(guest_op(RB_OP_SET, guest_start->user_root, guest_index(va, 4), 1, 0));
}

static void try_queue_page(void)
{
	uint64_t page = guest_page(), done, reserve = guest_start->kernel_root * GUEST_PAGE;

	clear();
	check_status(rb_vcpu_set_queue(page + 8), RB_INVAL);
	check_status(rb_vcpu_set_queue(reserve), RB_TYPE);
	check_status(rb_vcpu_set_queue((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT), RB_NOENT);
	check_status(rb_vcpu_set_queue(1ul << 52), RB_INVAL);
	fill(0, 1, 1);
	check(rb_pt_batch(0, 1, &done) == RB_OK && entry(0), "the old one serves on");
	clear();
	check_status(rb_vcpu_set_queue(page), RB_OK);
	queue = guest_pointer(page);
	fill(3, 1, 1);
	check(rb_pt_batch(3, 1, &done) == RB_OK && done == 1 && entry(3), "the new one serves");
	/* A queue page may be anything of the guest's, also its vCPU page or its stack: the operations are what happens to be there. */
	check_status(rb_vcpu_set_queue(guest_start->vcpu_page), RB_OK);
	note("the vCPU page as queue: status %ld", rb_pt_batch(0, 256, &done));
	check_status(rb_vcpu_set_queue(page), RB_OK);
}

int main(struct rb_start_info *start)
{
	queue = guest_pointer(start->queue_page);
	table = guest_table(1);
	machine = guest_machine(guest_chunk());
	try_counts();
	try_refused();
	try_exchange();
	try_order();
	try_queue_page();
	return test_end();
}
