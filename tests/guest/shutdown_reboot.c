/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: status 0 "domain 0 restarts (code 5)" */
/*
 * shutdown, to restart: the machine is reset, which -no-reboot makes the end of QEMU.
 */
#include "test.h"

int main(struct rb_start_info *start)
{
	guest_printf("restarting\n");
	rb_shutdown(RB_SHUTDOWN_REASON_REBOOT, 5);
	check(false, "shutdown returned");
	return 1;
}
