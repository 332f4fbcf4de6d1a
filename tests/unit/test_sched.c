/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: the heap beside a sorted list; random sequences beside naive bookkeeping; and a simulated machine, which shows what run.h promises in figures:
 * who gets how much, how long who wakes waits, how much work a decision is.
 */

#include "suite.h"

#include "sched/queue.h"

struct cpu cpus[CPUS_MAX];
u32 cpu_count;

static u64 random_state;

static u64 random_below(u64 end)
{
	random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
	return (random_state >> 33) % end;
}

#define US	1000ul
#define MS	1000000ul
#define S	1000000000ul

/* ---------------------------------------------------------------- heap */

enum { NODES = 300 };

static u32 rank_or_zero(const struct heap_node *node)
{
	return node ? node->rank : 0;
}

/* Each node is after its parent, and the shape is as heap.h says; walked as heap_next does, which must reach all. */
static void heap_check(const struct heap *heap)
{
	u32 seen = 0;

	for (const struct heap_node *node = heap->root; node; node = heap_next(node), seen++) {
		assert_true(node == heap->root ? !node->parent : node->parent->left == node || node->parent->right == node);
		if (node->parent)
			assert_false(key_is_before(node->key, node->parent->key));
		assert_true(rank_or_zero(node->left) >= rank_or_zero(node->right));
		assert_int_equal(node->rank, rank_or_zero(node->right) + 1);
	}
	assert_int_equal(seen, heap->count);
}

static void test_heap(void **state)
{
	static struct heap_node nodes[NODES];
	u64 base = 0ul - 5000;		/* keys wrap round */
	struct heap heap[2] = { 0 };
	s32 place[NODES];

	(void)state;
	random_state = 1;
	memset(place, -1, sizeof(place));
	for (u32 round = 0; round < 60000; round++) {
		const u32 n = (u32)random_below(NODES), which = (u32)random_below(2);

		if (place[n] < 0) {
			heap_add(&heap[which], &nodes[n], base + random_below(3000));
			place[n] = (s32)which;
		} else if (random_below(3) == 0) {
			heap_remove(&heap[place[n]], &nodes[n]);
			place[n] = -1;
		} else if (random_below(40) == 0) {
			heap_join(&heap[which], &heap[!which]);
			assert_true(heap_is_empty(&heap[!which]));
			for (u32 i = 0; i < NODES; i++)
				if (place[i] >= 0)
					place[i] = (s32)which;
		} else if (random_below(3)) {
			struct heap_node *first = heap_take(&heap[which]);

			for (u32 i = 0; i < NODES; i++)
				if (place[i] == (s32)which && first)
					assert_false(key_is_before(nodes[i].key, first->key));
			if (first) {
				assert_int_equal(place[first - nodes], which);
				place[first - nodes] = -1;
			} else {
				for (u32 i = 0; i < NODES; i++)
					assert_int_not_equal(place[i], which);
			}
		}
		base += random_below(3);
		if (round % 16 == 0) {
			heap_check(&heap[0]);
			heap_check(&heap[1]);
		}
	}
}

/* ---------------------------------------------------------------- a machine */

enum { UNITS = 10240, GROUPS = 64, NO_CPU = CPUS_MAX };

/* What a simulated vCPU does: runs for a while, then does what it does. */
enum kind {
	HOG,		/* never stops */
	SLEEPER,	/* runs busy_ns, sleeps idle_ns */
	YIELDER,	/* runs busy_ns, yields */
	FLOODER,	/* every busy_ns wakes its target, which may be asleep or not */
	STOPPED,	/* its domain has crashed */
};

struct actor {
	struct run_unit unit;
	enum kind kind;
	u64 busy_ns, idle_ns;
	u32 target;
	u64 left_ns;		/* until it does it */
	u64 ran_ns;
	u64 wake_ns;		/* while it sleeps: when it is woken; while it waits to run: since when */
	bool waits;		/* it was woken and has not run yet */
	u64 turns;
};

static struct actor actors[UNITS];
static struct run_group groups[GROUPS];
static u32 actor_count;
static u64 sim_now;
static u32 start_cpu;		/* for those that are added, or NO_CPU: dealt out */
static u32 look_due[CPUS_MAX];
static struct actor *on_cpu[CPUS_MAX], *loaded[CPUS_MAX];
static u64 look_at[CPUS_MAX];

/* How long who woke waited: in steps of 10 us. */
enum { STEPS = 2000 };
static u32 waits[STEPS + 1], wait_count;
static u64 decisions;

