/* SPDX-License-Identifier: GPL-2.0-only */
/* The event family but ports (ports.c): virtual vectors, the timer, waiting. Every test starts with events off and none pending. */
#include "limits.h"
#include "pending.h"

/* ---------------- event_send */

TEST("event_send.pending", "On each vCPU of the mask the vector's bit in pending_vectors is set, and pending is 1.")
{
	static const unsigned vectors[] = { 32, 63, 64, 0x80, 0xec, 255 };

	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		guest_vcpu->pending = 0;
		accepted(rb_event_send(1, vectors[i]));
		expect(is_pending(vectors[i]) && guest_vcpu->pending == 1, "vector %u: bit %u, pending %u", vectors[i], is_pending(vectors[i]), guest_vcpu->pending);
		expect_equal(pending_total(), i + 1);
	}
}

TEST("event_send.delivered", "If the caller is in the mask and has events enabled, the event comes before the instruction that follows the call.")
{
	struct raw raw = { .rax = RB_HC_EVENT_SEND, .arg = { 1, 0x40 } };

	guest_vcpu->events_enabled = 1;
	raw_call(&raw);
	guest_events_off();
	expect_equal(raw.status, RB_OK);
	expect(fired[0x40] == 1 && fired_total() == 1, "%u events, %u of the vector", fired_total(), fired[0x40]);
	expect_equal(seen.regs.ip, (uint64_t)raw_call_next);
	expect_equal(guest_type(&seen.regs), RB_EVENT_TYPE_INTERRUPT);
	expect_equal(guest_vector(&seen.regs), 0x40);
}

TEST("event_send.held", "If the caller is in the mask and has events disabled, the vector stays pending.")
{
	accepted(rb_event_send(1, 0x40));
	guest_delay(A_WHILE);
	must(rb_info_version(&result));
	expect(fired_total() == 0 && seen.count == 0, "it was delivered");
	expect(is_pending(0x40) && guest_vcpu->pending == 1, "it is lost");
	events_take();
	expect_equal(fired[0x40], 1);
}

TEST("event_send.once", "A vector that is raised several times before it is delivered is delivered once.")
{
	for (unsigned i = 0; i < 5; i++)
		accepted(rb_event_send(1, 0x40));
	must(rb_sched_block());
	wait(A_WHILE);
	expect(fired[0x40] == 1 && fired_total() == 1, "%u events", fired_total());
}

TEST("event_send.absent_ignored", "Bits of vCPUs that do not exist are ignored, also when there are no others.")
{
	need(guest_start->vcpu_count == 1, "%u vCPUs", guest_start->vcpu_count);
	world_look();
	accepted(rb_event_send(~1ul, 0x40));
	accepted(rb_event_send(0, 0x40));
	expect(!world_change(), "%s changed", world_change());
	accepted(rb_event_send(~0ul, 0x40));
	expect(is_pending(0x40) && pending_total() == 1, "%u vectors", pending_total());
}

TEST("event_send.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_EVENT_SEND, ARGUMENTS(1, 0x40), BAD({ 1, 0 }, { 1, 31 }, { 1, 256 }, { 1, 0x140 }, { 1, (1ul << 32) + 0x40 }, { 1, ~0ul }),
	       GOOD({ 0, 0 }, { 0, ~0ul }, { 1, 32 }, { 1, 255 }));
}

/* ---------------- timer_set */

TEST("timer_set.once", "When system time has reached the deadline, VECTOR_TIMER is raised on the calling vCPU, once.")
{
	accepted(rb_timer_set(guest_time() + A_WHILE));
	wait(10 * A_WHILE);
	expect(fired[RB_VECTOR_TIMER] == 1 && fired_total() == 1, "%u events, %u of them the timer's", fired_total(), fired[RB_VECTOR_TIMER]);
	/* The time counts instructions under QEMU: no host delays it. */
	if (is_tcg())
		expect(fired_at[RB_VECTOR_TIMER] < guest_time() - 5 * A_WHILE, "late");
}

