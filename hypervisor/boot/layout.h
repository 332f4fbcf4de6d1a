/* SPDX-License-Identifier: GPL-2.0-only */
/* Where everything is in the first domain's guest-physical memory. */
#pragma once

#include "boot/elf.h"
#include "lib/types.h"

#define BOOT_PAGE_INFO		0	/* struct rb_start_info */
#define BOOT_PAGE_COMMAND	1
#define BOOT_PAGE_VCPU		2
#define BOOT_PAGE_QUEUE		3
#define BOOT_PAGES		4

struct layout {
	u64 module_start;	/* guest-physical; the initial file system, */
	u64 module_bytes;	/* zero: none */
	u64 boot_start;		/* BOOT_PAGES pages */

	/* Chunks: [0, low_count) RAM, [low_count, low_count + pt_quota) the page-table reserve, then RAM to chunk_count. */
	u32 low_count;
	u32 pt_present;
	u32 pt_quota;
	u32 chunk_count;
};

/* Decide, by the options `mem`, `ptres` and `ptquota`. Stops the machine with a message when memory does not suffice. */
void layout_decide(struct layout *layout, const struct kernel *kernel, u64 module_bytes);

static inline bool layout_is_reserve(const struct layout *layout, u32 chunk)
{
	return chunk >= layout->low_count && chunk < layout->low_count + layout->pt_quota;
}

static inline u64 layout_boot_page(const struct layout *layout, u32 page)
{
	return layout->boot_start + page * PAGE_BYTES;
}