static void sim_start(u32 cpu_number)
{
	memset(run_queues, 0, sizeof(run_queues));
	memset(actors, 0, sizeof(actors));
	memset(on_cpu, 0, sizeof(on_cpu));
	memset(loaded, 0, sizeof(loaded));
	memset(look_at, 0, sizeof(look_at));
	memset(waits, 0, sizeof(waits));
	wait_count = 0;
	for (u32 cpu = 0; cpu < CPUS_MAX; cpu++) {
		idle_set(cpu, false);
		look_due[cpu] = cpu < cpu_number;
	}
	cpu_count = cpu_number;
	actor_count = 0;
	start_cpu = NO_CPU;
	decisions = 0;
	sim_now = 1 * S;
	random_state = 1;
}

static void sim_look(u64 mask)
{
	for (; mask; mask &= mask - 1)
		look_due[__builtin_ctzl(mask)] = true;
}

static struct actor *actor_add(u32 group, enum kind kind, u64 busy_ns, u64 idle_ns, u64 affinity)
{
	struct actor *a = &actors[actor_count];

	*a = (struct actor){ .kind = kind, .busy_ns = busy_ns, .idle_ns = idle_ns, .left_ns = busy_ns };
	run_init(&a->unit, &groups[group], affinity);
	sim_look(run_start(&a->unit, start_cpu == NO_CPU ? actor_count % cpu_count : start_cpu, sim_now));
	actor_count++;
	return a;
}

static void actor_wake(struct actor *a)
{
	u64 look;

	if (run_wake(&a->unit, sim_now, &look)) {
		a->waits = true;
		a->wake_ns = sim_now;
	}
	sim_look(look);
}

/* The unit on a CPU comes to what it does. */
static void actor_act(struct actor *a)
{
	a->left_ns = a->busy_ns;
	switch (a->kind) {
	case SLEEPER:
		run_stop(&a->unit, RB_RUN_STATE_BLOCKED, sim_now);
		a->wake_ns = sim_now + a->idle_ns / 2 + random_below(a->idle_ns);
		look_due[a->unit.cpu] = true;
		break;
	case YIELDER:
		if (run_waiting(a->unit.cpu)) {
			run_yield(a->unit.cpu);
			look_due[a->unit.cpu] = true;
		}
		break;
	case FLOODER:
		actor_wake(&actors[a->target]);
		break;
	case STOPPED:
		run_stop(&a->unit, RB_RUN_STATE_OFFLINE, sim_now);
		look_due[a->unit.cpu] = true;
		break;
	default:
		break;
	}
}

static void sleepers_wake(void)
{
	for (u32 i = 0; i < actor_count; i++)
		if (actors[i].kind == SLEEPER && actors[i].unit.times.state == RB_RUN_STATE_BLOCKED && actors[i].wake_ns <= sim_now)
			actor_wake(&actors[i]);
}

static void cpu_look(u32 cpu);

/* What other CPUs may do while one has picked a unit and not yet loaded it. */
static void meanwhile(u32 cpu)
{
	static bool is_inside;

	if (is_inside || random_below(4))
		return;
	is_inside = true;
	sleepers_wake();
	for (u32 other = 0; other < cpu_count; other++)
		if (other != cpu && look_due[other])
			cpu_look(other);
	is_inside = false;
}

/* What the hypervisor does on a CPU (vcpu_leave, vcpu_load). */
static void cpu_look(u32 cpu)
{
	struct run_unit *unit;
	struct actor *a;

	look_due[cpu] = false;
	unit = run_pick(cpu, sim_now);
	decisions++;
	meanwhile(cpu);
	a = unit ? (struct actor *)((u8 *)unit - offsetof(struct actor, unit)) : NULL;
	if (a && on_cpu[cpu] != a)
		a->turns++;
	on_cpu[cpu] = a;
	if (a) {
		/* The next one may be loaded only if nobody else has it in its processor. */
		for (u32 other = 0; other < cpu_count; other++)
			if (other != cpu)
				assert_ptr_not_equal(loaded[other], a);
		assert_int_equal(unit->times.state, RB_RUN_STATE_RUNNING);
		assert_int_equal(unit->cpu, cpu);
		assert_true(unit->affinity >> cpu & 1);
		sim_look(run_settle(cpu, loaded[cpu] && loaded[cpu] != a ? &loaded[cpu]->unit : NULL));
		loaded[cpu] = a;
		if (a->waits) {
			a->waits = false;
			waits[MIN((sim_now - a->wake_ns) / (10 * US), (u64)STEPS)]++;
			wait_count++;
		}
	}
	look_at[cpu] = run_look_ns(cpu);
}

static void looks(void)
{
	for (u32 round = 0, again = 1; again; round++) {
		assert_true(round < 64);
		again = 0;
		for (u32 cpu = 0; cpu < cpu_count; cpu++)
			if (look_due[cpu]) {
				cpu_look(cpu);
				again = 1;
			}
	}
	/* Nobody waits while a CPU where it may run is idle. A budget that is used up is another thing. */
	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		const struct run_queue *queue = &run_queues[cpu];

		for (const struct heap_node *node = queue->ready.root; node && cpu_count > 1; node = heap_next(node))
			for (u32 other = 0; other < cpu_count; other++)
				if (unit_of((struct heap_node *)node)->affinity >> other & 1 && !unit_of((struct heap_node *)node)->group->budget_ns)
					assert_non_null(on_cpu[other]);
	}
}

