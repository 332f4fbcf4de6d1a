/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's first page tables. */
#pragma once

#include "mm/space.h"

struct image;

struct boot_tables {
	gfn_t kernel_root;
	gfn_t user_root;
	gfn_t first_free;	/* the reserve's first frame that was not used */
};

/* Map all memory that is there at the image's direct_base, and the image. NOSPACE: the reserve is too small. Other errors: addresses that are not allowed. */
enum rb_status tables_build(struct space *space, const struct image *image, struct boot_tables *tables);
