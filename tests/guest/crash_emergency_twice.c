/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: crash "an event frame could not be written to the kernel stack" */
/*
 * The emergency stack is for one use.
 *
 * Provokes: a second event with a bad stack after the first was delivered on the emergency stack.
 * Must: deliver the first, end the domain at the second.
 */
#include "test.h"

static uint8_t emergency[8192] __attribute__((aligned(4096)));

int main(struct rb_start_info *start)
{
	guest_set_entry((uint64_t)emergency + sizeof(emergency));
	check(try("xor %%esp, %%esp; ud2") == 8, "the first is delivered");
	try("xor %%esp, %%esp; ud2");
	check(false, "so was the second");
	return 0;
}
