/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making a domain: read its kernel, decide where everything goes, give it memory, write the kernel, the module and the command line, have it built. How a kernel's file is read
 * and where everything goes is the hypervisor's own code (boot/elf.c, boot/layout.c): a domain finds the same whoever made it.
 */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/elf.h"
#include "boot/layout.h"
#include "device.h"
#include "mm/chunk.h"

/* What the hypervisor's code wants to know, and how it gives up. */
u32 chunk_free_count(void)
{
	return machine_look().free_chunks;
}

void panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfail(format, arguments);
}

struct file {
	const char *path;
	const void *bytes;
	size_t count;
};

static struct file file_map(const char *path)
{
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct file file = { .path = path };
	struct stat stat;

	if (descriptor < 0 || fstat(descriptor, &stat))
		fail("%s: %s", path, strerror(errno));
	file.count = (size_t)stat.st_size;
	if (!file.count)
		fail("%s: it is empty", path);
	file.bytes = mmap(NULL, file.count, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (file.bytes == MAP_FAILED)
		fail("%s: %s", path, strerror(errno));
	close(descriptor);
	return file;
}

/* A domain that is being made: destroyed when something goes wrong. */
static void must(uint64_t domain, const char *what, long status)
{
	if (status == RB_OK)
		return;
	domain_destroy(domain);
	fail("%s: %s", what, status_words(status));
}

static void memory_give(uint64_t domain, const struct layout *layout)
{
	const uint64_t high = layout->low_count + layout->pt_quota;

	must(domain, "memory", domain_populate(domain, 0, layout->low_count));
	must(domain, "memory of page tables", domain_populate(domain, layout->low_count, layout->pt_present));
	must(domain, "memory", domain_populate(domain, high, layout->chunk_count - high));
}

static void content_write(uint64_t domain, const struct kernel *kernel, const struct image *image, const struct file *module, const char *command)
{
	struct kernel_segment segment;
	u32 position = 0;

	while (kernel_next_segment(kernel, &position, &segment))
		must(domain, "the kernel", domain_write(domain, segment.start, segment.content, segment.file_bytes));
	if (image->module_bytes)
		must(domain, "the module", domain_write(domain, image->module_start, module->bytes, image->module_bytes));
	must(domain, "the command line", domain_write(domain, image->boot_start + BOOT_PAGE_COMMAND * PAGE_BYTES, command, strlen(command) + 1));
}

static void build(uint64_t domain, const char *name, const struct image *image)
{
	struct rb_domain_image said = {
		.entry = image->entry,
		.image_offset = image->image_offset,
		.direct_base = image->direct_base,
		.image_start = image->start,
		.image_end = image->end,
		.module_start = image->module_start,
		.module_bytes = image->module_bytes,
		.boot_start = image->boot_start,
	};

	strncpy((char *)said.name, name, RB_NAME_BYTES);
	must(domain, "domain_build", domain_build(domain, &said));
}

static void name_check(const char *name)
{
	struct rb_domain_info info;

	for (uint64_t from = 0; domain_look(from, &info); from = info.id + 1)
		if (strcmp((const char *)info.name, name) == 0)
			fail("there is a domain %s already, number %u", name, info.id);
}

uint64_t create(const struct config *config, bool is_paused)
{
	const struct file kernel_file = file_map(config->kernel);
	const struct file module = config->module ? file_map(config->module) : (struct file){ 0 };
	const struct boot_module module_place = { .start = 0, .end = module.count };
	const char *command = config->command ? config->command : "";
	struct plan plan = {
		.module = config->module ? &module_place : NULL,
		.memory = config->memory,
		.reserve = config->ptres,
		.reserve_most = config->ptquota,
	};
	struct kernel kernel;
	struct layout layout;
	uint64_t domain;
	const char *refusal = kernel_parse(&kernel, kernel_file.bytes, kernel_file.count);

	if (refusal)
		fail("%s: %s", config->kernel, refusal);
	if (strlen(command) >= BOOT_MODULE_COMMAND_BYTES)
		fail("the command line has more than %d bytes", BOOT_MODULE_COMMAND_BYTES - 1);
	name_check(config->name);
	strncpy(plan.name, config->name, RB_NAME_BYTES);
	layout_decide(&layout, &plan, &kernel);
	domain = domain_create(layout.chunk_count, layout.low_count, layout.pt_quota, config->vcpus);
	memory_give(domain, &layout);
	content_write(domain, &kernel, &layout.image, &module, command);
	build(domain, config->name, &layout.image);
	must(domain, "its share", domain_set_share(domain, config->weight, config->cap));
	if (!is_paused)
		must(domain, "domain_unpause", domain_unpause(domain));
	return domain;
}
