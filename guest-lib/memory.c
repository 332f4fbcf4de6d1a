/* SPDX-License-Identifier: MIT */
/*
 * Memory and page tables. Pages come from the RAM that nobody has used, page-table frames from the reserve; neither is ever given back:
 * this serves small programs.
 *
 * Tables are read through the direct map, where they are read-only, and written by calls. An entry holds machine addresses: the chunk map
 * turns guest-physical ones into them, and the machine map turns them back.
 */
#include "guest.h"

extern const uint8_t guest_image_end[];

static uint64_t page_next;	/* next unused guest-physical page, going up; zero: not yet looked for */
static uint64_t chunk_next;	/* start of the lowest chunk taken from the end of RAM, going down */
static uint64_t frame_next, frame_end;	/* unused frames of the reserve */

#define FRAMES_KEPT 8		/* for mapping a chunk that the reserve grew by */

uint64_t guest_physical(const void *pointer)
{
	uint64_t address = (uint64_t)pointer;

	return address >= GUEST_IMAGE_OFFSET ? address - GUEST_IMAGE_OFFSET : address - GUEST_DIRECT_BASE;
}

static uint64_t translate(const uint32_t *map, uint32_t count, uint64_t address)
{
	uint64_t chunk = address >> RB_CHUNK_SHIFT;

	if (chunk >= count || map[chunk] == RB_NO_CHUNK)
		return ~0ul;
	return (uint64_t)map[chunk] << RB_CHUNK_SHIFT | (address & (GUEST_CHUNK - 1));
}

uint64_t guest_machine(uint64_t physical)
{
	return translate((const uint32_t *)guest_start->chunk_map, guest_start->chunk_count, physical);
}

uint64_t guest_from_machine(uint64_t machine)
{
	return translate((const uint32_t *)guest_start->machine_map, guest_start->machine_chunk_count, machine);
}

static const struct rb_memory_range *range_find(enum rb_memory_kind kind, bool last)
{
	const struct rb_memory_range *found = NULL;

	for (uint32_t i = 0; i < guest_start->memory_count; i++)
		if (guest_start->memory[i].kind == kind && (last || !found))
			found = &guest_start->memory[i];
	if (!found)
		guest_panic("no memory of kind %u", kind);
	return found;
}

/* Pages are taken from the start of the last range of RAM, which the loader did not write; chunks from its end. */
static void ram_find(void)
{
	const struct rb_memory_range *ram = range_find(RB_MEMORY_KIND_RAM, true);

	if (page_next)
		return;
	page_next = (uint64_t)ram->first_chunk << RB_CHUNK_SHIFT;
	chunk_next = (uint64_t)(ram->first_chunk + ram->present) << RB_CHUNK_SHIFT;
	if (page_next < guest_start->boot_start + guest_start->boot_bytes)
		guest_panic("RAM in one piece");
}

uint64_t guest_page(void)
{
	uint64_t page;

	ram_find();
	page = page_next;
	if (page + GUEST_PAGE > chunk_next)
		guest_panic("out of memory");
	page_next += GUEST_PAGE;
	memset(guest_pointer(page), 0, GUEST_PAGE);
	return page;
}

uint64_t guest_chunk(void)
{
	ram_find();
	if (chunk_next < page_next + GUEST_CHUNK)
		guest_panic("out of memory");
	chunk_next -= GUEST_CHUNK;
	return chunk_next;
}

static void reserve_grow(void)
{
	uint64_t chunk;

	guest_must(rb_pt_reserve_grow(&chunk));
	frame_end += RB_CHUNK_PAGES;
	/* To read the tables that will be in it. */
	guest_map(guest_start->kernel_root, GUEST_DIRECT_BASE + (chunk << RB_CHUNK_SHIFT), chunk << RB_CHUNK_SHIFT,
		  GUEST_LARGE | GUEST_NX);
}

uint64_t guest_frame(void)
{
	static bool growing;

	if (!frame_next) {
		const struct rb_memory_range *reserve = range_find(RB_MEMORY_KIND_PAGETABLE, false);

		frame_next = guest_start->pt_first_free;
		frame_end = (uint64_t)(reserve->first_chunk + reserve->present) * RB_CHUNK_PAGES;
	}
	if (!growing && frame_next + FRAMES_KEPT >= frame_end) {
		growing = true;
		reserve_grow();
		growing = false;
	}
	return frame_next++;
}

long guest_op(enum rb_op op, uint64_t frame, uint64_t index, uint64_t count, uint64_t value)
{
	uint64_t result;

	return rb_pt_update(rb_op_word(op, frame, index, count), value, 0, 0, 0, 0, &result);
}

uint64_t guest_table(unsigned level)
{
	uint64_t frame = guest_frame();

	guest_must(guest_op(RB_OP_TYPE, frame, 0, 1, level));
	return frame;
}

static uint64_t entry_read(uint64_t table, unsigned index)
{
	return __atomic_load_n((uint64_t *)guest_pointer(table * GUEST_PAGE) + index, __ATOMIC_RELAXED);
}

static bool entry_is_link(uint64_t entry, unsigned level)
{
	return (entry & GUEST_PRESENT) && level > 1 && !(entry & GUEST_LARGE);
}

static uint64_t entry_table(uint64_t entry)
{
	return guest_from_machine(entry & GUEST_ADDRESS) / GUEST_PAGE;
}

uint64_t guest_table_for(uint64_t root, uint64_t address, unsigned level)
{
	uint64_t table = root;

	for (unsigned at = 4; at > level; at--) {
		unsigned index = guest_index(address, at);
		uint64_t entry = entry_read(table, index);

		if (!entry_is_link(entry, at)) {
			uint64_t lower = guest_table(at - 1);

			if (entry)
				guest_panic("%#lx is mapped by a large page", address);
			guest_must(guest_op(RB_OP_LINK, table, index, 1, lower));
			table = lower;
		} else {
			table = entry_table(entry);
		}
	}
	return table;
}

uint64_t guest_entry(uint64_t root, uint64_t address, unsigned level)
{
	uint64_t table = root;

	for (unsigned at = 4; at > level; at--) {
		uint64_t entry = entry_read(table, guest_index(address, at));

		if (!entry_is_link(entry, at))
			return 0;
		table = entry_table(entry);
	}
	return entry_read(table, guest_index(address, level));
}

void guest_map(uint64_t root, uint64_t address, uint64_t physical, uint64_t flags)
{
	unsigned level = flags & GUEST_LARGE ? 2 : 1;
	uint64_t table = guest_table_for(root, address, level);

	guest_must(guest_op(RB_OP_SET, table, guest_index(address, level), 1, guest_machine(physical) | flags | GUEST_PRESENT));
}

void guest_flush(uint64_t address, uint64_t pages)
{
	uint64_t result;

	guest_must(rb_pt_update(rb_op_word(RB_OP_FLUSH, 0, 1, pages), address, 0, 0, 0, 0, &result));
}

void guest_unmap(uint64_t root, uint64_t address)
{
	unsigned level = guest_entry(root, address, 2) & GUEST_LARGE ? 2 : 1;

	guest_must(guest_op(RB_OP_SET, guest_table_for(root, address, level), guest_index(address, level), 1, 0));
	guest_flush(address, level == 2 ? RB_CHUNK_PAGES : 1);
}
