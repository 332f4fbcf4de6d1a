/* SPDX-License-Identifier: GPL-2.0-only */
/* vcpus: 2 */
/*
 * A guest to be traced: some of everything that enters the hypervisor, in known numbers.
 *
 * Provokes: calls that are served and refused, operations alone and in a batch that is refused in the middle, a vector sent to itself, the timer while it
 * spins, waits and is in its restartable range, debug traps, an event without a stack, a flush of another CPU's vCPU, more than a ring holds (with the word `full`).
 * Must: do the same traced or not. tests/trace/run boots it traced: what it did must be in the trace, and what it reads of its counters must be what the
 * trace counted until then.
 */
#include "test.h"

#define VECTOR_OWN	0x55
#define MARK		0xabcdef01ul	/* the argument of calls that the trace's reader looks for */

USER_CODE(u_step, "pushfq; orq $0x100, (%rsp); popfq; nop; ud2");

/* Spins at restart_here until it finds itself at restart_start, which returns; or until a vector is pending, so that one which came before is not waited for. */
extern const char restart_start[], restart_here[], restart_end[];
void restart_spin(const struct rb_vcpu_page *page);
__asm__(".pushsection .text; .globl restart_spin, restart_start, restart_here, restart_end\n"
	"restart_spin: jmp restart_here\n"
	"restart_start: ret\n"
	"restart_here: cmpb $0, 1(%rdi); je restart_here; jmp restart_start\n"
	"restart_end: .popsection");

static volatile unsigned own_count, timer_count, other_runs;

static void own_handler(struct guest_regs *regs, unsigned vector)
{
	own_count++;
}

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	timer_count++;
}

static void calls(void)
{
	uint64_t result;

	for (unsigned i = 0; i < 5; i++)
		check_status(rb_info_version(&result), RB_OK);
	for (unsigned i = 0; i < 3; i++)
		check_status(rb_info_call(MARK, &result), RB_NOSYS);
	check(rb_port_send(RB_NR_PORTS - 1) != RB_OK, "a port that is none");
}

static void operations(void)
{
	struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);
	uint64_t table = guest_table(1), level2 = guest_table(2), machine = guest_machine(guest_chunk()), done;

	guest_must(guest_op(RB_OP_LINK, level2, 3, 1, table));
	for (unsigned i = 0; i < 20; i++) {
		queue[i].word = rb_op_word(i == 7 ? RB_OP_XCHG : RB_OP_SET, table, i, 1);
		queue[i].value = i == 12 ? 0x200001 : (machine + i * GUEST_PAGE) | 1;
	}
	check(rb_pt_batch(0, 20, &done) == RB_OWNER && done == 12, "a batch that is refused in the middle");
	check(guest_op(RB_OP_SET, table, 500, 13, 0) == RB_INVAL, "a run that does not fit");
	guest_must(guest_op(RB_OP_AND, table, 0, 12, ~GUEST_ACCESSED));
	guest_must(guest_op(RB_OP_FLUSH, 0, 0, 1, 0));
	guest_must(guest_op(RB_OP_SET, level2, 3, 1, 0));
	guest_must(rb_root_load(guest_start->user_root));
	/* A table of another level: everybody must forget it. */
	guest_must(guest_op(RB_OP_TYPE, table, 0, 1, 2));
}

static void events(void)
{
	guest_set_handler(VECTOR_OWN, own_handler);
	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	guest_events_on();
	guest_must(rb_event_send(1, VECTOR_OWN));
	check(own_count == 1, "a vector of our own");
	guest_must(rb_timer_set(guest_time() + 200000));
	while (!timer_count)
		;
	guest_events_off();
	guest_must(rb_timer_set(guest_time() + 20000000));
	while (timer_count < 2)
		guest_must(rb_sched_block());
	check(timer_count == 2, "the timer, spinning and waiting");

	for (unsigned i = 0; i < 1000 && !counter(RB_COUNTER_RESTARTS); i++) {
		guest_events_off();
		guest_must(rb_vcpu_set_entry((uint64_t)guest_user_entry, (uint64_t)guest_kernel_entry, (uint64_t)restart_start, (uint64_t)restart_end, 0));
		guest_must(rb_timer_set(guest_time() + 1000000));
		restart_spin(guest_vcpu);
		guest_set_entry(0);
		guest_events_on();
	}
	check(counter(RB_COUNTER_RESTARTS) >= 1, "and in the restartable range");
	check(user_run(u_step) == 1, "a debug trap");
}

/* The other vCPU: says that it runs, and waits for ever. */
static uint8_t other_stack[4096] __attribute__((aligned(16)));

static void other(void *argument)
{
	other_runs = 1;
	while (other_runs)
		;
	guest_must(rb_vcpu_stop());
	for (;;)
		;
}

static void two_vcpus(void)
{
	uint64_t page = guest_page();

	guest_must(rb_vcpu_start(1, (uint64_t)other, (uint64_t)(other_stack + sizeof(other_stack) - 8), 0, guest_start->user_root, page));
	while (!other_runs)
		guest_must(rb_sched_yield());
	guest_must(rb_tlb_flush(3, RB_TLB_SCOPE_ALL, 0, 0));
	other_runs = 0;
	while (((volatile struct rb_vcpu_page *)guest_pointer(page))->run_state != RB_RUN_STATE_OFFLINE)
		guest_must(rb_sched_yield());
}

int main(struct rb_start_info *start)
{
	uint64_t value;
	bool good = true;

	user_setup();
	calls();
	operations();
	events();
	two_vcpus();
	if (strstr((const char *)start->command_line, "full"))
		for (unsigned i = 0; i < 40000; i++)
			guest_must(rb_info_features(0, &value));
	/* Their results are in the trace too. */
	for (unsigned i = 0; i < RB_NR_COUNTERS; i++)
		good &= rb_info_counter(i, &value) == RB_OK;
	check(good, "all counters");
	return test_end();
}
