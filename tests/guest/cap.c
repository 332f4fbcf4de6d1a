/* SPDX-License-Identifier: GPL-2.0-only */
/* cpus: 2 */
/* vcpus: 4 */
/* options: cap=25 */
/* timeout: 120 */
/*
 * A domain with a cap.
 *
 * Provokes: four vCPUs on two CPUs that all want to run, without end; one of them also yields and one sends events to all.
 * Must: let them run a quarter of one CPU's time, together; and each of them some of it.
 */
#include "test.h"

#define VCPUS	4
#define SPAN_NS	2000000000ul

static uint8_t stacks[VCPUS][4096] __attribute__((aligned(16)));
static struct rb_vcpu_page *pages[VCPUS];

static void other_main(uint64_t id) __attribute__((noreturn));
static void other_main(uint64_t id)
{
	for (;;) {
		if (id == 1)
			guest_must(rb_sched_yield());
		if (id == 2)
			guest_must(rb_event_send(0xf, 0x50));
	}
}

static uint64_t ran(unsigned id)
{
	return __atomic_load_n(&pages[id]->run.spent[RB_RUN_STATE_RUNNING], __ATOMIC_RELAXED);
}

int main(struct rb_start_info *start_info)
{
	uint64_t before[VCPUS], begin, all = 0;
	bool each = true;

	pages[0] = guest_vcpu;
	for (uint64_t id = 1; id < VCPUS; id++) {
		uint64_t page = guest_page();

		pages[id] = guest_pointer(page);
		/* As if called: the stack pointer is 8 below a multiple of 16. */
		guest_must(rb_vcpu_start(id, (uint64_t)other_main, (uint64_t)stacks[id] + sizeof(stacks[id]) - 8, id, start_info->user_root, page));
	}
	/* Until debts of the beginning are paid. */
	for (uint64_t end = guest_time() + SPAN_NS / 5; guest_time() < end;)
		;
	for (unsigned id = 0; id < VCPUS; id++)
		before[id] = ran(id);
	begin = guest_time();
	for (uint64_t end = guest_time() + SPAN_NS; guest_time() < end;)
		;
	for (unsigned id = 0; id < VCPUS; id++) {
		all += ran(id) - before[id];
		each &= ran(id) - before[id] > 100000;
	}
	all = all * 1000 / (guest_time() - begin);
	/* Without the cap: 2,000. A host that is busy stops both CPUs at times; how exact it is the simulation shows (tests/unit/test_sched.c). */
	check(all >= 100 && all <= 400, "four vCPUs together ran %lu thousandths of the time", all);
	check(each, "each of them ran");
	return test_end();
}
