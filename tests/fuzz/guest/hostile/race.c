/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A race for what a batch reads: vCPU 0 has batches applied whose entries are good, and accomplices change those in the queue page to forbidden ones and back, as
 * fast as they can. What was judged must be what is stored (I-15): no forbidden entry may get into the table.
 */
#include "hostile.h"

#define ENTRIES	64		/* of the table, and operations of a batch */
#define BATCHES	40
#define TURNS	20000		/* that vCPU 0 waits for somebody to join */

static struct {
	bool on;
	unsigned joined;
	uint64_t table, good, bad[4];
} race;

static bool is_on(void)
{
	return __atomic_load_n(&race.on, __ATOMIC_ACQUIRE);
}

/* Another's memory; a page table writably; a bit that a leaf may not have; an entry that is not present and names memory. */
static void race_make(void)
{
	race.table = guest_table(1);
	race.good = guest_machine(pool_pages[0]) | GUEST_PRESENT | GUEST_NX;
	race.bad[0] = 0x200000 | GUEST_PRESENT | GUEST_NX;
	race.bad[1] = guest_machine(race.table * GUEST_PAGE) | GUEST_PRESENT | GUEST_WRITE | GUEST_NX;
	race.bad[2] = race.good | 0x100;
	race.bad[3] = race.good & ~GUEST_PRESENT;
}

bool race_join(void)
{
	volatile struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);
	uint64_t bad = PICK(race.bad);

	if (!is_on())
		return false;
	__atomic_fetch_add(&race.joined, 1, __ATOMIC_RELAXED);
	while (is_on()) {
		for (unsigned i = 0; i < ENTRIES; i++)
			queue[i].value = bad;
		for (unsigned i = 0; i < ENTRIES; i++)
			queue[i].value = race.good;
	}
	return true;
}

static void race_judge(void)
{
	const volatile uint64_t *entries = guest_pointer(race.table * GUEST_PAGE);

	for (unsigned i = 0; i < ENTRIES; i++)
		for (unsigned j = 0; j < sizeof(race.bad) / sizeof(race.bad[0]); j++)
			if ((entries[i] & ~0x60ul) == race.bad[j])
				failed("a batch stored an entry that was not judged: %lx", entries[i]);
}

void random_race(void)
{
	struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);
	uint64_t result;

	if (!race.table)
		race_make();
	race.joined = 0;
	__atomic_store_n(&race.on, true, __ATOMIC_RELEASE);
	for (unsigned turn = 0; turn < TURNS && !__atomic_load_n(&race.joined, __ATOMIC_RELAXED); turn++)
		__asm__ volatile("pause");
	for (unsigned batch = 0; batch < BATCHES; batch++) {
		for (unsigned i = 0; i < ENTRIES; i++)
			queue[i].word = rb_op_word(one_in(3) ? RB_OP_XCHG : RB_OP_SET, race.table, i, 1);
		for (uint64_t first = 0; first < ENTRIES; first += result + 1)
			(void)rb_pt_batch(first, ENTRIES - first, &result);	/* beyond the one that was refused */
	}
	__atomic_store_n(&race.on, false, __ATOMIC_RELEASE);
	race_judge();
}