TEST("timer_set.not_early", "It is not raised before.")
{
	for (uint64_t ahead = 1000; ahead < 20 * A_WHILE; ahead = ahead * 3 + 777) {
		uint64_t deadline = guest_time() + ahead;

		fired[RB_VECTOR_TIMER] = 0;
		accepted(rb_timer_set(deadline));
		guest_events_on();
		while (!fired[RB_VECTOR_TIMER])
			need(guest_time() < deadline + 1000 * A_WHILE, "it never came");
		guest_events_off();
		expect(fired_at[RB_VECTOR_TIMER] >= deadline, "%lu ns ahead: %lu ns early", ahead, deadline - fired_at[RB_VECTOR_TIMER]);
	}
}

TEST("timer_set.past", "A deadline that is not in the future raises the vector before the call returns.")
{
	const uint64_t past[] = { 1, guest_time() / 2, guest_time() };

	for (unsigned i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
		accepted(rb_timer_set(past[i]));
		expect(is_pending(RB_VECTOR_TIMER) && pending_total() == 1, "deadline %lu: not pending", past[i]);
		events_take();
		expect_equal(fired[RB_VECTOR_TIMER], i + 1);
	}
}

TEST("timer_set.replaces", "The deadline before is forgotten.")
{
	accepted(rb_timer_set(guest_time() + A_WHILE));
	accepted(rb_timer_set(guest_time() + 20 * A_WHILE));
	wait(5 * A_WHILE);
	expect(fired_total() == 0, "the first one came");
	wait(30 * A_WHILE);
	expect(fired[RB_VECTOR_TIMER] == 1, "%u came", fired[RB_VECTOR_TIMER]);
	accepted(rb_timer_set(guest_time() + 2000 * A_WHILE));
	accepted(rb_timer_set(guest_time() + A_WHILE));
	wait(10 * A_WHILE);
	expect(fired[RB_VECTOR_TIMER] == 2, "an earlier one did not come");
}

TEST("timer_set.disarm", "Zero disarms the timer.")
{
	accepted(rb_timer_set(guest_time() + 2 * A_WHILE));
	accepted(rb_timer_set(0));
	expect_equal(pending_total(), 0);
	wait(10 * A_WHILE);
	expect_equal(fired_total(), 0);
}

TEST("timer_set.pending_stays", "VECTOR_TIMER, if it is pending, stays so, also with zero.")
{
	must(rb_timer_set(1));
	need(is_pending(RB_VECTOR_TIMER), "it is not pending");
	accepted(rb_timer_set(guest_time() + 10000 * A_WHILE));
	expect(is_pending(RB_VECTOR_TIMER) && guest_vcpu->pending == 1, "gone, with a new deadline");
	accepted(rb_timer_set(0));
	expect(is_pending(RB_VECTOR_TIMER) && guest_vcpu->pending == 1, "gone, with zero");
	events_take();
	expect_equal(fired[RB_VECTOR_TIMER], 1);
}

TEST("timer_set.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_TIMER_SET, ARGUMENTS(0), GOOD({ 0, ~0ul }, { 0, 0 }));
}

/* ---------------- sched_block, sched_yield */

TEST("sched_block.enables", "The call sets events_enabled.")
{
	must(rb_event_send(1, 0x40));
	accepted(rb_sched_block());
	expect(seen.regs.flags & 0x200, "the event's frame shows it off");
	expect(guest_vcpu->events_enabled == 1, "it is off after the call");
	/* Also if nothing that is pending can be delivered: bits below 32 are no vectors. */
	guest_events_off();
	guest_vcpu->pending = 1;
	accepted(rb_sched_block());
	expect(guest_vcpu->events_enabled == 1, "it is off after a call that did not block");
}

TEST("sched_block.at_once", "If a vector is pending, the vCPU does not block.")
{
	uint64_t blocks = counter(RB_COUNTER_BLOCKS);

	must(rb_event_send(1, 0x40));
	accepted(rb_sched_block());
	expect_equal(counter(RB_COUNTER_BLOCKS), blocks);
	expect_equal(fired[0x40], 1);
}

