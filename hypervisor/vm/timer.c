/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers; see timer.h. Deadlines are looked for among all vCPUs of a CPU: right for few. (A queue ordered by deadline comes with
 * many vCPUs.)
 */
#include "vm/timer.h"
#include "dev/time.h"
#include "vm/domain.h"
#include "vm/event.h"

static u64 deadline_earlier(u64 a, u64 b)
{
	if (!a || !b)
		return a | b;
	return MIN(a, b);
}

/* Raise what is due by now; the earliest deadline that is left, or zero. */
static u64 timers_walk(struct cpu *cpu, u64 now)
{
	u64 next = 0;

	for (u32 d = 0; d < domains_end; d++) {
		struct domain *domain = domains[d];

		if (!domain || domain->ending)
			continue;
		for (u32 i = 0; i < domain->vcpu_count; i++) {
			struct vcpu *v = domain->vcpus[i];

			if (!v || v->run.cpu != cpu->id || !v->timer_deadline_ns)
				continue;
			if (v->timer_deadline_ns <= now) {
				v->timer_deadline_ns = 0;
				domain_count(domain, RB_COUNTER_TIMER_EVENTS);
				event_raise(v, RB_VECTOR_TIMER);
			} else {
				next = deadline_earlier(next, v->timer_deadline_ns);
			}
		}
	}
	return next;
}

void timer_arm(struct cpu *cpu)
{
	u64 now = time_now_ns();
	u64 next = timers_walk(cpu, now);

	/* The slice of who runs begins when another comes to wait, and its end does not move. */
	if (cpu->current && run_waiting(cpu->id)) {
		if (!cpu->slice_end_ns)
			cpu->slice_end_ns = now + RUN_SLICE_NS;
		next = deadline_earlier(next, cpu->slice_end_ns);
	}
	time_arm(next);
}

void timer_expire(struct cpu *cpu)
{
	if (cpu->slice_end_ns && cpu->slice_end_ns <= time_now_ns())
		cpu->reschedule = true;
	timer_arm(cpu);
}

void timer_set(struct vcpu *v, u64 deadline_ns)
{
	v->timer_deadline_ns = deadline_ns;
	timer_arm(this_cpu());
}
