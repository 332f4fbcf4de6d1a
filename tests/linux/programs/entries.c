// SPDX-License-Identifier: GPL-2.0-only
/*
 * entries - what must not enter the hypervisor, does not
 *
 * Between two readings of the domain's counters: 1,000,000 system calls, 100,000
 * signals and SIGSEGVs that the program handles, and plain computing.
 * Entries may grow by interrupts and what they lead to, bounded by the time that
 * passed, and by nothing per operation. And what needs the hypervisor stays
 * within numbers: a first touch of a page one hypercall, a copy-on-write one, 16
 * pages that a fault maps around it one, an exit of a process not more for
 * more pages.
 * needs: ringbolt
 * Defends: the promise of the design that a system call, its return, and an
 * exception that the guest handles make no entry.
 */
#include "test.h"

#include <ucontext.h>

struct counters {
	int64_t time;
	long entries, hypercalls, interrupts, exceptions;
};

static struct counters counters_read(void)
{
	return (struct counters){
		.time = now_ns(),
		.entries = hypervisor_counter("entries"),
		.hypercalls = hypervisor_counter("hypercalls"),
		.interrupts = hypervisor_counter("interrupts"),
		.exceptions = hypervisor_counter("exceptions"),
	};
}

static struct counters counters_since(const struct counters *before)
{
	struct counters now = counters_read();

	now.time -= before->time;
	now.entries -= before->entries;
	now.hypercalls -= before->hypercalls;
	now.interrupts -= before->interrupts;
	now.exceptions -= before->exceptions;
	return now;
}

/*
 * What time alone may cost. The timer ticks at 100 Hz; a tick is an interrupt
 * and a few calls (the next one-shot, perhaps a switch to another task and
 * back). Reading the counters themselves is some calls.
 */
static void idle_check(const char *what, const struct counters *before, long operations)
{
	struct counters d = counters_since(before);
	long ticks = d.time / 10000000 + 2;

	printf("  %s: %ld operations, %ld ms, %ld entries (%ld hypercalls, %ld interrupts, %ld exceptions)\n", what, operations,
	       d.time / 1000000, d.entries, d.hypercalls, d.interrupts, d.exceptions);
	CHECK(d.hypercalls <= 5 * ticks + 60, "%ld hypercalls in %ld ticks", d.hypercalls, ticks);
	CHECK(d.exceptions <= 10, "%ld exceptions", d.exceptions);
	CHECK(d.entries <= 10 * ticks + 120, "%ld entries in %ld ticks", d.entries, ticks);
	CHECK(d.entries < operations / 10, "%ld entries for %ld operations", d.entries, operations);
}

static void test_calls(void)
{
	const long count = setting("RB_CALLS", 1000000);

	step("system calls");
	struct counters before = counters_read();

	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	idle_check("getppid", &before, count);
}

static volatile long handled;

static void handler_counts(int signal)
{
	(void)signal;
	handled++;
}

