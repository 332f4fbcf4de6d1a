/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: crash "an event frame could not be written to the kernel stack" */
/*
 * A bad kernel stack pointer and a bad emergency stack.
 *
 * Provokes: an exception with RSP zero and an emergency stack that is not mapped.
 * Must: end the domain with the reason, not loop.
 */
#include "test.h"

int main(struct rb_start_info *start)
{
	guest_set_entry(0xffffc90000001000);
	try("xor %%esp, %%esp; ud2");
	check(false, "the exception came back");
	return 0;
}
