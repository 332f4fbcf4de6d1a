/* SPDX-License-Identifier: GPL-2.0-only */
/* The first domain's first page tables. */
#pragma once

#include "boot/layout.h"
#include "mm/space.h"

struct boot_tables {
	gfn_t kernel_root;
	gfn_t user_root;
	gfn_t first_free;	/* the reserve's first frame that was not used */
};

void tables_build(struct space *space, const struct layout *layout, const struct kernel *kernel, struct boot_tables *tables);
