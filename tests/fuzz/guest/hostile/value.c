/* SPDX-License-Identifier: GPL-2.0-only */
/* Values that are nearly right: the edges of what the interface and the processor take, and names of things that exist. */
#include "hostile.h"

uint64_t random_address(void)
{
	/* The gate's pages, its windows, what is behind them in the hypervisor; the edges; memory that may be used. */
	static const uint64_t bases[] = { ARENA, ARENA, ARENA_CODE, USER_ARENA, USER_ARENA, USER_ARENA_CODE, USER_EDGE, RB_GATE_START, RB_GATE_START + 0x10000,
					  RB_GATE_START + 0x11000, RB_GATE_START + 0x12000, RB_GATE_START + 0x20000, RB_GATE_START + 0x28000,
					  RB_GATE_START + 0x30000, RB_GATE_START + 0xf0000, RB_GATE_START + 0x40000000, RB_GATE_START + 0x80000000,
					  RB_GATE_START + 0x80200000, RB_GATE_START + 0x80400000, 0xffff808000000000, 0xffff840000000000, RB_GATE_END,
					  1ul << 47, 0xffffffffffffe000, 0 };

	return PICK(bases) + below(3 * GUEST_PAGE) - below(64);
}

uint64_t random_value(void)
{
	switch (below(9)) {
	case 0:
		return random_next();
	case 1:
		return below(16);
	case 2:
		return 1ul << below(64);
	case 3:
		return ~(1ul << below(64));
	case 4:
		return PICK(pool_frames);
	case 5:
		return PICK(pool_pages);
	case 6:
		return below(300);
	case 7:
		return (1ul << below(64)) - 1 + below(3);
	default:
		return random_address();
	}
}

/* A chunk of the machine that is not the guest's: the hypervisor's, a free one, one that does not exist. */
static uint64_t foreign_machine(void)
{
	uint64_t machine = below(guest_start->machine_chunk_count + 8) << RB_CHUNK_SHIFT | (below(GUEST_CHUNK) & ~0xffful);

	return guest_from_machine(machine) == ~0ul ? machine : 0;
}

static uint64_t random_machine(bool *is_code)
{
	*is_code = false;
	switch (below(10)) {
	case 0:
		return guest_machine(PICK(pool_frames) * GUEST_PAGE);
	case 1:
		return guest_machine(PICK(pool_chunks));
	case 2:
	case 3:
		return foreign_machine();
	case 4:
		*is_code = true;
		return guest_machine(PICK(kernel_code));
	default:
		return guest_machine(PICK(pool_pages));
	}
}

uint64_t random_entry(void)
{
	bool is_code;
	uint64_t machine = random_machine(&is_code), entry;

	if (one_in(6))
		return one_in(4) ? random_next() & ~1ul : 0;
	if (one_in(3))
		machine &= ~(GUEST_CHUNK - 1);
	entry = machine | (random_next() & 0x67) | (one_in(4) ? random_next() & 0xfff : 1) | (one_in(8) ? random_next() & 0xfff0000000000000 : 0);
	if (one_in(3))
		entry |= GUEST_LARGE | GUEST_PRESENT;
	/* See pool.c: ring 1 executes nothing under TCG but what was looked at and does not change. */
	if (is_tcg() && !(entry & GUEST_USER))
		entry = is_code && !(entry & GUEST_LARGE) ? entry & ~GUEST_WRITE : entry | GUEST_NX;
	else if (is_tcg() && is_code)
		entry &= ~GUEST_WRITE;
	return entry;
}
