/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot processor's way from the boot loader to the domains.
 */
#include "boot/acpi.h"
#include "boot/boot_info.h"
#include "boot/loader.h"
#include "boot/memory.h"
#include "boot/option.h"
#include "boot/smp.h"
#include "boot/trace.h"
#include "dev/console.h"
#include "dev/lapic.h"
#include "dev/machine.h"
#include "dev/pic.h"
#include "dev/serial.h"
#include "dev/time.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "x86/cpu.h"

#ifdef RINGBOLT_DEBUG
#define BUILD_NAME "debug"
#else
#define BUILD_NAME "release"
#endif

void boot_main(u32 magic, u32 information) __attribute__((noreturn));

static void options_apply(void)
{
	console_set_debug_port(option_has("debugcon"));
	machine_set_exit_device(option_is("exit", "debug"));
}

/* What interrupts the hypervisor: the local APIC's timer and the serial port. Interrupts stay off until a guest runs. */
static void devices_init(void)
{
	pic_init();
	lapic_init(true);
	time_init();
	serial_enable_input();
	pic_unmask(SERIAL_IRQ);
}

void boot_main(u32 magic, u32 information)
{
	console_init();
	if (!multiboot_parse(magic, information))
		panic("not started by a Multiboot loader (magic number %x)", magic);
	options_apply();
	trace_patch();
	print("Ringbolt, " BUILD_NAME " build\n");
	boot_info_print();
	acpi_read_cpus();
	memory_init();
	cpu_init(0);
	devices_init();
	trace_start();
	cpus[0].apic_id = lapic_id();
	cpus[0].online = true;
	domains_load();
	memory_free_modules();
	smp_start();
	domains_start();
	enter_guest();
}
