// SPDX-License-Identifier: GPL-2.0-only
/*
 * fpu - vector and floating-point registers are a process's own
 *
 * Eight processes, each with its own pattern in all YMM (or XMM) registers,
 * x87 stack, MXCSR and control word, switch by yielding, by pipes and by
 * preemption; the patterns must survive, and survive signal handlers that
 * overwrite all, page faults, and fork. New threads start with clean control
 * words. One instruction sequence loads, waits and stores, so that no compiler
 * comes between.
 * Defends: the extended state across context switches and hypervisor entries
 * (which may not use or lose it).
 */
#include "test.h"

#include <pthread.h>
#include <stddef.h>

enum { REGISTERS = 16 };
typedef uint64_t lanes[4] __attribute__((aligned(32)));

struct state {
	lanes ymm[REGISTERS];
	double x87[4];
	unsigned mxcsr;
	unsigned short control;
};

static bool have_avx;

#define EACH_REGISTER(form) \
	form(0) form(1) form(2) form(3) form(4) form(5) form(6) form(7) \
	form(8) form(9) form(10) form(11) form(12) form(13) form(14) form(15)

#define YMM_LOAD(n) "vmovdqa " #n "*32(%[in]), %%ymm" #n "\n"
#define YMM_STORE(n) "vmovdqa %%ymm" #n ", " #n "*32(%[out])\n"
#define XMM_LOAD(n) "movdqa " #n "*32(%[in]), %%xmm" #n "\n"
#define XMM_STORE(n) "movdqa %%xmm" #n ", " #n "*32(%[out])\n"
#define CLOBBERS "rax", "rcx", "rdx", "r11", "memory", "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
	"xmm14", "xmm15"

#define REST_LOAD "fninit; fldl 512(%[in]); fldl 520(%[in]); fldl 528(%[in]); fldl 536(%[in]); ldmxcsr 544(%[in]); fldcw 548(%[in])\n"
#define REST_STORE "fnstcw 548(%[out]); stmxcsr 544(%[out]); fstpl 536(%[out]); fstpl 528(%[out]); fstpl 520(%[out]); fstpl 512(%[out])\n" \
	"fninit; ldmxcsr %[normal]\n"

#define BY_CALL "mov %[call], %%rax; xor %%edx, %%edx; syscall\n"
#define BY_SPIN "1: incl (%%rsi); dec %%rdi; jnz 1b\n"

/* Load all registers, do something, store them. */
#define SEQUENCE(load, middle, store) \
	__asm__ volatile(load REST_LOAD middle store REST_STORE \
		: "+D"(first) : [in] "r"(in), [out] "r"(out), [normal] "m"(normal), [call] "r"(call), "S"(second) : CLOBBERS)

static const unsigned normal = 0x1f80;

/* One system call. */
static __attribute__((noinline)) void keep_over_call(const struct state *in, struct state *out, long call, long first, long second)
{
	if (have_avx)
		SEQUENCE(EACH_REGISTER(YMM_LOAD), BY_CALL, EACH_REGISTER(YMM_STORE));
	else
		SEQUENCE(EACH_REGISTER(XMM_LOAD), BY_CALL, EACH_REGISTER(XMM_STORE));
}

/* So many rounds, each of which adds one to the word. */
static __attribute__((noinline)) void keep_over_spin(const struct state *in, struct state *out, long first, volatile int *second)
{
	long call = 0;

	if (have_avx)
		SEQUENCE(EACH_REGISTER(YMM_LOAD), BY_SPIN, EACH_REGISTER(YMM_STORE));
	else
		SEQUENCE(EACH_REGISTER(XMM_LOAD), BY_SPIN, EACH_REGISTER(XMM_STORE));
}

static void state_fill(struct state *state, uint64_t seed)
{
	seed = seed * 7919 + 1;
	for (int r = 0; r < REGISTERS; r++)
		for (int l = 0; l < 4; l++)
			state->ymm[r][l] = random_next(&seed);
	for (int i = 0; i < 4; i++)
		state->x87[i] = (double)(seed % 100000) + i;
	state->mxcsr = 0x1f80 | (seed % 4) << 13;
	state->control = 0x37f | (seed / 4 % 4) << 10;
}

static void state_check(const struct state *seen, const struct state *expected, const char *how)
{
	for (int r = 0; r < REGISTERS; r++)
		CHECK(!memcmp(seen->ymm[r], expected->ymm[r], have_avx ? 32 : 16), "%s: register %d is %016lx%016lx%016lx%016lx",
		      how, r, seen->ymm[r][3], seen->ymm[r][2], seen->ymm[r][1], seen->ymm[r][0]);
	for (int i = 0; i < 4; i++)
		CHECK(seen->x87[i] == expected->x87[i], "%s: x87 %d is %f, not %f", how, i, seen->x87[i], expected->x87[i]);
	CHECK((seen->mxcsr & ~0x3fu) == (expected->mxcsr & ~0x3fu), "%s: MXCSR %#x, not %#x", how, seen->mxcsr, expected->mxcsr);
	CHECK(seen->control == expected->control, "%s: control word %#x, not %#x", how, seen->control, expected->control);
}

static struct state in, out;
static volatile int spin_word;

static int body_yields(void *number)
{
	for (int i = 0; i < 300; i++) {
		state_fill(&in, (uintptr_t)number * 1000 + i);
		keep_over_call(&in, &out, SYS_sched_yield, 0, 0);
		state_check(&out, &in, "yield");
	}
	return 0;
}

