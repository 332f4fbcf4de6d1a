/* SPDX-License-Identifier: GPL-2.0-only */
/* expect: status 15 "domain 0 crashed (code 7)" */
/*
 * shutdown, because the guest kernel gave up: a code of its own, and the reason in the hypervisor's line.
 */
#include "test.h"

int main(struct rb_start_info *start)
{
	rb_shutdown(RB_SHUTDOWN_REASON_CRASH, 7);
	check(false, "shutdown returned");
	return 1;
}
