/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * What a vCPU's kernel sets up for itself.
 *
 * Provokes: vcpu_set_page while events come; vcpu_set_entry and vcpu_set_gs at their limits; descriptors good and bad, loaded into segment registers of both rings, and changed
 * under them; TSC_AUX; XCR0 by the processor's rules, AVX state over events, calls and waiting.
 * Must: use the new page at once, keep the time record in it; refuse what no kernel address is; refuse code, system, 16-bit and privileged
 * descriptors; lose no vector state.
 */
#include "test.h"

#define FLAT 0x00cff3000000fffful	/* present, level 3, writable, accessed */

USER_CODE(u_call, "syscall");
USER_CODE(u_fs, "mov %edi, %fs; mov %fs, %eax; xor %edx, %edx; mov %edx, %fs; syscall");
USER_CODE(u_read_fs, "mov %edi, %fs; mov %fs:8, %eax; xor %edx, %edx; mov %edx, %fs; syscall");
USER_CODE(u_ss, "mov %edi, %ss; syscall");
USER_CODE(u_ss_spin, "mov %edi, %ss; 1: cmpl $0, 0x600000; je 1b; mov %ss, %eax; syscall");
USER_CODE(u_lsl, "mov %edi, %eax; lsl %eax, %eax; jnz 1f; syscall; 1: ud2");
USER_CODE(u_tsc_aux, "rdtscp; syscall");
USER_CODE(u_avx, "mov %rdi, 0x600000; vbroadcastsd 0x600000, %ymm3; mov $1, %eax; syscall; vmovdqu %ymm3, 0x600020; syscall");

static volatile unsigned fired;

static void handler(struct guest_regs *regs, unsigned vector)
{
	fired++;
}

static void end_spin(struct guest_regs *regs, unsigned vector)
{
	user_data[0] = 1;
}

static void try_page(void)
{
	struct rb_vcpu_page *first = guest_vcpu;
	uint64_t page = guest_page(), other = guest_page(), reserve = guest_start->kernel_root * GUEST_PAGE;

	check_status(rb_vcpu_set_page(page + 64), RB_INVAL);
	check_status(rb_vcpu_set_page(reserve), RB_TYPE);
	check_status(rb_vcpu_set_page((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT), RB_NOENT);
	check_status(rb_vcpu_set_page(1ul << 52), RB_INVAL);
	guest_must(rb_event_send(1, 0x40));
	check(first->pending, "the old one serves on");
	guest_events_on();
	guest_events_off();
	fired = 0;

	memcpy(guest_pointer(page), first, GUEST_PAGE);
	guest_vcpu = guest_pointer(page);
	check_status(rb_vcpu_set_page(page), RB_OK);
	guest_must(rb_event_send(1, 0x40));
	check(guest_vcpu->pending && !first->pending, "the new page gets the vectors");
	guest_events_on();
	check(fired == 1, "delivered");
	guest_events_off();
	check(user_run(u_call) == 1 && guest_is_syscall(&test_regs), "its kernel_sp serves");
	memset(first, 0xff, GUEST_PAGE);
	check(user_run(u_call) == 1 && try("ud2") == 6, "the old one is ordinary memory again");

	/* An empty page: time and identity are the hypervisor's to write. */
	guest_vcpu = guest_pointer(other);
	guest_must(rb_vcpu_set_page(other));
	note("in a page of zeros: time version %u, run state %u", guest_vcpu->time.version, guest_vcpu->run_state);
	memcpy(&guest_vcpu->time, &((struct rb_vcpu_page *)guest_pointer(page))->time, sizeof(guest_vcpu->time));
	check(user_run(u_call) == 1, "events arrive");
	/* The page may be one that is also a stack, or mapped for users: the guest's own trouble. */
	guest_map(guest_start->user_root, 0x10000000, other, GUEST_USER | GUEST_WRITE);
	check(user_run(u_call) == 1, "mapped for users too");
	guest_vcpu = first;
	memcpy(first, guest_pointer(other), GUEST_PAGE);
	guest_must(rb_vcpu_set_page(guest_start->vcpu_page));
}

static void try_entry(void)
{
	uint64_t u = (uint64_t)guest_user_entry, k = (uint64_t)guest_kernel_entry, s = (uint64_t)guest_range_start, e = (uint64_t)guest_range_end;
	static const uint64_t bad[] = { 1, 0x400000, RB_GATE_START, RB_GATE_END - 1, 1ul << 47, 1ul << 63 };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_quietly(rb_vcpu_set_entry(bad[i], k, s, e, 0) == RB_INVAL, "user entry %lx", bad[i]);
		check_quietly(rb_vcpu_set_entry(u, bad[i], s, e, 0) == RB_INVAL, "kernel entry %lx", bad[i]);
		check_quietly(rb_vcpu_set_entry(u, k, bad[i], e, 0) == RB_INVAL, "range start %lx", bad[i]);
		check_quietly(rb_vcpu_set_entry(u, k, s, bad[i], 0) == RB_INVAL, "range end %lx", bad[i]);
		check_quietly(rb_vcpu_set_entry(u, k, s, e, bad[i]) == RB_INVAL, "emergency stack %lx", bad[i]);
	}
	check_status(rb_vcpu_set_entry(0, k, s, e, 0), RB_INVAL);
	check_status(rb_vcpu_set_entry(u, 0, s, e, 0), RB_INVAL);
	check_status(rb_vcpu_set_entry(u, k, e, s, 0), RB_INVAL);
	check_status(rb_vcpu_set_entry(u, k, 0, 0, 0), RB_OK);
	check_status(rb_vcpu_set_entry(u, k, s, s, 0), RB_OK);
	check_status(rb_vcpu_set_entry(u, k, s, e, RB_GATE_END), RB_OK);
	guest_set_entry(0);
	check_status(rb_vcpu_set_gs(1ul << 47), RB_INVAL);
	check_status(rb_vcpu_set_gs(1ul << 63), RB_INVAL);
	check_status(rb_vcpu_set_gs(~0ul), RB_OK);
	check(try("ud2") == 6, "an event with that GS base");
	check_status(rb_vcpu_set_gs(0), RB_OK);
}

