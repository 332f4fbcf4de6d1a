/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first domain's guest-physical memory, from 0 up: what the loader writes (image, initial file system, boot pages), the
 * page-table reserve, the rest of the RAM. RAM ends above the reserve, so that a guest which sizes its tables by the end of RAM
 * has the reserve inside.
 *
 * Options: mem=SIZE, the domain's RAM; by default what is free, less room for the hypervisor and for the reserve to grow.
 * ptres=CHUNKS, the reserve at the start; ptquota=CHUNKS, how far it may grow.
 */
#include "boot/layout.h"
#include "boot/option.h"
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

void layout_decide(struct layout *layout, const struct kernel *kernel, u64 module_bytes)
{
	u32 ram = option_number("mem", 0) / CHUNK_BYTES;
	u64 end = kernel->end;

	if (!ram)
		ram = ram_by_default();
	layout->module_start = module_bytes ? ALIGN_UP(end, CHUNK_BYTES) : 0;
	layout->module_bytes = module_bytes;
	if (module_bytes)
		end = layout->module_start + module_bytes;
	layout->boot_start = ALIGN_UP(end, PAGE_BYTES);
	end = layout->boot_start + BOOT_PAGES * PAGE_BYTES;

	layout->low_count = ALIGN_UP(end, CHUNK_BYTES) / CHUNK_BYTES;
	layout->pt_present = option_number("ptres", reserve_for(ram));
	layout->pt_quota = option_number("ptquota", layout->pt_present + growth_for(ram));
	layout->chunk_count = ram + layout->pt_quota;

	if (layout->pt_present == 0 || layout->pt_quota < layout->pt_present)
		panic("ptres must be at least 1 and ptquota at least ptres");
	if (layout->low_count >= ram)
		panic("the first domain needs more than %u MiB of memory and would have %u MiB", layout->low_count * 2, ram * 2);
	if (ram + layout->pt_present + HYPERVISOR_CHUNKS > chunk_free_count())
		panic("the first domain wants %u MiB, %u MiB are free", (ram + layout->pt_present) * 2, chunk_free_count() * 2);
}
