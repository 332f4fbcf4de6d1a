/* SPDX-License-Identifier: GPL-2.0-only */
/* The information family: version, features, calls, counters. */
#include "conformance.h"
#include "limits.h"

TEST("info_version.version", "The result is the hypervisor's major version in bits 31:16 and its minor version in bits 15:0; the other bits are zero.")
{
	accepted(rb_info_version(&result));
	expect_equal(result >> 32, 0);
	expect_equal(result >> 16, 1);
	expect_equal(result & 0xffff, RB_ABI_MINOR);
}

TEST("info_version.start_info", "It is the version that start_info has in abi_major and abi_minor.")
{
	accepted(rb_info_version(&result));
	expect_equal(result, (uint64_t)guest_start->abi_major << 16 | guest_start->abi_minor);
}

TEST("info_version.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_INFO_VERSION, NO_ARGUMENTS);
}

TEST("info_features.start_info", "Word 0 is start_info.features.")
{
	accepted(rb_info_features(0, &result));
	expect_equal(result, guest_start->features);
}

TEST("info_features.others_zero", "Bits that are not listed as features are zero.")
{
	accepted(rb_info_features(0, &result));
	expect_equal(result & ~3ul, 0);
}

TEST("info_features.NOSYS.no_word", "there is no feature word with this number")
{
	refused(RB_NOSYS, rb_info_features(1, &result));
	refused(RB_NOSYS, rb_info_features(1ul << 32, &result));
	refused(RB_NOSYS, rb_info_features(~0ul, &result));
}

TEST("info_features.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_INFO_FEATURES, ARGUMENTS(0));
}

TEST("info_call.since", "For each call of this reference the result is the version that brought it.")
{
	for (uint64_t number = 0; number < RB_NR_CALLS; number++) {
		accepted(rb_info_call(number, &result));
		expect(result == 1 << 16, "call %lu: %#lx", number, result);
	}
}

TEST("info_call.not_offered", "A call that this build does not offer (debug_check in a release build) exists nevertheless.")
{
	if (rb_debug_check(&result) == RB_OK)
		skip("a debug build offers all calls");
	accepted(rb_info_call(RB_HC_DEBUG_CHECK, &result));
	expect_equal(result, 1 << 16);
}

TEST("info_call.NOSYS.no_call", "there is no call with this number")
{
	refused(RB_NOSYS, rb_info_call(RB_NR_CALLS, &result));
	refused(RB_NOSYS, rb_info_call(1ul << 32, &result));
	refused(RB_NOSYS, rb_info_call(1ul << 63, &result));
	refused(RB_NOSYS, rb_info_call(~0ul, &result));
}

TEST("info_call.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_INFO_CALL, ARGUMENTS(0));
}

TEST("info_counter.itself", "HYPERCALLS read twice in a row, with no call between, grows by one.")
{
	uint64_t before;

	accepted(rb_info_counter(RB_COUNTER_HYPERCALLS, &before));
	accepted(rb_info_counter(RB_COUNTER_HYPERCALLS, &result));
	expect_equal(result, before + 1);
}

TEST("info_counter.sum", "ENTRIES is the sum of HYPERCALLS, INTERRUPTS and EXCEPTIONS.")
{
	uint64_t interrupts, exceptions, calls, entries;

	/* Again if an interrupt came between. Each of the four is a hypercall. */
	do {
		interrupts = counter(RB_COUNTER_INTERRUPTS);
		exceptions = counter(RB_COUNTER_EXCEPTIONS);
		calls = counter(RB_COUNTER_HYPERCALLS);
		entries = counter(RB_COUNTER_ENTRIES);
	} while (interrupts != counter(RB_COUNTER_INTERRUPTS));
	expect_equal(entries, calls + 1 + interrupts + exceptions);
}

/* Levels (FRAMES_TOTAL, FRAMES_TYPED, FRAMES_LINKED) go up and down. */
static bool is_level(uint64_t number)
{
	return number >= RB_COUNTER_FRAMES_TOTAL && number <= RB_COUNTER_FRAMES_LINKED;
}

TEST("info_counter.grows", "A counter that is not a level never becomes less.")
{
	uint64_t before[RB_NR_COUNTERS];

	for (unsigned i = 0; i < RB_NR_COUNTERS; i++)
		before[i] = counter(i);
	for (unsigned round = 0; round < 20; round++) {
		must(rb_event_send(1, 0x40));
		events_take();
		must(guest_op(RB_OP_TYPE, guest_frame(), 0, 1, 1));
		guest_op(RB_OP_TYPE, 0, 0, 1, 1);
		must(rb_timer_set(1));
		must(rb_sched_block());
		guest_events_off();
		must(rb_root_load(guest_start->user_root));
		for (unsigned i = 0; i < RB_NR_COUNTERS; i++) {
			uint64_t now = counter(i);

			expect(is_level(i) || now >= before[i], "counter %u: %lu after %lu", i, now, before[i]);
			before[i] = now;
		}
	}
}

TEST("info_counter.operations", "PT_OPS grows by one for each page-table operation that took effect, PT_REFUSED by one for each that was refused.")
{
	uint64_t table = guest_table(1), done = counter(RB_COUNTER_PT_OPS), refused = counter(RB_COUNTER_PT_REFUSED);

	must(rb_pt_update(rb_op_word(RB_OP_SET, table, 0, 3), 0, rb_op_word(RB_OP_XCHG, table, 0, 1), 0, rb_op_word(RB_OP_AND, table, 0, 1), ~0ul, &result));
	expect_equal(counter(RB_COUNTER_PT_OPS), done + 3);
	need(guest_op(RB_OP_SET, 0, 0, 1, 0) == RB_NOENT, "RAM is no table");
	need(guest_op(63, table, 0, 1, 0) == RB_NOSYS, "63 is no operation");
	expect_equal(counter(RB_COUNTER_PT_OPS), done + 3);
	expect_equal(counter(RB_COUNTER_PT_REFUSED), refused + 2);
}

TEST("info_counter.NOSYS.no_counter", "there is no counter with this number")
{
	refused(RB_NOSYS, rb_info_counter(RB_NR_COUNTERS, &result));
	refused(RB_NOSYS, rb_info_counter(1ul << 32, &result));
	refused(RB_NOSYS, rb_info_counter(~0ul, &result));
}

TEST("info_counter.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_INFO_COUNTER, ARGUMENTS(0));
}
