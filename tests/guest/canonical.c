/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * The edges of the address space.
 *
 * Provokes: user code that ends where the lower half ends, with a step, INT3, INT 0x80 and SYSCALL as its last instruction, so that the address to go on at is
 * not canonical; the same with a bad kernel stack, which leads through the hypervisor; kernel code that calls from the very end of the upper half, and from
 * a supervisor page in the lower half, where its return address looks like a user's; GS bases that are not canonical.
 * Must: deliver the event with that address, leave the fault of going on there to the guest; take a call with such a return address for a
 * system call (I-7, I-13).
 */
#include "test.h"

#define LAST	0x7ffffffff000ul
#define TOP	0xfffffffffffff000ul
#define BEYOND	0x800000000000ul

static uint8_t emergency[8192] __attribute__((aligned(4096)));
static uint8_t *last, *top;

/* Text at the very end of the lower half, run with these flags. */
static void run_last(const char *text, unsigned bytes, uint64_t flags, uint64_t kernel_sp)
{
	memcpy(last + GUEST_PAGE - bytes, text, bytes);
	guest_user_regs(&test_regs, LAST + GUEST_PAGE - bytes, USER_STACK);
	test_regs.flags |= flags;
	guest_set_entry((uint64_t)emergency + sizeof(emergency));
	guest_run_user_with(&test_regs, kernel_sp);
}

static void resume(void *argument)
{
	guest_run_user(&test_regs);
}

static void try_user(const char *name, const char *text, unsigned bytes, uint64_t flags, unsigned vector)
{
	struct guest_regs caught;

	run_last(text, bytes, flags, (uint64_t)guest_user_stack + GUEST_STACK_BYTES);
	check(guest_vector(&test_regs) == vector && test_regs.ip == BEYOND && guest_is_user(&test_regs), "%s: vector %u at %lx", name, guest_vector(&test_regs),
	      test_regs.ip);
	test_regs.flags &= ~0x100ul;
	/* Depending on the processor the fault is the IRETQ's, in ring 1, or the fetch's, in ring 3. */
	if (guest_catch(resume, NULL, &caught))
		check(guest_vector(&caught) == 13 && caught.ip == (uint64_t)guest_iretq, "going on: fault at IRETQ, at %lx", caught.ip);
	else
		check(guest_vector(&test_regs) == 13 && test_regs.ip == BEYOND, "going on: vector %u at %lx", guest_vector(&test_regs), test_regs.ip);
	run_last(text, bytes, flags, 0);
	check(guest_vector(&test_regs) == 8 && (test_regs.data & 0xff) == vector && test_regs.ip == BEYOND, "with a bad stack: vector %u for %lu at %lx",
	      guest_vector(&test_regs), test_regs.data & 0xff, test_regs.ip);
}

/* A system call as the kernel makes it seem; regs of the event, which says it came from user mode. */
static bool looks_like_syscall(uint64_t address, uint64_t wanted_ip)
{
	struct guest_regs regs;

	guest_user_regs(&regs, address, (uint64_t)guest_stack + 4096);
	regs.cs = RB_KERNEL_CS;
	regs.ss = RB_KERNEL_SS;
	regs.rax = RB_HC_SHUTDOWN;
	guest_run_user(&regs);
	return guest_is_syscall(&regs) && regs.ip == wanted_ip && regs.cs == RB_USER_CS && regs.sp == (uint64_t)guest_stack + 4096;
}

int main(struct rb_start_info *start)
{
	uint64_t last_page = guest_page(), top_page = guest_page(), value;

	user_setup();
	last = guest_pointer(last_page);
	top = guest_pointer(top_page);
	guest_map(start->user_root, LAST, last_page, GUEST_USER);
	guest_map(start->kernel_root, TOP, top_page, 0);
	guest_map(start->user_root, 0x5000, top_page, 0);

	try_user("a step", "\x90", 1, 0x100, 1);
	try_user("int3", "\xcc", 1, 0, 3);
	try_user("int 0x80", "\xcd\x80", 2, 0, 128);
	try_user("syscall", "\x0f\x05", 2, 0, 1);

	memcpy(top + GUEST_PAGE - 2, "\x0f\x05", 2);
	check(looks_like_syscall(TOP + GUEST_PAGE - 2, 0), "a call whose return address is zero: a system call");
	memcpy(top + 0x100, "\x0f\x05", 2);
	check(looks_like_syscall(0x5100, 0x5102), "a call from the lower half: a system call");
	check(try_with("jmp *%%rdi", TOP + GUEST_PAGE - 1) >= 0, "code over the end of the address space: vector %u", guest_vector(&test_regs));

	value = (uint64_t)try_with("wrgsbase %%rdi; xor %%edi, %%edi; wrgsbase %%rdi; ud2", BEYOND);
	check(value == 13 || (value == 6 && is_tcg()), "a GS base that is not canonical: vector %lu", value);
	value = (uint64_t)try_with("wrfsbase %%rdi; xor %%edi, %%edi; wrfsbase %%rdi; ud2", 1ul << 63);
	check(value == 13 || (value == 6 && is_tcg()), "an FS base that is not canonical: vector %lu", value);
	return test_end();
}
