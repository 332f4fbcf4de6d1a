// SPDX-License-Identifier: GPL-2.0-only
/*
 * swap - pages that go out to a swap device and come back
 *
 * Swaps to the RAM disk: private and shared pages are paged out (MADV_PAGEOUT),
 * must be gone from memory by /proc/self/smaps and come back with their content:
 * read, written, after fork, partly unmapped, moved; and swapoff brings back the
 * rest.
 * needs: machine
 * Defends: non-present entries that carry swap numbers, young and dirty bits,
 * and clearing entries found through reverse mappings.
 */
#include "test.h"

#include <sys/swap.h>

enum { PAGES = 2048 };

static const char *device = "/dev/ram0";

/* What mkswap writes: a header in the first page, version 1. */
static void device_format(void)
{
	static unsigned char header[PAGE];
	int file = open(device, O_RDWR);

	REQUIRE(file >= 0);
	off_t pages = lseek(file, 0, SEEK_END) / PAGE;

	REQUIRE(pages > PAGES + 1);
	*(uint32_t *)(header + 1024) = 1;
	*(uint32_t *)(header + 1028) = pages - 1;
	memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
	REQUIRE(pwrite(file, header, PAGE, 0) == (ssize_t)PAGE);
	REQUIRE(fsync(file) == 0);
	close(file);
}

/* Of all mappings of this process, kB in swap. */
static long swapped_kb(void)
{
	char line[256];
	long sum = 0, kb;
	FILE *smaps = fopen("/proc/self/smaps", "r");

	REQUIRE(smaps);
	while (fgets(line, sizeof(line), smaps))
		if (sscanf(line, "Swap: %ld", &kb) == 1)
			sum += kb;
	fclose(smaps);
	return sum;
}

static uint64_t value(size_t page)
{
	return page * 0x123456789 + 1;
}

static void fill(volatile uint64_t *block)
{
	for (size_t page = 0; page < PAGES; page++)
		block[page * 512] = value(page);
}

static void page_out(volatile void *block)
{
	REQUIRE(madvise((void *)block, PAGES * PAGE, MADV_PAGEOUT) == 0);
	long kb = swapped_kb();

	CHECK(kb >= PAGES * 4 * 9 / 10, "%ld kB are in swap", kb);
}

static void verify(volatile uint64_t *block)
{
	for (size_t page = 0; page < PAGES; page++)
		CHECK(block[page * 512] == value(page), "page %zu holds %#lx", page, block[page * 512]);
}

static void test_private(void)
{
	volatile uint64_t *block = pages_private(PAGES);

	step("out, and in by reading");
	fill(block);
	page_out(block);
	verify(block);
	step("out, and in by writing");
	page_out(block);
	for (size_t page = 0; page < PAGES; page++)
		block[page * 512 + 1] = page;
	verify(block);
	step("out, moved, and partly unmapped");
	page_out(block);
	char *target = pages_private(PAGES);
	volatile uint64_t *moved = mremap((void *)block, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target);

	REQUIRE(moved == (void *)target);
	REQUIRE(munmap((char *)target + PAGES / 2 * PAGE, PAGES / 2 * PAGE) == 0);
	for (size_t page = 0; page < PAGES / 2; page++)
		CHECK(moved[page * 512] == value(page) && moved[page * 512 + 1] == page);
	CHECK(swapped_kb() <= 64, "%ld kB are in swap", swapped_kb());
	munmap(target, PAGES / 2 * PAGE);
}

static int body_reads(void *block)
{
	verify(block);
	for (size_t page = 0; page < PAGES; page += 2)
		((volatile uint64_t *)block)[page * 512] = 0;
	return 0;
}

static void test_fork(void)
{
	volatile uint64_t *block = pages_private(PAGES);

	step("out, and shared with a child");
	fill(block);
	page_out(block);
	child_end(child_start(body_reads, (void *)block));
	verify(block);
	pages_free((void *)block, PAGES);
}

static void test_shared(void)
{
	volatile uint64_t *block = pages_shared(PAGES);

	step("shared memory, out and in");
	fill(block);
	REQUIRE(madvise((void *)block, PAGES * PAGE, MADV_PAGEOUT) == 0);
	verify(block);
	pages_free((void *)block, PAGES);
}

static void test_swapoff(void)
{
	volatile uint64_t *block = pages_private(PAGES);

	step("swapoff");
	fill(block);
	page_out(block);
	REQUIRE(swapoff(device) == 0);
	CHECK_EQ(swapped_kb(), 0);
	verify(block);
	pages_free((void *)block, PAGES);
}

int main(void)
{
	step("a swap device");
	device_format();
	REQUIRE(swapon(device, 0) == 0);
	test_private();
	test_fork();
	test_shared();
	test_swapoff();
	return verdict();
}
