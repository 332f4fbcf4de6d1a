/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From one CPU to another: idle CPUs take what waits for busy ones, and busy ones now and then give to those that have less to do.
 *
 * A CPU that has nothing to run says so (idle_cpus), then looks at the others' queues. Who puts something into a queue looks for an idle CPU afterwards.
 * So one of the two sees the other.
 */
#include "sched/queue.h"

#define BALANCE_NS	RUN_PERIOD_NS	/* a CPU gives no more often */
#define LOOKS_MAX	32u	/* units that are looked at to find one that may move */

static u64 idle_cpus;		/* changed by atomic operations */

void idle_set(u32 cpu, bool is_idle)
{
	if (is_idle)
		__atomic_fetch_or(&idle_cpus, 1ul << cpu, __ATOMIC_SEQ_CST);
	else if (__atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) >> cpu & 1)
		__atomic_fetch_and(&idle_cpus, ~(1ul << cpu), __ATOMIC_SEQ_CST);
}

/* An idle CPU of a set, which is nobody else's choice from now on: it must be told to look, and counts itself as idle again if there is nothing. */
static u64 idle_claim(u64 among)
{
	u64 idle;

	while ((idle = __atomic_load_n(&idle_cpus, __ATOMIC_SEQ_CST) & among)) {
		const u64 bit = idle & -idle;

		if (__atomic_fetch_and(&idle_cpus, ~bit, __ATOMIC_SEQ_CST) & bit)
			return bit;
	}
	return 0;
}

void unit_move(struct run_unit *unit, struct run_queue *from, struct run_queue *to)
{
	unit->vtime += to->vtime - from->vtime;
	__atomic_store_n(&unit->cpu, queue_cpu(to), __ATOMIC_SEQ_CST);
}

/* One that waits. */
static void unit_move_ready(struct run_unit *unit, struct run_queue *from, struct run_queue *to)
{
	heap_remove(&from->ready, &unit->node);
	queue_uncount(from, unit);
	unit_move(unit, from, to);
	queue_count(to, unit);
	heap_add(&to->ready, &unit->node, unit->vtime);
}

static bool unit_may_move(const struct run_unit *unit, const struct run_queue *to)
{
	return !unit->bound && unit->affinity >> queue_cpu(to) & 1;
}

/* From a CPU that runs something: otherwise it is about to look itself, and calls us if it leaves something. */
static struct run_unit *steal(struct run_queue *queue, struct run_queue *from, u64 now)
{
	struct run_unit *taken = NULL;
	struct heap_node *node, *next;
	u32 looks = 0;

	queues_lock(queue, from);
	heap_join(&from->ready, &from->aside);
	for (node = from->running ? from->ready.root : NULL; node && !taken && looks++ < LOOKS_MAX; node = next) {
		next = heap_next(node);
		if (unit_may_move(unit_of(node), queue)) {
			/* The heap is another one then: from its root again. */
			unit_move_ready(unit_of(node), from, queue);
			next = from->ready.root;
		}
		/* One may have come to us meanwhile. One whose domain has used its budget waits for the next period here. */
		taken = queue_take(queue, now);
	}
	queues_unlock(queue, from);
	return taken;
}

struct run_unit *steal_any(struct run_queue *queue, u64 now)
{
	struct run_unit *taken = NULL;

	for (u32 i = 1; i < cpu_count && !taken; i++) {
		const u32 cpu = (queue_cpu(queue) + i) % cpu_count;

		if (run_waiting(cpu))
			taken = steal(queue, &run_queues[cpu], now);
	}
	return taken;
}

/*
 * Of those that wait, the one whose move makes two CPUs most alike; NULL: all would make them less so. One that makes no difference moves too, if it is not the one that came
 * last: where vCPUs cannot be dealt out evenly, say three to two CPUs, they have the better place in turn.
 */
static struct run_unit *balance_choose(const struct run_queue *from, const struct run_queue *to)
{
	const s64 apart = (s64)(from->load - to->load);
	struct run_unit *best = NULL;
	s64 least = apart + 1;
	u32 looks = 0;

	for (struct heap_node *node = from->ready.root; node && looks++ < LOOKS_MAX; node = heap_next(node)) {
		struct run_unit *unit = unit_of(node);
		const s64 difference = apart - 2 * (s64)unit->load, after = MAX(difference, -difference);

		if (after < least && !(after == apart && unit == from->came) && unit_may_move(unit, to)) {
			least = after;
			best = unit;
		}
	}
	return best;
}

/* The load of a CPU. Where one unit is alone nothing has looked at its domain since it came: that is done here. */
static u64 load_of(struct run_queue *queue)
{
	if (!run_waiting(queue_cpu(queue))) {
		spin_lock(&queue->lock);
		if (queue->running) {
			queue_uncount(queue, queue->running);
			queue_count(queue, queue->running);
		}
		spin_unlock(&queue->lock);
	}
	return __atomic_load_n(&queue->load, __ATOMIC_RELAXED);
}

u64 balance(struct run_queue *queue)
{
	struct run_queue *to = queue;
	struct run_unit *unit;
	u64 look = 0, least, now;

	/* Without the lock: it is our CPU's own, but for the load. */
	if (!queue->running || queue->running->started_ns < queue->balance_ns)
		return 0;
	now = queue->running->started_ns;
	least = queue->load;
	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		const u64 load = load_of(&run_queues[cpu]);

		if (load < least) {
			least = load;
			to = &run_queues[cpu];
		}
	}
	/* If nothing goes now, a slice later something may. */
	queue->balance_ns = now + RUN_SLICE_NS;
	if (to == queue)
		return 0;
	queues_lock(queue, to);
	unit = balance_choose(queue, to);
	if (unit) {
		const bool is_first = !queue_has_waiting(to);

		if (to->running)
			queue_charge(to, now, 0);
		unit_move_ready(unit, queue, to);
		to->came = unit;
		queue->balance_ns = now + BALANCE_NS;
		if (!to->running || queue_preempts(to, unit) || is_first)
			look = 1ul << queue_cpu(to);
	}
	queues_unlock(queue, to);
	return look;
}

u32 place(const struct run_unit *unit, u32 cpu, u64 *claimed)
{
	const struct run_queue *queue = &run_queues[cpu];
	const bool is_allowed = unit->affinity >> cpu & 1;

	*claimed = 0;
	/* A guess, as the lock is not held: it costs a detour if it is wrong. */
	if (is_allowed && !__atomic_load_n(&queue->running, __ATOMIC_RELAXED) && !run_waiting(cpu))
		return cpu;
	*claimed = idle_claim(unit->affinity);
	if (*claimed)
		return (u32)__builtin_ctzl(*claimed);
	return is_allowed ? cpu : (u32)__builtin_ctzl(unit->affinity);
}

u64 call_idle(struct run_queue *queue)
{
	struct heap_node *node;
	u64 look = 0;
	u32 looks = 0;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&idle_cpus, __ATOMIC_RELAXED))
		return 0;
	spin_lock(&queue->lock);
	for (node = queue->running ? queue->ready.root : NULL; node && !look && looks++ < LOOKS_MAX; node = heap_next(node))
		if (!unit_of(node)->bound)
			look = idle_claim(unit_of(node)->affinity);
	spin_unlock(&queue->lock);
	return look;
}
