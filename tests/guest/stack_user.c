/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * Events from user mode while the kernel's stack pointer is bad.
 *
 * Provokes: a system call, exceptions of the gate's both kinds, a software interrupt, a virtual vector and a debug exception from ring 3, each with
 * kernel_sp in the vCPU page unmapped, read-only, not canonical, zero, all ones, in each part of the gate, in user memory, in the hypervisor's range,
 * just at and below the lowest address; with an emergency stack set.
 * Must: deliver one double fault on the emergency stack, that tells the event and all registers; store nothing anywhere else; work again
 * once kernel_sp is good (I-11, I-13, I-15).
 */
#include "test.h"
#include "bad_stacks.h"

#define FILL		0x5a5a5a5a5a5a5a5aul

USER_CODE(u_syscall, "syscall");
USER_CODE(u_ud2, "ud2");
USER_CODE(u_load, "mov 0x10000000, %rax");
USER_CODE(u_int80, "int $0x80");
USER_CODE(u_loop, "1: jmp 1b");
USER_CODE(u_step, "pushfq; orl $0x100, (%rsp); popfq; nop; nop; nop; ud2");

static const struct event {
	const char *name;
	const char *code;
	unsigned vector, type;
	uint64_t error;
} events[] = {
	{ "system call", u_syscall, 1, RB_EVENT_TYPE_OTHER, 0 },
	{ "ud2", u_ud2, 6, RB_EVENT_TYPE_EXCEPTION, 0 },
	{ "page fault", u_load, 14, RB_EVENT_TYPE_EXCEPTION, 4 },
	{ "int 0x80", u_int80, 128, RB_EVENT_TYPE_SOFTINT, 0 },
	{ "virtual vector", u_loop, RB_VECTOR_TIMER, RB_EVENT_TYPE_INTERRUPT, 0 },
	{ "debug exception", u_step, 1, RB_EVENT_TYPE_EXCEPTION, 0 },
};

static uint8_t emergency[16384] __attribute__((aligned(4096)));
static uint64_t frame_at;

void guest_event(struct guest_regs *regs)
{
	frame_at = (uint64_t)&regs->error_code;
	guest_event_default(regs);
}

/* The timer was faster than the way to user mode: again. */
static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	guest_must(rb_timer_set(guest_time() + 500000));
}

/* Run user code with kernel_sp this. */
static int run(const struct event *event, uint64_t kernel_sp)
{
	static const struct guest_regs planted = { .rbx = 0xb1, .rbp = 0xb2, .rdx = 0xd1, .rsi = 0x51, .rdi = 0xd2, .r8 = 0x88, .r9 = 0x99, .r10 = 0x10,
						   .r12 = 0x12, .r13 = 0x13, .r14 = 0x14, .r15 = 0x15, .rax = 0xa1, .rcx = 0xc1, .r11 = 0x11 };
	struct guest_regs *regs = &test_regs;

	guest_user_regs(regs, user_address(event->code), USER_STACK - 40);
	memcpy(regs, &planted, 15 * 8);
	if (event->type == RB_EVENT_TYPE_INTERRUPT)
		guest_must(rb_timer_set(guest_time() + 100000));
	guest_set_entry((uint64_t)emergency + sizeof(emergency));
	guest_run_user_with(regs, kernel_sp);
	if (memcmp(regs, &planted, 15 * 8) && !(event->type == RB_EVENT_TYPE_OTHER && regs->rbx == 0xb1 && regs->rbp == 0xb2 && regs->rdx == 0xd1 &&
						regs->rsi == 0x51 && regs->rdi == 0xd2 && regs->r8 == 0x88 && regs->r9 == 0x99 &&
						regs->r10 == 0x10 && !memcmp(regs, &planted, 4 * 8) && regs->rax == 0xa1))
		check(false, "%s with kernel_sp %lx: a register is lost", event->name, kernel_sp);
	return (int)guest_vector(regs);
}

static bool is_filled(const uint64_t *words)
{
	for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
		if (words[i] != FILL)
			return false;
	return true;
}

static bool try_bad(const struct event *event, uint64_t kernel_sp)
{
	const struct guest_regs *regs = &test_regs;
	int vector = run(event, kernel_sp);
	uint64_t info = (uint64_t)event->type << 16 | event->vector;

	/* In the info word a length and a mode may be told above the type. */
	return vector == 8 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION && (regs->data & 0xfffff) == info && regs->error_code == event->error &&
	       frame_at + 64 == (uint64_t)emergency + sizeof(emergency) && guest_is_user(regs) && regs->cs == RB_USER_CS &&
	       (regs->ss & 0xffff) == RB_USER_SS && regs->sp == USER_STACK - 40 && (regs->flags & 0x200) && !guest_vcpu->events_enabled;
}

int main(struct rb_start_info *start)
{
	uint64_t page = guest_page(), *read_only = guest_pointer(page);
	unsigned count = sizeof(bad_stacks) / sizeof(bad_stacks[0]);

	user_setup();
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	guest_map(start->kernel_root, READ_ONLY, page, GUEST_NX);
	for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
		read_only[i] = user_data[i] = FILL;

	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct event *event = &events[i];
		unsigned good = 0;

		for (unsigned j = 0; j < count; j++) {
			bool is_good = try_bad(event, bad_stacks[j]);

			check_quietly(is_good, "%s with kernel_sp %lx: vector %u data %lx error %lx sp %lx frame %lx", event->name, bad_stacks[j],
				      guest_vector(&test_regs), test_regs.data, test_regs.error_code, test_regs.sp, frame_at);
			good += is_good;
		}
		check(good == count, "%s: %u bad stacks, %u double faults", event->name, count, good);
		if (event->type == RB_EVENT_TYPE_INTERRUPT)
			continue;
		run(event, (uint64_t)guest_user_stack + GUEST_STACK_BYTES - 5);
		check(guest_vector(&test_regs) == event->vector && guest_type(&test_regs) == event->type &&
		      frame_at + 64 == (uint64_t)guest_user_stack + GUEST_STACK_BYTES - 64, "%s: a good stack works again", event->name);
	}
	check(is_filled(read_only) && is_filled(user_data), "nothing was stored where it must not be");
	return test_end();
}
