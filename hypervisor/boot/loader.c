/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making the domains of the plans. For each, in order: read the kernel's file, decide the layout, give the domain its chunks, copy in what it needs, and
 * build it (vm/build.h).
 */
#include "boot/loader.h"
#include "boot/boot_info.h"
#include "boot/elf.h"
#include "boot/layout.h"
#include "boot/plan.h"
#include "ipc/port.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "lib/string.h"
#include "vm/build.h"
#include "x86/direct.h"

static void add_chunks(struct domain *d, const struct layout *layout)
{
	u32 chunk;

	for (chunk = 0; chunk < layout->chunk_count; chunk++) {
		bool reserve = layout_is_reserve(layout, chunk);

		if (reserve && chunk - layout->low_count >= layout->pt_present)
			continue;
		if (space_add_chunk(&d->space, chunk, reserve ? CHUNK_PAGETABLE : CHUNK_DATA) != RB_OK)
			panic("no memory for chunk %u of domain %s", chunk, d->name);
	}
}

/* Copy bytes into guest-physical memory, chunk by chunk. What is not written there is zero. */
static void copy_in(struct space *space, u64 gpa, const void *bytes, u64 count)
{
	const u8 *from = bytes;

	while (count > 0) {
		u64 part = MIN(count, CHUNK_BYTES - gpa % CHUNK_BYTES);
		void *to;

		ENSURE(space_data(space, gpa, part, &to) == RB_OK);
		memcpy(to, from, part);
		gpa += part;
		from += part;
		count -= part;
	}
}

static void copy_all(struct space *space, const struct plan *plan, const struct kernel *kernel, const struct image *image)
{
	struct kernel_segment segment;
	u32 position = 0;

	while (kernel_next_segment(kernel, &position, &segment))
		copy_in(space, segment.start, segment.content, segment.file_bytes);
	if (image->module_bytes)
		copy_in(space, image->module_start, direct_pointer(plan->module->start), image->module_bytes);
	copy_in(space, image->boot_start + BOOT_PAGE_COMMAND * PAGE_BYTES, plan->command, plan->command_bytes);
}

static struct domain *domain_for(const struct plan *plan, const struct layout *layout)
{
	const struct domain_shape shape = {
		.chunk_count = layout->chunk_count,
		.pt_first = layout->low_count,
		.pt_quota = layout->pt_quota,
		.vcpu_count = plan->vcpus,
	};
	struct domain *d;

	if (domain_create(&shape, &d) != RB_OK || !ports_create(d))
		panic("no memory for the tables of domain %s", plan->name);
	memcpy(d->name, plan->name, sizeof(d->name));
	run_group_init(&d->group, plan->weight, plan->cap);
	d->is_pinned = plan->is_pinned;
	return d;
}

static void report(const struct domain *d, const struct layout *layout)
{
	const struct image *image = &layout->image;

	print("domain %u (%s): %u MiB in chunks 0-%u and %u-%u, page tables in %u of %u from %u\n", d->id, d->name,
	      (layout->chunk_count - layout->pt_quota) * 2, layout->low_count - 1, layout->low_count + layout->pt_quota,
	      layout->chunk_count - 1, layout->pt_present, layout->pt_quota, layout->low_count);
	print("domain %u (%s): image %lx-%lx, module %lx+%lx, boot pages %lx, entry %lx\n", d->id, d->name, image->start, image->end,
	      image->module_start, image->module_bytes, image->boot_start, image->entry);
}

static void domain_load(const struct plan *plan)
{
	const struct boot_module *file = plan->kernel;
	struct layout layout;
	struct kernel kernel;
	enum rb_status status;
	const char *refusal;
	struct domain *d;

	refusal = kernel_parse(&kernel, direct_pointer(file->start), file->end - file->start);
	if (refusal)
		panic("the kernel of domain %s cannot be started: %s", plan->name, refusal);
	layout_decide(&layout, plan, &kernel);
	d = domain_for(plan, &layout);
	add_chunks(d, &layout);
	copy_all(&d->space, plan, &kernel, &layout.image);
	status = domain_build(d, &layout.image);
	if (status != RB_OK)
		panic("domain %s cannot be built: status %d", plan->name, status);
	d->is_built = true;
	report(d, &layout);
}

void domains_load(void)
{
	static struct plans plans;

	plans_read(&plans);
	for (u32 i = 0; i < plans.count; i++)
		domain_load(&plans.plan[i]);
}

void domains_start(void)
{
	for (u32 i = 0; i < domains_end; i++)
		domain_unpause(domains[i]);
}
