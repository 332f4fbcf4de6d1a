/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building the first domain. In order: read the kernel's file, decide the layout, give the domain its chunks, copy in what it needs,
 * make its page tables, tell it (start_info), and make its first vCPU.
 */
#include "boot/loader.h"
#include "boot/boot_info.h"
#include "boot/elf.h"
#include "boot/layout.h"
#include "boot/option.h"
#include "boot/tables.h"
#include "dev/time.h"
#include "ipc/port.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/root.h"
#include "vm/domain.h"
#include "x86/cpuid.h"
#include "x86/direct.h"

#define NS_PER_SECOND 1000000000ul

static void add_chunks(struct space *space, const struct layout *layout)
{
	u32 chunk;

	for (chunk = 0; chunk < layout->chunk_count; chunk++) {
		bool reserve = layout_is_reserve(layout, chunk);

		if (reserve && chunk - layout->low_count >= layout->pt_present)
			continue;
		if (space_add_chunk(space, chunk, reserve ? CHUNK_PAGETABLE : CHUNK_DATA) != RB_OK)
			panic("no memory for the first domain's chunk %u", chunk);
	}
}

/* Copy bytes into guest-physical memory, chunk by chunk. What is not written there is zero. */
static void copy_in(struct space *space, u64 gpa, const u8 *from, u64 bytes)
{
	while (bytes > 0) {
		u64 part = MIN(bytes, CHUNK_BYTES - gpa % CHUNK_BYTES);
		void *to;

		ENSURE(space_data(space, gpa, part, &to) == RB_OK);
		memcpy(to, from, part);
		gpa += part;
		from += part;
		bytes -= part;
	}
}

static void *boot_page(struct space *space, const struct layout *layout, u32 page)
{
	void *pointer;

	ENSURE(space_data(space, layout_boot_page(layout, page), PAGE_BYTES, &pointer) == RB_OK);
	return pointer;
}

static void copy_all(struct space *space, const struct layout *layout, const struct kernel *kernel)
{
	const struct boot_module *module = &boot_info.modules[1];
	const char *command_line = boot_info.modules[0].command_line;
	struct kernel_segment segment;
	u32 position = 0;

	while (kernel_next_segment(kernel, &position, &segment))
		copy_in(space, segment.start, segment.content, segment.file_bytes);
	if (layout->module_bytes)
		copy_in(space, layout->module_start, direct_pointer(module->start), layout->module_bytes);
	copy_in(space, layout_boot_page(layout, BOOT_PAGE_COMMAND), (const u8 *)command_line, strlen(command_line) + 1);
}

static void describe_cpuid(struct domain *domain, struct rb_start_info *info)
{
	struct rb_cpuid_leaf *table = page_alloc();

	ENSURE(table);
	info->cpuid_count = cpuid_table_fill(table, PAGE_BYTES / sizeof(*table), cpu_features.xcr0, info->features);
	info->cpuid_table = WINDOW_CPUID;
	domain->cpuid_table = table;
	domain->cpuid_pages = 1;
}

static void describe_memory(struct rb_start_info *info, const struct layout *layout)
{
	u32 high_first = layout->low_count + layout->pt_quota, high_count = layout->chunk_count - high_first;

	info->memory_count = 3;
	info->memory[0] = (struct rb_memory_range){ 0, layout->low_count, RB_MEMORY_KIND_RAM, layout->low_count };
	info->memory[1] = (struct rb_memory_range){ layout->low_count, layout->pt_quota, RB_MEMORY_KIND_PAGETABLE, layout->pt_present };
	info->memory[2] = (struct rb_memory_range){ high_first, high_count, RB_MEMORY_KIND_RAM, high_count };
	info->chunk_count = layout->chunk_count;
	info->chunk_map = WINDOW_CHUNK_MAP;
	info->machine_map = WINDOW_MACHINE_MAP;
	info->machine_chunk_count = chunk_count;
}

static u64 number_option(const char *name, u64 otherwise, u64 least, u64 most)
{
	return MIN(MAX(option_number(name, otherwise), least), most);
}

/* vCPUs of the first domain. */
static u32 vcpu_option(void)
{
	return (u32)number_option("vcpus", 1, 1, RB_MAX_VCPUS);
}

