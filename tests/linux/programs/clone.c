// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone - tasks that share what fork copies
 *
 * vfork suspends the parent and shares its memory; clone with CLONE_VM runs on
 * a stack of its own in the same address space; with CLONE_FILES descriptors
 * are shared; CLONE_SETTLS gives another FS base; CLONE_CHILD_CLEARTID wakes a
 * waiter at exit; clone3 gives a pidfd.
 * Defends: address spaces with several users, whose tables must outlive the
 * first exit and go at the last one.
 */
#include "test.h"

#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>

#define STACK_PAGES 16

static volatile int shared_word;

static void test_vfork(void)
{
	step("vfork shares memory and holds the parent");
	for (int i = 1; i <= 50; i++) {
		pid_t child = vfork();

		if (!child) {
			shared_word = i;
			_exit(i);
		}
		CHECK_EQ(shared_word, i);
		CHECK_EQ(child_wait(child), i << 8);
	}
}

static int body_vm(void *argument)
{
	*(volatile long *)argument += 5;
	shared_word = getpid();
	return 3;
}

static void test_vm(void)
{
	char *stack = pages_private(STACK_PAGES);
	long *page = pages_private(1);

	step("clone with CLONE_VM, on its own stack");
	for (int i = 1; i <= 50; i++) {
		pid_t child = clone(body_vm, stack + STACK_PAGES * PAGE, CLONE_VM | SIGCHLD, page);

		REQUIRE(child > 0);
		CHECK_EQ(child_wait(child), 3 << 8);
		CHECK_EQ(*page, 5 * i);
		CHECK_EQ(shared_word, child);
	}
	pages_free(stack, STACK_PAGES);
	pages_free(page, 1);
}

static int body_outlives(void *page)
{
	sleep_ms(50);
	/* The creator is gone by now; this is the address space's last user. */
	for (int i = 0; i < 64; i++)
		((volatile char *)page)[i * PAGE] += 1;
	CHECK(((volatile char *)page)[0] == 1);
	_exit(0);
}

static int creator_leaves(void *unused)
{
	char *stack = pages_private(STACK_PAGES);

	(void)unused;
	REQUIRE(clone(body_outlives, stack + STACK_PAGES * PAGE, CLONE_VM | SIGCHLD, pages_private(64)) > 0);
	_exit(0);
}

static void test_outlives(void)
{
	int ready[2];
	char byte;

	step("an address space outlives its creator");
	REQUIRE(pipe(ready) == 0);
	pid_t child = child_start(creator_leaves, NULL);

	close(ready[1]);
	child_end(child);
	/* The pipe ends when the last process that has it does. */
	CHECK_EQ(read(ready[0], &byte, 1), 0);
	close(ready[0]);
}

static int body_files(void *descriptor)
{
	close((intptr_t)descriptor);
	return 0;
}

static void test_files(void)
{
	char *stack = pages_private(STACK_PAGES);
	int descriptor = dup(1);

	step("clone with CLONE_FILES");
	child_end(clone(body_files, stack + STACK_PAGES * PAGE, CLONE_FILES | SIGCHLD, (void *)(intptr_t)descriptor));
	CHECK(fcntl(descriptor, F_GETFD) < 0 && errno == EBADF);
	pages_free(stack, STACK_PAGES);
}

static volatile unsigned long tls_seen[2];

/* No C library here: its thread pointer is not what it expects. */
static int body_tls(void *tls)
{
	unsigned long base, word;

	(void)tls;
	__asm__ volatile("syscall" : "=a"(base)
			 : "a"(SYS_arch_prctl), "D"(ARCH_GET_FS), "S"(&tls_seen[0]) : "rcx", "r11", "memory");
	__asm__ volatile("mov %%fs:0, %0" : "=r"(word));
	tls_seen[1] = word;
	__asm__ volatile("syscall" : : "a"(SYS_exit), "D"(0) : "rcx", "r11");
	__builtin_unreachable();
}

static void test_tls_and_tid(void)
{
	char *stack = pages_private(STACK_PAGES);
	unsigned long *tls = pages_private(1);
	pid_t tid = 1; /* set to the child's number at start, cleared at its exit */
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		CLONE_SETTLS | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID;

	step("clone with CLONE_SETTLS and CLONE_CHILD_CLEARTID");
	*tls = 0x1122334455667788;
	REQUIRE(clone(body_tls, stack + STACK_PAGES * PAGE, flags, NULL, &tid, tls, &tid) > 0);
	for (pid_t seen; (seen = *(volatile pid_t *)&tid) != 0;)
		syscall(SYS_futex, &tid, FUTEX_WAIT, seen, NULL, NULL, 0);
	CHECK_EQ(tls_seen[0], tls);
	CHECK_EQ(tls_seen[1], 0x1122334455667788);
	pages_free(stack, STACK_PAGES);
	pages_free(tls, 1);
}

static void test_pidfd(void)
{
	int pidfd = -1;
	struct clone_args arguments = { .flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD };

	step("clone3 with CLONE_PIDFD");
	pid_t child = syscall(SYS_clone3, &arguments, sizeof(arguments));

	REQUIRE(child >= 0);
	if (!child) {
		for (;;)
			pause();
	}
	struct pollfd poll_one = { pidfd, POLLIN, 0 };

	CHECK_EQ(poll(&poll_one, 1, 0), 0);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), 0);
	CHECK_EQ(poll(&poll_one, 1, 10000), 1);
	int status = child_wait(child);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %#x", status);
	close(pidfd);
}

int main(void)
{
	test_vfork();
	test_vm();
	test_outlives();
	test_files();
	test_tls_and_tid();
	test_pidfd();
	return verdict();
}
