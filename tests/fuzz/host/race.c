/* SPDX-License-Identifier: GPL-2.0-only */
/* See race.h. Compiled without instrumentation of its own. */

#include "race.h"

#include <string.h>
#include "fake.h"
#include "mm/chunk.h"

struct race_read race_reads[RACE_READS];
u32 race_read_count;

static struct {
	u32 nth;
	void *address;
	u64 value;
} changes[RACE_CHANGES];
static u32 change_count;
static u64 difference;		/* of every word that was read */
static u64 *last;		/* read, and about to change */
static bool is_on;

void race_add(u32 nth, void *address, u64 value)
{
	if (change_count < RACE_CHANGES)
		changes[change_count++] = (typeof(changes[0])){ nth, address, value };
}

void race_every(u64 d)
{
	difference = d;
}

void race_begin(void)
{
	race_read_count = 0;
	last = NULL;
	is_on = true;
}

void race_end(void)
{
	is_on = false;
	change_count = 0;
	difference = 0;
}

static bool is_guest_data(const void *address)
{
	const u64 offset = (u64)address - (u64)fake_memory;
	const struct chunk *chunk = &chunks[offset / CHUNK_BYTES];

	return offset < FAKE_CHUNKS * CHUNK_BYTES && chunk->owner >= OWNER_DOMAIN && chunk->use == CHUNK_DATA;
}

static void before_load(void *address, u32 bytes)
{
	if (!is_on)
		return;
	if (last) {
		*last ^= difference;
		last = NULL;
	}
	if (!is_guest_data(address))
		return;
	for (u32 i = 0; i < change_count; i++)
		if (changes[i].nth == race_read_count)
			memcpy(changes[i].address, &changes[i].value, 8);
	if (race_read_count < RACE_READS) {
		struct race_read *r = &race_reads[race_read_count++];

		r->address = address;
		r->bytes = bytes;
		r->value = 0;
		memcpy(&r->value, address, bytes > 8 ? 8 : bytes);
	}
	if (difference && bytes == 8)
		last = address;
}

void __sanitizer_cov_load1(u8 *address) { before_load(address, 1); }
void __sanitizer_cov_load2(u16 *address) { before_load(address, 2); }
void __sanitizer_cov_load4(u32 *address) { before_load(address, 4); }
void __sanitizer_cov_load8(u64 *address) { before_load(address, 8); }
void __sanitizer_cov_load16(void *address) { before_load(address, 16); }