/* To whatever comes next: a unit's own doing, a wake-up, a CPU's timer. */
static u64 next_event(u64 end)
{
	u64 next = end;

	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		if (on_cpu[cpu] && on_cpu[cpu]->kind != HOG)
			next = MIN(next, sim_now + on_cpu[cpu]->left_ns);
		if (look_at[cpu])
			next = MIN(next, MAX(look_at[cpu], sim_now + 1));
	}
	for (u32 i = 0; i < actor_count; i++)
		if (actors[i].kind == SLEEPER && actors[i].unit.times.state == RB_RUN_STATE_BLOCKED)
			next = MIN(next, MAX(actors[i].wake_ns, sim_now + 1));
	return next;
}

static void sim_run(u64 ns)
{
	const u64 end = sim_now + ns;

	looks();
	while (sim_now < end) {
		const u64 next = next_event(end), passed = next - sim_now;

		for (u32 cpu = 0; cpu < cpu_count; cpu++)
			if (on_cpu[cpu]) {
				on_cpu[cpu]->ran_ns += passed;
				on_cpu[cpu]->left_ns -= MIN(on_cpu[cpu]->left_ns, passed);
			}
		sim_now = next;
		for (u32 cpu = 0; cpu < cpu_count; cpu++) {
			struct actor *a = on_cpu[cpu];

			if (a && a->kind != HOG && !a->left_ns && a->unit.times.state == RB_RUN_STATE_RUNNING)
				actor_act(a);
			if (look_at[cpu] && look_at[cpu] <= sim_now)
				look_due[cpu] = true;
		}
		sleepers_wake();
		looks();
	}
}

static u64 group_ran(u32 group)
{
	u64 ran = 0;

	for (u32 i = 0; i < actor_count; i++)
		if (actors[i].unit.group == &groups[group])
			ran += actors[i].ran_ns;
	return ran;
}

static void measure_from_now(void)
{
	for (u32 i = 0; i < actor_count; i++)
		actors[i].ran_ns = 0;
	memset(waits, 0, sizeof(waits));
	wait_count = 0;
	decisions = 0;
}

/* In hundredths of a percent. */
static void expect_share(u32 group, u64 ran_ns, u64 of_ns, u64 want, u64 tolerance)
{
	const u64 share = ran_ns * 10000 / of_ns;

	printf("  group %u: %lu.%02lu %%, due %lu.%02lu %%\n", group, share / 100, share % 100, want / 100, want % 100);
	if (share + tolerance < want || share > want + tolerance)
		fail_msg("group %u has %lu.%02lu %%", group, share / 100, share % 100);
}

/* The wait that so many in a thousand do not exceed, in us. */
static u64 wait_us(u32 of_thousand)
{
	u64 seen = 0;
	u32 step = 0;

	while (step < STEPS && (seen += waits[step]) * 1000 < (u64)wait_count * of_thousand)
		step++;
	return step * 10;
}

static void print_waits(const char *what)
{
	printf("  %s: %u wake-ups waited %lu us (median), %lu (99 %%), %lu (99.9 %%)\n", what, wait_count, wait_us(500), wait_us(990), wait_us(999));
}

/* ---------------------------------------------------------------- fairness */

static void groups_make(u32 count, const u32 *weights)
{
	for (u32 i = 0; i < count; i++)
		run_group_init(&groups[i], weights[i], 0);
}

static void test_weights(void **state)
{
	static const u32 weights[] = { 100, 200, 400 };
	static const u32 numbers[][3] = { { 1, 1, 1 }, { 8, 1, 1 }, { 1, 4, 2 }, { 8, 8, 8 } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(numbers); n++) {
		sim_start(1);
		groups_make(3, weights);
		for (u32 group = 0; group < 3; group++)
			for (u32 i = 0; i < numbers[n][group]; i++)
				actor_add(group, HOG, ~0ul, 0, ~0ul);
		sim_run(10 * S);
		printf(" %u, %u and %u hogs\n", numbers[n][0], numbers[n][1], numbers[n][2]);
		for (u32 group = 0; group < 3; group++)
			expect_share(group, group_ran(group), 10 * S, 10000 * weights[group] / 700, 30);
	}
}

