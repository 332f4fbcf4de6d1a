// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spinlocks where a holder may not run: after some turns a waiter gives its CPU away until the holder kicks it, and code that spins for a mutex's owner
 * learns whether the owner has a CPU.
 *
 * A kick is a vector whose handler does nothing harmful (RESCHEDULE_VECTOR). It is pending from then on, so a waiter that was about to wait does
 * not.
 */
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/irq_vectors.h>
#include <asm/paravirt.h>
#include <asm/qspinlock.h>

#include "ringbolt.h"

static void ringbolt_kick(int cpu)
{
	rb_event_send(BIT_ULL(cpu), RESCHEDULE_VECTOR);
}

/* Until a kick, if *byte has the value. Returns at other vectors, too. */
static void ringbolt_wait(u8 *byte, u8 value)
{
	if (in_nmi())
		return;
	if (irqs_disabled()) {
		if (READ_ONCE(*byte) == value)
			rb_sched_wait();
		return;
	}
	/* A kick that is handled before the look would be missed after it. */
	local_irq_disable();
	if (READ_ONCE(*byte) == value)
		rb_sched_block();	/* returns with interrupts enabled */
	else
		local_irq_enable();
}

/*
 * Does it wait for a CPU? One that sleeps is not preempted: it runs as soon as there is something for it.
 */
__visible bool ringbolt_vcpu_is_preempted(long cpu)
{
	return READ_ONCE(per_cpu(ringbolt_vcpu.run_state, cpu)) == RB_RUN_STATE_RUNNABLE;
}
PV_CALLEE_SAVE_REGS_THUNK(ringbolt_vcpu_is_preempted);

/* Before alternatives are patched. */
void __init ringbolt_spinlock_init(void)
{
	/* Fair locks in place of test-and-set ones, which paravirtual kernels have otherwise; with one CPU nobody waits. */
	static_branch_disable(&virt_spin_lock_key);
	if (num_possible_cpus() == 1 || nopvspin)
		return;

	__pv_init_lock_hash();
	pv_ops.lock.queued_spin_lock_slowpath = __pv_queued_spin_lock_slowpath;
	pv_ops.lock.queued_spin_unlock = PV_CALLEE_SAVE(__pv_queued_spin_unlock);
	pv_ops.lock.wait = ringbolt_wait;
	pv_ops.lock.kick = ringbolt_kick;
	pv_ops.lock.vcpu_is_preempted = PV_CALLEE_SAVE(ringbolt_vcpu_is_preempted);
}
