// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb - pages of 2 MiB that a program asks for by name
 *
 * Reserves huge pages, maps them privately and shared, checks their content,
 * protection, copy on write after fork, and that all return to the pool; and
 * that more than there are is refused, by mmap where possible and by SIGBUS
 * where not.
 * needs: test
 * Defends: 2 MiB entries that are never split.
 */
#include "test.h"

#define HUGE (2ul << 20)
enum { POOL = 8, USED = 4 };

static long pool_free(void)
{
	return file_number("/proc/meminfo", "HugePages_Free:");
}

static void pool_set(int pages)
{
	char text[16];
	int file = open("/proc/sys/vm/nr_hugepages", O_WRONLY);

	REQUIRE(file >= 0);
	snprintf(text, sizeof(text), "%d", pages);
	REQUIRE(write(file, text, strlen(text)) > 0);
	close(file);
	REQUIRE(file_number("/proc/meminfo", "HugePages_Total:") == pages);
}

static volatile uint64_t *huge_map(int sharing)
{
	void *map = mmap(NULL, USED * HUGE, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static void fill(volatile uint64_t *map, uint64_t seed)
{
	for (size_t i = 0; i < USED * HUGE / 8; i += 512)
		map[i] = i + seed;
}

static void verify(volatile uint64_t *map, uint64_t seed)
{
	for (size_t i = 0; i < USED * HUGE / 8; i += 512)
		CHECK(map[i] == i + seed, "word %zu holds %#lx", i, map[i]);
}

static int parent_wrote[2];

static int body_private(void *map)
{
	char byte;

	/* The parent writes first; its copy must be another page. */
	REQUIRE(read(parent_wrote[0], &byte, 1) == 1);
	verify(map, 5);
	fill(map, 6);
	verify(map, 6);
	return 0;
}

static int body_shared(void *map)
{
	verify(map, 7);
	fill(map, 8);
	return 0;
}

int main(void)
{
	pool_set(POOL);
	CHECK_EQ(pool_free(), POOL);
	step("private, and copied on write");
	volatile uint64_t *map = huge_map(MAP_PRIVATE);

	fill(map, 5);
	verify(map, 5);
	CHECK_EQ(pool_free(), POOL - USED);
	REQUIRE(pipe(parent_wrote) == 0);
	pid_t child = child_start(body_private, (void *)map);

	fill(map, 4);
	REQUIRE(write(parent_wrote[1], "", 1) == 1);
	child_end(child);
	verify(map, 4);
	fill(map, 5);
	CHECK_EQ(pool_free(), POOL - USED);
	step("protected");
	REQUIRE(mprotect((char *)map + HUGE, HUGE, PROT_READ) == 0);
	CHECK(write_faults((char *)map + HUGE + 5 * PAGE));
	CHECK(!write_faults((char *)map + 2 * HUGE));
	verify(map, 5);
	step("more than there are");
	CHECK(mmap(NULL, (POOL - USED + 1) * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) ==
	      MAP_FAILED && errno == ENOMEM);
	char *beyond = mmap(NULL, (POOL + 1) * HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);

	REQUIRE(beyond != MAP_FAILED);
	for (int i = 0; i < POOL - USED; i++)
		CHECK(!write_faults(beyond + i * HUGE));
	CHECK(write_faults(beyond + (POOL - USED) * HUGE));
	CHECK_EQ(fault_seen.signal, SIGBUS);
	munmap(beyond, (POOL + 1) * HUGE);
	munmap((void *)map, USED * HUGE);
	CHECK_EQ(pool_free(), POOL);
	step("shared");
	map = huge_map(MAP_SHARED);
	fill(map, 7);
	child_end(child_start(body_shared, (void *)map));
	verify(map, 8);
	munmap((void *)map, USED * HUGE);
	CHECK_EQ(pool_free(), POOL);
	pool_set(0);
	return verdict();
}
