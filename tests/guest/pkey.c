/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Protection keys, where the processor has them.
 *
 * Provokes: user pages with a key, read and written from rings 3 and 1 with the key's rights taken away in PKRU; a supervisor page with the same key;
 * hypercalls, a block with its timer interrupt and system calls with PKRU set.
 * Must: fault with the protection-key bit in the error code for user pages only; keep PKRU over every way through the hypervisor; never bear on
 * the hypervisor's own accesses (the gate's stores, console_write of a denied page's memory).
 */
#include "test.h"

#define KEY		5ul
#define ENTRY_KEY	(KEY << 59)
#define DENY_ALL	(1u << (2 * KEY))
#define DENY_WRITE	(2u << (2 * KEY))
#define SUPERVISOR	0xffffc90000000000ul
#define USER_KEYED	0x10000000ul

/* RDI: the value of PKRU; RSI: where. */
USER_CODE(u_read, "mov %edi, %eax; xor %ecx, %ecx; xor %edx, %edx; wrpkru; mov (%rsi), %rax; syscall");
USER_CODE(u_write, "mov %edi, %eax; xor %ecx, %ecx; xor %edx, %edx; wrpkru; mov %rax, (%rsi); syscall");
USER_CODE(u_rights, "xor %ecx, %ecx; rdpkru; syscall");

static bool has_keys(void)
{
	uint32_t a = 7, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c & 1u << 4;
}

static void rights_set(uint32_t rights)
{
	__asm__ volatile("wrpkru" : : "a"(rights), "c"(0), "d"(0) : "memory");
}

static uint32_t rights(void)
{
	uint32_t a, d;

	__asm__ volatile("rdpkru" : "=a"(a), "=d"(d) : "c"(0));
	return a;
}

/* A system call tells that it went well: then -1. Else the page fault's error code. */
static long user_try(const char *code, uint32_t pkru)
{
	guest_user_regs(&test_regs, user_address(code), USER_STACK);
	test_regs.rdi = pkru;
	test_regs.rsi = USER_KEYED;
	user_resume();
	return guest_is_syscall(&test_regs) ? -1 : (long)test_regs.error_code;
}

static void try_user(void)
{
	check(user_try(u_read, 0) == -1 && user_try(u_write, 0) == -1, "ring 3: all rights");
	check(user_try(u_read, DENY_WRITE) == -1 && user_try(u_write, DENY_WRITE) == 0x27, "ring 3: no writes");
	check(user_try(u_read, DENY_ALL) == 0x25 && user_try(u_write, DENY_ALL) == 0x27, "ring 3: no access");
	check(test_regs.data == USER_KEYED, "the fault tells the address");
}

static void try_kernel(void)
{
	rights_set(DENY_ALL);
	check(try_with("movq $1, (%%rdi)", SUPERVISOR) == -1, "ring 1: a supervisor page has no key");
	rights_set(0);
	check(try("movq $1, 0x10000000") == -1, "ring 1: all rights");
	if (test_option("bochs")) {
		note("Bochs 2.7 lets rings 0 to 2 pass by protection keys");
		return;
	}
	rights_set(DENY_ALL);
	check(try("mov 0x10000000, %%rax") == 14 && test_regs.error_code == 0x21, "ring 1: no reads of a user page");
	check(try("movq $1, 0x10000000") == 14 && test_regs.error_code == 0x23, "ring 1: no writes of a user page");
	rights_set(0);
}

static void try_kept(uint64_t page)
{
	static const uint32_t value = 0x55555554;	/* no access but by key 0 */
	uint64_t result;
	bool kept = true;

	rights_set(value);
	guest_must(rb_info_version(&result));
	kept &= rights() == value;
	guest_events_off();		/* else a timer that goes off before the call leaves it waiting for ever */
	guest_must(rb_timer_set(guest_time() + 1000000));
	guest_must(rb_sched_block());
	kept &= rights() == value;
	kept &= rb_console_write(page, 0, &result) == RB_OK && rights() == value;
	kept &= user_run(u_rights) == 1 && (uint32_t)test_regs.rax == value;
	rights_set(0);
	check(kept, "PKRU is kept over calls, a block, an interrupt, a system call");
}

static void handler(struct guest_regs *regs, unsigned vector)
{
}

int main(struct rb_start_info *start)
{
	uint64_t page = guest_page();

	if (!has_keys()) {
		note("this processor has no protection keys");
		check(!(start->xcr0_mask & 1u << 9), "PKRU is not offered");
		return test_end();
	}
	check(start->xcr0_mask & 1u << 9, "PKRU is offered");
	user_setup();
	guest_set_handler(RB_VECTOR_TIMER, handler);
	guest_map(start->user_root, USER_KEYED, page, GUEST_USER | GUEST_WRITE | GUEST_NX | ENTRY_KEY);
	guest_map(start->kernel_root, SUPERVISOR, page, GUEST_WRITE | GUEST_NX | ENTRY_KEY);
	try_user();
	try_kernel();
	try_kept(page);
	guest_must(rb_vcpu_set_xcr0(1));
	try_kept(page);
	return test_end();
}
