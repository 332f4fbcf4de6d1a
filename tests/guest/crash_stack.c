/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: crash "an event frame could not be written to the kernel stack" */
/*
 * A bad kernel stack pointer, and no emergency stack.
 *
 * Provokes: a system call with kernel_sp zero.
 * Must: end the domain with the reason.
 */
#include "test.h"

USER_CODE(u_syscall, "syscall");

int main(struct rb_start_info *start)
{
	struct guest_regs regs;

	user_setup();
	guest_user_regs(&regs, user_address(u_syscall), USER_STACK);
	guest_run_user_with(&regs, 0);
	check(false, "the system call came back");
	return 0;
}