/* The greatest weight beside the least, and all within a domain alike. */
static void test_weights_far_apart(void **state)
{
	static const u32 weights[] = { RUN_WEIGHT_MAX, 100, 1 };

	(void)state;
	sim_start(1);
	groups_make(3, weights);
	for (u32 i = 0; i < 4; i++)
		actor_add(0, HOG, ~0ul, 0, ~0ul);
	actor_add(1, HOG, ~0ul, 0, ~0ul);
	actor_add(2, HOG, ~0ul, 0, ~0ul);
	sim_run(100 * S);
	expect_share(0, group_ran(0), 100 * S, 9900, 20);
	expect_share(1, group_ran(1), 100 * S, 99, 20);
	assert_true(group_ran(2) > 0);
	for (u32 i = 0; i < 4; i++)
		expect_share(0, actors[i].ran_ns, group_ran(0), 2500, 10);
}

/* Two CPUs, units let go where they like. */
static void test_weights_over_cpus(void **state)
{
	static const u32 weights[] = { 100, 200, 400 };

	(void)state;
	for (u32 n = 2; n <= 8; n *= 2) {
		sim_start(2);
		groups_make(3, weights);
		/* All begin on CPU 0: they would be dealt out well otherwise, by chance. */
		start_cpu = 0;
		for (u32 group = 0; group < 3; group++)
			for (u32 i = 0; i < n; i++)
				actor_add(group, HOG, ~0ul, 0, ~0ul);
		sim_run(2 * S);
		measure_from_now();
		sim_run(20 * S);
		printf(" %u hogs each on 2 CPUs\n", n);
		for (u32 group = 0; group < 3; group++)
			expect_share(group, group_ran(group), 40 * S, 10000 * weights[group] / 700, 300);
	}
}

/* Three to two CPUs: none keeps a CPU for itself; of three domains, or of one. */
static void test_in_turn(void **state)
{
	static const u32 weights[] = { 100, 100, 100 };

	(void)state;
	for (u32 domains = 1; domains <= 3; domains += 2) {
		sim_start(2);
		groups_make(3, weights);
		for (u32 i = 0; i < 3; i++) {
			actor_add(i % domains, HOG, ~0ul, 0, ~0ul);
			sim_run(10 * MS);
		}
		measure_from_now();
		sim_run(10 * S);
		for (u32 i = 0; i < 3; i++)
			expect_share(i % domains, actors[i].ran_ns, 20 * S, 3333, 100);
	}
}

/* Not where that makes it worse: 400 and 300 are best off beside 500. */
static void test_left_alone(void **state)
{
	static const u32 weights[] = { 500, 400, 300 };

	(void)state;
	sim_start(2);
	groups_make(3, weights);
	start_cpu = 0;
	actor_add(0, HOG, ~0ul, 0, ~0ul);
	start_cpu = 1;
	actor_add(1, HOG, ~0ul, 0, ~0ul);
	actor_add(2, HOG, ~0ul, 0, ~0ul);
	sim_run(10 * S);
	expect_share(0, group_ran(0), 10 * S, 10000, 10);
	expect_share(1, group_ran(1), 10 * S, 5714, 30);
}

/* A CPU's virtual time goes by the weights there; a unit's goes with it. */
static void test_virtual_times_differ(void **state)
{
	static const u32 weights[] = { 1, 100, 100, 1000 };
	struct actor *moved;

	(void)state;
	sim_start(2);
	groups_make(4, weights);
	actor_add(1, HOG, ~0ul, 0, 1);
	actor_add(0, HOG, ~0ul, 0, 2);
	sim_run(1 * S);
	start_cpu = 1;
	moved = actor_add(2, HOG, ~0ul, 0, ~0ul);
	actor_add(3, HOG, ~0ul, 0, 2);
	sim_run(200 * MS);
	assert_int_equal(moved->unit.cpu, 0);
	measure_from_now();
	sim_run(1 * S);
	expect_share(2, moved->ran_ns, 1 * S, 5000, 100);
}

/* Who comes, or comes back, is not given what it did not ask for meanwhile. */
static void test_no_credit(void **state)
{
	static const u32 weights[] = { 100, 100, 100, 100 };

	(void)state;
	for (u32 others = 1; others <= 3; others += 2) {
		/* One that never ran. */
		sim_start(1);
		groups_make(4, weights);
		for (u32 group = 0; group < others; group++)
			actor_add(group, HOG, ~0ul, 0, ~0ul);
		sim_run(5 * S);
		measure_from_now();
		actor_add(3, HOG, ~0ul, 0, ~0ul);
		sim_run(400 * MS);
		expect_share(3, group_ran(3), 400 * MS, 10000 / (others + 1), 300);
		/* One that slept. */
		sim_start(1);
		groups_make(4, weights);
		actor_add(3, SLEEPER, 1 * S, 4 * S, ~0ul);
		sim_run(1 * S);
		for (u32 group = 0; group < others; group++)
			actor_add(group, HOG, ~0ul, 0, ~0ul);
		while (actors[0].unit.times.state == RB_RUN_STATE_BLOCKED)
			sim_run(1 * MS);
		measure_from_now();
		sim_run(400 * MS);
		expect_share(3, group_ran(3), 400 * MS, 10000 / (others + 1), 300);
	}
}

