/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random page tables. Operations on a pool of frames, of any level, linked into anything; and accesses through what came of it: a page of another's memory that
 * an operation let in is written to, so that a watcher outside sees it, and complained of.
 */
#include "hostile.h"

/* What each frame of the pool was typed as last, if that took effect; zero: not. */
static uint8_t levels[POOL_FRAMES];

static unsigned level_of(uint64_t frame)
{
	for (unsigned i = 0; i < POOL_FRAMES; i++)
		if (pool_frames[i] == frame)
			return levels[i];
	return 4;
}

static void level_note(uint64_t frame, uint64_t level)
{
	for (unsigned i = 0; i < POOL_FRAMES; i++)
		if (pool_frames[i] == frame && level <= 4)
			levels[i] = (uint8_t)level;
}

/* A frame of the pool of this level, if chance finds one. */
static uint64_t table_of_level(unsigned level)
{
	uint64_t frame = PICK(pool_frames);

	for (unsigned tries = 0; tries < 8 && level_of(frame) != level; tries++)
		frame = PICK(pool_frames);
	return frame;
}

/* An entry that a table of this level may have, but for what random_entry does to it. */
static uint64_t entry_of_level(unsigned level)
{
	uint64_t entry = random_entry();

	if (level >= 3)
		return 0;
	if (level == 1)
		return entry & ~GUEST_LARGE;
	return entry & GUEST_PRESENT ? (entry & ~(GUEST_CHUNK - 1)) | (entry & 0xfff) | GUEST_LARGE : entry;
}

static uint64_t random_table(void)
{
	uint64_t frame = one_in(20) ? random_value() & 0xffffffffff : PICK(pool_frames);

	if (one_in(16) && root_loaded())
		frame = root_loaded();
	if (one_in(12))
		frame = one_in(2) ? guest_start->kernel_root : guest_start->user_root;
	return frame_is_vital(frame) ? pool_frames[0] : frame;
}

static uint64_t random_index(uint64_t frame)
{
	/* Few indices, so that tables meet. */
	uint64_t index = one_in(4) ? below(512) : 300 + below(8);

	if (one_in(2) && frame != guest_start->kernel_root)
		index &= 7;
	/* Where its own programs are. */
	if (frame == guest_start->user_root && (index == guest_index(USER_ARENA, 4) || index == guest_index(USER_EDGE, 4)))
		index = 5;
	return frame == guest_start->kernel_root && index_is_vital(index) && index >= 272 ? 300 : index;
}

/* The value of an operation, and what else must fit it: fitting mostly. */
static uint64_t value_for(uint64_t code, uint64_t *frame, uint64_t *index, uint64_t *count)
{
	bool fits = !one_in(4);

	switch (code) {
	case RB_OP_TYPE:
		*frame = *frame == guest_start->user_root ? pool_frames[0] : *frame;
		*index = one_in(30) ? *index : 0;
		*count = one_in(8) ? *count : 1;
		return one_in(16) ? random_value() : 1 + below(4);
	case RB_OP_LINK:
		*count = fits ? 1 : *count;
		return fits ? table_of_level(level_of(*frame) - 1) : random_table();
	case RB_OP_AND:
		return ~(random_next() & (fits ? 0x62 : ~0ul));
	case RB_OP_FLUSH:
		*frame = fits ? 0 : *frame;
		*index = fits ? below(2) : *index;
		*count = fits && !*index ? 1 : *count;
		return fits && !*index ? 0 : random_address() & ~0xffful;
	case RB_OP_NOP:
		*frame = *index = 0;
		*count = 1;
		return one_in(8);
	default:
		*count = code == RB_OP_XCHG && fits ? 1 : *count;
		return fits ? entry_of_level(level_of(*frame)) : random_entry();
	}
}

struct rb_pt_op random_op(void)
{
	static const uint64_t counts[] = { 1, 1, 1, 1, 1, 2, 8, 64, 512 };
	uint64_t code = one_in(64) ? below(64) : 1 + below(RB_NR_OPS - 1), frame = random_table(), index = random_index(frame), value, count;

	count = frame == guest_start->kernel_root || frame == guest_start->user_root ? 1 : PICK(counts);
	if (!one_in(8) && index + count > 512)
		index = 512 - count;
	value = value_for(code, &frame, &index, &count);
	if (code == RB_OP_TYPE && count == 1)
		level_note(frame, value);
	figures.ops[code]++;
	return (struct rb_pt_op){ rb_op_word(code, frame, index, count), value };
}

/* ---------------- a way down to a page, step by step as a kernel would go, but for the last */
static bool op_works(enum rb_op code, uint64_t frame, uint64_t index, uint64_t count, uint64_t value)
{
	long status = guest_op(code, frame, index, count, value);

	figures.ops[code]++;
	figures.calls[RB_HC_PT_UPDATE][status <= 0 && status > -15 ? -status : 15]++;
	return status == RB_OK;
}

/* A table of a level, linked into an entry; zero if chance finds none. */
static uint64_t table_link(uint64_t above, uint64_t index, unsigned level)
{
	for (unsigned tries = 0; tries < 6; tries++) {
		uint64_t frame = table_of_level(level);

		if (op_works(RB_OP_LINK, above, index, 1, frame))
			return frame;
		if (op_works(RB_OP_TYPE, frame, 0, 1, level))
			level_note(frame, level);
	}
	return 0;
}

