/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events for a guest: virtual vectors raised and delivered, exceptions handed on.
 */
#pragma once

#include "vm/vcpu.h"

/* A vector becomes pending; the vCPU is woken. From any CPU. */
void event_raise(struct vcpu *v, u32 vector);
/* The same in a machine that is traced. */
void event_raise_traced(struct vcpu *v, u32 vector);
/* A port's bit in the vCPU page. From any CPU. */
void event_port_set(struct vcpu *v, u32 port);
/* Is there something that must be delivered before the vCPU goes on in kernel mode? */
static inline bool event_deliverable(const struct vcpu *v)
{
	return __atomic_load_n(&v->page->pending, __ATOMIC_RELAXED) &&
	       (__atomic_load_n(&v->page->events_enabled, __ATOMIC_RELAXED) & 1);
}
/*
 * On the way back to the guest: if a pending vector can be delivered, prepare its injection and return true. If the vCPU is in
 * its restartable range, move it to the start.
 */
bool event_deliver(struct vcpu *v);
/* The same in a machine that is traced. */
bool event_deliver_traced(struct vcpu *v);
/* Prepare the injection of an exception that the gate could not deliver. */
void event_inject(struct vcpu *v, u32 info, u64 error, u64 data);
/* The frame of an event could not be written: the emergency stack, or the end. True: an injection is prepared. */
bool event_bad_stack(struct vcpu *v, u32 info);
