/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events inside events.
 *
 * Provokes: an exception in the handler of an exception, and so on, 60 deep, begun by a system call, a page fault or a virtual vector; each handler
 * goes on after the instruction that it was called for.
 * Must: come back through all levels with every register as it was, events_enabled as each level's frame says (I-18).
 */
#include "test.h"

#define DEPTH 60

static unsigned depth, deepest, wrong;
static bool with_events;

USER_CODE(u_call, "mov $0x1234567, %ebx; mov $0x7654321, %r15d; syscall; cmp $0x1234567, %rbx; jne 1f; cmp $0x7654321, %r15; jne 1f;"
		  "xor %eax, %eax; syscall; 1: ud2");

/* Raises an exception, with registers planted; true if all are as they were. */
static bool go_deeper(void)
{
	uint64_t lost;

	__asm__ volatile("mov %%rsp, %%rbx; mov $0x11, %%ecx; mov $0x22, %%edx; mov $0x33, %%esi; mov $0x44, %%edi; mov $0x55, %%r8d; mov $0x66, %%r9d\n\t"
			 "mov $0x77, %%r10d; mov $0x88, %%r11d; mov $0x99, %%r12d; mov $0xaa, %%r13d; mov $0xbb, %%r14d; mov $0xcc, %%r15d\n\t"
			 "ud2\n\t"
			 "xor %%rsp, %%rbx; xor $0x11, %%rcx; xor $0x22, %%rdx; xor $0x33, %%rsi; xor $0x44, %%rdi; xor $0x55, %%r8; xor $0x66, %%r9\n\t"
			 "xor $0x77, %%r10; xor $0x88, %%r11; xor $0x99, %%r12; xor $0xaa, %%r13; xor $0xbb, %%r14; xor $0xcc, %%r15\n\t"
			 "or %%rbx, %%rcx; or %%rcx, %%rdx; or %%rdx, %%rsi; or %%rsi, %%rdi; or %%rdi, %%r8; or %%r8, %%r9\n\t"
			 "or %%r9, %%r10; or %%r10, %%r11; or %%r11, %%r12; or %%r12, %%r13; or %%r13, %%r14; or %%r14, %%r15; mov %%r15, %0"
			 : "=a"(lost) : : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	return !lost;
}

void guest_event(struct guest_regs *regs)
{
	bool enabled = regs->flags & 0x200;

	if (guest_vcpu->events_enabled)
		wrong++;
	if (++depth > deepest)
		deepest = depth;
	if (depth < DEPTH) {
		if (with_events && depth % 2)
			guest_events_on();
		if (!go_deeper())
			wrong++;
		if (guest_vcpu->events_enabled != (with_events && depth % 2))
			wrong++;
		guest_events_off();
	}
	depth--;
	if (guest_is_user(regs) || guest_type(regs) == RB_EVENT_TYPE_INTERRUPT) {
		/* System call 0 ends the program; others, and vectors, come back. */
		if (guest_is_syscall(regs) && !regs->rax)
			guest_event_default(regs);
		return;
	}
	if (depth && enabled != (with_events && depth % 2))
		wrong++;
	regs->ip += 2;
}

static void report(const char *name)
{
	check(wrong == 0 && deepest == DEPTH && depth == 0, "%s, events %s: %u deep, %u wrong", name, with_events ? "on at every other level" : "off",
	      deepest, wrong);
	wrong = deepest = 0;
}

static void try_all(void)
{
	depth = 0;
	check_quietly(go_deeper(), "registers lost");
	report("from an exception");

	guest_user_regs(&test_regs, user_address(u_call), USER_STACK);
	test_regs.rax = 1;
	guest_run_user(&test_regs);
	check_quietly(guest_is_syscall(&test_regs) && test_regs.rax == 0, "the program's registers are lost: vector %u", guest_vector(&test_regs));
	report("from a system call");

	guest_vcpu->events_enabled = 1;
	guest_must(rb_event_send(1, 0x40));
	guest_events_off();
	report("from a virtual vector");
}

static void handler(struct guest_regs *regs, unsigned vector)
{
}

int main(struct rb_start_info *start)
{
	user_setup();
	guest_set_handler(0x40, handler);
	try_all();
	with_events = true;
	try_all();
	return test_end();
}
