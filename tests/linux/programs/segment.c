// SPDX-License-Identifier: GPL-2.0-only
/*
 * segment - the FS and GS bases of programs
 *
 * Set by arch_prctl and by WRFSBASE/WRGSBASE, read back both ways, kept across
 * context switches, signals, page faults and fork, by several processes with
 * their own; refused where they point into the kernel; used for addressing;
 * kept when selectors are loaded as natively.
 * Defends: the gate's exchange of the GS base without swapgs, and the frame's
 * record of the program's.
 */
#include "test.h"

#include <asm/prctl.h>
#include <sys/auxv.h>

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE (1 << 1)
#endif

static unsigned long gs_read(void)
{
	unsigned long base;

	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base;
}

static void gs_write(unsigned long base)
{
	__asm__ volatile("wrgsbase %0" : : "r"(base) : "memory");
}

static unsigned long fs_read(void)
{
	unsigned long base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static unsigned long gs_word(void)
{
	unsigned long word;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(word));
	return word;
}

static unsigned long gs_by_call(void)
{
	unsigned long base = ~0ul;

	REQUIRE(syscall(SYS_arch_prctl, ARCH_GET_GS, &base) == 0);
	return base;
}

static unsigned long *block;

static void test_forms(void)
{
	step("set and read in each way");
	for (int i = 0; i < 8; i++) {
		REQUIRE(syscall(SYS_arch_prctl, ARCH_SET_GS, block + i) == 0);
		CHECK_EQ(gs_read(), block + i);
		CHECK_EQ(gs_by_call(), block + i);
		CHECK_EQ(gs_word(), block[i]);
		gs_write((uintptr_t)(block + i + 8));
		CHECK_EQ(gs_read(), block + i + 8);
		CHECK_EQ(gs_by_call(), block + i + 8);
		CHECK_EQ(gs_word(), block[i + 8]);
	}
	unsigned long fs = 0;

	REQUIRE(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0);
	CHECK_EQ(fs, fs_read());
	CHECK_EQ(fs, *(unsigned long *)fs); /* the C library's thread pointer points to itself */
}

static void test_large(void)
{
	static const unsigned long bases[] = { 0, 1, 0x7ffffffff000, 0x12345678, 0xffffffff, 0x100000000 };
	static const unsigned long upper[] = { 0xffff800000000000, 0xffff888000000000, 0xffffffff81000000, ~0ul };

	step("any address as a base, the kernel's only by the instruction");
	for (size_t i = 0; i < COUNT(bases); i++) {
		gs_write(bases[i]);
		sched_yield();
		CHECK_EQ(gs_read(), bases[i]);
		CHECK_EQ(gs_by_call(), bases[i]);
	}
	for (size_t i = 0; i < COUNT(upper); i++) {
		CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, upper[i]) < 0 && errno == EPERM);
		CHECK(syscall(SYS_arch_prctl, ARCH_SET_FS, upper[i]) < 0 && errno == EPERM);
		/* The processor lets any program do this; the kernel must not use it as its own. */
		gs_write(upper[i]);
		getppid();
		sched_yield();
		sleep_ms(1);
		CHECK_EQ(gs_read(), upper[i]);
	}
	gs_write(0);
}

static volatile int handled;

static void handler(int signal)
{
	(void)signal;
	handled++;
	gs_write((uintptr_t)(block + 100)); /* handlers have it in common with the program */
}

static void test_signals(void)
{
	step("in signal handlers");
	signal(SIGUSR1, handler);
	for (int i = 0; i < 100; i++) {
		gs_write((uintptr_t)(block + i));
		raise(SIGUSR1);
		CHECK_EQ(gs_read(), block + 100);
	}
	CHECK_EQ(handled, 100);
}

