/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chapter on the machine's state at start, second part: what instructions do, in the kernel and in user mode. The code is in the pages of user code; the
 * kernel runs the same bytes at its own address.
 */
#include "tables.h"

#define IF	0x200ul
#define DF	0x400ul
#define IOPL	0x3000ul
#define NT	0x4000ul
#define AC	0x40000ul
#define ID	0x200000ul
#define ARITHMETIC 0x8d5ul

static const struct rb_cpuid_leaf *cpuid_leaf(uint32_t leaf)
{
	const struct rb_cpuid_leaf *table = (const struct rb_cpuid_leaf *)guest_start->cpuid_table;

	for (uint32_t i = 0; i < guest_start->cpuid_count; i++)
		if (table[i].leaf == leaf && table[i].subleaf + 1 <= 1)		/* 0 or any */
			return &table[i];
	verdict(VERDICT_error, __FILE__, __LINE__, "no CPUID leaf %#x", leaf);
	return NULL;
}

/* RDI is the user data page, RAX zero. -1, or the exception; registers in test_regs. */
static int kernel_run(const char *code)
{
	return try_with("xor %%eax, %%eax; mov %%rdi, %%rbx; mov $0x600000, %%edi; jmp *%%rbx", code);
}

static int user_try(const char *code)
{
	user_calls(code, USER_DATA);
	return (int)guest_vector(&test_regs);
}

/* ---------------- pages */

TEST("start.write_protect", "A write by the kernel to a page that is mapped read-only is a page fault.")
{
	uint64_t data = page_with(5);

	guest_map(guest_start->kernel_root, KERNEL_VA, data, GUEST_NX);
	guest_map(guest_start->user_root, USER_VA, data, GUEST_USER | GUEST_NX);
	expect_equal(read_at(KERNEL_VA), 5);
	expect_equal(kernel_store(KERNEL_VA), 3);
	expect_equal(kernel_store(USER_VA), 3);
	expect_equal(*(uint64_t *)guest_pointer(data), 5);
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
	guest_unmap(guest_start->user_root, USER_VA);
}

USER_CODE(u_ret, "ret");

TEST("start.smep", "Where leaf 7 of the CPUID table offers SMEP, the kernel's fetch of an instruction from a user page is a page fault.")
{
	if (!(cpuid_leaf(7)->ebx & 1u << 7))
		skip("no SMEP here");
	expect(kernel_run((const char *)user_address(u_ret)) == 14 && test_regs.error_code == 0x11 && test_regs.ip == user_address(u_ret), "vector %u, error code %lx",
	       guest_vector(&test_regs), test_regs.error_code);
	/* The same bytes on a page of the kernel's. */
	expect_equal(kernel_run(u_ret), -1);
}

TEST("start.no_smap", "The kernel may read and write user pages, without an instruction that allows it first, as far as PKRU lets it.")
{
	*(volatile uint64_t *)USER_DATA = 0x1234;
	expect_equal(user_data[0], 0x1234);
	user_data[0] = 0x4321;
	expect_equal(*(volatile uint64_t *)USER_DATA, 0x4321);
}

USER_CODE(u_load, "mov (%rdi), %rax; syscall");
USER_CODE(u_store, "mov %rdi, (%rdi); syscall");

static void wrpkru(uint32_t value)
{
	__asm__ volatile("wrpkru" : : "a"(value), "c"(0), "d"(0));
}

static long user_access(const char *code, uint64_t address)
{
	return user_calls(code, address) ? -1 : guest_vector(&test_regs) == 14 ? (long)test_regs.error_code : -2;
}

TEST("start.protection_keys", "Where leaf 7 of the CPUID table offers protection keys, PKRU is zero at the entry point, and accesses to user pages by user mode and by the kernel obey it.")
{
	uint32_t pkru, zero;
	uint64_t value;

	if (!(cpuid_leaf(7)->ecx & 1u << 3))
		skip("no protection keys here");
	/* Nothing before this has written it. */
	__asm__ volatile("rdpkru" : "=a"(pkru), "=d"(zero) : "c"(0));
	expect_equal(pkru, 0);
	guest_map(guest_start->user_root, USER_VA, page_with(7), GUEST_USER | GUEST_WRITE | GUEST_NX | 5ul << 59);
	expect(kernel_load(USER_VA, &value) == -1 && kernel_store(USER_VA) == -1 && user_access(u_load, USER_VA) == -1, "PKRU zero: not all accesses are allowed");
	wrpkru(2u << 10);	/* writes with key 5 are refused */
	expect(kernel_load(USER_VA, &value) == -1 && user_access(u_load, USER_VA) == -1, "reads are refused too");
	expect_equal(kernel_store(USER_VA), 0x23);
	expect_equal(user_access(u_store, USER_VA), 0x27);
	wrpkru(1u << 10);	/* all accesses are */
	expect_equal(kernel_load(USER_VA, &value), 0x21);
	expect_equal(user_access(u_load, USER_VA), 0x25);
	wrpkru(~(3u << 10));	/* those with another key */
	expect(kernel_store(USER_VA) == -1, "another key's");
	wrpkru(0);
	guest_unmap(guest_start->user_root, USER_VA);
}

