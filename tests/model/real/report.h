/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines that tests/run counts: what was shown, with what figures, or the first case that shows otherwise. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int report_failures;	/* of the whole program: its exit status */
static bool report_bad;		/* in the case at hand */
static char report_why[512];

/* A case fails; only the first reason counts. */
static inline __attribute__((format(printf, 1, 2))) void fail(const char *format, ...)
{
	va_list args;

	if (report_bad)
		return;
	report_bad = true;
	va_start(args, format);
	vsnprintf(report_why, sizeof(report_why), format, args);
	va_end(args);
}

/* The end of a case. */
static inline __attribute__((format(printf, 1, 2))) void report(const char *format, ...)
{
	va_list args;

	printf(report_bad ? "not ok - " : "ok - ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(report_bad ? " # %s\n" : "\n", report_why);
	fflush(stdout);
	report_failures += report_bad;
	report_bad = false;
}