/* Virtual times go round in 78 hours; who sleeps half of that must not seem to be ahead. */
static void test_long_sleep(void **state)
{
	static const u32 weights[] = { 100, 100 };

	(void)state;
	sim_start(1);
	groups_make(2, weights);
	actor_add(0, SLEEPER, 10 * MS, 100 * 3600 * S, ~0ul);
	actor_add(1, HOG, ~0ul, 0, ~0ul);
	sim_run(1 * S);
	assert_int_equal(actors[0].unit.times.state, RB_RUN_STATE_BLOCKED);
	actors[0].wake_ns = 50 * 3600 * S;
	sim_run(50 * 3600 * S + 1 * S - sim_now);
	assert_int_equal(actors[0].ran_ns, 20 * MS);
}

/* Who slept, but had more than its due, is not preferred: the other has whole turns. */
static void test_preempts_only_when_behind(void **state)
{
	static const u32 weights[] = { 100, 100 };
	struct actor *hog;

	(void)state;
	sim_start(1);
	groups_make(2, weights);
	hog = actor_add(0, HOG, ~0ul, 0, ~0ul);
	actor_add(1, SLEEPER, RUN_SLICE_NS - 200 * US, 100 * US, ~0ul);
	sim_run(1 * S);
	printf("  %lu turns of the hog, %lu decisions\n", hog->turns, decisions);
	assert_in_range(hog->turns, 120, 140);
	/* It blocks, is woken, and the hog's slice ends. */
	assert_true(decisions <= 3 * hog->turns + 10);
}

/* One gets a CPU for itself, as no more can be given to it. */
static void test_weight_too_great(void **state)
{
	static const u32 weights[] = { 100, 100, 1000 };

	(void)state;
	sim_start(2);
	groups_make(3, weights);
	for (u32 group = 0; group < 3; group++)
		actor_add(group, HOG, ~0ul, 0, ~0ul);
	sim_run(1 * S);
	measure_from_now();
	sim_run(10 * S);
	expect_share(2, group_ran(2), 10 * S, 10000, 900);
	assert_true(group_ran(0) > 4 * S && group_ran(1) > 4 * S);
}

