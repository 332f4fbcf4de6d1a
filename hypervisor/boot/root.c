/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor root. Nothing in it is both writable and executable, and only the image's text is executable. The direct map has
 * the chunks that hold some RAM and no others, so that no device's registers are mapped write-back; where it shows the image's
 * text and constants it is read-only.
 *
 *   slot 256       (second GiB) the image, 4 KiB pages
 *   slot 257       the local APIC's page, uncached
 *   slot 264 on    the direct map, 2 MiB pages
 */
#include "boot/root.h"
#include "boot/boot_info.h"
#include "boot/memory.h"
#include "dev/lapic.h"
#include "lib/ensure.h"
#include "mm/entry.h"
#include "x86/direct.h"
#include "x86/instruction.h"

#define LEVELS		4u
#define TABLE_ENTRY	(ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_ACCESSED)
#define TEXT_LEAF	(ENTRY_PRESENT | ENTRY_ACCESSED)
#define CONSTANT_LEAF	(ENTRY_PRESENT | ENTRY_ACCESSED | ENTRY_NX)
#define DATA_LEAF	(ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_ACCESSED | ENTRY_DIRTY | ENTRY_NX)
#define DEVICE_LEAF	(DATA_LEAF | ENTRY_PCD | ENTRY_PWT)

#define GIB		(1ul << 30)
#define FIXED_PAGES	16	/* root, image, APIC, upper tables */

extern const u8 __text_start[], __text_end[], __rodata_end[], __image_end[];

static u64 *root;

/* Index of an address in its table of a level. */
static u32 index_of(u64 va, u32 level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

/* The entry of `level` for an address, with the tables above it. */
static u64 *entry_for(u64 va, u32 level)
{
	u64 *table = root;
	u32 at;

	for (at = LEVELS; at > level; at--) {
		u64 *entry = &table[index_of(va, at)];

		if (!*entry)
			*entry = direct_address(memory_early_pages(1)) | TABLE_ENTRY;
		table = direct_pointer(*entry & ENTRY_ADDRESS);
	}
	return &table[index_of(va, level)];
}

/* Leaf bits of a page of the image; the image's text and the gate's load copy are apart from data by whole pages. */
static u64 image_leaf(u64 va)
{
	if (va >= (u64)__text_start && va < (u64)__text_end)
		return TEXT_LEAF;
	return va < (u64)__rodata_end ? CONSTANT_LEAF : DATA_LEAF;
}

static void map_image(void)
{
	u64 va;

	/* From the text on: the 32-bit entry before it is not needed again. */
	for (va = (u64)__text_start; va < (u64)__image_end; va += PAGE_BYTES)
		*entry_for(va, 1) = image_address((void *)va) | image_leaf(va);
}

static bool holds_ram(u64 start, u64 end)
{
	u32 i;

	for (i = 0; i < boot_info.range_count; i++)
		if (boot_info.ranges[i].is_ram && boot_info.ranges[i].start < end && start < boot_info.ranges[i].end)
			return true;
	return false;
}

static void map_image_chunk(u64 start)
{
	u64 maddr;

	for (maddr = start; maddr < start + CHUNK_BYTES; maddr += PAGE_BYTES) {
		bool constant = maddr >= IMAGE_LOAD && maddr < image_address(__rodata_end);

		*entry_for(DIRECT_BASE + maddr, 1) = maddr | (constant ? CONSTANT_LEAF : DATA_LEAF);
	}
}

static void map_direct(u64 ram_end)
{
	u64 start;

	for (start = 0; start < ram_end; start += CHUNK_BYTES) {
		if (!holds_ram(start, start + CHUNK_BYTES))
			continue;
		if (start < image_address(__image_end) && IMAGE_LOAD < start + CHUNK_BYTES)
			map_image_chunk(start);
		else
			*entry_for(DIRECT_BASE + start, 2) = start | DATA_LEAF | ENTRY_LARGE;
	}
}

u64 root_address(void)
{
	return direct_address(root);
}

u64 root_pages(u64 ram_end)
{
	u64 image_chunks = ((u64)__image_end - IMAGE_BASE) / CHUNK_BYTES + 1;

	return FIXED_PAGES + 2 * image_chunks + ALIGN_UP(ram_end, GIB) / GIB + ALIGN_UP(ram_end, 512 * GIB) / (512 * GIB);
}

void root_build(u64 ram_end)
{
	root = memory_early_pages(1);
	map_image();
	map_direct(ram_end);
	*entry_for(LAPIC_BASE, 1) = LAPIC_MACHINE | DEVICE_LEAF;
	cr3_write(direct_address(root));
}
