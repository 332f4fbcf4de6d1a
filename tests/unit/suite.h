/* SPDX-License-Identifier: GPL-2.0-only */
/* What every suite includes: cmocka with what it needs, and a main that ends with the totals. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake.h"

/* Run an array of tests; the closing line is "N passed, N failed". */
#define suite_run(name, tests)									\
	suite_total(ARRAY_COUNT(tests), cmocka_run_group_tests_name(name, tests, NULL, NULL))

static inline int suite_total(size_t count, int failed)
{
	fflush(stderr);
	printf("%d passed, %d failed\n", (int)count - failed, failed);
	return failed != 0;
}
