/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * What accepted page-table operations do to the running address space.
 *
 * Provokes: SET, runs of SET, XCHG, AND, LINK and unlinking, at pages in the kernel half and the user half that the guest uses while they change.
 * Must: have the effect on the next access after the flush that a bare machine would want too; show accessed and dirty bits; keep what an unlinked table
 * holds; give an empty table when a frame is typed anew (I-3, I-4, I-9).
 */
#include "test.h"

#define KERNEL_VA	0xffffc90000000000ul
#define USER_VA		0x10000000ul

USER_CODE(u_load, "mov (%rdi), %rax; syscall");
USER_CODE(u_store, "mov %rsi, (%rdi); syscall");
USER_CODE(u_jump, "call *%rdi; syscall");

static long user(const char *code, uint64_t address, uint64_t value)
{
	int vector;

	guest_user_regs(&test_regs, user_address(code), USER_STACK);
	test_regs.rdi = address;
	test_regs.rsi = value;
	vector = user_resume();
	return vector == 14 ? (long)test_regs.error_code : vector == 1 && guest_is_syscall(&test_regs) ? -1 : -2;
}

static uint64_t entry_at(uint64_t root, uint64_t address)
{
	return guest_entry(root, address, 1);
}

static void try_page(uint64_t root, uint64_t va)
{
	uint64_t page = guest_page(), *direct = guest_pointer(page), value, machine = guest_machine(page), old;
	uint64_t table, index = guest_index(va, 1);
	const char *half = root == guest_start->kernel_root ? "kernel half" : "user half";
	uint64_t u = root == guest_start->kernel_root ? 0 : GUEST_USER;

	direct[0] = 0x1234;
	check(kernel_load(va, &value) == 0, "%s: not there at first", half);
	guest_map(root, va, page, u | GUEST_WRITE);
	table = guest_table_for(root, va, 1);
	check(kernel_load(va, &value) == -1 && value == 0x1234, "mapped: %lx", value);
	check((entry_at(root, va) & 0x60) == 0x20, "accessed, not dirty: %lx", entry_at(root, va));
	check(kernel_store(va) == -1 && direct[0] == va, "written");
	check((entry_at(root, va) & 0x60) == 0x60, "dirty: %lx", entry_at(root, va));

	guest_must(guest_op(RB_OP_AND, table, index, 1, ~0x60ul));
	guest_flush(va, 1);
	check((entry_at(root, va) & 0x63) == 3, "accessed and dirty cleared");
	kernel_load(va, &value);
	check((entry_at(root, va) & 0x60) == 0x20, "accessed again");
	guest_must(guest_op(RB_OP_AND, table, index, 1, ~2ul));
	guest_flush(va, 1);
	check(kernel_store(va) == 3, "write-protected: fault 3");
	guest_must(guest_op(RB_OP_SET, table, index, 1, machine | u | 3));
	check(kernel_store(va) == -1, "made writable again");

	guest_must(rb_pt_update(rb_op_word(RB_OP_XCHG, table, index, 1), 0, rb_op_word(RB_OP_FLUSH, 0, 1, 1), va, 0, 0, &old));
	check((old & GUEST_ADDRESS) == machine && (old & 0x63) == 0x63, "XCHG returns the old entry: %lx", old);
	check(kernel_load(va, &value) == 0, "and it is gone");
	guest_must(rb_pt_update(rb_op_word(RB_OP_XCHG, table, index, 1), machine | u | 1, 0, 0, 0, 0, &old));
	check(old == 0 && kernel_load(va, &value) == -1 && kernel_store(va) == 3, "XCHG of nothing with a read-only page");
	guest_unmap(root, va);
	check(kernel_load(va, &value) == 0, "unmapped");
}

static void try_user_rights(void)
{
	uint64_t root = guest_start->user_root, page = guest_page(), kernel_page = guest_page();

	*(uint8_t *)guest_pointer(page) = 0xc3;
	guest_map(root, USER_VA, page, GUEST_USER);
	check(user(u_load, USER_VA, 0) == -1 && (uint8_t)test_regs.rax == 0xc3, "ring 3 reads");
	check(user(u_store, USER_VA, 1) == 7, "does not write a read-only page");
	check(user(u_jump, USER_VA, 0) == -1, "executes");
	guest_must(guest_op(RB_OP_SET, guest_table_for(root, USER_VA, 1), guest_index(USER_VA, 1), 1, guest_machine(page) | 7 | GUEST_NX));
	guest_flush(USER_VA, 1);
	check(user(u_jump, USER_VA, 0) == 0x15, "does not execute a no-execute page");
	check(user(u_store, USER_VA, 0x77) == -1 && *(uint64_t *)guest_pointer(page) == 0x77, "writes a writable one");
	guest_must(guest_op(RB_OP_SET, guest_table_for(root, USER_VA, 1), guest_index(USER_VA, 1), 1, guest_machine(page) | 3));
	guest_flush(USER_VA, 1);
	check(user(u_load, USER_VA, 0) == 5, "does not reach a supervisor page in the lower half");
	/* The user bit in the kernel half's leaf means nothing: the root's entry has none (I-7). */
	guest_map(guest_start->kernel_root, KERNEL_VA + GUEST_PAGE, kernel_page, GUEST_USER | GUEST_WRITE);
	check(user(u_load, KERNEL_VA + GUEST_PAGE, 0) == 5, "nor a page in the upper half whose entry has the user bit");
	*(uint8_t *)guest_pointer(kernel_page) = 0xc3;
	check(try_with("jmp *%%rdi", KERNEL_VA + GUEST_PAGE) == -1, "which is the kernel's: it may execute it");
}

