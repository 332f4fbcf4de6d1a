/* SPDX-License-Identifier: GPL-2.0-only */
/* From the loader's map of memory to the hypervisor root and the chunk table. */
#pragma once

#include "lib/types.h"

/* Zeroed pages with consecutive addresses that are never given back; only until memory_init is done. */
void *memory_early_pages(u32 count);

/*
 * Load the hypervisor root and make the chunk table. Afterwards every chunk that is RAM throughout is free, but those of the image, the
 * modules, the first chunk and the hypervisor's tables.
 */
void memory_init(void);

/* The modules were used: their chunks become free. */
void memory_free_modules(void);
