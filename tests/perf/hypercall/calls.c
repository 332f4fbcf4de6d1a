/* SPDX-License-Identifier: GPL-2.0-only */
/* Every call but those of page tables (tables.c) and of the control domain (control.c), and shutdown, which does not return. */
#include "measure.h"

static uint64_t out;		/* results that nobody wants */
static char text[64] = "...............................................................";
static uint64_t page;		/* guest-physical, for the vCPU page and the queue to go to */
static uint64_t port, peer;

/* A body that makes one call. */
#define BODY(name, call) static long name(void *argument) { return call; }

BODY(info_version, rb_info_version(&out))
BODY(info_features, rb_info_features(0, &out))
BODY(info_call, rb_info_call(RB_HC_PT_UPDATE, &out))
BODY(info_counter, rb_info_counter(RB_COUNTER_HYPERCALLS, &out))
BODY(no_such_call, rb_hypercall0(RB_NR_CALLS + 1000, &out))
BODY(console_write, rb_console_write(guest_physical(text), (uint64_t)argument, &out))
BODY(console_read, rb_console_read(guest_physical(text), 64, &out))
BODY(tlb_flush_all, rb_tlb_flush(1, RB_TLB_SCOPE_ALL, 0, 0))
BODY(tlb_flush_range, rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, 0x400000, 8))
BODY(event_send, rb_event_send(1, 0x40))
BODY(event_send_nobody, rb_event_send(0, 0x40))
BODY(port_alloc, rb_port_alloc(guest_start->domain_id, &port))
BODY(port_bind, rb_port_bind(guest_start->domain_id, port, &peer))
BODY(port_set_target, rb_port_set_target(port, 0, 0x41))
BODY(port_send, rb_port_send(peer))
BODY(port_mask, rb_port_mask(port, (uint64_t)argument))
BODY(port_close, rb_port_close(port))
BODY(timer_set, rb_timer_set((uint64_t)argument))
BODY(sched_block, rb_sched_block())
BODY(sched_wait, rb_sched_wait())
BODY(sched_yield, rb_sched_yield())
BODY(vcpu_start, rb_vcpu_start(0, (uint64_t)guest_user_entry, 0, 0, guest_start->user_root, page))
BODY(vcpu_stop, rb_vcpu_stop())
BODY(vcpu_set_entry, rb_vcpu_set_entry((uint64_t)guest_user_entry, (uint64_t)guest_kernel_entry, (uint64_t)guest_range_start, (uint64_t)guest_range_end, 0))
BODY(vcpu_set_gs, rb_vcpu_set_gs(0))
BODY(vcpu_set_page, rb_vcpu_set_page(guest_start->vcpu_page))
BODY(vcpu_set_queue, rb_vcpu_set_queue(guest_start->queue_page))
BODY(vcpu_set_descriptor, rb_vcpu_set_descriptor(0, 0x00cff2000000ffff))
BODY(vcpu_set_debug, rb_vcpu_set_debug(0, 0x400000))
BODY(vcpu_set_debug_control, rb_vcpu_set_debug(7, 0x400))
BODY(vcpu_set_xcr0, rb_vcpu_set_xcr0(1))
BODY(vcpu_set_tsc_aux, rb_vcpu_set_tsc_aux(1))
BODY(debug_check, rb_debug_check(&out))

/* A page of its own, and everything as it was afterwards. */
static long vcpu_set_page_other(void *argument)
{
	return rb_vcpu_set_page(page);
}

static void page_back(void *argument)
{
	guest_must(rb_vcpu_set_page(guest_start->vcpu_page));
}

static void handler(struct guest_regs *regs, unsigned vector)
{
}

static void deliver(void *argument)
{
	guest_deliver(NULL);
}

static void events_on(void *argument)
{
	guest_events_on();
}

static void events_off(void *argument)
{
	guest_events_off();
}

static void pending(void *argument)
{
	guest_must(rb_event_send(1, 0x40));
}

static void alloc(void *argument)
{
	guest_must(rb_port_alloc(guest_start->domain_id, &port));
}

static void connect(void *argument)
{
	alloc(NULL);
	guest_must(rb_port_bind(guest_start->domain_id, port, &peer));
}

static void connect_with_target(void *argument)
{
	connect(NULL);
	guest_must(rb_port_set_target(port, 0, 0x41));
}

static void close(void *argument)
{
	guest_must(rb_port_close(port));
}

static void close_both(void *argument)
{
	close(NULL);
	guest_must(rb_port_close(peer));
	guest_deliver(NULL);
	guest_vcpu->port_pending[port / 64] = 0;
}

static void disarm(void *argument)
{
	guest_must(rb_timer_set(0));
	guest_deliver(NULL);
}