/* A domain cannot gain by what its vCPUs do: each line is a neighbour of one hog with the same weight. */
static void test_neighbours(void **state)
{
	static const u32 weights[] = { 100, 100 };
	static const struct {
		const char *what;
		enum kind kind;
		u64 busy_ns, idle_ns;
		u32 count;
	} neighbours[] = {
		{ "8 hogs", HOG, ~0ul, 0, 8 },
		{ "yields all the time", YIELDER, 20 * US, 0, 1 },
		{ "4 that yield all the time", YIELDER, 20 * US, 0, 4 },
		{ "wakes itself and others all the time", FLOODER, 10 * US, 0, 2 },
		{ "sleeps just before its turn is over", SLEEPER, RUN_SLICE_NS - 10 * US, 1 * US, 8 },
		{ "sleeps before it can be preempted", SLEEPER, RUN_MIN_NS - 10 * US, 1 * US, 8 },
		{ "short sleeps", SLEEPER, 100 * US, 10 * US, 16 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(neighbours); n++) {
		sim_start(1);
		groups_make(2, weights);
		actor_add(0, HOG, ~0ul, 0, ~0ul);
		for (u32 i = 0; i < neighbours[n].count; i++)
			actor_add(1, neighbours[n].kind, neighbours[n].busy_ns, neighbours[n].idle_ns, ~0ul)->target = 1 + (i + 1) % neighbours[n].count;
		sim_run(10 * S);
		printf(" beside: %s\n", neighbours[n].what);
		if (group_ran(0) < 10 * S * 49 / 100)
			fail_msg("the hog has %lu us of 5 s", group_ran(0) / US);
		printf("  the hog has %lu.%02lu %%\n", group_ran(0) * 100 / (10 * S), group_ran(0) * 10000 / (10 * S) % 100);
	}
}

static void test_crashed(void **state)
{
	static const u32 weights[] = { 100, 300, 100 };

	(void)state;
	sim_start(1);
	groups_make(3, weights);
	actor_add(0, HOG, ~0ul, 0, ~0ul);
	for (u32 i = 0; i < 4; i++)
		actor_add(1, STOPPED, 100 * MS, 0, ~0ul);
	actor_add(2, HOG, ~0ul, 0, ~0ul);
	sim_run(2 * S);
	measure_from_now();
	sim_run(10 * S);
	expect_share(0, group_ran(0), 10 * S, 5000, 30);
	expect_share(2, group_ran(2), 10 * S, 5000, 30);
}

/* ---------------------------------------------------------------- caps */

static void check_all(void);

static void test_caps(void **state)
{
	static const struct {
		u32 cpus, cap, count;
		u64 busy_ns, idle_ns;	/* of sleepers; zero: hogs */
	} cases[] = {
		{ 1, 25, 1, 0, 0 }, { 1, 25, 4, 0, 0 }, { 2, 25, 4, 0, 0 }, { 4, 25, 8, 0, 0 }, { 4, 150, 8, 0, 0 }, { 1, 1, 1, 0, 0 },
		{ 2, 25, 4, 300 * US, 100 * US },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		/* Alone, and beside hogs that would take it all. */
		for (u32 others = 0; others < 2; others++) {
			sim_start(cases[n].cpus);
			run_group_init(&groups[0], 400, cases[n].cap);
			run_group_init(&groups[1], 100, 0);
			for (u32 i = 0; i < cases[n].count; i++)
				actor_add(0, cases[n].busy_ns ? SLEEPER : HOG, cases[n].busy_ns ? cases[n].busy_ns : ~0ul, cases[n].idle_ns, ~0ul);
			for (u32 i = 0; i < others * cases[n].cpus; i++)
				actor_add(1, HOG, ~0ul, 0, ~0ul);
			sim_run(300 * MS);
			measure_from_now();
			sim_run(3 * S);
			printf(" cap %u %%, %u vCPUs on %u CPUs%s\n", cases[n].cap, cases[n].count, cases[n].cpus, others ? ", beside hogs" : "");
			expect_share(0, group_ran(0), 3 * S, 100 * cases[n].cap, 50);
			if (others)
				assert_true(group_ran(0) + group_ran(1) > 3 * S * cases[n].cpus * 99 / 100);
		}
	}
}

/* No period has more than the budget, but for what is paid back. */
static void test_cap_in_each_period(void **state)
{
	u64 before = 0;

	(void)state;
	sim_start(2);
	run_group_init(&groups[0], 100, 25);
	for (u32 i = 0; i < 4; i++)
		actor_add(0, HOG, ~0ul, 0, ~0ul);
	sim_run(RUN_PERIOD_NS - sim_now % RUN_PERIOD_NS);
	for (u32 i = 0; i < 100; i++) {
		before = group_ran(0);
		sim_run(RUN_PERIOD_NS);
		assert_in_range(group_ran(0) - before, RUN_PERIOD_NS * 23 / 100, RUN_PERIOD_NS * 27 / 100);
	}
}

/* What was used before there was a cap is not held against it. */
static void test_cap_later(void **state)
{
	(void)state;
	sim_start(1);
	run_group_init(&groups[0], 100, 0);
	actor_add(0, HOG, ~0ul, 0, ~0ul);
	sim_run(10 * S);
	run_group_set(&groups[0], 100, 50, sim_now);
	look_due[0] = true;
	sim_run(100 * MS);
	measure_from_now();
	sim_run(3 * S);
	expect_share(0, group_ran(0), 3 * S, 5000, 50);
}

/* Those that wait can be taken out of every heap, whatever is in it; then nothing knows them. */
static void test_cancel(void **state)
{
	u32 cancelled = 0;

	(void)state;
	for (u32 seed = 1; seed <= 20; seed++) {
		sim_start(1 + seed % 3);
		random_state = seed;
		for (u32 group = 0; group < 4; group++)
			run_group_init(&groups[group], 100, group % 2 ? 5 : 0);
		for (u32 i = 0; i < 24; i++)
			actor_add(i % 4, i % 3 ? HOG : YIELDER, i % 3 ? ~0ul : 100 * US, 0, ~0ul);
		for (u32 i = 0; i < 100; i++) {
			struct run_unit *unit = &actors[random_below(actor_count)].unit;
			const bool waits = run_state(unit) == RB_RUN_STATE_RUNNABLE;

			run_cancel(unit, sim_now);
			assert_int_equal(run_state(unit) == RB_RUN_STATE_RUNNABLE, 0);
			if (waits)
				assert_int_equal(run_is_free(unit), !unit->bound);
			cancelled += waits;
			check_all();
			sim_run(1 * US + random_below(3 * MS));
			check_all();
		}
	}
	assert_true(cancelled > 300);
}

/* ---------------------------------------------------------------- waiting */

static void test_wake_up(void **state)
{
	static const u32 weights[] = { 100, 100, 100, 100, 100 };

	(void)state;
	/* A vCPU that needs little, beside hogs of other domains, and one of its own. */
	sim_start(1);
	groups_make(5, weights);
	for (u32 group = 0; group < 4; group++)
		actor_add(group, HOG, ~0ul, 0, ~0ul);
	actor_add(4, SLEEPER, 50 * US, 5 * MS, ~0ul);
	sim_run(20 * S);
	print_waits("1 CPU, 4 hogs");
	assert_true(wait_count > 1000);
	assert_true(wait_us(990) <= RUN_MIN_NS / US);
	/* With a CPU that is idle there is no wait at all. */
	sim_start(2);
	groups_make(5, weights);
	actor_add(0, HOG, ~0ul, 0, ~0ul);
	actor_add(4, SLEEPER, 50 * US, 5 * MS, ~0ul);
	sim_run(20 * S);
	print_waits("2 CPUs, a hog");
	assert_int_equal(wait_us(1000), 0);
	/* Many that sleep: they wait for each other, not for the hogs. */
	sim_start(1);
	groups_make(5, weights);
	for (u32 group = 0; group < 3; group++)
		actor_add(group, HOG, ~0ul, 0, ~0ul);
	for (u32 i = 0; i < 8; i++)
		actor_add(3 + i % 2, SLEEPER, 50 * US, 5 * MS, ~0ul);
	sim_run(20 * S);
	print_waits("1 CPU, 3 hogs, 8 that sleep");
	assert_true(wait_us(990) <= 2 * RUN_MIN_NS / US);
}

/* Who is woken waits until who runs had its least; and not much longer. */
static void test_no_preemption_at_once(void **state)
{
	static const u32 weights[] = { 100 };
	struct actor *hog, *sleeper;

	(void)state;
	sim_start(1);
	groups_make(1, weights);
	sleeper = actor_add(0, SLEEPER, 10 * US, 2 * US, ~0ul);
	hog = actor_add(0, HOG, ~0ul, 0, ~0ul);
	sim_run(1 * S);
	measure_from_now();
	/* It is woken when the hog has just begun. Each time it must find that the hog had RUN_MIN_NS. */
	sim_run(1 * S);
	assert_true(wait_count > 100);
	assert_true(wait_us(10) >= RUN_MIN_NS / US - 10);
	assert_true(wait_us(1000) <= RUN_MIN_NS / US + 10);
	assert_true(hog->ran_ns > 30 * sleeper->ran_ns);
}

/* Of two that yield and one that does not, the one that does not gets the CPU, although it has had more. */
static void test_yield(void **state)
{
	static const u32 weights[] = { 100 };
	struct actor *holder;
	u64 ran;

	(void)state;
	sim_start(1);
	groups_make(1, weights);
	holder = actor_add(0, HOG, ~0ul, 0, ~0ul);
	sim_run(100 * MS);
	for (u32 i = 0; i < 3; i++)
		actor_add(0, YIELDER, 10 * US, 0, ~0ul);
	for (u32 i = 0; i < 50; i++) {
		ran = holder->ran_ns;
		sim_run(RUN_SLICE_NS + 200 * US);
		assert_true(holder->ran_ns - ran > RUN_SLICE_NS / 2);
	}
	for (u32 i = 1; i < 4; i++)
		assert_true(actors[i].turns > 40);
	/* Nobody else: it goes on. */
	sim_start(1);
	groups_make(1, weights);
	actor_add(0, YIELDER, 10 * US, 0, ~0ul);
	sim_run(10 * MS);
	assert_int_equal(actors[0].ran_ns, 10 * MS);
	assert_int_equal(decisions, 1);
}

/* Who is woken beside an idle CPU goes there, and whoever runs is left alone. */
static void test_place(void **state)
{
	static const u32 weights[] = { 100 };
	struct run_unit hog, sleeper;
	u64 look;

	(void)state;
	sim_start(2);
	groups_make(1, weights);
	run_init(&hog, &groups[0], ~0ul);
	run_init(&sleeper, &groups[0], ~0ul);
	assert_int_equal(run_start(&sleeper, 0, sim_now), 1);
	assert_ptr_equal(run_pick(0, sim_now), &sleeper);
	assert_null(run_pick(1, sim_now));
	run_stop(&sleeper, RB_RUN_STATE_BLOCKED, sim_now);
	/* Not while it is in CPU 0's processor. */
	assert_int_equal(run_start(&hog, 0, sim_now), 1);
	assert_ptr_equal(run_pick(0, sim_now), &hog);
	assert_true(run_wake(&sleeper, sim_now, &look));
	assert_int_equal(sleeper.cpu, 0);
	assert_null(run_pick(1, sim_now));
	/* Then CPU 1 is called, and takes it. */
	assert_int_equal(run_settle(0, &sleeper), 2);
	assert_ptr_equal(run_pick(1, sim_now), &sleeper);
	run_stop(&sleeper, RB_RUN_STATE_BLOCKED, sim_now);
	run_settle(1, &sleeper);
	sleeper.cpu = 0;
	assert_null(run_pick(1, sim_now));
	assert_true(run_wake(&sleeper, sim_now, &look));
	assert_int_equal(look, 2);
	assert_int_equal(sleeper.cpu, 1);
	assert_false(run_wake(&sleeper, sim_now, &look));
}

/* ---------------------------------------------------------------- cost */

static u64 touched;		/* nodes that a decision looked at */

static void count_depth(const struct heap *heap)
{
	touched = 0;
	for (const struct heap_node *node = heap->root; node; node = node->right)
		touched++;
}

/* The longest way that a join can take; the rest of a decision has no loop but that of budgets. */
static void test_cost(void **state)
{
	static const u32 counts[] = { 1, 10, 100, 1000, 10000 };
	const u32 weights[] = { 100 };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(counts); n++) {
		u64 most = 0, log = 64 - (u64)__builtin_clzl(counts[n] + 1);

		sim_start(1);
		groups_make(1, weights);
		for (u32 i = 0; i < counts[n]; i++)
			actor_add(0, HOG, ~0ul, 0, ~0ul);
		for (u32 i = 0; i < 20000; i++) {
			look_due[0] = true;
			sim_now += RUN_SLICE_NS / (1 + random_below(2));
			looks();
			count_depth(&run_queues[0].ready);
			most = MAX(most, touched);
		}
		printf("  %5u vCPUs: at most %lu nodes deep at the right\n", counts[n], most);
		assert_true(most <= log);
	}
}

