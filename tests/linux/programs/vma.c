// SPDX-License-Identifier: GPL-2.0-only
/*
 * vma - very many small mappings
 *
 * RB_VMAS (5,000) neighbours that cannot merge, by changing the protection of
 * every other page; their count, what they allow and hold, as /proc/self/maps
 * tells it too; a fork of all that; then they are removed in an order that
 * keeps splitting.
 * Defends: many short runs of entries changed one after another.
 */
#include "test.h"

static size_t page_count;
static char *block;

static size_t maps_count(bool inside)
{
	char line[512];
	unsigned long start, end;
	size_t lines = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	REQUIRE(maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 &&
		    (!inside || (start >= (uintptr_t)block && end <= (uintptr_t)block + page_count * PAGE)))
			lines++;
	fclose(maps);
	return lines;
}

static void content_check(void)
{
	for (size_t page = 0; page < page_count; page++)
		CHECK_EQ(*(volatile unsigned *)(block + page * PAGE), page);
	for (size_t page = 0; page < page_count; page += 500) {
		CHECK(write_faults(block + page * PAGE));
		CHECK(!write_faults(block + (page + 1) * PAGE));
	}
}

static int child_body(void *unused)
{
	(void)unused;
	content_check();
	for (size_t page = 1; page < page_count; page += 2)
		*(unsigned *)(block + page * PAGE) = 0;
	return 0;
}

int main(void)
{
	page_count = setting("RB_VMAS", 5000);
	block = pages_private(page_count);
	size_t others = maps_count(false) - maps_count(true);

	step("many mappings");
	for (size_t page = 0; page < page_count; page++)
		*(unsigned *)(block + page * PAGE) = page;
	for (size_t page = 0; page < page_count; page += 2)
		REQUIRE(mprotect(block + page * PAGE, PAGE, PROT_READ) == 0);
	CHECK_EQ(maps_count(true), page_count);
	content_check();
	step("their copies in a child");
	child_end(child_start(child_body, NULL));
	content_check();
	step("removed: every third, then from the middle on");
	for (size_t page = 0; page < page_count; page += 3)
		REQUIRE(munmap(block + page * PAGE, PAGE) == 0);
	CHECK_EQ(maps_count(true), page_count - (page_count + 2) / 3);
	for (size_t page = 0; page < page_count; page += 100)
		CHECK_EQ(read_faults(block + page * PAGE), page % 3 == 0);
	for (size_t i = 0; i < page_count; i++)
		REQUIRE(munmap(block + (i + page_count / 2) % page_count * PAGE, PAGE) == 0);
	CHECK_EQ(maps_count(true), 0);
	CHECK_EQ(maps_count(false), others);
	return verdict();
}
