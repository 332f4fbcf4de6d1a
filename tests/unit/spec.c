/* SPDX-License-Identifier: GPL-2.0-only */
/* See spec.h. */

#include "spec.h"

#include "mm/chunk.h"
#include "mm/judge.h"

static bool bit(u64 word, int n)
{
	return word >> n & 1;
}

/* Bits high to low of a word, in place. */
static u64 bits(u64 word, int high, int low)
{
	u64 result = 0;

	for (int n = low; n <= high; n++)
		if (bit(word, n))
			result |= 1ul << n;
	return result;
}

/* Not present: zero, or no address of memory in the bits that the processor has. */
static status_set spec_absent(const struct spec_machine *machine, u64 entry)
{
	u64 address = bits(entry, (int)machine->physical_bits - 1, 12);

	if (entry == 0)
		return 0;
	return address / CHUNK_BYTES < machine->chunk_count ? STATUS_SET(RB_INVAL) : 0;
}

static status_set spec_present(const struct spec_machine *machine, int level, u64 entry, u16 owner)
{
	u64 chunk = bits(entry, 51, 21) >> 21;

	/* PWT, PCD, global. */
	if (bit(entry, 3) || bit(entry, 4) || bit(entry, 8))
		return STATUS_SET(RB_INVAL);
	for (int n = (int)machine->physical_bits; n < 52; n++)
		if (bit(entry, n))
			return STATUS_SET(RB_INVAL);
	/* Bit 7: PAT at level 1, page size at level 2. */
	if (bit(entry, 7) != (level == 2))
		return STATUS_SET(RB_INVAL);
	/* PAT of a large page, then what must be zero so that it is aligned. */
	if (level == 2 && bits(entry, 20, 12))
		return STATUS_SET(RB_INVAL);
	if (chunk >= machine->chunk_count || machine->owner[chunk] != owner)
		return STATUS_SET(RB_OWNER);
	if (machine->use[chunk] == CHUNK_PAGETABLE && bit(entry, 1))
		return STATUS_SET(RB_TYPE);
	return 0;
}

status_set spec_entry(const struct spec_machine *machine, int level, u64 entry, u16 owner)
{
	if (level >= 3)
		return entry ? STATUS_SET(RB_INVAL) : 0;
	return bit(entry, 0) ? spec_present(machine, level, entry, owner) : spec_absent(machine, entry);
}

bool status_fits(status_set set, enum rb_status status)
{
	return set ? status != RB_OK && (set & STATUS_SET(status)) : status == RB_OK;
}

void spec_machine_set(struct spec_machine *machine, u32 chunk, u16 owner, u8 use)
{
	machine->owner[chunk] = owner;
	machine->use[chunk] = use;
	chunks[chunk].tag = owner | (u32)use << 16;
}

void spec_machine_start(struct spec_machine *machine, u32 physical_bits)
{
	static struct chunk table[ARRAY_COUNT(machine->owner)];

	*machine = (struct spec_machine){ .physical_bits = physical_bits, .chunk_count = 40 };
	chunk_table_init(table, ARRAY_COUNT(table), machine->chunk_count);
	judge_init(physical_bits);
	for (u32 i = 0; i < machine->chunk_count; i++)
		spec_machine_set(machine, i, OWNER_ABSENT, CHUNK_DATA);
}

bool spec_agrees(const struct spec_machine *machine, u64 entry, u16 owner, u32 *level, enum rb_status *status)
{
	for (*level = 1; *level <= 4; ++*level) {
		*status = judge_entry(*level, entry, owner);
		if (!status_fits(spec_entry(machine, (int)*level, entry, owner), *status))
			return false;
	}
	return true;
}
