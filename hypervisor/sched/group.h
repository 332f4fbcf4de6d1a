/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run group: what a domain's vCPUs share. Its weight, its cap, and a clock that tells how much virtual time each of them is charged.
 *
 * Virtual time is what a unit has had, by its worth: a nanosecond on a CPU counts 1/weight, times the number of the group's units that want to run, for the weight is
 * theirs together. That number changes while units run; the clock is its integral, so what a unit is charged does not depend on when it is
 * looked at, and no guest can gain by letting its vCPUs sleep at the right moment.
 */
#pragma once

#include "lib/lock.h"
#include "lib/types.h"

#define RUN_WEIGHT		100u	/* when nothing is said */
#define RUN_WEIGHT_MAX		10000u
#define RUN_PERIOD_NS		30000000ul	/* a cap holds over this */

struct run_group {
	struct spinlock lock;	/* inside a queue's */
	u32 wanting;		/* units that are RUNNING or RUNNABLE, on all CPUs */
	u32 weight;
	u64 rate;		/* virtual time of a nanosecond while one wants to run */
	u64 clock;		/* virtual time that each unit which ran all the time would have been charged */
	u64 clock_ns;		/* up to when */
	u64 budget_ns;		/* time on CPUs in a period; zero: no cap */
	u64 used_ns;		/* of the budget, in the period; what was too much counts in those that follow */
	u64 period;		/* its number */
	u64 capped_ns;		/* since when there is a cap: what was used before is no debt */
};

/* cap: percent of one CPU, which may be over 100; zero: none. */
void run_group_init(struct run_group *group, u32 weight, u32 cap);
/* The same for one whose units run: from now on, once their CPUs have looked. */
void run_group_set(struct run_group *group, u32 weight, u32 cap, u64 now);
/* One unit more (1) or less (-1) wants to run, or no change (0); used_ns were used. Returns the clock. */
u64 run_group_update(struct run_group *group, u64 now, u64 used_ns, int change);
/* What is left of the budget in this period, for each unit that wants to run; zero: nothing; ~0: there is no cap. */
u64 run_group_left(struct run_group *group, u64 now);
/* A unit's part of the weight, in thousandths. */
static inline u64 run_group_part(const struct run_group *group)
{
	return group->weight * 1000ul / MAX(__atomic_load_n(&group->wanting, __ATOMIC_RELAXED), 1u);
}
/* The cap, as it was given. */
static inline u32 run_group_cap(const struct run_group *group)
{
	return (u32)(group->budget_ns * 100 / RUN_PERIOD_NS);
}
/* The end of the period. */
static inline u64 run_period_end(u64 now)
{
	return (now / RUN_PERIOD_NS + 1) * RUN_PERIOD_NS;
}
