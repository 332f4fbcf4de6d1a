/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a domain's image and what goes with it are in its memory. Also for programs on the host: tools/rb. */
#pragma once

#include "lib/types.h"

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
