/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chapter on events and frames: what the entry points find, what the frame holds, masking, the restartable range, stacks to which no frame can be written.
 */
#include "pending.h"
#include "tables.h"

#define IF	0x200ul
#define TF	0x100ul
#define DF	0x400ul
#define IOPL	0x3000ul
#define NT	0x4000ul
#define AC	0x40000ul
#define ID	0x200000ul
#define ARITHMETIC 0x8d5ul

static const struct guest_regs *const regs = &test_regs;

/* ---------------- events of every kind, in both modes */

#define PLANT	"mov $0x1111, %ebx; mov $0x3333, %edx; mov $0x4444, %esi; mov $0x8888, %r8d; mov $0x9999, %r9d; mov $0x1010, %r10d; mov $0x1212, %r12d;"	\
		"mov $0x1313, %r13d; mov $0x1414, %r14d; mov $0x1515, %r15d; mov $0x5555, %ebp; mov $0xaaaa, %eax;"

/* RDI: the flags to set. The event is at NAME_at, and behind it, at NAME_next, an INT3. RCX and R11 are planted too. */
#define EVENT(name, text)												\
	extern const char name##_at[], name##_next[];									\
	USER_CODE(name, PLANT "mov $0x2222, %ecx; mov $0x1b1b, %r11d; push %rdi; popfq; " #name "_at: " text "; " #name "_next: int3")

EVENT(e_ud, "ud2");
EVENT(e_gp, "mov %r8d, %ds");		/* the selector 0x8888 */
EVENT(e_pf_read, "mov 0x10000000, %rax");
EVENT(e_pf_write, "mov %rax, 0x10000008");
EVENT(e_de, "div %r13b; div %r13b; div %r13b");
EVENT(e_int3, "int3");
EVENT(e_int80, "int $0x80");
USER_CODE(e_step, "push %rdi; popfq; nop; e_step_next: nop; pushq $2; popfq; ud2");
extern const char e_step_next[];
USER_CODE(u_syscall, PLANT "push %rdi; popfq; syscall; u_syscall_next: ud2");
extern const char u_syscall_next[];
USER_CODE(u_spin, PLANT "mov $0x2222, %ecx; mov $0x1b1b, %r11d; push %rdi; popfq; u_spin_at: jmp u_spin_at");
extern const char u_spin_at[];

static const struct kind {
	const char *name, *code, *at, *next;
	unsigned vector, type, length;
	uint64_t error_kernel, error_user, data;
	bool is_trap;
} kinds[] = {
	{ "invalid opcode", e_ud, e_ud_at, e_ud_next, 6, RB_EVENT_TYPE_EXCEPTION, 0, 0, 0, 0, false },
	{ "general protection", e_gp, e_gp_at, e_gp_next, 13, RB_EVENT_TYPE_EXCEPTION, 0, 0x8888, 0x8888, 0, false },
	{ "page fault, read", e_pf_read, e_pf_read_at, e_pf_read_next, 14, RB_EVENT_TYPE_EXCEPTION, 0, 0, 4, 0x10000000, false },
	{ "page fault, write", e_pf_write, e_pf_write_at, e_pf_write_next, 14, RB_EVENT_TYPE_EXCEPTION, 0, 2, 6, 0x10000008, false },
	{ "int3", e_int3, e_int3_at, e_int3_next, 3, RB_EVENT_TYPE_SOFT_EXCEPTION, 1, 0, 0, 0, true },
	{ "int 0x80", e_int80, e_int80_at, e_int80_next, 0x80, RB_EVENT_TYPE_SOFTINT, 2, 0, 0, 0, true },
};

/* Runs code of user pages in a mode, with RDI; the event is in test_regs and seen. */
static void run(const char *code, bool user, uint64_t rdi)
{
	memset(&test_regs, 0, sizeof(test_regs));
	if (user)
		user_calls(code, rdi);
	else
		test_try((void (*)(void *))code, (void *)rdi);
	guest_events_off();
}

static const char *mode(bool user)
{
	return user ? "user" : "kernel";
}

static uint64_t place(const char *label, bool user)
{
	return user ? user_address(label) : (uint64_t)label;
}

static void leave_user(struct guest_regs *now)
{
	if (guest_type(now) != RB_EVENT_TYPE_INTERRUPT) {
		guest_event_default(now);
		return;
	}
	/* As if it had been an exception: ends user_calls. */
	fired[guest_vector(now)]++;
	now->ss &= ~(0xful << RB_EVENT_FRAME_SS_TYPE_SHIFT);
	now->ss |= (uint64_t)RB_EVENT_TYPE_EXCEPTION << RB_EVENT_FRAME_SS_TYPE_SHIFT;
	guest_event_default(now);
}

/* A virtual vector, in user mode while it spins. RDI: flags. */
static void run_vector(uint64_t rdi)
{
	event_hook = leave_user;
	must(rb_timer_set(guest_time() + 100000));
	do {
		user_calls(u_spin, rdi);
		need(guest_vector(regs) == RB_VECTOR_TIMER, "vector %u", guest_vector(regs));
		must(rb_timer_set(guest_time() + 100000));
		/* If it came before the program was there: once more. */
	} while (regs->ip != user_address(u_spin_at));
	must(rb_timer_set(0));
	event_hook = NULL;
}

static bool planted_are_kept(bool is_syscall)
{
	return regs->rbx == 0x1111 && regs->rdx == 0x3333 && regs->rsi == 0x4444 && regs->r8 == 0x8888 && regs->r9 == 0x9999 && regs->r10 == 0x1010 && regs->r12 == 0x1212 &&
	       regs->r13 == 0x1313 && regs->r14 == 0x1414 && regs->r15 == 0x1515 && regs->rbp == 0x5555 && regs->rax == 0xaaaa && regs->rdi == 2 &&
	       (is_syscall || (regs->rcx == 0x2222 && regs->r11 == 0x1b1b));
}

TEST("event.registers", "At an entry point all general registers but `rsp` are as they were when the event came, with one exception: `rcx` and `r11` of a system call.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2; user++) {
			run(kinds[i].code, user, 2);
			expect(guest_vector(regs) == kinds[i].vector && planted_are_kept(false), "%s in %s mode", kinds[i].name, mode(user));
		}
	}
	run(u_syscall, true, 2);
	expect(guest_is_syscall(regs) && planted_are_kept(true), "a system call");
	run_vector(2);
	expect(planted_are_kept(false), "a virtual vector");
}

