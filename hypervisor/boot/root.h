/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor root: the address space the hypervisor itself runs in. */
#pragma once

#include "lib/types.h"

/* Pages it takes at most, when RAM ends at ram_end. */
u64 root_pages(u64 ram_end);

/*
 * Build it from memory_early_pages, and load it: the image with the permissions of its parts, all RAM in the direct map, the
 * local APIC. Each CPU later makes its own copy, with its own gate (cpu_init).
 */
void root_build(u64 ram_end);

/* Its machine address: what another processor loads before it makes its own copy. */
u64 root_address(void);