static void way_make(void)
{
	bool kernel = one_in(2);
	uint64_t table = kernel ? guest_start->kernel_root : table_of_level(4), index = kernel ? 300 + below(8) : below(256);

	for (unsigned level = 3; level >= 1; level--) {
		table = table_link(table, index, level);
		if (!table)
			return;
		index = below(512);
		if (level == 2 && one_in(3))
			break;
	}
	for (unsigned i = 0; i < 6; i++)
		op_works(one_in(3) ? RB_OP_XCHG : RB_OP_SET, table, index, 1, entry_of_level(level_of(table)));
}

/* ---------------- what is mapped */
static const uint64_t *table_at(uint64_t machine)
{
	uint64_t physical = guest_from_machine(machine);

	return physical == ~0ul ? NULL : guest_pointer(physical);
}

/* A present entry of a table, the first from a random place on; 512: none. */
static uint64_t present_from(const uint64_t *table, unsigned level, uint64_t first, uint64_t count)
{
	uint64_t start = below(count);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t index = first + (start + i) % count;

		if (level == 4 && first >= 272 && index_is_vital(index))
			continue;
		if (__atomic_load_n(&table[index], __ATOMIC_RELAXED) & GUEST_PRESENT)
			return index;
	}
	return 512;
}

/* A random page that a root maps: its address and entry. False: the way down ended. */
static bool page_find(const uint64_t *root, bool kernel, uint64_t *address, uint64_t *entry, unsigned *level)
{
	const uint64_t *table = root;
	uint64_t at = 0;

	for (unsigned l = 4; l >= 1; l--) {
		uint64_t index = present_from(table, l, l == 4 && kernel ? 272 : 0, l == 4 ? (kernel ? 240 : 256) : 512);

		if (index == 512)
			return false;
		at |= index << (3 + 9 * l);
		*entry = __atomic_load_n(&table[index], __ATOMIC_RELAXED);
		*level = l;
		if (l == 1 || (l == 2 && *entry & GUEST_LARGE))
			break;
		table = table_at(*entry & GUEST_ADDRESS);
		if (!table) {
			failed("a table at %lx that is not ours: entry %lx", at, *entry);
			return false;
		}
	}
	*address = (at & 1ul << 47 ? at | 0xffff000000000000 : at);
	return true;
}

/* ---------------- accesses */
static void access_read(void *address)
{
	(void)*(volatile uint64_t *)address;
}

static void access_write(void *address)
{
	*(volatile uint64_t *)address = 0xbadbadbadbadbad;
}

static void access_lock(void *address)
{
	__atomic_fetch_add((uint64_t *)address, 1, __ATOMIC_SEQ_CST);
}

/* Whether it worked. */
static bool accessed(void (*access)(void *), uint64_t address)
{
	static struct guest_regs regs;
	bool faulted = guest_catch(access, (void *)address, &regs);

	if (faulted)
		figures.refused++;
	else
		figures.touched++;
	return !faulted;
}

static bool is_reserve(uint64_t physical)
{
	for (uint32_t i = 0; i < guest_start->memory_count; i++) {
		const struct rb_memory_range *range = &guest_start->memory[i];
		uint64_t chunk = physical >> RB_CHUNK_SHIFT;

		if (range->kind == RB_MEMORY_KIND_PAGETABLE && chunk >= range->first_chunk && chunk < range->first_chunk + range->count)
			return true;
	}
	return false;
}

void touch(void)
{
	uint64_t root = table_of_level(4), address, entry, physical;
	bool kernel = one_in(2) || rb_root_load(root) != RB_OK, wrote;
	unsigned level;

	if (one_in(2))
		way_make();
	if (!page_find(guest_pointer((kernel ? guest_start->kernel_root : root) * GUEST_PAGE), kernel, &address, &entry, &level))
		return;
	/* What the tables say now; the processor may remember more. */
	guest_must(rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 0));
	address += below(level == 2 ? GUEST_CHUNK : GUEST_PAGE) & ~7ul;
	physical = guest_from_machine((entry & GUEST_ADDRESS & ~(level == 2 ? GUEST_CHUNK - 1 : 0)) + (address & (level == 2 ? GUEST_CHUNK - 1 : GUEST_PAGE - 1)));
	accessed(access_read, address);
	wrote = accessed(one_in(2) ? access_write : access_lock, address);
	if (physical == ~0ul)
		failed("another's memory is mapped at %lx: entry %lx", address, entry);
	else if (wrote && is_reserve(physical))
		failed("a page table was written to at %lx: entry %lx", address, entry);
}

/* Which pages of the hypervisor's range may be written to is for the watcher to know. */
void poke(void)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t address = RB_GATE_START + (one_in(2) ? below(0x32000) : random_next() & 0x7ffffffffff);

		address = one_in(2) ? random_address() : address;
		address &= ~7ul;
		if (address < RB_GATE_START || address >= RB_GATE_END)
			continue;
		accessed(access_read, address);
		accessed(access_write, address);
	}
}
