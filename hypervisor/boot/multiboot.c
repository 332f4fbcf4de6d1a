/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading what Multiboot 1 and Multiboot 2 loaders leave in memory. Both are copied into boot_info, so that nothing later
 * depends on memory that the loader chose. The loader is trusted; what does not fit our arrays stops the boot, because memory
 * or a module silently missing is worse.
 *
 * A range's length may make its end wrap; a range above what the direct map reaches is ignored.
 */
#include "boot/boot_info.h"
#include "lib/ensure.h"
#include "lib/string.h"
#include "x86/direct.h"

#define MULTIBOOT1_LOADER	0x2badb002
#define MULTIBOOT2_LOADER	0x36d76289
#define MEMORY_RAM		1		/* in both protocols' memory maps */
#define MEMORY_LIMIT		(1ul << 46)

/* Multiboot 1: one structure with a word that says which fields hold something. */
#define HAS_COMMAND_LINE	(1u << 2)
#define HAS_MODULES		(1u << 3)
#define HAS_MEMORY_MAP		(1u << 6)
#define HAS_LOADER_NAME		(1u << 9)

struct multiboot1 {
	u32 flags;
	u32 memory_lower, memory_upper;
	u32 boot_device;
	u32 command_line;
	u32 module_count, modules;
	u32 symbols[4];
	u32 memory_map_bytes, memory_map;
	u32 drives_bytes, drives;
	u32 config_table;
	u32 loader_name;
};

struct multiboot1_module {
	u32 start, end, command_line, reserved;
};

struct multiboot1_memory {
	u32 bytes;				/* of the rest of the entry */
	u64 start, length;
	u32 type;
} __attribute__((packed));

/* Multiboot 2: a length, then tags aligned to eight bytes. */
enum { TAG_END = 0, TAG_COMMAND_LINE = 1, TAG_MODULE = 3, TAG_MEMORY_MAP = 6, TAG_RSDP_1 = 14, TAG_RSDP_2 = 15 };

struct multiboot2_tag {
	u32 type, bytes;
};

struct multiboot2_module {
	u32 type, bytes, start, end;
	char command_line[];
};

struct multiboot2_memory_map {
	u32 type, bytes, entry_bytes, entry_version;
};

struct multiboot2_memory {
	u64 start, length;
	u32 type, reserved;
};

static void copy_text(char *to, const char *from, size_t room)
{
	size_t bytes = strlen(from) + 1;

	if (bytes > room)
		panic("command line of %lu bytes, there is room for %lu", bytes, room);
	memcpy(to, from, bytes);
}

static void add_range(u64 start, u64 length, u32 type)
{
	struct boot_range *range;
	u64 end = start + length;

	if (start >= MEMORY_LIMIT || length == 0)
		return;
	if (end < start || end > MEMORY_LIMIT)
		end = MEMORY_LIMIT;
	if (boot_info.range_count == BOOT_RANGES)
		panic("more than %u memory ranges", BOOT_RANGES);
	range = &boot_info.ranges[boot_info.range_count++];
	range->start = start;
	range->end = end;
	range->is_ram = type == MEMORY_RAM;
}

static void add_module(u64 start, u64 end, const char *command_line)
{
	struct boot_module *module;

	if (boot_info.module_count == BOOT_MODULES)
		panic("more than %u modules", BOOT_MODULES);
	module = &boot_info.modules[boot_info.module_count++];
	module->start = start;
	module->end = end;
	copy_text(module->command_line, command_line, sizeof(module->command_line));
}

/* What follows the first word. */
static const char *skip_word(const char *text)
{
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

static void parse_multiboot1(const struct multiboot1 *info)
{
	const struct multiboot1_module *module = direct_pointer(info->modules);
	bool has_path;
	u32 i, offset;

	/* QEMU puts the file's path before the command line, GRUB does not. */
	has_path = (info->flags & HAS_LOADER_NAME) && strcmp(direct_pointer(info->loader_name), "qemu") == 0;

	if (info->flags & HAS_COMMAND_LINE) {
		const char *text = direct_pointer(info->command_line);

		copy_text(boot_info.command_line, has_path ? skip_word(text) : text, BOOT_COMMAND_BYTES);
	}
	for (i = 0; (info->flags & HAS_MODULES) && i < info->module_count; i++) {
		const char *text = module[i].command_line ? direct_pointer(module[i].command_line) : "";

		add_module(module[i].start, module[i].end, has_path ? skip_word(text) : text);
	}
	for (offset = 0; (info->flags & HAS_MEMORY_MAP) && offset < info->memory_map_bytes;) {
		const struct multiboot1_memory *memory = direct_pointer(info->memory_map + (u64)offset);

		add_range(memory->start, memory->length, memory->type);
		offset += memory->bytes + sizeof(memory->bytes);
	}
}

static void parse_memory_map(const struct multiboot2_memory_map *map)
{
	u32 offset;

	for (offset = sizeof(*map); offset + map->entry_bytes <= map->bytes; offset += map->entry_bytes) {
		const struct multiboot2_memory *memory = (const void *)((const u8 *)map + offset);

		add_range(memory->start, memory->length, memory->type);
	}
}

/* The newer root pointer, if there are both. */
static void copy_rsdp(const struct multiboot2_tag *tag)
{
	u32 bytes = tag->bytes - sizeof(*tag);

	if (bytes <= boot_info.rsdp_bytes || bytes > BOOT_RSDP_BYTES)
		return;
	boot_info.rsdp_bytes = bytes;
	memcpy(boot_info.rsdp, tag + 1, bytes);
}

static void parse_multiboot2(const u8 *info)
{
	u32 total = *(const u32 *)info;
	u32 offset = 8;

	while (offset < total) {
		const struct multiboot2_tag *tag = (const void *)(info + offset);

		if (tag->type == TAG_END)
			break;
		if (tag->type == TAG_COMMAND_LINE) {
			copy_text(boot_info.command_line, (const char *)(tag + 1), BOOT_COMMAND_BYTES);
		} else if (tag->type == TAG_MODULE) {
			const struct multiboot2_module *module = (const void *)tag;

			add_module(module->start, module->end, module->command_line);
		} else if (tag->type == TAG_MEMORY_MAP) {
			parse_memory_map((const void *)tag);
		} else if (tag->type == TAG_RSDP_1 || tag->type == TAG_RSDP_2) {
			copy_rsdp(tag);
		}
		offset += ALIGN_UP(tag->bytes, 8u);
	}
}

bool multiboot_parse(u32 magic, u32 information)
{
	if (magic == MULTIBOOT1_LOADER)
		parse_multiboot1(direct_pointer(information));
	else if (magic == MULTIBOOT2_LOADER)
		parse_multiboot2(direct_pointer(information));
	else
		return false;
	return true;
}
