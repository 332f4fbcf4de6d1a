/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chunk table and the list of free chunks.
 *
 * A chunk's content is scrubbed when it is handed out, before its tag names the new owner: a domain may already name the
 * chunk in a page-table entry on another CPU, and must not get to see what the last owner left. In between the chunk is the
 * hypervisor's.
 */

#include "mm/chunk.h"

#include "lib/ensure.h"
#include "lib/lock.h"
#include "lib/print.h"
#include "x86/direct.h"

struct chunk *chunks;
u32 chunk_count;
u32 chunk_mask;

/* The free list: taken from the head; boot appends, release pushes (a chunk just used is likely to be in caches). */
static struct {
	struct spinlock lock;
	u32 head;	/* CHUNK_NONE: empty */
	u32 tail;	/* valid unless empty */
	u32 count;
} free_list = { .head = CHUNK_NONE };

void chunk_table_init(struct chunk *table, u32 room, u32 count)
{
	ENSURE(count > 0 && count <= 1u << 24 && room >= chunk_table_room(count));
	chunk_mask = chunk_table_room(count) - 1;
	for (u32 i = 0; i <= chunk_mask; i++)
		table[i] = (struct chunk){ .owner = OWNER_ABSENT, .next = CHUNK_NONE };
	chunks = table;
	chunk_count = count;
	free_list.head = CHUNK_NONE;
	free_list.count = 0;
}

void chunk_make_free(u32 chunk)
{
	ENSURE(chunk < chunk_count && chunks[chunk].owner == OWNER_ABSENT);
	spin_lock(&free_list.lock);
	chunks[chunk].tag = OWNER_NONE;
	chunks[chunk].next = CHUNK_NONE;
	if (free_list.head == CHUNK_NONE)
		free_list.head = chunk;
	else
		chunks[free_list.tail].next = chunk;
	free_list.tail = chunk;
	free_list.count++;
	spin_unlock(&free_list.lock);
}

void chunk_make_hypervisor(u32 chunk)
{
	ENSURE(chunk < chunk_count && chunks[chunk].owner == OWNER_ABSENT);
	chunks[chunk].tag = OWNER_HYPERVISOR;
}

static void chunk_zero(u32 chunk)
{
	void *to = direct_pointer(chunk_address(chunk));
	u64 words = CHUNK_BYTES / 8;

	asm volatile("rep stosq" : "+D" (to), "+c" (words) : "a" (0ul) : "memory");
}

bool chunk_alloc(u16 owner, u8 use, u32 *chunk)
{
	u32 i;

	spin_lock(&free_list.lock);
	i = free_list.head;
	if (i == CHUNK_NONE) {
		spin_unlock(&free_list.lock);
		return false;
	}
	free_list.head = chunks[i].next;
	free_list.count--;
	chunks[i].tag = OWNER_HYPERVISOR;
	chunks[i].next = CHUNK_NONE;
	spin_unlock(&free_list.lock);

	chunk_zero(i);
	__atomic_store_n(&chunks[i].tag, owner | (u32)use << 16, __ATOMIC_RELEASE);
	*chunk = i;
	return true;
}

void chunk_release(u32 chunk)
{
	ENSURE(chunk < chunk_count && chunks[chunk].owner != OWNER_NONE && chunks[chunk].owner != OWNER_ABSENT);
	ENSURE(!chunks[chunk].frames);
	spin_lock(&free_list.lock);
	chunks[chunk].tag = OWNER_NONE;
	chunks[chunk].next = free_list.head;
	if (free_list.head == CHUNK_NONE)
		free_list.tail = chunk;
	free_list.head = chunk;
	free_list.count++;
	spin_unlock(&free_list.lock);
}

u32 chunk_free_count(void)
{
	return free_list.count;
}

u32 chunk_list_check(void)
{
	u32 listed = 0, bad = 0, last = CHUNK_NONE;

	spin_lock(&free_list.lock);
	for (u32 i = free_list.head; i != CHUNK_NONE && listed <= chunk_count; i = chunks[i].next, listed++) {
		if (i >= chunk_count || chunks[i].tag != OWNER_NONE) {
			print("check: chunk %x is in the free list and not free\n", i);
			bad++;
			break;
		}
		last = i;
	}
	if (listed != free_list.count || (listed && last != free_list.tail)) {
		print("check: free list holds %u chunks, count says %u\n", listed, free_list.count);
		bad++;
	}
	for (u32 i = 0; i < chunk_count; i++)
		listed -= chunks[i].tag == OWNER_NONE;
	if (listed) {
		print("check: %d chunks more in the free list than free\n", (s32)listed);
		bad++;
	}
	spin_unlock(&free_list.lock);
	return bad;
}
