// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands for the local APIC: interprocessor interrupts are virtual vectors
 * sent to a set of vCPUs; there is nothing to acknowledge. The identifier of a
 * CPU's APIC is the number of the vCPU.
 */
#include <linux/cpumask.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/x86_init.h>

#include "ringbolt.h"

/* One word holds all vCPUs of a domain. */
static void send(u64 vcpus, unsigned int vector)
{
	rb_event_send(vcpus, vector);
}

static u64 vcpus_of(const struct cpumask *mask)
{
	BUILD_BUG_ON(RB_MAX_VCPUS > BITS_PER_LONG);
	return cpumask_bits(mask)[0];
}

static void ringbolt_send_ipi(int cpu, int vector)
{
	send(BIT(cpu), vector);
}

static void ringbolt_send_ipi_mask(const struct cpumask *mask, int vector)
{
	send(vcpus_of(mask), vector);
}

static void ringbolt_send_ipi_mask_allbutself(const struct cpumask *mask, int vector)
{
	send(vcpus_of(mask) & ~BIT(smp_processor_id()), vector);
}

static void ringbolt_send_ipi_allbutself(int vector)
{
	ringbolt_send_ipi_mask_allbutself(cpu_online_mask, vector);
}

static void ringbolt_send_ipi_all(int vector)
{
	ringbolt_send_ipi_mask(cpu_online_mask, vector);
}

static void ringbolt_send_ipi_self(int vector)
{
	ringbolt_raise_self(vector);
}

static void ringbolt_apic_eoi(void)
{
}

static u32 ringbolt_apic_read(u32 reg)
{
	switch (reg) {
	case APIC_ID:
		return smp_processor_id() << 24;
	case APIC_LVR:
		return 0x14;
	}
	return 0;
}

static void ringbolt_apic_write(u32 reg, u32 value)
{
}

static u64 ringbolt_apic_icr_read(void)
{
	return 0;
}

static void ringbolt_apic_icr_write(u32 low, u32 id)
{
}

static u32 ringbolt_apic_get_id(u32 value)
{
	return value >> 24;
}

static struct apic ringbolt_apic __ro_after_init = {
	.name				= "Ringbolt",

	.eoi				= ringbolt_apic_eoi,
	.read				= ringbolt_apic_read,
	.write				= ringbolt_apic_write,
	.icr_read			= ringbolt_apic_icr_read,
	.icr_write			= ringbolt_apic_icr_write,

	.send_IPI			= ringbolt_send_ipi,
	.send_IPI_mask			= ringbolt_send_ipi_mask,
	.send_IPI_mask_allbutself	= ringbolt_send_ipi_mask_allbutself,
	.send_IPI_allbutself		= ringbolt_send_ipi_allbutself,
	.send_IPI_all			= ringbolt_send_ipi_all,
	.send_IPI_self			= ringbolt_send_ipi_self,

	.max_apic_id			= RB_MAX_VCPUS - 1,
	.get_apic_id			= ringbolt_apic_get_id,
	.calc_dest_apicid		= apic_flat_calc_apicid,
	.cpu_present_to_apicid		= default_cpu_present_to_apicid,
};

static void __init ringbolt_intr_mode_select(void)
{
	apic_install_driver(&ringbolt_apic);
}

void __init ringbolt_apic_init_early(void)
{
	x86_init.irqs.intr_mode_select = ringbolt_intr_mode_select;
	x86_init.irqs.intr_mode_init = x86_init_noop;
}