static bool user_loads(const char *code, uint64_t selector, uint64_t wanted)
{
	guest_user_regs(&test_regs, user_address(code), USER_STACK);
	test_regs.rdi = selector;
	user_resume();
	return guest_is_syscall(&test_regs) && test_regs.rax == wanted;
}

static void try_descriptors(void)
{
	static const struct {
		const char *what;
		uint64_t descriptor;
	} bad[] = {
		{ "code", 0x00affb000000ffff }, { "32-bit code", 0x00cffb000000ffff }, { "conforming code", 0x00affe000000ffff }, { "level 0", 0x00cf93000000ffff },
		{ "level 1", 0x00cfb3000000ffff }, { "level 2", 0x00cfd3000000ffff }, { "not present", 0x00cf73000000ffff }, { "16-bit", 0x008ff3000000ffff },
		{ "a task", 0x0000e90000000067 }, { "a local table", 0x0000e20000000067 }, { "a call gate", 0x0000ec0000800000 }, { "an interrupt gate", 0x0000ee0000800000 },
		{ "only a bit", 1 }, { "L", 0x00eff3000000ffff },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (uint64_t slot = 0; slot < 4; slot++)
			check_quietly(rb_vcpu_set_descriptor(slot, bad[i].descriptor) == RB_INVAL, "%s in slot %lu", bad[i].what, slot);
	check_status(rb_vcpu_set_descriptor(4, 0), RB_INVAL);
	check(!user_loads(u_fs, 0x63, 0x63) && guest_vector(&test_regs) == 13, "an empty slot does not load");
	for (uint64_t slot = 0; slot < 4; slot++) {
		guest_must(rb_vcpu_set_descriptor(slot, FLAT & ~(1ul << 40)));
		check_quietly(user_loads(u_fs, 0x63 + 8 * slot, 0x63 + 8 * slot), "slot %lu does not load", slot);
		check_quietly(try_with("mov %%edi, %%fs; xor %%edi, %%edi; mov %%edi, %%fs", 0x63 + 8 * slot) == -1, "slot %lu does not load in ring 1", slot);
	}
	check(true, "four slots load, their accessed bit was set");
	/* A base: the thread's data at 0x600000. */
	user_data[1] = 0x4242;
	guest_must(rb_vcpu_set_descriptor(1, FLAT | 0x600000ul << 16));
	check(user_loads(u_read_fs, 0x6b, 0x4242), "a base is used: %lx", test_regs.rax);
	check(user_loads(u_lsl, 0x7b, 0xffffffff), "LSL of the CPU number's slot");
	guest_must(rb_vcpu_set_descriptor(3, 0x0040f20000000000ul | 5 | 1ul << 40));
	check(user_loads(u_lsl, 0x7b, 5), "as a CPU number: %lx", test_regs.rax);
	check(user_loads(u_ss, 0x63, 0), "a stack selector of the guest's: ss %lx", test_regs.ss & 0xffff);
	/* In SS while interrupts come, of which the guest sees one: the hypervisor's way back and the guest's keep it. */
	guest_set_handler(RB_VECTOR_TIMER, end_spin);
	user_data[0] = 0;
	guest_must(rb_timer_set(guest_time() + 3000000));
	check(user_loads(u_ss_spin, 0x63, 0x63), "kept over interrupts: %lx, vector %u", test_regs.rax, guest_vector(&test_regs));
	guest_set_handler(RB_VECTOR_TIMER, handler);
	/* Read-only and expand-down data may be set, and cannot be in SS. */
	guest_must(rb_vcpu_set_descriptor(0, FLAT & ~(1ul << 41)));
	check(!user_loads(u_ss, 0x63, 0) && guest_vector(&test_regs) == 13, "read-only data is no stack");
	guest_must(rb_vcpu_set_descriptor(0, 0));
	check(!user_loads(u_fs, 0x63, 0x63) && guest_vector(&test_regs) == 13, "emptied again");
	for (uint64_t slot = 0; slot < 4; slot++)
		guest_must(rb_vcpu_set_descriptor(slot, 0));
}

static void try_xcr0(void)
{
	uint64_t mask = guest_start->xcr0_mask;

	check(mask & 1, "components offered: %lx", mask);
	check_status(rb_vcpu_set_xcr0(0), RB_INVAL);
	check_status(rb_vcpu_set_xcr0(2), RB_INVAL);
	check_status(rb_vcpu_set_xcr0(5), RB_INVAL);
	check_status(rb_vcpu_set_xcr0(1ul << 63 | 1), RB_INVAL);
	check_status(rb_vcpu_set_xcr0(1ul << 17 | 3), RB_INVAL);
	for (unsigned bit = 1; bit < 64; bit++)
		if (!(mask >> bit & 1))
			check_quietly(rb_vcpu_set_xcr0(3 | 1ul << bit) == RB_INVAL, "component %u, which is not offered", bit);
	check_quietly(rb_vcpu_set_xcr0(7 | 0x20) == RB_INVAL && rb_vcpu_set_xcr0(7 | 0xc0) == RB_INVAL, "a part of AVX-512");
	check_status(rb_vcpu_set_xcr0(1), RB_OK);
	check_status(rb_vcpu_set_xcr0(3), RB_OK);
	check(try("vpxor %%ymm0, %%ymm0, %%ymm0") == 6, "AVX off: undefined");
	check_status(rb_vcpu_set_xcr0(mask), RB_OK);
	if (!(mask & 4)) {
		note("no AVX here");
		return;
	}
	check(try("vpxor %%ymm0, %%ymm0, %%ymm0") == -1, "AVX on");
	check(try("xor %%ecx, %%ecx; xgetbv; ud2") == 6 && (uint32_t)test_regs.rax == mask, "XGETBV tells %lx", test_regs.rax);

	for (unsigned i = 0; i < 20; i++) {
		uint64_t pattern = 0x123456789abcdef0ul + i;

		guest_user_regs(&test_regs, user_address(u_avx), USER_STACK);
		test_regs.rdi = pattern;
		user_resume();
		guest_must(rb_timer_set(guest_time() + 500000));
		fired = 0;
		while (!fired)
			guest_must(rb_sched_block());
		guest_events_off();
		user_resume();
		for (unsigned word = 0; word < 4; word++)
			check_quietly(user_data[4 + word] == pattern, "YMM3, word %u: %lx", word, user_data[4 + word]);
	}
	check(true, "AVX state lasts over system calls, hypercalls, waiting and interrupts");
}

int main(struct rb_start_info *start)
{
	user_setup();
	guest_set_handler(0x40, handler);
	guest_set_handler(RB_VECTOR_TIMER, handler);
	try_page();
	try_entry();
	try_descriptors();
	for (uint64_t value = 0; value <= 0xffffffff; value += 0x55555555) {
		guest_must(rb_vcpu_set_tsc_aux(value));
		user_run(u_tsc_aux);
		/* RCX is SYSCALL's by then: the guest kernel looks itself. */
		check_quietly(try("rdtscp; ud2") == 6 && test_regs.rcx == value, "TSC_AUX %lx: %lx", value, test_regs.rcx);
	}
	check_status(rb_vcpu_set_tsc_aux(1ul << 32), RB_INVAL);
	try_xcr0();
	return test_end();
}