/* ---------------------------------------------------------------- anything */

/* Times add up, whoever is where, and each CPU's load is that of its units. */
static void check_all(void)
{
	u64 load[CPUS_MAX] = { 0 };
	u32 wanting[GROUPS] = { 0 };

	for (u32 i = 0; i < actor_count; i++) {
		struct run_unit *unit = &actors[i].unit;
		struct run_times times;
		const u64 *spent = times.state_ns;

		run_times(unit, &times);
		assert_int_equal(spent[0] + spent[1] + spent[2] + spent[3], times.since_ns);
		assert_true(times.since_ns <= sim_now);
		if (times.state == RB_RUN_STATE_RUNNING) {
			assert_ptr_equal(on_cpu[unit->cpu], &actors[i]);
			assert_in_range(actors[i].ran_ns, spent[RB_RUN_STATE_RUNNING], spent[RB_RUN_STATE_RUNNING] + sim_now - times.since_ns);
		} else {
			assert_int_equal(actors[i].ran_ns, spent[RB_RUN_STATE_RUNNING]);
		}
		if (times.state <= RB_RUN_STATE_RUNNABLE) {
			load[unit->cpu] += unit->load;
			wanting[unit->group - groups]++;
		}
	}
	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		const struct run_queue *queue = &run_queues[cpu];
		const struct heap *heaps[] = { &queue->ready, &queue->aside, &queue->parked };

		assert_int_equal(load[cpu], queue->load);
		assert_ptr_equal(queue->running, on_cpu[cpu] ? &on_cpu[cpu]->unit : NULL);
		for (u32 h = 0; h < ARRAY_COUNT(heaps); h++) {
			heap_check(heaps[h]);
			for (struct heap_node *node = heaps[h]->root; node; node = heap_next(node)) {
				assert_int_equal(unit_of(node)->times.state, RB_RUN_STATE_RUNNABLE);
				assert_int_equal(unit_of(node)->cpu, cpu);
				assert_true(unit_of(node)->affinity >> cpu & 1);
			}
		}
	}
	for (u32 group = 0; group < 4; group++)
		assert_int_equal(wanting[group], groups[group].wanting);
}

