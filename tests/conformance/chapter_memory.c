/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chapters on page tables, on ordering and on the gate.
 *
 * QEMU and Bochs forget all translations at every load of CR3 (see pagetable.c): of flushes only that what must be seen is seen.
 */
#include "tables.h"

USER_CODE(u_load, "mov (%rdi), %rax; syscall");
USER_CODE(u_store, "mov %rdi, (%rdi); syscall");
USER_CODE(u_call_at, "jmp *%rdi");
USER_CODE(u_syscall, "syscall");
USER_CODE(u_events, "ud2");

static uint64_t user_read(uint64_t address)
{
	return user_calls(u_load, address) ? test_regs.rax : FAULT;
}

/* ---------------- page tables */

TEST("pagetable.linked_edit", "Entries of a table can be set before it is linked, while it is linked, and after it was unlinked.")
{
	uint64_t lower = guest_table(1), upper = guest_table_for(guest_start->kernel_root, KERNEL_VA, 2), index = guest_index(KERNEL_VA, 2);

	accepted(op(RB_OP_SET, lower, 0, 1, LEAF(guest_machine(page_with(1)))));
	must(op(RB_OP_LINK, upper, index, 1, lower));
	expect_equal(read_at(KERNEL_VA), 1);
	accepted(op(RB_OP_SET, lower, 1, 1, LEAF(guest_machine(page_with(2)))));
	expect_equal(read_at(KERNEL_VA + GUEST_PAGE), 2);
	must(op(RB_OP_SET, upper, index, 1, 0));
	must(op(RB_OP_FLUSH, 0, 0, 1, 0));
	expect_equal(read_at(KERNEL_VA), FAULT);
	accepted(op(RB_OP_SET, lower, 0, 1, LEAF(guest_machine(page_with(3)))));
	must(op(RB_OP_LINK, upper, index, 1, lower));
	expect(read_at(KERNEL_VA) == 3 && read_at(KERNEL_VA + GUEST_PAGE) == 2, "%lx %lx", read_at(KERNEL_VA), read_at(KERNEL_VA + GUEST_PAGE));
	must(op(RB_OP_SET, upper, index, 1, 0));
	must(op(RB_OP_FLUSH, 0, 0, 1, 0));
}

TEST("pagetable.counters", "The counters `FRAMES_TYPED` and `FRAMES_LINKED` count the frames that are typed and not linked, roots among them, and the frames that are linked; their sum grows by one for each free frame that is typed, and by nothing else.")
{
	uint64_t typed = counter(RB_COUNTER_FRAMES_TYPED), linked = counter(RB_COUNTER_FRAMES_LINKED), root, upper, lower;

	need(typed >= 2, "the two roots of the start are not counted: %lu", typed);
	root = guest_frame();
	upper = guest_frame();
	lower = guest_frame();
#define IS(t, l) expect(counter(RB_COUNTER_FRAMES_TYPED) == typed + (t) && counter(RB_COUNTER_FRAMES_LINKED) == linked + (l), "typed %+ld, linked %+ld, not " #t " and " #l, \
			counter(RB_COUNTER_FRAMES_TYPED) - typed, counter(RB_COUNTER_FRAMES_LINKED) - linked)
	must(op(RB_OP_TYPE, root, 0, 1, 4));
	IS(1, 0);
	must(op(RB_OP_TYPE, upper, 0, 1, 2));
	must(op(RB_OP_TYPE, lower, 0, 1, 1));
	IS(3, 0);
	must(op(RB_OP_LINK, upper, 0, 1, lower));
	IS(2, 1);
	must(op(RB_OP_SET, upper, 0, 1, 0));
	IS(3, 0);
	must(op(RB_OP_LINK, upper, 5, 1, lower));
	must(op(RB_OP_TYPE, upper, 0, 1, 3));
	IS(3, 0);
	must(rb_root_load(root));
	IS(3, 0);
	must(op(RB_OP_SET, lower, 0, 512, 0));
	need(op(RB_OP_LINK, lower, 0, 1, upper) == RB_INVAL, "a table of level 1");
	IS(3, 0);
