/* SPDX-License-Identifier: GPL-2.0-only */
/* The domain family: the end, and the hypervisor's look at itself. */
#include "limits.h"
#include "tables.h"

TEST("shutdown.no_return", "The call does not return.", .alone = true)
{
	ends(OFF(0), "domain 0 powers off (code 0)");
	rb_shutdown(RB_SHUTDOWN_REASON_POWEROFF, 0);
	expect(false, "it returned");
}

TEST("shutdown.poweroff", "When no domain is left and the first one ended with POWEROFF or CRASH, the machine powers off with the first one's code.", .again = "crash")
{
	ends(OFF(0x5a), "no domain is left");
	rb_shutdown(test_option(" crash") ? RB_SHUTDOWN_REASON_CRASH : RB_SHUTDOWN_REASON_POWEROFF, 0x5a);
}

TEST("shutdown.reboot", "When no domain is left and the first one ended with REBOOT, the machine restarts.", .alone = true)
{
	ends(RESET, "no domain is left");
	rb_shutdown(RB_SHUTDOWN_REASON_REBOOT, 5);
}

TEST("shutdown.crash_code", "CRASH with code zero counts as code 64.", .alone = true)
{
	ends(OFF(64), "no domain is left");
	rb_shutdown(RB_SHUTDOWN_REASON_CRASH, 0);
}

TEST("shutdown.crash_state", "With CRASH the console shows the vCPU's registers and stack.", .alone = true)
{
	ends(OFF(7), "rbx 1122334455667788");
	ends(OFF(7), "r15 8877665544332211");
	ends(OFF(7), "a1b2c3d4e5f60718");
	/* R8, R9 and R10 carry no argument. */
	__asm__ volatile("xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d; mov $0x1122334455667788, %%rbx; mov $0x8877665544332211, %%r15; mov $0xa1b2c3d4e5f60718, %%rcx; push %%rcx; syscall"
			 : : "a"(RB_HC_SHUTDOWN), "D"(RB_SHUTDOWN_REASON_CRASH), "S"(7), "d"(0) : "rbx", "rcx", "r8", "r9", "r10", "r11", "r15", "memory");
}

TEST("shutdown.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_SHUTDOWN, ARGUMENTS(RB_SHUTDOWN_REASON_POWEROFF, 0), BAD({ 0, 3 }, { 0, 1ul << 32 }, { 0, ~0ul }, { 1, 256 }, { 1, 1ul << 32 }, { 1, ~0ul }));
}

static bool is_debug_build(void)
{
	return guest_start->features & RB_FEATURE_DEBUG_CHECK;
}

TEST("debug_check.sound", "The result is zero, whatever guests did: anything else is a bug of the hypervisor.")
{
	uint64_t upper = guest_table(2), lower = guest_table(1);

	if (!is_debug_build())
		skip("a release build");
	accepted(rb_debug_check(&result));
	expect_equal(result, 0);
	must(op(RB_OP_LINK, upper, 0, 1, lower));
	must(rb_root_load(guest_table(4)));
	must(rb_pt_reserve_grow(&result));
	accepted(rb_debug_check(&result));
	expect_equal(result, 0);
}

TEST("debug_check.NOSYS.release", "the hypervisor is a release build")
{
	if (is_debug_build())
		skip("a debug build");
	refused(RB_NOSYS, rb_debug_check(&result));
}

TEST("debug_check.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DEBUG_CHECK, NO_ARGUMENTS);
}
