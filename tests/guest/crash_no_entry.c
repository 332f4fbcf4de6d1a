/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: crash "an event before the guest has set its entry points" */
/*
 * An event before vcpu_set_entry.
 *
 * Provokes: an exception in ring 1 as the first thing a kernel does, on a good stack.
 * Must: end the domain with the reason; nothing may be entered at address zero, where code waits for that.
 */
#include "test.h"

/* In place of the library's, which sets the entry points. */
void guest_begin(struct rb_start_info *start)
{
	/* mov $guest_exit, %rax; mov $1, %edi; jmp *%rax */
	static const uint8_t code[] = { 0x48, 0xc7, 0xc0, 0, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0xff, 0xe0 };
	uint64_t page, target = (uint64_t)guest_exit;

	guest_start = start;
	page = guest_page();
	memcpy(guest_pointer(page), code, sizeof(code));
	memcpy((uint8_t *)guest_pointer(page) + 3, &target, 4);
	guest_map(start->user_root, 0, page, 0);
	__asm__ volatile("ud2");
}

int main(struct rb_start_info *start)
{
	return 0;
}
