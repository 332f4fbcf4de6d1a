/* SPDX-License-Identifier: GPL-2.0-only */
/* See limits.h. */
#include "conformance.h"
#include "limits.h"

static void call_check(uint64_t number, const uint64_t arguments[6], unsigned which, uint64_t value, bool is_good)
{
	uint64_t a[6];
	long status;

	memcpy(a, arguments, sizeof(a));
	a[which] = value;
	result = 0;
	status = rb_hypercall6(number, a[0], a[1], a[2], a[3], a[4], a[5], &result);
	if (is_good) {
		expect(status != RB_INVAL, "argument %u, %#lx: refused", which, value);
	} else {
		expect(status == RB_INVAL, "argument %u, %#lx: status %ld", which, value, status);
		expect(result == 0, "argument %u, %#lx: refused, with the result %#lx", which, value, result);
	}
}

static void refuse_all(const struct limits *limits)
{
	for (unsigned i = 0; i < limits->bad_count; i++)
		call_check(limits->number, limits->good, limits->bad[i].argument, limits->bad[i].value, false);
	for (unsigned unused = limits->arguments; unused < 6; unused++)
		for (unsigned bit = 0; bit < 64; bit++)
			call_check(limits->number, limits->good, unused, 1ul << bit, false);
}

void limits_check(const struct limits *limits)
{
	world_look();
	refuse_all(limits);
	expect(!world_change(), "all refused, but %s changed", world_change());
	for (unsigned i = 0; i < limits->edge_count; i++)
		call_check(limits->number, limits->good, limits->edge[i].argument, limits->edge[i].value, true);
}
