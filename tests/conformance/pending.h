/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of events share: which vectors are pending, waiting. */
#pragma once

#include "conformance.h"

#define A_WHILE	200000ul	/* nanoseconds */

static inline bool is_pending(unsigned vector)
{
	return guest_vcpu->pending_vectors[vector / 64] >> vector % 64 & 1;
}

static inline unsigned pending_total(void)
{
	unsigned count = 0;

	for (unsigned vector = 0; vector < 256; vector++)
		count += is_pending(vector);
	return count;
}

/* Waits, with events on, that long. */
static inline void wait(uint64_t nanoseconds)
{
	guest_events_on();
	guest_delay(nanoseconds);
	guest_events_off();
}