static void handler_skips(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	handled++;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void test_signals(void)
{
	const long count = setting("RB_SIGNALS", 20000);
	struct sigaction action = { .sa_sigaction = handler_skips, .sa_flags = SA_SIGINFO };

	step("signals");
	signal(SIGUSR1, handler_counts);
	struct counters before = counters_read();

	for (long i = 0; i < count; i++)
		kill(getpid(), SIGUSR1);
	idle_check("signals", &before, count);
	step("faults that a handler mends");
	sigaction(SIGSEGV, &action, NULL);
	before = counters_read();
	for (long i = 0; i < count; i++)
		__asm__ volatile("movb (%%rcx), %%al" : : "c"(24l) : "rax"); /* two bytes long */
	idle_check("faults", &before, count);
	sigaction(SIGILL, &action, NULL);
	before = counters_read();
	for (long i = 0; i < count; i++)
		__asm__ volatile("ud2");
	idle_check("undefined instructions", &before, count);
	CHECK_EQ(handled, 3 * count);
}

static void test_touch(void)
{
	enum { PAGES = 2000 };
	volatile char *block = pages_private(PAGES);

	step("first touches");
	struct counters before = counters_read();

	for (int page = 0; page < PAGES; page++)
		block[page * PAGE] = 1;
	struct counters d = counters_since(&before);

	printf("  touches: %d pages, %ld hypercalls\n", PAGES, d.hypercalls);
	CHECK(d.hypercalls - d.interrupts <= PAGES * 11 / 10, "%ld hypercalls for %d pages", d.hypercalls, PAGES);
	pages_free((void *)block, PAGES);
}

static int body_copies(void *block)
{
	enum { PAGES = 1000 };
	struct counters before = counters_read();

	for (int page = 0; page < PAGES; page++)
		((volatile char *)block)[page * PAGE] = 2;
	struct counters d = counters_since(&before);

	printf("  copies: %d pages, %ld hypercalls\n", PAGES, d.hypercalls);
	CHECK(d.hypercalls - d.interrupts <= PAGES * 11 / 10, "%ld hypercalls for %d copies", d.hypercalls, PAGES);
	for (int page = 0; page < PAGES; page++)
		CHECK_EQ(((volatile char *)block)[page * PAGE], 2);
	return 0;
}

static void test_copy(void)
{
	enum { PAGES = 1000 };
	volatile char *block = pages_private(PAGES);

	step("copies on write");
	for (int page = 0; page < PAGES; page++)
		block[page * PAGE] = 1;
	child_end(child_start(body_copies, (void *)block));
	for (int page = 0; page < PAGES; page++)
		CHECK_EQ(block[page * PAGE], 1);
	pages_free((void *)block, PAGES);
}

static void test_around(void)
{
	enum { PAGES = 1600, AROUND = 16 };
	int file = memfd_create("entries", 0);
	long sum = 0;

	step("pages that a fault maps around it");
	REQUIRE(file >= 0 && !ftruncate(file, PAGES * PAGE));
	for (int page = 0; page < PAGES; page++)
		REQUIRE(pwrite(file, "\1", 1, page * PAGE) == 1);
	volatile char *block = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, file, 0);

	REQUIRE(block != MAP_FAILED);
	struct counters before = counters_read();

	for (int page = 0; page < PAGES; page++)
		sum += block[page * PAGE];
	struct counters d = counters_since(&before);

	printf("  around: %d pages, %ld hypercalls\n", PAGES, d.hypercalls);
	CHECK_EQ(sum, PAGES);
	CHECK(d.hypercalls - d.interrupts <= PAGES / AROUND + 40, "%ld hypercalls for %d pages", d.hypercalls, PAGES);
	before = counters_read();
	munmap((void *)block, PAGES * PAGE);
	d = counters_since(&before);
	printf("  unmapped: %d pages, %ld hypercalls\n", PAGES, d.hypercalls);
	CHECK(d.hypercalls - d.interrupts <= 40, "%ld hypercalls to unmap %d pages", d.hypercalls, PAGES);
	close(file);
}

static int body_touches(void *pages)
{
	volatile char *block = pages_private((uintptr_t)pages);

	for (uintptr_t page = 0; page < (uintptr_t)pages; page++)
		block[page * PAGE] = 1;
	return 0;
}

/* Hypercalls of a process with so many pages, without one for each first touch. */
static long process_hypercalls(uintptr_t pages)
{
	struct counters before = counters_read();

	child_end(child_start(body_touches, (void *)pages));
	struct counters d = counters_since(&before);

	/* Each timer interrupt sets the next: how many came depends on how busy the machine is. */
	return d.hypercalls - d.interrupts - (long)pages;
}

static void test_exit(void)
{
	step("exits of small and large processes");
	process_hypercalls(64);
	long small = process_hypercalls(64), large = process_hypercalls(8192);

	printf("  processes: %ld hypercalls with 64 pages, %ld with 8192\n", small, large);
	CHECK(small <= 75, "%ld hypercalls with 64 pages", small);
	/* 16 more page tables, each linked, and emptied by one call. */
	CHECK(large <= small + 60, "%ld hypercalls with 64 pages, %ld with 8192", small, large);
}

int main(void)
{
	test_calls();
	test_signals();
	test_touch();
	test_copy();
	test_around();
	test_exit();
	return verdict();
}
