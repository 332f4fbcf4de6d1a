/* SPDX-License-Identifier: GPL-2.0-only */
/* The vCPU family, second part: what of the processor a kernel sets for its vCPU (segments, debug registers, extended state, TSC_AUX). */
#include "conformance.h"
#include "limits.h"

#define FLAT	0x00cff3000000fffful	/* a present, writable 32-bit data segment of level 3, accessed */
#define SLOTS	4
#define SELECTOR(slot)	(0x63 + 8 * (slot))

USER_CODE(u_store, "movl $1, 0x600000; nop; syscall");
USER_CODE(u_load_fs, "mov %edi, %fs; mov %fs, %eax; xor %edx, %edx; mov %edx, %fs; syscall");
USER_CODE(u_read_fs, "mov %edi, %fs; mov %fs:8, %eax; xor %edx, %edx; mov %edx, %fs; syscall");
USER_CODE(u_lsl, "lsl %edi, %eax; jnz 1f; syscall; 1: ud2");
USER_CODE(u_xgetbv, "xor %ecx, %ecx; xgetbv; shl $32, %rdx; or %rdx, %rax; syscall");
USER_CODE(u_avx, "vpxor %ymm0, %ymm0, %ymm0; syscall");
USER_CODE(u_avx_keep, "mov %rdi, 0x600000; vbroadcastsd 0x600000, %ymm3; syscall; 1: cmpq $0, 0x600040; je 1b; vmovdqu %ymm3, 0x600020; syscall");
USER_CODE(u_rdtscp, "rdtscp; mov %rcx, %rdi; syscall");
USER_CODE(u_rdpid, "rdpid %rdi; syscall");

/* ---------------- vcpu_set_descriptor */

/* Loaded into FS by the kernel: -1, or the exception. */
static int kernel_loads(uint64_t selector)
{
	return try_with("mov %%edi, %%fs; xor %%edi, %%edi; mov %%edi, %%fs", selector);
}

TEST("vcpu_set_descriptor.selectors", "Slots 0 to 3 are the selectors 0x63, 0x6b, 0x73 and 0x7b, of privilege level 3.")
{
	static const uint64_t selectors[SLOTS] = { 0x63, 0x6b, 0x73, 0x7b };

	for (uint64_t slot = 0; slot < SLOTS; slot++) {
		accepted(rb_vcpu_set_descriptor(slot, FLAT));
		for (unsigned i = 0; i < SLOTS; i++)
			expect_equal(kernel_loads(selectors[i]), i == slot ? -1 : 13);
		expect(user_calls(u_load_fs, selectors[slot]) && test_regs.rax == selectors[slot], "user mode cannot load slot %lu", slot);
		must(rb_vcpu_set_descriptor(slot, 0));
	}
}

TEST("vcpu_set_descriptor.loads", "A descriptor that was set can be loaded by user and kernel mode, with the base and limit it has.")
{
	user_data[1] = 0x4242;
	for (uint64_t slot = 0; slot < SLOTS; slot++) {
		accepted(rb_vcpu_set_descriptor(slot, 0x0040f30000000000ul | USER_DATA << 16 | 0xfff));
		expect(user_calls(u_read_fs, SELECTOR(slot)) && test_regs.rax == 0x4242, "user mode reads %lx through slot %lu", test_regs.rax, slot);
		expect(user_calls(u_lsl, SELECTOR(slot)) && test_regs.rax == 0xfff, "limit %lx", test_regs.rax);
		expect(try_with("mov %%edi, %%fs; mov %%fs:8, %%eax; xor %%edi, %%edi; mov %%edi, %%fs; ud2", SELECTOR(slot)) == 6 && test_regs.rax == 0x4242,
		       "kernel mode reads %lx through slot %lu", test_regs.rax, slot);
	}
}

TEST("vcpu_set_descriptor.accessed", "The accessed bit is set, whatever was given.")
{
	for (unsigned given = 0; given < 2; given++) {
		uint64_t rights = 0;

		accepted(rb_vcpu_set_descriptor(0, (FLAT & ~(1ul << 40)) | (uint64_t)given << 40));
		__asm__ volatile("lar %1, %0" : "=r"(rights) : "r"(0x63ul) : "cc");
		expect(rights & 0x100, "rights %lx", rights);
	}
}

