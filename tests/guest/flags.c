/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * RFLAGS.
 *
 * Provokes: POPF and IRETQ in ring 1 and ring 3 with each bit, and all; then each way through the gate with NT, AC, DF, ID, RF and IOPL as far as they
 * can be set.
 * Must: keep IF one and IOPL, VM, VIF and VIP zero (I-12); show the flags in the frame; enter the guest kernel with none of them; restore them on
 * the way back; hypercalls must not mind any.
 */
#include "test.h"

#define IF	0x200ul
#define DF	0x400ul
#define IOPL	0x3000ul
#define NT	0x4000ul
#define RF	0x10000ul
#define VM	0x20000ul
#define AC	0x40000ul
#define VIF	0x80000ul
#define VIP	0x100000ul
#define ID	0x200000ul
#define FORBIDDEN (IOPL | VM | VIF | VIP)

/* EDI: flags to load. RBX: what PUSHF says then. DF, NT and AC off at the end, for those who follow. */
USER_CODE(u_popf, "push %rdi; popfq; pushfq; pop %rbx; pushq $0x202; popfq; syscall");
USER_CODE(u_syscall, "push %rdi; popfq; syscall; pushfq; pop %rbx; pushq $0x202; popfq; syscall");
USER_CODE(u_ud2, "push %rdi; popfq; ud2; pushfq; pop %rbx; pushq $0x202; popfq; syscall");
USER_CODE(u_int80, "push %rdi; popfq; int $0x80; pushfq; pop %rbx; pushq $0x202; popfq; syscall");
USER_CODE(u_read, "pushfq; pop %rbx; pushq $0x202; popfq; syscall");

static uint64_t entry_flags;

void guest_event(struct guest_regs *regs)
{
	__asm__ volatile("pushfq; pop %0" : "=r"(entry_flags));
	guest_event_default(regs);
}

static uint64_t user_popf(uint64_t flags)
{
	guest_user_regs(&test_regs, user_address(u_popf), USER_STACK);
	test_regs.rdi = flags;
	user_resume();
	return guest_is_syscall(&test_regs) ? test_regs.rbx : 0;
}

static uint64_t kernel_popf(uint64_t flags)
{
	uint64_t after;

	__asm__ volatile("push %1; popfq; pushfq; pop %0; pushq $0x202; popfq" : "=r"(after) : "r"(flags) : "memory", "cc");
	return after;
}

static void try_popf(void)
{
	bool kernel_good = true, user_good = true;

	for (unsigned bit = 0; bit < 22; bit++) {
		uint64_t flags = 1ul << bit, after;

		if (flags == 0x100)
			continue;	/* TF: see step.c */
		after = kernel_popf(flags);
		kernel_good &= (after & IF) && !(after & FORBIDDEN);
		after = user_popf(flags);
		user_good &= (after & IF) && !(after & FORBIDDEN);
	}
	check(kernel_good, "POPF in ring 1: IF, IOPL, VM, VIF, VIP stay");
	check(user_good, "POPF in ring 3: the same");
	check((kernel_popf(~0x100ul) & (IF | FORBIDDEN)) == IF && (kernel_popf(0) & (IF | FORBIDDEN)) == IF, "POPF of all and of none in ring 1");
	check((user_popf(~0x100ul) & (IF | FORBIDDEN)) == IF && (user_popf(0) & (IF | FORBIDDEN)) == IF, "and in ring 3");
}

/* IRETQ to user mode with flags from the kernel: guest_resume is one. */
static void try_iret(void)
{
	bool good = true;

	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t flags = 1ul << bit, wanted = flags & (0xcd5 | NT | AC | ID);

		if (flags == 0x100)
			continue;
		guest_user_regs(&test_regs, user_address(u_read), USER_STACK);
		test_regs.flags = flags;
		user_resume();
		if (!guest_is_syscall(&test_regs) || (test_regs.rbx & ~RF) != (wanted | IF | 2)) {
			good = false;
			note("bit %u: flags %lx", bit, test_regs.rbx);
		}
	}
	check(good, "IRETQ to ring 3 with each bit");
}

static void try_user(const char *name, const char *code, uint64_t flags)
{
	uint64_t shown, entered;

	guest_user_regs(&test_regs, user_address(code), USER_STACK);
	test_regs.rdi = flags | 0x202;
	user_resume();
	shown = test_regs.flags;
	entered = entry_flags;
	check(guest_is_user(&test_regs) && (shown & ~RF) == (flags | 0x202), "%s with %lx: the frame has %lx", name, flags, shown);
	check_quietly((entered & ~0x8d5ul) == 0x202, "%s with %lx: the kernel was entered with %lx", name, flags, entered);
	if (code == u_ud2)
		test_regs.ip += 2;
	user_resume();
	check_quietly(guest_is_syscall(&test_regs) && (test_regs.rbx & ~RF) == (flags | 0x202), "%s with %lx: restored as %lx", name, flags, test_regs.rbx);
}

static void try_kernel(uint64_t flags)
{
	uint64_t status, result, after, value;

	check(try_with("push %%rdi; popfq; ud2", flags | 0x202) == 6 && (test_regs.flags & ~RF) == (flags | 2), "ud2 in ring 1 with %lx: the frame has %lx", flags,
	      test_regs.flags);
	check_quietly((entry_flags & ~0x8d5ul) == 0x202, "with %lx: the handler was entered with %lx", flags, entry_flags);
	__asm__ volatile("push %4; popfq; syscall; pushfq; pop %%rcx; pushq $0x202; popfq"
			 : "=a"(status), "=d"(result), "=c"(after) : "a"(RB_HC_INFO_VERSION), "r"(flags | 0x202), "d"(0), "D"(0), "S"(0)
			 : "r8", "r9", "r10", "r11", "memory", "cc");
	(void)status;
	check_quietly((after & (IF | FORBIDDEN)) == IF, "a hypercall with %lx: flags %lx after it", flags, after);
	check_quietly(rb_info_version(&value) == RB_OK, "another call");
}

int main(struct rb_start_info *start)
{
	static const uint64_t kinds[] = { 0, NT, AC, DF, ID, NT | AC | DF | ID, 0x8d5, 0x8d5 | NT | AC | DF | ID };

	user_setup();
	try_popf();
	try_iret();
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		try_user("system call", u_syscall, kinds[i]);
		try_user("ud2", u_ud2, kinds[i]);
		try_user("int 0x80", u_int80, kinds[i]);
		try_kernel(kinds[i]);
	}
	return test_end();
}
