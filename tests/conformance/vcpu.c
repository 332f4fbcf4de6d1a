/* SPDX-License-Identifier: GPL-2.0-only */
/* The vCPU family, first part: where events of a vCPU go (entry points, GS base, vCPU page), and its queue page. state.c has the rest. */
#include "limits.h"
#include "tables.h"

USER_CODE(u_call, "syscall");

/* ---------------- vcpu_set_entry */

/* Other entry points, which count and go on to the library's. */
extern const char other_user_entry[], other_kernel_entry[];
extern uint32_t other_user_count, other_kernel_count;
__asm__(".pushsection .text; .globl other_user_entry, other_kernel_entry\n"
	"other_user_entry: nop; incl other_user_count(%rip); jmp guest_user_entry\n"
	"other_kernel_entry: nop; incl other_kernel_count(%rip); jmp guest_kernel_entry\n"
	".popsection; .pushsection .bss; .balign 8; .globl other_user_count, other_kernel_count\n"
	"other_user_count: .long 0\n"
	"other_kernel_count: .long 0\n"
	".popsection");

static long set_entry(const void *user, const void *kernel, const void *start, const void *end, uint64_t emergency)
{
	other_user_count = other_kernel_count = 0;
	return rb_vcpu_set_entry((uint64_t)user, (uint64_t)kernel, (uint64_t)start, (uint64_t)end, emergency);
}

TEST("vcpu_set_entry.user_entry", "An event from user mode continues at user_entry, in kernel mode.")
{
	accepted(set_entry(other_user_entry, guest_kernel_entry, guest_range_start, guest_range_end, 0));
	expect(user_calls(u_call, 0), "no system call");
	expect_equal(other_user_count, 1);
	expect(!(seen.cs & 2), "cs %#lx", seen.cs);
	must(rb_timer_set(guest_time() + 100000));
	guest_set_handler(RB_VECTOR_TIMER, NULL);
	event_hook = guest_event_default;
	accepted(set_entry(guest_user_entry, guest_kernel_entry, guest_range_start, guest_range_end, 0));
	must(rb_timer_set(0));
	expect(user_calls(u_call, 0), "no system call");
	expect_equal(other_user_count, 0);
}

TEST("vcpu_set_entry.kernel_entry", "An event from kernel mode continues at kernel_entry.")
{
	accepted(set_entry(guest_user_entry, other_kernel_entry, guest_range_start, guest_range_end, 0));
	expect_equal(try("ud2"), 6);
	expect_equal(other_kernel_count, 1);
	guest_vcpu->events_enabled = 1;
	must(rb_event_send(1, 0x40));
	guest_events_off();
	expect(fired[0x40] == 1 && other_kernel_count == 2, "a virtual vector: %u, %u events", fired[0x40], other_kernel_count);
	accepted(set_entry(guest_user_entry, guest_kernel_entry, guest_range_start, guest_range_end, 0));
	expect_equal(try("ud2"), 6);
	expect_equal(other_kernel_count, 0);
}

/* Spins at spin_here until it finds itself at spin_start again, which returns. RDI: zero at first. */
extern const char spin_start[], spin_here[], spin_end[];
void spin(void);
__asm__(".pushsection .text; .globl spin, spin_start, spin_here, spin_end\n"
	"spin: xor %eax, %eax; jmp spin_here\n"
	"spin_start: ret\n"
	"spin_here: jmp spin_here\n"
	"spin_end: .popsection");

TEST("vcpu_set_entry.restart", "When the vCPU is interrupted in the restartable range and a virtual vector is pending, the vector is not delivered, whatever events_enabled is: the vCPU goes on at range_start, and RESTARTS grows by one.")
{
	accepted(set_entry(guest_user_entry, guest_kernel_entry, spin_start, spin_end, 0));
	for (unsigned enabled = 0; enabled < 2; enabled++) {
		uint64_t restarts = counter(RB_COUNTER_RESTARTS);

		must(rb_timer_set(guest_time() + 300000));
		guest_vcpu->events_enabled = (uint8_t)enabled;
		spin();
		guest_events_off();
		expect(fired[RB_VECTOR_TIMER] == enabled && seen.count == 0, "events %s: it was delivered", enabled ? "on" : "off");
		expect(guest_vcpu->pending == 1 && guest_vcpu->pending_vectors[RB_VECTOR_TIMER / 64] >> RB_VECTOR_TIMER % 64 & 1, "it is not pending any more");
		expect_equal(counter(RB_COUNTER_RESTARTS), restarts + 1);
		events_take();
		expect_equal(fired[RB_VECTOR_TIMER], enabled + 1);
	}
}

