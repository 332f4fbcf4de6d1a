// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the first instruction to start_kernel(): takes what the hypervisor tells
 * in struct rb_start_info to the places where the kernel looks for it, and replaces what
 * assumes a PC.
 */
#include <linux/acpi.h>
#include <linux/memblock.h>
#include <linux/start_kernel.h>
#include <linux/string.h>

#include <asm/bootparam.h>
#include <asm/cpufeature.h>
#include <asm/cpuid.h>
#include <asm/e820/api.h>
#include <asm/fsgsbase.h>
#include <asm/hypervisor.h>
#include <asm/mtrr.h>
#include <asm/paravirt.h>
#include <asm/proto.h>
#include <asm/setup.h>
#include <asm/x86_init.h>

#include "ringbolt.h"
#include "../kernel/cpu/cpu.h"

const struct rb_start_info *ringbolt_start_info __ro_after_init;
EXPORT_SYMBOL_GPL(ringbolt_start_info);

/* ---------------- what setup_arch() asks for */

static char *__init ringbolt_memory_setup(void)
{
	const struct rb_start_info *si = ringbolt_start_info;
	unsigned int i;

	for (i = 0; i < si->memory_count; i++) {
		const struct rb_memory_range *range = &si->memory[i];

		if (range->kind != RB_MEMORY_KIND_RAM)
			continue;
		e820__range_add((u64)range->first_chunk << RB_CHUNK_SHIFT,
				(u64)range->present << RB_CHUNK_SHIFT,
				E820_TYPE_RAM);
	}
	e820__update_table(e820_table);
	return "Ringbolt";
}

static void __init no_acpi(void)
{
#ifdef CONFIG_ACPI
	disable_acpi();
#endif
}

static void __init ringbolt_arch_setup(void)
{
	/* cpu_parse_early_param() switched it off for processors that have it. */
	setup_force_cpu_cap(X86_FEATURE_FRED);

	memblock_reserve(ringbolt_start_info->boot_start, ringbolt_start_info->boot_bytes);
	no_acpi();
}

static void __init ringbolt_set_legacy_features(void)
{
	x86_platform.legacy.i8042 = X86_LEGACY_I8042_PLATFORM_ABSENT;
	x86_platform.legacy.rtc = 0;
	x86_platform.legacy.warm_reset = 0;
	x86_platform.legacy.reserve_bios_regions = 0;
	x86_platform.legacy.devices.pnpbios = 0;
	x86_platform.legacy.no_vga = 1;
}

static unsigned char ringbolt_get_nmi_reason(void)
{
	return 0;
}

static void __init platform_init_early(void)
{
	x86_init.resources.memory_setup = ringbolt_memory_setup;
	x86_init.resources.probe_roms = x86_init_noop;
	x86_init.resources.reserve_resources = x86_init_noop;
	x86_init.resources.dmi_setup = x86_init_noop;
	x86_init.oem.arch_setup = ringbolt_arch_setup;

	x86_platform.realmode_reserve = x86_init_noop;
	x86_platform.realmode_init = x86_init_noop;
	x86_platform.set_legacy_features = ringbolt_set_legacy_features;
	x86_platform.get_nmi_reason = ringbolt_get_nmi_reason;
}

/* As a boot loader would have left it. */
static void __init boot_params_init(const struct rb_start_info *si)
{
	boot_params.hdr.version = 0x020f;
	boot_params.hdr.type_of_loader = 0xff;
	boot_params.hdr.ramdisk_image = si->module_start;
	boot_params.ext_ramdisk_image = si->module_start >> 32;
	boot_params.hdr.ramdisk_size = si->module_bytes;
	boot_params.ext_ramdisk_size = si->module_bytes >> 32;
	strscpy(boot_command_line, (const char *)si->command_line, COMMAND_LINE_SIZE);
}

/* ---------------- detection */

static uint32_t __init ringbolt_detect(void)
{
	return on_ringbolt() ? hypervisor_cpuid_base("RingboltRing", 0) : 0;
}

static void __init ringbolt_init_platform(void)
{
	guest_force_mtrr_state(NULL, 0, MTRR_TYPE_WRBACK);
}

const __initconst struct hypervisor_x86 x86_hyper_ringbolt = {
	.name			= "Ringbolt",
	.detect			= ringbolt_detect,
	.type			= X86_HYPER_RINGBOLT,
	.init.init_platform	= ringbolt_init_platform,
	.ignore_nopv		= true,
};

/* ---------------- the beginning */


/* The vCPU page moves from the loader's pages to this CPU's data. */
static void __init vcpu_init_early(const struct rb_start_info *si)
{
	struct rb_vcpu_page *page = this_cpu_ptr(&ringbolt_vcpu);

	*page = *(struct rb_vcpu_page *)(si->direct_base + si->vcpu_page);
	page->events_enabled = 0;
	if (rb_vcpu_set_page(__pa(page)) || rb_vcpu_set_gs(rdgsbase()) ||
	    rb_vcpu_set_entry((unsigned long)ringbolt_early_entry,
			      (unsigned long)ringbolt_early_entry, 0, 0, 0))
		rb_shutdown(RB_SHUTDOWN_REASON_CRASH, 0);
}

asmlinkage __visible void __init ringbolt_start_kernel(const struct rb_start_info *si)
{
	if (si->magic != RB_ABI_MAGIC || si->abi_major != RB_ABI_MAJOR ||
	    si->direct_base != __PAGE_OFFSET_BASE_L4)
		rb_shutdown(RB_SHUTDOWN_REASON_CRASH, 0);

	clear_bss();
	ringbolt_start_info = si;
	ringbolt_irq_init_early();
	vcpu_init_early(si);
	early_boot_irqs_disabled = true;

	ringbolt_cpu_init_early();
	setup_force_cpu_cap(X86_FEATURE_XENPV);
	ringbolt_mmu_init_early(si);

	/* Global pages are not offered. */
	__supported_pte_mask &= ~_PAGE_GLOBAL;
	__default_kernel_pte_mask &= ~_PAGE_GLOBAL;

	get_cpu_cap(&boot_cpu_data);
	x86_configure_nx();
	get_cpu_address_sizes(&boot_cpu_data);

	ringbolt_console_init_early();
	ringbolt_apic_init_early();
	ringbolt_smp_init_early();
	ringbolt_time_init_early();
	ringbolt_power_init_early();
	platform_init_early();
	boot_params_init(si);

	x86_64_start_reservations((char *)__pa_symbol(&boot_params));
}
