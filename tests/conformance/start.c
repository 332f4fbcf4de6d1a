/* SPDX-License-Identifier: GPL-2.0-only */
/* The vCPU family, last part: vCPUs that are started and that stop. What they find they leave in words here; then they yield for ever. */
#include "limits.h"
#include "tables.h"

#define TWO .hypervisor = "vcpus=2"
#define TURNS 100000

/* What the second vCPU found, and how often it came to its start. */
static uint64_t second_regs[16], second_flags, second_gs_base;
static volatile uint64_t second_runs;
static uint8_t second_stack[4096] __attribute__((aligned(16)));
static uint64_t second_batch;	/* status of a batch without a queue page */

/* RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15, then C with the flags. */
extern const char second_entry[];
__asm__(".pushsection .text; second_entry: mov %rsp, second_regs+32(%rip); pushfq; popq second_flags(%rip)\n"
	"mov %rax, second_regs(%rip); mov %rcx, second_regs+8(%rip); mov %rdx, second_regs+16(%rip); mov %rbx, second_regs+24(%rip)\n"
	"mov %rbp, second_regs+40(%rip); mov %rsi, second_regs+48(%rip); mov %rdi, second_regs+56(%rip); mov %r8, second_regs+64(%rip)\n"
	"mov %r9, second_regs+72(%rip); mov %r10, second_regs+80(%rip); mov %r11, second_regs+88(%rip); mov %r12, second_regs+96(%rip)\n"
	"mov %r13, second_regs+104(%rip); mov %r14, second_regs+112(%rip); mov %r15, second_regs+120(%rip); call second_main; ud2; .popsection");

void second_main(void) __attribute__((noreturn, used));
void second_main(void)
{
	uint64_t done;

	__asm__ volatile("rdgsbase %0" : "=r"(second_gs_base));
	second_batch = (uint64_t)rb_pt_batch(0, 0, &done);
	second_runs++;
	for (;;)
		(void)rb_sched_yield();
}

static long start_second(uint64_t page)
{
	return rb_vcpu_start(1, (uint64_t)second_entry, (uint64_t)second_stack + sizeof(second_stack), 0x1234, guest_start->user_root, page);
}

/* Starts it, and waits until it ran. Its page. */
static struct rb_vcpu_page *second_page(void)
{
	uint64_t page = guest_page();
	struct rb_vcpu_page *shown = guest_pointer(page);

	shown->events_enabled = 1;
	must(start_second(page));
	for (unsigned turn = 0; turn < TURNS && !second_runs; turn++)
		must(rb_sched_yield());
	return shown;
}

TEST("vcpu_start.runs", "The vCPU begins at ip, with RSP the sp and RDI the argument; all other general registers are zero.", TWO)
{
	second_page();
	expect_equal(second_runs, 1);
	for (unsigned i = 0; i < 16; i++)
		expect_equal(second_regs[i], i == 4 ? (uint64_t)second_stack + sizeof(second_stack) : i == 7 ? 0x1234 : 0);
}

TEST("vcpu_start.disabled", "It begins with events disabled (events_enabled is written) and without entry points.", TWO)
{
	struct rb_vcpu_page *shown = second_page();

	expect_equal(shown->events_enabled, 0);
	/* A virtual vector that is enabled now has nowhere to go. */
	ends(ENDED_BY_HYPERVISOR, "an event before the guest has set its entry points");
	shown->events_enabled = 1;
	must(rb_event_send(2, 0x40));
	for (unsigned turn = 0; turn < TURNS; turn++)
		must(rb_sched_yield());
}

TEST("vcpu_start.written", "In its page, vcpu_id, run_state and time are valid before its first instruction.", TWO)
{
	struct rb_vcpu_page *shown = second_page();

	expect_equal(second_runs, 1);
	expect_equal(shown->vcpu_id, 1);
	expect(shown->run_state == RB_RUN_STATE_RUNNABLE || shown->run_state == RB_RUN_STATE_RUNNING, "run_state %u", shown->run_state);
	expect(shown->time.version && !(shown->time.version & 1), "time.version %u", shown->time.version);
	expect_equal(shown->time.tsc_to_system_mul, guest_vcpu->time.tsc_to_system_mul);
}

TEST("vcpu_start.fresh", "Its debug registers, descriptors, XCR0, GS base and timer are as vCPU 0's at the domain's start; it has no queue page.", TWO)
{
	/* Ours are not. */
	must(rb_vcpu_set_gs(0x1000));
	must(rb_timer_set(guest_time() + 1000000000000));
	second_page();
	expect_equal(second_runs, 1);
	expect_equal(second_gs_base, 0);
	expect_equal(second_flags & ~0x246ul, 0);
	expect_equal(second_batch, (uint64_t)RB_INVAL);
}

