/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storms of vectors: from event_send, ports and a timer whose deadlines are shorter than the way back, in kernel and in user mode, taken nested and by the
 * guest itself. Every vector that comes was raised before, and every one that was raised comes (I-17).
 */
#include "hostile.h"

#define VECTOR_COUNT 24		/* of many, so that they meet */
#define NESTED_MOST 6

bool storm_is_on;
static unsigned raised[256];	/* and not come yet; two may have become one event */
static bool waits[256];		/* did not come since it was raised last */
static unsigned timers;		/* set, likewise */
static unsigned nested;
static int left;		/* events before user mode is left */
static uint64_t ports[2] = { ~0ul, ~0ul };	/* two that are connected; ~0: there is none */
static unsigned port_vector;	/* what an arrival at the first raises */

/* Over all four words of pending_vectors; not the timer's, nor the console's. */
static unsigned random_vector(void)
{
	return RB_VECTOR_FIRST + 1 + (unsigned)below(VECTOR_COUNT) * 8;
}

static void storm_timer(void)
{
	timers++;
	/* Once the storm is to end, long enough to get to where it ends. */
	timer_in(left > 0 ? below(one_in(4) ? 20000 : 3000) : 50000);
}

static void raise_note(unsigned vector)
{
	raised[vector]++;
	waits[vector] = true;
}

static void raise_one(void)
{
	unsigned vector = random_vector();

	switch (below(4)) {
	case 0:
		storm_timer();
		break;
	case 1:
		if (ports[0] == ~0ul || ports[1] == ~0ul)
			break;
		raise_note(port_vector);
		guest_must(rb_port_send(ports[1]));
		break;
	default:
		raise_note(vector);
		guest_must(rb_event_send(one_in(2) ? 1 : ~0ul, vector));
	}
}

/* Raised meanwhile, and taken before we go on. */
static void nest(void)
{
	if (nested >= NESTED_MOST || !one_in(3))
		return;
	nested++;
	raise_one();
	guest_events_on();
	if (one_in(2))
		raise_one();
	guest_events_off();
	nested--;
}

void storm_vector(unsigned vector)
{
	left--;
	if (vector == RB_VECTOR_CONSOLE)
		return;
	if (vector == RB_VECTOR_TIMER) {
		if (!timers)
			failed("a timer that was not set went off");
		timers -= timers > 0;
		if (running)
			storm_timer();		/* a program that does nothing has no other end */
	} else {
		if (!raised[vector])
			failed("vector %u came, which nobody raised", vector);
		raised[vector] -= raised[vector] > 0;
		waits[vector] = false;
	}
	nest();
}

bool storm_event(struct guest_regs *regs)
{
	if (guest_type(regs) == RB_EVENT_TYPE_INTERRUPT) {
		storm_vector(guest_vector(regs));
		if (!running)
			return true;
	} else if (!running || !guest_is_user(regs)) {
		return false;		/* the kernel's own exception: there is none in a storm */
	}
	left--;
	if (one_in(3))
		raise_one();
	return left > 0 || nested;
}

static void storm_kernel(void)
{
	for (unsigned i = 0; i < 12; i++) {
		raise_one();
		if (one_in(2))
			guest_events_on();
		if (one_in(4))
			raise_one();
		if (one_in(4)) {
			guest_events_off();	/* or it might go off before the wait */
			storm_timer();
			guest_must(rb_sched_block());
		}
		if (one_in(4))
			guest_must(rb_sched_yield());
		guest_events_off();
	}
}

/* Programs that do one thing for ever: nothing, a system call, a breakpoint, a fault, an interrupt instruction. */
static void storm_user(void)
{
	static const uint8_t programs[][4] = { { 0xeb, 0xfe }, { 0x0f, 0x05, 0xeb, 0xfc }, { 0xcc, 0xeb, 0xfd }, { 0x0f, 0x0b }, { 0xcd, 0x80, 0xeb, 0xfc } };
	static struct guest_regs regs;

	memcpy(guest_pointer(user_code[0]), PICK(programs), 4);
	guest_user_regs(&regs, USER_ARENA_CODE, USER_ARENA + GUEST_PAGE);
	left = 12;
	storm_timer();
	run_regs(&regs);
	guest_events_off();
}

static void ports_open(void)
{
	if (rb_port_alloc(0, &ports[0]) != RB_OK)
		ports[0] = ~0ul;
	else if (rb_port_bind(0, ports[0], &ports[1]) != RB_OK)
		ports[1] = ~0ul;
	port_vector = random_vector();
	if (ports[0] != ~0ul)
		guest_must(rb_port_set_target(ports[0], 0, port_vector));
}

static void ports_close(void)
{
	for (unsigned i = 0; i < 2; i++) {
		if (ports[i] != ~0ul)
			guest_must(rb_port_close(ports[i]));
		ports[i] = ~0ul;
	}
}

void random_storm(void)
{
	vectors_forget();
	memset(raised, 0, sizeof(raised));
	memset(waits, 0, sizeof(waits));
	known.vectors = false;
	timers = 0;
	nested = 0;
	left = 0;
	ports_open();
	storm_is_on = true;
	if (one_in(2))
		storm_kernel();
	else
		storm_user();
	guest_must(rb_timer_set(0));
	guest_events_on();
	guest_events_off();
	storm_is_on = false;
	for (unsigned vector = 0; vector < 256; vector++)
		if (waits[vector])
			failed("vector %u was raised and never came", vector);
	ports_close();
}
