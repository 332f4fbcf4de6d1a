/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * What a guest can reach of the hypervisor.
 *
 * Provokes: from ring 1, a read of every page of the gate's 2 MiB, and of addresses all over the hypervisor's range: its image, its direct map of
 * all memory, the local APIC, the windows; a write to every page that can be read; a jump into every page that is not text; from ring 3, all three.
 * Must: find exactly the pages of docs/memory-map.md, with their rights; ring 3 reaches none (I-1, I-7). What can be written may hold any rubbish while
 * guest code runs: all events work afterwards (I-11).
 */
#include "test.h"

#define PAGE(offset)	(RB_GATE_START + (offset))
#define WINDOWS		(RB_GATE_START + 0x80000000)

static bool can_read(uint64_t address)
{
	return try_with("mov (%%rdi), %%rax", address) == -1;
}

/* Writes back what is there, so that a success harms nothing. */
static bool can_write(uint64_t address)
{
	return try_with("mov (%%rdi), %%rax; mov %%rax, (%%rdi)", address) == -1;
}

static bool cannot_execute(uint64_t address)
{
	return try_with("jmp *%%rdi", address) == 14 && (test_regs.error_code & 0x10) && test_regs.data == address;
}

USER_CODE(u_load, "mov (%rdi), %rax; ud2");
USER_CODE(u_store, "mov %rdi, (%rdi); ud2");
USER_CODE(u_jump, "jmp *%rdi");
USER_CODE(u_call, "syscall");

static bool user_cannot(const char *code, uint64_t address)
{
	guest_user_regs(&test_regs, user_address(code), USER_STACK);
	test_regs.rdi = address;
	return user_resume() == 14 && test_regs.data == address && (test_regs.error_code & 4);
}

static bool is_text(uint64_t offset)
{
	return offset < 0x2000;
}

static bool is_constant(uint64_t offset)
{
	return offset == 0x10000 || offset == 0x11000 || offset == 0x12000;
}

static bool is_scratch(uint64_t offset)
{
	return offset == 0x20000 || offset == 0x22000 || offset == 0x24000 || offset == 0x26000 || offset == 0x28000;
}

static void try_gate(void)
{
	unsigned pages = 0;

	for (uint64_t offset = 0; offset < GUEST_CHUNK; offset += GUEST_PAGE) {
		bool readable = can_read(PAGE(offset)), wanted = is_constant(offset) || is_scratch(offset) || offset == 0x30000;

		pages += readable;
		check_quietly(readable == wanted || (is_text(offset) && (readable || offset)), "gate + %lx can be read: %u", offset, readable);
		check_quietly(can_write(PAGE(offset)) == (is_scratch(offset) || offset == 0x30000), "gate + %lx: write", offset);
		if (!is_text(offset))
			check_quietly(cannot_execute(PAGE(offset)), "gate + %lx: fetch", offset);
		check_quietly(user_cannot(u_load, PAGE(offset)) && user_cannot(u_store, PAGE(offset)) && user_cannot(u_jump, PAGE(offset)),
			      "gate + %lx: ring 3", offset);
	}
	check(pages == 10 || pages == 11, "%u pages in the gate, with their rights", pages);
}

/* No entry: neither ring reads, writes or executes. */
static void try_nothing(uint64_t address, unsigned *wrong)
{
	if (can_read(address) || can_write(address) || !cannot_execute(address) || !user_cannot(u_load, address)) {
		(*wrong)++;
		check(false, "%lx is mapped", address);
	}
}

static void try_rest(void)
{
	unsigned wrong = 0;

	for (uint64_t address = RB_GATE_START + GUEST_CHUNK; address < RB_GATE_START + (4ul << 30); address += GUEST_CHUNK)
		if (address < WINDOWS || address >= WINDOWS + 3 * GUEST_CHUNK)
			try_nothing(address, &wrong);
	check(wrong == 0, "nothing else in the gate's first 4 GiB");
	for (uint64_t address = 0xffff800040000000; address < 0xffff800040000000 + 2 * GUEST_CHUNK; address += GUEST_PAGE)
		try_nothing(address, &wrong);
	check(wrong == 0, "nothing of the hypervisor's image");
	for (uint64_t address = RB_GATE_START + (4ul << 30); address < RB_GATE_START + (512ul << 30); address += 1ul << 30)
		try_nothing(address, &wrong);
	for (uint64_t slot = RB_GATE_START + (512ul << 30); slot < RB_GATE_END; slot += 512ul << 30) {
		try_nothing(slot, &wrong);
		try_nothing(slot + GUEST_CHUNK, &wrong);
		try_nothing(slot + (1ul << 30), &wrong);
		try_nothing(slot + (511ul << 30), &wrong);
	}
	check(wrong == 0, "nothing in the other slots");
	for (uint64_t address = 0; address < 256ul << 20; address += GUEST_CHUNK)
		try_nothing(0xffff840000000000 + address, &wrong);
	check(wrong == 0, "nothing of the hypervisor's direct map");
}

static void try_windows(void)
{
	static const char *const names[] = { "chunk map", "machine map", "CPUID table" };

	for (unsigned i = 0; i < 3; i++) {
		uint64_t window = WINDOWS + i * GUEST_CHUNK;
		unsigned pages = 0;

		for (uint64_t address = window; address < window + GUEST_CHUNK; address += GUEST_PAGE) {
			if (!can_read(address))
				continue;
			pages++;
			check_quietly(!can_write(address) && cannot_execute(address) && user_cannot(u_load, address), "%s: rights", names[i]);
		}
		check(pages >= 1 && pages <= 2, "%s: %u pages, read-only", names[i], pages);
	}
}

/* Everything that can be written, filled with ones: then each kind of way through the gate. */
static void try_rubbish(void)
{
	uint64_t value;

	for (uint64_t offset = 0; offset < GUEST_CHUNK; offset += GUEST_PAGE)
		if (is_scratch(offset))
			memset((void *)PAGE(offset), 0xff, GUEST_PAGE);
	check(rb_info_version(&value) == RB_OK && value == RB_ABI_VERSION, "rubbish in the scratch pages: a hypercall");
	for (uint64_t offset = 0; offset < GUEST_CHUNK; offset += GUEST_PAGE)
		if (is_scratch(offset))
			memset((void *)PAGE(offset), 0xff, GUEST_PAGE);
	check(user_run(u_call) == 1 && guest_is_syscall(&test_regs), "a system call");
	memset((void *)PAGE(0x20000), 0xff, GUEST_PAGE);
	check(try("ud2") == 6, "an exception");
	memset((void *)PAGE(0x20000), 0xff, GUEST_PAGE);
	memset((void *)PAGE(0x28000), 0xff, GUEST_PAGE);
	check(try("pushq $0x302; popfq; nop; nop") == 1, "a debug exception");
	memset((void *)PAGE(0x20000), 0xff, GUEST_PAGE);
	guest_must(rb_timer_set(guest_time() + 1000000));
	memset((void *)PAGE(0x20000), 0xff, GUEST_PAGE);
	while (!__atomic_load_n(&guest_vcpu->pending, __ATOMIC_RELAXED))
		;
	check(guest_vcpu->pending_vectors[RB_VECTOR_TIMER / 64] == 1ul << RB_VECTOR_TIMER % 64, "an interrupt");
}

int main(struct rb_start_info *start)
{
	user_setup();
	try_gate();
	try_windows();
	try_rest();
	try_rubbish();
	return test_end();
}
