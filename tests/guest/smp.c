/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/* cpus: 2 */
/* vcpus: 4 */
/* timeout: 300 */
/*
 * Several vCPUs on several CPUs.
 *
 * Provokes: vCPUs started, again, with bad arguments; a page moved under readers on other vCPUs, with a flush; tables taken out, retyped and used as something
 * else while others walk them; vectors sent to a vCPU that is blocking; page-table operations from all vCPUs at once, also on the same frames.
 * Must: start each once, in the state that the reference tells; let no vCPU use a translation from before a flush after the flush has returned (I-4, I-10); lose no
 * wake-up (I-17); keep its invariants.
 */
#include "test.h"

#define SHARED	0xffffc90000000000ul	/* kernel half */
#define ROUNDS	100ul
#define STACK	8192

static uint8_t stacks[RB_MAX_VCPUS][STACK] __attribute__((aligned(16)));
static unsigned others;

enum work { IDLE, READ, PING, CHURN, STOPPED };
static enum work work;
static unsigned arrived, ready;
static uint64_t least, stale, reads, pings, ping_sent, refused;
static uint64_t first_rflags[RB_MAX_VCPUS], first_rbx[RB_MAX_VCPUS], first_sp[RB_MAX_VCPUS];
static uint64_t churn_frames[8];

#define load(word) __atomic_load_n(&(word), __ATOMIC_ACQUIRE)
#define store(word, value) __atomic_store_n(&(word), value, __ATOMIC_RELEASE)
#define add(word) __atomic_fetch_add(&(word), 1, __ATOMIC_SEQ_CST)

/* With more vCPUs than CPUs, waiting by a loop would cost the others their time. */
static void pause(void)
{
	guest_must(rb_sched_yield());
}

/* What the other vCPUs do, as told. No events reach them: no stack is switched, no entry points are set. */
static void read_shared(void)
{
	uint64_t floor = load(least), seen = *(volatile uint64_t *)SHARED;

	if (seen < floor)
		add(stale);
	add(reads);
}

/* Some reads on another CPU if there is one, or the flushes would all be over before anybody remembered a thing. */
static void await_reads(void)
{
	uint64_t enough = load(reads) + 8;

	for (unsigned turn = 0; load(reads) < enough; turn++) {
		if (turn < 1000000)
			__asm__ volatile("pause");
		else
			pause();
	}
}

static void ping(void)
{
	if (load(ping_sent) == load(pings))
		return;
	store(pings, load(ping_sent));
	guest_must(rb_event_send(1, 0x50));
}

/* Operations on frames that all vCPUs use: what is refused is of no interest. */
static void churn(uint64_t id)
{
	static uint64_t turn;
	uint64_t n = add(turn) * 7 + id, result;
	uint64_t frame = churn_frames[n % 8], other = churn_frames[n / 8 % 8];
	long status;

	switch (n / 64 % 5) {
	case 0:
		status = rb_pt_update(rb_op_word(RB_OP_TYPE, frame, 0, 1), 1 + n % 3, 0, 0, 0, 0, &result);
		break;
	case 1:
		status = rb_pt_update(rb_op_word(RB_OP_LINK, frame, n % 512, 1), other, 0, 0, 0, 0, &result);
		break;
	case 2:
		status = rb_pt_update(rb_op_word(RB_OP_SET, frame, n % 512, 1), guest_machine(guest_start->vcpu_page) | 1, 0, 0, 0, 0, &result);
		break;
	case 3:
		status = rb_pt_update(rb_op_word(RB_OP_SET, frame, 0, 256), 0, 0, 0, 0, 0, &result);
		break;
	default:
		status = rb_tlb_flush(~0ul, RB_TLB_SCOPE_ALL, 0, 0);
	}
	if (status)
		add(refused);
}

static void other_main(uint64_t id) __attribute__((noreturn));
static void other_main(uint64_t id)
{
	enum work last = IDLE;

	add(arrived);
	for (;;) {
		enum work now = load(work);

		if (now != last) {
			last = now;
			add(ready);
		}
		if (now == READ)
			read_shared();
		else if (now == PING && id == 1)
			ping();
		else if (now == CHURN)
			churn(id);
		else
			pause();
	}
}

/* First instructions of a vCPU: what it finds, then C. */
extern const char other_entry[];
void other_begin(uint64_t id, uint64_t flags, uint64_t rbx, uint64_t sp) __attribute__((noreturn));
__asm__(".pushsection .text; other_entry: mov %rsp, %rcx; pushfq; pop %rsi; mov %rbx, %rdx; or %rax, %rdx; or %r8, %rdx; or %r15, %rdx;"
	"call other_begin; ud2; .popsection");

void other_begin(uint64_t id, uint64_t flags, uint64_t rbx, uint64_t sp)
{
	first_rflags[id] = flags;
	first_rbx[id] = rbx;
	first_sp[id] = sp;
	other_main(id);
}

static long start(uint64_t id, uint64_t page)
{
	return rb_vcpu_start(id, (uint64_t)other_entry, (uint64_t)stacks[id] + STACK, id, guest_start->user_root, page);
}

/* All others have taken up this work. */
static void all_do(enum work what)
{
	store(ready, 0);
	store(work, what);
	while (load(ready) < others)
		pause();
}

