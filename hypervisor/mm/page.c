/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages from chunks. Page 0 of each chunk used here is its header: a bitmap of the pages in use and the next such chunk.
 * Kept simple: first fit over all chunks. The hypervisor has a page for each page-table chunk and a few for each domain and CPU.
 */

#include "mm/page.h"

#include "lib/ensure.h"
#include "lib/lock.h"
#include "mm/chunk.h"
#include "x86/direct.h"

struct page_chunk {
	u64 used[FRAMES_PER_CHUNK / 64];	/* bit for each page but this header, which is never looked for */
	u32 used_count;				/* pages handed out, the header not counted */
	struct page_chunk *next;
};

/* Taken inside a space's lock; the chunk lock is taken inside it. */
static struct spinlock page_lock;
static struct page_chunk *page_chunks;

static bool page_is_used(const struct page_chunk *c, u32 page)
{
	return c->used[page / 64] >> page % 64 & 1;
}

/* First page of count unused ones in a row, or 0. */
static u32 page_find_run(const struct page_chunk *c, u32 count)
{
	u32 length = 0;

	if (FRAMES_PER_CHUNK - 1 - c->used_count < count)
		return 0;
	for (u32 page = 1; page < FRAMES_PER_CHUNK; page++) {
		length = page_is_used(c, page) ? 0 : length + 1;
		if (length == count)
			return page - count + 1;
	}
	return 0;
}

static void page_mark(struct page_chunk *c, u32 first, u32 count, bool used)
{
	for (u32 page = first; page < first + count; page++) {
		ENSURE(page_is_used(c, page) != used);
		c->used[page / 64] ^= 1ul << page % 64;
	}
	c->used_count += used ? count : -count;
}

/* A new chunk at the head of the list, or NULL. Caller holds the lock. */
static struct page_chunk *page_chunk_add(void)
{
	struct page_chunk *c;
	u32 chunk;

	if (!chunk_alloc(OWNER_HYPERVISOR, CHUNK_DATA, &chunk))
		return NULL;
	c = direct_pointer(chunk_address(chunk));
	c->next = page_chunks;
	page_chunks = c;
	return c;
}

/* A chunk without used pages goes back. Caller holds the lock. */
static void page_chunk_remove(struct page_chunk *c)
{
	struct page_chunk **link = &page_chunks;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	chunk_release((u32)(direct_address(c) / CHUNK_BYTES));
}

void *page_run_alloc(u32 count)
{
	struct page_chunk *c;
	u32 first = 0;
	void *run;

	ENSURE(count > 0 && count <= PAGE_RUN_MAX);
	spin_lock(&page_lock);
	for (c = page_chunks; c; c = c->next) {
		first = page_find_run(c, count);
		if (first)
			break;
	}
	if (!c) {
		c = page_chunk_add();
		first = 1;
	}
	if (c)
		page_mark(c, first, count, true);
	spin_unlock(&page_lock);
	if (!c)
		return NULL;

	run = (u8 *)c + first * PAGE_BYTES;
	page_zero(run, count);
	return run;
}

void page_run_free(void *run, u32 count)
{
	u64 address = direct_address(run);
	struct page_chunk *c = direct_pointer(ALIGN_DOWN(address, CHUNK_BYTES));
	u32 first = (u32)(address % CHUNK_BYTES / PAGE_BYTES);

	ENSURE(address % PAGE_BYTES == 0 && first > 0 && count > 0 && first + count <= FRAMES_PER_CHUNK);
	spin_lock(&page_lock);
	page_mark(c, first, count, false);
	if (!c->used_count)
		page_chunk_remove(c);
	spin_unlock(&page_lock);
}

void *page_alloc(void)
{
	return page_run_alloc(1);
}

void page_free(void *page)
{
	page_run_free(page, 1);
}

u32 page_used_count(void)
{
	u32 count = 0;

	spin_lock(&page_lock);
	for (const struct page_chunk *c = page_chunks; c; c = c->next)
		count += c->used_count;
	spin_unlock(&page_lock);
	return count;
}
