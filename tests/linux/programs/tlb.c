// SPDX-License-Identifier: GPL-2.0-only
/*
 * tlb - a change of the address space is seen by all its threads at once
 *
 * While some threads read or write a page, another makes it read-only, puts
 * another file page under the same address, unmaps it, gives it back, or forks.
 * No thread may go on with the old translation after the call returned.
 * Defends: flushes, on one CPU across context switches of the same address
 * space, and on several by shoot-down.
 */
#include "test.h"

#include <pthread.h>

enum { WRITERS = 3 };

static volatile uint64_t *page; /* one page that all writers use */
static atomic_int stop, caught;
static atomic_long writes[WRITERS];
static volatile int protected; /* the page is read-only now */

/* A write to a protected page comes here, and waits until it may go on. */
static void handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if ((uintptr_t)info->si_addr - (uintptr_t)page >= PAGE)
		_exit(3);
	atomic_fetch_add(&caught, 1);
	while (protected && !atomic_load(&stop))
		sched_yield();
}

static void *writer(void *number)
{
	uintptr_t n = (uintptr_t)number;

	while (!atomic_load(&stop)) {
		page[n]++;
		atomic_fetch_add(&writes[n], 1);
	}
	return NULL;
}

static pthread_t writers[WRITERS];

static void writers_start(void)
{
	atomic_store(&stop, 0);
	for (uintptr_t i = 0; i < WRITERS; i++) {
		atomic_store(&writes[i], 0);
		REQUIRE(pthread_create(&writers[i], NULL, writer, (void *)i) == 0);
	}
}

static void writers_stop(void)
{
	atomic_store(&stop, 1);
	for (int i = 0; i < WRITERS; i++)
		REQUIRE(pthread_join(writers[i], NULL) == 0);
}

static void test_protect(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	uint64_t seen[WRITERS];

	step("made read-only while threads write");
	sigaction(SIGSEGV, &action, NULL);
	page = pages_private(1);
	page[0] = 0;
	writers_start();
	for (int round = 0; round < 60; round++) {
		protected = 1;
		REQUIRE(mprotect((void *)page, PAGE, PROT_READ) == 0);
		for (int i = 0; i < WRITERS; i++)
			seen[i] = page[i];
		for (int k = 0; k < 5; k++)
			sched_yield();
		if (round % 20 == 0)
			sleep_ms(15); /* long enough for each to run */
		for (int i = 0; i < WRITERS; i++)
			CHECK(page[i] == seen[i], "a read-only page changed, round %d", round);
		REQUIRE(mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) == 0);
		protected = 0;
		for (int k = 0; k < 5; k++)
			sched_yield();
	}
	writers_stop();
	CHECK(atomic_load(&caught) > 0);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQ(page[i], atomic_load(&writes[i]));
	pages_free((void *)page, 1);
	signal(SIGSEGV, SIG_DFL);
}

static void *remapped_reader(void *expected)
{
	atomic_long *least = expected;

	while (!atomic_load(&stop)) {
		long before = atomic_load(least);
		long seen = page[0];

		CHECK(seen >= before, "read %ld after %ld was mapped", seen, before);
	}
	return NULL;
}

static void test_replace(void)
{
	atomic_long least = 0;
	pthread_t reader[2];
	int file = memfd_create("tlb", 0);

	step("other pages under the same address");
	REQUIRE(file >= 0 && ftruncate(file, 2 * PAGE) == 0);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	REQUIRE(page != MAP_FAILED);
	atomic_store(&stop, 0);
	for (int i = 0; i < 2; i++)
		REQUIRE(pthread_create(&reader[i], NULL, remapped_reader, &least) == 0);
	for (uint64_t i = 1; i <= 200; i++) {
		off_t offset = i % 2 * PAGE;

		REQUIRE(pwrite(file, &i, 8, offset) == 8);
		REQUIRE(mmap((void *)page, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, offset) == page);
		atomic_store(&least, i);
		if (i % 4 == 0)
			sched_yield();
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < 2; i++)
		REQUIRE(pthread_join(reader[i], NULL) == 0);
	close(file);
	pages_free((void *)page, 1);
}

static int child_holds(void *unused)
{
	uint64_t seen[WRITERS];

	(void)unused;
	for (int i = 0; i < WRITERS; i++)
		seen[i] = page[i];
	for (int k = 0; k < 10; k++) {
		sched_yield();
		for (int i = 0; i < WRITERS; i++)
			CHECK_EQ(page[i], seen[i]);
	}
	return 0;
}

static void test_fork(void)
{
	step("fork while threads write");
	page = pages_private(1);
	writers_start();
	for (int round = 0; round < 30; round++)
		child_end(child_start(child_holds, NULL));
	writers_stop();
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQ(page[i], atomic_load(&writes[i]));
	pages_free((void *)page, 1);
}

static void *give_back_writer(void *unused)
{
	while (!atomic_load(&stop))
		for (int i = 0; i < 16; i++)
			page[i * (PAGE / 8)] = 0x77;
	return unused;
}

static void test_give_back(void)
{
	pthread_t thread;

	step("given back while a thread writes: zero or its value, nothing else");
	page = pages_private(16);
	atomic_store(&stop, 0);
	REQUIRE(pthread_create(&thread, NULL, give_back_writer, NULL) == 0);
	for (int round = 0; round < 300; round++) {
		REQUIRE(madvise((void *)page, 16 * PAGE, MADV_DONTNEED) == 0);
		/* Something else must not be found in the pages, nor may it be written over. */
		uint64_t *other = pages_private(4);

		for (int i = 0; i < 4; i++)
			other[i * (PAGE / 8)] = 0x1234567;
		for (int i = 0; i < 16; i++) {
			uint64_t seen = page[i * (PAGE / 8)];

			CHECK(seen == 0 || seen == 0x77, "%#lx", seen);
		}
		for (int i = 0; i < 4; i++)
			CHECK_EQ(other[i * (PAGE / 8)], 0x1234567);
		pages_free(other, 4);
		if (round % 8 == 0)
			sched_yield();
	}
	atomic_store(&stop, 1);
	REQUIRE(pthread_join(thread, NULL) == 0);
	pages_free((void *)page, 16);
}

int main(void)
{
	test_protect();
	test_replace();
	test_fork();
	test_give_back();
	return verdict();
}
