// SPDX-License-Identifier: GPL-2.0-only
/*
 * procfs - what the kernel tells of a process agrees with what the process knows
 *
 * /proc/self/maps and smaps against mappings made, pagemap's presence bits,
 * statm and status against memory touched, mincore, cpuinfo and meminfo with
 * plausible contents, and readers of all of it while the mappings change.
 * Defends: software walks of page tables, and the translation of machine frames
 * to the guest's.
 */
#include "test.h"

#include <pthread.h>

enum { PAGES = 300 };

static bool maps_has(const void *address, size_t bytes, const char *protection)
{
	unsigned long start, end;
	char line[512], seen[8];
	bool found = false;
	FILE *maps = fopen("/proc/self/maps", "r");

	REQUIRE(maps);
	while (fgets(line, sizeof(line), maps))
		found |= sscanf(line, "%lx-%lx %7s", &start, &end, seen) == 3 && start == (uintptr_t)address &&
			 end == start + bytes && !strncmp(seen, protection, 4);
	fclose(maps);
	return found;
}

static void test_maps(void)
{
	char *block = mmap(NULL, 12 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	step("/proc/self/maps");
	REQUIRE(block != MAP_FAILED);
	REQUIRE(mprotect(block + 2 * PAGE, PAGE, PROT_READ) == 0);
	REQUIRE(mprotect(block + 4 * PAGE, 3 * PAGE, PROT_READ | PROT_WRITE) == 0);
	REQUIRE(mprotect(block + 8 * PAGE, PAGE, PROT_READ | PROT_EXEC) == 0);
	REQUIRE(mmap(block + 10 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	CHECK(maps_has(block + 2 * PAGE, PAGE, "r--p"));
	CHECK(maps_has(block + 3 * PAGE, PAGE, "---p"));
	CHECK(maps_has(block + 4 * PAGE, 3 * PAGE, "rw-p"));
	CHECK(maps_has(block + 8 * PAGE, PAGE, "r-xp"));
	CHECK(maps_has(block + 10 * PAGE, PAGE, "r--s"));
	munmap(block, 12 * PAGE);
}

static uint64_t pagemap_entry(int pagemap, const void *address)
{
	uint64_t entry = 0;

	REQUIRE(pread(pagemap, &entry, 8, (uintptr_t)address / PAGE * 8) == 8);
	return entry;
}

static void test_pagemap(void)
{
	char *block = pages_private(PAGES), *shared = pages_shared(1);
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	long limit = 0;

	step("/proc/self/pagemap");
	REQUIRE(pagemap >= 0);
	for (int page = 0; page < PAGES; page += 3)
		block[page * PAGE] = 1;
	for (int page = 0; page < PAGES; page++)
		CHECK_EQ(pagemap_entry(pagemap, block + page * PAGE) >> 63, page % 3 == 0);
	/* Frame numbers are the guest's: within its memory, and each its own. */
	char line[256];
	FILE *zones = fopen("/proc/zoneinfo", "r");
	long start = 0, spanned;

	REQUIRE(zones);
	while (fgets(line, sizeof(line), zones)) {
		if (sscanf(line, " spanned %ld", &spanned) == 1)
			start = spanned;
		long from;

		if (sscanf(line, " start_pfn: %ld", &from) == 1 && from + start > limit)
			limit = from + start;
	}
	fclose(zones);
	for (int page = 0; page < PAGES; page += 3) {
		long frame = pagemap_entry(pagemap, block + page * PAGE) & ((1ul << 55) - 1);

		CHECK(!geteuid() ? frame > 0 && frame < limit : frame == 0, "frame %#lx of %#lx", frame, limit);
		for (int other = 0; other < page && !geteuid(); other += 3)
			if ((long)(pagemap_entry(pagemap, block + other * PAGE) & ((1ul << 55) - 1)) == frame)
				CHECK(false, "pages %d and %d have frame %#lx", other, page, frame);
	}
	*shared = 1;
	CHECK_EQ(pagemap_entry(pagemap, shared) >> 61 & 1, 1); /* shared or of a file */
	close(pagemap);
	pages_free(block, PAGES);
	pages_free(shared, 1);
}

static void test_resident(void)
{
	char *block = pages_private(PAGES);
	long before = file_number("/proc/self/smaps_rollup", "Anonymous:");

	step("resident memory");
	REQUIRE(before > 0);
	for (int page = 0; page < PAGES; page++)
		block[page * PAGE] = 1;
	long after = file_number("/proc/self/smaps_rollup", "Anonymous:");

	CHECK(after - before >= PAGES * 4 && after - before <= PAGES * 4 + 64, "from %ld to %ld kB", before, after);
	REQUIRE(madvise(block, PAGES * PAGE, MADV_DONTNEED) == 0);
	after = file_number("/proc/self/smaps_rollup", "Anonymous:");
	CHECK(after - before <= 64, "from %ld to %ld kB", before, after);
	pages_free(block, PAGES);
}

static void test_referenced(void)
{
	char *block = pages_private(64);
	int clear = open("/proc/self/clear_refs", O_WRONLY);

	step("accessed bits");
	REQUIRE(clear >= 0);
	memset(block, 1, 64 * PAGE);
	REQUIRE(write(clear, "1", 1) == 1);
	/* Translations that the processor still has would not set the bits again: make it forget. */
	REQUIRE(mprotect(block, 64 * PAGE, PROT_READ) == 0);
	long before = file_number("/proc/self/smaps_rollup", "Referenced:");

	for (int page = 0; page < 64; page++)
		(void)*(volatile char *)(block + page * PAGE);
	long after = file_number("/proc/self/smaps_rollup", "Referenced:");

	CHECK(after - before >= 64 * 4 && before < 512, "from %ld to %ld kB", before, after);
	close(clear);
	pages_free(block, 64);
}

static void test_machine(void)
{
	step("the machine");
	CHECK(file_number("/proc/meminfo", "MemTotal:") > 64 << 10);
	CHECK(file_number("/proc/meminfo", "MemFree:") > 0);
	CHECK(file_number("/proc/meminfo", "PageTables:") > 0);
	CHECK_EQ(file_number("/proc/cpuinfo", "processor\t:"), 0);
	FILE *status = popen("grep -c ^processor /proc/cpuinfo", "r");
	int processors = 0;

	CHECK(status && fscanf(status, "%d", &processors) == 1 && processors == sysconf(_SC_NPROCESSORS_ONLN));
	pclose(status);
}

static atomic_int stop;

static void *thread_changes(void *unused)
{
	while (!atomic_load(&stop)) {
		char *block = pages_private(64);

		for (int page = 0; page < 64; page += 2) {
			block[page * PAGE] = 1;
			mprotect(block + page * PAGE, PAGE, PROT_READ);
		}
		pages_free(block, 64);
	}
	return unused;
}

static void test_while_changing(void)
{
	static const char *const files[] = { "maps", "smaps", "smaps_rollup", "statm", "status", "pagemap" };
	static char buffer[65536];
	pthread_t thread;

	step("read while mappings change");
	REQUIRE(pthread_create(&thread, NULL, thread_changes, NULL) == 0);
	for (int i = 0; i < 60; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/%s", files[i % COUNT(files)]);
		int file = open(path, O_RDONLY);

		REQUIRE(file >= 0);
		for (int k = 0; k < 100 && read(file, buffer, sizeof(buffer)) > 0; k++)
			;
		close(file);
		if (i % 6 == 0)
			sched_yield();
	}
	atomic_store(&stop, 1);
	pthread_join(thread, NULL);
}

int main(void)
{
	test_maps();
	test_pagemap();
	test_resident();
	test_referenced();
	test_machine();
	test_while_changing();
	return verdict();
}
