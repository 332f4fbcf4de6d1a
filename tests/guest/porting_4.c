/* SPDX-License-Identifier: MIT */
/*
 * The porting guide's fourth step (docs/reference/porting.md): page tables by hand. Maps two pages
 * at an address of the kernel's choice, uses them, and takes one away again.
 */
#include "guest.h"

#define AREA	0xffffc90000000000ul	/* kernel half, nothing there */
#define SECOND	(AREA + GUEST_PAGE)
#define LEAF	(GUEST_PRESENT | GUEST_WRITE | GUEST_ACCESSED | GUEST_DIRTY | GUEST_NX)

static const struct rb_start_info *info;
static struct rb_pt_op *queue;
static unsigned queued;

/* The machine address of a guest-physical one: what an entry holds. */
static uint64_t machine(uint64_t physical)
{
	const uint32_t *chunk_map = (const uint32_t *)info->chunk_map;
	uint64_t chunk = chunk_map[physical >> RB_CHUNK_SHIFT];

	return chunk << RB_CHUNK_SHIFT | (physical & ((1ul << RB_CHUNK_SHIFT) - 1));
}

static void add(enum rb_op op, uint64_t table, uint64_t index, uint64_t value)
{
	queue[queued++] = (struct rb_pt_op){ rb_op_word(op, table, index, 1), value };
}

static void map(const uint64_t pages[2], uint64_t level1)
{
	uint64_t level2 = level1 + 1, level3 = level1 + 2, done;

	/* Tables, what they hold, last the root's entry: the area appears at once. */
	add(RB_OP_TYPE, level3, 0, 3);
	add(RB_OP_TYPE, level2, 0, 2);
	add(RB_OP_TYPE, level1, 0, 1);
	add(RB_OP_SET, level1, 0, machine(pages[0]) | LEAF);
	add(RB_OP_SET, level1, 1, machine(pages[1]) | LEAF);
	add(RB_OP_LINK, level2, guest_index(AREA, 2), level1);
	add(RB_OP_LINK, level3, guest_index(AREA, 3), level2);
	add(RB_OP_LINK, info->kernel_root, guest_index(AREA, 4), level3);
	guest_must(rb_pt_batch(0, queued, &done));
}

/* Exchange, to have the entry as the processor left it, and flush, in one call. */
static uint64_t unmap_second(uint64_t level1)
{
	uint64_t old;

	guest_must(rb_pt_update(rb_op_word(RB_OP_XCHG, level1, 1, 1), 0,
				rb_op_word(RB_OP_FLUSH, 0, 1, 1), SECOND, 0, 0, &old));
	return old;
}

static void touch(void *address)
{
	*(volatile uint64_t *)address = 1;
}

int main(struct rb_start_info *start)
{
	/* Frames of the reserve that the loader left free; pages of RAM. */
	uint64_t level1 = start->pt_first_free, pages[2] = { guest_page(), guest_page() };
	uint64_t *second = guest_pointer(pages[1]), old;
	struct guest_regs fault;

	info = start;
	queue = guest_pointer(start->queue_page);
	map(pages, level1);
	*(volatile uint64_t *)SECOND = 0x2222;
	guest_printf("%u operations; the second page holds %lx\n", queued, *second);

	old = unmap_second(level1);
	if (!guest_catch(touch, (void *)SECOND, &fault))
		return 1;
	guest_printf("its entry was %lx; now a fault at %lx\n", old, fault.data);
	return *second == 0x2222 && old == (machine(pages[1]) | LEAF) && fault.data == SECOND ? 0 : 1;
}
