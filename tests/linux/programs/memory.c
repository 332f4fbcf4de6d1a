// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory - nearly all RAM used, and all of it back
 *
 * Touches RB_MEMORY_PERCENT (85) of the available memory, each page with its own
 * content, checks it, and unmaps it; then half as much in a process that exits,
 * and as a file. All of it must be free again.
 * needs: machine
 * timeout: 120
 * Defends: every chunk of the domain is usable and distinct, and nothing leaks.
 */
#include "test.h"

static size_t pages;

static void fill(uint64_t *block)
{
	for (size_t page = 0; page < pages; page++) {
		block[page * 512] = page * 0x9e3779b97f4a7c15;
		block[page * 512 + 511] = ~page;
	}
}

static void verify(const uint64_t *block)
{
	for (size_t page = 0; page < pages; page++)
		if (!CHECK(block[page * 512] == page * 0x9e3779b97f4a7c15 && block[page * 512 + 511] == ~page,
			   "page %zu holds %#lx and %#lx", page, block[page * 512], block[page * 512 + 511]))
			return;
}

static int body_exits(void *unused)
{
	uint64_t *block = pages_private(pages);

	(void)unused;
	fill(block);
	verify(block);
	return 0;
}

static void free_check(long before)
{
	for (int i = 0; i < 50 && free_kb() < before - 2048; i++)
		sleep_ms(20);
	CHECK(free_kb() >= before - 4096, "%ld kB were free, now %ld", before, free_kb());
}

static void test_munmap(void)
{
	step("filled, checked, and unmapped");
	long before = free_kb();
	uint64_t *block = pages_private(pages);

	fill(block);
	CHECK(free_kb() <= before - (long)pages * 4 * 9 / 10, "%ld kB were free, now %ld", before, free_kb());
	verify(block);
	pages_free(block, pages);
	free_check(before);
}

static void test_exit(void)
{
	long before = free_kb();

	pages /= 2;
	step("filled, checked, and left behind at exit");
	child_end(child_start(body_exits, NULL));
	free_check(before);
}

static void test_file(void)
{
	static uint64_t chunk[8192];
	long before = free_kb();
	int file = open("/tmp/memory-test", O_RDWR | O_CREAT | O_TRUNC, 0600);
	size_t chunks = pages / 2 / 16;

	step("as a file in memory");
	REQUIRE(file >= 0);
	for (size_t i = 0; i < chunks; i++) {
		for (size_t k = 0; k < COUNT(chunk); k += 512)
			chunk[k] = i * 31 + k;
		if (write(file, chunk, sizeof(chunk)) != sizeof(chunk)) {
			REQUIRE(errno == ENOSPC); /* tmpfs takes half of the memory */
			chunks = i;
		}
	}
	CHECK(chunks * 64 > (size_t)before / 8);
	for (size_t i = 0; i < chunks; i++) {
		REQUIRE(pread(file, chunk, sizeof(chunk), i * sizeof(chunk)) == sizeof(chunk));
		for (size_t k = 0; k < COUNT(chunk); k += 512)
			CHECK(chunk[k] == i * 31 + k);
	}
	close(file);
	unlink("/tmp/memory-test");
	free_check(before);
}

int main(void)
{
	pages = file_number("/proc/meminfo", "MemAvailable:") / 4 * setting("RB_MEMORY_PERCENT", 85) / 100;
	printf("  %zu MiB\n", pages / 256);
	test_munmap();
	test_exit();
	test_file();
	return verdict();
}
