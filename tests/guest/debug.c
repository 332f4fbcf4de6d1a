/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Debug registers.
 *
 * Provokes: vcpu_set_debug at its limits; breakpoints and watchpoints on code and data of ring 1 and ring 3; on what the gate touches for the guest: the
 * kernel stack it stores frames to, the entry points it jumps to; on a SYSCALL instruction.
 * Must: refuse everything in the hypervisor's range, I/O breakpoints and general detect; tell the guest which breakpoint it was in the event's data;
 * never stop in the gate (I-11, I-13).
 */
#include "test.h"

#define RF 0x10000ul

USER_CODE(u_store, "movl $1, 0x600000; nop; syscall");
USER_CODE(u_load, "mov 0x600000, %eax; nop; syscall");
USER_CODE(u_nops, "nop; nop; nop; syscall");
USER_CODE(u_ud2, "ud2");
USER_CODE(u_fault, "mov 0x10000000, %eax");
USER_CODE(u_spin, "1: jmp 1b");

static unsigned kernel_hits;
static uint64_t kernel_data, kernel_ip;

/* Kernel-mode debug events are counted and passed over, by RF if they are of the instruction to come. */
void guest_event(struct guest_regs *regs)
{
	if (!guest_is_user(regs) && guest_vector(regs) == 1 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION) {
		kernel_hits++;
		kernel_data = regs->data;
		kernel_ip = regs->ip;
		regs->flags |= RF;
		return;
	}
	guest_event_default(regs);
}

static void set(unsigned n, uint64_t address, uint64_t control)
{
	guest_must(rb_vcpu_set_debug(7, 0));
	guest_must(rb_vcpu_set_debug(n, address));
	guest_must(rb_vcpu_set_debug(7, control));
	kernel_hits = 0;
	kernel_data = 0;
}

static void clear(void)
{
	guest_must(rb_vcpu_set_debug(7, 0));
}

static void try_limits(void)
{
	static const uint64_t bad[] = {
		RB_GATE_START, RB_GATE_START + 7, RB_GATE_START + 0x20000, RB_GATE_START + 0x21000, 0xffff800040000000, 0xffff808000000000,
		0xffff840000000000, RB_GATE_END - 1, RB_GATE_END - 8, 1ul << 47, (1ul << 47) + 0x1000, 1ul << 63, RB_GATE_START - 1, RB_GATE_START - 8,
	};
	static const uint64_t good[] = { 0, 1, 0x7fffffffffff, RB_GATE_END, ~0ul };
	unsigned refused = 0, accepted = 0;

	for (unsigned n = 0; n < 4; n++) {
		for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			refused += rb_vcpu_set_debug(n, bad[i]) == RB_INVAL;
		for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
			accepted += rb_vcpu_set_debug(n, good[i]) == RB_OK;
		guest_must(rb_vcpu_set_debug(n, 0));
	}
	check(refused == 4 * sizeof(bad) / sizeof(bad[0]), "%u bad addresses refused", refused);
	check(accepted == 4 * sizeof(good) / sizeof(good[0]), "%u good addresses accepted", accepted);
	check_status(rb_vcpu_set_debug(4, 0), RB_INVAL);
	check_status(rb_vcpu_set_debug(5, 0), RB_INVAL);
	check_status(rb_vcpu_set_debug(6, 0), RB_INVAL);
	check_status(rb_vcpu_set_debug(8, 0), RB_INVAL);
	refused = 0;
	for (unsigned bit = 0; bit < 64; bit++)
		if (((1ul << bit) & ~0xffff07fful))
			refused += rb_vcpu_set_debug(7, 1ul << bit) == RB_INVAL;
	check(refused == 37, "%u reserved bits and general detect refused", refused);
	refused = 0;
	for (unsigned n = 0; n < 4; n++)
		refused += rb_vcpu_set_debug(7, 2ul << (16 + 4 * n)) == RB_INVAL && rb_vcpu_set_debug(7, DR7(n, 2, 0)) == RB_INVAL;
	check(refused == 4, "I/O breakpoints refused");
	check_status(rb_vcpu_set_debug(7, 0), RB_OK);
}

static bool is_debug_event(uint64_t data)
{
	return guest_vector(&test_regs) == 1 && guest_type(&test_regs) == RB_EVENT_TYPE_EXCEPTION && (test_regs.data & 0xf) == data;
}