TEST("sched_block.waits", "Otherwise the vCPU does not run until a vector is raised, and BLOCKS grows by one.")
{
	uint64_t blocks = counter(RB_COUNTER_BLOCKS), deadline = guest_time() + 3 * A_WHILE;

	must(rb_timer_set(deadline));
	accepted(rb_sched_block());
	expect(guest_time() >= deadline, "it ran %lu ns before", deadline - guest_time());
	expect(fired[RB_VECTOR_TIMER] == 1 && fired_total() == 1, "%u events", fired_total());
	guest_events_off();
	expect_equal(counter(RB_COUNTER_BLOCKS), blocks + 1);
}

TEST("sched_block.delivered", "The vector's event comes before the instruction that follows the call.")
{
	struct raw raw = { .rax = RB_HC_SCHED_BLOCK };

	must(rb_timer_set(guest_time() + A_WHILE));
	raw_call(&raw);
	guest_events_off();
	expect_equal(raw.status, RB_OK);
	expect(seen.count == 1 && fired[RB_VECTOR_TIMER] == 1, "%u events", seen.count);
	expect_equal(seen.regs.ip, (uint64_t)raw_call_next);
	/* And when it does not block. */
	must(rb_event_send(1, 0x40));
	raw_call(&raw);
	expect(seen.count == 2 && fired[0x40] == 1, "%u events", seen.count);
	expect_equal(seen.regs.ip, (uint64_t)raw_call_next);
}

TEST("sched_block.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_SCHED_BLOCK, NO_ARGUMENTS);
}

TEST("sched_wait.pending", "If a vector is pending (`pending` in the vCPU page is not zero), the call returns at once.")
{
	uint64_t blocks = counter(RB_COUNTER_BLOCKS);

	must(rb_event_send(1, 0x40));
	accepted(rb_sched_wait());
	accepted(rb_sched_wait());
	/* Whoever set the byte. */
	events_take();
	guest_events_off();
	guest_vcpu->pending = 1;
	accepted(rb_sched_wait());
	expect_equal(counter(RB_COUNTER_BLOCKS), blocks);
}

TEST("sched_wait.waits", "Otherwise the vCPU does not run until a vector is raised, and BLOCKS grows by one.")
{
	uint64_t blocks = counter(RB_COUNTER_BLOCKS), deadline = guest_time() + 3 * A_WHILE;

	must(rb_timer_set(deadline));
	accepted(rb_sched_wait());
	expect(guest_time() >= deadline, "it ran %lu ns before", deadline - guest_time());
	expect_equal(counter(RB_COUNTER_BLOCKS), blocks + 1);
}

TEST("sched_wait.kept", "The call does not change events_enabled: with events disabled the vector stays pending.")
{
	must(rb_timer_set(guest_time() + A_WHILE));
	accepted(rb_sched_wait());
	expect_equal(guest_vcpu->events_enabled, 0);
	expect(is_pending(RB_VECTOR_TIMER) && fired_total() == 0, "%u events", fired_total());
	events_take();
	expect_equal(fired[RB_VECTOR_TIMER], 1);
	/* With events enabled it is delivered. */
	must(rb_timer_set(guest_time() + A_WHILE));
	guest_events_on();
	accepted(rb_sched_wait());
	expect_equal(guest_vcpu->events_enabled, 1);
	guest_events_off();
	expect_equal(fired[RB_VECTOR_TIMER], 2);
}

TEST("sched_wait.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_SCHED_WAIT, NO_ARGUMENTS);
}

TEST("sched_yield.returns", "When no other vCPU waits the call returns at once.")
{
	uint64_t blocks = counter(RB_COUNTER_BLOCKS);

	for (unsigned i = 0; i < 100; i++)
		accepted(rb_sched_yield());
	expect_equal(counter(RB_COUNTER_BLOCKS), blocks);
}

TEST("sched_yield.enabled_kept", "events_enabled stays as it is.")
{
	accepted(rb_sched_yield());
	expect_equal(guest_vcpu->events_enabled, 0);
	guest_vcpu->events_enabled = 1;
	accepted(rb_sched_yield());
	expect_equal(guest_vcpu->events_enabled, 1);
}

TEST("sched_yield.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_SCHED_YIELD, NO_ARGUMENTS);
}