static int body_spins(void *number)
{
	for (int i = 0; i < 4; i++) {
		state_fill(&in, (uintptr_t)number * 1000 + i);
		keep_over_spin(&in, &out, setting("RB_SPINS", 4000000), &spin_word);
		state_check(&out, &in, "preemption");
	}
	return 0;
}

static void several(const char *what, int (*body)(void *), int count)
{
	pid_t children[16];

	step(what);
	for (int i = 0; i < count; i++)
		children[i] = child_start(body, (void *)(uintptr_t)(i + 1));
	for (int i = 0; i < count; i++)
		child_end(children[i]);
}

/* Over a pipe, so that each switch is to another process. */
static int ring_in, ring_out;

static int body_ring(void *number)
{
	char byte;

	for (int i = 0; i < 150; i++) {
		state_fill(&in, (uintptr_t)number * 77 + i);
		REQUIRE(read(ring_in, &byte, 1) == 1);
		keep_over_call(&in, &out, SYS_sched_yield, 0, 0);
		state_check(&out, &in, "ring");
		REQUIRE(write(ring_out, &byte, 1) == 1);
	}
	return 0;
}

static void test_ring(void)
{
	enum { MEMBERS = 4 };
	int pipes[MEMBERS][2];
	pid_t children[MEMBERS];

	step("four processes in a ring of pipes");
	for (int i = 0; i < MEMBERS; i++)
		REQUIRE(pipe(pipes[i]) == 0);
	for (int i = 0; i < MEMBERS; i++) {
		ring_in = pipes[i][0];
		ring_out = pipes[(i + 1) % MEMBERS][1];
		children[i] = child_start(body_ring, (void *)(uintptr_t)i);
	}
	REQUIRE(write(pipes[0][1], "x", 1) == 1);
	for (int i = 0; i < MEMBERS; i++)
		child_end(children[i]);
	for (int i = 0; i < MEMBERS; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

static volatile int handled;

static void handler_overwrites(int signal)
{
	static struct state mine, scratch;

	(void)signal;
	handled++;
	state_fill(&mine, 31337 + handled);
	keep_over_call(&mine, &scratch, SYS_getppid, 0, 0);
	state_check(&scratch, &mine, "inside a handler");
}

static void test_signals(void)
{
	step("across handlers that overwrite all registers");
	signal(SIGUSR1, handler_overwrites);
	for (int i = 0; i < 300; i++) {
		state_fill(&in, i);
		keep_over_call(&in, &out, SYS_kill, getpid(), SIGUSR1);
		state_check(&out, &in, "signal");
	}
	CHECK_EQ(handled, 300);
	step("across handlers that interrupt");
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec spec = { { 0, 3000000 }, { 0, 3000000 } };
	timer_t timer;

	handled = 0;
	REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	REQUIRE(timer_settime(timer, 0, &spec, NULL) == 0);
	for (int i = 0; i < 200 && handled < 10; i++) {
		state_fill(&in, i);
		keep_over_spin(&in, &out, 1000000, &spin_word);
		state_check(&out, &in, "interrupt");
	}
	timer_delete(timer);
	CHECK(handled >= 10, "%d handlers", handled);
	signal(SIGUSR1, SIG_DFL);
}

static void test_faults(void)
{
	char *block = pages_private(256);

	step("across page faults");
	for (int i = 0; i < 256; i++) {
		state_fill(&in, i);
		keep_over_spin(&in, &out, 3, (volatile int *)(block + i * PAGE));
		state_check(&out, &in, "fault");
		CHECK_EQ(*(int *)(block + i * PAGE), 3);
	}
	pages_free(block, 256);
}

static void test_fork(void)
{
	step("fork copies them");
	for (int i = 0; i < 20; i++) {
		state_fill(&in, i);
		/* fork without the C library: both return through here. */
		pid_t self = getpid();

		keep_over_call(&in, &out, SYS_fork, 0, 0);
		state_check(&out, &in, "fork");
		if (getpid() != self)
			_exit(0);
		REQUIRE(wait(NULL) > 0);
	}
}

static void *thread_body(void *unused)
{
	unsigned mxcsr;
	unsigned short control;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
	/* A new thread inherits them, as POSIX has it. */
	CHECK_EQ(mxcsr & 0x6000, 0x6000);
	CHECK_EQ(control & 0xc00, 0xc00);
	return unused;
}

static void test_thread(void)
{
	unsigned mxcsr = 0x7f80, normal = 0x1f80;
	unsigned short control = 0xf7f;
	pthread_t thread;

	step("control words of a new thread");
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(control));
	REQUIRE(pthread_create(&thread, NULL, thread_body, NULL) == 0);
	pthread_join(thread, NULL);
	__asm__ volatile("ldmxcsr %0; fninit" : : "m"(normal));
}

int main(void)
{
	_Static_assert(offsetof(struct state, x87) == 512 && offsetof(struct state, mxcsr) == 544 &&
		       offsetof(struct state, control) == 548, "the assembly's offsets");
	__builtin_cpu_init();
	have_avx = __builtin_cpu_supports("avx");
	printf("  %s registers\n", have_avx ? "YMM" : "XMM");
	several("eight processes that yield", body_yields, 8);
	several("four processes that are preempted", body_spins, 4);
	test_ring();
	test_signals();
	test_faults();
	test_fork();
	test_thread();
	return verdict();
}
