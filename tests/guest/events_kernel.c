/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Exceptions of the guest kernel itself.
 *
 * Provokes: in ring 1, each exception that a program can cause there, with events enabled and disabled, with every register and flag holding
 * something to recognise, at eight alignments of the stack.
 * Must: write one frame as the interface says (what, where, which flags), keep all registers, clear events_enabled, load the kernel's GS base, enter
 * with clean flags (I-12, I-18).
 */
#include "test.h"

#define UNMAPPED	0xffffc90000000000ul
#define READ_ONLY	0xffffc90000200000ul
#define NON_CANONICAL	0x8000000000000000ul
#define KERNEL_GS	0xffffc90000400000ul
#define OTHER_GS	0x0000123456789000ul

USER_CODE(user_code, "ud2");

/* What the entry found. */
static struct {
	uint64_t frame, flags, gs;
	bool enabled;
} seen;

void guest_event(struct guest_regs *regs)
{
	seen.frame = (uint64_t)&regs->error_code;
	seen.enabled = guest_vcpu->events_enabled;
	__asm__ volatile("pushfq; pop %0; rdgsbase %1" : "=r"(seen.flags), "=r"(seen.gs));
	guest_caught(regs);
}

/* All registers planted but RDI, which is the argument, and RAX, which is 0xa0; flags too; then the instruction. */
#define PLANT									\
	"mov $0x1111, %%ebx; mov $0x2222, %%ecx; mov $0x3333, %%edx; mov $0x4444, %%esi; mov $0x8888, %%r8d; mov $0x9999, %%r9d\n\t"	\
	"mov $0x10101010, %%r10d; mov $0x11111111, %%r11d; mov $0x12121212, %%r12d; mov $0x13131313, %%r13d; mov $0x14141414, %%r14d\n\t" \
	"mov $0x15151515, %%r15d; mov $0x5555, %%ebp; mov $0xa0, %%eax\n\t"
#define PLAIN(text)	SNIPPET(PLANT text)

struct kind {
	const char *name;
	void (*body)(void *);
	void *argument;
	unsigned vector, type, length;
	uint64_t error, data;
	enum { SAME, ERROR, PROTECTION, MISSING } tcg;	/* how TCG differs: the error code of INT, #GP for #SS, no SSE exceptions */
};

static uint64_t frame_end_wanted(const struct guest_regs *regs)
{
	return (regs->sp - 64) & ~63ul;
}

static void try_kind(const struct kind *kind, bool enabled)
{
	struct guest_regs *regs = &test_regs;
	int vector;

	if (enabled)
		guest_events_on();
	__asm__ volatile("wrgsbase %0" : : "r"(OTHER_GS));
	vector = test_try(kind->body, kind->argument);
	guest_events_off();

	if (kind->tcg == PROTECTION && is_tcg() && vector == 13)
		vector = (int)kind->vector;
	check(vector == (int)kind->vector && guest_type(regs) == kind->type && regs->ss >> 60 == kind->length && !(regs->ss >> 57 & 1),
	      "%s, events %s: vector %d type %u length %lu", kind->name, enabled ? "on" : "off", vector, guest_type(regs), regs->ss >> 60);
	if (!(kind->tcg == ERROR && is_tcg()))
		check_quietly(regs->error_code == kind->error, "%s: error %lx", kind->name, regs->error_code);
	check_quietly(regs->data == kind->data, "%s: data %lx", kind->name, regs->data);
	check_quietly(regs->cs == RB_KERNEL_CS && (regs->ss & 0xffff) == RB_KERNEL_SS, "%s: cs %lx ss %lx", kind->name, regs->cs, regs->ss);
	check_quietly((regs->ss & 0x0df0ff00ffff0000ul & ~(0xful << 48)) == 0, "%s: other bits of ss %lx", kind->name, regs->ss);
	check_quietly(!(regs->flags & 0x200) == !enabled, "%s: flags %lx", kind->name, regs->flags);
	check_quietly(seen.frame + 64 == frame_end_wanted(regs), "%s: frame at %lx for sp %lx", kind->name, seen.frame, regs->sp);
	check_quietly(!seen.enabled, "%s: events_enabled still set", kind->name);
	check_quietly((seen.flags & ~0x8d5ul) == 0x202, "%s: entered with flags %lx", kind->name, seen.flags);
	check_quietly(seen.gs == KERNEL_GS && regs->gs_base == OTHER_GS, "%s: GS %lx, interrupted %lx", kind->name, seen.gs, regs->gs_base);
	check_quietly(regs->rbx == 0x1111 && regs->rcx == 0x2222 && regs->rdx == 0x3333 && regs->rsi == 0x4444 && regs->r8 == 0x8888 &&
		      regs->r9 == 0x9999 && regs->r10 == 0x10101010 && regs->r11 == 0x11111111 && regs->r12 == 0x12121212 &&
		      regs->r13 == 0x13131313 && regs->r14 == 0x14141414 && regs->r15 == 0x15151515 &&
		      regs->rdi == (uint64_t)kind->argument, "%s: a register is lost", kind->name);
}