TEST("start.no_execute", "The fetch of an instruction from a page whose entry has bit 63 set is a page fault.")
{
	uint64_t code = page_with(0xc3);	/* ret */

	guest_map(guest_start->kernel_root, KERNEL_VA, code, GUEST_NX);
	guest_map(guest_start->kernel_root, KERNEL_VA + GUEST_PAGE, code, 0);
	expect(kernel_run((const char *)KERNEL_VA) == 14 && test_regs.error_code == 0x11 && test_regs.data == KERNEL_VA, "vector %u, error code %lx", guest_vector(&test_regs),
	       test_regs.error_code);
	expect_equal(kernel_run((const char *)KERNEL_VA + GUEST_PAGE), -1);
	guest_user_regs(&test_regs, USER_DATA, USER_STACK);
	user_resume();
	expect(guest_vector(&test_regs) == 14 && test_regs.error_code == 0x15, "user mode: vector %u, error code %lx", guest_vector(&test_regs), test_regs.error_code);
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
	guest_unmap(guest_start->kernel_root, KERNEL_VA + GUEST_PAGE);
}

/* ---------------- selectors, flags */

TEST("start.foreign_selectors", "Loading `ds` with a selector of the hypervisor, of the task state segment, of an empty slot, of a local descriptor table or beyond the end of the table is a general-protection exception.")
{
	/* All of the table that are not listed as loadable, with each privilege level. */
	for (uint64_t selector = 4; selector < 0x10000; selector++) {
		uint64_t entry = selector & ~7ul, level = selector & 3;
		bool is_listed = entry == 0x18 || entry == 0x20 || entry == 0x28 || entry == 0x30 || entry == 0x10;

		if (is_listed && !(selector & 4))
			continue;
		if (selector > 0x400 && selector % 997)
			continue;
		expect(try_with("mov %%edi, %%ds; xor %%edi, %%edi; mov %%edi, %%ds", selector) == 13, "%#lx loads, with level %lu", selector, level);
	}
	expect_equal(try_with("mov %%edi, %%ds; xor %%edi, %%edi; mov %%edi, %%ds", RB_USER_SS), -1);
}

USER_CODE(u_popf, "push %rdi; popfq; pushfq; pop %rbx; pushq $0x202; popfq; syscall");
USER_CODE(u_pushf, "pushfq; pop %rbx; syscall");

static uint64_t kernel_popf(uint64_t flags)
{
	uint64_t after;

	__asm__ volatile("push %1; popfq; pushfq; pop %0; pushq $0x202; popfq" : "=r"(after) : "r"(flags) : "memory", "cc");
	return after;
}

/* IRETQ to the next instruction, with these flags; what PUSHF says then. */
static uint64_t kernel_iretq(uint64_t flags)
{
	uint64_t after;

	__asm__ volatile("mov %%rsp, %%rax; pushq $0x19; push %%rax; push %1; pushq $0x11; lea 1f(%%rip), %%rax; push %%rax; iretq; 1: pushfq; pop %0; pushq $0x202; popfq"
			 : "=r"(after) : "r"(flags) : "rax", "memory", "cc");
	return after;
}

/* Flags to load: all of them but TF, which traps, RF, VM. */
static const uint64_t flag_sets[] = { 0, 2, IF, IOPL, IF | IOPL, NT, AC, DF, ID, 0x180000, ARITHMETIC, 0x3cfcd5, 0x3cfed5 };

