// SPDX-License-Identifier: GPL-2.0-only
/*
 * oom - a memory hog is killed, and the system goes on
 *
 * A child that asks to be the first victim takes memory until it is killed; a
 * bystander with a pattern in its memory keeps it; afterwards there is as
 * much free memory as before, and it can be used. The kernel's report of the
 * killing is expected (../kernel_log.py).
 * needs: machine
 * timeout: 120
 * Defends: reclaim and the tear-down of an address space by another task.
 */
#include "test.h"

static int body_hogs(void *unused)
{
	int file = open("/proc/self/oom_score_adj", O_WRONLY);

	(void)unused;
	REQUIRE(write(file, "1000", 4) == 4);
	for (size_t taken = 0;; taken += 256) {
		char *block = mmap(NULL, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		REQUIRE(block != MAP_FAILED);
		for (size_t page = 0; page < 256; page++)
			*(volatile size_t *)(block + page * PAGE) = taken + page + 1;
	}
}

int main(void)
{
	enum { BYSTANDER = 2048 };
	volatile size_t *block = pages_private(BYSTANDER);

	for (size_t page = 0; page < BYSTANDER; page++)
		block[page * 512] = page * 7;
	long before = free_kb();

	step("a hog is killed");
	child_dies(body_hogs, NULL, SIGKILL);
	step("what is left");
	for (size_t page = 0; page < BYSTANDER; page++)
		CHECK_EQ(block[page * 512], page * 7);
	for (int i = 0; i < 100 && free_kb() < before - 4096; i++)
		sleep_ms(20);
	CHECK(free_kb() >= before - 4096, "%ld kB were free, now %ld", before, free_kb());
	step("memory can be used");
	size_t some = before / 4 / 8;
	volatile char *more = pages_private(some);

	for (size_t page = 0; page < some; page++)
		more[page * PAGE] = 1;
	return verdict();
}
