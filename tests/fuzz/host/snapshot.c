/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See snapshot.h. Large regions become private mappings of a file that holds what they were: to forget what was written since is one
 * call, whatever their size. Small ones, and what is left at the edges of pages, are copied.
 */
#define _GNU_SOURCE
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE (64 * PAGE_BYTES)

static struct region {
	u8 *start;
	u8 *copy;		/* NULL: a mapping */
	size_t bytes;
} regions[16];
static u32 region_count;

/* Not memcpy: where ASan watches, what lies between variables must be copied too. */
static void copy(void *to, const void *from, size_t bytes)
{
	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (bytes) : : "memory");
}

static void add(u8 *start, size_t bytes)
{
	if (bytes == 0)
		return;
	if (region_count == ARRAY_COUNT(regions))
		abort();
	regions[region_count++] = (struct region){ .start = start, .bytes = bytes };
}

void snapshot_add(void *start, size_t bytes)
{
	u8 *first = (u8 *)ALIGN_UP((u64)start, PAGE_BYTES), *last = (u8 *)ALIGN_DOWN((u64)start + bytes, PAGE_BYTES);

	if (bytes < LARGE) {
		add(start, bytes);
		return;
	}
	add(start, (size_t)(first - (u8 *)start));
	add(first, (size_t)(last - first));
	add(last, (size_t)((u8 *)start + bytes - last));
}

static bool is_zero(const u8 *page)
{
	return page[0] == 0 && !memcmp(page, page + 1, PAGE_BYTES - 1);
}

/* Pages of zeroes stay holes of the file. */
static void map_from_file(struct region *r)
{
	int file = memfd_create("snapshot", 0);

	if (file < 0 || ftruncate(file, (off_t)r->bytes))
		abort();
	for (size_t at = 0; at < r->bytes; at += PAGE_BYTES)
		if (!is_zero(r->start + at) && pwrite(file, r->start + at, PAGE_BYTES, (off_t)at) != PAGE_BYTES)
			abort();
	if (mmap(r->start, r->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0) != r->start)
		abort();
	close(file);
}

void machine_keep(void)
{
	for (u32 i = 0; i < region_count; i++) {
		struct region *r = &regions[i];

		if (r->bytes >= LARGE) {
			map_from_file(r);
			continue;
		}
		r->copy = malloc(r->bytes);
		copy(r->copy, r->start, r->bytes);
	}
}

void machine_restore(void)
{
	for (u32 i = 0; i < region_count; i++) {
		const struct region *r = &regions[i];

		if (r->copy)
			copy(r->start, r->copy, r->bytes);
		else if (madvise(r->start, r->bytes, MADV_DONTNEED))
			abort();
	}
}
