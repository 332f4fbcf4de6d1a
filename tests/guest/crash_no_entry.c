/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: crash "an event before the guest has set its entry points" */
/*
 * An event before vcpu_set_entry.
 *
 * Provokes: an exception in ring 1 as the first thing a kernel does, on a good stack.
 * Must: end the domain with the reason. Nothing may be stored: there is no entry point to check a stack for.
 */
#include "test.h"

/* In place of the library's, which sets the entry points. */
void guest_begin(struct rb_start_info *start);
void guest_begin(struct rb_start_info *start)
{
	guest_start = start;
	__asm__ volatile("ud2");
}

int main(struct rb_start_info *start)
{
	return 0;
}
