// SPDX-License-Identifier: GPL-2.0-only
/*
 * trap - processor exceptions as programs see them
 *
 * Each exception a program can raise must become the right signal with the
 * right code and address, and leave the program able to go on: division, UD2,
 * INT3, INT n, single steps by the trap flag, x87 errors, privileged
 * instructions, port access, segment loads. Also the flags and selectors that
 * ring 3 sees and may change.
 * Defends: each vector's way through the gate, and that ring 3 stays ring 3.
 */
#include "test.h"

#include <sys/ucontext.h>

#ifndef TRAP_UNK
#define TRAP_UNK 5
#endif

static struct {
	int signal, code, count;
	uintptr_t address, rip;
	long vector, error;
} seen;
static volatile uintptr_t continue_at;

static void handler(int signal, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	seen.signal = signal;
	seen.code = info->si_code;
	seen.address = (uintptr_t)info->si_addr;
	seen.rip = registers[REG_RIP];
	seen.vector = registers[REG_TRAPNO];
	seen.error = registers[REG_ERR];
	seen.count++;
	if (continue_at)
		registers[REG_RIP] = continue_at;
}

static void start(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };

	for (size_t i = 0; i < COUNT(signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* Run instructions that trap at label 1 (a fault) and go on at label 2. */
#define TRAP(code, ...) do { \
	memset(&seen, 0, sizeof(seen)); \
	__asm__ volatile("lea 2f(%%rip), %%rax; mov %%rax, %0; mov $0, %%eax\n" code "\n2:" \
		: "=m"(continue_at) : __VA_ARGS__ : "rax", "rbx", "rcx", "rdx", "memory", "cc"); \
	continue_at = 0; \
} while (0)

static void expect_address(const char *what, int signal, int code, int vector)
{
	CHECK(seen.count == 1 && seen.signal == signal && seen.code == code && seen.vector == vector,
	      "%s: %d signals, signal %d, code %d, vector %ld", what, seen.count, seen.signal, seen.code, seen.vector);
}

/* The signal's address is the instruction. */
static void expect(const char *what, int signal, int code, int vector)
{
	expect_address(what, signal, code, vector);
	CHECK(seen.address == seen.rip, "%s: address %#lx, instruction %#lx", what, seen.address, seen.rip);
}

static void test_faults(void)
{
	step("faults of instructions");
	TRAP("1: xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx");
	expect("division by zero", SIGFPE, FPE_INTDIV, 0);
	TRAP("mov $0x80000000, %%eax; cltd; mov $-1, %%ecx; idiv %%ecx");
	expect("division overflow", SIGFPE, FPE_INTDIV, 0);
	TRAP("ud2");
	expect("ud2", SIGILL, ILL_ILLOPN, 6);
	TRAP(".byte 0x06"); /* push %es, invalid in 64-bit mode */
	expect("push es", SIGILL, ILL_ILLOPN, 6);
	TRAP("lock; .byte 0x90");
	expect("lock nop", SIGILL, ILL_ILLOPN, 6);
}

/* What only kernels may do; each is a general-protection fault with error code 0. */
#define PRIVILEGED(code) do { \
	TRAP(code); \
	expect_address(code, SIGSEGV, SI_KERNEL, 13); \
	CHECK_EQ(seen.error, 0); \
} while (0)

static void test_privileged(void)
{
	step("privileged instructions");
	PRIVILEGED("hlt");
	PRIVILEGED("cli");
	PRIVILEGED("sti");
	PRIVILEGED("mov %%cr0, %%rax");
	PRIVILEGED("mov %%cr3, %%rax");
	PRIVILEGED("mov %%rax, %%cr3");
	PRIVILEGED("mov %%rax, %%cr4");
	PRIVILEGED("mov %%dr7, %%rax");
	PRIVILEGED("mov %%rax, %%dr7");
	PRIVILEGED("rdmsr");
	PRIVILEGED("wrmsr");
	PRIVILEGED("invlpg (%%rsp)");
	PRIVILEGED("wbinvd");
	PRIVILEGED("clts");
	PRIVILEGED("swapgs");
	PRIVILEGED("sysretq");
	PRIVILEGED("lgdt (%%rsp)");
	PRIVILEGED("lidt (%%rsp)");
	PRIVILEGED("ltr %%ax");
	PRIVILEGED("lmsw %%ax");
	PRIVILEGED("xsetbv");
}

static void test_ports(void)
{
	step("ports");
	PRIVILEGED("mov $0x80, %%dx; out %%al, %%dx");
	PRIVILEGED("mov $0x3f8, %%dx; in %%dx, %%al");
	PRIVILEGED("mov $0xf4, %%dx; out %%eax, %%dx");
	PRIVILEGED("out %%al, $0x80");
	PRIVILEGED("mov $0x3f8, %%dx; lea -1(%%rsp), %%rsi; outsb");
}

