/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests that end in each way there is, one after the other: each must be told from the others, and must not spoil the next. For ../selftest. */
#include "conformance.h"

TEST("good.pass", "it holds")
{
	expect(true, "never");
}

TEST("good.skip", "it is not about this machine")
{
	skip("there is no such thing here");
}

TEST("bad.fail", "it does not hold")
{
	expect_equal(2 + 2, 5);
}

TEST("good.after_fail", "the next one runs")
{
	accepted(rb_info_version(&result));
}

TEST("bad.status", "a call that is not refused as it should be")
{
	refused(RB_NOENT, rb_info_version(&result));
}

static long changes_and_refuses(void)
{
	guest_table(1);
	return RB_NOENT;
}

TEST("bad.change", "a refused call that changed something")
{
	refused(RB_NOENT, changes_and_refuses());
}

static long results_and_refuses(void)
{
	result = 5;
	return RB_NOENT;
}

TEST("bad.result", "a refused call with a result")
{
	refused(RB_NOENT, results_and_refuses());
}

TEST("bad.error", "the test cannot do its work")
{
	need(false, "no way");
}

TEST("bad.exception", "the test itself is broken")
{
	*(volatile uint64_t *)0x123000 = 1;
}

TEST("bad.panic", "the library gives up")
{
	guest_must(rb_root_load(0));
}

TEST("good.after_panic", "the next one runs on another machine")
{
	expect(fired_total() == 0, "not in a fresh world");
}

TEST("bad.crash", "the hypervisor ends the domain")
{
	try("xor %%esp, %%esp; ud2");
}

TEST("bad.off", "the machine goes off")
{
	guest_exit(0);
}

TEST("bad.hang", "nothing comes any more")
{
	for (;;)
		__asm__ volatile("pause");
}

TEST("good.after_hang", "the next one runs")
{
}

TEST("bad.aftermath", "what it leaves cannot be put right")
{
	guest_start->vcpu_page = ~0ul;
}

TEST("good.after_aftermath", "the next one runs")
{
}

TEST("good.shows", "the console has it once")
{
	guest_printf("here it is\n");
	shows("here it is", 10);
}

TEST("bad.shows_nothing", "the console does not have it")
{
	shows("there it is", 11);
}

TEST("bad.shows_twice", "the console has it twice")
{
	guest_printf("again again\n");
	shows("again", 5);
}

TEST("good.ends", "the domain ends as it should", .alone = true)
{
	ends(OFF(9), "domain 0 powers off (code 9)");
	guest_exit(9);
}

TEST("bad.ends_otherwise", "the domain ends with another status", .alone = true)
{
	ends(OFF(9), "domain 0 powers off");
	guest_exit(8);
}

TEST("bad.ends_silently", "the domain ends without the line", .alone = true)
{
	ends(OFF(9), "domain 0 powers off (code 9)");
	ends(OFF(9), "some other line");
	guest_exit(9);
}

TEST("bad.goes_on", "the domain does not end", .alone = true)
{
	ends(OFF(9), "domain 0 powers off (code 9)");
}

TEST("bad.ends_never", "the domain hangs where it was to end", .alone = true)
{
	ends(OFF(9), "domain 0 powers off (code 9)");
	for (;;)
		__asm__ volatile("pause");
}

TEST("bad.second", "the second boot fails", .again = "twice")
{
	expect(!test_option(" twice"), "the second time");
}

TEST("good.bare", "a bare test passes", .bare = true)
{
	expect_equal(guest_vcpu->events_enabled, 0);
}

TEST("bad.bare", "a bare test fails", .bare = true)
{
	expect_equal(guest_vcpu->events_enabled, 1);
}

TEST("good.bochs", "only on Bochs", .bochs = "to be left out")
{
	expect(!is_tcg(), "this is QEMU");
}

TEST("wrong.sentence", "it says this")
{
}

TEST("wrong.gone", "nobody says that any more")
{
}
