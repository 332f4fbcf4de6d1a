/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the assembly entries call: why the hypervisor was entered, and how it goes back to a guest.
 *
 * No lock is held when a function here returns to assembly (I-20).
 */
#include "abi/generated/dispatch.h"
#include "dev/lapic.h"
#include "dev/machine.h"
#include "dev/pic.h"
#include "dev/serial.h"
#include "dev/time.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "vm/console.h"
#include "vm/domain.h"
#include "vm/entry.h"
#include "vm/event.h"
#include "vm/timer.h"
#include "x86/instruction.h"

/* Upper half of a frame's ss word: vector 1, by a debug register or TF; by ICEBP, one byte long. */
#define DEBUG_EXCEPTION		(RB_EVENT_TYPE_EXCEPTION << 16 | 1)
#define DEBUG_INSTRUCTION	(1u << 28 | RB_EVENT_TYPE_PRIV_EXCEPTION << 16 | 1)

struct hypercall_return hypercall_handle(struct regs *regs, u64 number)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *v = cpu->current;
	s64 status;
	u64 result;

	vcpu_has_left(cpu);
	domain_count(v->domain, RB_COUNTER_HYPERCALLS);
	status = hypercall_dispatch(v, number, (const u64 *)((const u8 *)regs + REGS_RDI), &result);
	if (cpu->slow_exit || event_deliverable(v) || (regs->flags & (RFLAGS_TF | RFLAGS_RF))) {
		regs->rax = (u64)status;
		regs->rdx = result;
		return (struct hypercall_return){ .status = HYPERCALL_SLOW };
	}
	regs->guest_cr3 = vcpu_guest_cr3(cpu);
	return (struct hypercall_return){ status, result };
}

static void interrupt_handle(u64 vector)
{
	if (vector == VECTOR_LAPIC_TIMER) {
		lapic_eoi();
		timer_expire(this_cpu());
	} else if (vector >= PIC_VECTOR_FIRST && vector <= PIC_VECTOR_LAST) {
		if (vector == PIC_VECTOR_FIRST + SERIAL_IRQ)
			domain_console_interrupt();
		pic_eoi((u32)vector - PIC_VECTOR_FIRST);
	} else if (vector == VECTOR_WAKE) {
		lapic_eoi();		/* vcpu_leave looks */
	} else if (vector != VECTOR_LAPIC_SPURIOUS) {
		/* Nobody asked for it: left over from the firmware, or a device's. */
		lapic_eoi();
	}
}

/* A debug exception of the guest: which bits came to be, in the event's data. ICEBP (INT1) alone sets none. */
static void debug_handle(struct vcpu *v)
{
	u64 status = dr6_read();

	dr6_write(0xffff0ff0);
	/* Delivered by vcpu_leave. Bits that read one when nothing happened are inverted (as FRED does). */
	v->debug_event = (status ^ 0xffff0ff0) & 0x1f00f;
	v->has_debug_event = true;
}

void event_handle(struct regs *regs)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *v = cpu->current;

	vcpu_has_left(cpu);
	if (regs->reason >= 32 && regs->reason < 256) {
		domain_count(v->domain, RB_COUNTER_INTERRUPTS);
		interrupt_handle(regs->reason);
		return;
	}
	domain_count(v->domain, RB_COUNTER_EXCEPTIONS);
	switch (regs->reason) {
	case 1:
		debug_handle(v);
		break;
	case 2:
		break;		/* an NMI means nothing yet */
	case REASON_VM86:
		break;
	case REASON_BAD_STACK:
		v->bad_stack_info = cpu->scratch->info;
		v->bad_stack_error = cpu->scratch->error;
		v->has_bad_stack = true;
		break;
	default:
		panic("entered for no known reason: %lx", regs->reason);
	}
}

void interrupt_while_idle(u64 vector, u64 rip)
{
	if (rip != (u64)cpu_idle_wait && rip != (u64)cpu_idle_end)
		panic("an interrupt in the hypervisor: vector %lu at %lx", vector, rip);
	interrupt_handle(vector);
}

/*
 * What IRETQ will load is what guest code may have (I-12). It came from the processor, or was set by us; only the stack
 * selector can have lost its descriptor since.
 */
static void regs_sanitise(struct vcpu *v)
{
	struct regs *regs = &v->regs;

	ENSURE(regs->cs == SEL_KERNEL_CS || regs->cs == SEL_USER_CS || regs->cs == SEL_USER32_CS);
	ENSURE(is_canonical(regs->rip));
	regs->flags = (regs->flags & RFLAGS_GUEST) | RFLAGS_FIXED | RFLAGS_IF;
	regs->ss = regs_from_user(regs) ? vcpu_user_ss(v, regs->ss) : SEL_KERNEL_SS;
}