TEST("event.flags", "At an entry point `rflags` has IF set, and DF, TF, NT, AC, IOPL and ID clear, whatever they were before.")
{
	const uint64_t watched = IF | DF | TF | NT | AC | IOPL | ID, flags = DF | NT | AC | ID | ARITHMETIC;

	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2; user++) {
			/* AC would fault in user mode where the stack is not aligned; it is. */
			run(kinds[i].code, user, flags);
			expect((seen.flags & watched) == IF, "%s in %s mode: %lx", kinds[i].name, mode(user), seen.flags);
		}
	}
	run(u_syscall, true, flags);
	expect(guest_is_syscall(regs) && (seen.flags & watched) == IF, "a system call: %lx", seen.flags);
	run_vector(flags);
	expect((seen.flags & watched) == IF, "a virtual vector: %lx", seen.flags);
	/* TF: the debug exception itself. */
	run(e_step, true, TF);
	expect(guest_vector(regs) == 1 && (seen.flags & watched) == IF, "a debug exception: vector %u, %lx", guest_vector(regs), seen.flags);
}

/* What the entry point finds in the segment registers and the FS base, by a hook. */
static struct {
	uint16_t ds, es, fs, gs;
	uint64_t fs_base;
} segments;

static void look_at_segments(struct guest_regs *now)
{
	__asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3; rdfsbase %4"
			 : "=m"(segments.ds), "=m"(segments.es), "=m"(segments.fs), "=m"(segments.gs), "=r"(segments.fs_base));
	guest_event_default(now);
}

/* DS, ES, FS, GS by ESI EDX... : RDI is the FS base. Selectors: user data, a slot, null. */
USER_CODE(e_segments, "mov $0x2b, %eax; mov %eax, %ds; mov $0x63, %eax; mov %eax, %es; mov %eax, %fs; mov $0x6b, %eax; mov %eax, %gs; wrfsbase %rdi; ud2");

TEST("event.selectors", "At an entry point `cs` is `KERNEL_CS` and `ss` is `KERNEL_SS`; `ds`, `es`, `fs`, `gs` and the FS base are as they were when the event came.")
{
	must(rb_vcpu_set_descriptor(0, 0x00cff3000000ffff));
	must(rb_vcpu_set_descriptor(1, 0x00cff3000000ffff));
	event_hook = look_at_segments;
	for (unsigned user = 0; user < 2; user++) {
		memset(&segments, 0, sizeof(segments));
		run(e_segments, user, 0x123456789000);
		__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs; wrfsbase %1; wrgsbase %1" : : "r"(0), "r"(0ul));
		expect_equal(guest_vector(regs), 6);
		expect(seen.cs == RB_KERNEL_CS && seen.ss == RB_KERNEL_SS, "cs %lx ss %lx", seen.cs, seen.ss);
		expect(segments.ds == 0x2b && segments.es == 0x63 && segments.fs == 0x63 && segments.gs == 0x6b && segments.fs_base == 0x123456789000,
		       "%s mode: ds %x es %x fs %x gs %x base %lx", mode(user), segments.ds, segments.es, segments.fs, segments.gs, segments.fs_base);
	}
}

