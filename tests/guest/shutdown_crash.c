/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: status 15 "rbx 00000000600dcafe" */
/*
 * shutdown, because the guest kernel gave up.
 *
 * Provokes: shutdown(CRASH) with a code, and a mark in a register.
 * Must: end the machine with that code, after a report that shows the vCPU's registers, also those that a call keeps.
 */
#include "test.h"

int main(struct rb_start_info *start)
{
	__asm__ volatile("mov $0x600dcafe, %%ebx; xor %%edx, %%edx; xor %%r10d, %%r10d; xor %%r8d, %%r8d; xor %%r9d, %%r9d; syscall" : :
			 "a"(RB_HC_SHUTDOWN), "D"(RB_SHUTDOWN_REASON_CRASH), "S"(7) : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
	check(false, "shutdown returned");
	return 1;
}
