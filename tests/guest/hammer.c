/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/* timeout: 60 */
/*
 * Interrupts at every moment.
 *
 * Provokes: user code that makes system calls without end, kernel code in between with events on and off, both with every register planted, while the timer goes off
 * at random moments, a few hundred instructions apart, and the kernel sends itself vectors on top. The timer is armed anew by its handler only: one lost
 * vector would stop it for good.
 * Must: keep every register, GS base and the stack pointer, in both modes; never lose a vector nor let user mode run with one pending; find the vCPU in its
 * restartable range now and then, and move it to the start (I-17, I-18, I-19).
 */
#include "test.h"

#define SET	"mov $0x11111111, %ebx; mov $0x22222222, %ebp; mov $0x33333333, %edx; mov $0x44444444, %esi; mov $0x55555555, %edi; mov $0x66666666, %r8d;" \
		"mov $0x77777777, %r9d; mov $0x12345678, %r10d; mov $0x23456789, %r12d; mov $0x3456789a, %r13d; mov $0x456789ab, %r14d; mov $0x56789abc, %r15d;"
#define VERIFY	"cmp $0x11111111, %rbx; jne 9f; cmp $0x22222222, %rbp; jne 9f; cmp $0x33333333, %rdx; jne 9f; cmp $0x44444444, %rsi; jne 9f;" \
		"cmp $0x55555555, %rdi; jne 9f; cmp $0x66666666, %r8; jne 9f; cmp $0x77777777, %r9; jne 9f; cmp $0x12345678, %r10; jne 9f;" \
		"cmp $0x23456789, %r12; jne 9f; cmp $0x3456789a, %r13; jne 9f; cmp $0x456789ab, %r14; jne 9f; cmp $0x56789abc, %r15; jne 9f;"
#define LOSE	"mov $0x51515151, %eax; mov $0x61616161, %ecx; mov $0x71717171, %r11d;"
#define VERIFY_LOSE "cmp $0x51515151, %rax; jne 9f; cmp $0x61616161, %rcx; jne 9f; cmp $0x71717171, %r11; jne 9f;"

/* Data page: 0 rounds to go, 1 ticks (counted by the timer's handler). System call 5: work; 0: done; UD2: a register is lost; INT3: no tick comes. */
USER_CODE(u_hammer,
	"mov $0x123456789000, %rax; wrgsbase %rax;" SET
	"1:" LOSE VERIFY VERIFY_LOSE VERIFY VERIFY_LOSE VERIFY VERIFY_LOSE
	"rdgsbase %rax; mov $0x123456789000, %rcx; cmp %rax, %rcx; jne 9f;"
	"cmp $0x800000, %rsp; jne 9f;"
	"mov $5, %eax; syscall; cmp $5, %rax; jne 9f;" VERIFY
	"cmp $0x800000, %rsp; jne 9f;"
	"rdgsbase %rax; mov $0x123456789000, %rcx; cmp %rax, %rcx; jne 9f;"
	"decq 0x600000; jnz 1b; xor %eax, %eax; syscall;"
	"9: ud2");
/* Waits for a tick. */
USER_CODE(u_wait,
	SET "2: mov 0x600008, %rax; mov $100000000, %ecx; 1: cmp %rax, 0x600008; jne 3f; dec %ecx; jnz 1b; int3; 3:" VERIFY "decq 0x600000; jnz 2b; xor %eax, %eax; syscall; 9: ud2");

static uint64_t longest_ns;	/* timers are random up to this */
static uint64_t timers, sent, received;

static uint32_t random_next(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	timers++;
	user_data[1]++;
	guest_must(rb_timer_set(guest_time() + random_next() % longest_ns));
}

static void vector_handler(struct guest_regs *regs, unsigned vector)
{
	received++;
}

