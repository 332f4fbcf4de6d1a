// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual interrupts: the flag, the pending vectors, waiting for one; and the
 * interrupt number of a device vector. Exceptions only as long as they are early.
 *
 * The virtual interrupt flag is the byte `events_enabled` of the vCPU page. The
 * hypervisor sets a bit of `pending_vectors` and then `pending`. It delivers when
 * it can; what it cannot deliver (interrupts were off) is delivered by
 * the kernel to itself when it enables interrupts or leaves: entry.S.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>

#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/extable.h>
#include <asm/fred.h>
#include <asm/hw_irq.h>
#include <asm/i8259.h>
#include <asm/paravirt.h>
#include <asm/x86_init.h>

#include "ringbolt.h"

DEFINE_PER_CPU_PAGE_ALIGNED(struct rb_vcpu_page, ringbolt_vcpu);

/* Takes the highest pending vector, or returns 0. Virtual interrupts are off. */
static __always_inline unsigned int take_vector(struct rb_vcpu_page *page)
{
	unsigned int vector = 0, left = 0, i;

	/* Cleared before the scan: a vector set during the scan sets it again. */
	arch_xchg(&page->pending, 0);

	for (i = ARRAY_SIZE(page->pending_vectors); i--; ) {
		unsigned long *word = (unsigned long *)&page->pending_vectors[i];
		unsigned long bits = READ_ONCE(*word);

		if (!bits)
			continue;
		if (!vector) {
			unsigned int bit = __fls(bits);

			arch_test_and_clear_bit(bit, word);
			vector = i * 64 + bit;
			bits &= ~BIT(bit);
		}
		left |= bits != 0;
	}
	if (left)
		WRITE_ONCE(page->pending, 1);
	return vector;
}

/*
 * Handle one pending vector as an event that interrupted regs. Called by entry.S
 * with virtual interrupts off, until nothing is pending.
 */
__visible noinstr void ringbolt_deliver(struct pt_regs *regs)
{
	unsigned int vector = take_vector(raw_cpu_ptr(&ringbolt_vcpu));

	if (!vector)
		return;

	regs->orig_ax = 0;
	regs->ssx = regs->ss;
	regs->fred_ss.type = EVENT_TYPE_EXTINT;
	regs->fred_ss.vector = vector;
	if (user_mode(regs))
		fred_entry_from_user(regs);
	else
		fred_entry_from_kernel(regs);
}

/* Make a vector pending on this CPU. */
void ringbolt_raise_self(unsigned int vector)
{
	unsigned long flags;

	local_irq_save(flags);
	set_bit(vector, (unsigned long *)this_cpu_ptr(&ringbolt_vcpu)->pending_vectors);
	this_cpu_write(ringbolt_vcpu.pending, 1);
	local_irq_restore(flags);
}

static noinstr void ringbolt_safe_halt(void)
{
	rb_sched_block();
}

/* Waiting for ever, as after a crash: there is nothing to wait for. */
static void ringbolt_halt(void)
{
	if (!irqs_disabled()) {
		rb_sched_block();
		return;
	}
	if (ringbolt_start_info->vcpu_count == 1)
		rb_shutdown(RB_SHUTDOWN_REASON_CRASH, 0);
	for (;;)
		rb_sched_yield();
}

/*
 * Exceptions before cpu_init_fred_exceptions(): fix up or give up. The general
 * code wants to see the code selector it knows.
 */
__visible void __init ringbolt_early_event(struct pt_regs *regs)
{
	if (regs->fred_ss.vector == X86_TRAP_GP && ringbolt_skip_port_access(regs))
		return;

	regs->cs = __KERNEL_CS;
	early_fixup_exception(regs, regs->fred_ss.vector);
	regs->cs = RB_KERNEL_CS;
}

/* ---------------- device vectors */

/* There is nothing to mask or acknowledge. */
static struct irq_chip ringbolt_chip = {
	.name = "Ringbolt",
};

/* An interrupt number for a vector that the hypervisor raises on CPU 0. */
int ringbolt_vector_irq(unsigned int vector)
{
	int irq = irq_alloc_desc_from(NR_IRQS_LEGACY, 0);

	if (irq < 0)
		return irq;
	irq_set_chip_and_handler_name(irq, &ringbolt_chip, handle_simple_irq, "vector");
	per_cpu(vector_irq, 0)[vector] = irq_to_desc(irq);
	return irq;
}

/* Vectors that must not be handed out. */
static void __init ringbolt_pre_vector_init(void)
{
	set_bit(RB_VECTOR_CONSOLE, system_vectors);
}

void __init ringbolt_irq_init_early(void)
{
	pv_ops.irq.save_fl = __PV_IS_CALLEE_SAVE(ringbolt_save_fl);
	pv_ops.irq.irq_disable = __PV_IS_CALLEE_SAVE(ringbolt_irq_disable);
	pv_ops.irq.irq_enable = __PV_IS_CALLEE_SAVE(ringbolt_irq_enable);
	pv_ops.irq.safe_halt = ringbolt_safe_halt;
	pv_ops.irq.halt = ringbolt_halt;

	legacy_pic = &null_legacy_pic;
	x86_init.irqs.pre_vector_init = ringbolt_pre_vector_init;
}
