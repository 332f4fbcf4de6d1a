/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building a domain: check where everything is, make its page tables, tell it (start_info), and make its first vCPU ready.
 *
 * Who asks may be a domain: what it says is checked like any guest's word, and once.
 */
#include "vm/build.h"
#include "dev/time.h"
#include "lib/ensure.h"
#include "mm/root.h"
#include "vm/tables.h"

#define NS_PER_SECOND 1000000000ul

/* Guest-physical [start, start + bytes) moved by offset lies in the kernel half, above the gate, and does not wrap. */
static bool is_kernel_range(u64 offset, u64 start, u64 bytes)
{
	const u64 first = start + offset, last = first + bytes - 1;

	return first >= RB_GATE_END && last >= first;
}

/* Page tables are mapped read-only: an image there could not be mapped. */
static bool image_meets_reserve(const struct space *space, const struct image *image)
{
	return image->start < chunk_address(space->pt_first + space->pt_quota) && image->end > chunk_address(space->pt_first);
}

static bool image_is_valid(const struct space *space, const struct image *image)
{
	const u64 memory = chunk_address(space->chunk_count);

	if (image->start >= image->end || image->end > memory || image_meets_reserve(space, image))
		return false;
	if (image->image_offset % CHUNK_BYTES || !is_kernel_range(image->image_offset, image->start, image->end - image->start))
		return false;
	if (image->direct_base % (1ul << 39) || !is_kernel_range(image->direct_base, 0, memory))
		return false;
	if (image->entry < RB_GATE_END || image->entry - image->image_offset < image->start || image->entry - image->image_offset >= image->end)
		return false;
	if (image->module_bytes && (image->module_start >= memory || image->module_bytes > memory - image->module_start))
		return false;
	return image->boot_start % PAGE_BYTES == 0 && image->boot_start < memory;
}

static bool boot_pages_find(struct domain *d, const struct image *image, void *pages[BOOT_PAGES])
{
	for (u32 i = 0; i < BOOT_PAGES; i++) {
		if (space_data(&d->space, image->boot_start + i * PAGE_BYTES, PAGE_BYTES, &pages[i]) != RB_OK)
			return false;
	}
	return true;
}

/* Chunks present from `first` on. */
static u32 present_count(const struct space *space, u32 first, u32 end)
{
	u32 chunk = first;

	while (chunk < end && space->chunk_map[chunk] != CHUNK_NONE)
		chunk++;
	return chunk - first;
}

static void describe_memory(struct rb_start_info *info, const struct space *space)
{
	const u32 high = space->pt_first + space->pt_quota, end = space->chunk_count;

	info->memory_count = 3;
	info->memory[0] = (struct rb_memory_range){ 0, space->pt_first, RB_MEMORY_KIND_RAM, present_count(space, 0, space->pt_first) };
	info->memory[1] = (struct rb_memory_range){ space->pt_first, space->pt_quota, RB_MEMORY_KIND_PAGETABLE, space->pt_present };
	info->memory[2] = (struct rb_memory_range){ high, end - high, RB_MEMORY_KIND_RAM, present_count(space, high, end) };
	info->chunk_count = end;
	info->chunk_map = WINDOW_CHUNK_MAP;
	info->machine_map = WINDOW_MACHINE_MAP;
	info->machine_chunk_count = chunk_count;
}

static void describe(struct rb_start_info *info, const struct domain *d, const struct image *image, const struct boot_tables *tables)
{
	info->magic = RB_ABI_MAGIC;
	info->abi_major = RB_ABI_MAJOR;
	info->abi_minor = RB_ABI_MINOR;
	info->domain_id = d->id;
	info->features = domain_features();
	info->vcpu_count = d->vcpu_count;
	info->direct_base = image->direct_base;
	info->kernel_root = tables->kernel_root.raw;
	info->user_root = tables->user_root.raw;
	info->pt_first_free = tables->first_free.raw;
	info->vcpu_page = image->boot_start + BOOT_PAGE_VCPU * PAGE_BYTES;
	info->queue_page = image->boot_start + BOOT_PAGE_QUEUE * PAGE_BYTES;
	info->image_start = image->start;
	info->image_bytes = image->end - image->start;
	info->module_start = image->module_start;
	info->module_bytes = image->module_bytes;
	info->boot_start = image->boot_start;
	info->boot_bytes = BOOT_PAGES * PAGE_BYTES;
	info->cpuid_table = WINDOW_CPUID;
	info->cpuid_count = d->cpuid_count;
	info->tsc_khz = time_scale.tsc_khz;
	info->wall_seconds = time_wall_start_ns() / NS_PER_SECOND;
	info->wall_nanoseconds = time_wall_start_ns() % NS_PER_SECOND;
	info->xcr0_mask = cpu_features.xcr0;
	info->command_line = image->direct_base + image->boot_start + BOOT_PAGE_COMMAND * PAGE_BYTES;
	describe_memory(info, &d->space);
}

enum rb_status domain_build(struct domain *d, const struct image *image)
{
	struct vcpu *v = d->vcpus[0];
	struct boot_tables tables;
	void *pages[BOOT_PAGES];
	enum rb_status status;

	if (!image_is_valid(&d->space, image) || !boot_pages_find(d, image, pages))
		return RB_INVAL;
	status = tables_build(&d->space, image, &tables);
	if (status != RB_OK)
		return status == RB_NOSPACE ? status : RB_INVAL;

	describe(pages[BOOT_PAGE_INFO], d, image, &tables);
	v->page = pages[BOOT_PAGE_VCPU];
	v->queue = pages[BOOT_PAGE_QUEUE];
	spin_lock(&d->space.lock);
	ENSURE(root_hold(&d->space, tables.user_root, &v->user_root) == RB_OK);
	spin_unlock(&d->space.lock);
	vcpu_start_state(v, image->entry, 0, image->direct_base + image->boot_start + BOOT_PAGE_INFO * PAGE_BYTES);
	return RB_OK;
}