static void test_anything(void **state)
{
	(void)state;
	for (u32 seed = 1; seed <= 30; seed++) {
		sim_start(1 + seed % 4);
		random_state = seed;
		for (u32 group = 0; group < 4; group++)
			run_group_init(&groups[group], (u32)random_below(1000), random_below(2) ? (u32)random_below(200) : 0);
		for (u32 i = 0; i < 20; i++) {
			static const enum kind kinds[] = { HOG, SLEEPER, SLEEPER, SLEEPER, YIELDER, FLOODER, STOPPED };
			const u64 affinity = random_below(2) ? ~0ul : 1ul << random_below(cpu_count) | random_below(16);

			actor_add((u32)random_below(4), kinds[random_below(ARRAY_COUNT(kinds))], 1 * US + random_below(2 * MS),
				  1 + random_below(2) * random_below(5 * MS), affinity)->target = (u32)random_below(i + 1);
		}
		for (u32 i = 0; i < 200; i++) {
			sim_run(1 * US + random_below(3 * MS));
			check_all();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_weights_far_apart),
		cmocka_unit_test(test_weights_over_cpus),
		cmocka_unit_test(test_weight_too_great),
		cmocka_unit_test(test_in_turn),
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_virtual_times_differ),
		cmocka_unit_test(test_no_credit),
		cmocka_unit_test(test_long_sleep),
		cmocka_unit_test(test_preempts_only_when_behind),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_crashed),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_cap_in_each_period),
		cmocka_unit_test(test_cap_later),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_wake_up),
		cmocka_unit_test(test_no_preemption_at_once),
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_anything),
	};

	return suite_run("sched", tests);
}
