/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Events in kernel mode while the stack pointer is bad.
 *
 * Provokes: exceptions of the gate's both kinds, a software interrupt, a push, a virtual vector and a debug exception in ring 1, each with RSP
 * at every bad place, with an emergency stack set; and hypercalls with such an RSP.
 * Must: deliver one double fault on the emergency stack, that tells the event and all registers; store nothing anywhere else. A hypercall does not use the
 * stack and must come back with RSP as it was (I-11, I-13).
 */
#include "test.h"
#include "bad_stacks.h"

#define FILL		0x5a5a5a5a5a5a5a5aul

static uint8_t emergency[16384] __attribute__((aligned(4096)));
static uint64_t frame_at;

void guest_event(struct guest_regs *regs)
{
	frame_at = (uint64_t)&regs->error_code;
	guest_event_default(regs);
}

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	guest_must(rb_timer_set(guest_time() + 500000));
}

static bool is_filled(const uint64_t *words)
{
	for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
		if (words[i] != FILL)
			return false;
	return true;
}

#define PLANT	"mov $0x1111, %%ebx; mov $0x2222, %%ecx; mov $0x3333, %%edx; mov $0x4444, %%esi; mov $0x8888, %%r8d; mov $0x9999, %%r9d\n\t" \
		"mov $0x1010, %%r10d; mov $0x1111, %%r11d; mov $0x1212, %%r12d; mov $0x1313, %%r13d; mov $0x1414, %%r14d; mov $0x1515, %%r15d\n\t" \
		"mov $0x5555, %%ebp; mov $0xaaaa, %%eax; mov %%rdi, %%rsp\n\t"

static bool registers_kept(const struct guest_regs *regs)
{
	return regs->rbx == 0x1111 && regs->rcx == 0x2222 && regs->rdx == 0x3333 && regs->rsi == 0x4444 && regs->r8 == 0x8888 && regs->r9 == 0x9999 &&
	       regs->r10 == 0x1010 && regs->r11 == 0x1111 && regs->r12 == 0x1212 && regs->r13 == 0x1313 && regs->r14 == 0x1414 &&
	       regs->r15 == 0x1515 && regs->rbp == 0x5555 && regs->rax == 0xaaaa && regs->rdi == regs->sp;
}

struct event {
	const char *name;
	void (*body)(void *);
	uint64_t info, error;	/* all ones: not checked */
};

static bool try_bad(const struct event *event, uint64_t sp)
{
	const struct guest_regs *regs = &test_regs;
	int vector;

	guest_set_entry((uint64_t)emergency + sizeof(emergency));
	if (event->info == RB_VECTOR_TIMER) {
		guest_must(rb_timer_set(guest_time() + 50000));
		guest_events_on();
	}
	vector = test_try(event->body, (void *)sp);
	guest_events_off();
	return vector == 8 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION && (event->info == ~0ul || (regs->data & 0xfffff) == event->info) &&
	       (event->error == ~0ul || regs->error_code == event->error) && frame_at + 64 == (uint64_t)emergency + sizeof(emergency) &&
	       !guest_is_user(regs) && regs->sp == sp && !(regs->flags & 0x200) == (event->info != RB_VECTOR_TIMER) && registers_kept(regs);
}

/* Calls: fast, refused, and one that goes the long way back. All with the bad stack. */
struct call {
	uint64_t sp, number, argument;
	uint64_t status, result, sp_after;
};

static void try_call(struct call *call)
{
	__asm__ volatile("mov %%rsp, %%rbx; mov %%rsi, %%rbp; mov (%%rbp), %%rsp; mov 8(%%rbp), %%rax; mov 16(%%rbp), %%rdi\n\t"
			 "xor %%esi, %%esi; xor %%edx, %%edx; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d\n\t"
			 "syscall\n\t"
			 "mov %%rsp, 40(%%rbp); mov %%rbx, %%rsp; mov %%rax, 24(%%rbp); mov %%rdx, 32(%%rbp)"
			 : "+S"(call) : : "rax", "rbx", "rcx", "rdx", "rdi", "r8", "r9", "r10", "r11", "rbp", "memory");
}

static bool try_calls(uint64_t sp)
{
	struct call version = { sp, RB_HC_INFO_VERSION, 0 }, none = { sp, 12345, 0 }, yield = { sp, RB_HC_SCHED_YIELD, 0 };

	try_call(&version);
	try_call(&none);
	try_call(&yield);
	return version.status == RB_OK && version.result == RB_ABI_VERSION && version.sp_after == sp && (long)none.status == RB_NOSYS &&
	       none.sp_after == sp && yield.status == RB_OK && yield.sp_after == sp;
}

int main(struct rb_start_info *start)
{
	const struct event events[] = {
		{ "ud2", SNIPPET(PLANT "ud2"), 3 << 16 | 6, 0 },
		{ "page fault", SNIPPET(PLANT "mov %%eax, 0x10000000"), 3 << 16 | 14, 2 },
		{ "int3", SNIPPET(PLANT "int3"), 6 << 16 | 3, 0 },
		{ "int 0x80", SNIPPET(PLANT "int $0x80"), 4 << 16 | 128, 0 },
		{ "cli", SNIPPET(PLANT "cli"), 3 << 16 | 13, 0 },
		{ "virtual vector", SNIPPET(PLANT "1: jmp 1b"), RB_VECTOR_TIMER, 0 },
	};
	struct event step = { "debug exception", SNIPPET("pushq $0x302; mov %%rdi, %%rbx; popfq; mov %%rbx, %%rsp; nop; nop"), 3 << 16 | 1, 0 };
	uint64_t page = guest_page(), *read_only = guest_pointer(page);
	unsigned count = sizeof(bad_stacks) / sizeof(bad_stacks[0]), good;

	user_setup();
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	guest_map(start->kernel_root, READ_ONLY, page, GUEST_NX);
	for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
		read_only[i] = user_data[i] = FILL;

	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		good = 0;
		for (unsigned j = 0; j < count; j++) {
			/* A kernel may use user memory as its stack by mistake; the gate does not. */
			bool is_good = try_bad(&events[i], bad_stacks[j]);

			check_quietly(is_good, "%s at %lx: vector %u data %lx error %lx sp %lx frame %lx flags %lx", events[i].name, bad_stacks[j],
				      guest_vector(&test_regs), test_regs.data, test_regs.error_code, test_regs.sp, frame_at, test_regs.flags);
			good += is_good;
		}
		check(good == count, "%s: %u bad stacks, %u double faults", events[i].name, count, good);
	}

	good = 0;
	for (unsigned j = 0; j < count; j++) {
		guest_set_entry((uint64_t)emergency + sizeof(emergency));
		good += test_try(step.body, (void *)bad_stacks[j]) == 8 && (test_regs.data & 0xfffff) == step.info && test_regs.sp == bad_stacks[j];
	}
	check(good == count, "%s: %u bad stacks, %u double faults", step.name, count, good);

	good = 0;
	for (unsigned j = 0; j < count; j++)
		good += try_calls(bad_stacks[j]);
	check(good == count, "hypercalls: %u bad stacks, %u good calls", count, good);
	check(is_filled(read_only) && is_filled(user_data), "nothing was stored where it must not be");
	check(try("ud2") == 6, "a good stack works again");
	return test_end();
}
