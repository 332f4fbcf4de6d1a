/* SPDX-License-Identifier: GPL-2.0-only */
/* From a domain with memory and an image in it to one whose first vCPU can start. */
#pragma once

#include "vm/domain.h"

/* Where in the boot pages; the command line is there already. */
#define BOOT_PAGE_INFO		0	/* struct rb_start_info */
#define BOOT_PAGE_COMMAND	1
#define BOOT_PAGE_VCPU		2
#define BOOT_PAGE_QUEUE		3
#define BOOT_PAGES		4

/* What is in the domain's memory. Guest-physical addresses, but for those that are said to be virtual. */
struct image {
	u64 entry;		/* virtual: the first instruction */
	u64 image_offset;	/* virtual less guest-physical address of the image */
	u64 direct_base;	/* virtual: guest-physical 0 */
	u64 start, end;		/* the image: [start, end) */
	u64 module_start;
	u64 module_bytes;	/* zero: none */
	u64 boot_start;		/* BOOT_PAGES pages */
};

/*
 * Make the domain's first page tables, its start_info, and the state of its vCPU 0. Memory and reserve are there.
 * INVAL: addresses that the interface does not allow (docs/reference/boot.md), or boot pages where there is no memory; NOSPACE: the reserve is too small for
 * the tables. After that the domain can only be destroyed.
 */
enum rb_status domain_build(struct domain *d, const struct image *image);
