/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * What the gate's pages remember.
 *
 * Provokes: every way through the gate, from ring 1 and ring 3, with one word in all general registers; then a search of all gate pages that a guest
 * can read for that word.
 * Must: find it in the vCPU page only, which is the guest's own memory: another guest on this CPU would see the others (I-14).
 */
#include "test.h"

#define SECRET		0x5ec2e75ec2e70001ul
#define ALL		"mov $0x5ec2e75ec2e70001, %rax; mov %rax, %rbx; mov %rax, %rcx; mov %rax, %rdx; mov %rax, %rsi; mov %rax, %rdi; mov %rax, %rbp;" \
			"mov %rax, %r8; mov %rax, %r9; mov %rax, %r10; mov %rax, %r11; mov %rax, %r12; mov %rax, %r13; mov %rax, %r14; mov %rax, %r15;"
#define ALL_KERNEL	"mov $0x5ec2e75ec2e70001, %%rax; mov %%rax, %%rbx; mov %%rax, %%rcx; mov %%rax, %%rdx; mov %%rax, %%rsi; mov %%rax, %%rdi; mov %%rax, %%rbp;" \
			"mov %%rax, %%r8; mov %%rax, %%r9; mov %%rax, %%r10; mov %%rax, %%r11; mov %%rax, %%r12; mov %%rax, %%r13; mov %%rax, %%r14; mov %%rax, %%r15;"

USER_CODE(u_syscall, ALL "syscall");
USER_CODE(u_ud2, ALL "ud2");
USER_CODE(u_fault, ALL "mov 0x10000000, %eax");
USER_CODE(u_int80, ALL "int $0x80");
USER_CODE(u_step, "pushq $0x302;" ALL "popfq; nop; nop; ud2");
USER_CODE(u_spin, ALL "1: jmp 1b");

static volatile bool timer_went_off;

static void search(const char *after)
{
	static const uint32_t pages[] = { 0x10, 0x11, 0x12, 0x20, 0x22, 0x24, 0x26, 0x28 };
	unsigned found = 0;

	for (unsigned i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		const uint8_t *page = (const uint8_t *)(RB_GATE_START + pages[i] * GUEST_PAGE);

		for (unsigned byte = 0; byte <= GUEST_PAGE - 8; byte++) {
			uint64_t word;

			__asm__("mov %1, %0" : "=r"(word) : "m"(*(const uint64_t *)(page + byte)));
			if (word == SECRET || word == ~SECRET) {
				found++;
				check(false, "after %s: at gate + %x", after, pages[i] * 4096 + byte);
			}
		}
	}
	check(found == 0, "after %s: nothing left", after);
}

/* Ends the loop: from user mode by ud2 in its place. */
static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	timer_went_off = true;
	if (regs && guest_is_user(regs) && regs->rbx == SECRET)
		regs->ip = user_address(u_ud2_end) - 2;
	else if (regs && regs->rbx == SECRET)
		regs->ip += 2;
	else
		guest_must(rb_timer_set(guest_time() + 1000000));
}

int main(struct rb_start_info *start)
{
	user_setup();
	user_run(u_syscall);
	search("a system call");
	user_run(u_ud2);
	search("an exception in ring 3");
	user_run(u_fault);
	search("a page fault in ring 3");
	user_run(u_int80);
	search("a software interrupt in ring 3");
	check(user_run(u_step) == 1, "stepped");
	search("a debug exception in ring 3");

	try(ALL_KERNEL "ud2");
	search("an exception in ring 1");
	try(ALL_KERNEL "mov 0x10000000, %%eax");
	search("a page fault in ring 1");
	try("pushq $0x302;" ALL_KERNEL "popfq; nop; nop; ud2");
	search("a debug exception in ring 1");
	try(ALL_KERNEL "xor %%eax, %%eax; syscall");
	search("a refused hypercall");
	try("pushq $0x302;" ALL_KERNEL "popfq; syscall; nop; nop; ud2");
	search("a hypercall that is stepped");

	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	guest_must(rb_timer_set(guest_time() + 1000000));
	check(user_run(u_spin) == 6 && timer_went_off, "the timer went off in ring 3");
	search("an interrupt in ring 3");
	timer_went_off = false;
	guest_must(rb_timer_set(guest_time() + 1000000));
	guest_events_on();
	try(ALL_KERNEL "1: jmp 1b");
	check(timer_went_off, "and in ring 1");
	search("an interrupt in ring 1");
	return test_end();
}
