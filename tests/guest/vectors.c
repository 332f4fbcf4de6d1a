/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Virtual vectors.
 *
 * Provokes: event_send of every vector, singly and all at once, to the vCPU itself and to masks with others; with events on, off, and pending on the way to user
 * mode; rubbish in the vCPU page's pending words.
 * Must: deliver each that was raised exactly once, the highest first, none below 32 (I-17, I-18).
 */
#include "test.h"

static unsigned counts[256], order[256], order_count;
static bool in_handler_enabled;

USER_CODE(u_call, "syscall");

static void handler(struct guest_regs *regs, unsigned vector)
{
	counts[vector]++;
	if (order_count < 256)
		order[order_count++] = vector;
	if (guest_vcpu->events_enabled)
		in_handler_enabled = true;
}

static void reset(void)
{
	memset(counts, 0, sizeof(counts));
	order_count = 0;
}

/* Each of the 224 once, in descending order? */
static bool all_once(bool in_order)
{
	bool good = order_count == 224;

	for (unsigned vector = 0; vector < 256; vector++)
		good &= counts[vector] == (vector >= RB_VECTOR_FIRST);
	for (unsigned i = 0; i + 1 < order_count && in_order; i++)
		good &= order[i] > order[i + 1];
	return good;
}

static void send_all(void)
{
	for (unsigned vector = RB_VECTOR_FIRST; vector < 256; vector++)
		guest_must(rb_event_send(1, vector));
}

int main(struct rb_start_info *start)
{
	bool good = true;

	user_setup();
	for (unsigned vector = 0; vector < 256; vector++)
		guest_set_handler(vector, handler);

	guest_events_on();
	for (unsigned vector = RB_VECTOR_FIRST; vector < 256; vector++) {
		guest_must(rb_event_send(1, vector));
		good &= counts[vector] == 1 && order_count == vector - RB_VECTOR_FIRST + 1;
	}
	check(good && all_once(false), "events on: each delivered before event_send returns");
	guest_events_off();
	reset();

	send_all();
	check(order_count == 0 && guest_vcpu->pending, "events off: all wait");
	guest_events_on();
	check(all_once(true), "events on: each once, the highest first");
	guest_events_off();
	reset();

	/* Delivered by the hypervisor one by one: the handler returns by the range, which looks at pending. */
	send_all();
	guest_vcpu->events_enabled = 1;
	guest_must(rb_sched_yield());
	check(all_once(true), "delivered on the way out of a call: each once, the highest first");
	guest_events_off();
	reset();

	send_all();
	user_run(u_call);
	check(all_once(true) && guest_is_syscall(&test_regs), "on the way to user mode: each once");
	reset();

	for (unsigned i = 0; i < 10; i++)
		guest_must(rb_event_send(1, 0x55));
	guest_events_on();
	guest_events_off();
	check(counts[0x55] == 1, "raised ten times, delivered once");
	reset();

	check_status(rb_event_send(0, 0x55), RB_OK);
	check_status(rb_event_send(~1ul, 0x55), RB_OK);
	check(!guest_vcpu->pending, "sent to nobody");
	check_status(rb_event_send(~0ul, 0x55), RB_OK);
	check(guest_vcpu->pending, "sent to all");
	guest_events_on();
	guest_events_off();
	reset();

	/* The guest's own rubbish in its page. */
	guest_vcpu->pending_vectors[0] = 0xffffffff;
	guest_vcpu->pending = 0xff;
	guest_vcpu->events_enabled = 0xff;
	guest_must(rb_sched_yield());
	guest_events_off();
	check(order_count == 0, "bits below 32 are no vectors");
	guest_vcpu->pending_vectors[0] = 0;
	guest_vcpu->pending = 1;
	guest_vcpu->events_enabled = 1;
	guest_must(rb_sched_yield());
	guest_events_off();
	check(order_count == 0, "pending without a vector is nothing");
	guest_vcpu->pending_vectors[1] = 1;
	guest_vcpu->pending = 0;
	guest_vcpu->events_enabled = 1;
	guest_must(rb_sched_yield());
	check(order_count == 0, "a vector without pending waits");
	guest_must(rb_event_send(1, 0x41));
	check(order_count == 2 && order[0] == 0x41 && order[1] == 0x40, "until pending is set");
	guest_events_off();

	check(!in_handler_enabled, "handlers ran with events off");
	return test_end();
}
