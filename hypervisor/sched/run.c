/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to units, and what a CPU runs; see run.h. How a queue works is in queue.c. */
#include "sched/queue.h"
#include "lib/ensure.h"

/* The lock of the queue that the unit belongs to. */
static struct run_queue *unit_lock(struct run_unit *unit)
{
	for (;;) {
		struct run_queue *queue = &run_queues[__atomic_load_n(&unit->cpu, __ATOMIC_RELAXED)];

		spin_lock(&queue->lock);
		if (queue == &run_queues[unit->cpu])
			return queue;
		spin_unlock(&queue->lock);
	}
}

void run_init(struct run_unit *unit, struct run_group *group, u64 affinity)
{
	*unit = (struct run_unit){ .group = group, .affinity = affinity, .times.state = RB_RUN_STATE_OFFLINE };
}

void run_times(struct run_unit *unit, struct run_times *times)
{
	struct run_queue *queue = unit_lock(unit);

	*times = unit->times;
	spin_unlock(&queue->lock);
}

/* From one state to RUNNABLE; false if it was in another. */
static bool run_from(struct run_unit *unit, u32 state, u32 cpu, u64 now, u64 *look)
{
	struct run_queue *from, *to, *queue;
	bool is_there;
	u64 claimed;

	*look = 0;
	for (;;) {
		from = &run_queues[__atomic_load_n(&unit->cpu, __ATOMIC_RELAXED)];
		to = &run_queues[place(unit, cpu, &claimed)];
		*look |= claimed;
		queues_lock(from, to);
		/* It may have been woken by another CPU, and gone on from there. */
		if (from == &run_queues[unit->cpu])
			break;
		queues_unlock(from, to);
	}
	queue = unit->bound ? from : to;
	is_there = unit->times.state == state;
	if (is_there) {
		if (queue != from)
			unit_move(unit, from, queue);
		if (queue_enter(queue, unit, now))
			*look |= 1ul << queue_cpu(queue);
	}
	queues_unlock(from, to);
	if (is_there && !claimed)
		*look |= call_idle(queue);
	return is_there;
}

u64 run_start(struct run_unit *unit, u32 cpu, u64 now)
{
	u64 look;

	run_from(unit, RB_RUN_STATE_OFFLINE, cpu, now, &look);
	return look;
}

bool run_wake(struct run_unit *unit, u64 now, u64 *look)
{
	return run_from(unit, RB_RUN_STATE_BLOCKED, __atomic_load_n(&unit->cpu, __ATOMIC_RELAXED), now, look);
}

void run_stop(struct run_unit *unit, u32 state, u64 now)
{
	struct run_queue *queue = unit_lock(unit);

	ASSERT(unit->times.state == RB_RUN_STATE_RUNNING && queue->running == unit);
	queue_charge(queue, now, -1);
	queue_uncount(queue, unit);
	queue->running = NULL;
	queue->yields = false;
	state_set(unit, state, now);
	queue_unlock(queue);
}

void run_cancel(struct run_unit *unit, u64 now)
{
	struct run_queue *queue = unit_lock(unit);

	if (unit->times.state == RB_RUN_STATE_RUNNABLE) {
		heap_remove(queue_heap(queue, unit), &unit->node);
		queue_uncount(queue, unit);
		run_group_update(unit->group, now, 0, -1);
		state_set(unit, RB_RUN_STATE_OFFLINE, now);
	}
	queue_unlock(queue);
}

void run_unbind(struct run_unit *unit)
{
	struct run_queue *queue = unit_lock(unit);

	unit->bound = false;
	spin_unlock(&queue->lock);
}

bool run_is_free(struct run_unit *unit)
{
	struct run_queue *queue = unit_lock(unit);
	const u32 state = unit->times.state;
	const bool is_free = !unit->bound && (state == RB_RUN_STATE_OFFLINE || state == RB_RUN_STATE_BLOCKED);

	spin_unlock(&queue->lock);
	return is_free;
}

void run_yield(u32 cpu)
{
	struct run_queue *queue = &run_queues[cpu];

	spin_lock(&queue->lock);
	queue->yields = true;
	spin_unlock(&queue->lock);
}

struct run_unit *run_pick(u32 cpu, u64 now)
{
	struct run_queue *queue = &run_queues[cpu];
	struct run_unit *unit;

	spin_lock(&queue->lock);
	queue_follow_time(queue, now);
	unit = queue->running;
	if (!unit || queue_is_due(queue, now)) {
		queue_put_back(queue, now);
		unit = queue_take(queue, now);
		if (!unit) {
			heap_join(&queue->ready, &queue->aside);
			unit = queue_take(queue, now);
		}
		idle_set(cpu, !unit);
	}
	queue_unlock(queue);
	if (!unit) {
		unit = steal_any(queue, now);
		if (unit)
			idle_set(cpu, false);
	}
	return unit;
}

u64 run_settle(u32 cpu, struct run_unit *before)
{
	struct run_queue *queue = &run_queues[cpu];

	if (before) {
		spin_lock(&queue->lock);
		before->bound = false;
		spin_unlock(&queue->lock);
	}
	if (!run_waiting(cpu))
		return 0;
	return call_idle(queue) | balance(queue);
}