static void try_large(void)
{
	uint64_t chunk = guest_chunk(), va = 0x40000000, value, root = guest_start->user_root, table;
	uint64_t *direct = guest_pointer(chunk);

	direct[0] = 1;
	direct[GUEST_CHUNK / 8 - 1] = 2;
	guest_map(root, va, chunk, GUEST_USER | GUEST_WRITE | GUEST_LARGE);
	check(user(u_load, va, 0) == -1 && test_regs.rax == 1 && user(u_load, va + GUEST_CHUNK - 8, 0) == -1 && test_regs.rax == 2, "2 MiB in one leaf");
	/* Replaced by a table of the same pages, and back. */
	table = guest_table(1);
	guest_must(guest_op(RB_OP_SET, table, 0, 512, guest_machine(chunk) | 5));
	guest_must(guest_op(RB_OP_LINK, guest_table_for(root, va, 2), guest_index(va, 2), 1, table));
	guest_flush(va, 512);
	check(user(u_load, va + GUEST_CHUNK - 8, 0) == -1 && test_regs.rax == 2 && user(u_store, va, 0) == 7, "split into 512 read-only pages by one run");
	check(guest_entry(root, va, 2) & 0x20, "the link is accessed");
	guest_must(guest_op(RB_OP_SET, guest_table_for(root, va, 2), guest_index(va, 2), 1, guest_machine(chunk) | 0x87));
	guest_flush(va, 512);
	check(user(u_store, va + 8, 3) == -1 && direct[1] == 3, "and joined again, which unlinks the table");
	guest_must(guest_op(RB_OP_TYPE, table, 0, 1, 1));
	check(kernel_load(va, &value) == -1, "typing that table anew touches nothing");
	guest_unmap(root, va);
	check(user(u_load, va, 0) == 4, "unmapped");
}

static void try_tables(void)
{
	uint64_t root = guest_start->user_root, va = 0x80000000, page = guest_page(), t1 = guest_table(1), value, t2;

	*(uint64_t *)guest_pointer(page) = 0x55;
	guest_must(guest_op(RB_OP_SET, t1, 5, 1, guest_machine(page) | 7));
	t2 = guest_table_for(root, va, 2);
	check(kernel_load(va + 5 * GUEST_PAGE, &value) == 0, "a table filled, not linked: nothing");
	guest_must(guest_op(RB_OP_LINK, t2, guest_index(va, 2), 1, t1));
	check(kernel_load(va + 5 * GUEST_PAGE, &value) == -1 && value == 0x55, "linked: its page");
	guest_must(guest_op(RB_OP_SET, t2, guest_index(va, 2), 1, 0));
	guest_flush(va, 512);
	check(kernel_load(va + 5 * GUEST_PAGE, &value) == 0, "unlinked: gone");
	guest_must(guest_op(RB_OP_LINK, t2, guest_index(va, 2) + 1, 1, t1));
	check(kernel_load(va + GUEST_CHUNK + 5 * GUEST_PAGE, &value) == -1 && value == 0x55, "linked elsewhere: as it was");
	guest_must(guest_op(RB_OP_SET, t2, guest_index(va, 2) + 1, 1, 0));
	guest_must(guest_op(RB_OP_TYPE, t1, 0, 1, 1));
	guest_must(guest_op(RB_OP_LINK, t2, guest_index(va, 2), 1, t1));
	guest_flush(va, 512);
	check(kernel_load(va + 5 * GUEST_PAGE, &value) == 0, "typed anew: empty");

	/* Three levels of an unloaded tree, linked by one operation in the loaded root. */
	{
		uint64_t a3 = guest_table(3), a2 = guest_table(2), a1 = guest_table(1), there = 3ul << 39;

		guest_must(guest_op(RB_OP_SET, a1, 0, 1, guest_machine(page) | 7));
		guest_must(guest_op(RB_OP_LINK, a2, 0, 1, a1));
		guest_must(guest_op(RB_OP_LINK, a3, 0, 1, a2));
		check(kernel_load(there, &value) == 0, "a tree of its own: nothing");
		guest_must(guest_op(RB_OP_LINK, root, 3, 1, a3));
		check(kernel_load(there, &value) == -1 && value == 0x55, "linked into the loaded root: there");
		guest_must(rb_pt_update(rb_op_word(RB_OP_SET, root, 3, 1), 0, rb_op_word(RB_OP_FLUSH, 0, 0, 1), 0, 0, 0, &value));
		check(kernel_load(there, &value) == 0, "taken out of it: gone");
		check(guest_op(RB_OP_TYPE, a3, 0, 1, 1) == RB_OK && guest_op(RB_OP_TYPE, a2, 0, 1, 3) == RB_OK && guest_op(RB_OP_TYPE, a1, 0, 1, 2) == RB_OK,
		      "its frames become tables of other levels, from the top");
	}
}

/* The kernel half of the loaded root follows the kernel root. */
static void try_kernel_root(void)
{
	uint64_t t3 = guest_table(3), va = RB_GATE_END + (5ul << 39), page = guest_page(), value;

	*(uint64_t *)guest_pointer(page) = 0x66;
	guest_must(guest_op(RB_OP_LINK, guest_start->kernel_root, guest_index(va, 4), 1, t3));
	guest_map(guest_start->kernel_root, va, page, GUEST_WRITE);
	check(kernel_load(va, &value) == -1 && value == 0x66, "a new slot of the kernel root works at once");
	guest_must(guest_op(RB_OP_SET, guest_start->kernel_root, guest_index(va, 4), 1, 0));
	guest_must(rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 0));
	check(kernel_load(va, &value) == 0, "and is gone after tlb_flush");
}

int main(struct rb_start_info *start)
{
	user_setup();
	try_page(start->kernel_root, KERNEL_VA);
	try_page(start->user_root, USER_VA);
	try_user_rights();
	try_large();
	try_tables();
	try_kernel_root();
	return test_end();
}
