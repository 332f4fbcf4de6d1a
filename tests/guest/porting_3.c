/* SPDX-License-Identifier: MIT */
/*
 * The porting guide's third step (docs/reference/porting.md): virtual vectors. A clock of ten
 * ticks, waited for without burning time, and a section that must not be interrupted.
 */
#include "guest.h"

#define TICK_NS		2000000ul
#define TICKS		10

static volatile unsigned ticks;
static uint64_t next_tick;

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	ticks++;
	next_tick += TICK_NS;
	if (ticks < TICKS)
		guest_must(rb_timer_set(next_tick));
}

int main(struct rb_start_info *start)
{
	unsigned before, after;
	bool were_on;

	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	next_tick = guest_time() + TICK_NS;
	guest_must(rb_timer_set(next_tick));

	/* Idle: sched_block enables events and returns after one was delivered. */
	while (ticks < TICKS / 2)
		guest_must(rb_sched_block());

	/* A section without vectors. The timer goes on, and its vector waits. */
	were_on = guest_events_off();
	before = ticks;
	guest_delay(2 * TICK_NS);
	after = ticks;
	if (were_on)
		guest_events_on();	/* looks at `pending`, and takes what waits */

	while (ticks < TICKS)
		guest_must(rb_sched_block());
	guest_printf("%u ticks, %u of them in the section\n", ticks, after - before);
	return were_on && before == after ? 0 : 1;
}
