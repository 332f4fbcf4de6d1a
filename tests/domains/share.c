/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain that takes CPU time in the way that its command line says, and tells at the end how much it had.
 *
 *   from=MS until=MS   when, in system time
 *   vcpus=N            on so many vCPUs
 *   what=WAY           work: compute; mask: the same with events off for good; idle: wait; yield, calls, timers, wakes: as many of these as it can;
 *                      flood: send to the port that domain 0 has for it, as often as it can; crash: at `from`; listen: work, with a port for domain 1 whose events are counted;
 *                      deaf: the same, the port masked
 *
 * The last line is "share: ran N of M us, K rounds, E events", for all vCPUs together: N by the run record of the vCPU page, K a measure of what was really done.
 */
#include "guest.h"

#define MS 1000000ul
#define PORT_VECTOR 0x40
#define VCPUS_MAX 8

static uint64_t from, until;
static const char *what;
static uint64_t ran[VCPUS_MAX], rounds[VCPUS_MAX];
static volatile uint64_t events;
static unsigned finished;
static struct rb_vcpu_page *pages[VCPUS_MAX];
static uint8_t stacks[VCPUS_MAX][8192] __attribute__((aligned(64)));

/* The number after NAME= on the command line. */
static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = strstr((const char *)guest_start->command_line, name);
	uint64_t value = 0;

	if (!text)
		return otherwise;
	for (text += strlen(name); *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	return value;
}

static bool is(const char *way)
{
	return memcmp(what, way, strlen(way)) == 0;
}

static uint64_t spent(const struct rb_vcpu_page *page)
{
	uint32_t version;
	uint64_t sum;

	/* The page says what was up to the last change; that was when this stretch of running began. */
	do {
		version = __atomic_load_n(&page->run.version, __ATOMIC_ACQUIRE);
		sum = page->run.spent[RB_RUN_STATE_RUNNING] + guest_time() - page->run.since;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (version & 1 || version != page->run.version);
	return sum;
}

static void one_round(uint64_t port)
{
	for (unsigned i = 0; i < 500; i++)
		__asm__ volatile("" : : "r"(i));
	if (is("yield"))
		(void)rb_sched_yield();
	else if (is("calls"))
		(void)rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 0);
	else if (is("timers"))
		(void)rb_timer_set(guest_time() + 1);
	else if (is("wakes"))
		(void)rb_event_send(1, PORT_VECTOR);
	else if (is("flood"))
		for (unsigned i = 0; i < 8; i++)
			(void)rb_port_send(port);
}

static uint64_t port_bound(void)
{
	uint64_t port = 0;

	if (is("flood"))
		while (rb_port_bind(0, 0, &port) != RB_OK)
			(void)rb_sched_yield();
	return port;
}

static void idle(void)
{
	guest_must(rb_timer_set(until));
	while (guest_time() < until)
		guest_must(rb_sched_block());
}

static void take(unsigned id)
{
	const uint64_t port = port_bound();
	uint64_t before;

	while (guest_time() < from)
		(void)rb_sched_yield();
	if (is("crash"))
		guest_panic("as it was told");
	if (is("idle"))
		idle();
	before = spent(pages[id]);
	while (guest_time() < until) {
		one_round(port);
		rounds[id]++;
	}
	ran[id] = spent(pages[id]) - before;
	__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
}

static void other_main(uint64_t id) __attribute__((noreturn));
static void other_main(uint64_t id)
{
	take((unsigned)id);
	for (;;)
		(void)rb_vcpu_stop();
}

static void others_start(unsigned vcpus)
{
	for (unsigned id = 1; id < vcpus; id++) {
		uint64_t page = guest_page();

		pages[id] = guest_pointer(page);
		guest_must(rb_vcpu_start(id, (uint64_t)other_main, (uint64_t)stacks[id] + sizeof(stacks[id]) - 8, id, guest_table(4), page));
	}
}

static void on_event(struct guest_regs *regs, unsigned vector)
{
	(void)regs;
	(void)vector;
	events++;
}

static void port_open(void)
{
	uint64_t port;

	guest_must(rb_port_alloc(1, &port));
	guest_must(rb_port_set_target(port, 0, PORT_VECTOR));
	if (is("deaf"))
		guest_must(rb_port_mask(port, 1));
}

int main(struct rb_start_info *start)
{
	const unsigned vcpus = (unsigned)number("vcpus=", 1);
	uint64_t all = 0, work = 0;

	what = strstr((const char *)start->command_line, "what=") + 5;
	from = number("from=", 0) * MS;
	until = number("until=", 0) * MS;
	guest_set_handler(PORT_VECTOR, on_event);
	guest_set_handler(RB_VECTOR_TIMER, on_event);
	if (is("listen") || is("deaf"))
		port_open();
	if (!is("mask"))
		guest_events_on();
	pages[0] = guest_vcpu;
	others_start(vcpus);
	take(0);
	while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < vcpus)
		(void)rb_sched_yield();
	for (unsigned id = 0; id < vcpus; id++) {
		all += ran[id];
		work += rounds[id];
	}
	guest_printf("share: ran %lu of %lu us, %lu rounds, %lu events\n", all / 1000, (until - from) / 1000, work, events);
	return 0;
}
