/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Hypercalls out of user mode.
 *
 * Provokes: SYSCALL in ring 3 with the number and arguments of each call, shutdown among them; SYSCALL as the last instruction of a page, of the lowest
 * page and of the lower half of the address space, where the return address is the first that is not canonical.
 * Must: be system calls, each and all; the guest kernel gets them, the hypervisor does not (I-7).
 */
#include "test.h"

USER_CODE(u_syscall, "syscall");

#define LAST_PAGE	0x7ffffffff000ul

static bool is_the_syscall(uint64_t ip)
{
	return guest_is_syscall(&test_regs) && guest_is_user(&test_regs) && test_regs.ip == ip;
}

static void try_at(uint64_t address, const char *name)
{
	uint64_t page = guest_page();
	uint8_t *bytes = guest_pointer(page);

	guest_map(guest_start->user_root, address & ~0xffful, page, GUEST_USER);
	bytes[address & 0xfff] = 0x0f;
	bytes[(address & 0xfff) + 1] = 0x05;
	guest_user_regs(&test_regs, address, USER_STACK);
	test_regs.rax = RB_HC_SHUTDOWN;
	user_resume();
	check(is_the_syscall(address + 2), "%s: ip %lx vector %u", name, test_regs.ip, guest_vector(&test_regs));
}

int main(struct rb_start_info *start)
{
	uint64_t calls, good = 0;

	user_setup();
	calls = counter(RB_COUNTER_HYPERCALLS);
	for (uint64_t nr = 0; nr < 256; nr++) {
		guest_user_regs(&test_regs, user_address(u_syscall), USER_STACK);
		test_regs.rax = nr;
		if (nr == RB_HC_SHUTDOWN)
			test_regs.rsi = 99;
		user_resume();
		good += is_the_syscall(user_address(u_syscall) + 2) && test_regs.rax == nr;
	}
	calls = counter(RB_COUNTER_HYPERCALLS) - calls;
	check(good == 256, "256 system calls");
	check(calls == 1, "none of them a hypercall");

	try_at(0, "at the lowest address");
	try_at(0x50000ffe, "at the end of a page");
	try_at(LAST_PAGE + 0xffd, "at the end of the lower half");
	try_at(LAST_PAGE + 0xffe, "with a return address that is not canonical");
	return test_end();
}
