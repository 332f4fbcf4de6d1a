// SPDX-License-Identifier: GPL-2.0-only
/*
 * stack - stacks that grow, and those that may not
 *
 * A recursion over most of the stack limit with its content checked on the way
 * back; growth by a system call's write; overflow, which must reach a handler
 * on another stack with the right address, or kill; and the guard page of a
 * thread's stack.
 * Defends: faults just below the mapped stack, and delivery of signals when the
 * normal stack cannot hold a frame.
 */
#include "test.h"

#include <pthread.h>
#include <sys/resource.h>

enum { FRAME = 2048, DEPTH = 3000 }; /* 6 MB of the usual 8 */

static __attribute__((noinline)) unsigned long recurse(unsigned depth)
{
	volatile unsigned char frame[FRAME];
	unsigned long sum;

	for (int i = 0; i < FRAME; i += 256)
		frame[i] = depth + i / 256;
	sum = depth ? recurse(depth - 1) : 0;
	for (int i = 0; i < FRAME; i += 256)
		CHECK_EQ(frame[i], (unsigned char)(depth + i / 256));
	return sum + frame[0];
}

static void test_recursion(void)
{
	unsigned long expected = 0;

	for (unsigned i = 0; i <= DEPTH; i++)
		expected += i & 0xff;
	step("a deep recursion, twice");
	CHECK_EQ(recurse(DEPTH), expected);
	CHECK_EQ(recurse(DEPTH), expected);
}

static int deep_read(void *zero)
{
	/* The kernel is the first to touch these pages. */
	char frame[1 << 20];

	CHECK_EQ(read((intptr_t)zero, frame, sizeof(frame)), sizeof(frame));
	for (size_t i = 0; i < sizeof(frame); i += 1000)
		CHECK_EQ(((volatile char *)frame)[i], 0);
	return 0;
}

static void test_kernel_growth(void)
{
	int zero = open("/dev/zero", O_RDONLY);

	step("growth by a system call");
	child_end(child_start(deep_read, (void *)(intptr_t)zero));
	close(zero);
}

static sigjmp_buf overflow_return;
static volatile uintptr_t overflow_address, overflow_stack;

static void overflow_handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	overflow_address = (uintptr_t)info->si_addr;
	overflow_stack = (uintptr_t)&signal;
	siglongjmp(overflow_return, 1);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static __attribute__((noinline)) unsigned long overflow(unsigned long depth)
{
	volatile char frame[1000];

	frame[depth % 1000] = 1;
	return overflow(depth + 1) + frame[depth % 1000];
}
#pragma GCC diagnostic pop

static int overflow_caught(void *unused)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };
	char *alternative = pages_private(16);
	stack_t stack = { .ss_sp = alternative, .ss_size = 16 * PAGE };
	struct sigaction action = { .sa_sigaction = overflow_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	uintptr_t here = (uintptr_t)&limit;

	(void)unused;
	REQUIRE(setrlimit(RLIMIT_STACK, &limit) == 0);
	REQUIRE(sigaltstack(&stack, NULL) == 0);
	sigaction(SIGSEGV, &action, NULL);
	for (int i = 0; i < 3; i++) {
		overflow_address = 0;
		if (!sigsetjmp(overflow_return, 1))
			overflow(0);
		CHECK(here - overflow_address > (1 << 19) && here - overflow_address < (2 << 20),
		      "overflow at %#lx, stack at %#lx", overflow_address, here);
		CHECK(overflow_stack - (uintptr_t)alternative < 16 * PAGE, "handler's stack %#lx", overflow_stack);
	}
	return 0;
}

static int overflow_kills(void *with_handler)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	REQUIRE(setrlimit(RLIMIT_STACK, &limit) == 0);
	limit = (struct rlimit){ 0, 0 };
	setrlimit(RLIMIT_CORE, &limit);
	/* Without a stack of its own, the handler cannot be called. */
	if (with_handler)
		signal(SIGSEGV, exit);
	return overflow(0);
}

static void test_overflow(void)
{
	step("overflow, caught on another stack");
	child_end(child_start(overflow_caught, NULL));
	step("overflow that kills");
	child_dies(overflow_kills, NULL, SIGSEGV);
	child_dies(overflow_kills, "", SIGSEGV);
}

static void *thread_overflows(void *unused)
{
	return (void *)overflow(0) + (uintptr_t)unused;
}

static int thread_guard(void *unused)
{
	pthread_attr_t attributes;
	pthread_t thread;
	struct rlimit none = { 0, 0 };

	(void)unused;
	setrlimit(RLIMIT_CORE, &none);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 256 << 10);
	REQUIRE(pthread_create(&thread, &attributes, thread_overflows, NULL) == 0);
	pthread_join(thread, NULL);
	return 0;
}

static void test_thread(void)
{
	step("a thread's guard page");
	child_dies(thread_guard, NULL, SIGSEGV);
}

int main(void)
{
	test_overflow(); /* before the stack is large, which children inherit */
	test_recursion();
	test_kernel_growth();
	test_thread();
	return verdict();
}