/* Where the spinning ends, a handler says. */
static void leave_spin(struct guest_regs *regs)
{
	if (guest_vector(regs) == RB_VECTOR_TIMER && regs->ip == (uint64_t)spin_here)
		regs->ip = (uint64_t)spin_start;
	guest_event_default(regs);
}

TEST("vcpu_set_entry.empty_range", "A range that ends where it starts is none.")
{
	uint64_t restarts = counter(RB_COUNTER_RESTARTS);
	const void *const places[] = { spin_here, NULL };

	event_hook = leave_spin;
	for EACH(i, places) {
		accepted(set_entry(guest_user_entry, guest_kernel_entry, places[i], places[i], 0));
		must(rb_timer_set(guest_time() + 300000));
		guest_vcpu->events_enabled = 1;
		spin();
		guest_events_off();
		expect_equal(fired[RB_VECTOR_TIMER], i + 1);
	}
	expect_equal(counter(RB_COUNTER_RESTARTS), restarts);
}

static uint8_t emergency[16384] __attribute__((aligned(4096)));

TEST("vcpu_set_entry.emergency",
     "When a frame cannot be written and emergency_sp is not zero, exception 8 is delivered at kernel_entry, with its frame below emergency_sp rounded down to 64; its data field holds bits 63:32 of the lost event's ss word.")
{
	const struct guest_regs *regs = &test_regs;

	for (uint64_t less = 0; less < 128; less += 9) {
		uint64_t sp = (uint64_t)emergency + sizeof(emergency) - less;

		accepted(set_entry(guest_user_entry, other_kernel_entry, guest_range_start, guest_range_end, sp));
		expect(try("xor %%esp, %%esp; ud2") == 8 && guest_type(regs) == RB_EVENT_TYPE_EXCEPTION, "vector %u", guest_vector(regs));
		expect_equal(other_kernel_count, 1);
		expect_equal(seen.frame + 64, sp & ~63ul);
		expect_equal(regs->data, RB_EVENT_TYPE_EXCEPTION << 16 | 6);
		expect_equal(regs->sp, 0);
	}
	/* INT3: its length is told too. From user mode, with a bad kernel_sp. */
	accepted(set_entry(guest_user_entry, other_kernel_entry, guest_range_start, guest_range_end, (uint64_t)emergency + sizeof(emergency)));
	expect_equal(try("xor %%esp, %%esp; int3"), 8);
	expect_equal(regs->data, 1u << 28 | RB_EVENT_TYPE_SOFT_EXCEPTION << 16 | 3);
}

static void break_stack(void)
{
	try("xor %%esp, %%esp; ud2");
}

TEST("vcpu_set_entry.emergency_once", "emergency_sp is used once: after that it is zero.", .alone = true)
{
	accepted(set_entry(guest_user_entry, guest_kernel_entry, guest_range_start, guest_range_end, (uint64_t)emergency + sizeof(emergency)));
	break_stack();
	expect_equal(guest_vector(&test_regs), 8);
	ends(ENDED_BY_HYPERVISOR, "domain 0 is ended: an event frame could not be written");
	break_stack();
	expect(false, "a second event with a bad stack was delivered");
}

TEST("vcpu_set_entry.no_emergency", "When a frame cannot be written and emergency_sp is zero, the domain is ended.", .alone = true)
{
	accepted(set_entry(guest_user_entry, guest_kernel_entry, guest_range_start, guest_range_end, 0));
	ends(ENDED_BY_HYPERVISOR, "domain 0 is ended: an event frame could not be written");
	break_stack();
	expect(false, "an event with a bad stack was delivered");
}

TEST("vcpu_set_entry.unset", "Until the first call, any event ends the domain.", .bare = true)
{
	ends(ENDED_BY_HYPERVISOR, "domain 0 is ended: an event before the guest has set its entry points");
	__asm__ volatile("ud2");
}

