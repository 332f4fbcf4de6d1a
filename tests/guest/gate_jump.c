/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/* timeout: 60 */
/*
 * The gate's text as a weapon.
 *
 * Provokes: from ring 1, a jump to every byte of the gate's text, once with the general registers pointing to a page of breakpoints, once all zero;
 * from ring 3, a jump to every sixteenth.
 * Must: give the guest nothing but exceptions of its own: what the text does in ring 0 it cannot do in ring 1, and what it stores into its scratch
 * pages while it is not in charge has no effect (I-11, I-12).
 */
#include "test.h"

#define TEXT_BYTES 0x2000
#define JUMP_NS 2000000	/* how long a jump may take before the timer ends it */

static uint8_t breakpoints[GUEST_PAGE] __attribute__((aligned(4096)));
static uint8_t stack[4 * GUEST_PAGE] __attribute__((aligned(4096)));
static uint8_t emergency[8192] __attribute__((aligned(4096)));

USER_CODE(u_jump, "jmp *%rdi");
USER_CODE(u_call, "syscall");

/* RDI: where. The stack is one of many words, all the same. */
struct jump {
	uint64_t to, registers, sp;
};

#define JUMP	"mov (%%rdi), %%rax; mov 8(%%rdi), %%rbx; mov 16(%%rdi), %%rsp; push %%rax; mov %%rbx, %%rax; mov %%rbx, %%rcx; mov %%rbx, %%rdx;" \
		"mov %%rbx, %%rsi; mov %%rbx, %%rdi; mov %%rbx, %%rbp; mov %%rbx, %%r8; mov %%rbx, %%r9; mov %%rbx, %%r10; mov %%rbx, %%r11;" \
		"mov %%rbx, %%r12; mov %%rbx, %%r13; mov %%rbx, %%r14; mov %%rbx, %%r15; ret $0"

static unsigned outcomes[33];

/* Some bytes make a jump to itself: the timer ends that. On a busy machine it may go off before the jump is made, so it is armed again. */
static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	if (regs && regs->ip >= RB_GATE_START && regs->ip < RB_GATE_END)
		guest_caught(regs);
	guest_must(rb_timer_set(guest_time() + JUMP_NS));
}

static void jump_all(uint64_t registers, uint64_t stack_word)
{
	void (*body)(void *) = SNIPPET(JUMP);

	for (uint64_t offset = 0; offset < TEXT_BYTES; offset++) {
		struct jump jump = { RB_GATE_START + offset, registers, (uint64_t)stack + 2 * GUEST_PAGE };
		uint64_t value;
		int vector;

		memset(breakpoints, 0xcc, sizeof(breakpoints));
		for (unsigned i = 0; i < sizeof(stack) / 8; i++)
			((uint64_t *)stack)[i] = stack_word;
		guest_set_entry((uint64_t)emergency + sizeof(emergency));
		guest_must(rb_timer_set(guest_time() + JUMP_NS));
		guest_events_on();
		vector = test_try(body, &jump);
		guest_events_off();
		outcomes[vector < 0 || vector > 31 ? 32 : vector]++;
		guest_must(rb_timer_set(0));
		check_quietly(rb_info_version(&value) == RB_OK && value == RB_ABI_VERSION, "a call after a jump to gate + %lx", offset);
	}
}

static void report(const char *name)
{
	guest_printf("  %s:", name);
	for (unsigned vector = 0; vector < 33; vector++) {
		if (outcomes[vector])
			guest_printf(vector == 32 ? " others" : " vector %u", vector), guest_printf(": %u", outcomes[vector]);
		outcomes[vector] = 0;
	}
	guest_printf("\n");
}

extern const char guest_user_text[];	/* the image's own text ends there */

/*
 * Some instructions of the gate take RSP from words that the last call left there: events would then be written over our own text. Small pages in place of
 * the image's large one, the text's read-only.
 */
static void protect_text(uint64_t root)
{
	const uint64_t va = GUEST_IMAGE_OFFSET + GUEST_CHUNK, machine = guest_machine(GUEST_CHUNK);
	uint64_t table = guest_table(1), text_pages = ((uint64_t)guest_user_text - va) / GUEST_PAGE;

	guest_must(guest_op(RB_OP_SET, table, 0, text_pages, machine | GUEST_PRESENT));
	guest_must(guest_op(RB_OP_SET, table, text_pages, 512 - text_pages, (machine + text_pages * GUEST_PAGE) | GUEST_PRESENT | GUEST_WRITE));
	guest_must(guest_op(RB_OP_LINK, guest_table_for(root, va, 2), guest_index(va, 2), 1, table));
	guest_flush(va, 512);
}

int main(struct rb_start_info *start)
{
	bool refused = true;

	user_setup();
	protect_text(start->kernel_root);
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	for (uint64_t offset = 0; offset < TEXT_BYTES; offset += 16) {
		guest_user_regs(&test_regs, user_address(u_jump), USER_STACK);
		test_regs.rdi = RB_GATE_START + offset;
		refused &= user_resume() == 14 && test_regs.data == RB_GATE_START + offset;
	}
	check(refused, "ring 3 cannot execute it");

	/* Their middle: the gate's stores reach some bytes below. */
	jump_all((uint64_t)breakpoints + GUEST_PAGE / 2, (uint64_t)breakpoints + GUEST_PAGE / 2);
	report("registers and stack: breakpoints");
	check(true, "lived through %u jumps", TEXT_BYTES);
	jump_all(0, 0);
	report("registers and stack: zero");
	check(true, "and as many again");
	jump_all(0x33, 0x33);
	report("registers and stack: the user's code selector");
	check(true, "and as many again");
	guest_set_gs(0);
	check(user_run(u_call) == 1 && guest_is_syscall(&test_regs), "system calls work");
	return test_end();
}
