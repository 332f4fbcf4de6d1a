/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Single stepping (TF) over everything.
 *
 * Provokes: in ring 1 and ring 3, code that runs with TF set over plain instructions, SYSCALL (system call and hypercall, the short way back and the long),
 * INT 0x80, INT3, UD2 and a page fault. On the architecture a debug exception arises in the gate's first instruction then; TCG does not model it.
 * Must: give the guest one debug event per instruction of its own, with DR6.BS; never stop in the gate or the hypervisor (I-11, I-13).
 */
#include "test.h"

#define TF 0x100ul
#define BS 0x4000ul

/* TF comes on with the frame that starts it. */
USER_CODE(u_plain, "nop; nop; nop; nop; ud2");
USER_CODE(u_syscall, "nop; syscall; nop; nop; ud2");
USER_CODE(u_int80, "nop; int $0x80; nop; nop; ud2");
USER_CODE(u_int3, "nop; int3; nop; nop; ud2");
USER_CODE(u_popf, "pushq $0x302; popfq; nop; nop; syscall; nop; ud2");

static unsigned steps, others, strange;
static uint64_t last_ip;

/* Steps on until UD2 in user mode. */
static void step_user(const char *code, bool by_frame)
{
	steps = others = strange = 0;
	guest_user_regs(&test_regs, user_address(code), USER_STACK);
	if (by_frame)
		test_regs.flags |= TF;
	for (;;) {
		int vector = user_resume();

		if (vector == 1 && !guest_is_syscall(&test_regs)) {
			steps++;
			if (test_regs.data != BS || !(test_regs.flags & TF))
				strange++;
		} else if (vector == 6) {
			break;
		} else {
			others++;
			if (!(test_regs.flags & TF))
				strange++;
		}
		if (steps + others > 100)
			break;
	}
}

/* In the kernel: counts, goes on; UD2 ends it. */
void guest_event(struct guest_regs *regs)
{
	if (!guest_is_user(regs) && guest_vector(regs) == 1 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION && guest_catch_sp) {
		if (regs->data != BS || !(regs->flags & TF))
			strange++;
		last_ip = regs->ip;
		if (++steps < 1000)
			return;
		regs->flags &= ~TF;
		return;
	}
	if (!guest_is_user(regs) && (guest_vector(regs) == 3 || guest_vector(regs) == 128)) {
		others++;
		return;
	}
	guest_event_default(regs);
}

static bool step_kernel(void (*body)(void *))
{
	steps = others = strange = 0;
	return test_try(body, NULL) == 6 && !strange;
}

int main(struct rb_start_info *start)
{
	bool good;

	user_setup();
	step_user(u_plain, true);
	check(steps == 4 && others == 0 && !strange, "ring 3, four instructions: %u steps", steps);
	step_user(u_syscall, true);
	check(others == 1 && steps >= 3 && steps <= 4 && !strange, "ring 3, system call: %u steps", steps);
	step_user(u_int80, true);
	check(others == 1 && steps >= 3 && steps <= 4 && !strange, "ring 3, int 0x80: %u steps", steps);
	step_user(u_int3, true);
	check(others == 1 && steps >= 3 && steps <= 4 && !strange, "ring 3, int3: %u steps", steps);
	step_user(u_popf, false);
	check(others == 1 && steps >= 3 && steps <= 5, "ring 3, TF by popf: %u steps", steps);

	good = step_kernel(SNIPPET("pushq $0x302; popfq; nop; nop; nop; nop; ud2"));
	check(good && steps == 4, "ring 1, four instructions: %u steps, %u strange", steps, strange);
	good = step_kernel(SNIPPET("xor %%eax, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d;"
				   "pushq $0x302; popfq; nop; syscall; nop; nop; ud2"));
	check(good && steps >= 2 && steps <= 4, "ring 1, a hypercall: %u steps, %u strange", steps, strange);
	check(test_regs.rax == 0 && test_regs.rdx == RB_ABI_VERSION, "and it did its work");
	good = step_kernel(SNIPPET("mov $20, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d;"
				   "pushq $0x302; popfq; nop; syscall; nop; nop; ud2"));
	check(good && steps >= 2 && steps <= 4 && test_regs.rax == 0, "ring 1, sched_yield: %u steps, %u strange", steps, strange);
	good = step_kernel(SNIPPET("pushq $0x302; popfq; nop; int3; nop; int $0x80; nop; ud2"));
	check(good && others == 2 && steps >= 3 && steps <= 5, "ring 1, int3 and int 0x80: %u steps, %u others, %u strange", steps, others, strange);

	check(try("pushq $0x302; popfq; mov 0x10000000, %%eax; nop") == 14 && (test_regs.flags & TF), "a page fault with TF: shown in the frame");
	return test_end();
}