static void test_events(void)
{
	volatile char *fresh = pages_private(200);

	step("across faults, calls and interrupts");
	for (int i = 0; i < 200; i++) {
		gs_write((uintptr_t)(block + i));
		fresh[i * PAGE] = 1;
		CHECK_EQ(gs_word(), block[i]);
		getppid();
		CHECK_EQ(gs_word(), block[i]);
	}
	gs_write((uintptr_t)(block + 5));
	for (int64_t start = now_ns(); now_ns() - start < 200000000;)
		CHECK(gs_word() == block[5]);
	pages_free((void *)fresh, 200);
}

static int body_own(void *number)
{
	uintptr_t n = (uintptr_t)number;

	for (int i = 0; i < 300; i++) {
		gs_write((uintptr_t)(block + n * 10 + i % 10));
		sched_yield();
		CHECK_EQ(gs_read(), block + n * 10 + i % 10);
		CHECK_EQ(gs_word(), block[n * 10 + i % 10]);
	}
	return 0;
}

static void test_processes(void)
{
	pid_t children[6];

	step("six processes with their own");
	for (uintptr_t i = 0; i < COUNT(children); i++)
		children[i] = child_start(body_own, (void *)i);
	for (size_t i = 0; i < COUNT(children); i++)
		child_end(children[i]);
}

static int body_inherits(void *expected)
{
	CHECK_EQ(gs_read(), expected);
	gs_write(0);
	return 0;
}

static void test_fork(void)
{
	step("a child has its parent's");
	for (int i = 0; i < 20; i++) {
		gs_write((uintptr_t)(block + i));
		child_end(child_start(body_inherits, block + i));
		CHECK_EQ(gs_read(), block + i);
	}
}

static int body_fs(void *number)
{
	unsigned long mine = fs_read(), seen, other = (uintptr_t)(block + 50 + (uintptr_t)number);

	for (int i = 0; i < 200; i++) {
		/* No C library while FS is changed. */
		__asm__ volatile("wrfsbase %[other]; mov %[yield], %%eax; syscall; mov %%fs:0, %[seen]; wrfsbase %[mine]"
				 : [seen] "=&r"(seen) : [other] "r"(other), [mine] "r"(mine), [yield] "i"(SYS_sched_yield)
				 : "rax", "rcx", "r11", "memory");
		CHECK_EQ(seen, block[50 + (uintptr_t)number]);
	}
	return 0;
}

static void test_fs(void)
{
	pid_t children[4];

	step("the FS base likewise");
	for (uintptr_t i = 0; i < COUNT(children); i++)
		children[i] = child_start(body_fs, (void *)i);
	for (size_t i = 0; i < COUNT(children); i++)
		child_end(children[i]);
}

static void test_selectors(void)
{
	unsigned short ds, es, gs;

	step("selectors are kept across switches");
	__asm__ volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0x2b));
	sched_yield();
	sleep_ms(2);
	__asm__ volatile("mov %%ds, %0; mov %%es, %1" : "=r"(ds), "=r"(es));
	CHECK_EQ(ds, 0x2b);
	CHECK_EQ(es, 0x2b);
	/* Loading GS sets its base from the descriptor: 0. */
	gs_write((uintptr_t)block);
	__asm__ volatile("mov %0, %%gs" : : "r"(0x2b));
	CHECK_EQ(gs_read(), 0);
	sleep_ms(2);
	__asm__ volatile("mov %%gs, %0" : "=r"(gs));
	CHECK_EQ(gs, 0x2b);
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs" : : "r"(0));
}

static void test_cpu_number(void)
{
	unsigned limit = 0, cpu = ~0u;

	step("the CPU's number, from segment 15");
	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"(0x7b));
	syscall(SYS_getcpu, &cpu, NULL, NULL);
	CHECK_EQ(limit & 0xfff, cpu);
}

int main(void)
{
	step("programs may use RDGSBASE");
	REQUIRE(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE);
	block = pages_private(1);
	for (size_t i = 0; i < PAGE / 8; i++)
		block[i] = i * 0x0101010101 + 7;
	test_forms();
	test_large();
	test_signals();
	test_events();
	test_processes();
	test_fork();
	test_fs();
	test_selectors();
	test_cpu_number();
	return verdict();
}
