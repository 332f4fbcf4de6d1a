// SPDX-License-Identifier: GPL-2.0-only
/* How the domain ends. */
#include <linux/panic.h>
#include <linux/pm.h>
#include <linux/reboot.h>

#include <asm/reboot.h>

#include "ringbolt.h"

/* For whoever looks at a crash: the kernel panicked. */
#define CRASH_PANIC	1

static void __noreturn shut_down(enum rb_shutdown_reason reason, u64 code)
{
	for (;;)
		rb_shutdown(reason, code);
}

static void ringbolt_restart(char *command)
{
	shut_down(RB_SHUTDOWN_REASON_REBOOT, 0);
}

static void ringbolt_power_off(void)
{
	shut_down(RB_SHUTDOWN_REASON_POWEROFF, 0);
}

/* The end of a panic, too. */
static void ringbolt_emergency_restart(void)
{
	if (panic_in_progress())
		shut_down(RB_SHUTDOWN_REASON_CRASH, CRASH_PANIC);
	shut_down(RB_SHUTDOWN_REASON_REBOOT, 0);
}

static void ringbolt_shutdown(void)
{
}

void __init ringbolt_power_init_early(void)
{
	machine_ops.restart = ringbolt_restart;
	machine_ops.halt = ringbolt_power_off;
	machine_ops.power_off = ringbolt_power_off;
	machine_ops.shutdown = ringbolt_shutdown;
	machine_ops.emergency_restart = ringbolt_emergency_restart;

	/* Says that powering off is possible. */
	pm_power_off = ringbolt_power_off;

	/* Nobody presses a reset button: a panic ends the domain unless told otherwise. */
	set_arch_panic_timeout(-1, 0);
}
