// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork - processes in numbers, and their memory after fork
 *
 * Forks RB_FORKS children (500) one after another; each sees the parent's memory
 * as it was at fork, writes over it, and its exit status must arrive. Then a
 * chain of nested forks, the forms of wait, orphans, and the fork of a process
 * with 64 MiB in many page tables.
 * Defends: entries written by fork's write-protection, copy on write, and page
 * tables that are freed at exit, for as many processes as one likes.
 */
#include "test.h"

#include <sys/prctl.h>

enum { PAGES = 32 };

static volatile uint64_t *words; /* PAGES private pages, one word of each in use */

static volatile uint64_t *word(size_t page)
{
	return words + page * (PAGE / 8);
}

static int child_of_loop(void *number)
{
	for (size_t page = 0; page < PAGES; page++)
		CHECK(*word(page) == (uintptr_t)number + page, "page %zu holds %#lx", page, *word(page));
	for (size_t page = 0; page < PAGES; page += 2)
		*word(page) = ~0ul;
	return (uintptr_t)number & 0xff;
}

static void test_loop(long forks)
{
	step("one child after another");
	words = pages_private(PAGES);
	for (long number = 0; number < forks; number++) {
		for (size_t page = 0; page < PAGES; page++)
			*word(page) = number + page;
		int status = child_wait(child_start(child_of_loop, (void *)number));

		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (number & 0xff), "child %ld: status %#x", number, status);
		for (size_t page = 0; page < PAGES; page++)
			CHECK(*word(page) == number + page, "after child %ld page %zu holds %#lx", number, page, *word(page));
	}
	pages_free((void *)words, PAGES);
}

static int child_of_chain(void *depth)
{
	if (!depth)
		return 42;
	int status = child_wait(child_start(child_of_chain, (char *)depth - 1));

	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void test_chain(void)
{
	step("forty nested forks");
	int status = child_wait(child_start(child_of_chain, (void *)40));

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42, "status %#x", status);
}

static int child_stops(void *unused)
{
	(void)unused;
	raise(SIGSTOP);
	return 7;
}

static void test_wait_forms(void)
{
	step("wait: stopped, continued, not yet, by information");
	pid_t child = child_start(child_stops, NULL);
	siginfo_t info = { 0 };
	int status;

	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "status %#x", status);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	kill(child, SIGCONT);
	CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0);
	CHECK_EQ(info.si_status, 7);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(waitpid(child, &status, 0), child);
	errno = 0;
	CHECK_EQ(waitpid(child, &status, 0), -1);
	CHECK_EQ(errno, ECHILD);
}

static int orphan(void *original_parent)
{
	for (int tries = 0; tries < 2000 && getppid() == (pid_t)(uintptr_t)original_parent; tries++)
		sleep_ms(1);
	return getppid() == (pid_t)(uintptr_t)original_parent ? 1 : 9;
}

static int parent_of_orphan(void *unused)
{
	(void)unused;
	child_start(orphan, (void *)(uintptr_t)getpid());
	return 0;
}

static void test_orphan(void)
{
	step("orphans come to the subreaper");
	REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	child_end(child_start(parent_of_orphan, NULL));
	int status = -1;

	CHECK(wait(&status) > 0, "%s", strerror(errno));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9, "status %#x", status);
}

enum { BIG_PAGES = 16384 };
static uint64_t *big;

static uint64_t big_sum(void)
{
	uint64_t sum = 0;

	for (size_t page = 0; page < BIG_PAGES; page++)
		sum = sum * 31 + big[page * (PAGE / 8)];
	return sum;
}

static int child_of_big(void *sum)
{
	CHECK(big_sum() == *(uint64_t *)sum);
	for (size_t page = 0; page < BIG_PAGES; page += 7)
		big[page * (PAGE / 8)] = 0;
	CHECK(big_sum() != *(uint64_t *)sum);
	return 0;
}

static void test_big(void)
{
	step("a process with 64 MiB");
	big = pages_private(BIG_PAGES);
	for (size_t page = 0; page < BIG_PAGES; page++)
		big[page * (PAGE / 8)] = page * page;
	uint64_t sum = big_sum();

	for (int round = 0; round < 3; round++) {
		child_end(child_start(child_of_big, &sum));
		CHECK(big_sum() == sum);
		/* Each page is written by its only owner again. */
		for (size_t page = 0; page < BIG_PAGES; page += 5)
			big[page * (PAGE / 8)] ^= round;
		sum = big_sum();
	}
	pages_free(big, BIG_PAGES);
}

int main(void)
{
	test_loop(setting("RB_FORKS", 500));
	test_chain();
	test_wait_forms();
	test_orphan();
	test_big();
	return verdict();
}
