/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of page tables share. */
#pragma once

#include "conformance.h"

#define KERNEL_VA	0xffffc90000000000ul	/* nothing is there at first */
#define USER_VA		0x10000000ul		/* nor here, but in the next 2 MiB (USER_TEXT and so on are below) */
#define FAR_USER_VA	0x10000000000ul		/* in another slot of the root */

#define LEAF(address)	((address) | GUEST_PRESENT)
#define LARGE(address)	((address) | GUEST_PRESENT | GUEST_LARGE)
#define LINKS		0x67ul			/* present, writable, user, accessed, dirty */

/* One operation; its result in `result`. */
static inline long op(uint64_t code, uint64_t frame, uint64_t index, uint64_t count, uint64_t value)
{
	return rb_pt_update(rb_op_word(code, frame, index, count), value, 0, 0, 0, 0, &result);
}

static inline uint64_t entry_at(uint64_t table, uint64_t index)
{
	return __atomic_load_n((uint64_t *)guest_pointer(table * GUEST_PAGE) + index, __ATOMIC_RELAXED);
}

static inline bool table_is_empty(uint64_t table)
{
	for (uint64_t index = 0; index < 512; index++)
		if (entry_at(table, index))
			return false;
	return true;
}

/* What the kernel reads there; FAULT if it faults. */
#define FAULT 0x4661756c74ul
static inline uint64_t read_at(uint64_t address)
{
	uint64_t value;

	return kernel_load(address, &value) == -1 ? value : FAULT;
}

/* A fresh page of ours with this in its first word; guest-physical. */
static inline uint64_t page_with(uint64_t word)
{
	uint64_t page = guest_page();

	*(uint64_t *)guest_pointer(page) = word;
	return page;
}

/* The first guest frame number of the reserve, and the first after what is present. */
static inline uint64_t reserve_first(void)
{
	need(guest_start->memory[1].kind == RB_MEMORY_KIND_PAGETABLE, "the reserve is not the second range");
	return guest_start->memory[1].first_chunk * RB_CHUNK_PAGES;
}

static inline uint64_t reserve_end(void)
{
	return reserve_first() + counter(RB_COUNTER_FRAMES_TOTAL);
}

/* Frames that are not in the reserve: RAM, before, after, nowhere. */
#define FRAMES_NOT_RESERVE { 0, reserve_first() - 1, reserve_end(), (1ul << 40) - 1 }
#define EACH(i, array) (unsigned i = 0; i < sizeof(array) / sizeof((array)[0]); i++)