static void describe_start(struct rb_start_info *info, const struct layout *layout, const struct kernel *kernel,
			   const struct boot_tables *tables)
{
	info->magic = RB_ABI_MAGIC;
	info->abi_major = RB_ABI_MAJOR;
	info->abi_minor = RB_ABI_MINOR;
	info->features = domain_features();
	info->vcpu_count = vcpu_option();
	info->direct_base = kernel->direct_base;
	info->kernel_root = tables->kernel_root.raw;
	info->user_root = tables->user_root.raw;
	info->pt_first_free = tables->first_free.raw;
	info->vcpu_page = layout_boot_page(layout, BOOT_PAGE_VCPU);
	info->queue_page = layout_boot_page(layout, BOOT_PAGE_QUEUE);
	info->image_start = kernel->start;
	info->image_bytes = kernel->end - kernel->start;
	info->module_start = layout->module_start;
	info->module_bytes = layout->module_bytes;
	info->boot_start = layout->boot_start;
	info->boot_bytes = BOOT_PAGES * PAGE_BYTES;
	info->tsc_khz = time_scale.tsc_khz;
	info->wall_seconds = time_wall_start_ns() / NS_PER_SECOND;
	info->wall_nanoseconds = time_wall_start_ns() % NS_PER_SECOND;
	info->xcr0_mask = cpu_features.xcr0;
	info->command_line = kernel->direct_base + layout_boot_page(layout, BOOT_PAGE_COMMAND);
}

static void make_vcpu(struct domain *domain, const struct layout *layout, const struct kernel *kernel, gfn_t user_root)
{
	struct vcpu *v = vcpu_create(domain, 0);

	if (!v)
		panic("no memory for the first vCPU");
	v->page = boot_page(&domain->space, layout, BOOT_PAGE_VCPU);
	v->queue = boot_page(&domain->space, layout, BOOT_PAGE_QUEUE);
	spin_lock(&domain->space.lock);
	ENSURE(root_hold(&domain->space, user_root, &v->user_root) == RB_OK);
	spin_unlock(&domain->space.lock);
	for (u32 id = 1; id < vcpu_option(); id++)
		if (!vcpu_create(domain, id))
			panic("no memory for vCPU %u", id);
	vcpu_start_state(v, kernel->entry, 0, kernel->direct_base + layout_boot_page(layout, BOOT_PAGE_INFO));
}

static void report(const struct layout *layout, const struct kernel *kernel)
{
	print("first domain: %u MiB in chunks 0-%u and %u-%u, page tables in %u of %u from %u\n",
	      (layout->chunk_count - layout->pt_quota) * 2, layout->low_count - 1, layout->low_count + layout->pt_quota,
	      layout->chunk_count - 1, layout->pt_present, layout->pt_quota, layout->low_count);
	print("first domain: image %lx-%lx, module %lx+%lx, boot pages %lx, entry %lx\n", kernel->start, kernel->end,
	      layout->module_start, layout->module_bytes, layout->boot_start, kernel->entry);
}

static void kernel_read(struct kernel *kernel)
{
	const struct boot_module *module = &boot_info.modules[0];
	const char *refusal;

	if (boot_info.module_count == 0)
		panic("no kernel for the first domain: give it as the first module");
	refusal = kernel_parse(kernel, direct_pointer(module->start), module->end - module->start);
	if (refusal)
		panic("the first domain's kernel cannot be started: %s", refusal);
}

void first_domain_load(void)
{
	u64 module_bytes = boot_info.module_count > 1 ? boot_info.modules[1].end - boot_info.modules[1].start : 0;
	struct rb_start_info *info;
	struct boot_tables tables;
	struct layout layout;
	struct kernel kernel;
	struct domain *domain;

	kernel_read(&kernel);
	layout_decide(&layout, &kernel, module_bytes);
	domain = domain_create(layout.chunk_count, layout.low_count, layout.pt_quota);
	if (!domain || !ports_create(domain))
		panic("no memory for the first domain's tables");
	run_group_init(&domain->group, (u32)number_option("weight", RUN_WEIGHT, 1, RUN_WEIGHT_MAX),
		       (u32)number_option("cap", 0, 0, 100 * CPUS_MAX));
	domain->is_pinned = option_has("pin");
	add_chunks(&domain->space, &layout);
	copy_all(&domain->space, &layout, &kernel);
	tables_build(&domain->space, &layout, &kernel, &tables);

	info = boot_page(&domain->space, &layout, BOOT_PAGE_INFO);
	info->domain_id = domain->id;
	describe_start(info, &layout, &kernel, &tables);
	describe_memory(info, &layout);
	describe_cpuid(domain, info);
	domain_build_windows(domain);
	make_vcpu(domain, &layout, &kernel, tables.user_root);
	report(&layout, &kernel);
}

void first_domain_start(void)
{
	vcpu_start(domains[0]->vcpus[0]);
}
