// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault - every form of page fault, and what a program learns of it
 *
 * First read and write of anonymous pages, copy on write, private and shared
 * files, guard pages, protection changes from a SIGSEGV handler, writes to
 * read-only and execution of non-executable pages, code that changes, files
 * that end early, and addresses that no program has: the kernel's and the
 * hypervisor's among them. Where it is known, the number of faults must be
 * right: a needless second fault costs as much as a first.
 * Defends: error codes and addresses of forwarded faults, the judging of
 * entries, and that user mode reaches nothing above the lower half.
 */
#include "test.h"

#include <sys/resource.h>

enum { PAGES = 512 };

static long faults_so_far(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* The faults since then are at least, and not much more than, the count. */
static void faults_check(long before, long count)
{
	long seen = faults_so_far() - before;

	CHECK(seen >= count && seen <= count + 8, "%ld faults, not %ld", seen, count);
}

static void test_anonymous(void)
{
	volatile char *block = pages_private(PAGES);
	long before = faults_so_far();

	step("anonymous: first reads");
	for (size_t page = 0; page < PAGES; page++)
		CHECK_EQ(block[page * PAGE + page], 0);
	faults_check(before, PAGES);
	step("anonymous: writes after reads");
	before = faults_so_far();
	for (size_t page = 0; page < PAGES; page++)
		block[page * PAGE] = 1;
	faults_check(before, PAGES);
	step("anonymous: no more faults");
	before = faults_so_far();
	for (size_t page = 0; page < PAGES; page++)
		CHECK_EQ(block[page * PAGE], 1);
	faults_check(before, 0);
	step("anonymous: first writes, after memory was given back");
	REQUIRE(madvise((void *)block, PAGES * PAGE, MADV_DONTNEED) == 0);
	before = faults_so_far();
	for (size_t page = 0; page < PAGES; page++)
		block[page * PAGE + 8] = 2;
	faults_check(before, PAGES);
	for (size_t page = 0; page < PAGES; page++)
		CHECK(block[page * PAGE] == 0 && block[page * PAGE + 8] == 2);
	pages_free((void *)block, PAGES);
}

static volatile char *shared_block;
static int parent_wrote[2];

static int child_writes_half(void *block)
{
	volatile char *private_block = block;
	char byte;

	REQUIRE(read(parent_wrote[0], &byte, 1) == 1);
	long before = faults_so_far();

	for (size_t page = 0; page < PAGES; page += 2)
		private_block[page * PAGE] = 9;
	faults_check(before, PAGES / 2);
	for (size_t page = 0; page < PAGES; page++) {
		CHECK_EQ(private_block[page * PAGE], page % 2 ? 5 : 9);
		CHECK_EQ(private_block[page * PAGE + 1], 6);
		shared_block[page * PAGE] = 7;
	}
	return 0;
}

static void test_copy_on_write(void)
{
	volatile char *block = pages_private(PAGES);

	step("copy on write");
	shared_block = pages_shared(PAGES);
	for (size_t page = 0; page < PAGES; page++) {
		block[page * PAGE] = 5;
		block[page * PAGE + 1] = 6;
	}
	REQUIRE(pipe(parent_wrote) == 0);
	pid_t child = child_start(child_writes_half, (void *)block);

	/* First on this side, while the child still has all pages. */
	for (size_t page = 0; page < PAGES; page += 3)
		block[page * PAGE] = 8;
	REQUIRE(write(parent_wrote[1], "", 1) == 1);
	child_end(child);
	for (size_t page = 0; page < PAGES; page++) {
		CHECK_EQ(block[page * PAGE], page % 3 ? 5 : 8);
		CHECK_EQ(shared_block[page * PAGE], 7);
	}
	pages_free((void *)block, PAGES);
	pages_free((void *)shared_block, PAGES);
}

static void test_file(int file, const char *name)
{
	char byte;

	step(name);
	REQUIRE(file >= 0 && ftruncate(file, PAGES * PAGE) == 0);
	for (size_t page = 0; page < PAGES; page++)
		REQUIRE(pwrite(file, "xyz", 3, page * PAGE) == 3);
	volatile char *shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	volatile char *private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);

	REQUIRE(shared != MAP_FAILED && private != MAP_FAILED);
	for (size_t page = 0; page < PAGES; page++) {
		CHECK_EQ(private[page * PAGE], 'x');
		shared[page * PAGE] = 'S';
		CHECK_EQ(private[page * PAGE], 'S'); /* not yet its own */
		private[page * PAGE + 1] = 'P';
		shared[page * PAGE + 2] = 'T';
	}
	for (size_t page = 0; page < PAGES; page++) {
		CHECK(!memcmp((char *)private + page * PAGE, "SPz", 3), "page %zu", page);
		CHECK(!memcmp((char *)shared + page * PAGE, "SyT", 3), "page %zu", page);
		CHECK(pread(file, &byte, 1, page * PAGE + 2) == 1 && byte == 'T');
	}
	step("beyond the end of the file");
	REQUIRE(ftruncate(file, PAGES / 2 * PAGE) == 0);
	CHECK(read_faults(shared + PAGES / 2 * PAGE));
	CHECK_EQ(fault_seen.signal, SIGBUS);
	CHECK_EQ(fault_seen.code, BUS_ADRERR);
	CHECK_EQ(fault_seen.address, shared + PAGES / 2 * PAGE);
	CHECK(read_faults(private + PAGES / 2 * PAGE)); /* its own pages go too */
	CHECK(!read_faults(shared + (PAGES / 2 - 1) * PAGE));
	munmap((void *)shared, PAGES * PAGE);
	munmap((void *)private, PAGES * PAGE);
	close(file);
}