TEST("event.disables", "Every event clears `events_enabled`, whether it came in user or in kernel mode.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2; user++) {
			seen.enabled = true;
			guest_vcpu->events_enabled = 1;
			run(kinds[i].code, user, 2);
			expect(!seen.enabled, "%s in %s mode", kinds[i].name, mode(user));
		}
	}
	seen.enabled = true;
	guest_vcpu->events_enabled = 1;
	must(rb_event_send(1, 0x40));
	expect(fired[0x40] == 1 && !seen.enabled, "a virtual vector in kernel mode");
	seen.enabled = true;
	run_vector(2);
	expect(!seen.enabled, "a virtual vector in user mode");
}

/* ---------------- where the frame is */

USER_CODE(e_sp, "mov %rsp, %rax; sub %rdi, %rsp; ud2");

TEST("frame.aligned", "The frame's address is a multiple of 64.")
{
	for (uint64_t less = 0; less < 64; less += 1) {
		run(e_sp, false, less);
		expect(guest_vector(regs) == 6 && !(seen.frame % 64), "kernel stack less %lu: frame at %lx", less, seen.frame);
	}
}

TEST("frame.user_place", "The frame of an event in user mode ends at `kernel_sp` rounded down to a multiple of 64.")
{
	for (uint64_t less = 0; less < 128; less += 3) {
		uint64_t sp = (uint64_t)guest_user_stack + GUEST_STACK_BYTES - less;

		guest_user_regs(&test_regs, user_address(e_ud_at), USER_STACK);
		guest_run_user_with(&test_regs, sp);
		expect(guest_vector(regs) == 6 && seen.frame + 64 == (sp & ~63ul), "kernel_sp %lx: frame at %lx", sp, seen.frame);
	}
}

TEST("frame.kernel_place", "The frame of an event in kernel mode ends at the interrupted stack pointer less 64, rounded down to a multiple of 64.")
{
	for (uint64_t less = 0; less < 128; less += 3) {
		run(e_sp, false, less);
		expect(guest_vector(regs) == 6 && regs->sp == regs->rax - less && seen.frame + 64 == ((regs->sp - 64) & ~63ul), "sp %lx: frame at %lx", regs->sp, seen.frame);
	}
}

/* An entry point that keeps RSP and goes on. */
extern const char sp_entry[];
extern uint64_t sp_at_entry;
__asm__(".pushsection .text; .globl sp_entry; sp_entry: mov %rsp, sp_at_entry(%rip); jmp guest_kernel_entry; .popsection;"
	".pushsection .bss; .balign 8; .globl sp_at_entry; sp_at_entry: .quad 0; .popsection");

TEST("frame.stack_pointer", "At an entry point `rsp` is the address of the frame.")
{
	uint64_t top = ((uint64_t)guest_user_stack + GUEST_STACK_BYTES) & ~63ul;

	must(rb_vcpu_set_entry((uint64_t)sp_entry, (uint64_t)sp_entry, 0, 0, 0));
	run(e_sp, false, 8);
	/* Where the frame ends follows from the interrupted stack pointer; 64 bytes below it begins. */
	expect(guest_vector(regs) == 6 && sp_at_entry == ((regs->sp - 64) & ~63ul) - 64, "kernel mode: rsp %lx for %lx", sp_at_entry, regs->sp);
	run(e_ud, true, 2);
	expect(guest_vector(regs) == 6 && sp_at_entry == top - 64, "user mode: rsp %lx for %lx", sp_at_entry, top);
}

/* ---------------- what the fields hold */

TEST("frame.error_code", "`error_code` is what the processor pushes for the exceptions that have an error code, and zero for all other events.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2; user++) {
			run(kinds[i].code, user, 2);
			expect(regs->error_code == (user ? kinds[i].error_user : kinds[i].error_kernel), "%s in %s mode: %lx", kinds[i].name, mode(user), regs->error_code);
		}
	}
	run(u_syscall, true, 2);
	expect(guest_is_syscall(regs) && regs->error_code == 0, "a system call: %lx", regs->error_code);
	run_vector(2);
	expect_equal(regs->error_code, 0);
	/* A page that is there: bit 0; an instruction fetch: bit 4. */
	guest_user_regs(&test_regs, USER_DATA, USER_STACK);
	user_resume();
	expect(guest_vector(regs) == 14 && regs->error_code == 0x15, "a fetch: vector %u, error code %lx", guest_vector(regs), regs->error_code);
}

