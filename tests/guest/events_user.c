/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Events from user mode.
 *
 * Provokes: in ring 3, 64-bit and 32-bit, the system call and each exception a program can cause, with every register holding something to recognise, with
 * the kernel's stack pointer at odd addresses.
 * Must: write one frame on the kernel's stack as the interface says, keep all registers (but RCX and R11 of SYSCALL), and be on: nothing of it
 * enters the hypervisor (I-12, I-18).
 */
#include "test.h"

#define KERNEL_GS	0xffffc90000400000ul
#define USER_GS		0x0000123456789000ul
#define SUPERVISOR	0xffffffff80200000ul
#define NON_CANONICAL	0x8000000000000000ul

/* What the entry found. */
static struct {
	uint64_t frame, flags, gs;
	bool enabled;
} seen;

/* rdi: the argument. All others planted by the kernel. */
#define CODE(name, text) USER_CODE(name, #name "_at: " text)
CODE(u_syscall, "syscall");
CODE(u_divide, "xor %ebp, %ebp; div %ebp");
CODE(u_int3, "int3");
CODE(u_ud2, "ud2");
CODE(u_int80, "int $0x80");
CODE(u_int21, "int $0x21");
CODE(u_load, "mov (%rdi), %rax");
CODE(u_store, "mov %rax, (%rdi)");
CODE(u_jump, "jmp *%rdi");
CODE(u_stack, "mov %rdi, %rbp; mov (%rbp), %rax");
CODE(u_selector, "mov %edi, %ds");
CODE(u_cli, "cli");
CODE(u_x87, "fninit; mov $0x340, %eax; mov %eax, 0x600000; fldcw 0x600000; fldz; fld1; fdiv %st(1), %st; fwait");
CODE(u_align, "pushq $0x40202; popfq; mov 0x600001, %eax");
CODE(u_syscall_flags, "std; stc; syscall");

/* The vCPU page, mapped for it: events_enabled is set when the event comes. */
CODE(u_enable_syscall, "movb $1, 0x700000; syscall");
CODE(u_enable_ud2, "movb $1, 0x700000; ud2");
CODE(u_enable_fault, "movb $1, 0x700000; mov 0x10000000, %eax");

/* 32-bit. */
CODE(c_int80, ".code32; int $0x80; .code64");
CODE(c_int3, ".code32; int3; .code64");
CODE(c_into, ".code32; mov $0x7fffffff, %eax; inc %eax; into; .code64");
CODE(c_bound, ".code32; mov $0x2b, %edx; mov %edx, %ds; movl $1, 0x600000; movl $2, 0x600004; xor %eax, %eax; bound %eax, 0x600000; .code64");
CODE(c_ud2, ".code32; ud2; .code64");
CODE(c_syscall, ".code32; mov $7, %eax; syscall; int3; .code64");
CODE(c_sysenter, ".code32; sysenter; .code64");

struct kind {
	const char *name;
	const char *code;
	uint64_t argument;
	unsigned vector, type, length;
	uint64_t error, data;
	bool is_32bit;
	enum { SAME, ERROR, PROTECTION, MISSING } tcg;	/* how TCG differs: the error code of INT, #GP for #SS, does not happen */
};