/* Each way of forbidding an access, and what the signal says. */
static void fault_expect(bool faults, int code, volatile void *address)
{
	if (!CHECK(faults, "no fault at %p", address))
		return;
	CHECK_EQ(fault_seen.signal, SIGSEGV);
	CHECK_EQ(fault_seen.code, code);
	CHECK_EQ(fault_seen.address, address);
}

static void test_forbidden(void)
{
	char *block = pages_private(8);

	step("guard pages, read-only pages, pages that are not there");
	REQUIRE(mprotect(block + PAGE, PAGE, PROT_NONE) == 0);
	memset(block, 1, PAGE);
	fault_expect(read_faults(block + PAGE), SEGV_ACCERR, block + PAGE);
	fault_expect(write_faults(block + PAGE + 77), SEGV_ACCERR, block + PAGE + 77);
	block[3 * PAGE] = 1;
	REQUIRE(mprotect(block + 2 * PAGE, 2 * PAGE, PROT_READ) == 0);
	fault_expect(write_faults(block + 2 * PAGE + 5), SEGV_ACCERR, block + 2 * PAGE + 5); /* untouched */
	fault_expect(write_faults(block + 3 * PAGE + 5), SEGV_ACCERR, block + 3 * PAGE + 5);
	CHECK(!read_faults(block + 3 * PAGE));
	REQUIRE(munmap(block + 4 * PAGE, PAGE) == 0);
	fault_expect(read_faults(block + 4 * PAGE), SEGV_MAPERR, block + 4 * PAGE);
	fault_expect(write_faults(block + 5 * PAGE - 1), SEGV_MAPERR, block + 5 * PAGE - 1);
	fault_expect(read_faults((void *)8), SEGV_MAPERR, (void *)8);
	munmap(block, 4 * PAGE);
	munmap(block + 5 * PAGE, 3 * PAGE);
}

static void test_execution(void)
{
	static const unsigned char code[] = { 0xb8, 1, 0, 0, 0, 0xc3 }; /* mov $1,%eax; ret */
	unsigned char *page = pages_private(1);

	step("execution only where it is allowed");
	memcpy(page, code, sizeof(code));
	fault_expect(exec_faults(page), SEGV_ACCERR, page);
	REQUIRE(mprotect(page, PAGE, PROT_READ | PROT_EXEC) == 0);
	CHECK(!exec_faults(page));
	fault_expect(write_faults(page), SEGV_ACCERR, page);
	step("code that changes");
	for (int i = 0; i < 200; i++) {
		REQUIRE(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0);
		page[1] = i;
		REQUIRE(mprotect(page, PAGE, PROT_READ | PROT_EXEC) == 0);
		CHECK_EQ(((int (*)(void))page)(), i);
	}
	REQUIRE(mprotect(page, PAGE, PROT_READ) == 0);
	fault_expect(exec_faults(page), SEGV_ACCERR, page);
	pages_free(page, 1);
}