TEST("frame.ip_fault", "For a fault `ip` is the address of the instruction that raised it.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2 && !kinds[i].is_trap; user++) {
			run(kinds[i].code, user, 2);
			expect_equal(regs->ip, place(kinds[i].at, user));
		}
	}
	run(e_de, false, 2);
	expect(guest_vector(regs) == 0 && regs->ip >= (uint64_t)e_de_at && regs->ip < (uint64_t)e_de_next, "a divide error: vector %u at %lx", guest_vector(regs), regs->ip);
}

TEST("frame.ip_trap", "For a system call, `int3` and `int 0x80`, `ip` is the address of the next instruction.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2 && kinds[i].is_trap; user++) {
			run(kinds[i].code, user, 2);
			expect_equal(regs->ip, place(kinds[i].next, user));
		}
	}
	run(u_syscall, true, 2);
	expect_equal(regs->ip, user_address(u_syscall_next));
}

TEST("frame.cs", "Bit 1 of `cs` is set exactly if the event came in user mode.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2; user++) {
			run(kinds[i].code, user, 2);
			expect((regs->cs >> 1 & 1) == user, "%s in %s mode: %lx", kinds[i].name, mode(user), regs->cs);
		}
	}
	run(u_syscall, true, 2);
	expect(regs->cs & 2, "a system call: %lx", regs->cs);
	run_vector(2);
	expect(regs->cs & 2, "a virtual vector in user mode: %lx", regs->cs);
	guest_vcpu->events_enabled = 1;
	must(rb_event_send(1, 0x40));
	expect(fired[0x40] && !(seen.regs.cs & 2), "a virtual vector in kernel mode: %lx", seen.regs.cs);
}

TEST("frame.flags_kernel", "For an event in kernel mode bit 9 of `flags` is `events_enabled` as it was before the event.")
{
	for EACH(i, kinds) {
		for (unsigned enabled = 0; enabled < 2; enabled++) {
			guest_vcpu->events_enabled = (uint8_t)enabled;
			run(kinds[i].code, false, 2);
			expect((regs->flags >> 9 & 1) == enabled, "%s, events_enabled %u: %lx", kinds[i].name, enabled, regs->flags);
		}
	}
	guest_vcpu->events_enabled = 1;
	must(rb_event_send(1, 0x40));
	expect(fired[0x40] && (seen.regs.flags & IF), "a virtual vector: %lx", seen.regs.flags);
}

TEST("frame.flags_user", "For an event in user mode bit 9 of `flags` is set.")
{
	for EACH(i, kinds) {
		run(kinds[i].code, true, 0);
		expect(regs->flags & IF, "%s: %lx", kinds[i].name, regs->flags);
	}
	run(u_syscall, true, 0);
	expect(regs->flags & IF, "a system call: %lx", regs->flags);
	run_vector(0);
	expect(regs->flags & IF, "a virtual vector: %lx", regs->flags);
}

TEST("frame.flags_others", "The arithmetic flags, DF, TF, NT, AC and ID in `flags` are those of the interrupted code.")
{
	const uint64_t watched = ARITHMETIC | DF | TF | NT | AC | ID;
	static const uint64_t sets[] = { 0, ARITHMETIC, DF, NT, AC, ID, ARITHMETIC | DF | NT | AC | ID };

	for EACH(set, sets) {
		for EACH(i, kinds) {
			for (unsigned user = 0; user < 2; user++) {
				run(kinds[i].code, user, sets[set]);
				expect((regs->flags & watched) == sets[set], "%s in %s mode: %lx, not %lx", kinds[i].name, mode(user), regs->flags, sets[set]);
			}
		}
		run(u_syscall, true, sets[set]);
		expect((regs->flags & watched) == sets[set], "a system call: %lx, not %lx", regs->flags, sets[set]);
		run_vector(sets[set]);
		expect((regs->flags & watched) == sets[set], "a virtual vector: %lx, not %lx", regs->flags, sets[set]);
	}
	run(e_step, true, TF);
	expect(guest_vector(regs) == 1 && (regs->flags & watched & ~ARITHMETIC) == TF, "TF: vector %u, %lx", guest_vector(regs), regs->flags);
}

USER_CODE(u_odd_sp, "mov %rdi, %rsp; syscall");
USER_CODE(e_odd_sp, "mov %rsp, %rax; mov %rdi, %rsp; ud2");

TEST("frame.sp", "`sp` is the interrupted code's stack pointer, all 64 bits of it.")
{
	static const uint64_t pointers[] = { 0, 1, 0x123456789abcdef1, 0xfedcba9876543210, ~0ul };

	for EACH(i, pointers) {
		run(u_odd_sp, true, pointers[i]);
		expect(guest_is_syscall(regs) && regs->sp == pointers[i], "a system call: %lx, not %lx", regs->sp, pointers[i]);
		run(e_odd_sp, true, pointers[i]);
		expect(guest_vector(regs) == 6 && regs->sp == pointers[i], "an exception in user mode: %lx, not %lx", regs->sp, pointers[i]);
	}
	run(e_sp, false, 13);
	expect(regs->sp == regs->rax - 13, "kernel mode: %lx, not %lx", regs->sp, regs->rax - 13);
}

