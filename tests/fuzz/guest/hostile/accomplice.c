/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accomplices: the domain's other vCPUs, if it has some. They do hostile deeds of their own, and they change what vCPU 0 has handed to the hypervisor while that
 * works on it: its queue page, its vCPU page, the page tables that its calls are about.
 *
 * Not of vCPU 0's: its stacks, and pages that may be its stack, or what vCPU 0 says of events would be worth nothing. So an accomplice has a user root with
 * pages of its own. Whatever event it gets, it begins anew.
 */
#include "hostile.h"

#define MOST		3
#define STACK		32768ul
#define STACK_TOP(id)	((uint64_t)stacks[(id) - 1] + STACK)	/* for events from user mode */
#define EVENT_ROOM	8192ul					/* what those take; the work's stack is below */

unsigned accomplice_count;

static uint8_t stacks[MOST][STACK] __attribute__((aligned(4096)));
static struct { uint64_t page, root, code[CODE_PAGES], data; } own[MOST + 1];

unsigned vcpu_self(void)
{
	uint64_t below_us = (uint64_t)__builtin_frame_address(0) - (uint64_t)stacks;

	return below_us < sizeof(stacks) ? 1 + (unsigned)(below_us / STACK) : 0;
}

static void begin(uint64_t id) __attribute__((noreturn));

void accomplice_event(const struct guest_regs *regs)
{
	uint64_t id = vcpu_self();

	judge_entry(regs);
	figures.accomplice_events++;
	__asm__ volatile("mov %0, %%rsp; call *%1" : : "r"(STACK_TOP(id) - EVENT_ROOM), "r"(begin), "D"(id) : "memory");
	__builtin_unreachable();
}

uint64_t accomplice_page(void)
{
	return one_in(2) && vcpu_self() ? own[vcpu_self()].data : one_in(2) ? guest_start->vcpu_page : guest_start->queue_page;
}

static void own_restore(uint64_t id)
{
	guest_must(rb_vcpu_set_page(own[id].page));
	running_page()->events_enabled = 0;
	running_page()->kernel_sp = STACK_TOP(id);
	memset(running_page()->pending_vectors, 0, sizeof(running_page()->pending_vectors));
	running_page()->pending = 0;
	guest_set_entry(0);
	guest_must(rb_vcpu_set_gs(0));
	guest_must(rb_vcpu_set_debug(7, 0));
	guest_must(rb_vcpu_set_xcr0(3));
	guest_must(rb_root_load(own[id].root));
	root_forget();
	/* Mostly vCPU 0's, so that both use one. */
	guest_must(rb_vcpu_set_queue(one_in(4) ? own[id].data : guest_start->queue_page));
	__asm__ volatile("mov %1, %%ds; mov %1, %%es; mov %1, %%fs; mov %1, %%gs; wrgsbase %0; fninit" : : "r"(0ul), "r"(0));
}

/* What vCPU 0's batches read, while they do: whole operations, and bits of them. */
static void queue_change(void)
{
	struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);

	for (unsigned i = 0; i < 200; i++) {
		volatile uint64_t *words = &queue[below(40)].word;

		if (one_in(4))
			*(volatile struct rb_pt_op *)words = random_op();
		else
			words[below(2)] ^= one_in(2) ? 1ul << below(64) : below(4096) << 12;
	}
}

/*
 * vCPU 0's page: all that the gate and the hypervisor read. Some of it only while vCPU 0 runs random code, for the gate keeps registers there, and its kernel
 * would be lost with events where it said that it takes none.
 */
static void page_change(void)
{
	volatile struct rb_vcpu_page *page = real_page;

	for (unsigned i = 0; i < 100; i++) {
		page->pending_vectors[below(4)] = one_in(2) ? random_next() : 0;
		page->pending = (uint8_t)random_next();
		page->port_pending[below(16)] = random_next();
		page->run_state = (uint32_t)random_value();
		page->vcpu_id = (uint32_t)random_value();
		if (!__atomic_load_n(&wild, __ATOMIC_RELAXED))
			continue;
		if (one_in(20))		/* seldom: a moment later it is not random code any more, and a call's status may be lost */
			page->gate_scratch[below(8)] = random_value();
		if (one_in(400))
			page->events_enabled = one_in(2) ? 1 : (uint8_t)random_next();
		if (one_in(800))
			page->kernel_sp = random_address();
	}
}

static void program_run(uint64_t id)
{
	struct guest_regs regs;

	for (unsigned i = 0; i < CODE_PAGES; i++)
		memcpy(guest_pointer(own[id].code[i]), guest_pointer(user_code[i]), GUEST_PAGE);
	random_regs(&regs, false);
	if (one_in(4))
		(void)rb_vcpu_set_debug(7, random_next() & 0xdddd03ff);
	timer_in(5000 + below(50000));
	guest_resume(&regs);
}

static void begin(uint64_t id)
{
	for (;;) {
		own_restore(id);
		figures.accomplice_deeds++;
		if (race_join())
			continue;
		switch (below(8)) {
		case 0:
			program_run(id);
			break;
		case 1:
			page_change();
			break;
		case 2:
		case 3:
			queue_change();
			break;
		default:
			for (unsigned i = 0; i < 8; i++)
				random_call();
		}
		/* Another may wait for this CPU, and vCPU 0's rounds are what counts. */
		if (one_in(2))
			guest_must(rb_sched_yield());
	}
}

void accomplices_make(void)
{
	accomplice_count = guest_start->vcpu_count - 1 < MOST ? guest_start->vcpu_count - 1 : MOST;
	for (unsigned id = 1; id <= accomplice_count; id++) {
		own[id].page = guest_page();
		own[id].data = guest_page();
		own[id].root = guest_table(4);
		for (unsigned i = 0; i < POOL_PAGES; i++)
			guest_map(own[id].root, USER_ARENA + i * GUEST_PAGE, own[id].data, GUEST_WRITE | GUEST_USER);
		for (unsigned i = 0; i < CODE_PAGES; i++) {
			own[id].code[i] = guest_page();
			guest_map(own[id].root, USER_ARENA_CODE + i * GUEST_PAGE, own[id].code[i], GUEST_WRITE | GUEST_USER);
		}
		guest_map(own[id].root, USER_EDGE, own[id].code[0], GUEST_WRITE | GUEST_USER);
	}
}

/* As after a call: RSP is 8 less than a multiple of 16. */
static long start(uint64_t id)
{
	return rb_vcpu_start(id, (uint64_t)begin, STACK_TOP(id) - EVENT_ROOM - 8, id, own[id].root, own[id].page);
}

void accomplice_refine(uint64_t arg[6])
{
	if (arg[0] < 1 || arg[0] > accomplice_count)
		return;
	arg[1] = (uint64_t)begin;
	arg[2] = STACK_TOP(arg[0]) - EVENT_ROOM - 8;
	arg[3] = arg[0];
	arg[5] = accomplice_page();
}

void accomplice_restart(void)
{
	if (accomplice_count)
		(void)start(1 + below(accomplice_count));
}

void accomplices_start(uint64_t seed)
{
	for (unsigned id = 1; id <= accomplice_count; id++) {
		random_begin_for(id, seed + id);
		guest_must(start(id));
	}
}