/* Nothing above the lower half: not the gate (ffff8000...), not the kernel, nothing between. */
static void test_upper_half(void)
{
	static const uintptr_t kernel[] = {
		0xffff800000000000, 0xffff800000001000, 0xffff800000200000, 0xffff800040000000, 0xffff804000000000,
		0xffff840000000000, 0xffff880000000000, 0xffff888000000000, 0xffffc90000000000, 0xffffea0000000000,
		0xffffffff80000000, 0xffffffff81000000, 0xffffffffff57a000, 0xfffffffffffff000,
	};
	static const uintptr_t not_canonical[] = { 0x0000800000000000, 0x1234567812345678, 0xffff7fffffffffff };

	step("the upper half");
	for (size_t i = 0; i < COUNT(kernel); i++) {
		fault_expect(read_faults((void *)kernel[i]), SEGV_MAPERR, (void *)kernel[i]);
		fault_expect(write_faults((void *)kernel[i]), SEGV_MAPERR, (void *)kernel[i]);
		fault_expect(exec_faults((void *)kernel[i]), SEGV_MAPERR, (void *)kernel[i]);
	}
	for (size_t i = 0; i < COUNT(not_canonical); i++) {
		/* A general-protection fault: it has no address. */
		CHECK(read_faults((void *)not_canonical[i]));
		CHECK_EQ(fault_seen.code, SI_KERNEL);
		CHECK_EQ(fault_seen.address, 0);
		CHECK(exec_faults((void *)not_canonical[i]));
	}
}

static char *handler_page;
static volatile int handler_calls;

static void handler_unprotects(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	handler_calls++;
	CHECK(info->si_addr == handler_page + 123);
	if (mprotect(handler_page, PAGE, PROT_READ | PROT_WRITE))
		_exit(1);
}

static void test_handler(void)
{
	struct sigaction action = { .sa_sigaction = handler_unprotects, .sa_flags = SA_SIGINFO };

	step("a handler that makes the page writable");
	handler_page = pages_private(1);
	sigaction(SIGSEGV, &action, NULL);
	for (int i = 1; i <= 1000; i++) {
		REQUIRE(mprotect(handler_page, PAGE, i % 2 ? PROT_READ : PROT_NONE) == 0);
		*(volatile char *)(handler_page + 123) += 1;
		CHECK_EQ(handler_calls, i);
		CHECK_EQ(handler_page[123], (char)i);
	}
	signal(SIGSEGV, SIG_DFL);
	pages_free(handler_page, 1);
}

static void test_splits(void)
{
	char *block = pages_private(2);
	volatile uint64_t *across = (volatile uint64_t *)(block + PAGE - 4);

	step("one access to two pages");
	*across = 0x1122334455667788;
	CHECK_EQ(*across, 0x1122334455667788);
	REQUIRE(mprotect(block + PAGE, PAGE, PROT_READ) == 0);
	/* The second page's address is reported, and nothing is written to the first. */
	fault_expect(word_write_faults(across, 5), SEGV_ACCERR, block + PAGE);
	CHECK_EQ(*across, 0x1122334455667788);
	REQUIRE(mprotect(block + PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
	REQUIRE(mprotect(block, PAGE, PROT_READ) == 0);
	fault_expect(word_write_faults(across, 5), SEGV_ACCERR, across);
	CHECK_EQ(*across, 0x1122334455667788);
	pages_free(block, 2);
}

int main(void)
{
	test_anonymous();
	test_copy_on_write();
	test_file(memfd_create("fault", 0), "memfd");
	test_file(open("/tmp/fault-file", O_RDWR | O_CREAT | O_TRUNC, 0600), "tmpfs file");
	unlink("/tmp/fault-file");
	test_forbidden();
	test_execution();
	test_upper_half();
	test_handler();
	test_splits();
	return verdict();
}