TEST("start.interrupt_flag", "`pushf` in kernel and in user mode shows IF set and IOPL zero, whatever `popf` and `iretq` loaded before.")
{
	for EACH(i, flag_sets) {
		uint64_t flags = flag_sets[i];
		const uint64_t seen_flags[] = {
			kernel_popf(flags), kernel_iretq(flags & ~NT),
			user_calls(u_popf, flags) ? test_regs.rbx : 0,
			({ guest_user_regs(&test_regs, user_address(u_pushf), USER_STACK); test_regs.flags = flags & ~NT; user_resume(); guest_is_syscall(&test_regs) ? test_regs.rbx : 0; }),
		};

		for EACH(j, seen_flags)
			expect((seen_flags[j] & (IF | IOPL)) == IF, "loaded %lx by %s: %lx", flags, (const char *[]){ "popf", "iretq", "user mode's popf", "iretq to user mode" }[j],
			       seen_flags[j]);
	}
}

TEST("start.popf", "`popf` in kernel mode sets and clears the arithmetic flags, DF, NT, AC and ID as it does on the bare machine.")
{
	const uint64_t free = ARITHMETIC | DF | NT | AC | ID;

	for (unsigned bit = 0; bit < 22; bit++) {
		if (!(free >> bit & 1))
			continue;
		expect_equal(kernel_popf(1ul << bit) & free, 1ul << bit);
		expect_equal(kernel_popf(free & ~(1ul << bit)) & free, free & ~(1ul << bit));
	}
	expect_equal(kernel_popf(free) & free, free);
	expect_equal(kernel_popf(0) & free, 0);
}

/* ---------------- instructions that are refused */

/* Behind each is an INT3: it is reached if the instruction was executed. */
#define PRIVILEGED(I)														\
	I(cli, "cli") I(sti, "sti") I(hlt, "hlt") I(clts, "clts") I(lmsw, "lmsw %ax") I(invd, "invd") I(wbinvd, "wbinvd") I(invlpg, "invlpg (%rdi)")	\
	I(lgdt, "lgdt (%rdi)") I(lidt, "lidt (%rdi)") I(lldt, "lldt %ax") I(ltr, "mov $0x40, %eax; ltr %ax")					\
	I(rdmsr, "mov $0xc0000082, %ecx; rdmsr") I(wrmsr, "mov $0xc0000082, %ecx; xor %edx, %edx; wrmsr")					\
	I(xsetbv, "xor %ecx, %ecx; xor %edx, %edx; mov $3, %eax; xsetbv")									\
	I(in, "in $0x60, %al") I(in_dx, "mov $0x3f8, %edx; in %dx, %al") I(out, "out %al, $0xf4") I(out_dx, "mov $0xcf9, %edx; out %al, %dx")	\
	I(ins, "mov $0x60, %edx; insb") I(outs, "mov %rdi, %rsi; mov $0xf4, %edx; outsb") I(sysretq, "mov %rsp, %r11; lea 1f(%rip), %rcx; sysretq; 1:")	\
	I(sysretl, "sysretl")															\
	I(cr0_read, "mov %cr0, %rax") I(cr2_read, "mov %cr2, %rax") I(cr3_read, "mov %cr3, %rax") I(cr4_read, "mov %cr4, %rax")			\
	I(cr8_read, "mov %cr8, %rax") I(cr0_write, "mov %rax, %cr0") I(cr2_write, "mov %rax, %cr2") I(cr3_write, "mov %rax, %cr3")		\
	I(cr4_write, "mov %rax, %cr4") I(cr8_write, "mov %rax, %cr8")										\
	I(dr0_read, "mov %dr0, %rax") I(dr1_read, "mov %dr1, %rax") I(dr2_read, "mov %dr2, %rax") I(dr3_read, "mov %dr3, %rax")		\
	I(dr6_read, "mov %dr6, %rax") I(dr7_read, "mov %dr7, %rax") I(dr0_write, "mov %rax, %dr0") I(dr1_write, "mov %rax, %dr1")		\
	I(dr2_write, "mov %rax, %dr2") I(dr3_write, "mov %rax, %dr3") I(dr6_write, "mov %rax, %dr6") I(dr7_write, "mov %rax, %dr7")
