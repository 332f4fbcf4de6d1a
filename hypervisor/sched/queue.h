/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU's run queue, for the files of this folder. Everything here but the locks themselves wants the queue's lock.
 */
#pragma once

#include "sched/run.h"

static inline struct run_unit *unit_of(struct heap_node *node)
{
	return node ? (struct run_unit *)((u8 *)node - offsetof(struct run_unit, node)) : NULL;
}

static inline u32 queue_cpu(const struct run_queue *queue)
{
	return (u32)(queue - run_queues);
}

/* look_ns and is_waiting. */
void queue_tell(struct run_queue *queue);

static inline void queues_lock(struct run_queue *a, struct run_queue *b)
{
	spin_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock(a < b ? &b->lock : &a->lock);
}

/* What others want to know of a queue without its lock follows what has changed. */
static inline void queue_unlock(struct run_queue *queue)
{
	queue_tell(queue);
	spin_unlock(&queue->lock);
}

static inline void queues_unlock(struct run_queue *a, struct run_queue *b)
{
	queue_unlock(a);
	if (a != b)
		queue_unlock(b);
}

static inline bool queue_has_waiting(const struct run_queue *queue)
{
	return !heap_is_empty(&queue->ready) || !heap_is_empty(&queue->aside);
}

/* Which of the queue's heaps a unit waits in. */
struct heap *queue_heap(struct run_queue *queue, const struct run_unit *unit);
/* A unit's state, and the time it was in the one before. */
void state_set(struct run_unit *unit, u32 state, u64 now);
/* A unit runs or waits here from now on; no longer. */
void queue_count(struct run_queue *queue, struct run_unit *unit);
void queue_uncount(struct run_queue *queue, const struct run_unit *unit);
/* What runs is charged up to now; the number of the domain's units that want to run changes then. */
void queue_charge(struct run_queue *queue, u64 now, int change);
/* Has a unit that waits had less than what runs? Then it need not wait for the end of the slice. */
bool queue_preempts(struct run_queue *queue, const struct run_unit *unit);
/* A unit comes that did not want to run before. Should the CPU look? */
bool queue_enter(struct run_queue *queue, struct run_unit *unit, u64 now);
/* Take the first one whose domain may run, and let it run. NULL: there is none. */
struct run_unit *queue_take(struct run_queue *queue, u64 now);
/* What runs goes back among those that wait: at its place, or, if it gave way, aside until the next one's turn is over. */
void queue_put_back(struct run_queue *queue, u64 now);
/* What happened by itself: a period began; a budget is used up, or not yet. */
void queue_follow_time(struct run_queue *queue, u64 now);
/* Must what runs make room? */
bool queue_is_due(const struct run_queue *queue, u64 now);

/* From one CPU to another: move.c. No lock is held. */

/* Whether a CPU would take what waits elsewhere. */
void idle_set(u32 cpu, bool is_idle);
/* Where a unit goes that begins to want to run: the CPU it was on if that is idle, one that is, or the one it was on. An idle one is claimed: it must be told to look. */
u32 place(const struct run_unit *unit, u32 cpu, u64 *claimed);
/* Its distance from the queue's virtual time stays. Both locks are held. */
void unit_move(struct run_unit *unit, struct run_queue *from, struct run_queue *to);
/* What waits here may run on a CPU that is idle, and may have become so before it could see this. Returns that, to be told to look. */
u64 call_idle(struct run_queue *queue);
/* The CPU has nothing to run: what waits for others and may run here, running. */
struct run_unit *steal_any(struct run_queue *queue, u64 now);
/* Now and then: give one that waits to the CPU where it gets most. Returns that, to be told to look. */
u64 balance(struct run_queue *queue);