TEST("vcpu_set_descriptor.kinds", "Base, limit, granularity, AVL, writable and expand-down are the guest's choice.")
{
	const uint64_t minimal = 0x0040f00000000000ul;
	const uint64_t free = 0xffffful << 16 >> 16 | 0xfful << 56 | 0xfffffful << 16 | 0xful << 48 | 1ul << 55 | 1ul << 52 | 1ul << 41 | 1ul << 42 | 0xfffful;

	for (unsigned bit = 0; bit < 64; bit++)
		if (free >> bit & 1)
			accepted(rb_vcpu_set_descriptor(0, minimal | 1ul << bit));
	accepted(rb_vcpu_set_descriptor(0, minimal | free));
	/* Seen through LSL and LAR: 20 bits of limit in pages, G, AVL, D, and the type. */
	accepted(rb_vcpu_set_descriptor(0, 0x00d0f70000000000ul | 0xabul));
	uint64_t limit = 0, rights = 0;

	__asm__ volatile("lsl %2, %0; lar %2, %1" : "+r"(limit), "+r"(rights) : "r"(0x63ul) : "cc");
	expect_equal(limit, 0xabffful);
	expect_equal(rights & 0xf0ff00, 0xd0f700);
}

TEST("vcpu_set_descriptor.zero", "Zero empties the slot: loading its selector is a general protection fault.")
{
	for (uint64_t slot = 0; slot < SLOTS; slot++) {
		must(rb_vcpu_set_descriptor(slot, FLAT));
		accepted(rb_vcpu_set_descriptor(slot, 0));
		expect_equal(kernel_loads(SELECTOR(slot)), 13);
		expect(!user_calls(u_load_fs, SELECTOR(slot)) && guest_vector(&test_regs) == 13, "user mode: vector %u", guest_vector(&test_regs));
	}
}

TEST("vcpu_set_descriptor.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_SET_DESCRIPTOR, ARGUMENTS(0, FLAT), BAD({ 0, 4 }, { 0, 1ul << 32 }, { 0, ~0ul }), GOOD({ 0, 3 }, { 1, 0 }));
}

static void refuse_descriptor(uint64_t descriptor)
{
	for (uint64_t slot = 0; slot < SLOTS; slot++)
		refused(RB_INVAL, rb_vcpu_set_descriptor(slot, descriptor));
}

TEST("vcpu_set_descriptor.INVAL.not_present", "the descriptor is not zero and not present")
{
	refuse_descriptor(FLAT & ~(1ul << 47));
	refuse_descriptor(1);
}

TEST("vcpu_set_descriptor.INVAL.level", "its privilege level is not 3")
{
	for (uint64_t level = 0; level < 3; level++)
		refuse_descriptor((FLAT & ~(3ul << 45)) | level << 45);
}

TEST("vcpu_set_descriptor.INVAL.system", "it is a system descriptor")
{
	for (uint64_t type = 0; type < 16; type++)
		refused(RB_INVAL, rb_vcpu_set_descriptor(type % SLOTS, (FLAT & ~(0x1ful << 40)) | type << 40));
}

TEST("vcpu_set_descriptor.INVAL.code", "it is a code segment")
{
	for (uint64_t type = 8; type < 16; type++)
		refused(RB_INVAL, rb_vcpu_set_descriptor(type % SLOTS, (FLAT & ~(0xful << 40)) | type << 40));
	refuse_descriptor(0x00affb000000ffff);
}

TEST("vcpu_set_descriptor.INVAL.not_32_bit", "its D/B bit is clear")
{
	refuse_descriptor(FLAT & ~(1ul << 54));
}

TEST("vcpu_set_descriptor.INVAL.long_mode", "its L bit is set")
{
	refuse_descriptor(FLAT | 1ul << 53);
	refuse_descriptor((FLAT | 1ul << 53) & ~(1ul << 54));
}

/* ---------------- vcpu_set_debug */

#define RF 0x10000ul

static unsigned hits;
static uint64_t hit_data, hit_ip;

/* Debug exceptions of the kernel itself are counted and passed over. */
static void count_hit(struct guest_regs *regs)
{
	if (!guest_is_user(regs) && guest_vector(regs) == 1 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION) {
		hits++;
		hit_data = regs->data;
		hit_ip = regs->ip;
		regs->flags |= RF;
		return;
	}
	guest_event_default(regs);
}

