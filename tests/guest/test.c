/* SPDX-License-Identifier: GPL-2.0-only */
/* Linked into every test guest; see test.h. */
#include "test.h"

static unsigned failed_count;

bool test_check(bool holds, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	guest_printf(holds ? "  ok: " : "  FAILED: %s:%d: ", file, line);
	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
	guest_printf("\n");
	failed_count += !holds;
	return holds;
}

void test_status(long status, long wanted, const char *call, const char *file, int line)
{
	if (status == wanted)
		test_check(true, file, line, "%s: %ld", call, status);
	else
		test_check(false, file, line, "%s: %ld instead of %ld", call, status, wanted);
}

void note(const char *format, ...)
{
	va_list arguments;

	guest_printf("  note: ");
	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
	guest_printf("\n");
}

int test_end(void)
{
	uint64_t violations = 0;
	long status;

	guest_events_off();
	status = rb_debug_check(&violations);
	if (guest_start->features & RB_FEATURE_DEBUG_CHECK)
		check(status == RB_OK && violations == 0, "debug_check: status %ld, %lu violations", status, violations);
	else
		check(status == RB_NOSYS, "no debug_check in this build");
	guest_printf("%u checks failed\n", failed_count);
	return failed_count ? 1 : 0;
}