/* Software interrupts: only INT3 and INTO's successor are a program's; the rest are protection faults. */
static void test_software_interrupts(void)
{
	step("software interrupts");
	TRAP("int3");
	expect_address("int3", SIGTRAP, SI_KERNEL, 3);
	TRAP("int $3");
	CHECK_EQ(seen.signal, SIGTRAP);
#define INTERRUPT(number) do { \
	TRAP("int $" #number); \
	CHECK(seen.count == 1 && seen.signal == SIGSEGV && seen.vector == 13, "int " #number ": signal %d", seen.signal); \
} while (0)
	INTERRUPT(0);
	INTERRUPT(1);
	INTERRUPT(2);
	INTERRUPT(6);
	INTERRUPT(8);
	INTERRUPT(13);
	INTERRUPT(14);
	INTERRUPT(18);
	INTERRUPT(0x20);
	INTERRUPT(0x30);
	INTERRUPT(0xec);
	INTERRUPT(0xff);
}

/* Selectors that programs have no right to, the guest kernel's and the hypervisor's among them. */
static void test_selectors(void)
{
	static const uint16_t selectors[] = { 0x08, 0x10, 0x11, 0x18, 0x19, 0x40, 0x80, 0x83, 0x88, 0x8b, 0x100, 0xffff };

	step("segment loads");
	for (size_t i = 0; i < COUNT(selectors); i++) {
		unsigned long selector = selectors[i];

		TRAP("mov %[selector], %%rcx; mov %%cx, %%ds", [selector] "m"(selector));
		CHECK(seen.signal == SIGSEGV && seen.vector == 13, "ds = %#lx: signal %d, vector %ld", selector, seen.signal,
		      seen.vector);
		CHECK(seen.error == (long)(selector & 0xfffc), "ds = %#lx: error %#lx", selector, seen.error);
		/* A far return there. */
		TRAP("push %[selector]; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: hlt; 2:\n"
		     "mov %%rsp, %%rcx; add $16, %%rsp", [selector] "m"(selector));
		CHECK(seen.signal == SIGSEGV && seen.error == (long)(selector & 0xfffc), "far return to %#lx: signal %d, error %#lx",
		      selector, seen.signal, seen.error);
	}
	TRAP("mov $0x2b, %%ecx; mov %%cx, %%ds; xor %%ecx, %%ecx; mov %%cx, %%ds; mov %%cx, %%es");
	CHECK_EQ(seen.count, 0);
}

/* The trap flag set by a program: one SIGTRAP after each instruction that follows. */
static void test_single_step(void)
{
	step("the trap flag");
	memset(&seen, 0, sizeof(seen));
	__asm__ volatile("pushf; orq $0x100, (%%rsp); popf\n"
			 "nop; nop; nop; nop; nop\n" /* 5 traps */
			 "pushf; andq $~0x100, (%%rsp); popf\n" /* 3 */
			 "nop" : : : "memory", "cc");
	CHECK_EQ(seen.count, 8);
	CHECK_EQ(seen.signal, SIGTRAP);
	CHECK_EQ(seen.code, TRAP_TRACE);
	CHECK_EQ(seen.vector, 1);
	memset(&seen, 0, sizeof(seen));
	unsigned long result;

	__asm__ volatile("pushf; orq $0x100, (%%rsp); popf\n"
			 "mov %[number], %%eax\n"
			 "syscall\n"
			 "nop\n"
			 "pushf; andq $~0x100, (%%rsp); popf\n"
			 : "=&a"(result) : [number] "i"(SYS_getpid) : "rcx", "r11", "memory", "cc");
	CHECK_EQ(result, getpid());
	CHECK_EQ(seen.signal, SIGTRAP);
	/* mov, syscall (whose trap real processors take one later), nop, pushf, andq, popf */
	CHECK(seen.count == 5 || seen.count == 6, "%d traps", seen.count);
	int before = seen.count;

	__asm__ volatile("nop; nop");
	CHECK_EQ(seen.count, before);
}

static void test_x87(void)
{
	unsigned short control = 0x37f & ~4; /* division by zero is not masked */

	step("x87 errors");
	memset(&seen, 0, sizeof(seen));
	__asm__ volatile("lea 2f(%%rip), %%rax; mov %%rax, %0\n"
			 "fninit; fldcw %1; fld1; fldz; fdivrp; 1: fwait; 2: fninit"
			 : "=m"(continue_at) : "m"(control) : "rax", "st", "memory");
	continue_at = 0;
	CHECK(seen.count == 1 && seen.signal == SIGFPE && seen.vector == 16, "%d signals, signal %d, vector %ld", seen.count,
	      seen.signal, seen.vector);
	CHECK_EQ(seen.code, FPE_FLTDIV);
}

/* User mode may not change IF or IOPL, and must see its own flags. */
static void test_flags(void)
{
	unsigned long flags;

	step("flags");
	__asm__ volatile("pushf; orq $0x3000, (%%rsp); andq $~0x200, (%%rsp); popf; pushf; pop %0" : "=r"(flags) : : "cc");
	CHECK(flags & 0x200, "interrupts are off: %#lx", flags);
	CHECK(!(flags & 0x3000), "IOPL: %#lx", flags);
	__asm__ volatile("pushf; orq $0x200000, (%%rsp); popf; pushf; pop %0" : "=r"(flags) : : "cc");
	CHECK(flags & 0x200000, "ID: %#lx", flags);
	/* A system call keeps them, and the direction flag. */
	__asm__ volatile("std; mov %1, %%eax; syscall; pushf; pop %0; cld"
			 : "=r"(flags) : "i"(SYS_getppid) : "rax", "rcx", "r11", "cc", "memory");
	CHECK(flags & 0x400, "DF: %#lx", flags);
}

static void test_selectors_seen(void)
{
	unsigned short cs, ss;

	step("the selectors a program runs with");
	__asm__ volatile("mov %%cs, %0; mov %%ss, %1" : "=r"(cs), "=r"(ss));
	CHECK_EQ(cs, 0x33);
	CHECK_EQ(ss, 0x2b);
}

int main(void)
{
	start();
	test_faults();
	test_privileged();
	test_ports();
	test_software_interrupts();
	test_selectors();
	test_single_step();
	test_x87();
	test_flags();
	test_selectors_seen();
	return verdict();
}