static void set_breakpoint(unsigned n, uint64_t address, uint64_t control)
{
	hits = 0;
	event_hook = count_hit;
	must(rb_vcpu_set_debug(7, 0));
	accepted(rb_vcpu_set_debug(n, address));
	accepted(rb_vcpu_set_debug(7, control));
}

static void __attribute__((noinline)) nothing(void)
{
	__asm__ volatile("");
}

static volatile uint64_t watched __attribute__((aligned(8)));

TEST("vcpu_set_debug.hit", "A breakpoint that is enabled in register 7 and is hit raises exception 1, with bit n of the event's data set for breakpoint n.")
{
	for (unsigned n = 0; n < 4; n++) {
		set_breakpoint(n, (uint64_t)&watched, DR7(n, 1, 2));
		watched = n;
		must(rb_vcpu_set_debug(7, 0));
		expect(hits == 1 && (hit_data >> n & 1), "a store, breakpoint %u: %u hits, data %lx", n, hits, hit_data);
		set_breakpoint(n, (uint64_t)nothing, DR7(n, 0, 0));
		nothing();
		must(rb_vcpu_set_debug(7, 0));
		expect(hits == 1 && (hit_data >> n & 1) && hit_ip == (uint64_t)nothing, "an instruction, breakpoint %u: %u hits, data %lx", n, hits, hit_data);
	}
}

TEST("vcpu_set_debug.off", "A breakpoint that is not enabled in register 7 raises nothing.")
{
	for (unsigned n = 0; n < 4; n++) {
		set_breakpoint(n, (uint64_t)&watched, DR7(n, 1, 2) & ~(3ul << 2 * n));
		watched = n;
		expect_equal(hits, 0);
		set_breakpoint(n, (uint64_t)&watched, DR7((n + 1) % 4, 1, 2));
		must(rb_vcpu_set_debug((n + 1) % 4, USER_STACK));
		watched = n;
		expect_equal(hits, 0);
	}
}

TEST("vcpu_set_debug.both_modes", "Breakpoints serve in user and in kernel mode.")
{
	set_breakpoint(0, USER_DATA, DR7(0, 1, 3));
	user_run(u_store);
	expect(guest_vector(&test_regs) == 1 && guest_type(&test_regs) == RB_EVENT_TYPE_EXCEPTION && (test_regs.data & 0xf) == 1, "user mode: vector %u, data %lx",
	       guest_vector(&test_regs), test_regs.data);
	*(volatile uint32_t *)USER_DATA = 2;
	must(rb_vcpu_set_debug(7, 0));
	expect(hits == 1 && (hit_data & 0xf) == 1, "kernel mode: %u hits, data %lx", hits, hit_data);
}

TEST("vcpu_set_debug.bit_10", "Bit 10 of register 7 may be given as zero or one.")
{
	for (unsigned given = 0; given < 2; given++) {
		set_breakpoint(1, (uint64_t)&watched, (DR7(1, 1, 2) & ~0x400ul) | (uint64_t)given << 10);
		watched = 1;
		must(rb_vcpu_set_debug(7, 0));
		expect_equal(hits, 1);
	}
}

TEST("vcpu_set_debug.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_SET_DEBUG, ARGUMENTS(0, 0), BAD({ 0, 8 }, { 0, 1ul << 32 }, { 0, ~0ul }), GOOD({ 0, 7 }, { 0, 3 }, { 1, ~0ul }));
}

TEST("vcpu_set_debug.INVAL.no_register", "the index is 4, 5 or 6")
{
	for (uint64_t index = 4; index <= 6; index++)
		refused(RB_INVAL, rb_vcpu_set_debug(index, 0));
}

static void refuse_addresses(const uint64_t *addresses, unsigned count)
{
	for (uint64_t index = 0; index < 4; index++)
		for (unsigned i = 0; i < count; i++)
			refused(RB_INVAL, rb_vcpu_set_debug(index, addresses[i]));
}

TEST("vcpu_set_debug.INVAL.not_canonical", "an address is not canonical")
{
	static const uint64_t addresses[] = { 1ul << 47, RB_GATE_START - 1, 1ul << 63 };

	refuse_addresses(addresses, 3);
	accepted(rb_vcpu_set_debug(0, (1ul << 47) - 1));
}

