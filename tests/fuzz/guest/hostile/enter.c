/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random code, entered in ring 1 and ring 3, and the events that end it.
 *
 * Whatever happens in there is an event, and the event's handler is the guest's own: it judges the event and leaves the code where it is. Now and then it
 * writes rubbish into the vCPU page instead and lets the code go on: then the page changes while the code runs.
 */
#include "hostile.h"

bool running, wild;
extern const char hostile_entry[];
extern uint64_t hostile_budget, hostile_target;

static uint8_t resume_stack[16384] __attribute__((aligned(4096)));
static unsigned goes_on;	/* interrupts after which the code may go on */
static unsigned depth;		/* events being handled */

/* Whatever happens in there ends it. */
static void resume(void *argument)
{
	struct guest_regs *regs = (struct guest_regs *)(resume_stack + sizeof(resume_stack)) - 1;

	*regs = *(struct guest_regs *)argument;
	guest_events_off();
	running = true;
	wild = true;
	guest_resume(regs);
}

void run_regs(struct guest_regs *regs)
{
	unsigned before = depth;

	guest_catch(resume, regs, regs);
	running = false;
	wild = false;		/* if random code went to guest_caught itself */
	depth = before;
}

/* True: let the code go on. */
static bool interrupted(const struct guest_regs *regs)
{
	if (guest_type(regs) != RB_EVENT_TYPE_INTERRUPT)
		return false;
	if (!running)
		return true;
	if (!goes_on)
		return false;
	goes_on--;
	scribble();
	timer_in(1000 + below(20000));
	return true;
}

void guest_event(struct guest_regs *regs)
{
	bool was_wild = wild;

	if (vcpu_self())
		accomplice_event(regs);
	wild = false;
	judge_event(regs);
	figures.nested += depth > 0;
	depth++;
	if (storm_is_on ? storm_event(regs) : interrupted(regs)) {
		guest_events_off();
		depth--;
		wild |= was_wild;	/* random code that comes here does not clear it */
		return;
	}
	if (!guest_catch_sp)
		guest_event_default(regs);
	hostile_budget = 0;
	running = false;
	depth = 0;
	guest_caught(regs);
}

/* A vector that the guest takes itself. If that was the timer that ends the code to be entered, another must. */
void guest_interrupt(struct guest_regs *regs, unsigned vector)
{
	bool was_wild = wild;

	if (vcpu_self())
		return;
	wild = false;
	if (storm_is_on)
		storm_vector(vector);
	else if (running && vector == RB_VECTOR_TIMER)
		timer_in(20000);
	wild |= was_wild;
}

/* Settings that go with a run. */
static void random_settings(bool kernel)
{
	uint64_t page;

	for (unsigned i = 0; one_in(4) && i < 4; i++)
		(void)rb_vcpu_set_debug(below(4), one_in(2) ? random_address() : ARENA_CODE + below(CODE_PAGES * GUEST_PAGE));
	if (one_in(6))
		(void)rb_vcpu_set_debug(7, random_next() & 0xdddd03ff);
	if (one_in(12))
		(void)rb_vcpu_set_xcr0(3 | (random_next() & 0x2e4));
	if (one_in(8))
		(void)rb_root_load(PICK(pool_frames));
	if (one_in(8)) {
		known.kernel_gs = random_address();
		if (rb_vcpu_set_gs(known.kernel_gs) != RB_OK)
			known.kernel_gs = 0;
	}
	if (one_in(16)) {
		/* A vCPU page that programs can write to. */
		page = PICK(pool_pages);
		guest_must(rb_vcpu_set_page(page));
		known.vectors = false;
		known.page = !kernel && !accomplice_count;	/* code in ring 1 may have its stack there */
		running_page()->kernel_sp = real_page->kernel_sp;
	}
	if (one_in(5))
		scribble();
}

static void run(bool kernel)
{
	static struct guest_regs regs;
	uint64_t calls, failures = figures.failures;

	random_regs(&regs, kernel);
	random_processor_state();
	vectors_forget();
	random_settings(kernel);
	goes_on = one_in(3) ? (unsigned)below(5) : 0;
	timer_in(2000 + below(one_in(16) ? 2000000 : 50000));
	figures.runs[!kernel]++;
	calls = counter(RB_COUNTER_HYPERCALLS) - timers_set;
	run_regs(&regs);
	calls = counter(RB_COUNTER_HYPERCALLS) - timers_set - calls;
	figures.ended_by[guest_is_syscall(&regs) ? 33 : guest_type(&regs) == RB_EVENT_TYPE_INTERRUPT ? 32 : guest_vector(&regs) & 31]++;
	/* A program makes none: what was counted was ours, this one and those that set the timer. */
	if (known.settings && !accomplice_count && failures == figures.failures && calls != 1)
		failed("a program made %lu calls", calls - 1);
}

void random_run(void)
{
	bool kernel = one_in(2);

	random_code(kernel);
	known.settings = !kernel;
	run(kernel);
}

void random_run_hostile_entry(void)
{
	random_code_single();
	known.settings = false;
	hostile_budget = 1 + below(4);
	hostile_target = ARENA_CODE + (below(CODE_PAGES * GUEST_PAGE) & ~31ul);
	guest_must(rb_vcpu_set_entry((uint64_t)hostile_entry, (uint64_t)hostile_entry, one_in(2) ? 0 : ARENA_CODE, one_in(2) ? ARENA_CODE + GUEST_PAGE : ~0ul,
				     one_in(32) ? 0 : ARENA + POOL_PAGES * GUEST_PAGE));
	run(one_in(2));
}
