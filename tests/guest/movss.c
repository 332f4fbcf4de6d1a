/* SPDX-License-Identifier: GPL-2.0-only */
/* run: bochs */
/*
 * The shadow of MOV SS (CVE-2018-8897).
 *
 * Provokes: MOV SS and POP SS from a watched address, which puts the debug exception off until after the next instruction; that next instruction is SYSCALL, INT 0x80, INT3,
 * ICEBP, UD2, CLI, IRETQ or one that faults; from ring 3, and from ring 1 a hypercall. So the exception arises at the gate's first instruction, in
 * ring 0, with the guest's stack pointer.
 * Must: deliver the event of the instruction; the debug exception goes to the guest or nowhere, never into the gate (I-11, I-13). TCG does not model it.
 */
#include "test.h"

#define SS_WATCH (3ul | 3ul << 16 | 1ul << 18 | 0x400)	/* breakpoint 0, read and write, two bytes */

#define U(name, text) USER_CODE(u_##name, "mov 0x600000, %ss; " text)
U(syscall, "syscall; ud2");
U(int80, "int $0x80; ud2");
U(int3, "int3; ud2");
U(icebp, ".byte 0xf1; ud2");
U(ud2, "ud2");
U(cli, "cli; ud2");
U(fault, "mov 0x10000000, %eax; ud2");
U(fetch, "jmp *%rdi");
USER_CODE(u_pop, ".code32; mov $0x600000, %esp; pop %ss; int3; ud2; .code64");
USER_CODE(u_pop80, ".code32; mov $0x600000, %esp; pop %ss; int $0x80; ud2; .code64");
USER_CODE(u_step, "pushq $0x302; popfq; mov 0x600000, %ss; syscall; ud2");
USER_CODE(u_step80, "pushq $0x302; popfq; mov 0x600000, %ss; int $0x80; ud2");

static const struct {
	const char *name, *code;
	unsigned vector, type;
} kinds[] = {
	{ "syscall", u_syscall, 1, RB_EVENT_TYPE_OTHER },
	{ "int 0x80", u_int80, 128, RB_EVENT_TYPE_SOFTINT },
	{ "int3", u_int3, 3, RB_EVENT_TYPE_SOFT_EXCEPTION },
	{ "icebp", u_icebp, 1, 99 },
	{ "ud2", u_ud2, 6, RB_EVENT_TYPE_EXCEPTION },
	{ "cli", u_cli, 13, RB_EVENT_TYPE_EXCEPTION },
	{ "page fault", u_fault, 14, RB_EVENT_TYPE_EXCEPTION },
	{ "fetch", u_fetch, 14, RB_EVENT_TYPE_EXCEPTION },
	{ "32-bit pop ss; int3", u_pop, 3, RB_EVENT_TYPE_SOFT_EXCEPTION },
	{ "32-bit pop ss; int 0x80", u_pop80, 128, RB_EVENT_TYPE_SOFTINT },
	{ "syscall with TF", u_step, 1, RB_EVENT_TYPE_OTHER },
	{ "int 0x80 with TF", u_step80, 128, RB_EVENT_TYPE_SOFTINT },
};

static void try_user(void)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		unsigned debug_events = 0;
		int vector;

		user_data[0] = RB_USER_SS;
		guest_user_regs(&test_regs, user_address(kinds[i].code), USER_STACK);
		test_regs.rdi = 0x10000000;
		if (kinds[i].code == u_pop || kinds[i].code == u_pop80)
			test_regs.cs = RB_USER32_CS;
		vector = user_resume();
		while (vector == 1 && guest_type(&test_regs) == RB_EVENT_TYPE_EXCEPTION && debug_events++ < 8 && kinds[i].type != 99)
			vector = user_resume();
		check(vector == (int)kinds[i].vector && (kinds[i].type == 99 || guest_type(&test_regs) == kinds[i].type), "%s: vector %d type %u, %u debug events before",
		      kinds[i].name, vector, guest_type(&test_regs), debug_events);
		check_quietly(guest_is_user(&test_regs) && test_regs.sp < RB_GATE_START, "%s: cs %lx sp %lx", kinds[i].name, test_regs.cs, test_regs.sp);
	}
}

static unsigned debug_events;

void guest_event(struct guest_regs *regs)
{
	if (!guest_is_user(regs) && guest_vector(regs) == 1 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION) {
		debug_events++;
		return;
	}
	guest_event_default(regs);
}

static void try_kernel(void)
{
	static uint16_t selector = RB_KERNEL_SS;
	uint64_t status, result;

	guest_must(rb_vcpu_set_debug(0, (uint64_t)&selector));
	for (unsigned i = 0; i < 3; i++) {
		debug_events = 0;
		__asm__ volatile("mov %3, %%ss; syscall" : "=a"(status), "=d"(result)
				 : "a"(i == 0 ? RB_HC_INFO_VERSION : i == 1 ? 12345 : RB_HC_SCHED_YIELD), "m"(selector), "d"(0), "D"(0), "S"(0)
				 : "rcx", "r8", "r9", "r10", "r11", "memory");
		check((long)status == (i == 1 ? RB_NOSYS : RB_OK) && result == (i ? 0 : RB_ABI_VERSION), "ring 1, hypercall %u: status %ld, %u debug events", i, status,
		      debug_events);
	}
	check(try_with("mov (%%rdi), %%ss; ud2", &selector) == 6, "ring 1, ud2: %u debug events", debug_events);
	check(try_with("mov (%%rdi), %%ss; int $0x80", &selector) == 128, "ring 1, int 0x80: %u debug events", debug_events);
	check(try_with("mov (%%rdi), %%ss; pushq $0x302; popfq; mov (%%rdi), %%ss; int $0x80", &selector) == 128, "ring 1, with TF too: %u debug events", debug_events);
}

int main(struct rb_start_info *start)
{
	user_setup();
	guest_must(rb_vcpu_set_debug(0, USER_DATA));
	guest_must(rb_vcpu_set_debug(7, SS_WATCH));
	try_user();
	try_kernel();
	guest_must(rb_vcpu_set_debug(7, 0));
	return test_end();
}
