/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader told us, in a form that does not depend on the loader and lies in the hypervisor's own memory.
 */
#pragma once

#include "lib/types.h"

#define BOOT_RANGES 128
#define BOOT_MODULES 16
#define BOOT_CPUS 64
#define BOOT_RSDP_BYTES 36
#define BOOT_COMMAND_BYTES 1024
#define BOOT_MODULE_COMMAND_BYTES 2048		/* as much as Linux takes */

/* A range of machine memory [start, end). */
struct boot_range {
	u64 start;
	u64 end;
	bool is_ram;
};

struct boot_module {
	u64 start;				/* machine addresses [start, end) */
	u64 end;
	char command_line[BOOT_MODULE_COMMAND_BYTES];
};

struct boot_info {
	u32 range_count;
	u32 module_count;
	struct boot_range ranges[BOOT_RANGES];
	struct boot_module modules[BOOT_MODULES];
	char command_line[BOOT_COMMAND_BYTES];
	u32 rsdp_bytes;				/* 0: the loader gave no ACPI root pointer */
	u8 rsdp[BOOT_RSDP_BYTES];
	u32 cpu_count;				/* processors that the firmware lists (boot/acpi.c), */
	u32 cpu_ids[BOOT_CPUS];			/* by the number of their local APIC */
};

extern struct boot_info boot_info;

/* Fill boot_info from the loader's information; false when the magic number is no loader's that we know. */
bool multiboot_parse(u32 magic, u32 information);

void boot_info_print(void);

/* All of [start, end) is RAM, and no entry of the loader's map says otherwise. */
bool boot_info_is_ram(u64 start, u64 end);

/* Some module touches [start, end). */
bool boot_info_has_module(u64 start, u64 end);

/* End of the highest RAM. */
u64 boot_info_ram_end(void);
