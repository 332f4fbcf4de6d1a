/* SPDX-License-Identifier: GPL-2.0-only */
/* What a call must answer and do, from the text of the interface: checked after it was made, with the oracle for page tables. */
#pragma once

#include "oracle.h"

struct vcpu;

struct call {
	const struct vcpu *v;
	struct model *m;	/* the caller's domain */
	int vcpu, cpu;
	u64 number;
	u64 arg[6];
	/* As it was before the call. */
	const struct rb_pt_op *queue;
	bool shares_page;	/* the queue page is the vCPU page, which is read on the way back */
};

/* The queue words of a batch are taken from what was read (race.h). Fails the test if the answer is wrong. */
void expect_call(const struct call *c, enum rb_status status, u64 result);

/* The page-table family, whose unused registers are zero. */
void expect_pages(const struct call *c, enum rb_status status, u64 result);
/* The control family, likewise. */
void expect_control(const struct call *c, enum rb_status status, u64 result);
/* What is refused of bytes that must lie in one DATA chunk of a domain. */
status_set expect_physical(const struct model *m, u64 address, u64 bytes);
/* One of these statuses (spec.h) and this result. */
void expect(const struct call *c, status_set expected, enum rb_status status, u64 want, u64 result);
