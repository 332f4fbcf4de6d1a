/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: crash "an event before the guest has set its entry points" */
/*
 * A virtual vector before vcpu_set_entry.
 *
 * Provokes: a vector that the kernel raises for itself with events enabled, before it has entry points.
 * Must: end the domain with the reason (I-13).
 */
#include "test.h"

void guest_begin(struct rb_start_info *start)
{
	guest_start = start;
	guest_vcpu = guest_pointer(start->vcpu_page);
	guest_vcpu->events_enabled = 1;
	rb_event_send(1, 0x40);
	guest_exit(0);
}

int main(struct rb_start_info *start)
{
	return 0;
}
