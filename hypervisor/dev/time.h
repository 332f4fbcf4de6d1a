/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time: nanoseconds since time_init, by the time-stamp counter; and each CPU's one-shot timer.
 */
#pragma once

#include "lib/types.h"

/* How the TSC becomes nanoseconds, in the terms of the guests' time record: ((tsc - start) << shift) * mul >> 32. */
struct time_scale {
	u64 tsc_start;		/* the TSC when system time was zero */
	u32 tsc_khz;
	u32 mul;
	int shift;		/* negative: to the right */
};

/* Written once by time_init. */
extern struct time_scale time_scale;

/* Measure the clocks; system time begins. On the boot CPU, once, with its local APIC on. */
void time_init(void);

/* Prepare the calling CPU's timer; time_init does it for the boot CPU. */
void time_init_cpu(void);

u64 time_now_ns(void);

/* System time at a reading of the TSC. */
u64 tsc_to_ns(u64 tsc);

/*
 * Let the calling CPU's timer interrupt (vector VECTOR_LAPIC_TIMER) come at or after a system time, at once if that is past; zero: never.
 * It replaces the deadline before. The interrupt may come early, when the deadline is further away than the timer reaches: who
 * gets it looks at the clock and arms again.
 */
void time_arm(u64 deadline_ns);

/* The wall clock when system time was zero: nanoseconds since 1970, UTC. */
u64 time_wall_start_ns(void);
