/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run queues; see queue.h, run.h.
 *
 * A queue has a virtual time: where the unit began that runs, or, when it is alone, where it is now. A unit goes into the queue with the virtual time it has
 * had, and whoever has had least is next (start-time fair queueing). What it is charged in the end does not depend on how long a
 * turn was, so a turn may end at any time: a slice later; sooner for one that is woken and has had less; at once for a yield.
 *
 * A unit that comes back after it waited for something else is not given what it did not ask for meanwhile: it goes in at most one slice of its own behind the
 * queue's virtual time. One that is ahead stays ahead: it cannot sleep its debt away (but in FORGET_NS).
 *
 * Those that yielded, and those whose domain has used its budget, are put aside in heaps of their own, which join the others' in one step.
 */
#include "sched/queue.h"

#define FORGET_NS	10000000000ul	/* after so long virtual times are not comparable: they may have gone round */
#define BUDGET_LEAST_NS	100000ul	/* a budget's end is looked for no more often */

struct run_queue run_queues[CPUS_MAX];

void state_set(struct run_unit *unit, u32 state, u64 now)
{
	struct run_times *times = &unit->times;

	if (now > times->since_ns) {
		times->state_ns[times->state] += now - times->since_ns;
		times->since_ns = now;
	}
	__atomic_store_n(&times->state, state, __ATOMIC_SEQ_CST);
}

/* How far a unit may fall behind its queue: as much as it would be charged for a slice. */
static u64 lag_most(const struct run_unit *unit)
{
	return RUN_SLICE_NS * unit->group->rate;
}

struct heap *queue_heap(struct run_queue *queue, const struct run_unit *unit)
{
	const struct heap_node *root = &unit->node;

	while (root->parent)
		root = root->parent;
	if (queue->ready.root == root)
		return &queue->ready;
	return queue->aside.root == root ? &queue->aside : &queue->parked;
}

/* A unit's load: its part of its domain's weight. That changes when others of the domain begin to want to run; it is looked at anew at each turn. */
void queue_count(struct run_queue *queue, struct run_unit *unit)
{
	unit->load = run_group_part(unit->group);
	queue->load += unit->load;
}

void queue_uncount(struct run_queue *queue, const struct run_unit *unit)
{
	queue->load -= unit->load;
}

void queue_charge(struct run_queue *queue, u64 now, int change)
{
	struct run_unit *unit = queue->running;
	const u64 used = now > unit->charged_ns ? now - unit->charged_ns : 0;
	const u64 clock = run_group_update(unit->group, now, used, change);

	unit->vtime += clock - unit->clock;
	unit->clock = clock;
	unit->charged_ns += used;
	if (!queue_has_waiting(queue))
		queue->vtime = unit->vtime;
}

/* A unit that fell too far behind is brought up. */
static void unit_catch_up(struct run_unit *unit, const struct run_queue *queue)
{
	const u64 least = queue->vtime - lag_most(unit);

	if (key_is_before(unit->vtime, least))
		unit->vtime = least;
}

bool queue_preempts(struct run_queue *queue, const struct run_unit *unit)
{
	const u64 end = queue->running->started_ns + RUN_MIN_NS;

	if (!key_is_before(unit->vtime, queue->running->vtime) || queue->slice_end_ns <= end)
		return false;
	queue->slice_end_ns = end;
	return true;
}

bool queue_enter(struct run_queue *queue, struct run_unit *unit, u64 now)
{
	const bool is_first = !queue_has_waiting(queue);

	if (queue->running)
		queue_charge(queue, now, 0);
	run_group_update(unit->group, now, 0, 1);
	if (now - MIN(now, unit->times.since_ns) > FORGET_NS)
		unit->vtime = queue->vtime;
	unit_catch_up(unit, queue);
	queue_count(queue, unit);
	state_set(unit, RB_RUN_STATE_RUNNABLE, now);
	heap_add(&queue->ready, &unit->node, unit->vtime);
	return !queue->running || queue_preempts(queue, unit) || is_first;
}

void queue_tell(struct run_queue *queue)
{
	const bool is_waiting = queue_has_waiting(queue);
	u64 look = ~0ul;

	if (queue->running && is_waiting)
		look = queue->slice_end_ns;
	if (queue->running && queue->budget_end_ns)
		look = MIN(look, queue->budget_end_ns);
	if (!heap_is_empty(&queue->parked))
		look = MIN(look, queue->parked_end_ns);
	__atomic_store_n(&queue->look_ns, look == ~0ul ? 0 : look, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->is_waiting, is_waiting, __ATOMIC_RELAXED);
}

static bool period_is_over(const struct run_queue *queue, u64 now)
{
	return !heap_is_empty(&queue->parked) && now >= queue->parked_end_ns;
}

static void budget_look(struct run_queue *queue, u64 left, u64 now)
{
	queue->budget_end_ns = left == ~0ul ? 0 : now + MAX(left, BUDGET_LEAST_NS);
}

struct run_unit *queue_take(struct run_queue *queue, u64 now)
{
	struct run_unit *unit;
	u64 left;

	for (;;) {
		unit = unit_of(heap_take(&queue->ready));
		if (!unit)
			return NULL;
		left = run_group_left(unit->group, now);
		if (left)
			break;
		heap_add(&queue->parked, &unit->node, unit->vtime);
		queue->parked_end_ns = run_period_end(now);
	}
	unit_catch_up(unit, queue);
	if (key_is_before(queue->vtime, unit->vtime))
		queue->vtime = unit->vtime;
	queue_uncount(queue, unit);
	queue_count(queue, unit);
	state_set(unit, RB_RUN_STATE_RUNNING, now);
	unit->bound = true;
	unit->started_ns = unit->charged_ns = now;
	unit->clock = run_group_update(unit->group, now, 0, 0);
	queue->running = unit;
	queue->slice_end_ns = now + RUN_SLICE_NS;
	budget_look(queue, left, now);
	return unit;
}

void queue_follow_time(struct run_queue *queue, u64 now)
{
	/* A cap that its domain was given since it began. */
	if (queue->running && !queue->budget_end_ns && __atomic_load_n(&queue->running->group->budget_ns, __ATOMIC_RELAXED)) {
		queue_charge(queue, now, 0);
		budget_look(queue, run_group_left(queue->running->group, now), now);
	}
	if (queue->running && queue->budget_end_ns && now >= queue->budget_end_ns) {
		u64 left;

		queue_charge(queue, now, 0);
		left = run_group_left(queue->running->group, now);
		if (left)
			budget_look(queue, left, now);
	}
	if (period_is_over(queue, now)) {
		heap_join(&queue->ready, &queue->parked);
		if (queue->running) {
			queue_charge(queue, now, 0);
			queue_preempts(queue, unit_of(queue->ready.root));
		}
	}
}

bool queue_is_due(const struct run_queue *queue, u64 now)
{
	return queue->yields || (queue_has_waiting(queue) && now >= queue->slice_end_ns) ||
	       (queue->budget_end_ns && now >= queue->budget_end_ns);
}

void queue_put_back(struct run_queue *queue, u64 now)
{
	struct run_unit *unit = queue->running;

	if (!queue->yields)
		heap_join(&queue->ready, &queue->aside);
	if (!unit)
		return;
	queue_charge(queue, now, 0);
	state_set(unit, RB_RUN_STATE_RUNNABLE, now);
	heap_add(queue->yields ? &queue->aside : &queue->ready, &unit->node, unit->vtime);
	queue->running = NULL;
	queue->yields = false;
}