#undef IS
}

TEST("pagetable.kernel_everywhere", "What is linked into the kernel root is in every address space of the domain at once, whatever user root is loaded.")
{
	uint64_t other = guest_table(4), t3 = guest_table(3), t2 = guest_table(2), t1 = guest_table(1), va = 0xfffful << 48 | 300ul << 39;

	must(op(RB_OP_SET, t1, 0, 1, LEAF(guest_machine(page_with(0x99)))));
	must(op(RB_OP_LINK, t2, 0, 1, t1));
	must(op(RB_OP_LINK, t3, 0, 1, t2));
	must(rb_root_load(other));
	must(op(RB_OP_LINK, guest_start->kernel_root, 300, 1, t3));
	expect_equal(read_at(va), 0x99);
	must(rb_root_load(guest_start->user_root));
	expect_equal(read_at(va), 0x99);
	must(op(RB_OP_SET, guest_start->kernel_root, 300, 1, 0));
	must(op(RB_OP_FLUSH, 0, 0, 1, 0));
	expect_equal(read_at(va), FAULT);
	must(rb_root_load(other));
	expect_equal(read_at(va), FAULT);
}

TEST("pagetable.reload", "`root_load` of the root that is loaded is taken.")
{
	accepted(rb_root_load(guest_start->user_root));
	accepted(rb_root_load(guest_start->user_root));
	user_data[0] = 0x1357;
	expect_equal(user_read(USER_DATA), 0x1357);
}

TEST("pagetable.user_bit", "Whether user mode reaches a page is decided by bit 2 of its leaf in the user half. In the kernel half it reaches none, whatever the leaf says.")
{
	guest_map(guest_start->user_root, USER_VA, page_with(1), GUEST_USER);
	guest_map(guest_start->user_root, USER_VA + GUEST_PAGE, page_with(2), GUEST_WRITE);
	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(3), GUEST_USER | GUEST_WRITE);
	guest_map(guest_start->kernel_root, KERNEL_VA + GUEST_PAGE, page_with(4), GUEST_WRITE);
	expect_equal(user_read(USER_VA), 1);
	expect(user_read(USER_VA + GUEST_PAGE) == FAULT && test_regs.error_code == 5, "a kernel page of the user half: error code %lx", test_regs.error_code);
	expect(user_read(KERNEL_VA) == FAULT && test_regs.error_code == 5, "a page of the kernel half with bit 2: error code %lx", test_regs.error_code);
	expect(user_read(KERNEL_VA + GUEST_PAGE) == FAULT && test_regs.error_code == 5, "one without: error code %lx", test_regs.error_code);
	expect(read_at(USER_VA) == 1 && read_at(USER_VA + GUEST_PAGE) == 2 && read_at(KERNEL_VA) == 3, "the kernel");
	for (unsigned i = 0; i < 2; i++) {
		guest_unmap(guest_start->user_root, USER_VA + i * GUEST_PAGE);
		guest_unmap(guest_start->kernel_root, KERNEL_VA + i * GUEST_PAGE);
	}
}

TEST("pagetable.readable", "A table read through the direct map shows what operations stored, and the accessed and dirty bits that the processor has set since.")
{
	uint64_t table, index = guest_index(KERNEL_VA, 1), machine;

	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(1), GUEST_WRITE | GUEST_NX);
	table = guest_table_for(guest_start->kernel_root, KERNEL_VA, 1);
	machine = entry_at(table, index) & GUEST_ADDRESS;
	expect_equal(entry_at(table, index), machine | GUEST_PRESENT | GUEST_WRITE | GUEST_NX);
	(void)read_at(KERNEL_VA);
	expect_equal(entry_at(table, index), machine | GUEST_PRESENT | GUEST_WRITE | GUEST_NX | GUEST_ACCESSED);
	*(volatile uint64_t *)KERNEL_VA = 2;
	expect_equal(entry_at(table, index), machine | GUEST_PRESENT | GUEST_WRITE | GUEST_NX | GUEST_ACCESSED | GUEST_DIRTY);
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
	expect_equal(entry_at(table, index), 0);
}