TEST("vcpu_set_debug.INVAL.gate", "an address is in the hypervisor's range, GATE_START to GATE_END")
{
	static const uint64_t addresses[] = { RB_GATE_START, RB_GATE_START + 0x21000, 0xffff840000000000, RB_GATE_END - 1 };

	refuse_addresses(addresses, 4);
	accepted(rb_vcpu_set_debug(3, RB_GATE_END));
}

TEST("vcpu_set_debug.INVAL.reserved_bit", "register 7 has a reserved bit")
{
	/* Bits 9:0 enable, 10 reads one, 13 is general detect, 31:16 conditions. */
	for (unsigned bit = 11; bit < 64; bit++)
		if (bit != 13 && (bit < 16 || bit > 31))
			refused(RB_INVAL, rb_vcpu_set_debug(7, 1ul << bit));
	accepted(rb_vcpu_set_debug(7, 0x3ff));
}

TEST("vcpu_set_debug.INVAL.general_detect", "register 7 has general detect, bit 13")
{
	refused(RB_INVAL, rb_vcpu_set_debug(7, 1ul << 13));
	refused(RB_INVAL, rb_vcpu_set_debug(7, 0x400 | 1ul << 13));
}

TEST("vcpu_set_debug.INVAL.io", "register 7 has an I/O breakpoint, enabled or not")
{
	for (unsigned n = 0; n < 4; n++) {
		refused(RB_INVAL, rb_vcpu_set_debug(7, DR7(n, 2, 0)));
		refused(RB_INVAL, rb_vcpu_set_debug(7, 2ul << (16 + 4 * n)));
	}
}

/* ---------------- vcpu_set_xcr0 */

#define X87	1ul
#define SSE	2ul
#define AVX	4ul
#define AVX512	0xe0ul

static bool is_offered(uint64_t components)
{
	return (guest_start->xcr0_mask & components) == components;
}

static uint64_t kernel_xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

TEST("vcpu_set_xcr0.read_back", "XGETBV reads the value, in user and in kernel mode.")
{
	const uint64_t values[] = { X87, X87 | SSE, guest_start->xcr0_mask, X87 };

	for EACH(i, values) {
		accepted(rb_vcpu_set_xcr0(values[i]));
		expect_equal(kernel_xcr0(), values[i]);
		expect(user_calls(u_xgetbv, 0) && test_regs.rax == values[i], "user mode reads %lx, not %lx", test_regs.rax, values[i]);
	}
}

TEST("vcpu_set_xcr0.off", "An instruction of a component that is off raises exception 6.")
{
	if (!is_offered(X87 | SSE | AVX))
		skip("no AVX here");
	accepted(rb_vcpu_set_xcr0(X87 | SSE));
	expect_equal(try("vpxor %%ymm0, %%ymm0, %%ymm0"), 6);
	expect(!user_calls(u_avx, 0) && guest_vector(&test_regs) == 6, "user mode: vector %u", guest_vector(&test_regs));
	accepted(rb_vcpu_set_xcr0(X87 | SSE | AVX));
	expect_equal(try("vpxor %%ymm0, %%ymm0, %%ymm0"), -1);
	expect(user_calls(u_avx, 0), "user mode: vector %u", guest_vector(&test_regs));
}

static void end_user_spin(struct guest_regs *regs, unsigned vector)
{
	fired[vector]++;
	user_data[8] = 1;
}

TEST("vcpu_set_xcr0.on", "A component that is on works, and its registers keep their content over calls, events and waiting.")
{
	if (!is_offered(X87 | SSE | AVX))
		skip("no AVX here");
	accepted(rb_vcpu_set_xcr0(X87 | SSE | AVX));
	guest_set_handler(RB_VECTOR_TIMER, end_user_spin);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t pattern = 0x123456789abcdef0ul + i;

		user_data[8] = 0;
		expect(user_calls(u_avx_keep, pattern), "vector %u", guest_vector(&test_regs));
		must(rb_info_version(&result));
		must(rb_timer_set(guest_time() + 100000));
		must(rb_sched_block());
		guest_events_off();
		user_data[8] = 0;
		must(rb_timer_set(guest_time() + 100000));
		user_resume();
		expect(guest_is_syscall(&test_regs) && fired[RB_VECTOR_TIMER] == 2 * i + 2, "%u timers", fired[RB_VECTOR_TIMER]);
		for (unsigned word = 0; word < 4; word++)
			expect(user_data[4 + word] == pattern, "YMM3, word %u: %lx", word, user_data[4 + word]);
	}
}

