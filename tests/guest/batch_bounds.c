/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A batch is bounded.
 *
 * Provokes: a batch of 256 operations that each type 512 frames, half a gigabyte to clear; and one of 256 SETs of 512 entries.
 * Must: say AGAIN after a part of it, with the number of operations done, and finish when continued as the interface says (I-20).
 */
#include "test.h"

static struct rb_pt_op *queue;

/* Run the whole queue, continued as often as needed; returns how often. */
static unsigned run_queue(void)
{
	uint64_t first = 0, done;
	unsigned calls = 0;
	long status;

	do {
		status = rb_pt_batch(first, RB_QUEUE_OPS - first, &done);
		first += done;
		calls++;
		if (status == RB_AGAIN && !done)
			break;		/* no progress: the check below fails */
	} while (status == RB_AGAIN);
	check(status == RB_OK && first == RB_QUEUE_OPS, "the batch was finished");
	return calls;
}

static void fill(uint64_t op, uint64_t value)
{
	for (unsigned i = 0; i < RB_QUEUE_OPS; i++) {
		queue[i].word = rb_op_word(op, guest_start->pt_first_free, 0, 512);
		queue[i].value = value;
	}
}

int main(struct rb_start_info *start)
{
	queue = guest_pointer(start->queue_page);
	guest_must(rb_vcpu_set_queue(start->queue_page));
	fill(RB_OP_TYPE, 1);
	check(run_queue() >= 64, "typing 131,072 frames takes many calls");
	fill(RB_OP_SET, (guest_machine(guest_page()) & ~0x1ffffful) | 1);
	check(run_queue() >= 2, "setting 131,072 entries takes more than one");
	return test_end();
}
