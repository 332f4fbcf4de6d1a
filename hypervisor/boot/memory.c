/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine memory at boot: whose is each chunk?
 *
 * The hypervisor's first memory, for the tables that describe all other memory, is one run of chunks below 4 GiB (which the boot
 * page tables reach), taken before there is a chunk table to say so. Chunk 0 is nobody's: firmware leaves things in it, and
 * other CPUs start there. A chunk with a hole is nobody's either.
 */
#include "boot/memory.h"
#include "boot/boot_info.h"
#include "boot/root.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mm/chunk.h"
#include "mm/judge.h"
#include "x86/cpuid.h"
#include "x86/direct.h"

#define BOOT_REACH (4ul << 30)

extern const u8 __image_end[];

/* The first memory: [early_start, early_end), handed out from its start. */
static u64 early_start, early_next, early_end;

static bool is_image(u64 start, u64 end)
{
	return start < image_address(__image_end) && IMAGE_LOAD < end;
}

static bool is_early(u64 start, u64 end)
{
	return start < early_end && early_start < end;
}

static bool is_usable(u32 chunk)
{
	u64 start = chunk_address(chunk), end = start + CHUNK_BYTES;

	return chunk > 0 && boot_info_is_ram(start, end) && !is_image(start, end);
}

void *memory_early_pages(u32 count)
{
	void *pages = direct_pointer(early_next);

	early_next += count * PAGE_BYTES;
	ENSURE(early_next <= early_end);
	memset(pages, 0, count * PAGE_BYTES);
	return pages;
}

/* The lowest run of usable chunks without a module that is long enough. */
static void early_choose(u64 bytes)
{
	u64 wanted = ALIGN_UP(bytes, CHUNK_BYTES) / CHUNK_BYTES, length = 0;
	u32 chunk;

	for (chunk = 1; chunk < BOOT_REACH / CHUNK_BYTES && length < wanted; chunk++) {
		u64 start = chunk_address(chunk);

		length = is_usable(chunk) && !boot_info_has_module(start, start + CHUNK_BYTES) ? length + 1 : 0;
	}
	if (length < wanted)
		panic("no %lu MiB of memory in one piece", wanted * 2);
	early_end = chunk_address(chunk);
	early_start = early_next = early_end - wanted * CHUNK_BYTES;
}

static void chunks_classify(void)
{
	u32 i;

	for (i = 0; i < chunk_count; i++) {
		u64 start = chunk_address(i), end = start + CHUNK_BYTES;

		if (is_image(start, end) || is_early(start, end))
			chunk_make_hypervisor(i);
		else if (is_usable(i) && !boot_info_has_module(start, end))
			chunk_make_free(i);
	}
}

void memory_init(void)
{
	u64 end = boot_info_ram_end();
	u32 count = end / CHUNK_BYTES, room = chunk_table_room(count);
	u64 table_bytes = ALIGN_UP(room * sizeof(struct chunk), PAGE_BYTES);

	early_choose(table_bytes + root_pages(end) * PAGE_BYTES);
	root_build(end);
	chunk_table_init(memory_early_pages(table_bytes / PAGE_BYTES), room, count);
	judge_init(cpuid_physical_bits());
	chunks_classify();
	print("memory: %u chunks, %u free\n", count, chunk_free_count());
}

void memory_free_modules(void)
{
	u32 i;

	for (i = 0; i < chunk_count; i++) {
		u64 start = chunk_address(i), end = start + CHUNK_BYTES;

		if (is_usable(i) && boot_info_has_module(start, end))
			chunk_make_free(i);
	}
	boot_info.module_count = 0;
}
