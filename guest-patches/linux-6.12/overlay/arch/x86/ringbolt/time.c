// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time. The time-stamp counter is read directly, by the kernel and by the vDSO; its
 * frequency is known. The hypervisor's own clock, system time, serves for
 * deadlines and for the wall clock. Timer interrupts come as the local APIC timer's
 * vector, and through its clock event device.
 */
#include <linux/clockchips.h>
#include <linux/interrupt.h>
#include <linux/static_call.h>
#include <linux/timekeeping.h>

#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/irq_vectors.h>
#include <asm/paravirt.h>
#include <asm/pvclock.h>
#include <asm/tsc.h>
#include <asm/x86_init.h>

#include "ringbolt.h"

/* Nanoseconds since the hypervisor started. Virtual interrupts are off. */
static u64 system_time(void)
{
	struct rb_time_record *record = this_cpu_ptr(&ringbolt_vcpu.time);

	BUILD_BUG_ON(sizeof(*record) != sizeof(struct pvclock_vcpu_time_info));
	return pvclock_clocksource_read_nowd((struct pvclock_vcpu_time_info *)record);
}

/* ---------------- timer */

static int ringbolt_timer_set(unsigned long delta_ns, struct clock_event_device *device)
{
	return rb_timer_set(system_time() + delta_ns) ? -EINVAL : 0;
}

static int ringbolt_timer_stop(struct clock_event_device *device)
{
	return rb_timer_set(0) ? -EINVAL : 0;
}

#define TIMER_MIN_NS	2000
#define TIMER_MAX_NS	(S64_MAX / 2)

static void ringbolt_setup_timer(void)
{
	struct clock_event_device *device = this_cpu_ptr(&lapic_events);

	BUILD_BUG_ON(RB_VECTOR_TIMER != LOCAL_TIMER_VECTOR);

	device->name = "ringbolt";
	device->features = CLOCK_EVT_FEAT_ONESHOT;
	device->rating = 500;
	device->irq = -1;
	device->cpumask = cpumask_of(smp_processor_id());
	device->set_next_event = ringbolt_timer_set;
	device->set_state_shutdown = ringbolt_timer_stop;
	device->set_state_oneshot_stopped = ringbolt_timer_stop;
	/* One tick is a nanosecond. */
	device->mult = 1;
	device->shift = 0;
	device->min_delta_ns = TIMER_MIN_NS;
	device->min_delta_ticks = TIMER_MIN_NS;
	device->max_delta_ns = TIMER_MAX_NS;
	device->max_delta_ticks = TIMER_MAX_NS;
	clockevents_register_device(device);
}

/* ---------------- stolen time */

/* How long a CPU wanted to run and did not, in nanoseconds: what the scheduler does not charge a task for. */
static u64 ringbolt_steal_clock(int cpu)
{
	const struct rb_run_record *record = &per_cpu(ringbolt_vcpu.run, cpu);
	u32 version;
	u64 stolen;

	do {
		version = READ_ONCE(record->version);
		virt_rmb();
		stolen = READ_ONCE(record->spent[RB_RUN_STATE_RUNNABLE]);
		virt_rmb();
	} while (version & 1 || version != READ_ONCE(record->version));
	return stolen;
}

/* Before the first CPU is online: static keys are ready by then. */
static int __init ringbolt_steal_init(void)
{
	if (!on_ringbolt())
		return 0;
	static_call_update(pv_steal_clock, ringbolt_steal_clock);
	static_key_slow_inc(&paravirt_steal_enabled);
	static_key_slow_inc(&paravirt_steal_rq_enabled);
	return 0;
}
early_initcall(ringbolt_steal_init);

/* ---------------- counter and wall clock */

static unsigned long ringbolt_tsc_khz(void)
{
	return ringbolt_start_info->tsc_khz;
}

static void ringbolt_get_wallclock(struct timespec64 *now)
{
	u64 ns;

	preempt_disable();
	ns = system_time();
	preempt_enable();

	now->tv_sec = ringbolt_start_info->wall_seconds;
	now->tv_nsec = ringbolt_start_info->wall_nanoseconds;
	*now = timespec64_add(*now, ns_to_timespec64(ns));
}

static int ringbolt_set_wallclock(const struct timespec64 *now)
{
	return -ENODEV;
}

void __init ringbolt_time_init_early(void)
{
	setup_force_cpu_cap(X86_FEATURE_TSC_KNOWN_FREQ);
	setup_force_cpu_cap(X86_FEATURE_TSC_RELIABLE);
	setup_force_cpu_cap(X86_FEATURE_CONSTANT_TSC);
	setup_force_cpu_cap(X86_FEATURE_NONSTOP_TSC);

	x86_platform.calibrate_tsc = ringbolt_tsc_khz;
	x86_platform.calibrate_cpu = ringbolt_tsc_khz;
	x86_platform.get_wallclock = ringbolt_get_wallclock;
	x86_platform.set_wallclock = ringbolt_set_wallclock;

	x86_init.timers.timer_init = ringbolt_setup_timer;
	x86_init.timers.setup_percpu_clockev = x86_init_noop;
	x86_init.timers.wallclock_init = x86_init_noop;
	x86_cpuinit.setup_percpu_clockev = ringbolt_setup_timer;
	x86_cpuinit.parallel_bringup = false;
}