USER_CODE(e_gs, "wrgsbase %rdi; ud2");
USER_CODE(u_gs, "wrgsbase %rdi; syscall");

TEST("frame.gs_base", "`gs_base` is the interrupted code's GS base.")
{
	static const uint64_t bases[] = { 0, 0x123456789000, 0xffffc90000001000 };

	must(rb_vcpu_set_gs(KERNEL_VA));
	for EACH(i, bases) {
		for (unsigned user = 0; user < 2; user++) {
			run(e_gs, user, bases[i]);
			expect(guest_vector(regs) == 6 && regs->gs_base == bases[i], "%s mode: %lx, not %lx", mode(user), regs->gs_base, bases[i]);
		}
		run(u_gs, true, bases[i]);
		expect(guest_is_syscall(regs) && regs->gs_base == bases[i], "a system call: %lx, not %lx", regs->gs_base, bases[i]);
	}
}

USER_CODE(e_load, "mov (%rdi), %rax");

TEST("frame.data_fault", "For a page fault `data` is the address that was accessed.")
{
	static const uint64_t addresses[] = { 0x10000000, 0x10000123, 0x7ffffffff000, KERNEL_VA + 5, RB_GATE_END, 1 };

	for EACH(i, addresses) {
		for (unsigned user = 0; user < 2; user++) {
			run(e_load, user, addresses[i]);
			expect(guest_vector(regs) == 14 && regs->data == addresses[i], "%s mode: vector %u, %lx, not %lx", mode(user), guest_vector(regs), regs->data, addresses[i]);
		}
	}
}

TEST("frame.data_debug", "For a debug exception `data` has the bits of DR6 that came to be set; bits that read one when nothing happened are inverted.")
{
	for (unsigned n = 0; n < 4; n++) {
		must(rb_vcpu_set_debug(n, user_address(e_step_next)));
		must(rb_vcpu_set_debug(7, DR7(n, 0, 0)));
		run(e_step, true, 2);
		must(rb_vcpu_set_debug(7, 0));
		must(rb_vcpu_set_debug(n, 0));
		expect(guest_vector(regs) == 1 && regs->data == 1ul << n, "breakpoint %u: vector %u, data %lx", n, guest_vector(regs), regs->data);
	}
	run(e_step, true, TF);
	expect(guest_vector(regs) == 1 && regs->data == 0x4000, "TF: vector %u, data %lx", guest_vector(regs), regs->data);
}

TEST("frame.data_others", "For all other events but double faults `data` is zero.")
{
	for EACH(i, kinds) {
		/* A page fault leaves its address where the next event must not find it. */
		for (unsigned user = 0; user < 2 && kinds[i].vector != 14; user++) {
			run(e_pf_read, user, 2);
			run(kinds[i].code, user, 2);
			expect(regs->data == 0, "%s in %s mode: %lx", kinds[i].name, mode(user), regs->data);
		}
	}
	run(u_syscall, true, 2);
	expect(regs->data == 0, "a system call: %lx", regs->data);
	run_vector(2);
	expect(regs->data == 0, "a virtual vector: %lx", regs->data);
}

/* ---------------- what the event is */

#define SS_PARTS (0xffffull | 0xffull << 32 | 0xfull << 48 | 1ull << 57 | 0xfull << 60)

TEST("frame.ss_zero", "The bits of the `ss` word that belong to no part are zero.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2; user++) {
			run(kinds[i].code, user, 2);
			expect(!(regs->ss & ~SS_PARTS), "%s in %s mode: %lx", kinds[i].name, mode(user), regs->ss);
		}
	}
	run(u_syscall, true, 2);
	expect(!(regs->ss & ~SS_PARTS), "a system call: %lx", regs->ss);
	must(rb_event_send(1, 0x40));
	must(rb_sched_block());
	expect(fired[0x40] && !(seen.regs.ss & ~SS_PARTS), "a virtual vector: %lx", seen.regs.ss);
}

/* The event in test_regs is of this kind. */
static void expect_event(const char *name, enum rb_event_type type, unsigned vector, unsigned length, bool long_mode)
{
	expect(guest_type(regs) == type && guest_vector(regs) == vector && regs->ss >> 60 == length && (regs->ss >> 57 & 1) == long_mode,
	       "%s: type %u, vector %u, length %lu, long mode %lu", name, guest_type(regs), guest_vector(regs), regs->ss >> 60, regs->ss >> 57 & 1);
}