TEST("pt_batch.INVAL.no_queue", "the vCPU has no queue page yet (vcpu_set_queue)", TWO)
{
	second_page();
	expect_equal(second_runs, 1);
	expect_equal(second_batch, (uint64_t)RB_INVAL);
}

/* A vCPU that does nothing but run. */
static volatile uint64_t spins;
extern const char spin_entry[];
__asm__(".pushsection .text; spin_entry: incq spins(%rip); jmp spin_entry; .popsection");

static struct rb_vcpu_page *spinner_page(void)
{
	uint64_t page = guest_page();

	must(rb_vcpu_start(1, (uint64_t)spin_entry, 0, 0, guest_start->user_root, page));
	for (unsigned turn = 0; turn < TURNS && !spins; turn++)
		must(rb_sched_yield());
	need(spins, "it does not run");
	return guest_pointer(page);
}

TEST("sched_yield.gives_way", "Another vCPU that waits for the CPU runs before the call returns.", TWO)
{
	/* Not by what it did: on an emulator that stands still its turn may be over before its first instruction. */
	volatile uint64_t *ran = &spinner_page()->run.spent[RB_RUN_STATE_RUNNING];

	for (unsigned turn = 0; turn < 20; turn++) {
		uint64_t before = *ran;

		accepted(rb_sched_yield());
		expect(*ran > before, "it has not run at turn %u", turn);
	}
}

/* The record of a page, and the state, of one moment. */
static struct rb_run_record record_read(struct rb_vcpu_page *page, uint32_t *state)
{
	struct rb_run_record record;

