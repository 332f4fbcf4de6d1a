/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/* timeout: 60 */
/*
 * Timers that fall due while the CPU goes idle.
 *
 * Provokes: 4,000 times a deadline 0 to 60 microseconds ahead, then sched_block at once: some fall due between the look at pending vectors and the
 * CPU's wait.
 * Must: each wakes the vCPU (I-17). The hypervisor once forgot to look again after arming its timer, and slept for ever.
 */
#include "test.h"

#define ROUNDS 4000

static volatile unsigned fired;

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	fired++;
}

int main(struct rb_start_info *start)
{
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned before = fired;

		guest_events_off();
		guest_must(rb_timer_set(guest_time() + i * 97 % 60000));
		while (fired == before) {
			guest_must(rb_sched_block());
			guest_events_off();
		}
	}
	check(fired == ROUNDS, "every timer came, once");
	return test_end();
}