/* Choose what runs on this CPU, waiting for something if need be. */
static struct vcpu *vcpu_choose(struct cpu *cpu)
{
	struct run_unit *unit;
	struct vcpu *v;

	for (;;) {
		unit = run_pick(cpu->id, time_now_ns());
		if (unit) {
			v = (struct vcpu *)((u8 *)unit - offsetof(struct vcpu, run));
			if (!v->domain->ending && !__atomic_load_n(&v->domain->is_paused, __ATOMIC_SEQ_CST))
				return v;
			vcpu_refuse(cpu, v);
			continue;
		}
		cpu->current = NULL;
		if (cpu->loaded && cpu->loaded->domain->ending)
			vcpu_discard(cpu);
		domain_check_all_ended();
		timer_arm(cpu);
		/* A timer may have come due while it was armed: then nothing would end the wait. */
		if (!run_waiting(cpu->id))
			cpu_idle();
	}
}

/*
 * No processor is in virtual-8086 mode out of 64-bit mode, but TCG is, by a 32-bit IRET of any guest code (up to 7.2 at least). Selectors mean nothing then.
 * The vCPU gets #GP in user mode, as if its IRET had failed; its flags may be any, as that IRET loads all.
 */
static bool vm86_leave(struct vcpu *v)
{
	if (!(v->regs.flags & RFLAGS_VM))
		return false;
	v->has_bad_stack = false;
	v->has_debug_event = false;
	v->regs.flags = (v->regs.flags & RFLAGS_GUEST) | RFLAGS_FIXED | RFLAGS_IF;
	v->regs.cs = SEL_USER_CS;
	v->regs.ss = SEL_USER_SS;
	event_inject(v, RB_EVENT_TYPE_EXCEPTION << 16 | 13, 0, 0);
	return true;
}

u64 vcpu_leave(struct regs *regs)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *v;
	bool is_injection;

	(void)regs;
	if (cpu->current && cpu->current->has_crashed)
		domain_print_crash(cpu->current);
	if (cpu->current && cpu->current->is_ending)
		vcpu_take_away(cpu);
	for (;;) {
		cpu->slow_exit = false;
		if (cpu->reschedule || !cpu->current || run_state(&cpu->current->run) != RB_RUN_STATE_RUNNING) {
			cpu->reschedule = false;
			vcpu_load(cpu, vcpu_choose(cpu));
			timer_arm(cpu);
		}
		v = cpu->current;
		if (vm86_leave(v)) {
			is_injection = true;
		} else if (v->has_bad_stack) {
			v->has_bad_stack = false;
			is_injection = event_bad_stack(v, v->bad_stack_info);
		} else if (v->has_debug_event) {
			v->has_debug_event = false;
			event_inject(v, v->debug_event ? DEBUG_EXCEPTION : DEBUG_INSTRUCTION, 0, v->debug_event);
			is_injection = true;
		} else {
			is_injection = event_deliver(v);
		}
		/*
		 * An instruction that ends where the lower half ends leaves an address that IRETQ refuses, in ring 0. On the bare machine the next fetch
		 * would fault, in the guest.
		 */
		if (!is_injection && !is_canonical(v->regs.rip)) {
			event_inject(v, RB_EVENT_TYPE_EXCEPTION << 16 | 13, 0, 0);
			is_injection = true;
		}
		if (!v->domain->ending)
			break;
	}
	if (!is_injection)
		regs_sanitise(v);
	v->regs.guest_cr3 = vcpu_guest_cr3(cpu);
	return is_injection;
}

void sched_run(void)
{
	enter_guest();
}

/* What x86/entry.S leaves on the stack of a CPU whose hypervisor failed. */
struct panic_frame {
	u64 rax, error, rip, cs, flags, rsp, ss;
};

void exception_panic(const struct panic_frame *frame) __attribute__((noreturn));

void exception_panic(const struct panic_frame *frame)
{
	const struct cpu *cpu = this_cpu();

	print("ringbolt: exception %u in the hypervisor, error %lx, cr2 %lx\n", cpu->scratch->bug_vector, frame->error, cr2_read());
	print("  rip %016lx rsp %016lx flags %lx rax %lx\n", frame->rip, frame->rsp, frame->flags, frame->rax);
	panic("this is a bug of the hypervisor");
}