TEST("pagetable.accessed", "The processor sets the accessed bit of a leaf when its page is used, and the dirty bit when it is written.")
{
	for (unsigned user = 0; user < 2; user++) {
		uint64_t root = user ? guest_start->user_root : guest_start->kernel_root, va = user ? USER_VA : KERNEL_VA;

		guest_map(root, va, page_with(1), GUEST_WRITE | (user ? GUEST_USER : 0));
		expect_equal(guest_entry(root, va, 1) & (GUEST_ACCESSED | GUEST_DIRTY), 0);
		expect_equal(user ? user_read(va) : read_at(va), 1);
		expect_equal(guest_entry(root, va, 1) & (GUEST_ACCESSED | GUEST_DIRTY), GUEST_ACCESSED);
		expect(user ? user_calls(u_store, va) : kernel_store(va) == -1, "it cannot be written");
		expect_equal(guest_entry(root, va, 1) & (GUEST_ACCESSED | GUEST_DIRTY), GUEST_ACCESSED | GUEST_DIRTY);
		guest_unmap(root, va);
	}
}

TEST("pagetable.run_stops", "When an operation on several entries is refused at one of them, the entries before that one are changed, and the others are not.")
{
	uint64_t table = guest_table(1), last = memory.chunk, typed = reserve_end() - 3;

	/* SET: a run over the end of our memory. */
	while (guest_from_machine(last + GUEST_CHUNK) != ~0ul)
		last += GUEST_CHUNK;
	last += GUEST_CHUNK - 3 * GUEST_PAGE;
	must(op(RB_OP_SET, table, 0, 8, memory.end));
	expect_equal(op(RB_OP_SET, table, 1, 6, LEAF(last)), RB_OWNER);
	for (unsigned i = 0; i < 8; i++)
		expect_equal(entry_at(table, i), i >= 1 && i <= 3 ? LEAF(last) + (i - 1) * GUEST_PAGE : memory.end);
	/* TYPE: a run over the end of the reserve. */
	expect_equal(op(RB_OP_TYPE, typed, 0, 5, 1), RB_NOENT);
	for (unsigned i = 0; i < 3; i++)
		accepted(op(RB_OP_SET, typed + i, 0, 1, 0));
}

/* ---------------- ordering */

TEST("order.present", "After an entry that was not present was made present, an access by the same vCPU needs no flush to succeed.")
{
	for (uint64_t i = 0; i < 16; i++) {
		uint64_t va = KERNEL_VA + i * GUEST_PAGE;

		expect_equal(read_at(va), FAULT);
		guest_map(guest_start->kernel_root, va, page_with(i), GUEST_WRITE);
		expect_equal(*(volatile uint64_t *)va, i);
	}
	for (uint64_t i = 0; i < 16; i++)
		guest_unmap(guest_start->kernel_root, KERNEL_VA + i * GUEST_PAGE);
}

