/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Privileged instructions.
 *
 * Provokes: from ring 1 and from ring 3, every instruction that is not theirs, with operands that would matter (other page tables, paging off, the
 * gate's registers, ports), the far transfers to ring 0's selectors, and INT with all 256 numbers.
 * Must: be #GP or #UD, and leave flags, selectors and the hypervisor as they were. INT reaches 3, 4 and 0x80 only (I-12, I-13).
 */
#include "test.h"

/* The code is in the user pages; ring 1 runs it at its kernel address. RAX is zero, RDI the data page, the stack good. */
#define I(name, text) USER_CODE(i_##name, text)
I(cli, "cli; ud2"); I(sti, "sti; ud2"); I(hlt, "hlt; ud2"); I(clts, "clts; ud2"); I(invd, "invd; ud2"); I(wbinvd, "wbinvd; ud2"); I(swapgs, "swapgs; ud2");
I(cr0_read, "mov %cr0, %rax; ud2"); I(cr2_read, "mov %cr2, %rax; ud2"); I(cr3_read, "mov %cr3, %rax; ud2"); I(cr4_read, "mov %cr4, %rax; ud2"); I(cr8_read, "mov %cr8, %rax; ud2");
I(cr0_write, "mov %rax, %cr0; ud2"); I(cr2_write, "mov %rax, %cr2; ud2"); I(cr3_write, "mov %rax, %cr3; ud2"); I(cr4_write, "mov %rax, %cr4; ud2"); I(cr8_write, "mov %rax, %cr8; ud2");
I(dr7_read, "mov %dr7, %rax; ud2"); I(dr0_write, "mov %rax, %dr0; ud2"); I(dr7_write, "mov %rax, %dr7; ud2"); I(dr6_read, "mov %dr6, %rax; ud2");
I(lmsw, "lmsw %ax; ud2"); I(lgdt, "lgdt (%rdi); ud2"); I(lidt, "lidt (%rdi); ud2"); I(lldt, "lldt %ax; ud2"); I(ltr, "mov $0x40, %eax; ltr %ax; ud2");
I(rdmsr, "mov $0xc0000082, %ecx; rdmsr; ud2"); I(wrmsr, "mov $0xc0000082, %ecx; xor %edx, %edx; wrmsr; ud2"); I(wrmsr_efer, "mov $0xc0000080, %ecx; xor %edx, %edx; wrmsr; ud2");
I(invlpg, "invlpg (%rdi); ud2"); I(xsetbv, "xor %ecx, %ecx; xor %edx, %edx; mov $3, %eax; xsetbv; ud2");
I(in, "in $0x60, %al; ud2"); I(out, "out %al, $0xf4; ud2"); I(in_dx, "mov $0x3f8, %edx; in %dx, %al; ud2"); I(out_dx, "mov $0xcf9, %edx; mov $6, %al; out %al, %dx; ud2");
I(ins, "mov $0x60, %edx; insb; ud2"); I(outs, "mov %rdi, %rsi; mov $0xf4, %edx; outsl; ud2"); I(out32, "mov $0xcf8, %edx; out %eax, %dx; ud2");
I(sysret, "mov %rsp, %r11; lea 1f(%rip), %rcx; sysretq; 1: ud2"); I(sysretl, "sysretl; ud2"); I(sysexit, "sysexitl; ud2");
I(lret0, "pushq $0x80; lea 1f(%rip), %rax; push %rax; lretq; 1: ud2"); I(lret0b, "pushq $0x83; lea 1f(%rip), %rax; push %rax; lretq; 1: ud2");
I(iret0, "mov %rsp, %rax; pushq $0x88; push %rax; pushfq; pushq $0x80; lea 1f(%rip), %rax; push %rax; iretq; 1: ud2");
I(iret0b, "mov %rsp, %rax; pushq $0; push %rax; pushfq; pushq $8; lea 1f(%rip), %rax; push %rax; iretq; 1: ud2");
I(lcall_tss, "sub $16, %rsp; movl $0, (%rsp); movw $0x40, 4(%rsp); lcall *(%rsp); ud2"); I(ljmp_hv, "sub $16, %rsp; movl $0, (%rsp); movw $0x80, 4(%rsp); ljmp *(%rsp); ud2");
I(mov_ss, "mov $0x88, %eax; mov %eax, %ss; ud2"); I(mov_ds, "mov $0x88, %eax; mov %eax, %ds; ud2"); I(mov_fs, "mov $0x40, %eax; mov %eax, %fs; ud2"); I(mov_beyond, "mov $0x93, %eax; mov %eax, %es; ud2");
I(mov_ldt, "mov $0x2f, %eax; mov %eax, %ds; ud2"); I(mov_idle, "mov $0x13, %eax; mov %eax, %ds; ud2");
I(monitor, "mov %rdi, %rax; xor %ecx, %ecx; xor %edx, %edx; monitor; ud2"); I(mwait, "xor %eax, %eax; xor %ecx, %ecx; mwait; ud2");
I(vmcall, ".byte 0x0f, 0x01, 0xc1; ud2"); I(vmxoff, ".byte 0x0f, 0x01, 0xc4; ud2"); I(vmrun, ".byte 0x0f, 0x01, 0xd8; ud2"); I(vmmcall, ".byte 0x0f, 0x01, 0xd9; ud2");
I(clgi, ".byte 0x0f, 0x01, 0xdd; ud2"); I(skinit, ".byte 0x0f, 0x01, 0xde; ud2"); I(invlpga, ".byte 0x0f, 0x01, 0xdf; ud2");
I(stac, "stac; ud2"); I(clac, "clac; ud2"); I(invpcid, "xor %eax, %eax; invpcid (%rdi), %rax; ud2"); I(rsm, "rsm; ud2");
I(xsaves, "xor %edx, %edx; mov $1, %eax; xsaves (%rdi); ud2"); I(xrstors, "xor %edx, %edx; mov $1, %eax; xrstors (%rdi); ud2");

/* At the instruction after those of the setting up: so the ud2 behind is told from a #UD of the instruction itself. */
static const struct instruction {
	const char *name, *code, *end;
	bool ud_too;	/* #UD will do: the processor may not have it */
} instructions[] = {
#define GP(name) { #name, i_##name, i_##name##_end, false }
#define UD(name) { #name, i_##name, i_##name##_end, true }
	GP(cli), GP(sti), GP(hlt), GP(clts), GP(invd), GP(wbinvd), UD(swapgs), GP(cr0_read), GP(cr2_read), GP(cr3_read), GP(cr4_read), GP(cr8_read), GP(cr0_write),
	GP(cr2_write), GP(cr3_write), GP(cr4_write), GP(cr8_write), GP(dr7_read), GP(dr0_write), GP(dr7_write), GP(dr6_read), GP(lmsw), GP(lgdt), GP(lidt),
	GP(lldt), GP(ltr), GP(rdmsr), GP(wrmsr), GP(wrmsr_efer), GP(invlpg), GP(xsetbv), GP(in), GP(out), GP(in_dx), GP(out_dx), GP(ins), GP(outs),
	GP(out32), GP(sysret), GP(sysretl), UD(sysexit), GP(lret0), GP(lret0b), GP(iret0), GP(iret0b), GP(lcall_tss), GP(ljmp_hv), GP(mov_ss), GP(mov_ds),
	GP(mov_fs), GP(mov_beyond), GP(mov_ldt), GP(mov_idle), UD(monitor), UD(mwait), UD(vmcall), UD(vmxoff), UD(vmrun), UD(vmmcall), UD(clgi), UD(skinit),
	UD(invlpga), UD(stac), UD(clac), UD(invpcid), UD(rsm), UD(xsaves), UD(xrstors),
};

static void judge(const struct instruction *instruction, unsigned ring, int vector, uint64_t end)
{
	/* The ud2 at the end was reached: then it did something. */
	bool passed = vector == 6 && test_regs.ip == end - 2;
	bool good = !passed && (vector == 13 || (vector == 6 && instruction->ud_too));

	check_quietly(good, "%s in ring %u: vector %d error %lx at %lx, end %lx", instruction->name, ring, vector, test_regs.error_code, test_regs.ip, end);
	check_quietly((test_regs.flags & 0x3000) == 0, "%s in ring %u: flags %lx", instruction->name, ring, test_regs.flags);
}

static int kernel_run(const char *code)
{
	return try_with("xor %%eax, %%eax; mov %%rdi, %%rbx; mov $0x600000, %%edi; jmp *%%rbx", code);
}

static void try_instructions(void)
{
	unsigned count = sizeof(instructions) / sizeof(instructions[0]);

	for (unsigned i = 0; i < count; i++) {
		const struct instruction *instruction = &instructions[i];
		int vector;

		judge(instruction, 1, kernel_run(instruction->code), (uint64_t)instruction->end);
		guest_user_regs(&test_regs, user_address(instruction->code), USER_STACK);
		test_regs.rdi = USER_DATA;
		vector = user_resume();
		judge(instruction, 3, vector, user_address(instruction->end));
	}
	check(true, "%u instructions tried in both rings", count);
}

static void try_interrupts(void)
{
	uint64_t page = guest_page();
	uint8_t *code = guest_pointer(page);
	unsigned wrong = 0;

	/* int n; ud2. The direct map is not executable, so another address for the kernel too. */
	guest_map(guest_start->user_root, 0x10000000, page, GUEST_USER);
	guest_map(guest_start->kernel_root, 0xffffc90000000000, page, 0);
	for (unsigned n = 0; n < 256; n++) {
		static const uint8_t text[] = { 0xcd, 0, 0x0f, 0x0b };
		int wanted = n == 3 || n == 4 || n == 128 ? (int)n : 13, vector;

		memcpy(code, text, sizeof(text));
		code[1] = (uint8_t)n;
		vector = try_with("jmp *%%rdi", 0xffffc90000000000);
		if (vector != wanted || (test_regs.ip & 0xfff) != (wanted == 13 ? 0 : 2))
			wrong++, check(false, "int %u in ring 1: vector %d at %lx", n, vector, test_regs.ip);
		guest_user_regs(&test_regs, 0x10000000, USER_STACK);
		vector = user_resume();
		if (vector != wanted || (test_regs.ip & 0xfff) != (wanted == 13 ? 0 : 2))
			wrong++, check(false, "int %u in ring 3: vector %d at %lx", n, vector, test_regs.ip);
	}
	check(wrong == 0, "INT with all numbers in both rings");
}

int main(struct rb_start_info *start)
{
	uint64_t value;

	user_setup();
	try_instructions();
	try_interrupts();
	check(rb_info_version(&value) == RB_OK && value == RB_ABI_VERSION, "calls work");
	return test_end();
}