static const struct kind kinds[] = {
	{ "divide error", u_divide, 0, 0, 3, 0, 0, 0, false, SAME },
	{ "int3", u_int3, 0, 3, 6, 1, 0, 0, false, SAME },
	{ "ud2", u_ud2, 0, 6, 3, 0, 0, 0, false, SAME },
	{ "int 0x80", u_int80, 0, 128, 4, 2, 0, 0, false, SAME },
	{ "int 0x21", u_int21, 0, 13, 3, 0, 0x21 * 8 + 2, 0, false, ERROR },
	{ "cli", u_cli, 0, 13, 3, 0, 0, 0, false, SAME },
	{ "non-canonical data", u_load, NON_CANONICAL, 13, 3, 0, 0, 0, false, SAME },
	{ "non-canonical stack", u_stack, NON_CANONICAL, 12, 3, 0, 0, 0, false, PROTECTION },
	{ "the kernel's selector", u_selector, 0x19, 13, 3, 0, 0x18, 0, false, SAME },
	{ "read of nothing", u_load, 0x10000008, 14, 3, 0, 4, 0x10000008, false, SAME },
	{ "write of nothing", u_store, 0x10000010, 14, 3, 0, 6, 0x10000010, false, SAME },
	{ "fetch of nothing", u_jump, 0x10000000, 14, 3, 0, 0x14, 0x10000000, false, SAME },
	{ "read of the kernel", u_load, SUPERVISOR, 14, 3, 0, 5, SUPERVISOR, false, SAME },
	{ "write of the kernel", u_store, SUPERVISOR, 14, 3, 0, 7, SUPERVISOR, false, SAME },
	{ "fetch of the kernel", u_jump, SUPERVISOR, 14, 3, 0, 0x15, SUPERVISOR, false, SAME },
	{ "write of its text", u_store, USER_TEXT, 14, 3, 0, 7, USER_TEXT, false, SAME },
	{ "fetch of its data", u_jump, USER_DATA, 14, 3, 0, 0x15, USER_DATA, false, SAME },
	{ "read of the gate", u_load, RB_GATE_START, 14, 3, 0, 5, RB_GATE_START, false, SAME },
	{ "fetch of the gate", u_jump, RB_GATE_START, 14, 3, 0, 0x15, RB_GATE_START, false, SAME },
	{ "x87 error", u_x87, 0, 16, 3, 0, 0, 0, false, SAME },
	{ "misaligned, AC set", u_align, 0, 17, 3, 0, 0, 0, false, MISSING },
	{ "32-bit int 0x80", c_int80, 0, 128, 4, 2, 0, 0, true, SAME },
	{ "32-bit int3", c_int3, 0, 3, 6, 1, 0, 0, true, SAME },
	{ "32-bit into", c_into, 0, 4, 6, 1, 0, 0, true, SAME },
	{ "32-bit bound", c_bound, 0, 5, 3, 0, 0, 0, true, SAME },
	{ "32-bit ud2", c_ud2, 0, 6, 3, 0, 0, 0, true, SAME },
};

/* As the library's, but first a look at how the entry left things. */
void guest_event(struct guest_regs *regs)
{
	seen.frame = (uint64_t)&regs->error_code;
	seen.enabled = guest_vcpu->events_enabled;
	__asm__ volatile("pushfq; pop %0; rdgsbase %1" : "=r"(seen.flags), "=r"(seen.gs));
	guest_event_default(regs);
}

static void plant(struct guest_regs *regs, uint64_t ip)
{
	guest_user_regs(regs, ip, USER_STACK - 24);
	regs->rbx = 0x1111;
	regs->rcx = 0x2222;
	regs->rdx = 0;
	regs->rsi = 0x4444;
	regs->rax = 0xa0;
	regs->r8 = ~0x8888ul;
	regs->r9 = ~0x9999ul;
	regs->r10 = ~0x1010ul;
	regs->r11 = ~0x1111ul;
	regs->r12 = ~0x1212ul;
	regs->r13 = ~0x1313ul;
	regs->r14 = ~0x1414ul;
	regs->r15 = ~0x1515ul;
	regs->gs_base = USER_GS;
}

/* What a frame from user mode has, whatever the event. */
static void check_common(const char *name, const struct guest_regs *regs, bool is_32bit)
{
	uint64_t top = (uint64_t)guest_user_stack + GUEST_STACK_BYTES;

	check_quietly(regs->cs == (is_32bit ? RB_USER32_CS : RB_USER_CS) && (regs->ss & 0xffff) == RB_USER_SS, "%s: cs %lx ss %lx", name,
		      regs->cs, regs->ss);
	check_quietly(regs->flags & 0x200, "%s: flags %lx", name, regs->flags);
	check_quietly(seen.frame + 64 == top, "%s: frame at %lx", name, seen.frame);
	check_quietly(!seen.enabled, "%s: events_enabled still set", name);
	check_quietly((seen.flags & ~0x8d5ul) == 0x202, "%s: entered with flags %lx", name, seen.flags);
	check_quietly(seen.gs == KERNEL_GS && regs->gs_base == USER_GS, "%s: GS %lx, user's %lx", name, seen.gs, regs->gs_base);
	check_quietly(regs->rbx == 0x1111 && regs->rsi == 0x4444, "%s: rbx %lx rsi %lx", name, regs->rbx, regs->rsi);
	if (!is_32bit)
		check_quietly(regs->r8 == ~0x8888ul && regs->r9 == ~0x9999ul && regs->r10 == ~0x1010ul && regs->r12 == ~0x1212ul &&
			      regs->r13 == ~0x1313ul && regs->r14 == ~0x1414ul && regs->r15 == ~0x1515ul, "%s: a register is lost", name);
}

