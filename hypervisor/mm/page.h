/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own 4 KiB pages, cut from chunks that it owns.
 *
 * Not for guests' memory and not for their page tables. The first page of each chunk says which others are in use; a chunk
 * with none goes back to the free chunks. Costs are proportional to the hypervisor's chunks (few): not for hot paths.
 */
#pragma once

#include "lib/types.h"

/* Longest run: a chunk less its first page. */
#define PAGE_RUN_MAX (FRAMES_PER_CHUNK - 1)

/* A zeroed page, or NULL. */
void *page_alloc(void);
void page_free(void *page);
/* count zeroed pages with consecutive addresses, or NULL. Freed as one run of the same count. */
void *page_run_alloc(u32 count);
void page_run_free(void *run, u32 count);
/* Pages handed out, for reports. */
u32 page_used_count(void);

/* A loop of the processor's; 8 bytes a step, for emulators that count steps. */
static inline void page_zero(void *page, u64 count)
{
	u64 words = count * (PAGE_BYTES / 8);

	asm volatile("rep stosq" : "+D" (page), "+c" (words) : "a" (0ul) : "memory");
}