#define REFUSED(I)														\
	I(swapgs, "swapgs") I(sysexitl, "sysexitl") I(sysexitq, "sysexitq") I(monitor, "mov %rdi, %rax; xor %ecx, %ecx; xor %edx, %edx; monitor")	\
	I(mwait, "xor %ecx, %ecx; mwait") I(stac, "stac") I(clac, "clac") I(invpcid, "invpcid (%rdi), %rax") I(rsm, "rsm")			\
	I(xsaves, "xor %edx, %edx; mov $1, %eax; xsaves (%rdi)") I(xrstors, "xor %edx, %edx; mov $1, %eax; xrstors (%rdi)")			\
	I(vmcall, "vmcall") I(vmmcall, "vmmcall") I(vmxoff, "vmxoff") I(vmrun, "vmrun") I(clgi, "clgi") I(skinit, "skinit") I(invlpga, "invlpga")

#define CODE(name, text) USER_CODE(i_##name, text "; int3");
PRIVILEGED(CODE)
REFUSED(CODE)

static const struct instruction {
	const char *name, *code;
} privileged[] = {
#define ROW(name, text) { #name, i_##name },
	PRIVILEGED(ROW)
}, refused_too[] = {
	REFUSED(ROW)
};

static void refuse_instructions(const struct instruction *list, unsigned count, bool ud_too)
{
	for (unsigned i = 0; i < count; i++) {
		for (unsigned user = 0; user < 2; user++) {
			int vector = user ? user_try(list[i].code) : kernel_run(list[i].code);

			expect(vector == 13 || (ud_too && vector == 6), "%s in %s mode: vector %d", list[i].name, user ? "user" : "kernel", vector);
		}
	}
	/* None had an effect that shows: calls, events, the clock and what is mapped are as before. */
	accepted(rb_info_version(&result));
	expect(try("ud2") == 6 && user_try(i_cli) == 13 && (seen.regs.flags & (IF | IOPL)) == IF, "events");
	expect(guest_time() && guest_start->magic == RB_ABI_MAGIC, "time, memory");
}

TEST("start.privileged", "In kernel and in user mode each of these is a general-protection exception and has no effect: `cli`, `sti`, `hlt`, `clts`, `lmsw`, `invd`, `wbinvd`, `invlpg`, `lgdt`, `lidt`, `lldt`, `ltr`, `rdmsr`, `wrmsr`, `xsetbv`, `in`, `out`, `ins`, `outs`, `sysret`, and `mov` from or to `cr0`, `cr2`, `cr3`, `cr4`, `cr8`, `dr0` to `dr3`, `dr6` and `dr7`.")
{
	refuse_instructions(privileged, sizeof(privileged) / sizeof(privileged[0]), false);
}

TEST("start.refused", "In kernel and in user mode each of these is a general-protection or an invalid-opcode exception and has no effect: `swapgs`, `sysexit`, `monitor`, `mwait`, `stac`, `clac`, `invpcid`, `rsm`, `xsaves`, `xrstors`, `vmcall`, `vmmcall`, `vmxoff`, `vmrun`, `clgi`, `skinit`, `invlpga`.")
{
	refuse_instructions(refused_too, sizeof(refused_too) / sizeof(refused_too[0]), true);
}

TEST("start.interrupts", "`int` with the numbers 3, 4 and 0x80 is an event of that vector, in kernel and in user mode; with every other number it is a general-protection exception.")
{
	uint64_t page = page_with(0);
	uint8_t *code = guest_pointer(page);

	/* int n; ud2 */
	guest_map(guest_start->user_root, USER_VA, page, GUEST_USER);
	guest_map(guest_start->kernel_root, KERNEL_VA, page, 0);
	for (unsigned n = 0; n < 256; n++) {
		int wanted = n == 3 || n == 4 || n == 128 ? (int)n : 13, vector;

		memcpy(code, (const uint8_t[]){ 0xcd, (uint8_t)n, 0x0f, 0x0b }, 4);
		vector = kernel_run((const char *)KERNEL_VA);
		expect(vector == wanted && (test_regs.ip & 0xfff) == (wanted == 13 ? 0 : 2), "int %u in kernel mode: vector %d at %lx", n, vector, test_regs.ip);
		guest_user_regs(&test_regs, USER_VA, USER_STACK);
		vector = user_resume();
		expect(vector == wanted && (test_regs.ip & 0xfff) == (wanted == 13 ? 0 : 2), "int %u in user mode: vector %d at %lx", n, vector, test_regs.ip);
	}
	guest_unmap(guest_start->user_root, USER_VA);
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
}

