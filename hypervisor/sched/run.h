/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vCPU runs on a CPU next: a queue per CPU, in the order of virtual time (group.h), fair by the domains' weights.
 *
 * A unit is what is scheduled: a vCPU seen from here. States are those of the interface (RB_RUN_STATE_*). A unit is in its CPU's queue
 * exactly while it is RUNNABLE. It may go to another CPU when it is woken or when that one has nothing to run, but never while it is bound: while
 * its state is, or comes, into a processor (run_settle). Time comes in as an argument, system time in nanoseconds.
 *
 * What is promised:
 *  - Units of one CPU that want to run get it by weight, a domain's weight being shared by those of its units that want to run, on whatever CPU. None is ahead of its
 *    due by more than a slice, or falls behind by more.
 *  - A unit that wakes after it had less than its due runs next, but whoever runs keeps the CPU for RUN_MIN_NS first.
 *  - No CPU is idle while a unit that may run there waits elsewhere (if it is among the first LOOKS_MAX that wait there).
 *  - Units are moved to where they would get more, so that weights hold over the machine too, as far as single vCPUs can be dealt out to CPUs.
 *  - A domain with a cap has no more than that in RUN_PERIOD_NS, on all CPUs together; what a CPU could not stop in time counts in the next.
 *
 * Locks: a unit, and the queue it belongs to, are under the lock of its CPU's queue. Two queues: the lower number first. A group's lock comes last.
 */
#pragma once

#include "lib/lock.h"
#include "lib/types.h"
#include "ringbolt.h"
#include "sched/group.h"
#include "sched/heap.h"
#include "x86/cpu.h"

#define RUN_SLICE_NS	4000000ul	/* until the next one's turn */
#define RUN_MIN_NS	750000ul	/* nobody is preempted earlier: it may hold a lock that who is woken waits for */

/* How long a unit was in each state. */
struct run_times {
	u32 state;		/* RB_RUN_STATE_*, now */
	u64 since_ns;		/* when that began: the sum of the times below */
	u64 state_ns[4];
};

struct run_unit {
	struct heap_node node;		/* in the queue, by virtual time */
	struct run_group *group;
	u64 affinity;			/* CPUs it may run on; does not change once it was started */
	u64 vtime;			/* virtual time that it has had, on the scale of its CPU's queue */
	u64 clock;			/* the group's, and system time, when it was last charged */
	u64 charged_ns;
	u64 started_ns;			/* it came onto the CPU */
	u64 load;			/* what it counts in its queue's */
	u32 cpu;			/* where it runs, waits or last ran */
	bool bound;			/* must not go to another CPU */
	struct run_times times;		/* state: read by other CPUs without the lock */
};

/* A CPU's queue. Others' business are lock, look_ns and is_waiting only (sched/queue.h). */
struct run_queue {
	struct spinlock lock;
	u64 look_ns;			/* run_look_ns */
	bool is_waiting;		/* run_waiting */
	bool yields;			/* what runs has given way */
	struct run_unit *running;
	struct heap ready;		/* wait for the CPU */
	struct heap aside;		/* have given way, and wait for somebody's turn to be over */
	struct heap parked;		/* wait for the next period of their domain's budget */
	u64 load;			/* of the units that run or wait here */
	u64 vtime;
	u64 slice_end_ns;		/* whoever waits may have the CPU from then on */
	u64 budget_end_ns;		/* the running unit's budget may be used up; zero: it has no cap */
	u64 parked_end_ns;		/* the period ends in which units were parked */
	const struct run_unit *came;	/* the one that last came by balancing; only compared */
	u64 balance_ns;			/* when one may go to another CPU */
} __attribute__((aligned(128)));	/* on cache lines of its own */

extern struct run_queue run_queues[CPUS_MAX];

void run_init(struct run_unit *unit, struct run_group *group, u64 affinity);
/*
 * Where `look` is said: CPUs (a bit each) that must call run_pick, because there is something for them; the caller sees to it, whatever else comes of the call.
 *
 * OFFLINE to RUNNABLE, on this CPU if there is no better one. Returns look.
 */
u64 run_start(struct run_unit *unit, u32 cpu, u64 now);
/* BLOCKED to RUNNABLE. False if it was not blocked. */
bool run_wake(struct run_unit *unit, u64 now, u64 *look);
/* Its state. Out of date at once, if another CPU may change it; but not older than the caller's last store. */
static inline u32 run_state(const struct run_unit *unit)
{
	return __atomic_load_n(&unit->times.state, __ATOMIC_SEQ_CST);
}
/* State and times of one moment. */
void run_times(struct run_unit *unit, struct run_times *times);
/* The running unit stops for this reason: BLOCKED or OFFLINE. */
void run_stop(struct run_unit *unit, u32 state, u64 now);
/* One that waits does so no longer: RUNNABLE to OFFLINE. Nothing, in another state. */
void run_cancel(struct run_unit *unit, u64 now);
/* What was picked and stopped again, without being loaded, is bound no longer. */
void run_unbind(struct run_unit *unit);
/* It does not want to run, and no CPU is at it: until somebody starts or wakes it, nothing here knows it. */
bool run_is_free(struct run_unit *unit);
/* What runs on the CPU lets others that wait there go first. */
void run_yield(u32 cpu);
/* What a CPU runs now: what it ran, if it still may; NULL: nothing wants to. Its vCPU must be loaded, then run_settle called. */
struct run_unit *run_pick(u32 cpu, u64 now);
/* What was picked is loaded; `before`, if there is one, was taken out of the processor, and is bound no longer. Returns look. */
u64 run_settle(u32 cpu, struct run_unit *before);
/* When a CPU must call run_pick at the latest; zero: not before it is told to look. Whoever makes it earlier tells the CPU to look. */
static inline u64 run_look_ns(u32 cpu)
{
	return __atomic_load_n(&run_queues[cpu].look_ns, __ATOMIC_RELAXED);
}
/* Something waits for this CPU. */
static inline bool run_waiting(u32 cpu)
{
	return __atomic_load_n(&run_queues[cpu].is_waiting, __ATOMIC_RELAXED);
}
