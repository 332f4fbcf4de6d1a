// SPDX-License-Identifier: GPL-2.0-only
/*
 * signal - delivery, nesting, stacks and return
 *
 * Signals by kill, sigqueue and timers; masked, nested, on an alternative
 * stack, with all registers kept, a changed register taken back, system calls
 * restarted or interrupted; storms between processes; handlers left by
 * siglongjmp.
 * Defends: the way out to user mode with a changed frame, and that no event is
 * lost between the kernel's last look and its return.
 */
#include "test.h"

#include <sys/signalfd.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile int calls, last_value, last_code, depth, deepest;
static volatile pid_t last_sender;

static void handler_counts(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	calls++;
	last_value = info->si_value.sival_int;
	last_code = info->si_code;
	last_sender = info->si_pid;
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	REQUIRE(sigaction(signal, &action, NULL) == 0);
}

static void test_delivery(void)
{
	step("to itself, at once, thousands");
	calls = 0;
	handle(SIGUSR1, handler_counts, 0);
	for (int i = 1; i <= 5000; i++) {
		kill(getpid(), SIGUSR1);
		CHECK_EQ(calls, i);
	}
	CHECK_EQ(last_code, SI_USER);
	CHECK_EQ(last_sender, getpid());
	step("queued, with values, in order");
	sigset_t set, old;

	handle(SIGRTMIN, handler_counts, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (int i = 0; i < 100; i++)
		REQUIRE(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }) == 0);
	for (int i = 0; i < 50; i++) {
		siginfo_t info;

		CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
		CHECK_EQ(info.si_value.sival_int, i);
	}
	calls = 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK_EQ(calls, 50);
	CHECK_EQ(last_value, 99);
}

static void handler_nests(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (signal - SIGRTMIN < 10)
		raise(signal + 1);
	depth--;
}

static void test_nested(void)
{
	step("ten handlers inside each other");
	for (int i = 0; i <= 10; i++)
		handle(SIGRTMIN + i, handler_nests, 0);
	for (int i = 0; i < 50; i++)
		raise(SIGRTMIN);
	CHECK_EQ(deepest, 11);
	CHECK_EQ(depth, 0);
	step("a signal is masked in its own handler, unless SA_NODEFER");
	deepest = 0;
	handle(SIGRTMIN + 9, handler_nests, SA_NODEFER);
	raise(SIGRTMIN + 9);
	CHECK_EQ(deepest, 2);
}

static char *alternative;
static volatile uintptr_t handler_stack;

static void handler_notes_stack(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	handler_stack = (uintptr_t)&signal;
}

static void test_alternative_stack(void)
{
	stack_t stack = { .ss_size = 16 * PAGE }, seen;

	step("on an alternative stack");
	alternative = pages_private(16);
	stack.ss_sp = alternative;
	REQUIRE(sigaltstack(&stack, NULL) == 0);
	handle(SIGUSR1, handler_notes_stack, SA_ONSTACK);
	handle(SIGUSR2, handler_notes_stack, 0);
	for (int i = 0; i < 100; i++) {
		raise(SIGUSR1);
		CHECK(handler_stack - (uintptr_t)alternative < 16 * PAGE, "handler's stack %#lx", handler_stack);
		raise(SIGUSR2);
		CHECK(handler_stack - (uintptr_t)alternative >= 16 * PAGE, "handler's stack %#lx", handler_stack);
	}
	REQUIRE(sigaltstack(NULL, &seen) == 0);
	CHECK(seen.ss_sp == alternative && seen.ss_size == 16 * PAGE && seen.ss_flags == 0);
	stack.ss_flags = SS_DISABLE;
	REQUIRE(sigaltstack(&stack, NULL) == 0);
	pages_free(alternative, 16);
}

