/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Eva, on the real mm/judge.c and judge.h: whatever the entry, the owner, the width of addresses and the tags of the chunk table, judging
 * an entry has no undefined behaviour, and looks at the table's chunks only.
 */
#define __atomic_load_n(p, order)	(*(p))
#define __atomic_store_n(p, v, order)	(*(p) = (v))
#include "__fc_builtin.h"
#include "mm/judge.c"

#define ROOM 64u

struct chunk *chunks;
u32 chunk_count;
u32 chunk_mask;
static struct chunk table[ROOM];

/*@ requires \false; assigns \nothing; */
void panic(const char *format, ...);

int main(void)
{
	chunks = table;
	chunk_mask = ROOM - 1;
	chunk_count = Frama_C_unsigned_int_interval(ROOM / 2 + 1, ROOM);
	for (u32 i = 0; i < ROOM; i++)
		table[i].tag = Frama_C_unsigned_int_interval(0, 0xffffffff);
	judge_init(Frama_C_unsigned_int_interval(32, 52));
	return judge_entry(Frama_C_unsigned_int_interval(1, 4), Frama_C_unsigned_long_interval(0, ~0ul),
			   Frama_C_unsigned_int_interval(0, 0xffffffff));
}