static void try_user(void)
{
	set(0, USER_DATA, DR7(0, 1, 3));
	user_run(u_store);
	check(is_debug_event(1) && test_regs.ip == user_address(u_store) + 11, "ring 3 writes: vector %u data %lx at %lx", guest_vector(&test_regs), test_regs.data, test_regs.ip);
	user_resume();
	check(guest_is_syscall(&test_regs), "and goes on");
	user_run(u_load);
	check(guest_is_syscall(&test_regs), "reads, which is not watched");
	set(3, USER_DATA, DR7(3, 3, 3));
	user_run(u_load);
	check(is_debug_event(8), "now it is: data %lx", test_regs.data);
	set(1, user_address(u_nops) + 1, DR7(1, 0, 0));
	user_run(u_nops);
	check(is_debug_event(2) && test_regs.ip == user_address(u_nops) + 1, "ring 3 executes: data %lx at %lx", test_regs.data, test_regs.ip);
	test_regs.flags |= RF;
	user_resume();
	check(guest_is_syscall(&test_regs), "and goes on with RF");
	clear();
	user_run(u_store);
	check(guest_is_syscall(&test_regs), "no breakpoint, no event");
}

static void try_kernel(void)
{
	static volatile uint64_t word __attribute__((aligned(8)));
	uint64_t at, value = 0;

	set(2, (uint64_t)&word, DR7(2, 1, 2));
	word = 1;
	clear();
	check(kernel_hits == 1 && (kernel_data & 0xf) == 4, "ring 1 writes: %u hits, data %lx", kernel_hits, kernel_data);

	__asm__ volatile("lea 1f(%%rip), %0; jmp 2f; 1: nop; ret; 2:" : "=r"(at));
	set(0, at, DR7(0, 0, 0));
	((void (*)(void))at)();
	clear();
	check(kernel_hits == 1 && (kernel_data & 0xf) == 1 && kernel_ip == at, "ring 1 executes: %u hits at %lx", kernel_hits, kernel_ip);

	/* A SYSCALL instruction in kernel mode; RAX, RDX are the call's. */
	__asm__ volatile("lea 1f(%%rip), %0; jmp 2f; 1: syscall; ret; 2:" : "=r"(at));
	set(1, at, DR7(1, 0, 0));
	__asm__ volatile("call *%1" : "=d"(value) : "r"(at), "a"(RB_HC_INFO_VERSION), "d"(0), "D"(0), "S"(0) : "rcx", "r8", "r9", "r10", "r11", "memory");
	clear();
	check(kernel_hits == 1 && value == RB_ABI_VERSION, "a hypercall with a breakpoint on it: %u hits, %lx", kernel_hits, value);
}

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	if (regs && guest_is_user(regs) && regs->ip == user_address(u_spin))
		regs->ip = user_address(u_ud2);
	else
		guest_must(rb_timer_set(guest_time() + 1000000));
}

/* The gate stores a frame at a watchpoint, or enters at a breakpoint. */
static void try_gate(void)
{
	uint64_t top = (uint64_t)guest_user_stack + GUEST_STACK_BYTES;

	for (uint64_t word = top - 64; word < top; word += 8) {
		set(0, word, DR7(0, 1, 2));
		user_run(u_nops);
		check_quietly(guest_is_syscall(&test_regs) && test_regs.ip == user_address(u_nops) + 5 && test_regs.sp == USER_STACK, "system call, watched word %lx", word - top);
		user_run(u_ud2);
		check_quietly(guest_vector(&test_regs) == 6 && test_regs.ip == user_address(u_ud2), "ud2, watched word %lx", word - top);
		user_run(u_fault);
		check_quietly(guest_vector(&test_regs) == 14 && test_regs.data == 0x10000000, "page fault, watched word %lx", word - top);
		guest_must(rb_timer_set(guest_time() + 200000));
		user_run(u_spin);
		check_quietly(guest_vector(&test_regs) == 6, "virtual vector, watched word %lx", word - top);
	}
	clear();
	check(true, "watchpoints on the frame");

	set(3, (uint64_t)guest_user_entry, DR7(3, 0, 0));
	user_run(u_nops);
	clear();
	check(guest_is_syscall(&test_regs) && kernel_hits >= 1 && kernel_ip == (uint64_t)guest_user_entry, "breakpoint on the entry point: %u hits, data %lx",
	      kernel_hits, kernel_data);
}

int main(struct rb_start_info *start)
{
	user_setup();
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	try_limits();
	try_user();
	try_kernel();
	try_gate();
	return test_end();
}
