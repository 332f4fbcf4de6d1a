/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of the hot paths of hypervisor/mm: counted by letting a child process make each step under ptrace, in code
 * compiled as for the hypervisor. A REP instruction counts as many as it repeats, as under an instruction-counting emulator.
 * Without the way in and out of the hypervisor. No number here is a time.
 */

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include "suite.h"
#include "world.h"

#define A (&world.a)

/* The child stops here; the parent counts from one stop to the next. */
static __attribute__((noinline)) void mark(void)
{
	raise(SIGSTOP);
}

/* What the child does between two stops; divided by the number of entries or frames. */
static const struct {
	const char *what;
	u64 code, gfn, index, count, value;
	u32 per;
} costs[] = {
	{ "warming up", RB_OP_NOP, 0, 0, 1, 0, 1 },
	{ "nothing (subtracted)", RB_OP_NOP, 0, 0, 1, 0, 1 },
	{ "SET one small leaf", RB_OP_SET, PT + 1, 0, 1, 0x63, 1 },
	{ "SET one entry to zero", RB_OP_SET, PT + 1, 0, 1, ~0ul, 1 },
	{ "SET a run of 64 small leaves, each", RB_OP_SET, PT + 1, 0, 64, 0x63, 64 },
	{ "SET a run of 64 to zero, each", RB_OP_SET, PT + 1, 0, 64, ~0ul, 64 },
	{ "SET one large leaf", RB_OP_SET, PT + 2, 9, 1, 0xe3, 1 },
	{ "AND one entry", RB_OP_AND, PT + 1, 1, 1, ~2ul, 1 },
	{ "AND 64 entries, each", RB_OP_AND, PT + 1, 128, 64, ~2ul, 64 },
	{ "XCHG one entry", RB_OP_XCHG, PT + 1, 1, 1, 0x63, 1 },
	{ "LINK a table of level 1", RB_OP_LINK, PT + 2, 1, 1, PT + 10, 1 },
	{ "SET zero over a link", RB_OP_SET, PT + 2, 1, 1, ~0ul, 1 },
	{ "LINK into a loaded root", RB_OP_LINK, PT + 4, 77, 1, PT + 11, 1 },
	{ "SET zero in a loaded root", RB_OP_SET, PT + 4, 77, 1, ~0ul, 1 },
	{ "TYPE one used frame (512 of it zeroing)", RB_OP_TYPE, PT + 10, 0, 1, 1, 1 },
	{ "TYPE a run of 32 used frames, each (512 of it zeroing)", RB_OP_TYPE, PT + 40, 0, 32, 1, 32 },
	{ "TYPE a run of 32 fresh frames, each", RB_OP_TYPE, PT + 100, 0, 32, 1, 32 },
	{ "FLUSH all", RB_OP_FLUSH, 0, 0, 1, 0, 1 },
};

static __attribute__((noinline)) enum rb_status measure(u64 word, u64 *value)
{
	return table_apply(A, &world.cpu[0], word, value);
}

static __attribute__((noinline)) enum rb_status measure_nothing(u64 word, u64 *value)
{
	return word == ~*value;
}

/* The value that the operation gets: ~0 stands for zero, and a leaf needs an address. */
static u64 value_of(u32 i)
{
	if (costs[i].value == ~0ul)
		return 0;
	if (costs[i].code == RB_OP_SET || costs[i].code == RB_OP_XCHG)
		return costs[i].value | machine_address(A, 0);
	return costs[i].value;
}

static void child(void)
{
	u64 value[ARRAY_COUNT(costs)], word[ARRAY_COUNT(costs)];
	struct rb_pt_op queue[64];
	enum rb_status status;
	mfn_t root;

	world_start(NULL);
	for (u64 level = 1; level <= 4; level++)
		apply(A, RB_OP_TYPE, PT + level, 0, 1, level);
	apply(A, RB_OP_TYPE, PT + 5, 0, 2, 4);
	apply(A, RB_OP_TYPE, PT + 10, 0, 1, 1);
	apply(A, RB_OP_TYPE, PT + 11, 0, 20, 3);
	apply(A, RB_OP_TYPE, PT + 40, 0, 32, 1);
	apply(A, RB_OP_SET, PT + 1, 128, 64, machine_address(A, 0) | 0x63);
	for (u64 i = 0; i < 3; i++) {
		apply(A, RB_OP_LINK, PT + 4, (170 + 85 * i) % 256, 1, PT + 12 + i);
		apply(A, RB_OP_LINK, PT + 5, (170 + 84 * i) % 256, 1, PT + 15 + i);
	}
	root_make_kernel(A, (gfn_t){ PT + 6 });
	for (u64 i = 0; i < 5; i++)
		apply(A, RB_OP_LINK, PT + 6, 300 + 30 * i, 1, PT + 20 + i);
	live_root_load(&world.cpu[0], A, (gfn_t){ PT + 4 });

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	for (u32 i = 0; i < ARRAY_COUNT(costs); i++) {
		value[i] = value_of(i);
		word[i] = rb_op_word(costs[i].code, costs[i].gfn, costs[i].index, costs[i].count);
	}
	for (u32 i = 0; i < ARRAY_COUNT(costs); i++) {
		mark();
		if ((i > 1 ? measure(word[i], &value[i]) : measure_nothing(word[i], &value[i])) != RB_OK)
			_exit((int)i + 1);
	}
	mark();
	live_root_load(&world.cpu[0], A, (gfn_t){ PT + 5 });
	mark();
	root = world.cpu[0].user_root;
	live_root_switch_space(&world.cpu[0], &world.b, NO_MFN);
	live_root_switch_space(&world.cpu[0], A, root);
	mark();
	for (u32 i = 0; i < 64; i++)
		queue[i] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, PT + 1, i, 1), machine_address(A, i) | 0x63 };
	mark();
	table_apply_queue(A, &world.cpu[0], queue, 0, 64, &status);
	mark();
	mark();
	_exit(0);
}

/* Instructions up to the child's next stop, or -1 at its end. */
static s64 count(pid_t pid)
{
	s64 steps = 0;
	int status;

	for (;; steps++) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) || waitpid(pid, &status, 0) != pid || WIFEXITED(status))
			return -1;
		if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP)
			return steps;
	}
}

int main(void)
{
	const pid_t pid = fork();
	s64 nothing = 0, steps;
	int status;

	if (!pid)
		child();
	waitpid(pid, &status, 0);
	for (u32 i = 0; (steps = count(pid)) >= 0; i++) {
		const u32 operations = ARRAY_COUNT(costs);

		/* Between two stops with nothing between them: what the stop and the loop take. */
		if (i <= 1)
			nothing = steps;
		else if (i < operations)
			printf("%-58s %6.1f\n", costs[i].what, (double)(steps - nothing) / costs[i].per);
		else if (i == operations)
			printf("%-58s %6ld\n", "root_load, from 3 entries to 3", steps - nothing);
		else if (i == operations + 1)
			printf("%-58s %6.1f\n", "switch of space, 3 user and 5 kernel entries, one way", (steps - nothing) / 2.0);
		else if (i == operations + 3)
			printf("%-58s %6.1f\n", "SET of one small leaf from a queue of 64, each", (steps - nothing) / 64.0);
	}
	return 0;
}
