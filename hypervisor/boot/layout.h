/* SPDX-License-Identifier: GPL-2.0-only */
/* Where everything is in the guest-physical memory of a domain that is made at boot. */
#pragma once

#include "boot/elf.h"
#include "boot/plan.h"
#include "lib/types.h"
#include "vm/image.h"

struct layout {
	struct image image;
	/* Chunks: [0, low_count) RAM, [low_count, low_count + pt_quota) the page-table reserve, then RAM to chunk_count. */
	u32 low_count;
	u32 pt_present;
	u32 pt_quota;
	u32 chunk_count;
};

/* Decide. Stops the machine with a message when memory does not suffice. */
void layout_decide(struct layout *layout, const struct plan *plan, const struct kernel *kernel);

static inline bool layout_is_reserve(const struct layout *layout, u32 chunk)
{
	return chunk >= layout->low_count && chunk < layout->low_count + layout->pt_quota;
}