TEST("frame.system_call", "A system call has the type `OTHER`, vector 1, length 2 and `long_mode` set.")
{
	run(u_syscall, true, 2);
	expect_event("a system call", RB_EVENT_TYPE_OTHER, 1, 2, true);
}

TEST("frame.exception", "A divide error, an invalid opcode, a general-protection exception and a page fault have the type `EXCEPTION`, their number as the vector, and zero as length.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2 && !kinds[i].is_trap; user++) {
			run(kinds[i].code, user, 2);
			expect_event(kinds[i].name, RB_EVENT_TYPE_EXCEPTION, kinds[i].vector, 0, false);
		}
	}
	for (unsigned user = 0; user < 2; user++) {
		run(e_de, user, 2);
		expect_event("divide error", RB_EVENT_TYPE_EXCEPTION, 0, 0, false);
	}
}

TEST("frame.breakpoint", "`int3` has the type `SOFT_EXCEPTION`, vector 3 and length 1.")
{
	for (unsigned user = 0; user < 2; user++) {
		run(e_int3, user, 2);
		expect_event("int3", RB_EVENT_TYPE_SOFT_EXCEPTION, 3, 1, false);
	}
}

TEST("frame.int80", "`int 0x80` has the type `SOFTINT`, vector 0x80 and length 2, in kernel mode and in user mode.")
{
	for (unsigned user = 0; user < 2; user++) {
		run(e_int80, user, 2);
		expect_event("int 0x80", RB_EVENT_TYPE_SOFTINT, 0x80, 2, false);
	}
}

TEST("frame.vector", "A virtual vector has the type `INTERRUPT` and its number as the vector; its error code, data and length are zero.")
{
	for (unsigned vector = RB_VECTOR_FIRST; vector < 256; vector += 31) {
		must(rb_event_send(1, vector));
		must(rb_sched_block());
		guest_events_off();
		test_regs = seen.regs;
		expect_event("a virtual vector", RB_EVENT_TYPE_INTERRUPT, vector, 0, false);
		expect(regs->error_code == 0 && regs->data == 0, "error code %lx, data %lx", regs->error_code, regs->data);
	}
}

/* Goes on behind the UD2, with ones above the selectors. */
static void return_with_ones(struct guest_regs *now)
{
	now->ip += 2;
	now->cs |= ~0xfffful;
	now->ss |= ~0xfffful;
}

USER_CODE(u_twice, "mov $1, %ebx; syscall; mov $2, %ebx; syscall");

TEST("frame.iretq", "`iretq` takes the words from `ip` to `ss` as they are in the frame: the bits above the selectors need not be cleared.")
{
	event_hook = return_with_ones;
	__asm__ volatile("ud2");
	event_hook = NULL;
	expect_equal(seen.count, 1);
	expect(user_calls(u_twice, 0) && regs->rbx == 1, "no system call");
	test_regs.cs |= ~0xfffful;
	test_regs.ss |= ~0xfffful;
	user_resume();
	expect(guest_is_syscall(regs) && regs->rbx == 2, "to user mode: vector %u", guest_vector(regs));
}

/* ---------------- masking */

TEST("event.user_always", "In user mode vectors are delivered whatever `events_enabled` holds.")
{
	for (unsigned enabled = 0; enabled < 3; enabled++) {
		fired[RB_VECTOR_TIMER] = 0;
		guest_vcpu->events_enabled = enabled == 2 ? 0xfe : (uint8_t)enabled;
		run_vector(2);
		expect(fired[RB_VECTOR_TIMER] && regs->ip == user_address(u_spin_at), "events_enabled %u: vector %u", enabled, guest_vector(regs));
		guest_events_off();
	}
}

TEST("event.exceptions_always", "Exceptions are delivered whatever `events_enabled` holds.")
{
	for EACH(i, kinds) {
		for (unsigned user = 0; user < 2; user++) {
			for (unsigned enabled = 0; enabled < 2; enabled++) {
				guest_vcpu->events_enabled = (uint8_t)enabled;
				run(kinds[i].code, user, 2);
				expect(guest_vector(regs) == kinds[i].vector, "%s in %s mode, events_enabled %u: vector %u", kinds[i].name, mode(user), enabled, guest_vector(regs));
			}
		}
	}
}

/* The order in which vectors come. */
static unsigned order[8], order_count;

static void note_order(struct guest_regs *now)
{
	if (order_count < 8)
		order[order_count++] = guest_vector(now);
	guest_event_default(now);
}

