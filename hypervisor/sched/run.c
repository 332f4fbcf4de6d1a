/* SPDX-License-Identifier: GPL-2.0-only */
/* The run queues; see run.h. */
#include "sched/run.h"
#include "lib/ensure.h"
#include "x86/cpu.h"

static struct run_queue queues[CPUS_MAX];

static void queue_append(struct run_queue *queue, struct run_unit *unit)
{
	unit->next = NULL;
	if (queue->last)
		queue->last->next = unit;
	else
		queue->first = unit;
	queue->last = unit;
}

void run_init(struct run_unit *unit, u32 cpu)
{
	unit->next = NULL;
	unit->cpu = cpu;
	unit->state = RB_RUN_STATE_OFFLINE;
}

/* From one state to RUNNABLE; false if it was in another. */
static bool run_from(struct run_unit *unit, u32 state)
{
	struct run_queue *queue = &queues[unit->cpu];
	bool is_there;

	spin_lock(&queue->lock);
	is_there = unit->state == state;
	if (is_there) {
		unit->state = RB_RUN_STATE_RUNNABLE;
		queue_append(queue, unit);
	}
	spin_unlock(&queue->lock);
	return is_there;
}

void run_start(struct run_unit *unit)
{
	run_from(unit, RB_RUN_STATE_OFFLINE);
}

bool run_wake(struct run_unit *unit)
{
	return run_from(unit, RB_RUN_STATE_BLOCKED);
}

u32 run_state(const struct run_unit *unit)
{
	return __atomic_load_n(&unit->state, __ATOMIC_SEQ_CST);
}

void run_stop(struct run_unit *unit, u32 state)
{
	struct run_queue *queue = &queues[unit->cpu];

	spin_lock(&queue->lock);
	ASSERT(unit->state == RB_RUN_STATE_RUNNING);
	unit->state = state;
	if (state == RB_RUN_STATE_RUNNABLE)
		queue_append(queue, unit);
	spin_unlock(&queue->lock);
}

struct run_unit *run_next(u32 cpu)
{
	struct run_queue *queue = &queues[cpu];
	struct run_unit *unit;

	spin_lock(&queue->lock);
	unit = queue->first;
	if (unit) {
		queue->first = unit->next;
		if (!queue->first)
			queue->last = NULL;
		unit->state = RB_RUN_STATE_RUNNING;
	}
	spin_unlock(&queue->lock);
	return unit;
}

bool run_waiting(u32 cpu)
{
	return __atomic_load_n(&queues[cpu].first, __ATOMIC_RELAXED);
}
