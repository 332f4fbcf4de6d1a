/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Address spaces.
 *
 * Provokes: three user roots with different programs and data at the same addresses, loaded in turn 300 times, changed while loaded and while not; a root
 * whose slots come and go; loading the loaded one; retyping one that was.
 * Must: show each its own lower half, all of them one kernel half, and never a translation of the one before (I-9; of I-10 as much as
 * an emulator shows that forgets all translations at every load of CR3, as TCG and Bochs 2.7 do).
 */
#include "test.h"

#define ROOTS 3

USER_CODE(u_read, "mov 0x600000, %rax; mov $0x10000000000, %rbx; mov (%rbx), %rbx; syscall");
USER_CODE(u_write, "mov %rdi, 0x600000; syscall");

static uint64_t roots[ROOTS], *data[ROOTS];

static bool reads(uint64_t low, uint64_t high)
{
	user_run(u_read);
	return guest_is_syscall(&test_regs) && test_regs.rax == low && test_regs.rbx == high;
}

static void make(void)
{
	for (unsigned i = 0; i < ROOTS; i++) {
		uint64_t page = guest_page();

		roots[i] = i ? guest_table(4) : guest_start->user_root;
		user_map(roots[i]);
		data[i] = user_data;
		data[i][0] = 0x100 + i;
		/* Another slot of the root. */
		*(uint64_t *)guest_pointer(page) = 0x200 + i;
		guest_map(roots[i], 0x10000000000, page, GUEST_USER);
	}
}

static void try_switching(void)
{
	bool good = true;

	for (unsigned turn = 0; turn < 300; turn++) {
		unsigned i = turn % ROOTS;

		good &= rb_root_load(roots[i]) == RB_OK && reads(0x100 + i, 0x200 + i);
		if (turn % 7 == 0)
			good &= rb_root_load(roots[i]) == RB_OK && reads(0x100 + i, 0x200 + i);
	}
	check(good, "300 switches between %u roots", ROOTS);
}

static void try_writes(void)
{
	for (unsigned i = 0; i < ROOTS; i++) {
		guest_must(rb_root_load(roots[i]));
		guest_user_regs(&test_regs, user_address(u_write), USER_STACK);
		test_regs.rdi = 0x300 + i;
		user_resume();
	}
	check(data[0][0] == 0x300 && data[1][0] == 0x301 && data[2][0] == 0x302, "each writes its own page");
	for (unsigned i = 0; i < ROOTS; i++)
		data[i][0] = 0x100 + i;
}

/* A slot of the root emptied or filled while loaded, and while another is. */
static void try_slots(void)
{
	uint64_t table[2], saved = guest_table_for(roots[1], 0x10000000000, 3), entry = guest_index(0x10000000000, 4);

	guest_must(rb_root_load(roots[1]));
	guest_must(guest_op(RB_OP_SET, roots[1], entry, 1, 0));
	guest_flush(0x10000000000, 1);
	user_run(u_read);
	check(guest_vector(&test_regs) == 14 && test_regs.data == 0x10000000000, "a slot of the loaded root emptied");
	guest_must(guest_op(RB_OP_LINK, roots[1], entry, 1, saved));
	check(reads(0x101, 0x201), "and filled again");

	guest_must(rb_root_load(roots[2]));
	guest_must(guest_op(RB_OP_SET, roots[1], entry, 1, 0));
	check(reads(0x102, 0x202), "a slot of another root emptied: no matter here");
	guest_must(rb_root_load(roots[1]));
	user_run(u_read);
	check(guest_vector(&test_regs) == 14 && test_regs.data == 0x10000000000, "but there");
	guest_must(rb_root_load(roots[0]));
	guest_must(guest_op(RB_OP_LINK, roots[1], entry, 1, saved));
	guest_must(rb_root_load(roots[1]));
	check(reads(0x101, 0x201), "filled while not loaded");

	/* All 256 slots: three levels for one page would be many frames; empty tables do. */
	table[0] = guest_table(4);
	for (unsigned i = 0; i < 256; i++)
		guest_must(guest_op(RB_OP_LINK, table[0], i, 1, guest_table(3)));
	guest_must(rb_root_load(table[0]));
	user_run(u_read);
	check(guest_vector(&test_regs) == 14 && (test_regs.error_code & 0x10), "a root with 256 empty tables: nothing to run");
	guest_must(rb_root_load(roots[0]));
	check(reads(0x100, 0x200), "and back");
	table[1] = guest_table(4);
	guest_must(rb_root_load(table[1]));
	user_run(u_read);
	check(guest_vector(&test_regs) == 14, "an empty root");
	check_status(guest_op(RB_OP_TYPE, table[1], 0, 1, 4), RB_BUSY);
	guest_must(rb_root_load(roots[0]));
	check_status(guest_op(RB_OP_TYPE, table[1], 0, 1, 1), RB_OK);
	check_status(guest_op(RB_OP_TYPE, table[0], 0, 1, 1), RB_OK);
}

/* What is in the kernel half is in all. */
static void try_kernel_half(void)
{
	uint64_t page = guest_page(), va = 0xffffc90000000000;
	bool good = true;

	*(uint64_t *)guest_pointer(page) = 0x7777;
	guest_must(rb_root_load(roots[1]));
	guest_map(guest_start->kernel_root, va, page, GUEST_WRITE);
	for (unsigned i = 0; i < 2 * ROOTS; i++) {
		guest_must(rb_root_load(roots[i % ROOTS]));
		good &= try_with("mov (%%rdi), %%rax; ud2", va) == 6 && test_regs.rax == 0x7777;
	}
	check(good, "the kernel half is one");
	guest_unmap(guest_start->kernel_root, va);
	good = true;
	for (unsigned i = 0; i < 2 * ROOTS; i++) {
		guest_must(rb_root_load(roots[i % ROOTS]));
		good &= try_with("mov (%%rdi), %%rax", va) == 14;
	}
	check(good, "unmapped in one is unmapped in all");
}

int main(struct rb_start_info *start)
{
	uint64_t loads = counter(RB_COUNTER_ROOT_LOADS);

	make();
	try_switching();
	check(counter(RB_COUNTER_ROOT_LOADS) == loads + 343, "all counted: %lu", counter(RB_COUNTER_ROOT_LOADS) - loads);
	try_writes();
	try_slots();
	try_kernel_half();
	return test_end();
}