TEST("order.accessed", "After AND cleared the accessed and the dirty bit of a leaf and its page was flushed, the next access sets the accessed bit, and the next write the dirty bit.")
{
	uint64_t table, index = guest_index(KERNEL_VA, 1);

	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(1), GUEST_WRITE);
	table = guest_table_for(guest_start->kernel_root, KERNEL_VA, 1);
	for (unsigned round = 0; round < 3; round++) {
		*(volatile uint64_t *)KERNEL_VA = round;
		must(op(RB_OP_AND, table, index, 1, ~(GUEST_ACCESSED | GUEST_DIRTY)));
		must(op(RB_OP_FLUSH, 0, 1, 1, KERNEL_VA));
		expect_equal(entry_at(table, index) & (GUEST_ACCESSED | GUEST_DIRTY), 0);
		expect_equal(*(volatile uint64_t *)KERNEL_VA, round);
		expect_equal(entry_at(table, index) & (GUEST_ACCESSED | GUEST_DIRTY), GUEST_ACCESSED);
		*(volatile uint64_t *)KERNEL_VA = round;
		expect_equal(entry_at(table, index) & (GUEST_ACCESSED | GUEST_DIRTY), GUEST_ACCESSED | GUEST_DIRTY);
	}
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
}

TEST("order.level", "After TYPE gave another level to a table that was unlinked, no access goes by what the table was before, without a flush by the guest.")
{
	uint64_t t2 = guest_table(2), t1 = guest_table(1), t3 = guest_table_for(guest_start->kernel_root, KERNEL_VA, 3), index = guest_index(KERNEL_VA, 3), word;

	need(!entry_at(t3, index + 1), "in use");
	must(op(RB_OP_SET, t1, 0, 1, LEAF(guest_machine(page_with(1)))));
	must(op(RB_OP_LINK, t2, 0, 1, t1));
	must(op(RB_OP_LINK, t3, index + 1, 1, t2));
	expect_equal(read_at(KERNEL_VA + (1ul << 30)), 1);
	/* Taken out, made another table, and filled, in one call; no FLUSH. */
	word = rb_op_word(RB_OP_SET, t3, index + 1, 1);
	must(rb_pt_update(word, 0, rb_op_word(RB_OP_TYPE, t2, 0, 1), 1, rb_op_word(RB_OP_SET, t2, 0, 512), LEAF(memory.chunk) | GUEST_WRITE, &result));
	expect_equal(read_at(KERNEL_VA + (1ul << 30)), FAULT);
}

TEST("order.vector_bit", "When `pending` is 1 because a vector was raised, the vector's bit in `pending_vectors` is already set.")
{
	/* As far as one vCPU can see: at every moment at which it looks. */
	for (unsigned round = 0; round < 20; round++) {
		must(rb_timer_set(guest_time() + 30000 + round * 777));
		while (!__atomic_load_n(&guest_vcpu->pending, __ATOMIC_SEQ_CST))
			;
		expect(guest_vcpu->pending_vectors[RB_VECTOR_TIMER / 64] >> RB_VECTOR_TIMER % 64 & 1, "round %u", round);
		events_take();
	}
	must(rb_event_send(1, 0x40));
	expect(guest_vcpu->pending && (guest_vcpu->pending_vectors[1] & 1), "event_send");
}

/* ---------------- the gate */

/* Addresses in each part of the hypervisor's range. */
static const uint64_t gate_addresses[] = {
	RB_GATE_START, RB_GATE_START + 0x1000, RB_GATE_START + 0x10000, RB_GATE_START + 0x11000, RB_GATE_START + 0x20000, RB_GATE_START + 0x30000, RB_GATE_START + 0x100000,
	RB_GATE_START + 0x40000000, RB_GATE_START + 0x80000000, 0xffff808000000000, 0xffff840000000000, RB_GATE_END - 8,
};

TEST("gate.user_mode", "User mode can neither read, write nor execute at an address in the hypervisor's range: it is a page fault.")
{
	const char *const codes[] = { u_load, u_store, u_call_at };

	for EACH(i, gate_addresses) {
		for EACH(j, codes) {
			user_calls(codes[j], gate_addresses[i]);
			expect(guest_vector(&test_regs) == 14 && test_regs.data == gate_addresses[i] && (test_regs.error_code & 4), "%s %lx: vector %u, at %lx",
			       (const char *[]){ "a read of", "a write to", "a jump to" }[j], gate_addresses[i], guest_vector(&test_regs), test_regs.data);
		}
	}
	/* The windows, and the rest of the range in large steps. */
	expect(user_read(guest_start->chunk_map) == FAULT && user_read(guest_start->machine_map) == FAULT && user_read(guest_start->cpuid_table) == FAULT, "a window can be read");
	for (uint64_t address = RB_GATE_START; address < RB_GATE_END; address += 1ul << 34)
		expect(user_read(address) == FAULT && guest_vector(&test_regs) == 14, "%lx: vector %u", address, guest_vector(&test_regs));
}