static const struct work works[] = {
	{ .call = "info_version", .variant = "-", .body = info_version },
	{ .call = "info_features", .variant = "-", .body = info_features },
	{ .call = "info_call", .variant = "-", .body = info_call },
	{ .call = "info_counter", .variant = "-", .body = info_counter },
	{ .call = "path.unknown_call", .variant = "refused", .body = no_such_call, .status = RB_NOSYS },
	{ .call = "console_write", .variant = "no bytes", .body = console_write },
	{ .call = "console_write", .variant = "1 byte", .body = console_write, .argument = (void *)1 },
	{ .call = "console_write", .variant = "16 bytes", .body = console_write, .argument = (void *)16 },
	{ .call = "console_read", .variant = "none wait", .body = console_read },
	{ .call = "tlb_flush", .variant = "all", .body = tlb_flush_all },
	{ .call = "tlb_flush", .variant = "8 pages", .body = tlb_flush_range },
	{ .call = "event_send", .variant = "to nobody", .body = event_send_nobody },
	{ .call = "event_send", .variant = "to itself, events off", .body = event_send, .finish = deliver },
	{ .call = "event_send", .variant = "to itself, delivered before it returns", .body = event_send, .prepare = events_on, .finish = events_off },
	{ .call = "port_alloc", .variant = "-", .body = port_alloc, .finish = close },
	{ .call = "port_bind", .variant = "-", .body = port_bind, .prepare = alloc, .finish = close_both },
	{ .call = "port_set_target", .variant = "-", .body = port_set_target, .prepare = connect, .finish = close_both },
	{ .call = "port_send", .variant = "no target", .body = port_send, .prepare = connect, .finish = close_both },
	{ .call = "port_send", .variant = "raises a vector", .body = port_send, .prepare = connect_with_target, .finish = close_both },
	{ .call = "port_mask", .variant = "mask", .body = port_mask, .argument = (void *)1, .prepare = connect, .finish = close_both },
	{ .call = "port_mask", .variant = "lift, nothing came", .body = port_mask, .prepare = connect, .finish = close_both },
	{ .call = "port_close", .variant = "not connected", .body = port_close, .prepare = alloc },
	{ .call = "timer_set", .variant = "far away", .body = timer_set, .argument = (void *)(1ul << 62), .finish = disarm },
	{ .call = "timer_set", .variant = "past", .body = timer_set, .argument = (void *)1, .finish = disarm },
	{ .call = "timer_set", .variant = "disarm", .body = timer_set },
	{ .call = "sched_block", .variant = "a vector waits", .body = sched_block, .prepare = pending, .finish = events_off },
	{ .call = "sched_wait", .variant = "a vector waits", .body = sched_wait, .prepare = pending, .finish = deliver },
	{ .call = "sched_yield", .variant = "nobody else", .body = sched_yield },
	{ .call = "vcpu_start", .variant = "refused: it runs", .body = vcpu_start, .status = RB_BUSY },
	{ .call = "vcpu_stop", .variant = "refused: the last", .body = vcpu_stop, .status = RB_BUSY },
	{ .call = "vcpu_set_entry", .variant = "-", .body = vcpu_set_entry },
	{ .call = "vcpu_set_gs", .variant = "-", .body = vcpu_set_gs },
	{ .call = "vcpu_set_page", .variant = "the same", .body = vcpu_set_page },
	{ .call = "vcpu_set_page", .variant = "another", .body = vcpu_set_page_other, .finish = page_back },
	{ .call = "vcpu_set_queue", .variant = "-", .body = vcpu_set_queue },
	{ .call = "vcpu_set_descriptor", .variant = "-", .body = vcpu_set_descriptor },
	{ .call = "vcpu_set_debug", .variant = "an address", .body = vcpu_set_debug },
	{ .call = "vcpu_set_debug", .variant = "control", .body = vcpu_set_debug_control },
	{ .call = "vcpu_set_xcr0", .variant = "-", .body = vcpu_set_xcr0 },
	{ .call = "vcpu_set_tsc_aux", .variant = "-", .body = vcpu_set_tsc_aux },
};

static const struct work check_refused = { .call = "debug_check", .variant = "refused: a release build", .body = debug_check, .status = RB_NOSYS };

void measure_calls(void)
{
	page = guest_page();
	text[15] = '\n';
	guest_set_handler(0x40, handler);
	guest_set_handler(0x41, handler);
	guest_set_handler(RB_VECTOR_TIMER, handler);
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		measure(&works[i]);
	if (!(guest_start->features & RB_FEATURE_DEBUG_CHECK))
		measure(&check_refused);
}
