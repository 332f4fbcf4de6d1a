/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control family; see expect.h. Domain 0 controls domain 1; the world stays one of two domains, so it does not make, build or destroy any (target.c):
 * tests/fuzz/guest does.
 */

#include "suite.h"
#include "expect.h"

#include "vm/domain.h"

#define INVAL STATUS_SET(RB_INVAL)

static bool is_alive(u64 domain)
{
	return domain < 2 && !domains[domain]->ending;
}

/* Limits that the dispatch checks before all else. */
static bool is_outside(const struct call *c)
{
	const u64 *a = c->arg;

	switch (c->number) {
	case RB_HC_DOMAIN_CREATE:
		return a[0] - 1 > 1048575 || a[1] > 1048575 || a[2] - 1 > 16383 || a[3] - 1 > 63;
	case RB_HC_DOMAIN_POPULATE:
		return a[2] - 1 > 8191;
	case RB_HC_DOMAIN_WRITE: case RB_HC_DOMAIN_READ:
		return a[1] >> 52 || a[2] >> 52 || a[3] > 4096;
	case RB_HC_DOMAIN_BUILD:
		return a[1] >> 52 || a[1] % 128;
	case RB_HC_DOMAIN_SET_SHARE:
		return a[1] - 1 > 9999 || a[2] > 6400;
	case RB_HC_DOMAIN_INFO:
		return a[1] >> 52 || a[1] % 256;
	case RB_HC_MACHINE_INFO:
		return a[0] >> 52 || a[0] % 64;
	default:
		return false;
	}
}

static status_set of_copy(const struct call *c)
{
	if (c->arg[0] >= 2)
		return STATUS_SET(RB_NOENT);
	return expect_physical(&oracle.model[c->arg[0]], c->arg[1], c->arg[3]) | expect_physical(c->m, c->arg[2], c->arg[3]);
}

static status_set of_info(const struct call *c)
{
	return expect_physical(c->m, c->arg[1], 256) | (c->arg[0] >= 2 ? STATUS_SET(RB_NOENT) : 0);
}

static void expect_pause(const struct call *c, enum rb_status status, u64 result)
{
	status_set expected = 0;

	if (!is_alive(c->arg[0]))
		expected = STATUS_SET(RB_NOENT);
	else if (c->arg[0] == 0)
		expected = INVAL;
	/* Whether it was still on a CPU is to be seen only before. */
	else if (status == RB_AGAIN)
		expected = STATUS_SET(RB_AGAIN);
	expect(c, expected, status, 0, result);
	if (!expected && !domain_is_quiet(domains[1]))
		fail_msg("a domain was paused and runs");
}

void expect_control(const struct call *c, enum rb_status status, u64 result)
{
	status_set expected = 0;
	u64 want = 0;

	if (is_outside(c)) {
		expected = INVAL;
	} else if (c->v->domain->id != 0) {
		expected = STATUS_SET(RB_PERM);
	} else if (c->number == RB_HC_DOMAIN_PAUSE) {
		expect_pause(c, status, result);
		return;
	} else if (c->number == RB_HC_DOMAIN_WRITE || c->number == RB_HC_DOMAIN_READ) {
		expected = of_copy(c);
	} else if (c->number == RB_HC_DOMAIN_INFO) {
		expected = of_info(c);
		want = expected ? 0 : c->arg[0];
	} else if (c->number == RB_HC_MACHINE_INFO) {
		expected = expect_physical(c->m, c->arg[0], 64);
	} else if (!is_alive(c->arg[0])) {
		expected = STATUS_SET(RB_NOENT);
	}
	expect(c, expected, status, want, result);
}
