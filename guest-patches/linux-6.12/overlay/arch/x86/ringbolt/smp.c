// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPUs of the domain: all alike, each a core of its own. CPU n is vCPU n. How one is started: the hypervisor begins it in the kernel's address
 * space, on the stack of its idle task, without a way in for events until it has set one. One that goes offline stops, and is started anew.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/jiffies.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/fpu/api.h>
#include <asm/hw_irq.h>
#include <asm/mpspec.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/spec-ctrl.h>
#include <asm/tlbflush.h>
#include <asm/x86_init.h>

#include "mmu.h"
#include "ringbolt.h"

static void __init ringbolt_parse_smp_cfg(void)
{
	unsigned int vcpu, count = min(ringbolt_start_info->vcpu_count, nr_cpu_ids);

	topology_register_boot_apic(0);
	for (vcpu = 0; vcpu < count; vcpu++)
		topology_register_apic(vcpu, CPU_ACPIID_INVALID, true);
	smp_found_config = 1;
}

static void __init ringbolt_smp_prepare_boot_cpu(void)
{
	native_smp_prepare_boot_cpu();
	ringbolt_spinlock_init();
}

static void __init ringbolt_smp_prepare_cpus(unsigned int max_cpus)
{
	smp_prepare_cpus_common();
	x86_init.timers.setup_percpu_clockev();
	pr_info("CPU0: ");
	print_cpu_info(&cpu_data(0));
	speculative_store_bypass_ht_init();
}

/* ---------------- starting another CPU */

/*
 * The first C of a CPU, with its own GS base and virtual interrupts off. In what order things are set up is start_secondary()'s, without what
 * a PC needs.
 */
asmlinkage __visible void __noreturn ringbolt_start_secondary(void)
{
	unsigned int cpu = raw_smp_processor_id();

	ringbolt_cpu_init_secondary();
	ringbolt_mmu_init_secondary();

	/* Before what faults: reading CR4 does. */
	cpu_init_exception_handling(false);
	cr4_init();
	cpuhp_ap_sync_alive();
	cpu_init();
	fpu__init_cpu();

	smp_store_cpu_info(cpu);
	set_cpu_sibling_map(cpu);
	notify_cpu_starting(cpu);
	speculative_store_bypass_ht_init();

	lock_vector_lock();
	set_cpu_online(cpu, true);
	lapic_online();
	unlock_vector_lock();

	local_irq_enable();
	x86_cpuinit.setup_percpu_clockev();
	cpu_startup_entry(CPUHP_AP_ONLINE_IDLE);
}

static int ringbolt_kick_ap_alive(unsigned int cpu, struct task_struct *idle)
{
	struct rb_vcpu_page *page = per_cpu_ptr(&ringbolt_vcpu, cpu);
	unsigned long give_up = jiffies + HZ;
	int err = common_cpu_up(cpu, idle);
	long status;

	if (!err)
		err = rb_queue_prepare(cpu);
	if (err)
		return err;
	/* A CPU's data begins as a copy of the boot CPU's. */
	memset(page, 0, sizeof(*page));
	/* BUSY: it is on its way out yet (ringbolt_play_dead). */
	do {
		status = rb_vcpu_start(cpu, (unsigned long)ringbolt_secondary_entry, (unsigned long)task_pt_regs(idle),
				       per_cpu_offset(cpu), ringbolt_empty_root(), __pa(page));
	} while (status == RB_BUSY && time_before(jiffies, give_up) && !rb_sched_yield());
	if (status)
		pr_err("Ringbolt: vCPU %u does not start (%ld)\n", cpu, status);
	return status ? -EIO : 0;
}

/* ---------------- and stopping it */

/* As the machine goes down, or has crashed. The last CPU that is left cannot stop. */
static void ringbolt_stop_this_cpu(void)
{
	for (;;) {
		rb_vcpu_stop();
		rb_sched_yield();
	}
}

#ifdef CONFIG_HOTPLUG_CPU
static int ringbolt_cpu_disable(void)
{
	/* Device vectors go to CPU 0. */
	if (!smp_processor_id())
		return -EBUSY;
	cpu_disable_common();
	return 0;
}

static void ringbolt_play_dead(void)
{
	play_dead_common();
	/* The vCPU page that is written last is not used before this CPU is started again. */
	rb_vcpu_stop();
	BUG();
}
#endif

void __init ringbolt_smp_init_early(void)
{
	smp_ops.smp_prepare_boot_cpu = ringbolt_smp_prepare_boot_cpu;
	smp_ops.smp_prepare_cpus = ringbolt_smp_prepare_cpus;
	smp_ops.kick_ap_alive = ringbolt_kick_ap_alive;
	smp_ops.stop_this_cpu = ringbolt_stop_this_cpu;
#ifdef CONFIG_HOTPLUG_CPU
	smp_ops.cpu_disable = ringbolt_cpu_disable;
	smp_ops.play_dead = ringbolt_play_dead;
#endif

	x86_init.mpparse.find_mptable = x86_init_noop;
	x86_init.mpparse.early_parse_smp_cfg = x86_init_noop;
	x86_init.mpparse.parse_smp_cfg = ringbolt_parse_smp_cfg;
}