static void try_kind(const struct kind *kind)
{
	struct guest_regs *regs = &test_regs;
	unsigned vector;

	plant(regs, user_address(kind->code));
	regs->rdi = kind->argument;
	if (kind->is_32bit)
		regs->cs = RB_USER32_CS;
	vector = (unsigned)user_resume();
	if (kind->tcg == PROTECTION && is_tcg() && vector == 13)
		vector = kind->vector;
	check(vector == kind->vector && guest_type(regs) == kind->type && regs->ss >> 60 == kind->length && !(regs->ss >> 57 & 1),
	      "%s: vector %u type %u length %lu", kind->name, vector, guest_type(regs), regs->ss >> 60);
	if (!(kind->tcg == ERROR && is_tcg()))
		check_quietly(regs->error_code == kind->error, "%s: error %lx", kind->name, regs->error_code);
	check_quietly(regs->data == kind->data, "%s: data %lx", kind->name, regs->data);
	check_common(kind->name, regs, kind->is_32bit);
	if (!kind->is_32bit)
		check_quietly(regs->rcx == 0x2222 && regs->r11 == ~0x1111ul, "%s: rcx %lx r11 %lx", kind->name, regs->rcx, regs->r11);
}

static void try_syscall(void)
{
	struct guest_regs *regs = &test_regs;

	plant(regs, user_address(u_syscall));
	regs->rdi = 0x7777;
	check(user_resume() == 1 && guest_is_syscall(regs), "system call: type %u", guest_type(regs));
	check_common("system call", regs, false);
	check(regs->ss >> 57 == (2 << 3 | 1), "system call: length 2, long mode: ss %lx", regs->ss);
	check(regs->ip == user_address(u_syscall) + 2 && regs->sp == USER_STACK - 24 && regs->rax == 0xa0 && regs->rdi == 0x7777,
	      "system call: ip %lx sp %lx rax %lx rdi %lx", regs->ip, regs->sp, regs->rax, regs->rdi);
	check(!regs->error_code && !regs->data, "system call: no error code, no data");

	plant(regs, user_address(u_syscall_flags));
	user_resume();
	check((regs->flags & 0x601) == 0x601, "system call: DF and CF are shown: %lx", regs->flags);
	check_common("system call with DF", regs, false);
}

/* 32-bit callers of SYSCALL and SYSENTER: what becomes of it depends on the processor, but it is no system call. */
static void try_compat_syscall(void)
{
	struct guest_regs *regs = &test_regs;
	int vector;

	plant(regs, user_address(c_syscall));
	regs->cs = RB_USER32_CS;
	vector = user_resume();
	check((vector == 3 && (uint32_t)regs->rax == (uint32_t)-38) || vector == 6, "32-bit syscall: vector %d eax %x", vector, (uint32_t)regs->rax);
	check_common("32-bit syscall", regs, true);
	plant(regs, user_address(c_sysenter));
	regs->cs = RB_USER32_CS;
	vector = user_resume();
	check(vector == 13 || vector == 6, "32-bit sysenter: vector %d", vector);
	check_common("32-bit sysenter", regs, true);
}

/* Delivery clears events_enabled whatever it was: the handler runs without others between (I-18). */
static void try_enabled(void)
{
	static const char *const codes[] = { u_enable_syscall, u_enable_ud2, u_enable_fault };

	guest_map(guest_start->user_root, 0x700000, guest_start->vcpu_page, GUEST_USER | GUEST_WRITE | GUEST_NX);
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		seen.enabled = true;
		user_run(codes[i]);
		check(guest_is_user(&test_regs) && guest_vector(&test_regs) == (i == 0 ? 1 : i == 1 ? 6 : 14) && !seen.enabled, "events_enabled set in ring 3: cleared");
	}
	guest_unmap(guest_start->user_root, 0x700000);
}

/* None of it may cost an entry into the hypervisor. */
static void try_entries(void)
{
	uint64_t before = counter(RB_COUNTER_EXCEPTIONS), calls = counter(RB_COUNTER_HYPERCALLS);

	for (int i = 0; i < 100; i++) {
		user_run(u_syscall);
		user_run(u_ud2);
		guest_user_regs(&test_regs, user_address(u_load), USER_STACK);
		test_regs.rdi = 0x10000000;
		user_resume();
	}
	check(counter(RB_COUNTER_EXCEPTIONS) == before && counter(RB_COUNTER_HYPERCALLS) == calls + 2, "no hypervisor entry in 300 events");
}

int main(struct rb_start_info *start)
{
	user_setup();
	guest_must(rb_vcpu_set_xcr0(3));
	guest_set_gs(KERNEL_GS);
	try_syscall();
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].tcg != MISSING || !is_tcg())
			try_kind(&kinds[i]);
	try_compat_syscall();
	try_enabled();
	try_entries();
	return test_end();
}
