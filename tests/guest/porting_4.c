/* SPDX-License-Identifier: MIT */
/*
 * The porting guide's fourth step (docs/reference/porting.md): page tables by hand. Maps two pages at an address of the kernel's choice, uses them, and
 * takes one away again.
 */
#include "guest.h"

#define AREA		0xffffc90000000000ul	/* kernel half, nothing there */
#define LEAF		(GUEST_PRESENT | GUEST_WRITE | GUEST_ACCESSED | GUEST_DIRTY | GUEST_NX)

/* The machine address of a guest-physical one: what an entry holds. */
static uint64_t machine(const struct rb_start_info *start, uint64_t physical)
{
	const uint32_t *chunk_map = (const uint32_t *)start->chunk_map;

	return (uint64_t)chunk_map[physical >> RB_CHUNK_SHIFT] << RB_CHUNK_SHIFT | (physical & ((1ul << RB_CHUNK_SHIFT) - 1));
}

static void touch(void *address)
{
	*(volatile uint64_t *)address = 1;
}

int main(struct rb_start_info *start)
{
	/* The loader left these frames of the reserve free; the guest's pages come from RAM. */
	uint64_t level3 = start->pt_first_free, level2 = level3 + 1, level1 = level3 + 2, done, old;
	uint64_t pages[2] = { guest_page(), guest_page() };
	struct rb_pt_op *queue = guest_pointer(start->queue_page);
	volatile uint64_t *words = (volatile uint64_t *)AREA;
	struct guest_regs fault;
	unsigned n = 0;

	/* Tables first, then what they hold, then the entry of the root: the area appears at once. */
	queue[n++] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, level3, 0, 1), 3 };
	queue[n++] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, level2, 0, 1), 2 };
	queue[n++] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, level1, 0, 1), 1 };
	for (unsigned i = 0; i < 2; i++)
		queue[n++] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, level1, i, 1), machine(start, pages[i]) | LEAF };
	queue[n++] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, level2, guest_index(AREA, 2), 1), level1 };
	queue[n++] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, level3, guest_index(AREA, 3), 1), level2 };
	queue[n++] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, start->kernel_root, guest_index(AREA, 4), 1), level3 };
	guest_must(rb_pt_batch(0, n, &done));

	words[0] = 0x1111;
	words[512] = 0x2222;
	guest_printf("%lu operations; the pages hold %lx and %lx\n", done, *(uint64_t *)guest_pointer(pages[0]), *(uint64_t *)guest_pointer(pages[1]));

	/* Take the second page away: exchange, to have the entry as the processor left it, and flush, in one call. */
	guest_must(rb_pt_update(rb_op_word(RB_OP_XCHG, level1, 1, 1), 0, rb_op_word(RB_OP_FLUSH, 0, 1, 1), AREA + GUEST_PAGE, 0, 0, &old));
	if (!guest_catch(touch, (void *)(AREA + GUEST_PAGE), &fault))
		return 1;
	guest_printf("its entry was %lx; now a fault at %lx\n", old & ~GUEST_ADDRESS, fault.data);
	return done == n && *(uint64_t *)guest_pointer(pages[1]) == 0x2222 && old == (machine(start, pages[1]) | LEAF) && fault.data == AREA + GUEST_PAGE ? 0 : 1;
}
