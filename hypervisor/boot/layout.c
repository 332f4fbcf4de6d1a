/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's guest-physical memory, from 0 up: what the loader writes (image, initial file system, boot pages), the
 * page-table reserve, the rest of the RAM. RAM ends above the reserve, so that a guest which sizes its tables by the end of RAM
 * has the reserve inside.
 *
 * Of the plan: the domain's RAM, by default what is free, less room for the hypervisor and for the reserve to grow; the reserve at the start, and
 * how far it may grow.
 */
#include "boot/layout.h"
#include "lib/ensure.h"
#include "mm/chunk.h"

#define HYPERVISOR_CHUNKS	4u	/* kept for the hypervisor's own pages */
#define RESERVE_LEAST		4u
#define RESERVE_SHARE		64u	/* one chunk of page tables for so many of RAM */
#define GROWTH_LEAST		16u
#define GROWTH_SHARE		16u

static u32 reserve_for(u32 chunks)
{
	return MAX(RESERVE_LEAST, chunks / RESERVE_SHARE);
}

static u32 growth_for(u32 chunks)
{
	return MAX(GROWTH_LEAST, chunks / GROWTH_SHARE);
}

/* Chunks of RAM when nobody says how many. A part of what the reserve may grow by is kept free for it. */
static u32 ram_by_default(void)
{
	u32 available = chunk_free_count(), kept = HYPERVISOR_CHUNKS + growth_for(available) / 4 + reserve_for(available);

	return available > kept ? available - kept : 0;
}

void layout_decide(struct layout *layout, const struct plan *plan, const struct kernel *kernel)
{
	const u64 module_bytes = plan->module ? plan->module->end - plan->module->start : 0;
	const u64 wanted = plan->memory / CHUNK_BYTES;
	u32 ram = wanted ? (u32)MIN(wanted, ~0u) : ram_by_default();
	const u64 module_start = ALIGN_UP(kernel->end, CHUNK_BYTES);
	const u64 boot_start = ALIGN_UP(module_bytes ? module_start + module_bytes : kernel->end, PAGE_BYTES);

	layout->image = (struct image){
		.entry = kernel->entry,
		.image_offset = kernel->image_offset,
		.direct_base = kernel->direct_base,
		.start = kernel->start,
		.end = kernel->end,
		.module_start = module_bytes ? module_start : 0,
		.module_bytes = module_bytes,
		.boot_start = boot_start,
	};
	layout->low_count = ALIGN_UP(boot_start + BOOT_PAGES * PAGE_BYTES, CHUNK_BYTES) / CHUNK_BYTES;
	layout->pt_present = plan->reserve ? plan->reserve : reserve_for(ram);
	layout->pt_quota = plan->reserve_most ? plan->reserve_most : layout->pt_present + growth_for(ram);
	layout->chunk_count = ram + layout->pt_quota;

	if (layout->pt_quota < layout->pt_present)
		panic("domain %s: ptquota must be at least ptres", plan->name);
	if (layout->low_count >= ram)
		panic("domain %s needs more than %u MiB of memory and would have %u MiB", plan->name, layout->low_count * 2, ram * 2);
	if ((u64)ram + layout->pt_present + HYPERVISOR_CHUNKS > chunk_free_count())
		panic("domain %s wants %lu MiB, %u MiB are free", plan->name, ((u64)ram + layout->pt_present) * 2, chunk_free_count() * 2);
}