	do {
		record.version = __atomic_load_n(&page->run.version, __ATOMIC_ACQUIRE);
		*state = __atomic_load_n(&page->run_state, __ATOMIC_RELAXED);
		record.since = __atomic_load_n(&page->run.since, __ATOMIC_RELAXED);
		for (unsigned i = 0; i < 4; i++)
			record.spent[i] = __atomic_load_n(&page->run.spent[i], __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (record.version & 1 || __atomic_load_n(&page->run.version, __ATOMIC_RELAXED) != record.version);
	return record;
}

TEST("vcpu_page.run_runnable", "Of two vCPUs of a domain that want to run on one CPU and do nothing else, each has about half of the time in `RUNNING` and half in `RUNNABLE`.", TWO)
{
	struct rb_vcpu_page *pages[2] = { guest_vcpu, spinner_page() };
	struct rb_run_record before[2], after[2];
	uint32_t state;

	for (unsigned i = 0; i < 2; i++)
		before[i] = record_read(pages[i], &state);
	for (uint64_t end = guest_time() + 1000000000; guest_time() < end;)
		;
	for (unsigned i = 0; i < 2; i++)
		after[i] = record_read(pages[i], &state);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t whole = after[i].since - before[i].since;
		uint64_t ran = after[i].spent[RB_RUN_STATE_RUNNING] - before[i].spent[RB_RUN_STATE_RUNNING];
		uint64_t waited = after[i].spent[RB_RUN_STATE_RUNNABLE] - before[i].spent[RB_RUN_STATE_RUNNABLE];

		/* An emulator on a busy machine may stand still for one of them. */
		expect(ran > whole * 4 / 10 && ran < whole * 6 / 10, "vCPU %u ran %lu ns of %lu", i, ran, whole);
		expect(waited > whole * 4 / 10 && waited < whole * 6 / 10, "vCPU %u waited %lu ns of %lu", i, waited, whole);
	}
}

TEST("vcpu_page.run_others", "Another vCPU that reads the record, as told here, finds times that add up to `since` while they change.", TWO)
{
	struct rb_vcpu_page *page = second_page();
	uint64_t last = 0, changes = 0;

	for (unsigned turn = 0; turn < 20000; turn++) {
		uint32_t state;
		struct rb_run_record record = record_read(page, &state);
		uint64_t sum = record.spent[0] + record.spent[1] + record.spent[2] + record.spent[3];

		expect_equal(sum, record.since);
		expect(record.since >= last, "since %lu after %lu", record.since, last);
		expect(state == RB_RUN_STATE_RUNNING || state == RB_RUN_STATE_RUNNABLE, "state %u", state);
		changes += record.since != last;
		last = record.since;
		if (turn % 10 == 0)
			must(rb_sched_yield());
	}
	expect(changes > 100, "only %lu changes were seen", changes);
}

TEST("vcpu_start.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	uint64_t ip = (uint64_t)second_entry, root = guest_start->user_root, page = guest_page();

	/* There is no vCPU 1: what is well-formed is NOENT. */
	LIMITS(RB_HC_VCPU_START, ARGUMENTS(1, ip, 0, 0, root, page),
	       BAD({ 0, 64 }, { 0, 1ul << 32 }, { 1, 0 }, { 1, USER_TEXT }, { 1, RB_GATE_START }, { 1, RB_GATE_END - 1 }, { 2, 1ul << 47 }, { 2, 1ul << 63 },
		   { 4, 1ul << 40 }, { 5, page + 1 }, { 5, page + 64 }, { 5, 1ul << 52 }),
	       GOOD({ 0, 63 }, { 1, RB_GATE_END }, { 1, ~0ul }, { 2, ~0ul }, { 2, (1ul << 47) - 1 }, { 3, ~0ul }, { 4, (1ul << 40) - 1 }));
}

TEST("vcpu_start.NOENT.no_vcpu", "the domain has no such vCPU")
{
	refused(RB_NOENT, start_second(guest_page()));
	refused(RB_NOENT, rb_vcpu_start(63, (uint64_t)second_entry, 0, 0, guest_start->user_root, guest_page()));
}

TEST("vcpu_start.NOENT.no_memory", "no chunk of the domain is present at the address of the page", TWO)
{
	refused(RB_NOENT, start_second((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT));
}

TEST("vcpu_start.NOENT.not_in_reserve", "the root's frame is not in the page-table reserve", TWO)
{
	refused(RB_NOENT, rb_vcpu_start(1, (uint64_t)second_entry, 0, 0, 0, guest_page()));
	refused(RB_NOENT, rb_vcpu_start(1, (uint64_t)second_entry, 0, 0, reserve_end(), guest_page()));
}

TEST("vcpu_start.TYPE.not_data", "the chunk of the page is not DATA", TWO)
{
	refused(RB_TYPE, start_second(reserve_first() * GUEST_PAGE));
}

TEST("vcpu_start.TYPE.not_root", "the root's frame is not a table of level 4, or is the kernel root", TWO)
{
	uint64_t roots[] = { guest_table(3), guest_frame(), guest_start->kernel_root }, page = guest_page();

	for EACH(i, roots)
		refused(RB_TYPE, rb_vcpu_start(1, (uint64_t)second_entry, 0, 0, roots[i], page));
}

TEST("vcpu_start.BUSY.started", "the vCPU was started, and has not stopped since", TWO)
{
	refused(RB_BUSY, rb_vcpu_start(0, (uint64_t)second_entry, 0, 0, guest_start->user_root, guest_page()));
	second_page();
	refused(RB_BUSY, start_second(guest_page()));
}

/* ---------------- vcpu_stop */

static volatile bool second_may_stop;
static volatile long second_status = 1;

/* Arms its timer, waits for leave to stop, and stops. */
static void stopper_main(void) __attribute__((noreturn));
static void stopper_main(void)
{
	second_runs++;
	must(rb_vcpu_set_queue(guest_page()));
	must(rb_vcpu_set_gs(0x1000));
	must(rb_timer_set(guest_vcpu->time.system_time + 1));
	while (!second_may_stop)
		(void)rb_sched_yield();
	second_status = rb_vcpu_stop();
	second_runs += 1000;
	for (;;)
		(void)rb_sched_yield();
}

static long start_stopper(uint64_t root, uint64_t page)
{
	return rb_vcpu_start(1, (uint64_t)stopper_main, (uint64_t)second_stack + sizeof(second_stack) - 8, 0, root, page);
}

static void yield_for(unsigned turns)
{
	while (turns--)
		must(rb_sched_yield());
}

/* Lets it stop, and waits until its page says so. */
static bool stop_second(struct rb_vcpu_page *shown)
{
	second_may_stop = true;
	for (unsigned turn = 0; turn < TURNS; turn++) {
		if (__atomic_load_n(&shown->run_state, __ATOMIC_SEQ_CST) == RB_RUN_STATE_OFFLINE)
			return true;
		must(rb_sched_yield());
	}
	return false;
}

TEST("vcpu_stop.stopped", "The vCPU runs no further instruction of the guest, and is OFFLINE.", TWO)
{
	uint64_t page = guest_page();

	must(start_stopper(guest_start->user_root, page));
	need(stop_second(guest_pointer(page)), "it does not stop: run_state %u, status %ld", ((struct rb_vcpu_page *)guest_pointer(page))->run_state, second_status);
	yield_for(TURNS / 10);
	expect_equal(second_runs, 1);
}

TEST("vcpu_stop.shown", "The last that is written to its vCPU page is run_state, OFFLINE; then page, queue page and user root are the domain's to use otherwise.", TWO)
{
	uint64_t page = guest_page(), root = guest_table(4), result;
	uint8_t *bytes = guest_pointer(page);
	unsigned changed = 0;

	must(start_stopper(root, page));
	expect(rb_pt_update(rb_op_word(RB_OP_TYPE, root, 0, 1), 1, 0, 0, 0, 0, &result) == RB_BUSY, "its root can be retyped while it runs");
	need(stop_second((void *)bytes), "it does not stop");
	memset(bytes, 0x5a, GUEST_PAGE);
	must(rb_event_send(2, 0x41));
	yield_for(TURNS / 10);
	for (unsigned i = 0; i < GUEST_PAGE; i++)
		changed += bytes[i] != 0x5a;
	expect(!changed, "%u bytes of its page were written", changed);
	must(rb_pt_update(rb_op_word(RB_OP_TYPE, root, 0, 1), 1, 0, 0, 0, 0, &result));
}

TEST("vcpu_stop.lost", "Vectors that are raised until it is started again are lost, and its timer is disarmed.", TWO)
{
	uint64_t page = guest_page();
	struct rb_vcpu_page *shown = guest_pointer(page);

	must(start_stopper(guest_start->user_root, page));
	need(stop_second(shown), "it does not stop");
	memset(shown, 0, GUEST_PAGE);
	must(rb_event_send(2, 0x41));
	second_may_stop = false;
	second_runs = 0;
	/* A kernel that arms no timer. */
	must(start_second(page));
	for (unsigned turn = 0; turn < TURNS && !second_runs; turn++)
		must(rb_sched_yield());
	expect_equal(second_runs, 1);
	yield_for(TURNS / 10);
	expect(!shown->pending && !shown->pending_vectors[1] && !shown->pending_vectors[3], "pending %u: %lx %lx", shown->pending, shown->pending_vectors[1], shown->pending_vectors[3]);
}

TEST("vcpu_stop.again", "vcpu_start starts it again as if it had never run, with the same page or another.", TWO)
{
	uint64_t page = guest_page();

	for (unsigned round = 1; round <= 3; round++) {
		second_may_stop = false;
		must(start_stopper(guest_start->user_root, page));
		/* Not refused(): the stopper's own timer may count an event meanwhile. */
		expect_equal(start_stopper(guest_start->user_root, page), RB_BUSY);
		need(stop_second(guest_pointer(page)), "it does not stop the %uth time", round);
		expect_equal(second_runs, round);
		if (round == 2)
			page = guest_page();
	}
	/* What it had set is gone. */
	second_runs = 0;
	second_page();
	expect_equal(second_runs, 1);
	for (unsigned i = 0; i < 16; i++)
		expect_equal(second_regs[i], i == 4 ? (uint64_t)second_stack + sizeof(second_stack) : i == 7 ? 0x1234 : 0);
	expect_equal(second_gs_base, 0);
	expect_equal(second_batch, (uint64_t)RB_INVAL);
}

TEST("vcpu_stop.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_STOP, NO_ARGUMENTS);
}

TEST("vcpu_stop.BUSY.last", "no other vCPU of the domain is started: the domain would never run again", TWO)
{
	uint64_t page = guest_page();

	refused(RB_BUSY, rb_vcpu_stop());
	must(start_stopper(guest_start->user_root, page));
	need(stop_second(guest_pointer(page)), "it does not stop");
	refused(RB_BUSY, rb_vcpu_stop());
}

/* ---------------- ordering */

/* A vCPU that writes its turn, then sends. */
static volatile uint64_t turns_written;

static void sender_main(void) __attribute__((noreturn));
static void sender_main(void)
{
	for (uint64_t turn = 1;; turn++) {
		turns_written = turn;
		(void)rb_event_send(1, 0x40);
		(void)rb_sched_yield();
	}
}

TEST("order.memory", "What a vCPU wrote to memory before it made `event_send` or `port_send` is there when another vCPU takes the vector.", TWO)
{
	uint64_t seen_turns = 0;

	must(rb_vcpu_start(1, (uint64_t)sender_main, (uint64_t)second_stack + sizeof(second_stack) - 8, 0, guest_start->user_root, guest_page()));
	for (unsigned turn = 1; turn < 200; turn++) {
		unsigned before = fired[0x40];

		for (unsigned wait = 0; wait < TURNS && fired[0x40] == before; wait++) {
			must(rb_sched_yield());
			events_take();
		}
		need(fired[0x40] != before, "no vector arrives");
		expect(turns_written >= fired[0x40] && turns_written > seen_turns, "vector %u, and %lu turns are written", fired[0x40], turns_written);
		seen_turns = turns_written;
	}
}