TEST("vcpu_set_entry.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	uint64_t u = (uint64_t)guest_user_entry, k = (uint64_t)guest_kernel_entry, s = (uint64_t)guest_range_start, e = (uint64_t)guest_range_end;
	static const uint64_t bad[] = { 1, USER_TEXT, RB_GATE_START, RB_GATE_END - 1, 1ul << 47, 1ul << 63 };

	for EACH(i, bad)
		LIMITS(RB_HC_VCPU_SET_ENTRY, ARGUMENTS(u, k, s, e, 0), BAD({ 0, bad[i] }, { 1, bad[i] }, { 2, bad[i] }, { 3, bad[i] }, { 4, bad[i] }, { 0, 0 }, { 1, 0 }),
		       GOOD({ 0, u }, { 2, RB_GATE_END }, { 2, 0 }, { 3, ~0ul }, { 4, RB_GATE_END }, { 4, ~0ul }));
}

TEST("vcpu_set_entry.INVAL.order", "range_end is below range_start")
{
	refused(RB_INVAL, set_entry(guest_user_entry, guest_kernel_entry, guest_range_end, guest_range_start, 0));
	refused(RB_INVAL, set_entry(guest_user_entry, guest_kernel_entry, guest_range_start, NULL, 0));
	expect_equal(try("ud2"), 6);
}

/* ---------------- vcpu_set_gs */

#define GS_A	0x0000123456789000ul
#define GS_B	0xffffc90000400000ul

TEST("vcpu_set_gs.events", "At both entry points the GS base is `base`, from the next event on.")
{
	static const uint64_t bases[] = { GS_A, GS_B, ~0ul, 0 };

	for EACH(i, bases) {
		accepted(rb_vcpu_set_gs(bases[i]));
		expect_equal(try("ud2"), 6);
		expect_equal(seen.gs, bases[i]);
		expect(user_calls(u_call, 0), "no system call");
		expect_equal(seen.gs, bases[i]);
	}
	must(rb_vcpu_set_gs(GS_A));
	must(rb_event_send(1, 0x40));
	must(rb_sched_block());
	expect(fired[0x40] == 1 && seen.gs == GS_A, "a virtual vector: %lx", seen.gs);
}

TEST("vcpu_set_gs.now_kept", "The GS base that is loaded when the call is made stays.")
{
	uint64_t now;

	__asm__ volatile("wrgsbase %0" : : "r"(GS_B));
	accepted(rb_vcpu_set_gs(GS_A));
	__asm__ volatile("rdgsbase %0" : "=r"(now));
	expect_equal(now, GS_B);
}

TEST("vcpu_set_gs.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_SET_GS, ARGUMENTS(GS_A), BAD({ 0, 1ul << 47 }, { 0, RB_GATE_START - 1 }, { 0, 1ul << 63 }),
	       GOOD({ 0, (1ul << 47) - 1 }, { 0, RB_GATE_START }, { 0, ~0ul }, { 0, 0 }));
}

/* ---------------- vcpu_set_page */

/* A page for it, filled. */
static uint64_t page_filled(uint8_t byte)
{
	uint64_t page = guest_page();

	memset(guest_pointer(page), byte, GUEST_PAGE);
	return page;
}

static void page_move(uint64_t page)
{
	accepted(rb_vcpu_set_page(page));
	guest_vcpu = guest_pointer(page);
}

TEST("vcpu_set_page.at_once", "Events use the new page from the call on: events_enabled, kernel_sp, pending and pending_vectors.")
{
	uint64_t page = guest_page();
	struct rb_vcpu_page *old = guest_vcpu;

	page_move(page);
	must(rb_event_send(1, 0x40));
	expect(guest_vcpu->pending == 1 && guest_vcpu->pending_vectors[1] == 1 && !old->pending && !old->pending_vectors[1], "pending %u, in the old one %u",
	       guest_vcpu->pending, old->pending);
	old->events_enabled = 1;
	must(rb_info_version(&result));
	expect(fired_total() == 0, "the old page's events_enabled counts");
	old->events_enabled = 0;
	guest_vcpu->events_enabled = 1;
	must(rb_info_version(&result));
	expect(fired[0x40] == 1 && !seen.enabled, "the new page's events_enabled does not");
	guest_events_off();
	old->kernel_sp = 0;
	expect(user_calls(u_call, 0), "no system call");
	expect_equal(seen.frame + 64, guest_vcpu->kernel_sp & ~63ul);
}