/* Kernel code whose registers must survive; R: label. */
static bool kernel_work(void)
{
	uint64_t lost;

	__asm__ volatile("push %%rbp; mov $0x11, %%ebx; mov $0x22, %%ebp; mov $0x33, %%edx; mov $0x44, %%esi; mov $0x55, %%edi; mov $0x66, %%r8d; mov $0x77, %%r9d;"
			 "mov $0x88, %%r10d; mov $0x99, %%r11d; mov $0xaa, %%r12d; mov $0xbb, %%r13d; mov $0xcc, %%r14d; mov $0xdd, %%r15d; mov %%rsp, %%rax; mov $40, %%ecx;"
			 "1: dec %%ecx; jnz 1b;"
			 "xor %%rsp, %%rax; xor $0x11, %%rbx; xor $0x22, %%rbp; xor $0x33, %%rdx; xor $0x44, %%rsi; xor $0x55, %%rdi; xor $0x66, %%r8; xor $0x77, %%r9;"
			 "xor $0x88, %%r10; xor $0x99, %%r11; xor $0xaa, %%r12; xor $0xbb, %%r13; xor $0xcc, %%r14; xor $0xdd, %%r15;"
			 "or %%rbx, %%rax; or %%rbp, %%rax; or %%rdx, %%rax; or %%rsi, %%rax; or %%rdi, %%rax; or %%r8, %%rax; or %%r9, %%rax; or %%r10, %%rax;"
			 "or %%r11, %%rax; or %%r12, %%rax; or %%r13, %%rax; or %%r14, %%rax; or %%r15, %%rax; pop %%rbp"
			 : "=a"(lost) : : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	return !lost;
}

static uint64_t calls, kernel_lost, late;

void guest_event(struct guest_regs *regs)
{
	if (!guest_is_syscall(regs) || regs->rax != 5) {
		guest_event_default(regs);
		return;
	}
	calls++;
	if (calls % 3 == 0) {
		guest_must(rb_event_send(1, 0x40 + random_next() % 64));
		sent++;
	}
	if (calls % 2 == 0) {
		guest_events_on();
		kernel_lost += !kernel_work();
		/* On, and nothing waits: whatever came was delivered. */
		late += received != sent;
		guest_events_off();
	}
}

static void run(const char *name, const char *code, uint64_t rounds)
{
	uint64_t restarts = counter(RB_COUNTER_RESTARTS), before = timers;

	user_data[0] = rounds;
	guest_must(rb_timer_set(guest_time() + 1000));
	user_run(code);
	guest_must(rb_timer_set(0));
	check(guest_is_syscall(&test_regs) && test_regs.rax == 0, "%s: vector %u at %lx, %lu rounds left", name, guest_vector(&test_regs), test_regs.ip, user_data[0]);
	if (!guest_is_syscall(&test_regs))
		note("rbx %lx rbp %lx rdx %lx rsi %lx rdi %lx r8 %lx r9 %lx r10 %lx r12 %lx r15 %lx rax %lx rcx %lx sp %lx", test_regs.rbx, test_regs.rbp, test_regs.rdx,
		     test_regs.rsi, test_regs.rdi, test_regs.r8, test_regs.r9, test_regs.r10, test_regs.r12, test_regs.r15, test_regs.rax, test_regs.rcx, test_regs.sp);
	restarts = counter(RB_COUNTER_RESTARTS) - restarts;
	note("%s: %lu timers, %lu restarts", name, timers - before, restarts);
	/* TCG looks for interrupts between blocks only; Bochs is exact. */
	if (code == u_hammer)
		check(restarts > (is_tcg() ? 0 : 20), "the restartable range was hit %lu times", restarts);
}

int main(struct rb_start_info *start)
{
	user_setup();
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	for (unsigned vector = 0x40; vector < 0x80; vector++)
		guest_set_handler(vector, vector_handler);
	longest_ns = is_tcg() ? 60000 : 50000;
	run("system calls", u_hammer, is_tcg() ? 40000 : 8000);
	run("waiting", u_wait, is_tcg() ? 500 : 200);
	guest_events_on();
	guest_events_off();
	check(kernel_lost == 0, "kernel registers");
	check(late == 0 && sent == received, "%lu vectors sent, %lu received, %lu late", sent, received, late);
	return test_end();
}
