// SPDX-License-Identifier: GPL-2.0-only
/*
 * usercopy - the kernel's own faults on user memory
 *
 * System calls that read and write memory which is not there yet, read-only,
 * forbidden, half forbidden, or not a program's at all: the kernel must fault
 * it in, or stop with EFAULT and the right partial count. Then access to other
 * processes' memory: process_vm_readv, /proc/PID/mem (which writes to read-only
 * pages by copying them), and pages pinned for vmsplice.
 * Defends: delivery of faults to the kernel's entry from kernel mode, its
 * exception tables, and the software walk of page tables.
 */
#include "test.h"

#include <sys/uio.h>

enum { PAGES = 64 };

static int zero;

static void test_fault_in(void)
{
	char *block = pages_private(PAGES);

	step("the kernel faults memory in");
	memset(block + 10 * PAGE, 1, 10 * PAGE);
	CHECK_EQ(read(zero, block, PAGES * PAGE), PAGES * PAGE);
	for (size_t i = 0; i < PAGES * PAGE; i += 512)
		CHECK_EQ(block[i], 0);
	REQUIRE(madvise(block, PAGES * PAGE, MADV_DONTNEED) == 0);
	int pipes[2];

	REQUIRE(pipe(pipes) == 0);
	CHECK_EQ(write(pipes[1], block + 100, 3 * PAGE), 3 * PAGE); /* reads untouched memory */
	CHECK_EQ(read(pipes[0], block + 20 * PAGE + 7, 3 * PAGE), 3 * PAGE);
	close(pipes[0]);
	close(pipes[1]);
	pages_free(block, PAGES);
}

static int copy_of_child(void *block)
{
	int random = open("/dev/zero", O_RDONLY);

	CHECK_EQ(read(random, block, 8 * PAGE), 8 * PAGE);
	CHECK_EQ(((char *)block)[PAGE], 0);
	return 0;
}

static void test_copy_on_write(void)
{
	char *block = pages_private(8);

	step("the kernel writes to memory shared since fork");
	memset(block, 3, 8 * PAGE);
	child_end(child_start(copy_of_child, block));
	for (size_t i = 0; i < 8 * PAGE; i++)
		CHECK_EQ(block[i], 3);
	pages_free(block, 8);
}

static void test_refused(void)
{
	char *block = pages_private(4);
	struct timespec time;

	step("memory the kernel must not touch");
	REQUIRE(mprotect(block + 2 * PAGE, PAGE, PROT_READ) == 0);
	REQUIRE(mprotect(block + 3 * PAGE, PAGE, PROT_NONE) == 0);
	CHECK(read(zero, block + 2 * PAGE, 10) < 0 && errno == EFAULT);
	CHECK(read(zero, block + 3 * PAGE, 10) < 0 && errno == EFAULT);
	CHECK(syscall(SYS_read, zero, 8, 10) < 0 && errno == EFAULT);
	CHECK(read(zero, (void *)0xffff800000000000, 10) < 0 && errno == EFAULT);
	CHECK(read(zero, (void *)0xffffffff81000000, 10) < 0 && errno == EFAULT);
	CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 0x800000000000) < 0 && errno == EFAULT);
	CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 0xffff888000000000) < 0 && errno == EFAULT);
	CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) == 0);
	CHECK(open(block + 3 * PAGE, O_RDONLY) < 0 && errno == EFAULT);
	/* A name that runs into forbidden memory. */
	memset(block + PAGE, 'a', PAGE);
	REQUIRE(mprotect(block + 2 * PAGE, PAGE, PROT_NONE) == 0);
	CHECK(open(block + 2 * PAGE - 5, O_RDONLY) < 0 && errno == EFAULT);
	pages_free(block, 4);
}

