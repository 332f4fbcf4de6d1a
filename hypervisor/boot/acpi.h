/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processors there are, from the firmware's ACPI tables. */
#pragma once

/*
 * Fill boot_info.cpu_ids. While the boot page tables are loaded: they reach the low 4 GiB, wherever the firmware put its tables. Without
 * tables, or with bad ones, the list stays empty and only the boot processor is used.
 */
void acpi_read_cpus(void);