/* Instruction pointers: the faulting instruction for faults, the next one for traps. */
static void try_ip(void)
{
	uint64_t at;

	try("lea 1f(%%rip), %%rax; 1: ud2");
	at = test_regs.rax;
	check(test_regs.ip == at, "ud2: ip is the instruction");
	try("lea 1f(%%rip), %%rax; 1: int3");
	check(test_regs.ip == test_regs.rax + 1, "int3: ip is after it");
	try("lea 1f(%%rip), %%rax; 1: int $0x80");
	check(test_regs.ip == test_regs.rax + 2, "int 0x80: ip is after it");
	try("mov $0xffffc90000000000, %%rbx; lea 1f(%%rip), %%rax; 1: mov (%%rbx), %%rbx");
	check(test_regs.ip == test_regs.rax, "page fault: ip is the instruction");
	try("mov $0xffffc90000000123, %%rbx; jmp *%%rbx");
	check(test_regs.ip == 0xffffc90000000123 && test_regs.data == test_regs.ip && guest_vector(&test_regs) == 14, "jump to nowhere: ip is there");
}

static void try_alignments(void)
{
	bool good = true;

	for (uint64_t less = 0; less < 72; less++) {
		try_with("sub %%rdi, %%rsp; mov %%rsp, %%rax; ud2", less);
		good &= test_regs.rax == test_regs.sp && seen.frame + 64 == frame_end_wanted(&test_regs);
	}
	check(good, "stacks of all alignments");
}

int main(struct rb_start_info *start)
{
	struct kind kinds[] = {
		{ "divide error", PLAIN("xor %%ebp, %%ebp; div %%ebp"), NULL, 0, 3, 0, 0, 0, SAME },
		{ "int3", PLAIN("int3"), NULL, 3, 6, 1, 0, 0, SAME },
		{ "ud2", PLAIN("ud2"), NULL, 6, 3, 0, 0, 0, SAME },
		{ "int 0x80", PLAIN("int $0x80"), NULL, 128, 4, 2, 0, 0, SAME },
		{ "int 0x21", PLAIN("int $0x21"), NULL, 13, 3, 0, 0x21 * 8 + 2, 0, ERROR },
		{ "int 8", PLAIN("int $8"), NULL, 13, 3, 0, 8 * 8 + 2, 0, ERROR },
		{ "non-canonical data", PLAIN("mov (%%rdi), %%rax"), (void *)NON_CANONICAL, 13, 3, 0, 0, 0, SAME },
		{ "non-canonical stack", PLAIN("mov %%rdi, %%rbp; mov (%%rbp), %%rax"), (void *)NON_CANONICAL, 12, 3, 0, 0, 0, PROTECTION },
		{ "selector of an empty slot", PLAIN("mov $0x63, %%eax; mov %%eax, %%ds"), NULL, 13, 3, 0, 0x60, 0, SAME },
		{ "the hypervisor's selector", PLAIN("mov $0x89, %%eax; mov %%eax, %%ds"), NULL, 13, 3, 0, 0x88, 0, SAME },
		{ "read of nothing", PLAIN("mov 8(%%rdi), %%rax"), (void *)UNMAPPED, 14, 3, 0, 0, UNMAPPED + 8, SAME },
		{ "write of nothing", PLAIN("mov %%rax, 16(%%rdi)"), (void *)UNMAPPED, 14, 3, 0, 2, UNMAPPED + 16, SAME },
		{ "fetch of nothing", PLAIN("jmp *%%rdi"), (void *)UNMAPPED, 14, 3, 0, 0x10, UNMAPPED, SAME },
		{ "write of a read-only page", PLAIN("mov %%rax, (%%rdi)"), (void *)READ_ONLY, 14, 3, 0, 3, READ_ONLY, SAME },
		{ "fetch of a user page", PLAIN("jmp *%%rdi"), (void *)USER_TEXT, 14, 3, 0, 0x11, USER_TEXT, SAME },
		{ "fetch of a no-execute page", PLAIN("jmp *%%rdi"), (void *)USER_DATA, 14, 3, 0, 0x11, USER_DATA, SAME },
		{ "x87 error", PLAIN("fninit; pushq $0x340; fldcw (%%rsp); fldz; fld1; fdiv %%st(1), %%st; fwait"), NULL, 16, 3, 0, 0, 0, SAME },
		{ "SSE error", PLAIN("pushq $0x1d80; ldmxcsr (%%rsp); pushq $0; cvtsi2sd %%rax, %%xmm0; xorpd %%xmm1, %%xmm1; divsd %%xmm1, %%xmm0"),
		  NULL, 19, 3, 0, 0, 0, MISSING },
	};

	user_setup();
	guest_map(start->kernel_root, READ_ONLY, guest_page(), GUEST_NX);
	guest_must(rb_vcpu_set_xcr0(3));
	guest_set_gs(KERNEL_GS);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].tcg == MISSING && is_tcg())
			continue;
		try_kind(&kinds[i], false);
		try_kind(&kinds[i], true);
	}
	try_ip();
	try_alignments();

	check(try_with("mov (%%rdi), %%rax", USER_DATA) == -1, "user data can be read");
	check(try_with("mov %%rax, (%%rdi)", USER_DATA) == -1, "and written");
	if (!is_tcg())
		check(try(".byte 0xf1") == 1 && guest_type(&test_regs) == RB_EVENT_TYPE_PRIV_EXCEPTION && !test_regs.data, "icebp: type %u",
		      guest_type(&test_regs));
	return test_end();
}