TEST("event.highest", "Of several pending vectors the one with the highest number is delivered first.")
{
	static const unsigned sent[] = { 0x40, 255, 32, 0xec, 0x80 }, wanted[] = { 255, 0xec, 0x80, 0x40, 32 };

	event_hook = note_order;
	order_count = 0;
	for EACH(i, sent)
		must(rb_event_send(1, sent[i]));
	/* The first one is the hypervisor's to deliver; each handler ends with events on again, and the next call delivers the next. */
	for EACH(i, sent) {
		guest_vcpu->events_enabled = 1;
		must(rb_info_version(&result));
		guest_events_off();
		if (i == 0)
			expect(order_count >= 1 && order[0] == 255, "%u first", order[0]);
	}
	/* The library's return delivers to itself what waits: it too takes the highest first. */
	for EACH(i, wanted)
		expect(fired[wanted[i]] == 1, "vector %u came %u times", wanted[i], fired[wanted[i]]);
}

TEST("event.next_call", "If a vector is pending when `events_enabled` has been set, it is delivered at the latest when the next call returns, if the kernel has not taken it by then.")
{
	struct raw raw = { .rax = RB_HC_INFO_VERSION };

	must(rb_event_send(1, 0x40));
	guest_vcpu->events_enabled = 1;
	raw_call(&raw);
	guest_events_off();
	expect_equal(fired[0x40], 1);
	expect_equal(seen.regs.ip, (uint64_t)raw_call_next);
	/* A call that is refused too, and one that the kernel has taken is not delivered. */
	must(rb_event_send(1, 0x41));
	guest_vcpu->events_enabled = 1;
	rb_hypercall0(12345, &result);
	guest_events_off();
	expect_equal(fired[0x41], 1);
	must(rb_event_send(1, 0x42));
	guest_vcpu->pending = 0;
	guest_vcpu->pending_vectors[1] = 0;
	guest_vcpu->events_enabled = 1;
	must(rb_info_version(&result));
	guest_events_off();
	expect_equal(fired[0x42], 0);
}

/* ---------------- the restartable range */

extern const char range_code[], range_ud[], range_end[];
__asm__(".pushsection .text; .globl range_code, range_ud, range_end; range_code: nop; range_ud: ud2; range_end: ret; .popsection");

TEST("event.range_exceptions", "An exception in the range is delivered as elsewhere.")
{
	uint64_t restarts = counter(RB_COUNTER_RESTARTS);

	must(rb_vcpu_set_entry((uint64_t)guest_user_entry, (uint64_t)guest_kernel_entry, (uint64_t)range_code, (uint64_t)range_end, 0));
	for (unsigned pending = 0; pending < 2; pending++) {
		test_try((void (*)(void *))range_ud, NULL);
		expect(guest_vector(regs) == 6 && regs->ip == (uint64_t)range_ud, "pending %u: vector %u at %lx", pending, guest_vector(regs), regs->ip);
		must(rb_event_send(1, 0x40));
	}
	expect_equal(counter(RB_COUNTER_RESTARTS), restarts);
}

TEST("event.range_user", "The range is not looked at in user mode.")
{
	uint64_t restarts = counter(RB_COUNTER_RESTARTS), start = (uint64_t)guest_user_entry;

	/* No range can be named in the lower half; so nothing that user mode executes is in one, however long it is. */
	expect_equal(rb_vcpu_set_entry(start, (uint64_t)guest_kernel_entry, user_address(u_spin_at), user_address(u_spin_at) + 2, 0), RB_INVAL);
	must(rb_vcpu_set_entry(start, (uint64_t)guest_kernel_entry, 0, ~0ul, 0));
	run_vector(2);
	expect(fired[RB_VECTOR_TIMER] && regs->ip == user_address(u_spin_at), "vector %u at %lx", guest_vector(regs), regs->ip);
	guest_set_entry(0);
	expect_equal(counter(RB_COUNTER_RESTARTS), restarts);
}

/* ---------------- when a frame cannot be written */

static uint8_t emergency[16384] __attribute__((aligned(4096)));

static void set_emergency(void)
{
	guest_set_entry((uint64_t)emergency + sizeof(emergency));
}

/* RSP is RDI when it comes. */
extern const char e_bad_gp_at[], u_bad_gp_at[];
USER_CODE(e_bad_gp, "mov $0x8888, %r8d; mov %rdi, %rsp; e_bad_gp_at: mov %r8d, %ds; int3");
USER_CODE(u_bad_gp, "mov $0x8888, %r8d; u_bad_gp_at: mov %r8d, %ds; int3");

