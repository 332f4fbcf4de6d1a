/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the event family: vectors, ports, the timer, waiting. */
#include "abi/generated/dispatch.h"
#include "dev/time.h"
#include "ipc/port.h"
#include "vm/domain.h"
#include "vm/event.h"
#include "vm/timer.h"

enum rb_status hc_event_send(struct vcpu *v, const struct hc_event_send_args *a)
{
	const struct domain *d = v->domain;

	for (u32 i = 0; i < d->vcpu_count; i++) {
		if (a->vcpu_mask >> i & 1)
			event_raise(d->vcpus[i], (u32)a->vector);
	}
	return RB_OK;
}

enum rb_status hc_port_alloc(struct vcpu *v, const struct hc_port_alloc_args *a, u64 *result)
{
	return port_alloc(v->domain, a->domain, result);
}

enum rb_status hc_port_bind(struct vcpu *v, const struct hc_port_bind_args *a, u64 *result)
{
	return port_bind(v->domain, a->domain, a->port, result);
}

enum rb_status hc_port_set_target(struct vcpu *v, const struct hc_port_set_target_args *a)
{
	return port_set_target(v->domain, a->port, a->vcpu, a->vector);
}

enum rb_status hc_port_send(struct vcpu *v, const struct hc_port_send_args *a)
{
	return port_send(v->domain, a->port);
}

enum rb_status hc_port_mask(struct vcpu *v, const struct hc_port_mask_args *a)
{
	return port_mask(v->domain, a->port, a->masked);
}

enum rb_status hc_port_close(struct vcpu *v, const struct hc_port_close_args *a)
{
	return port_close(v->domain, a->port);
}

enum rb_status hc_timer_set(struct vcpu *v, const struct hc_timer_set_args *a)
{
	timer_set(v, a->deadline_ns);
	return RB_OK;
}

/* Until a vector is pending. */
static void vcpu_wait(struct vcpu *v)
{
	struct rb_vcpu_page *page = v->page;

	if (__atomic_load_n(&page->pending, __ATOMIC_SEQ_CST))
		return;

	domain_count(v->domain, RB_COUNTER_BLOCKS);
	run_stop(&v->run, RB_RUN_STATE_BLOCKED, time_now_ns());
	vcpu_show_state(v);
	/* One that another CPU raised before we were BLOCKED woke nobody. */
	if (__atomic_load_n(&page->pending, __ATOMIC_SEQ_CST))
		vcpu_wake(v);
	this_cpu()->slow_exit = true;
}

enum rb_status hc_sched_block(struct vcpu *v)
{
	/* What is pending is delivered on the way back. */
	__atomic_store_n(&v->page->events_enabled, 1, __ATOMIC_SEQ_CST);
	vcpu_wait(v);
	return RB_OK;
}

enum rb_status hc_sched_wait(struct vcpu *v)
{
	vcpu_wait(v);
	return RB_OK;
}

enum rb_status hc_sched_yield(struct vcpu *v)
{
	struct cpu *cpu = this_cpu();

	if (run_waiting(cpu->id)) {
		run_yield(cpu->id);
		cpu->reschedule = true;
		cpu->slow_exit = true;
	}
	return RB_OK;
}
