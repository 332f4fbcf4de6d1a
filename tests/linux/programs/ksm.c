// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksm - equal pages merged by the kernel, and separated by a write
 *
 * Two hundred equal pages and some different ones are offered for merging; when
 * the kernel has merged them, content and isolation must be as before, in a
 * forked child too, and unmerging gives each its own again.
 * needs: test
 * Defends: write-protection and replacement of entries found through reverse
 * mappings, while their owner runs.
 */
#include "test.h"

enum { EQUAL = 200, PAGES = 256 };

static void setting_write(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/mm/ksm/%s", name);
	int file = open(path, O_WRONLY);

	REQUIRE(file >= 0);
	REQUIRE(write(file, text, strlen(text)) > 0);
	close(file);
}

static unsigned char *block;

static unsigned char content(int page)
{
	return page < EQUAL ? 0x5a : page;
}

static void verify(void)
{
	for (int page = 0; page < PAGES; page++)
		for (size_t i = 0; i < PAGE; i += 511)
			CHECK(block[page * PAGE + i] == content(page), "page %d", page);
}

static int body_writes(void *unused)
{
	(void)unused;
	verify();
	for (int page = 0; page < PAGES; page += 3)
		memset(block + page * PAGE, 1, PAGE);
	return 0;
}

int main(void)
{
	block = pages_private(PAGES);
	for (int page = 0; page < PAGES; page++)
		memset(block + page * PAGE, content(page), PAGE);
	step("merged");
	setting_write("pages_to_scan", "2000");
	setting_write("sleep_millisecs", "5");
	REQUIRE(madvise(block, PAGES * PAGE, MADV_MERGEABLE) == 0);
	setting_write("run", "1");
	for (int i = 0; i < 2000 && file_number("/sys/kernel/mm/ksm/pages_sharing", "") < EQUAL - 10; i++)
		sleep_ms(10);
	CHECK(file_number("/sys/kernel/mm/ksm/pages_sharing", "") >= EQUAL - 10, "%ld pages are merged",
	      file_number("/sys/kernel/mm/ksm/pages_sharing", ""));
	verify();
	step("separated by writes, here and in a child");
	child_end(child_start(body_writes, NULL));
	verify();
	block[5 * PAGE] = 7;
	CHECK_EQ(block[6 * PAGE], content(6));
	CHECK_EQ(block[5 * PAGE + 1], content(5));
	block[5 * PAGE] = content(5);
	step("unmerged");
	setting_write("run", "2");
	CHECK_EQ(file_number("/sys/kernel/mm/ksm/pages_shared", ""), 0);
	verify();
	setting_write("run", "0");
	return verdict();
}