TEST("gate.text", "The kernel's write to the gate's text, at `GATE_START`, is a page fault.")
{
	uint64_t before = read_at(RB_GATE_START);

	expect(before != FAULT, "it cannot be read");
	expect_equal(kernel_store(RB_GATE_START), 3);
	expect_equal(kernel_store(RB_GATE_START + 0x800), 3);
	expect_equal(read_at(RB_GATE_START), before);
}

TEST("gate.windows", "The chunk map, the machine map and the CPUID table can be read by the kernel and not written: a write is a page fault.")
{
	const uint64_t windows[] = { guest_start->chunk_map, guest_start->machine_map, guest_start->cpuid_table };

	for EACH(i, windows) {
		uint64_t before = read_at(windows[i]);

		expect(before != FAULT, "window %u cannot be read", i);
		expect_equal(kernel_store(windows[i]), 3);
		expect_equal(read_at(windows[i]), before);
	}
}

TEST("gate.not_mapped", "At the addresses of the hypervisor's range that the table does not name nothing is mapped: an access by the kernel is a page fault.")
{
	/* Outside the gate's 2 MiB at its start and the windows: the hypervisor's image, its devices, all of the machine's memory. */
	for (uint64_t address = RB_GATE_START + GUEST_CHUNK; address < RB_GATE_END; address += address < RB_GATE_START + (4ul << 30) ? GUEST_CHUNK : 1ul << 32) {
		uint64_t value;
		bool is_window = false;
		const uint64_t windows[] = { guest_start->chunk_map, guest_start->machine_map, guest_start->cpuid_table };

		for EACH(i, windows)
			is_window |= address == windows[i];
		if (!is_window)
			expect(kernel_load(address, &value) == 0, "%lx can be read: %lx", address, value);
	}
	expect_equal(read_at(0xffff840000000000 + 0x200000), FAULT);
	expect_equal(read_at(RB_GATE_END - 8), FAULT);
}

USER_CODE(u_page_fault, "mov 0x10000000, %rax");
USER_CODE(u_int3, "int3");
USER_CODE(u_gp, "mov $0x8888, %eax; mov %eax, %ds");
USER_CODE(u_int80, "int $0x80");
USER_CODE(u_divide, "xor %eax, %eax; div %eax");

TEST("gate.no_entry", "System calls of user mode, page faults and all other exceptions but debug exceptions do not enter the hypervisor: its counters `HYPERCALLS` and `EXCEPTIONS` do not grow by them.")
{
	const char *const codes[] = { u_syscall, u_events, u_page_fault, u_int3, u_gp, u_int80, u_divide };
	uint64_t calls = counter(RB_COUNTER_HYPERCALLS), exceptions = counter(RB_COUNTER_EXCEPTIONS);

	for (unsigned round = 0; round < 10; round++) {
		for EACH(i, codes) {
			user_calls(codes[i], 0);
			if (i)
				test_try((void (*)(void *))codes[i], NULL);
		}
	}
	expect(seen.count == 10 * (2 * sizeof(codes) / sizeof(codes[0]) - 1), "%u events", seen.count);
	/* What reads the counters: two calls. */
	expect_equal(counter(RB_COUNTER_HYPERCALLS), calls + 2);
	expect_equal(counter(RB_COUNTER_EXCEPTIONS), exceptions);
}

void image_reset(void)
{
	memory_find();
}
