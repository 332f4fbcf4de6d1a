/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What assembly calls in place of the functions of vm/entry.c in a machine that is traced: they do the same, and record it.
 *
 * Records are made when a function has returned. After vcpu_guest_cr3 "nothing but the way back may follow": a record only makes another CPU that waits for
 * this one to take its interrupt wait longer, and it is hypervisor memory through the hypervisor's own root.
 */
#include "mm/trace.h"
#include "vm/domain.h"
#include "vm/entry.h"

struct hypercall_return hypercall_traced(struct regs *regs, u64 number);
void event_traced(struct regs *regs);
u64 vcpu_leave_traced(struct regs *regs);
void idle_interrupt_traced(u64 vector, u64 rip);

/* By CPU: an interrupt ended its waiting. */
static bool was_idle[CPUS_MAX];

static u64 name_of(const struct vcpu *v)
{
	return v ? v->domain->id << 8 | v->id : TRACE_NOBODY << 8 | TRACE_NOBODY;
}

static void ring_says(const struct vcpu *v)
{
	struct trace_ring *ring = trace_rings[this_cpu()->id];

	if (!ring)
		return;
	ring->domain = (u8)(name_of(v) >> 8);
	ring->vcpu = (u8)name_of(v);
}

struct hypercall_return hypercall_traced(struct regs *regs, u64 number)
{
	struct hypercall_return back;
	struct trace trace;
	bool is_slow;

	trace_begin(&trace, TRACE_HYPERCALL, number);
	trace.record.word[0] = regs->rdi;
	trace.record.word[1] = regs->rsi;
	trace.record.word[2] = regs->rdx;
	trace.record.word[3] = regs->r10;
	back = hypercall_handle(regs, number);
	is_slow = back.status == HYPERCALL_SLOW;
	trace.record.status = (s8)(is_slow ? (s64)regs->rax : back.status);
	trace.record.word[4] = is_slow ? regs->rdx : back.result;
	trace_end(&trace);
	return back;
}

void event_traced(struct regs *regs)
{
	const bool is_interrupt = regs->reason >= 32 && regs->reason < 256;
	const struct gate_scratch *scratch = this_cpu()->scratch;
	struct trace trace;

	trace_begin(&trace, is_interrupt ? TRACE_INTERRUPT : TRACE_EXCEPTION, regs->reason);
	trace.record.word[0] = regs->rip;
	trace.record.word[1] = regs->cs;
	if (regs->reason == REASON_BAD_STACK) {
		trace.record.word[2] = scratch->info;
		trace.record.word[3] = scratch->error;
	}
	event_handle(regs);
	trace_end(&trace);
}

void idle_interrupt_traced(u64 vector, u64 rip)
{
	struct trace trace;

	trace_begin(&trace, TRACE_IDLE_INTERRUPT, vector);
	trace.record.word[0] = rip;
	was_idle[this_cpu()->id] = true;
	interrupt_while_idle(vector, rip);
	trace_end(&trace);
}

/* The event whose frame the gate is to write; its words as event.c left them for the gate. */
static void event_record(const struct vcpu *v)
{
	const struct gate_scratch *scratch = this_cpu()->scratch;
	struct trace trace;

	trace_begin(&trace, TRACE_EVENT, (scratch->info >> 16 & 0xf) << 8 | (scratch->info & 0xff));
	trace.record.word[0] = v->regs.rip;
	trace.record.word[1] = v->regs.cs;
	trace.record.word[2] = scratch->error;
	trace.record.word[3] = scratch->data;
	trace_end(&trace);
}

u64 vcpu_leave_traced(struct regs *regs)
{
	const struct cpu *cpu = this_cpu();
	const struct vcpu *loaded = cpu->loaded;
	const u64 loaded_name = name_of(loaded);
	struct trace wait;
	u64 is_injection;

	trace_begin(&wait, TRACE_IDLE, 0);
	wait.record.domain = wait.record.vcpu = TRACE_NOBODY;
	is_injection = vcpu_leave(regs);
	if (was_idle[cpu->id])
		trace_end(&wait);
	was_idle[cpu->id] = false;
	ring_says(cpu->current);
	if (cpu->loaded != loaded)
		trace_event(TRACE_RUN, 0, loaded_name, 0);
	if (is_injection)
		event_record(cpu->current);
	return is_injection;
}
