// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPUs of the domain: all alike, each a core of its own. Interface version 1.0
 * starts only the first.
 */
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/mpspec.h>
#include <asm/smp.h>
#include <asm/spec-ctrl.h>
#include <asm/x86_init.h>

#include "ringbolt.h"

static void __init ringbolt_parse_smp_cfg(void)
{
	unsigned int vcpu, count = min(ringbolt_start_info->vcpu_count, nr_cpu_ids);

	topology_register_boot_apic(0);
	for (vcpu = 0; vcpu < count; vcpu++)
		topology_register_apic(vcpu, CPU_ACPIID_INVALID, true);
	smp_found_config = 1;
}

static void __init ringbolt_smp_prepare_cpus(unsigned int max_cpus)
{
	smp_prepare_cpus_common();
	x86_init.timers.setup_percpu_clockev();
	pr_info("CPU0: ");
	print_cpu_info(&cpu_data(0));
	speculative_store_bypass_ht_init();
}

static int ringbolt_kick_ap_alive(unsigned int cpu, struct task_struct *idle)
{
	return -EOPNOTSUPP;
}

void __init ringbolt_smp_init_early(void)
{
	smp_ops.smp_prepare_cpus = ringbolt_smp_prepare_cpus;
	smp_ops.kick_ap_alive = ringbolt_kick_ap_alive;

	x86_init.mpparse.find_mptable = x86_init_noop;
	x86_init.mpparse.early_parse_smp_cfg = x86_init_noop;
	x86_init.mpparse.parse_smp_cfg = ringbolt_parse_smp_cfg;
}
