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


/* ---------------- what operations share */
static inline uint64_t machine_of_table(uint64_t table)
{
	return guest_machine(table * GUEST_PAGE);
}

/* The index-th entry of a chain of tables: a level-4 root whose entry 1 links a 3, whose entry 2 links a 2, whose entry 3 links a 1. */
struct chain {
	uint64_t t[5];	/* by level */
};
#define CHAIN_VA (1ul << 39 | 2ul << 30 | 3ul << 21)

static inline struct chain chain_make(void)
{
	struct chain chain;

	for (unsigned level = 1; level <= 4; level++)
		chain.t[level] = guest_table(level);
	for (unsigned level = 4; level >= 2; level--)
		must(op(RB_OP_LINK, chain.t[level], 5 - level, 1, chain.t[level - 1]));
	return chain;
}

/* Is it typed and not linked? Then it can be linked; the link is taken out again. */
static inline bool is_typed(uint64_t table, unsigned level)
{
	uint64_t parent = guest_table(level + 1);

	if (op(RB_OP_LINK, parent, 0, 1, table) != RB_OK)
		return false;
	must(op(RB_OP_SET, parent, 0, 1, 0));
	return true;
}

/* The entries that a root does not serve, one by one, and runs that reach into them. */
static inline void refuse_half(uint64_t code, uint64_t value)
{
	uint64_t root = guest_table(4), kernel = guest_start->kernel_root;

	for (uint64_t index = 0; index < 512; index++) {
		bool is_upper = index >= 272;

		if (index >= 256) {
			expect(op(code, root, index, 1, value) == RB_INVAL, "entry %lu of a user root", index);
			expect(op(code, guest_start->user_root, index, 1, value) == RB_INVAL, "entry %lu of the loaded user root", index);
		}
		if (!is_upper)
			expect(op(code, kernel, index, 1, value) == RB_INVAL, "entry %lu of the kernel root", index);
	}
	refused(RB_INVAL, op(code, root, 256, 1, value));
	refused(RB_INVAL, op(code, root, 511, 1, value));
	refused(RB_INVAL, op(code, kernel, 0, 1, value));
	refused(RB_INVAL, op(code, kernel, 271, 1, value));
}

static inline void refuse_free(uint64_t code, uint64_t value)
{
	uint64_t frame = guest_frame();

	refused(RB_TYPE, op(code, frame, 0, 1, value));
	refused(RB_TYPE, op(code, reserve_end() - 2, 0, 1, value));
}

static inline void refuse_not_reserve(uint64_t code, uint64_t value)
{
	uint64_t frames[] = FRAMES_NOT_RESERVE;

	for EACH(i, frames)
		refused(RB_NOENT, op(code, frames[i], 0, 1, value));
}