static void test_partial(void)
{
	int pipes[2];
	char *block = pages_private(3);

	step("copies that stop halfway");
	REQUIRE(pipe(pipes) == 0);
	REQUIRE(mprotect(block + 2 * PAGE, PAGE, PROT_NONE) == 0);
	CHECK_EQ(read(zero, block, 3 * PAGE), 2 * PAGE);
	memset(block, 'p', 2 * PAGE);
	CHECK_EQ(write(pipes[1], block + PAGE, 2 * PAGE), PAGE);
	struct iovec vector[] = { { block, 10 }, { block + 2 * PAGE, 10 } };

	CHECK_EQ(readv(zero, vector, 2), 10);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(block[i], 0);
	CHECK_EQ(block[10], 'p');
	/* The same from pages that the kernel copies, and not only clears. */
	int file = memfd_create("usercopy", 0);

	REQUIRE(file >= 0 && write(file, block, 2 * PAGE) == 2 * PAGE);
	CHECK_EQ(pread(file, block + PAGE, 2 * PAGE, 0), PAGE);
	CHECK_EQ(block[PAGE], 0);
	CHECK(pread(file, block + 2 * PAGE, PAGE, 0) < 0 && errno == EFAULT);
	CHECK(read(pipes[0], block + 2 * PAGE, 10) < 0 && errno == EFAULT);
	close(file);
	close(pipes[0]);
	close(pipes[1]);
	pages_free(block, 3);
}

static void test_many(void)
{
	step("a thousand refusals");
	for (uintptr_t address = 0; address < 1000; address++)
		CHECK(syscall(SYS_read, zero, address, 1) < 0 && errno == EFAULT);
}

static char *remote;

static int remote_body(void *go)
{
	char byte;

	REQUIRE(read((intptr_t)go, &byte, 1) == 1);
	CHECK(!strcmp(remote + PAGE, "from outside"));
	CHECK(!strcmp(remote + 3 * PAGE, "to read-only"));
	return 0;
}

static void test_remote(void)
{
	int go[2];
	char path[64], seen[16] = "";

	step("another process's memory");
	REQUIRE(pipe(go) == 0);
	remote = pages_private(4);
	strcpy(remote, "inside");
	strcpy(remote + 3 * PAGE, "constant");
	REQUIRE(mprotect(remote + 3 * PAGE, PAGE, PROT_READ) == 0);
	pid_t child = child_start(remote_body, (void *)(intptr_t)go[0]);
	struct iovec here = { seen, 7 }, there = { remote, 7 };

	CHECK_EQ(process_vm_readv(child, &here, 1, &there, 1, 0), 7);
	CHECK(!strcmp(seen, "inside"));
	here = (struct iovec){ "from outside", 13 };
	there = (struct iovec){ remote + PAGE, 13 };
	CHECK_EQ(process_vm_writev(child, &here, 1, &there, 1, 0), 13);
	there.iov_base = remote + 3 * PAGE;
	CHECK(process_vm_writev(child, &here, 1, &there, 1, 0) < 0 && errno == EFAULT);
	/* The way debuggers set breakpoints: a private copy of the read-only page. */
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	int memory = open(path, O_RDWR);

	REQUIRE(memory >= 0);
	CHECK_EQ(pwrite(memory, "to read-only", 13, (uintptr_t)remote + 3 * PAGE), 13);
	close(memory);
	REQUIRE(write(go[1], "", 1) == 1);
	child_end(child);
	CHECK(!strcmp(remote + 3 * PAGE, "constant"));
	CHECK(remote[PAGE] == 0);
	pages_free(remote, 4);
	close(go[0]);
	close(go[1]);
}

static void test_pinned(void)
{
	int pipes[2];
	char *block = pages_private(2), *seen = pages_private(2);
	struct iovec vector = { block, 2 * PAGE };

	step("pages pinned by vmsplice");
	REQUIRE(pipe(pipes) == 0);
	memset(block, 'v', 2 * PAGE);
	CHECK_EQ(vmsplice(pipes[1], &vector, 1, 0), 2 * PAGE);
	pages_free(block, 2); /* the pipe still has them */
	CHECK_EQ(read(pipes[0], seen, 2 * PAGE), 2 * PAGE);
	for (size_t i = 0; i < 2 * PAGE; i++)
		CHECK_EQ(seen[i], 'v');
	close(pipes[0]);
	close(pipes[1]);
	pages_free(seen, 2);
}

int main(void)
{
	zero = open("/dev/zero", O_RDONLY);
	REQUIRE(zero >= 0);
	test_fault_in();
	test_copy_on_write();
	test_refused();
	test_partial();
	test_many();
	test_remote();
	test_pinned();
	return verdict();
}
