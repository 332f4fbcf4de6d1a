// SPDX-License-Identifier: GPL-2.0-only
/*
 * sparse - page tables by the thousand, and that none is lost
 *
 * Touches one page in each of RB_TABLES (1,500) stretches of 2 MiB and one in
 * each of 128 stretches of 1 GiB, so that nearly every page needs tables of its
 * own, then frees all: by munmap, by madvise and by exit, several rounds. The
 * kernel's PageTables must come back, and on Ringbolt so must the frames of the
 * page-table reserve in use.
 * Defends: allocation, linking, unlinking and freeing of page-table frames.
 */
#include "test.h"

#define STRETCH (2ul << 20)
#define WIDE (1ul << 30)

static size_t tables;

/* Of this process, exactly. */
static long own_kb(void)
{
	return file_number("/proc/self/status", "VmPTE:");
}

/* Of all, with what each CPU has not yet added up. */
static long tables_kb(void)
{
	file_number("/proc/sys/vm/stat_refresh", "");
	return file_number("/proc/meminfo", "PageTables:");
}

/* Frames in use, or 0 where nobody counts them. */
static long frames_used(void)
{
	if (access("/sys/hypervisor/counters", F_OK))
		return 0;
	return hypervisor_counter("frames_typed") + hypervisor_counter("frames_linked");
}

/* Aligned to a stretch: where the kernel puts an area differs from run to run, and pages of two stretches must not share a table. */
static char *reserve(size_t count, size_t stride)
{
	char *area = mmap(NULL, (count + 1) * stride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	REQUIRE(area != MAP_FAILED);
	return area + (-(size_t)area & (stride - 1));
}

static void touch(char *area, size_t count, size_t stride)
{
	for (size_t i = 0; i < count; i++) {
		volatile size_t *word = (volatile size_t *)(area + i * stride + i % 512 * PAGE % stride);

		if (i % 2)
			*word = i;
		else
			CHECK_EQ(*word, 0); /* a read needs the tables too */
	}
	for (size_t i = 1; i < count; i += 2)
		CHECK_EQ(*(size_t *)(area + i * stride + i % 512 * PAGE % stride), i);
}

static int round_body(void *unused)
{
	long before = own_kb();
	char *area = reserve(tables, STRETCH), *wide = reserve(128, WIDE);

	(void)unused;
	touch(area, tables, STRETCH);
	touch(wide, 128, WIDE);
	long most = own_kb();

	CHECK(most - before >= (long)(tables + 2 * 128) * 4, "VmPTE from %ld to %ld kB", before, most);
	REQUIRE(madvise(area, tables * STRETCH, MADV_DONTNEED) == 0);
	touch(area, tables, STRETCH);
	REQUIRE(munmap(area, tables / 2 * STRETCH) == 0);
	CHECK(own_kb() <= most - (long)(tables / 2 - 4) * 4, "VmPTE from %ld to %ld kB", most, own_kb());
	return 0; /* the rest goes at exit */
}

/* Freed tables wait for a grace period: before it is over, others must be made in their place. */
static void settle(long kb)
{
	for (int i = 0; i < 50 && tables_kb() > kb; i++)
		sleep_ms(20);
	sleep_ms(100);
}

int main(void)
{
	tables = setting("RB_TABLES", 1500);
	step("first round, after which the kernel keeps what it likes");
	child_end(child_start(round_body, NULL));
	settle(0);
	long kb = tables_kb(), frames = frames_used();

	step("more rounds");
	for (int i = 0; i < 3; i++) {
		child_end(child_start(round_body, NULL));
		settle(kb);
	}
	CHECK(tables_kb() <= kb + 64, "PageTables from %ld to %ld kB", kb, tables_kb());
	/* Free frames of a level are made 64 at a time, ahead of need. */
	CHECK(frames_used() <= frames + 4 * 64, "frames in use from %ld to %ld", frames, frames_used());
	return verdict();
}