TEST("vcpu_set_page.pending_moved", "What was pending in the old page, vectors and ports, is pending in the new one, and no longer in the old one.")
{
	static const unsigned vectors[] = { 32, 0x40, 0xec, 255 };
	struct rb_vcpu_page *old = guest_vcpu;
	uint64_t a, b, page = guest_page();

	for EACH(i, vectors)
		must(rb_event_send(1, vectors[i]));
	ports_connect(&a, &b);
	must(rb_port_send(a));
	page_move(page);
	expect_equal(guest_vcpu->pending, 1);
	for EACH(i, vectors)
		expect(guest_vcpu->pending_vectors[vectors[i] / 64] >> vectors[i] % 64 & 1, "vector %u", vectors[i]);
	expect(guest_vcpu->port_pending[b / 64] >> b % 64 & 1, "port %lu", b);
	for (unsigned i = 0; i < 16; i++)
		expect(!old->port_pending[i] && (i > 3 || !old->pending_vectors[i]), "word %u of the old page", i);
	events_take();
	expect_equal(fired_total(), sizeof(vectors) / sizeof(vectors[0]));
	must(rb_port_close(a));
	must(rb_port_close(b));
}

TEST("vcpu_set_page.written", "In the new page, vcpu_id, run_state and time are valid when the call returns.")
{
	struct rb_time_record before = guest_vcpu->time;
	uint64_t page = page_filled(0xff), now = guest_time();

	memset((uint8_t *)guest_pointer(page) + RB_VCPU_PAGE_PENDING_VECTORS, 0, sizeof(guest_vcpu->pending_vectors));
	page_move(page);
	expect_equal(guest_vcpu->vcpu_id, 0);
	expect_equal(guest_vcpu->run_state, RB_RUN_STATE_RUNNING);
	expect(!(guest_vcpu->time.version & 1), "version %u", guest_vcpu->time.version);
	expect_equal(guest_vcpu->time.tsc_to_system_mul, before.tsc_to_system_mul);
	expect(guest_time() >= now && guest_time() < now + 10000000000ul, "time %lu after %lu", guest_time(), now);
}

TEST("vcpu_set_page.rest_kept", "Other fields of the new page keep what the guest wrote.")
{
	uint64_t page = page_filled(0);
	uint8_t *bytes = guest_pointer(page);
	struct rb_vcpu_page *new = guest_pointer(page);

	new->kernel_sp = 0x1122334455667788;
	new->events_enabled = 0;
	new->pending_vectors[2] = 0x10;
	new->port_pending[15] = 0x20;
	memset(bytes + RB_VCPU_PAGE_PORT_PENDING + 128, 0x5a, GUEST_PAGE - RB_VCPU_PAGE_PORT_PENDING - 128);
	page_move(page);
	expect_equal(new->kernel_sp, 0x1122334455667788);
	expect_equal(new->events_enabled, 0);
	expect(new->pending_vectors[2] == 0x10 && new->port_pending[15] == 0x20, "pending bits %lx %lx", new->pending_vectors[2], new->port_pending[15]);
	for (unsigned i = RB_VCPU_PAGE_PORT_PENDING + 128; i < GUEST_PAGE; i++)
		expect(bytes[i] == 0x5a, "byte %u", i);
}

TEST("vcpu_set_page.old_free", "The old page is ordinary memory again: the hypervisor neither reads nor writes it.")
{
	uint64_t first = guest_page(), page = guest_page();
	const uint8_t *old = guest_pointer(first);

	page_move(first);
	page_move(page);
	/* Had it a say: events on, vectors pending, a stack pointer nowhere. */
	memset(guest_pointer(first), 0xff, GUEST_PAGE);
	must(rb_event_send(1, 0x40));
	must(rb_timer_set(1));
	expect_equal(fired_total(), 0);
	events_take();
	expect_equal(fired_total(), 2);
	expect(user_calls(u_call, 0) && try("ud2") == 6, "events do not arrive");
	must(rb_timer_set(guest_time() + 200000));
	must(rb_sched_block());
	guest_events_off();
	for (unsigned i = 0; i < GUEST_PAGE; i++)
		expect(old[i] == 0xff, "byte %u of the old page is %#x", i, old[i]);
}

TEST("vcpu_set_page.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_SET_PAGE, ARGUMENTS(guest_start->vcpu_page), BAD({ 0, guest_start->vcpu_page + 1 }, { 0, guest_start->vcpu_page + 64 },
	       { 0, guest_start->vcpu_page + 2048 }, { 0, 1ul << 52 }, { 0, guest_start->vcpu_page | 1ul << 63 }), GOOD({ 0, (1ul << 52) - GUEST_PAGE }, { 0, guest_start->vcpu_page }));
}

