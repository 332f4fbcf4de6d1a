/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual vectors and injected exceptions; see event.h.
 *
 * Keeps I-17 (a pending vector is not lost: its bit is set before `pending`, and `pending` is cleared before the bits are looked at), I-18
 * (kernel mode gets one only with events_enabled, which delivery clears) and I-19 (in the restartable range nothing is delivered, the vCPU
 * goes to its start). Every field of the vCPU page is read once (I-15).
 */
#include "vm/event.h"
#include "mm/trace.h"
#include "vm/domain.h"

/* What has a version for machines that are traced is compiled twice. */
#define always_inline inline __attribute__((always_inline))

static always_inline void vector_raise(struct vcpu *v, u32 vector)
{
	spin_lock(&v->page_lock);
	if (v->page) {
		__atomic_fetch_or(&v->page->pending_vectors[vector / 64], 1ul << vector % 64, __ATOMIC_SEQ_CST);
		__atomic_store_n(&v->page->pending, 1, __ATOMIC_SEQ_CST);
		vcpu_wake_locked(v);
	}
	spin_unlock(&v->page_lock);
}

void event_raise(struct vcpu *v, u32 vector)
{
	vector_raise(v, vector);
}

void event_raise_traced(struct vcpu *v, u32 vector)
{
	trace_event(TRACE_RAISE, vector, v->domain->id << 8 | v->id, 0);
	vector_raise(v, vector);
}

PATCH_FUNCTION(event_raise, event_raise_traced);

void event_port_set(struct vcpu *v, u32 port)
{
	spin_lock(&v->page_lock);
	if (v->page)
		__atomic_fetch_or(&v->page->port_pending[port / 64], 1ul << port % 64, __ATOMIC_SEQ_CST);
	spin_unlock(&v->page_lock);
}

/* The highest pending vector, taken; 0: none. Leaves `pending` set if there may be more. */
static always_inline u32 vector_take(struct rb_vcpu_page *page)
{
	u32 vector = 0;

	__atomic_store_n(&page->pending, 0, __ATOMIC_SEQ_CST);
	for (s32 word = 3; word >= 0; word--) {
		u64 bits = __atomic_load_n(&page->pending_vectors[word], __ATOMIC_SEQ_CST);

		/* Vectors below 32 are none: a guest that set their bits is not helped. */
		if (word == 0)
			bits &= ~0ul << RB_VECTOR_FIRST;
		if (!bits)
			continue;
		if (vector) {
			__atomic_store_n(&page->pending, 1, __ATOMIC_SEQ_CST);
			break;
		}
		vector = (u32)word * 64 + 63 - (u32)__builtin_clzl(bits);
		__atomic_fetch_and(&page->pending_vectors[word], ~(1ul << vector % 64), __ATOMIC_SEQ_CST);
		if (bits & (bits - 1))
			__atomic_store_n(&page->pending, 1, __ATOMIC_SEQ_CST);
	}
	return vector;
}

static bool in_restartable_range(const struct vcpu *v)
{
	return v->regs.rip >= v->range_start && v->regs.rip < v->range_end;
}

/* What gate_inject needs. is_enabled: the virtual interrupt flag that the frame shows, for events of the kernel. */
static always_inline void injection_prepare(struct vcpu *v, u32 info, u64 error, u64 data, bool is_enabled)
{
	struct gate_scratch *scratch = this_cpu()->scratch;
	bool is_user = regs_from_user(&v->regs);

	scratch->info = info;
	scratch->error = error;
	scratch->data = data;
	scratch->entry = is_user ? v->user_entry : v->kernel_entry;
	scratch->sp = is_user ? __atomic_load_n(&v->page->kernel_sp, __ATOMIC_RELAXED) : v->regs.rsp - 64;
	/* The flags to show. The real ones are not loaded: the gate enters ring 1 with clean flags. */
	if (!is_enabled)
		v->regs.flags &= ~(u64)RFLAGS_IF;
}

static void restart_record(const struct vcpu *v)
{
	struct trace trace;

	trace_begin(&trace, TRACE_RESTART, 0);
	/* It may have come onto the CPU just now. */
	trace.record.domain = (u8)v->domain->id;
	trace.record.vcpu = (u8)v->id;
	trace.record.word[0] = v->regs.rip;
	trace.record.word[1] = v->range_start;
	trace_end(&trace);
}

static always_inline bool vector_deliver(struct vcpu *v, bool is_traced)
{
	u32 vector;

	if (!__atomic_load_n(&v->page->pending, __ATOMIC_SEQ_CST))
		return false;
	if (!regs_from_user(&v->regs)) {
		if (in_restartable_range(v)) {
			if (is_traced)
				restart_record(v);
			v->regs.rip = v->range_start;
			domain_count(v->domain, RB_COUNTER_RESTARTS);
			return false;
		}
		if (!(__atomic_load_n(&v->page->events_enabled, __ATOMIC_RELAXED) & 1))
			return false;
	}
	vector = vector_take(v->page);
	if (!vector)
		return false;
	domain_count(v->domain, RB_COUNTER_EVENTS);
	/* Kernel mode gets here only with events enabled: the flag is not looked at a second time (I-15). */
	injection_prepare(v, RB_EVENT_TYPE_INTERRUPT << 16 | vector, 0, 0, true);
	return true;
}

bool event_deliver(struct vcpu *v)
{
	return vector_deliver(v, false);
}

bool event_deliver_traced(struct vcpu *v)
{
	return vector_deliver(v, true);
}

PATCH_FUNCTION(event_deliver, event_deliver_traced);

void event_inject(struct vcpu *v, u32 info, u64 error, u64 data)
{
	const bool is_enabled = regs_from_user(&v->regs) || (__atomic_load_n(&v->page->events_enabled, __ATOMIC_RELAXED) & 1);

	injection_prepare(v, info, error, data, is_enabled);
}

bool event_bad_stack(struct vcpu *v, u32 info)
{
	struct gate_scratch *scratch = this_cpu()->scratch;

	if (!v->user_entry) {
		domain_crash(v, "an event before the guest has set its entry points");
		return false;
	}
	if (!v->emergency_sp) {
		domain_crash(v, "an event frame could not be written to the kernel stack");
		return false;
	}
	event_inject(v, RB_EVENT_TYPE_EXCEPTION << 16 | 8, v->bad_stack_error, info);
	scratch->sp = v->emergency_sp;
	scratch->entry = v->kernel_entry;
	v->emergency_sp = 0;
	return true;
}