#define RING0(I)													\
	I(lret_80, "pushq $0x80; lea 1f(%rip), %rax; push %rax; lretq; 1:") I(lret_83, "pushq $0x83; lea 1f(%rip), %rax; push %rax; lretq; 1:")	\
	I(iret_80, "mov %rsp, %rax; pushq $0x88; push %rax; pushq $0x202; pushq $0x80; lea 1f(%rip), %rax; push %rax; iretq; 1:")	\
	I(iret_83, "mov %rsp, %rax; pushq $0x88; push %rax; pushq $0x202; pushq $0x83; lea 1f(%rip), %rax; push %rax; iretq; 1:")	\
	I(iret_8, "mov %rsp, %rax; pushq $0; push %rax; pushq $0x202; pushq $8; lea 1f(%rip), %rax; push %rax; iretq; 1:")
RING0(CODE)

TEST("start.ring0", "`lretq` and `iretq` to a code selector of ring 0 are general-protection exceptions.")
{
	static const struct instruction list[] = { RING0(ROW) };

	refuse_instructions(list, sizeof(list) / sizeof(list[0]), false);
}

/* ---------------- instructions that work */

USER_CODE(u_bases, "mov $0x123456789000, %rax; wrfsbase %rax; rdfsbase %rbx; mov $0x987654321, %rax; wrgsbase %rax; rdgsbase %rcx; mov %rcx, %rdx; syscall");

TEST("start.bases_by_instruction", "`rdfsbase`, `wrfsbase`, `rdgsbase` and `wrgsbase` work in kernel and in user mode.")
{
	uint64_t fs, gs;

	__asm__ volatile("wrfsbase %2; wrgsbase %3; rdfsbase %0; rdgsbase %1" : "=&r"(fs), "=&r"(gs) : "r"(0x123456789000ul), "r"(KERNEL_VA));
	expect(fs == 0x123456789000 && gs == KERNEL_VA, "kernel mode: %lx %lx", fs, gs);
	__asm__ volatile("wrfsbase %0; wrgsbase %0" : : "r"(0ul));
	expect(user_calls(u_bases, 0) && test_regs.rbx == 0x123456789000 && test_regs.rdx == 0x987654321, "user mode: %lx %lx", test_regs.rbx, test_regs.rdx);
}

USER_CODE(u_tables, "sgdt (%rdi); sidt 16(%rdi); sldt 32(%rdi); str 34(%rdi); smsw 36(%rdi); movl $1, 40(%rdi); syscall");
USER_CODE(k_tables, "sgdt (%rdi); sidt 16(%rdi); sldt 32(%rdi); str 34(%rdi); smsw 36(%rdi); movl $1, 40(%rdi); int3");

TEST("start.store_tables", "`sgdt`, `sidt`, `sldt`, `str` and `smsw` work in kernel and in user mode.")
{
	memset(user_data, 0xee, 64);
	expect(kernel_run(k_tables) == 3, "kernel mode: vector %u", guest_vector(&test_regs));
	expect((uint32_t)user_data[5] == 1 && user_data[0] != 0xeeeeeeeeeeeeeeee && user_data[2] != 0xeeeeeeeeeeeeeeee && (user_data[4] >> 32 & 1), "kernel mode: %lx", user_data[4]);
	memset(user_data, 0xee, 64);
	expect(user_calls(u_tables, USER_DATA), "user mode: vector %u", guest_vector(&test_regs));
	expect((uint32_t)user_data[5] == 1 && user_data[0] != 0xeeeeeeeeeeeeeeee && user_data[2] != 0xeeeeeeeeeeeeeeee && (user_data[4] >> 32 & 1), "user mode: %lx", user_data[4]);
}

USER_CODE(u_time, "rdtsc; shl $32, %rdx; or %rdx, %rax; mov %rax, %rbx; rdtscp; shl $32, %rdx; or %rdx, %rax; mov %rax, %rbp; syscall");

TEST("start.time_stamp", "`rdtsc` and `rdtscp` work in kernel and in user mode.")
{
	uint64_t low, high, first, second;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	first = high << 32 | low;
	__asm__ volatile("rdtscp" : "=a"(low), "=d"(high) : : "rcx");
	second = high << 32 | low;
	expect(first && second >= first, "kernel mode: %lx, then %lx", first, second);
	expect(user_calls(u_time, 0) && test_regs.rbx >= second && test_regs.rbp >= test_regs.rbx, "user mode: %lx, then %lx, after %lx", test_regs.rbx, test_regs.rbp, second);
}
