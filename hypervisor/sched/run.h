/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vCPU runs on a CPU next: a queue per CPU, first come first served, with a time slice while more than one wants to run.
 *
 * A unit is what is scheduled: a vCPU seen from here. States are those of the interface (RB_RUN_STATE_*). A unit is in
 * its CPU's queue exactly while it is RUNNABLE.
 */
#pragma once

#include "lib/lock.h"
#include "lib/types.h"
#include "ringbolt.h"

#define RUN_SLICE_NS 10000000ul

struct run_unit {
	struct run_unit *next;	/* in the queue; under the queue's lock */
	u32 cpu;		/* where it runs */
	u32 state;		/* RB_RUN_STATE_*; under the queue's lock */
};

struct run_queue {
	struct spinlock lock;
	struct run_unit *first, *last;
};

void run_init(struct run_unit *unit, u32 cpu);
/* OFFLINE to RUNNABLE. */
void run_start(struct run_unit *unit);
/* BLOCKED to RUNNABLE. True if it was blocked: its CPU should look. */
bool run_wake(struct run_unit *unit);
/* Its state. Out of date at once, if another CPU may change it; but not older than the caller's last store. */
u32 run_state(const struct run_unit *unit);
/* The running unit stops for this reason: RUNNABLE (goes to the end of the queue), BLOCKED or OFFLINE. */
void run_stop(struct run_unit *unit, u32 state);
/* The next unit for a CPU, which is RUNNING now; NULL: none wants to run. */
struct run_unit *run_next(u32 cpu);
/* Someone waits for this CPU. */
bool run_waiting(u32 cpu);
