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

/* It may have gone to another CPU since we looked, and have a new deadline there: who takes the old one raises the vector. */
static bool deadline_take(struct vcpu *v, u64 deadline)
{
	return __atomic_compare_exchange_n(&v->timer_deadline_ns, &deadline, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void timer_raise(struct vcpu *v)
{
	domain_count(v->domain, RB_COUNTER_TIMER_EVENTS);
	event_raise(v, RB_VECTOR_TIMER);
}

/* Raise what is due by now; the earliest deadline that is left, or zero. */
static u64 timers_walk(struct cpu *cpu, u64 now)
{
	u64 next = 0;

	for (u32 d = 0; d < domains_end; d++) {
		struct domain *domain = domains[d];

		if (domain->ending)
			continue;
		for (u32 i = 0; i < domain->vcpu_count; i++) {
			struct vcpu *v = domain->vcpus[i];
			u64 deadline;

			if (__atomic_load_n(&v->run.cpu, __ATOMIC_RELAXED) != cpu->id)
				continue;
			deadline = __atomic_load_n(&v->timer_deadline_ns, __ATOMIC_RELAXED);
			if (deadline > now)
				next = deadline_earlier(next, deadline);
			else if (deadline && deadline_take(v, deadline))
				timer_raise(v);
		}
	}
	return next;
}

void timer_arm(struct cpu *cpu)
{
	u64 now = time_now_ns();
	u64 next = timers_walk(cpu, now);

	/* Whom the walk woke may wait for this CPU. */
	time_arm(deadline_earlier(next, run_look_ns(cpu->id)));
}

void timer_expire(struct cpu *cpu)
{
	const u64 look = run_look_ns(cpu->id);

	if (look && look <= time_now_ns())
		cpu->reschedule = true;
	timer_arm(cpu);
}

void timer_set(struct vcpu *v, u64 deadline_ns)
{
	__atomic_store_n(&v->timer_deadline_ns, deadline_ns, __ATOMIC_RELAXED);
	timer_arm(this_cpu());
}
