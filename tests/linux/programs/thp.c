// SPDX-License-Identifier: GPL-2.0-only
/*
 * thp - transparent huge pages made, split, protected, forked and freed
 *
 * Memory advised as huge must be huge (AnonHugePages); a write to each page, a
 * partial mprotect, munmap and MADV_DONTNEED split it with the content kept;
 * fork shares it and copies on write; mremap moves it; khugepaged's collapse by
 * MADV_COLLAPSE makes it huge again.
 * needs: test
 * Defends: 2 MiB entries, and every way between one of them and a table of 512.
 */
#include "test.h"

#define HUGE (2ul << 20)
enum { BLOCKS = 8 };

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static char *area; /* BLOCKS aligned stretches */

/* kB of huge pages in all mappings of this process. */
static long huge_kb(void)
{
	char line[256];
	long sum = 0, kb;
	FILE *smaps = fopen("/proc/self/smaps", "r");

	REQUIRE(smaps);
	while (fgets(line, sizeof(line), smaps))
		if (sscanf(line, "AnonHugePages: %ld", &kb) == 1)
			sum += kb;
	fclose(smaps);
	return sum;
}

static uint64_t value(size_t page)
{
	return page * 0x5deece66d + 11;
}

static volatile uint64_t *word(size_t page)
{
	return (volatile uint64_t *)(area + page * PAGE);
}

static void area_make(void)
{
	char *block = mmap(NULL, (BLOCKS + 1) * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(block != MAP_FAILED);
	area = (char *)(((uintptr_t)block + HUGE - 1) & -HUGE);
	if (area > block)
		munmap(block, area - block);
	if (block + HUGE > area)
		munmap(area + BLOCKS * HUGE, block + HUGE - area);
	REQUIRE(madvise(area, BLOCKS * HUGE, MADV_HUGEPAGE) == 0);
	for (size_t page = 0; page < BLOCKS * 512; page++)
		*word(page) = value(page);
	CHECK_EQ(huge_kb(), BLOCKS * 2048);
}

static void area_free(void)
{
	REQUIRE(munmap(area, BLOCKS * HUGE) == 0);
	CHECK_EQ(huge_kb(), 0);
}

static void area_verify(size_t from, size_t to)
{
	for (size_t page = from; page < to; page++)
		CHECK(*word(page) == value(page), "page %zu holds %#lx", page, *word(page));
}

static void test_zero(void)
{
	step("reads before writes");
	area_make();
	REQUIRE(madvise(area, BLOCKS * HUGE, MADV_DONTNEED) == 0);
	for (size_t page = 0; page < BLOCKS * 512; page += 3)
		CHECK_EQ(*word(page), 0); /* the huge zero page */
	for (size_t block = 0; block < BLOCKS; block++)
		*word(block * 512 + 7) = value(block * 512 + 7);
	for (size_t page = 0; page < BLOCKS * 512; page++)
		CHECK_EQ(*word(page), page % 512 == 7 ? value(page) : 0);
	area_free();
}

static void test_split(void)
{
	step("split by a partial mprotect");
	area_make();
	REQUIRE(mprotect(area + HUGE / 2, PAGE, PROT_READ) == 0);
	area_verify(0, BLOCKS * 512);
	CHECK(write_faults(area + HUGE / 2));
	CHECK(!write_faults(area + HUGE / 2 + PAGE));
	CHECK_EQ(huge_kb(), (BLOCKS - 1) * 2048);
	step("whole ones protected and opened again");
	REQUIRE(mprotect(area + HUGE, 2 * HUGE, PROT_READ) == 0);
	CHECK(write_faults(area + HUGE + 5 * PAGE));
	CHECK(!read_faults(area + HUGE + 5 * PAGE));
	REQUIRE(mprotect(area + HUGE, 2 * HUGE, PROT_NONE) == 0);
	CHECK(read_faults(area + 2 * HUGE + 5 * PAGE));
	REQUIRE(mprotect(area + HUGE, 2 * HUGE, PROT_READ | PROT_WRITE) == 0);
	area_verify(512, BLOCKS * 512);
	step("split by giving back, and by unmapping a part");
	REQUIRE(madvise(area + 3 * HUGE + 10 * PAGE, 20 * PAGE, MADV_DONTNEED) == 0);
	for (size_t page = 3 * 512; page < 4 * 512; page++)
		CHECK_EQ(*word(page), page - 3 * 512 - 10 < 20 ? 0 : value(page));
	REQUIRE(munmap(area + 4 * HUGE + 100 * PAGE, PAGE) == 0);
	area_verify(4 * 512, 4 * 512 + 100);
	area_verify(4 * 512 + 101, BLOCKS * 512);
	CHECK(read_faults(area + 4 * HUGE + 100 * PAGE));
	area_free();
}

static int parent_wrote[2];

static int body_writes(void *unused)
{
	char byte;

	(void)unused;
	REQUIRE(read(parent_wrote[0], &byte, 1) == 1);
	area_verify(0, BLOCKS * 512);
	for (size_t page = 0; page < BLOCKS * 512; page += 200)
		*word(page) = 0;
	area_verify(1, 200);
	return 0;
}

static void test_fork(void)
{
	step("fork, and copies on write on both sides");
	REQUIRE(pipe(parent_wrote) == 0);
	area_make();
	for (int round = 0; round < 3; round++) {
		pid_t child = child_start(body_writes, NULL);

		for (size_t page = 0; page < BLOCKS * 512; page += 300)
			*word(page) = ~0ul;
		REQUIRE(write(parent_wrote[1], "", 1) == 1);
		child_end(child);
		for (size_t page = 0; page < BLOCKS * 512; page += 300) {
			CHECK_EQ(*word(page), ~0ul);
			*word(page) = value(page);
		}
		area_verify(0, BLOCKS * 512);
	}
	area_free();
}

static void test_move(void)
{
	step("moved");
	area_make();
	char *room = mmap(NULL, (BLOCKS + 1) * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *target = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	REQUIRE(room != MAP_FAILED);
	REQUIRE(mremap(area, BLOCKS * HUGE, BLOCKS * HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
	area = target;
	area_verify(0, BLOCKS * 512);
	CHECK_EQ(huge_kb(), BLOCKS * 2048);
	area_free();
	munmap(room, (BLOCKS + 1) * HUGE);
}

static void test_collapse(void)
{
	step("small pages become a huge one");
	area_make();
	for (size_t block = 0; block < BLOCKS; block++) {
		REQUIRE(mprotect(area + block * HUGE, PAGE, PROT_READ) == 0);
		REQUIRE(mprotect(area + block * HUGE, PAGE, PROT_READ | PROT_WRITE) == 0);
	}
	CHECK_EQ(huge_kb(), 0);
	REQUIRE(madvise(area, BLOCKS * HUGE, MADV_COLLAPSE) == 0);
	CHECK_EQ(huge_kb(), BLOCKS * 2048);
	area_verify(0, BLOCKS * 512);
	area_free();
}

/* Linux has them off in machines with less than 512 MiB. */
static void madvise_enable(void)
{
	char text[64] = "";
	int file = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDWR);

	REQUIRE(file >= 0 && read(file, text, sizeof(text) - 1) > 0);
	if (strstr(text, "[never]"))
		REQUIRE(write(file, "madvise", 7) == 7);
	close(file);
}

int main(void)
{
	madvise_enable();
	test_zero();
	test_split();
	test_fork();
	test_move();
	test_collapse();
	return verdict();
}
