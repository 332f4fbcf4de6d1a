/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of the scheduler's decisions, with 1 to 10,000 vCPUs that want to run on one CPU: counted by letting a child process make each step under
 * ptrace, in code compiled as for the hypervisor. Fails if they grow faster than the logarithm of that number. No number here is a time.
 */

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include "suite.h"
#include "sched/queue.h"

struct cpu cpus[CPUS_MAX];
u32 cpu_count = 1;

enum { UNITS = 10000, SAMPLES = 30, WAYS = 4 };

static const u32 counts[] = { 1, 10, 100, 1000, 10000 };
static const char *const ways[WAYS] = { "nothing (subtracted)", "the end of a slice", "the running one blocks", "another wakes" };

static struct run_unit units[UNITS];
static struct run_group groups[100];

static __attribute__((noinline)) void mark(void)
{
	raise(SIGSTOP);
}

static u64 random_below(u64 end)
{
	static u64 state = 1;

	state = state * 6364136223846793005ul + 1442695040888963407ul;
	return (state >> 33) % end;
}

static void child_count(u32 count)
{
	struct run_unit *unit, *asleep = NULL;
	u64 now = 1000000000, look;

	memset(run_queues, 0, sizeof(run_queues));
	for (u32 i = 0; i < ARRAY_COUNT(groups); i++)
		run_group_init(&groups[i], 1 + (u32)random_below(1000), 0);
	for (u32 i = 0; i < count; i++) {
		run_init(&units[i], &groups[i % ARRAY_COUNT(groups)], ~0ul);
		run_start(&units[i], 0, now);
	}
	/* Until the heap has the shape that it gets by use. */
	for (u32 i = 0; i < 3 * count; i++) {
		run_pick(0, now += RUN_SLICE_NS - random_below(RUN_MIN_NS));
		now += RUN_MIN_NS;
	}
	unit = run_pick(0, now);
	for (u32 sample = 0; sample < SAMPLES; sample++) {
		mark();
		mark();
		now += RUN_SLICE_NS + random_below(1000);
		unit = run_pick(0, now);
		run_settle(0, NULL);
		mark();
		now += 1000;
		asleep = unit;
		run_stop(unit, RB_RUN_STATE_BLOCKED, now);
		unit = run_pick(0, now);
		run_settle(0, asleep);
		mark();
		now += 1000;
		run_wake(asleep, now, &look);
		run_pick(0, now);
		mark();
		now += RUN_MIN_NS;
		unit = run_pick(0, now);
		run_settle(0, NULL);
	}
}

static void child(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	for (u32 n = 0; n < ARRAY_COUNT(counts); n++) {
		child_count(counts[n]);
		mark();
	}
	_exit(0);
}

/* Instructions up to the child's next stop; or, by the way, on to it. */
static u64 count(pid_t pid, int request)
{
	int status;

	for (u64 steps = 0;; steps++) {
		if (ptrace(request, pid, NULL, NULL) || waitpid(pid, &status, 0) != pid || WIFEXITED(status))
			abort();
		if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP)
			return steps;
	}
}

int main(void)
{
	const pid_t pid = fork();
	u64 sum[WAYS], most[WAYS], small[WAYS];
	int failed = 0;

	if (!pid)
		child();
	printf("%-24s %8s %8s %8s\n", "decision", "vCPUs", "mean", "most");
	for (u32 n = 0; n < ARRAY_COUNT(counts); n++) {
		memset(sum, 0, sizeof(sum));
		memset(most, 0, sizeof(most));
		/* The child stops at its first mark, or at the one after the size before. */
		if (n == 0)
			waitpid(pid, NULL, 0);
		else
			count(pid, PTRACE_CONT);
		for (u32 sample = 0; sample < SAMPLES; sample++) {
			for (u32 way = 0; way < WAYS; way++) {
				const u64 steps = count(pid, PTRACE_SINGLESTEP);

				sum[way] += steps;
				most[way] = MAX(most[way], steps);
			}
			count(pid, PTRACE_CONT);
		}
		for (u32 way = 1; way < WAYS; way++) {
			const u64 mean = (sum[way] - sum[0]) / SAMPLES;

			printf("%-24s %8u %8lu %8lu\n", ways[way], counts[n], mean, most[way] - sum[0] / SAMPLES);
			if (counts[n] == 10)
				small[way] = most[way];
			/* Each tenfold is log2(10), 3.3 steps more of each of two or three ways through the heap: less than 400 instructions. */
			if (counts[n] > 10 && most[way] > small[way] + 400ul * (n - 1)) {
				printf("grows faster than the logarithm\n");
				failed = 1;
			}
		}
	}
	return failed;
}
