/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * The one-shot timer, time, and waiting.
 *
 * Provokes: deadlines near and far, past, replaced, disarmed; while the kernel spins with events on and off, while user mode spins, while the vCPU is blocked.
 * Must: raise VECTOR_TIMER once, never before the deadline, not long after it; keep time monotonic; wake a blocked vCPU; hold it back while
 * events are disabled (I-17, I-18).
 */
#include "test.h"

static volatile unsigned fired;
static volatile uint64_t fired_at;

USER_CODE(u_spin, "1: jmp 1b");
USER_CODE(u_ud2, "ud2");

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	fired++;
	fired_at = guest_time();
	if (regs && guest_is_user(regs))
		regs->ip = user_address(u_ud2);
}

/* Emulators share a processor with others: lateness is reported, and bounded generously. */
static uint64_t latest;

static void judge(const char *name, uint64_t deadline)
{
	uint64_t late = fired_at - deadline;

	check(fired == 1 && fired_at >= deadline && late < 3000000000, "%s: fired %u times, %ld us late", name, fired, (long)late / 1000);
	if (late > latest)
		latest = late;
	fired = 0;
}

static uint64_t arm(uint64_t in_ns)
{
	uint64_t deadline = guest_time() + in_ns;

	guest_must(rb_timer_set(deadline));
	return deadline;
}

int main(struct rb_start_info *start)
{
	uint64_t deadline, blocks, before, worst = 0, events;
	bool monotonic = true;

	user_setup();
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	before = guest_time();
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t now = guest_time();

		monotonic &= now >= before;
		if (now - before > worst)
			worst = now - before;
		before = now;
	}
	check(monotonic, "time does not go back (longest step %lu us)", worst / 1000);
	check(start->wall_seconds > 1500000000, "wall clock %lu", start->wall_seconds);
	check(guest_vcpu->run_state == RB_RUN_STATE_RUNNING && guest_vcpu->vcpu_id == 0, "vCPU 0 is running");

	guest_events_on();
	events = counter(RB_COUNTER_TIMER_EVENTS);
	for (uint64_t ns = 10000; ns <= 10000000; ns *= 10) {
		deadline = arm(ns);
		while (!fired)
			;
		judge("spinning", deadline);
	}
	deadline = arm(0) - 1000000;
	guest_must(rb_timer_set(deadline));
	guest_delay(1000000);
	check(fired >= 1 && fired <= 2, "a deadline in the past fires at once");
	fired = 0;
	guest_must(rb_timer_set(1));
	guest_delay(1000000);
	check(fired == 1, "so does system time 1");
	fired = 0;
	check(counter(RB_COUNTER_TIMER_EVENTS) >= events + 6, "all counted");

	/* Far enough that a busy host does not let the first one pass before it is replaced. */
	arm(200000000);
	deadline = arm(220000000);
	while (!fired)
		;
	judge("replaced by a later one", deadline);
	arm(1ul << 40);
	deadline = arm(2000000);
	while (!fired)
		;
	judge("replaced by an earlier one", deadline);
	arm(200000000);
	guest_must(rb_timer_set(0));
	guest_delay(250000000);
	check(fired == 0, "disarmed");
	arm(200000000);
	guest_must(rb_timer_set(~0ul));
	guest_delay(250000000);
	check(fired == 0, "the end of time is not now");
	guest_must(rb_timer_set(1ul << 63));
	guest_delay(2000000);
	check(fired == 0, "nor is the middle");

	guest_events_off();
	arm(1000000);
	guest_delay(10000000);
	check(fired == 0 && guest_vcpu->pending, "events off: pending only");
	guest_events_on();
	check(fired == 1, "events on: delivered");
	fired = 0;

	/* Events off: on the way to user mode it must not be the kernel that gets it. */
	guest_events_off();
	deadline = arm(3000000);
	check(user_run(u_spin) == 6, "user mode was interrupted");
	judge("in user mode", deadline);
	guest_events_on();

	blocks = counter(RB_COUNTER_BLOCKS);
	for (uint64_t ns = 100000; ns <= 100000000; ns *= 10) {
		guest_events_off();
		deadline = arm(ns);
		while (!fired)
			guest_must(rb_sched_block());
		judge("blocked", deadline);
	}
	check(counter(RB_COUNTER_BLOCKS) >= blocks + 3, "blocked %lu times", counter(RB_COUNTER_BLOCKS) - blocks);
	check(guest_vcpu->events_enabled == 1, "sched_block enables events");
	guest_events_off();
	guest_must(rb_event_send(1, RB_VECTOR_TIMER));
	blocks = counter(RB_COUNTER_BLOCKS);
	guest_must(rb_sched_block());
	check(fired == 1 && counter(RB_COUNTER_BLOCKS) == blocks, "blocking with a vector pending delivers it and returns");
	fired = 0;
	guest_must(rb_sched_yield());
	guest_events_off();
	guest_must(rb_sched_yield());
	check(guest_vcpu->events_enabled == 0, "sched_yield leaves events off");
	guest_events_on();

	/* A thousand of them. */
	before = guest_time();
	for (unsigned i = 0; i < 1000; i++) {
		guest_events_off();
		arm(20000);
		while (!fired)
			guest_must(rb_sched_block());
		fired = 0;
	}
	note("1000 timers of 20 us in %lu us; latest %lu us", (guest_time() - before) / 1000, latest / 1000);
	guest_events_off();
	return test_end();
}
