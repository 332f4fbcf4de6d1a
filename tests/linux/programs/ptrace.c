// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace - what debuggers do
 *
 * Attaching; single steps counted over known code, system calls and faults
 * among it; INT3 breakpoints written into a running program; hardware
 * breakpoints and watchpoints, several processes with their own at once; system
 * calls seen, changed and refused; registers of all kinds written.
 * Defends: debug exceptions and debug registers, which the hypervisor owns.
 */
#include "test.h"

#include <elf.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

/* Known code: the labels are what the tracer looks for. */
extern const char code_start[], code_call[], code_fault[], code_end[];
static volatile char *fresh_page;

__asm__(".text\n"
	"code: push %rbx\n"
	"code_start: mov $110, %eax\n" /* getppid */
	"nop\n"
	"nop\n"
	"code_call: syscall\n"
	"nop\n"
	"mov fresh_page(%rip), %rbx\n"
	"code_fault: movb $1, (%rbx)\n"
	"pushf\n"
	"pop %rcx\n"
	"mov $3, %ecx\n"
	"1: dec %ecx\n"
	"jnz 1b\n"
	"code_end: pop %rbx\n"
	"ret\n");
void code(void);
enum { STEPS = 10 + 2 * 3 }; /* from code_start to code_end */

static long registers_get(pid_t child, struct user_regs_struct *registers)
{
	return ptrace(PTRACE_GETREGS, child, NULL, registers);
}

static uintptr_t rip_of(pid_t child)
{
	struct user_regs_struct registers;

	REQUIRE(registers_get(child, &registers) == 0);
	return registers.rip;
}

/* Go on until the next stop, which must be by this signal. */
static bool go_until(enum __ptrace_request request, pid_t child, int expected)
{
	int status;

	REQUIRE(ptrace(request, child, NULL, NULL) == 0);
	REQUIRE(waitpid(child, &status, 0) == child);
	return CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == expected, "status %#x, not stopped by signal %d", status,
		     expected);
}