TEST("event.emergency_tells", "In the frame of such a double fault `error_code` is that of the event that could not be delivered, `data` is the upper half of its `ss` word, and `ip`, `cs` and `sp` are those of the code that it interrupted.")
{
	set_emergency();
	run(e_bad_gp, false, 0x10000000);
	expect(guest_vector(regs) == 8 && regs->error_code == 0x8888 && regs->data == (RB_EVENT_TYPE_EXCEPTION << 16 | 13), "kernel mode: vector %u, error code %lx, data %lx",
	       guest_vector(regs), regs->error_code, regs->data);
	expect(regs->ip == (uint64_t)e_bad_gp_at && !guest_is_user(regs) && regs->sp == 0x10000000, "kernel mode: ip %lx, cs %lx, sp %lx", regs->ip, regs->cs, regs->sp);
	set_emergency();
	guest_user_regs(&test_regs, user_address(u_bad_gp), USER_STACK);
	guest_run_user_with(&test_regs, 0);
	expect(guest_vector(regs) == 8 && regs->error_code == 0x8888 && regs->data == (RB_EVENT_TYPE_EXCEPTION << 16 | 13), "user mode: vector %u, error code %lx, data %lx",
	       guest_vector(regs), regs->error_code, regs->data);
	expect(regs->ip == user_address(u_bad_gp_at) && guest_is_user(regs) && regs->sp == USER_STACK, "user mode: ip %lx, cs %lx, sp %lx", regs->ip, regs->cs, regs->sp);
	/* A system call: its word has the length and long_mode too. */
	set_emergency();
	guest_user_regs(&test_regs, user_address(u_syscall), USER_STACK);
	test_regs.rdi = 2;
	guest_run_user_with(&test_regs, 0);
	expect(guest_vector(regs) == 8 && regs->data == (2ul << 28 | 1ul << 25 | RB_EVENT_TYPE_OTHER << 16 | 1), "a system call: vector %u, data %lx", guest_vector(regs), regs->data);
}

TEST("event.emergency_bad", "If the frame of a double fault cannot be written to the emergency stack, the domain ends as crashed.", .alone = true)
{
	guest_set_entry(KERNEL_VA + GUEST_PAGE);
	ends(ENDED_BY_HYPERVISOR, "domain 0 is ended");
	run(e_bad_gp, false, 0);
	expect(false, "the event came back");
}

/* An entry point that leaves the stack to which the frame was written, for one on which C runs. */
void low_caught(void);
void low_caught(void)
{
	const struct guest_regs none = { 0 };

	guest_caught(&none);
}

extern const char low_entry[];
__asm__(".pushsection .text; .globl low_entry; low_entry: mov %rsp, sp_at_entry(%rip); mov guest_catch_sp(%rip), %rsp; sub $1024, %rsp; and $-16, %rsp; call low_caught; .popsection");

TEST("frame.floor", "No frame is written below `GATE_END`: a stack pointer that would put it there counts as one at which it cannot be written.")
{
	uint64_t page = page_with(0);
	const uint64_t low[] = { RB_GATE_END + 128 + 63 - 64, RB_GATE_END + 64, RB_GATE_END, RB_GATE_START + 0x21000, USER_DATA + GUEST_PAGE, USER_STACK };

	/* Memory is there on both sides. The first stack pointer whose frame is above. */
	guest_map(guest_start->kernel_root, RB_GATE_END, page, GUEST_WRITE | GUEST_NX);
	must(rb_vcpu_set_entry((uint64_t)guest_user_entry, (uint64_t)low_entry, 0, 0, 0));
	run(e_bad_gp, false, RB_GATE_END + 128);
	expect_equal(sp_at_entry, RB_GATE_END);
	expect_equal(*(uint64_t *)guest_pointer(page + RB_EVENT_FRAME_SP), RB_GATE_END + 128);
	for EACH(i, low) {
		set_emergency();
		memset(user_data, 0x5a, GUEST_PAGE);
		run(e_bad_gp, false, low[i]);
		expect(guest_vector(regs) == 8, "kernel mode, rsp %lx: vector %u", low[i], guest_vector(regs));
		set_emergency();
		guest_user_regs(&test_regs, user_address(u_bad_gp), USER_STACK);
		guest_run_user_with(&test_regs, low[i] < RB_GATE_END + 64 ? low[i] : RB_GATE_END + 63);
		expect(guest_vector(regs) == 8, "user mode, kernel_sp %lx: vector %u", low[i], guest_vector(regs));
		for (unsigned word = 0; word < GUEST_PAGE / 8; word++)
			expect(user_data[word] == 0x5a5a5a5a5a5a5a5a, "something was written to user memory");
	}
	guest_unmap(guest_start->kernel_root, RB_GATE_END);
}

/* ---------------- debug exceptions */

TEST("event.step", "With TF set in kernel or user mode, a debug exception is delivered after one instruction, with bit 14 of `data` set.")
{
	for (unsigned user = 0; user < 2; user++) {
		run(e_step, user, TF);
		expect(guest_vector(regs) == 1 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION && (regs->data >> 14 & 1), "%s mode: vector %u, data %lx", mode(user),
		       guest_vector(regs), regs->data);
		expect_equal(regs->ip, place(e_step_next, user));
	}
}
