/* SPDX-License-Identifier: GPL-2.0-only */
/* The chapter on time; and what the vCPU page's chapter states of events (chapter_start.c has the rest). */
#include "pending.h"

USER_CODE(u_call, "syscall");

TEST("time.version", "In a record that is not being written `version` is even.")
{
	for (unsigned i = 0; i < 3; i++) {
		expect(guest_vcpu->time.version && !(guest_vcpu->time.version & 1), "version %u", guest_vcpu->time.version);
		must(rb_vcpu_set_page(guest_start->vcpu_page));
	}
}

TEST("time.advances", "System time, as the formula gives it, never goes backwards.")
{
	uint64_t before = guest_time();

	for (unsigned i = 0; i < 2000; i++) {
		uint64_t now;

		if (i % 100 == 0)
			must(rb_vcpu_set_page(guest_start->vcpu_page));
		if (i % 250 == 0) {
			must(rb_timer_set(guest_time() + 50000));
			must(rb_sched_block());
			guest_events_off();
		}
		now = guest_time();
		expect(now >= before, "%lu after %lu", now, before);
		before = now;
	}
}

TEST("time.rate", "The factor that `tsc_to_system_mul` and `tsc_shift` make agrees with `start_info.tsc_khz` to one part in a thousand.")
{
	const struct rb_time_record *record = &guest_vcpu->time;
	/* Nanoseconds that a million ticks make, by the record and by the frequency. */
	uint64_t ticks = record->tsc_shift < 0 ? 1000000ul >> -record->tsc_shift : 1000000ul << record->tsc_shift;
	uint64_t by_record = ticks * record->tsc_to_system_mul >> 32, by_frequency = 1000000ul * 1000000ul / guest_start->tsc_khz;

	expect(guest_start->tsc_khz > 100000, "%u kHz", guest_start->tsc_khz);
	expect(by_record <= by_frequency + by_frequency / 1000 && by_frequency <= by_record + by_record / 1000, "a million ticks are %lu ns, or %lu", by_record, by_frequency);
}

TEST("time.stable_bit", "Bit 0 of the record's `flags` is set: the TSC is the same on all vCPUs.")
{
	expect(guest_vcpu->time.flags & 1, "flags %#x", guest_vcpu->time.flags);
}

TEST("time.wall", "`wall_nanoseconds` is below 1,000,000,000.")
{
	expect(guest_start->wall_nanoseconds < 1000000000, "%u", guest_start->wall_nanoseconds);
}

TEST("time.wall_sane", "`wall_seconds` plus system time in seconds is after 2020 and before 2100, on a machine whose clock is set.")
{
	uint64_t now = guest_start->wall_seconds + guest_time() / 1000000000;

	expect(now > 1577836800 && now < 4102444800, "%lu seconds since 1970", now);
}

/* ---------------- the vCPU page */

#define VERSION_CALL "xor %%eax, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d; syscall"

/* Ends what it interrupted, as an exception would, with events left off: the library must not take what else is pending. */
static void catch_one(struct guest_regs *regs)
{
	regs->flags &= ~0x200ul;
	guest_caught(regs);
}

TEST("vcpu_page.taken", "When the hypervisor delivers a vector it clears its bit in `pending_vectors`, and `pending` is 1 afterwards exactly if another vector waits.")
{
	static const unsigned vectors[] = { 0xf0, 0x80, 0x40 };

	for EACH(i, vectors)
		must(rb_event_send(1, vectors[i]));
	event_hook = catch_one;
	for EACH(i, vectors) {
		guest_vcpu->events_enabled = 1;
		expect(try(VERSION_CALL) ==
		       (int)vectors[i], "vector %u came", guest_vector(&test_regs));
		guest_vcpu->events_enabled = 0;
		for EACH(j, vectors)
			expect(is_pending(vectors[j]) == (j > i), "after %#x: the bit of %#x", vectors[i], vectors[j]);
		expect_equal(guest_vcpu->pending, i < 2);
	}
	event_hook = NULL;
}

TEST("vcpu_page.low_bits", "Bits 0 to 31 of `pending_vectors` are no vectors: if a guest sets them, no event comes of it.")
{
	guest_vcpu->pending_vectors[0] = 0xffffffff;
	guest_vcpu->pending = 1;
	guest_vcpu->events_enabled = 1;
	must(rb_info_version(&result));
	guest_events_off();
	expect_equal(seen.count, 0);
	guest_vcpu->pending = 1;
	guest_vcpu->pending_vectors[0] |= 1ul << 40;
	guest_vcpu->events_enabled = 1;
	/* With a vector above: that one. */
	event_hook = catch_one;
	expect(try(VERSION_CALL) == 40,
	       "vector %u came", guest_vector(&test_regs));
	guest_vcpu->events_enabled = 0;
	guest_vcpu->pending_vectors[0] = 0;
	guest_vcpu->pending = 0;
	event_hook = NULL;
}

TEST("vcpu_page.kernel_sp", "The hypervisor does not write `kernel_sp`: it is as the kernel left it, after events and calls.")
{
	uint64_t sp = (uint64_t)guest_user_stack + GUEST_STACK_BYTES - 24;

	guest_user_regs(&test_regs, user_address(u_call), USER_STACK);
	guest_run_user_with(&test_regs, sp);
	expect_equal(guest_vcpu->kernel_sp, sp);
	guest_vcpu->kernel_sp = 0x1122334455667788;
	must(rb_event_send(1, 0x40));
	must(rb_sched_block());
	must(rb_timer_set(guest_time() + A_WHILE));
	must(rb_sched_block());
	guest_events_off();
	must(rb_root_load(guest_start->user_root));
	expect_equal(try("ud2"), 6);
	expect_equal(guest_vcpu->kernel_sp, 0x1122334455667788);
}