/* All general registers and flags across a handler. */
static unsigned long registers_change(pid_t process)
{
	unsigned long wrong;

	__asm__ volatile(
		"mov $0x1001, %%rbx; mov $0x1002, %%rdx; mov $0x1008, %%r8; mov $0x1009, %%r9; mov $0x100a, %%r10\n"
		"mov $0x100c, %%r12; mov $0x100d, %%r13; mov $0x100e, %%r14; mov $0x100f, %%r15\n"
		"mov %[kill], %%eax; mov %[process], %%edi; mov %[signal], %%esi\n"
		"std; syscall\n"
		"pushf; cld; pop %%rcx; shr $10, %%rcx; and $1, %%rcx; xor $1, %%rcx\n" /* 0 if DF was kept */
		"or %%rax, %%rcx\n"
		"xor $0x1001, %%rbx; or %%rbx, %%rcx; xor $0x1002, %%rdx; or %%rdx, %%rcx\n"
		"xor $0x1008, %%r8; or %%r8, %%rcx; xor $0x1009, %%r9; or %%r9, %%rcx; xor $0x100a, %%r10; or %%r10, %%rcx\n"
		"xor $0x100c, %%r12; or %%r12, %%rcx; xor $0x100d, %%r13; or %%r13, %%rcx\n"
		"xor $0x100e, %%r14; or %%r14, %%rcx; xor $0x100f, %%r15; or %%r15, %%rcx\n"
		: "=&c"(wrong)
		: [kill] "i"(SYS_kill), [process] "m"(process), [signal] "i"(SIGUSR1)
		: "rax", "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
	return wrong;
}

static void handler_clobbers(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	calls++;
	__asm__ volatile("mov $-1, %%rbx; mov %%rbx, %%r8; mov %%rbx, %%r9; mov %%rbx, %%r10; mov %%rbx, %%r12\n"
			 "mov %%rbx, %%r13; mov %%rbx, %%r14; mov %%rbx, %%r15; mov %%rbx, %%rdx; mov %%rbx, %%rcx"
			 : : : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r12", "r13", "r14", "r15");
}

static void test_registers(void)
{
	step("registers and flags across a handler");
	calls = 0;
	handle(SIGUSR1, handler_clobbers, 0);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(registers_change(getpid()), 0);
	CHECK_EQ(calls, 200);
}

static void handler_sets_result(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)signal;
	(void)info;
	c->uc_mcontext.gregs[REG_RBX] = 0x4242;
	c->uc_mcontext.gregs[REG_RIP] += 2; /* past the UD2 */
}

static void test_changed_context(void)
{
	unsigned long seen;

	step("a handler that changes where and with what it returns");
	handle(SIGILL, handler_sets_result, 0);
	for (int i = 0; i < 200; i++) {
		__asm__ volatile("xor %%ebx, %%ebx; ud2; mov %%rbx, %0" : "=r"(seen) : : "rbx");
		CHECK_EQ(seen, 0x4242);
	}
	signal(SIGILL, SIG_DFL);
}

static int child_signals_parent(void *count)
{
	for (long i = 0; i < (long)count; i++) {
		sleep_ms(20);
		kill(getppid(), SIGUSR1);
	}
	return 0;
}

static void test_restart(void)
{
	int pipes[2];
	char byte;

	step("system calls interrupted and restarted");
	REQUIRE(pipe(pipes) == 0);
	calls = 0;
	handle(SIGUSR1, handler_counts, 0);
	pid_t child = child_start(child_signals_parent, (void *)1);

	CHECK(read(pipes[0], &byte, 1) < 0 && errno == EINTR);
	CHECK_EQ(calls, 1);
	child_end(child);
	handle(SIGUSR1, handler_counts, SA_RESTART);
	child = child_start(child_signals_parent, (void *)3);
	CHECK_EQ(waitpid(child, NULL, 0), child); /* restarted three times */
	CHECK_EQ(calls, 4);
	handle(SIGUSR1, handler_counts, 0);
	child = child_start(child_signals_parent, (void *)1);
	struct timespec time = { 10, 0 }, rest = { 0, 0 };

	CHECK(nanosleep(&time, &rest) < 0 && errno == EINTR);
	CHECK(rest.tv_sec >= 5, "%ld s left", (long)rest.tv_sec);
	child_end(child);
	close(pipes[0]);
	close(pipes[1]);
}

static volatile bool go_on;

static void handler_stops(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	go_on = false;
}

static int child_answers(void *unused)
{
	sigset_t set;
	siginfo_t info;

	(void)unused;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	for (int i = 0; i < 500; i++) {
		REQUIRE(sigwaitinfo(&set, &info) == SIGRTMIN);
		CHECK_EQ(info.si_value.sival_int, i);
		REQUIRE(sigqueue(getppid(), SIGRTMIN, (union sigval){ .sival_int = i + 1000 }) == 0);
	}
	return 0;
}

static void test_ping_pong(void)
{
	sigset_t set;
	siginfo_t info;

	step("ping-pong between two processes");
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid_t child = child_start(child_answers, NULL);

	for (int i = 0; i < 500; i++) {
		REQUIRE(sigqueue(child, SIGRTMIN, (union sigval){ .sival_int = i }) == 0);
		REQUIRE(sigwaitinfo(&set, &info) == SIGRTMIN);
		CHECK_EQ(info.si_value.sival_int, i + 1000);
		CHECK_EQ(info.si_pid, child);
	}
	child_end(child);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void test_interrupts_user(void)
{
	struct itimerval timer = { { 0, 0 }, { 0, 30000 } };
	uint64_t spins = 0;

	step("a program that makes no system call is interrupted");
	handle(SIGALRM, handler_stops, 0);
	for (int i = 0; i < 5; i++) {
		go_on = true;
		REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
		while (go_on)
			spins++;
	}
	CHECK(spins > 0);
}

static sigjmp_buf jump;
static volatile char *volatile null_page = (char *)16;

static void handler_jumps(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	siglongjmp(jump, signal);
}

static void test_jump(void)
{
	step("handlers left by siglongjmp");
	handle(SIGSEGV, handler_jumps, 0);
	handle(SIGUSR2, handler_jumps, 0);
	for (volatile int i = 0; i < 500; i++) {
		int seen = sigsetjmp(jump, 1);

		if (!seen && i % 2)
			*null_page = 1;
		if (!seen)
			raise(SIGUSR2);
		CHECK_EQ(seen, i % 2 ? SIGSEGV : SIGUSR2);
	}
	signal(SIGSEGV, SIG_DFL);
}

static void test_signalfd(void)
{
	sigset_t set;
	struct signalfd_siginfo info;

	step("signalfd");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int descriptor = signalfd(-1, &set, SFD_NONBLOCK);

	CHECK(read(descriptor, &info, sizeof(info)) < 0 && errno == EAGAIN);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(read(descriptor, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	close(descriptor);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int body_killed(void *signal)
{
	raise((intptr_t)signal);
	return 0;
}

static void test_default(void)
{
	step("default actions");
	child_dies(body_killed, (void *)SIGTERM, SIGTERM);
	child_dies(body_killed, (void *)SIGKILL, SIGKILL);
	child_dies(body_killed, (void *)SIGALRM, SIGALRM);
	child_end(child_start(body_killed, (void *)SIGCHLD));
	child_end(child_start(body_killed, (void *)SIGURG));
}

int main(void)
{
	test_delivery();
	test_nested();
	test_alternative_stack();
	test_registers();
	test_changed_context();
	test_restart();
	test_ping_pong();
	test_interrupts_user();
	test_jump();
	test_signalfd();
	signal(SIGALRM, SIG_DFL);
	test_default();
	return verdict();
}