TEST("vcpu_set_xcr0.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_SET_XCR0, ARGUMENTS(X87), GOOD({ 0, guest_start->xcr0_mask & (X87 | SSE) }));
}

TEST("vcpu_set_xcr0.INVAL.no_x87", "x87, bit 0, is missing")
{
	refused(RB_INVAL, rb_vcpu_set_xcr0(0));
	refused(RB_INVAL, rb_vcpu_set_xcr0(SSE));
	refused(RB_INVAL, rb_vcpu_set_xcr0(guest_start->xcr0_mask & ~X87));
}

TEST("vcpu_set_xcr0.INVAL.not_offered", "a component is not in start_info.xcr0_mask")
{
	for (unsigned bit = 1; bit < 64; bit++)
		if (!(guest_start->xcr0_mask >> bit & 1))
			refused(RB_INVAL, rb_vcpu_set_xcr0(guest_start->xcr0_mask | 1ul << bit));
}

TEST("vcpu_set_xcr0.INVAL.avx_without_sse", "AVX is set without SSE")
{
	if (!is_offered(X87 | SSE | AVX))
		skip("no AVX here");
	refused(RB_INVAL, rb_vcpu_set_xcr0(X87 | AVX));
}

TEST("vcpu_set_xcr0.INVAL.avx512_part", "some of the three AVX-512 components are set, not all", .bochs = "QEMU has no AVX-512")
{
	need(is_offered(X87 | SSE | AVX | AVX512), "no AVX-512 here either: %x", guest_start->xcr0_mask);
	for (uint64_t part = 0x20; part < AVX512; part += 0x20)
		refused(RB_INVAL, rb_vcpu_set_xcr0(X87 | SSE | AVX | part));
	accepted(rb_vcpu_set_xcr0(X87 | SSE | AVX | AVX512));
}

TEST("vcpu_set_xcr0.INVAL.avx512_without_avx", "AVX-512 is set without AVX", .bochs = "QEMU has no AVX-512")
{
	need(is_offered(X87 | SSE | AVX | AVX512), "no AVX-512 here either: %x", guest_start->xcr0_mask);
	refused(RB_INVAL, rb_vcpu_set_xcr0(X87 | SSE | AVX512));
}

/* ---------------- vcpu_set_tsc_aux */

static const uint64_t aux_values[] = { 1, 0x12345678, 0xffffffff, 0 };

TEST("vcpu_set_tsc_aux.rdtscp", "RDTSCP returns the value in ECX, in user and in kernel mode.")
{
	for EACH(i, aux_values) {
		uint64_t aux = ~0ul;

		accepted(rb_vcpu_set_tsc_aux(aux_values[i]));
		__asm__ volatile("rdtscp" : "=c"(aux) : : "rax", "rdx");
		expect_equal(aux, aux_values[i]);
		expect(user_calls(u_rdtscp, 0) && test_regs.rdi == aux_values[i], "user mode reads %lx", test_regs.rdi);
	}
}

TEST("vcpu_set_tsc_aux.rdpid", "RDPID returns it, where the processor has the instruction.", .bochs = "QEMU has no RDPID")
{
	for EACH(i, aux_values) {
		uint64_t aux = ~0ul;

		accepted(rb_vcpu_set_tsc_aux(aux_values[i]));
		__asm__ volatile("rdpid %0" : "=r"(aux));
		expect_equal(aux, aux_values[i]);
		expect(user_calls(u_rdpid, 0) && test_regs.rdi == aux_values[i], "user mode reads %lx", test_regs.rdi);
	}
}

TEST("vcpu_set_tsc_aux.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_SET_TSC_AUX, ARGUMENTS(5), BAD({ 0, 1ul << 32 }, { 0, 1ul << 63 }, { 0, ~0ul }), GOOD({ 0, 0xffffffff }, { 0, 0 }));
}
