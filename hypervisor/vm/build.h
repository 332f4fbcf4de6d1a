/* SPDX-License-Identifier: GPL-2.0-only */
/* From a domain with memory and an image in it to one whose first vCPU can start. */
#pragma once

#include "vm/domain.h"
#include "vm/image.h"

/*
 * Make the domain's first page tables, its start_info, and the state of its vCPU 0. Memory and reserve are there.
 * INVAL: addresses that the interface does not allow (docs/reference/boot.md), or boot pages where there is no memory; NOSPACE: the reserve is too small for
 * the tables. After that the domain can only be destroyed.
 */
enum rb_status domain_build(struct domain *d, const struct image *image);