/* No chunk is there: of the reserve's range, after the last, far away. */
static void refuse_no_memory(long (*call)(uint64_t))
{
	const struct rb_memory_range *reserve = &guest_start->memory[1];

	need(reserve->present < reserve->count, "no reserve that can grow");
	refused(RB_NOENT, call((uint64_t)(reserve->first_chunk + reserve->present) << RB_CHUNK_SHIFT));
	refused(RB_NOENT, call((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT));
	refused(RB_NOENT, call((1ul << 52) - GUEST_PAGE));
}

static long set_page(uint64_t address)
{
	return rb_vcpu_set_page(address);
}

static long set_queue(uint64_t address)
{
	return rb_vcpu_set_queue(address);
}

TEST("vcpu_set_page.NOENT.no_memory", "no chunk of the domain is present at the address")
{
	refuse_no_memory(set_page);
}

TEST("vcpu_set_page.TYPE.not_data", "the chunk is not DATA")
{
	refused(RB_TYPE, rb_vcpu_set_page(guest_start->kernel_root * GUEST_PAGE));
	refused(RB_TYPE, rb_vcpu_set_page((reserve_end() - 1) * GUEST_PAGE));
}

/* ---------------- vcpu_set_queue */

TEST("vcpu_set_queue.used", "pt_batch takes its operations from the new page.")
{
	uint64_t table = guest_table(1), page = guest_page();
	struct rb_pt_op *queue = guest_pointer(page), *old = guest_pointer(guest_start->queue_page);

	memory_find();
	old[0] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, table, 0, 1), LEAF(memory.page) };
	queue[0] = (struct rb_pt_op){ rb_op_word(RB_OP_XCHG, table, 1, 1), LEAF(memory.page) };
	accepted(rb_vcpu_set_queue(page));
	must(rb_pt_batch(0, 1, &result));
	expect(!entry_at(table, 0) && entry_at(table, 1), "entries %lx %lx", entry_at(table, 0), entry_at(table, 1));
	expect_equal(queue[0].value, 0);
	expect_equal(old[0].value, LEAF(memory.page));
}

TEST("vcpu_set_queue.unread", "The call itself neither reads nor writes the page.")
{
	uint64_t page = page_filled(0xff);
	const uint8_t *bytes = guest_pointer(page);
	uint64_t refusals = counter(RB_COUNTER_PT_REFUSED), done = counter(RB_COUNTER_PT_OPS);

	accepted(rb_vcpu_set_queue(page));
	for (unsigned i = 0; i < GUEST_PAGE; i++)
		expect(bytes[i] == 0xff, "byte %u", i);
	expect(counter(RB_COUNTER_PT_REFUSED) == refusals && counter(RB_COUNTER_PT_OPS) == done, "operations were looked at");
}

TEST("vcpu_set_queue.old_free", "The old page is ordinary memory again.")
{
	uint64_t first = guest_page(), page = guest_page();
	const uint8_t *old = guest_pointer(first);

	must(rb_vcpu_set_queue(first));
	accepted(rb_vcpu_set_queue(page));
	memset(guest_pointer(first), 0xff, GUEST_PAGE);
	accepted(rb_pt_batch(0, 256, &result));
	for (unsigned i = 0; i < GUEST_PAGE; i++)
		expect(old[i] == 0xff, "byte %u", i);
}

TEST("vcpu_set_queue.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_VCPU_SET_QUEUE, ARGUMENTS(guest_start->queue_page), BAD({ 0, guest_start->queue_page + 1 }, { 0, guest_start->queue_page + 16 },
	       { 0, guest_start->queue_page + 2048 }, { 0, 1ul << 52 }, { 0, guest_start->queue_page | 1ul << 63 }), GOOD({ 0, (1ul << 52) - GUEST_PAGE }, { 0, guest_start->queue_page }));
}

TEST("vcpu_set_queue.NOENT.no_memory", "no chunk of the domain is present at the address")
{
	refuse_no_memory(set_queue);
}

TEST("vcpu_set_queue.TYPE.not_data", "the chunk is not DATA")
{
	refused(RB_TYPE, rb_vcpu_set_queue(guest_start->kernel_root * GUEST_PAGE));
	refused(RB_TYPE, rb_vcpu_set_queue((reserve_end() - 1) * GUEST_PAGE));
}