static void try_start(struct rb_start_info *start_info)
{
	uint64_t table = guest_table(1), far = (uint64_t)start_info->chunk_count << RB_CHUNK_SHIFT;
	bool states = true;

	check_status(start(start_info->vcpu_count, guest_page()), RB_NOENT);
	check_status(start(0, guest_page()), RB_BUSY);
	check_status(start(1, far), RB_NOENT);
	check_status(start(1, table * GUEST_PAGE), RB_TYPE);
	check_status(rb_vcpu_start(1, (uint64_t)other_entry, 0, 1, table, guest_page()), RB_TYPE);
	check_status(rb_vcpu_start(1, (uint64_t)other_entry, 0, 1, start_info->kernel_root, guest_page()), RB_TYPE);
	check_status(rb_vcpu_start(1, (uint64_t)other_entry, 0, 1, 0, guest_page()), RB_NOENT);
	for (uint64_t id = 1; id < start_info->vcpu_count; id++) {
		uint64_t page = guest_page();
		struct rb_vcpu_page *shown = guest_pointer(page);

		shown->events_enabled = 1;
		guest_must(start(id, page));
		while (load(arrived) < id)
			pause();
		states &= shown->vcpu_id == id && !shown->events_enabled && shown->time.version && !(shown->time.version & 1);
		states &= !first_rbx[id] && first_sp[id] == (uint64_t)stacks[id] + STACK && (first_rflags[id] & ~0x202ul) == 0;
		check_quietly(start(id, page) == RB_BUSY, "vCPU %lu started twice", id);
	}
	check(states, "%u vCPUs began as told", others);
}

/* A page number is in each page; the floor is raised only after the flush. */
static void try_flush(struct rb_start_info *start_info, uint64_t scope)
{
	uint64_t table = guest_table_for(start_info->kernel_root, SHARED, 1), pages[2] = { guest_page(), guest_page() };

	store(least, 0);
	*(uint64_t *)guest_pointer(pages[0]) = 0;
	guest_map(start_info->kernel_root, SHARED, pages[0], 0);
	guest_must(rb_tlb_flush(~0ul, RB_TLB_SCOPE_ALL, 0, 0));
	all_do(READ);
	for (uint64_t round = 1; round < ROUNDS; round++) {
		uint64_t page = pages[round % 2], result;

		*(volatile uint64_t *)guest_pointer(page) = round;
		guest_must(rb_pt_update(rb_op_word(RB_OP_SET, table, guest_index(SHARED, 1), 1), guest_machine(page) | 1, 0, 0, 0, 0, &result));
		guest_must(rb_tlb_flush(~0ul, scope, scope ? SHARED : 0, scope));
		store(least, round);
		await_reads();
	}
	all_do(STOPPED);
	check(stale == 0, "%lu flushes of %s, read by %u vCPUs: %lu stale reads", ROUNDS, scope ? "a page" : "all", others, stale);
}

/* The same by a table that is unlinked: the level-1 table changes its level, and what was read through it is another table now. */
static void try_retype(struct rb_start_info *start_info)
{
	uint64_t upper = guest_table_for(start_info->kernel_root, SHARED, 2), index = guest_index(SHARED, 2), result;
	uint64_t tables[2] = { guest_table(1), guest_table(1) }, pages[2] = { guest_page(), guest_page() };

	store(least, 0);
	for (unsigned i = 0; i < 2; i++)
		*(uint64_t *)guest_pointer(pages[i]) = 0;
	all_do(READ);
	for (uint64_t round = 1; round < ROUNDS / 2; round++) {
		uint64_t table = tables[round % 2], page = pages[round % 2], gone = tables[(round + 1) % 2];

		*(volatile uint64_t *)guest_pointer(page) = round;
		guest_must(rb_pt_update(rb_op_word(RB_OP_SET, table, guest_index(SHARED, 1), 1), guest_machine(page) | 1,
					rb_op_word(RB_OP_LINK, upper, index, 1), table, 0, 0, &result));
		store(least, round);	/* LINK forgot what it replaced */
		await_reads();
		guest_must(rb_pt_update(rb_op_word(RB_OP_TYPE, gone, 0, 1), 2, rb_op_word(RB_OP_TYPE, gone, 0, 1), 1, 0, 0, &result));
	}
	all_do(STOPPED);
	check(stale == 0, "%lu tables exchanged and retyped under %u readers: %lu stale reads", ROUNDS / 2, others, stale);
}

static void handler(struct guest_regs *regs, unsigned vector)
{
}

static void try_wake(void)
{
	uint64_t blocks = counter(RB_COUNTER_BLOCKS);

	guest_set_handler(0x50, handler);
	all_do(PING);
	for (uint64_t round = 1; round < ROUNDS; round++) {
		store(ping_sent, round);
		while (load(pings) != round)
			guest_must(rb_sched_block());
	}
	all_do(STOPPED);
	check(pings == ROUNDS - 1, "%lu wake-ups from another vCPU, %lu blocks", pings, counter(RB_COUNTER_BLOCKS) - blocks);
}

static void try_churn(void)
{
	for (unsigned i = 0; i < 8; i++)
		churn_frames[i] = guest_table(1);
	all_do(CHURN);
	for (uint64_t round = 0; round < ROUNDS; round++)
		churn(0);
	all_do(STOPPED);
	check(true, "all vCPUs at the same tables: alive, %lu operations refused", refused);
}

int main(struct rb_start_info *start_info)
{
	others = start_info->vcpu_count - 1;
	if (!check(others, "there is more than one vCPU"))
		return test_end();
	try_start(start_info);
	guest_map(start_info->kernel_root, SHARED, guest_page(), 0);
	try_flush(start_info, 0);
	try_flush(start_info, 1);
	try_retype(start_info);
	try_wake();
	try_churn();
	return test_end();
}