static int child_runs_code(void *unused)
{
	(void)unused;
	REQUIRE(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	code();
	code();
	return 0;
}

static pid_t traced_start(int (*body)(void *), void *argument)
{
	pid_t child = child_start(body, argument);
	int status;

	REQUIRE(waitpid(child, &status, 0) == child);
	REQUIRE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return child;
}

static void traced_end(pid_t child)
{
	REQUIRE(ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
	child_end(child);
}

static long text_swap(pid_t child, const void *address, unsigned char byte)
{
	errno = 0;
	long old = ptrace(PTRACE_PEEKTEXT, child, address, NULL);

	REQUIRE(errno == 0);
	REQUIRE(ptrace(PTRACE_POKETEXT, child, address, (old & ~0xffl) | byte) == 0);
	return old;
}

static void breakpoint_reach(pid_t child, const char *address)
{
	struct user_regs_struct registers;
	long old = text_swap(child, address, 0xcc);

	go_until(PTRACE_CONT, child, SIGTRAP);
	REQUIRE(registers_get(child, &registers) == 0);
	CHECK_EQ(registers.rip, address + 1);
	registers.rip--;
	REQUIRE(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
	REQUIRE(ptrace(PTRACE_POKETEXT, child, address, old) == 0);
}

static void test_breakpoint_and_steps(void)
{
	step("a breakpoint, then single steps over known code");
	fresh_page = pages_private(1);
	pid_t child = traced_start(child_runs_code, NULL);

	for (int round = 0; round < 2; round++) {
		int steps = 0, calls = 0, faults = 0;

		breakpoint_reach(child, code_start);
		for (; rip_of(child) != (uintptr_t)code_end && steps < 100; steps++) {
			calls += rip_of(child) == (uintptr_t)code_call;
			faults += rip_of(child) == (uintptr_t)code_fault;
			if (!go_until(PTRACE_SINGLESTEP, child, SIGTRAP))
				break;
		}
		CHECK_EQ(steps, STEPS);
		CHECK_EQ(calls, 1); /* once, not twice: the step over the call ends behind it */
		CHECK_EQ(faults, 1);
	}
	traced_end(child);
	CHECK_EQ(fresh_page[0], 0); /* the child's own copy was written */
}

static int child_spins(void *words)
{
	for (;;)
		((volatile long *)words)[0]++;
	return 0;
}

static void test_attach(void)
{
	volatile long *words = pages_shared(1);
	pid_t child = child_start(child_spins, (void *)words);
	int status;

	step("attach to a running process, and leave it");
	for (int i = 0; i < 10; i++) {
		while (!words[0])
			sched_yield();
		REQUIRE(ptrace(PTRACE_ATTACH, child, NULL, NULL) == 0);
		REQUIRE(waitpid(child, &status, 0) == child);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "status %#x", status);
		long count = words[0];

		sleep_ms(5);
		CHECK_EQ(words[0], count);
		for (int k = 0; k < 20; k++)
			go_until(PTRACE_SINGLESTEP, child, SIGTRAP);
		words[0] = 0;
		REQUIRE(ptrace(PTRACE_DETACH, child, NULL, NULL) == 0);
	}
	step("seize and interrupt");
	REQUIRE(ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_EXITKILL) == 0);
	REQUIRE(ptrace(PTRACE_INTERRUPT, child, NULL, NULL) == 0);
	REQUIRE(waitpid(child, &status, 0) == child);
	CHECK_EQ(status >> 16, PTRACE_EVENT_STOP);
	kill(child, SIGKILL);
	status = child_wait(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %#x", status);
	pages_free((void *)words, 1);
}

static void debug_register_set(pid_t child, int number, unsigned long value)
{
	size_t offset = offsetof(struct user, u_debugreg) + number * sizeof(long);

	REQUIRE(ptrace(PTRACE_POKEUSER, child, offset, value) == 0);
}

static unsigned long debug_register(pid_t child, int number)
{
	size_t offset = offsetof(struct user, u_debugreg) + number * sizeof(long);

	errno = 0;
	unsigned long value = ptrace(PTRACE_PEEKUSER, child, offset, NULL);

	REQUIRE(errno == 0);
	return value;
}

enum { DR_EXECUTE = 0, DR_WRITE = 1, DR_ACCESS = 3 };

static void watchpoint_set(pid_t child, int number, const volatile void *address, int kind, int bytes)
{
	unsigned long control = debug_register(child, 7);

	debug_register_set(child, number, (uintptr_t)address);
	control |= 1ul << 2 * number | (unsigned long)(kind | (bytes - 1) << 2) << (16 + 4 * number);
	debug_register_set(child, 7, control);
}

static volatile int watched[8];

static int child_writes(void *base)
{
	REQUIRE(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	for (int i = 1; i <= 20; i++) {
		watched[0] = i;
		watched[1] = watched[0] + (int)(intptr_t)base;
		watched[2] = i;
		sched_yield();
	}
	return 0;
}

static void test_watchpoint(void)
{
	step("a watchpoint");
	pid_t child = traced_start(child_writes, NULL);

	watchpoint_set(child, 0, &watched[1], DR_WRITE, 4);
	for (int i = 1; i <= 20; i++) {
		if (!go_until(PTRACE_CONT, child, SIGTRAP))
			break;
		CHECK_EQ(debug_register(child, 6) & 0xf, 1);
		/* After the write, before the next. */
		errno = 0;
		CHECK_EQ((int)ptrace(PTRACE_PEEKDATA, child, &watched[1], NULL), i);
		CHECK_EQ((int)ptrace(PTRACE_PEEKDATA, child, &watched[2], NULL), i - 1);
		debug_register_set(child, 6, 0);
	}
	traced_end(child);
}

static void test_watchpoints_of_several(void)
{
	pid_t children[3];

	step("each process its own watchpoint");
	for (int i = 0; i < 3; i++) {
		children[i] = traced_start(child_writes, (void *)(intptr_t)(100 * i));
		watchpoint_set(children[i], i, &watched[i], DR_WRITE, 4);
	}
	for (int round = 1; round <= 20; round++) {
		for (int i = 0; i < 3; i++)
			REQUIRE(ptrace(PTRACE_CONT, children[i], NULL, NULL) == 0);
		for (int i = 0; i < 3; i++) {
			int status;

			REQUIRE(waitpid(children[i], &status, 0) == children[i]);
			if (!CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "status %#x", status))
				return;
			CHECK_EQ(debug_register(children[i], 6) & 0xf, 1 << i);
			CHECK_EQ((int)ptrace(PTRACE_PEEKDATA, children[i], &watched[i], NULL), round + (i == 1 ? 100 : 0));
			debug_register_set(children[i], 6, 0);
		}
	}
	for (int i = 0; i < 3; i++)
		traced_end(children[i]);
	/* They were theirs: here nothing traps. */
	watched[0] = watched[1] = watched[2] = 0;
}

static void test_hardware_breakpoint(void)
{
	step("a hardware breakpoint");
	pid_t child = traced_start(child_runs_code, NULL);

	watchpoint_set(child, 2, code_call, DR_EXECUTE, 1);
	for (int i = 0; i < 2; i++) {
		go_until(PTRACE_CONT, child, SIGTRAP);
		CHECK_EQ(rip_of(child), code_call); /* before the instruction, and once each time */
		CHECK_EQ(debug_register(child, 6) & 0xf, 4);
	}
	traced_end(child);
	step("debug registers refuse the kernel's addresses");
	child = traced_start(child_runs_code, NULL);
	size_t offset = offsetof(struct user, u_debugreg);

	CHECK(ptrace(PTRACE_POKEUSER, child, offset, 0xffffffff81000000) < 0 ||
	      ptrace(PTRACE_POKEUSER, child, offset + 7 * 8, 0x1) < 0);
	CHECK(ptrace(PTRACE_POKEUSER, child, offset, 0xffff800000000000) < 0 ||
	      ptrace(PTRACE_POKEUSER, child, offset + 7 * 8, 0x1) < 0);
	traced_end(child);
}

static int child_calls(void *unused)
{
	(void)unused;
	REQUIRE(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(syscall(SYS_getppid), 4711); /* the tracer's answer */
	errno = 0;
	CHECK_EQ(syscall(SYS_getuid), -1); /* refused by the tracer */
	CHECK_EQ(errno, ENOSYS);
	return 0;
}

/* Both stops of the next system call; the first may change its number, the second its result. */
static long call_trace(pid_t child, long number)
{
	struct user_regs_struct registers;

	if (!go_until(PTRACE_SYSCALL, child, SIGTRAP | 0x80))
		return -1;
	REQUIRE(registers_get(child, &registers) == 0);
	CHECK_EQ(registers.rax, -ENOSYS);
	long asked = registers.orig_rax;

	if (asked == number && number == SYS_getuid) {
		registers.orig_rax = -1;
		REQUIRE(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
	}
	go_until(PTRACE_SYSCALL, child, SIGTRAP | 0x80);
	REQUIRE(registers_get(child, &registers) == 0);
	if (asked == SYS_getppid) {
		CHECK_EQ(registers.rax, getpid());
		registers.rax = 4711;
		REQUIRE(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
	}
	return asked;
}

static void test_calls(void)
{
	step("system calls seen, changed and refused");
	pid_t child = traced_start(child_calls, NULL);

	REQUIRE(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD) == 0);
	/* raise() first restores its signal mask, how often is the C library's matter. */
	long number;

	do
		number = call_trace(child, SYS_getppid);
	while (number >= 0 && number != SYS_getppid);
	for (int i = 1; i < 10; i++)
		CHECK_EQ(call_trace(child, SYS_getppid), SYS_getppid);
	CHECK_EQ(call_trace(child, SYS_getuid), SYS_getuid);
	traced_end(child);
}

static int child_shows_registers(void *unused)
{
	unsigned long seen[5];
	double sum;

	(void)unused;
	REQUIRE(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	__asm__ volatile("xor %%r12d, %%r12d; xor %%r15d, %%r15d; pxor %%xmm7, %%xmm7\n"
			 "int3\n"
			 "mov %%r12, %0; mov %%r15, %1; mov %%gs:0, %%rax; mov %%rax, %2; movsd %%xmm7, %3"
			 : "=m"(seen[0]), "=m"(seen[1]), "=m"(seen[2]), "=m"(sum) : : "rax", "r12", "r15", "xmm7");
	CHECK_EQ(seen[0], 0x1234567890abcdef);
	CHECK_EQ(seen[1], 77);
	CHECK_EQ(seen[2], 0x5566);
	CHECK(sum == 2.5, "%f", sum);
	return 0;
}

static void test_registers(void)
{
	struct user_regs_struct registers;
	struct user_fpregs_struct floating;
	unsigned long *segment = pages_private(1);
	static unsigned char state[16384] __attribute__((aligned(64)));
	struct iovec vector = { state, sizeof(state) };
	const double value = 2.5;

	step("registers written: general, segment base, floating");
	*segment = 0x5566;
	pid_t child = traced_start(child_shows_registers, NULL);

	go_until(PTRACE_CONT, child, SIGTRAP);
	REQUIRE(registers_get(child, &registers) == 0);
	registers.r12 = 0x1234567890abcdef;
	registers.r15 = 77;
	registers.gs_base = (uintptr_t)segment;
	REQUIRE(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
	REQUIRE(ptrace(PTRACE_GETFPREGS, child, NULL, &floating) == 0);
	memcpy((char *)floating.xmm_space + 7 * 16, &value, sizeof(value));
	REQUIRE(ptrace(PTRACE_SETFPREGS, child, NULL, &floating) == 0);
	REQUIRE(ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &vector) == 0);
	CHECK(vector.iov_len >= 576);
	CHECK(!memcmp(state + 160 + 7 * 16, &value, sizeof(value)));
	/* What would leave ring 3 is refused or harmless. */
	registers.cs = 0x10;
	CHECK(ptrace(PTRACE_SETREGS, child, NULL, &registers) < 0);
	registers.cs = 0x11;
	CHECK(ptrace(PTRACE_SETREGS, child, NULL, &registers) < 0);
	CHECK(ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, gs_base), 0xffff888000000000) < 0);
	traced_end(child);
	pages_free(segment, 1);
}

static int child_forks(void *unused)
{
	(void)unused;
	REQUIRE(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	pid_t child = fork();

	if (!child)
		_exit(5);
	CHECK_EQ(child_wait(child), 5 << 8);
	return 0;
}

static void test_events(void)
{
	step("fork and exit events");
	pid_t child = traced_start(child_forks, NULL), grandchild;
	unsigned long message = 0;
	int status;

	REQUIRE(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT) == 0);
	REQUIRE(ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
	REQUIRE(waitpid(child, &status, 0) == child);
	CHECK_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8);
	REQUIRE(ptrace(PTRACE_GETEVENTMSG, child, NULL, &message) == 0);
	grandchild = message;
	CHECK_EQ(waitpid(grandchild, &status, __WALL), grandchild);
	CHECK(WIFSTOPPED(status));
	REQUIRE(ptrace(PTRACE_DETACH, grandchild, NULL, NULL) == 0);
	REQUIRE(ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
	do
		REQUIRE(waitpid(child, &status, 0) == child);
	while (WIFSTOPPED(status) && status >> 16 == 0 && ptrace(PTRACE_CONT, child, NULL, WSTOPSIG(status)) == 0);
	CHECK_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_EXIT << 8);
	traced_end(child);
}

int main(void)
{
	test_breakpoint_and_steps();
	test_attach();
	test_watchpoint();
	test_watchpoints_of_several();
	test_hardware_breakpoint();
	test_calls();
	test_registers();
	test_events();
	return verdict();
}
