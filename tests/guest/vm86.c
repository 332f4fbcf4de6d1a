/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/* may: crash */
/*
 * Virtual-8086 mode out of 64-bit mode.
 *
 * Provokes: in ring 3 and ring 1, IRET with a 32-bit operand and VM set in the flags to load; the code segment then has ring 0's selector for a value, and the code
 * raises an exception, a debug exception, or waits for an interrupt. A processor in 64-bit mode does not know that bit; TCG 7.2 goes to virtual-8086 mode,
 * where CS is any number and its low bits are no privilege level.
 * Must: run on as if VM were zero, or end the domain; on no account be taken for ring 0 (I-12, I-13).
 */
#include "test.h"

/* EDI: what to load into CS, ESI: where to. The frame of an IRET to virtual-8086 mode: nine words of 32 bits. */
#define ENTER	"sub $64, %rsp; mov %esi, (%rsp); mov %edi, 4(%rsp); movl $0x20202, 8(%rsp); or %edx, 8(%rsp); movl $0x1000, 12(%rsp); movl $0x2b, 16(%rsp);" \
		"movl $0, 20(%rsp); movl $0, 24(%rsp); movl $0, 28(%rsp); movl $0, 32(%rsp); .byte 0xcf; ud2"
USER_CODE(u_enter, ENTER);

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	if (regs && guest_is_user(regs))
		regs->ip = user_address(u_enter_end) - 2;
}

static void try_user(const char *name, uint64_t selector, uint64_t offset, uint64_t flags)
{
	guest_printf("  %s, cs %lx\n", name, selector);
	guest_user_regs(&test_regs, user_address(u_enter), USER_STACK);
	test_regs.rdi = selector;
	test_regs.rsi = offset;
	test_regs.rdx = flags;
	guest_must(rb_timer_set(guest_time() + 2000000));
	user_resume();
	guest_printf("  vector %u at %lx, cs %lx flags %lx\n", guest_vector(&test_regs), test_regs.ip, test_regs.cs, test_regs.flags);
	/*
	 * The fixed bit and IF; arithmetic, TF, DF, NT, RF, AC, ID; not IOPL and the flags of virtual-8086 mode. Where CS looks like ring 3's, the gate
	 * shows flags as they are: whoever takes them back does so in ring 1, which cannot load those.
	 */
	if (!(selector & 3))
		check((test_regs.flags & ~0x254dd5ul) == 0x202, "flags of the event: %lx", test_regs.flags);
}

int main(struct rb_start_info *start)
{
	/* Real-mode addresses are selector * 16 + offset: one page of code there, for each kind of end. */
	static const uint8_t ends[][2] = { { 0x0f, 0x0b }, { 0xeb, 0xfe }, { 0x90, 0x90 } };
	static const uint64_t selectors[] = { 0x80, 0x08, 0x00, 0x33, 0x11, 0x19 };
	static uint8_t emergency[8192] __attribute__((aligned(4096)));
	uint64_t page = guest_page();
	uint8_t *code = guest_pointer(page);

	user_setup();
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	for (uint64_t at = 0x8000; at < 0xa000; at += GUEST_PAGE)
		guest_map(start->user_root, at, page, GUEST_USER | GUEST_WRITE);
	for (unsigned end = 0; end < 3; end++)
		for (unsigned i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
			for (unsigned byte = 0; byte < GUEST_PAGE; byte += 2)
				memcpy(code + byte, ends[end], 2);
			guest_set_entry((uint64_t)emergency + sizeof(emergency));
			try_user(end == 0 ? "an exception" : end == 1 ? "an interrupt" : "a step", selectors[i], 0x8100, end == 2 ? 0x100 : 0);
		}
	try_user("flags", 0, 0x8100, 0x183000);
	try_with("sub $64, %%rsp; movl $0x8100, (%%rsp); movl $0x80, 4(%%rsp); movl $0x20202, 8(%%rsp); movl $0x1000, 12(%%rsp); movl $0, 16(%%rsp); .byte 0xcf", 0);
	check(true, "alive");
	return test_end();
}
