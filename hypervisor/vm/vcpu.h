/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU: its registers, what its guest has set up, and how it comes onto a CPU and leaves it.
 */
#pragma once

#include "lib/types.h"
#include "mm/live.h"
#include "ringbolt.h"
#include "sched/run.h"
#include "x86/cpu.h"
#include "x86/instruction.h"
#include "x86/regs.h"

#define VCPU_DESCRIPTORS 4	/* three for thread-local storage, the CPU number */

struct vcpu {
	struct regs regs;
	struct domain *domain;
	u32 id;
	struct run_unit run;

	struct spinlock page_lock;	/* which page it is, against other CPUs that raise something in it */
	struct rb_vcpu_page *page;	/* shared with the guest, who may write it at any time; NULL: not started */
	struct rb_pt_op *queue;		/* likewise; NULL: none set */
	mfn_t user_root;		/* loaded when it runs */

	/* Set by the guest's calls, checked then. */
	u64 user_entry, kernel_entry;	/* zero: none yet */
	u64 range_start, range_end;	/* restartable range */
	u64 emergency_sp;		/* zero: none, or used */
	u64 kernel_gs;
	u64 debug[4], debug_control;
	u64 xcr0;
	u64 descriptors[VCPU_DESCRIPTORS];
	u32 tsc_aux;

	/* To be delivered on the way back. */
	bool has_debug_event, has_bad_stack;
	bool is_ending;			/* it called vcpu_stop; under the domain's lock */
	bool is_held;			/* its domain was paused while it wanted to run: BLOCKED, until that is over */
	bool has_crashed;		/* its guest gave up: the registers are to be printed, once they are all saved */
	u32 bad_stack_info;
	u64 bad_stack_error;
	u64 debug_event;

	u64 timer_deadline_ns;		/* zero: not armed */
	bool time_is_stale;		/* the page's time record was never written */

	/* In the processor while loaded on a CPU. */
	void *fpu;
	struct segments segments;
};

/* A domain's vCPU that is not started. False: no memory. */
bool vcpu_create(struct domain *domain, u32 id);
/* Its domain is gone: nothing of that is in it any more. */
void vcpu_forget(struct vcpu *v);
/* Where it starts, before it is woken: in kernel mode with events disabled. */
void vcpu_start_state(struct vcpu *v, u64 rip, u64 rsp, u64 rdi);
/* It runs from now on. */
void vcpu_start(struct vcpu *v);

/* How another vCPU of the domain starts one. */
struct vcpu_start {
	u64 ip, sp, argument;		/* RIP, RSP, RDI */
	gfn_t root;			/* user root */
	struct rb_vcpu_page *page;
};
/* A vCPU that is not started begins like that. BUSY: it is; NOENT, TYPE: the root, as in root_find. */
enum rb_status vcpu_start_at(struct vcpu *v, const struct vcpu_start *start);
/* The running vCPU is to be as if it had never been started: on the way back (vcpu_take_away). BUSY: no other of the domain is started. */
enum rb_status vcpu_end(struct vcpu *v);
/* What vcpu_end announced: the CPU runs nothing and has nothing loaded. */
void vcpu_take_away(struct cpu *cpu);
/* Something became pending: let it run if it waits; make its CPU look, if that is another one. */
void vcpu_wake(struct vcpu *v);
/* The same, for who holds the lock of its page; it has one. */
void vcpu_wake_locked(struct vcpu *v);
/* Its state into the vCPU page. Whoever changes the state does it afterwards: the last one to do so shows the last one. */
void vcpu_show_state(struct vcpu *v);
/* Its CPU looks: its domain is paused, or has another share. */
void vcpu_stop(struct vcpu *v);
/* The same for a domain that ends; and it no longer waits for a CPU. */
void vcpu_cancel(struct vcpu *v);
/* It was chosen to run on this CPU, and its domain is paused or ends. */
void vcpu_refuse(struct cpu *cpu, struct vcpu *v);
/* Its domain is paused no longer. */
void vcpu_resume(struct vcpu *v);
/* What is loaded on the CPU is of a domain that ended: nothing is loaded. */
void vcpu_discard(struct cpu *cpu);

/* The gate and GDT words of a vCPU that is loaded follow what its guest has set. */
void vcpu_load_entry(struct vcpu *v);
void vcpu_load_descriptors(struct vcpu *v);
void vcpu_load_debug(struct vcpu *v);
void vcpu_load_page(struct vcpu *v);
/* Another page takes the place of the vCPU page. What was raised in the old one is raised in the new one. */
void vcpu_move_page(struct vcpu *v, struct rb_vcpu_page *page);

static inline struct vcpu *vcpu_current(void)
{
	return this_cpu()->current;
}

/* Is it in the processor of the calling CPU? */
static inline bool vcpu_is_loaded(const struct vcpu *v)
{
	return this_cpu()->loaded == v;
}

/*
 * CR3 for the way back, with the flush that is owed. Another CPU owes us one by setting flush_owed, then looking at in_guest; we set in_guest, then look at
 * flush_owed: one of the two sees the other (live_flush_cpus). While another CPU holds us (live_hold), we are as good as in the hypervisor. Nothing but the
 * way back may follow.
 */
static inline u64 vcpu_guest_cr3(struct cpu *cpu)
{
	struct live_root *live = cpu->live;

	(void)__atomic_exchange_n(&cpu->in_guest, true, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&live->flush_owed, __ATOMIC_RELAXED))
		return cpu->guest_cr3 | cpu->noflush;
	(void)__atomic_exchange_n(&live->flush_owed, false, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&live->held, __ATOMIC_RELAXED)) {
		__atomic_store_n(&cpu->in_guest, false, __ATOMIC_RELEASE);
		while (__atomic_load_n(&live->held, __ATOMIC_ACQUIRE))
			asm volatile("pause");
		/* It may be held again by now: from the start. */
		(void)__atomic_exchange_n(&cpu->in_guest, true, __ATOMIC_SEQ_CST);
		(void)__atomic_exchange_n(&live->flush_owed, false, __ATOMIC_SEQ_CST);
	}
	return cpu->guest_cr3;
}

/* First thing in the hypervisor: the guest's translations are out of use until vcpu_guest_cr3. */
static inline void vcpu_has_left(struct cpu *cpu)
{
	__atomic_store_n(&cpu->in_guest, false, __ATOMIC_RELEASE);
}

/* A stack selector that IRETQ to user mode accepts: this one, or the flat one. */
u16 vcpu_user_ss(const struct vcpu *v, u64 selector);
/* Put the vCPU's state into the processor and the gate, the one before's into its struct. */
void vcpu_load(struct cpu *cpu, struct vcpu *v);
