/* SPDX-License-Identifier: MIT */
/* generated from abi/source - do not edit */
/*
 * The examples of the reference: one function for each call and operation, true if all went as the example says.
 * For one test guest, whose kernel is the guest library's. Each starts with events disabled, and leaves them so. That
 * of shutdown ends the domain.
 */
#ifndef RINGBOLT_EXAMPLES_H
#define RINGBOLT_EXAMPLES_H

#include "guest.h"

/* Counts the virtual vectors that come. */
static volatile unsigned example_events;

static void example_handler(struct guest_regs *regs, unsigned vector)
{
	example_events++;
}

/* Writes there: for guest_catch. */
static void example_touch(void *where)
{
	++*(volatile uint64_t *)where;
}

static bool example_info_version(void)
{
	uint64_t version;

	if (rb_info_version(&version) != RB_OK)
		return false;
	return version >> 16 == RB_ABI_MAJOR && version >= RB_ABI_VERSION;
}

static bool example_info_features(void)
{
	uint64_t features;

	if (rb_info_features(0, &features) != RB_OK)
		return false;
	guest_printf("hypercalls flush the guest's translations: %s\n", features & RB_FEATURE_PCID ? "no" : "yes");
	return features == guest_start->features;
}

static bool example_info_call(void)
{
	uint64_t since;

	/* A call that is newer than the version this guest was built for would be used only if it is there. */
	if (rb_info_call(RB_HC_TLB_FLUSH, &since) != RB_OK)
		return false;
	return since <= RB_ABI_VERSION;
}

static bool example_info_counter(void)
{
	uint64_t before, after;

	if (rb_info_counter(RB_COUNTER_PT_OPS, &before) != RB_OK)
		return false;
	guest_table(1);		/* one operation: TYPE */
	if (rb_info_counter(RB_COUNTER_PT_OPS, &after) != RB_OK)
		return false;
	return after > before;
}

static bool example_console_write(void)
{
	static const char text[16] __attribute__((aligned(16))) = "hello, console\n";	/* aligned: in one chunk */
	uint64_t done = 0, written;

	while (done < sizeof(text) - 1) {
		if (rb_console_write(guest_physical(text) + done, sizeof(text) - 1 - done, &written) != RB_OK)
			return false;
		done += written;
	}
	return true;
}

static bool example_console_read(void)
{
	uint64_t page = guest_page(), count;
	const char *typed = guest_pointer(page);

	if (rb_console_read(page, GUEST_PAGE, &count) != RB_OK)
		return false;
	for (uint64_t i = 0; i < count; i++)
		guest_printf("typed: %x\n", typed[i]);
	return count <= GUEST_PAGE;
}

static bool example_pt_update(void)
{
	const uint64_t address = 0x7f0000000000;
	uint64_t table = guest_table_for(guest_start->user_root, address, 1), index = guest_index(address, 1);
	uint64_t page = guest_machine(guest_page()), old;

	/* Map a page; take it away again and see what the processor noted; flush. */
	if (rb_pt_update(rb_op_word(RB_OP_SET, table, index, 1), page | GUEST_PRESENT | GUEST_USER,
			 rb_op_word(RB_OP_XCHG, table, index, 1), 0,
			 rb_op_word(RB_OP_FLUSH, 0, 1, 1), address, &old) != RB_OK)
		return false;
	return (old & GUEST_ADDRESS) == page;
}

static bool example_pt_batch(void)
{
	struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);
	uint64_t table = guest_table(1), chunk = guest_machine(guest_chunk()), first = 0, count, done;
	long status;

	/* Every other entry of a table maps its page of a chunk. */
	for (count = 0; count < RB_QUEUE_OPS; count++) {
		queue[count].word = rb_op_word(RB_OP_SET, table, 2 * count, 1);
		queue[count].value = (chunk + 2 * count * GUEST_PAGE) | GUEST_PRESENT;
	}
	do {
		status = rb_pt_batch(first, count, &done);
		first += done;
		count -= done;
	} while (status == RB_AGAIN);
	return status == RB_OK && count == 0;
}

static bool example_root_load(void)
{
	const uint64_t address = 0x400000;
	uint64_t root = guest_table(4), page = guest_page(), found;

	*(uint64_t *)guest_pointer(page) = 42;
	guest_map(root, address, page, 0);
	if (rb_root_load(root) != RB_OK)
		return false;
	found = *(volatile uint64_t *)address;
	return rb_root_load(guest_start->user_root) == RB_OK && found == 42;
}

static bool example_pt_reserve_grow(void)
{
	uint64_t chunk;

	if (rb_pt_reserve_grow(&chunk) != RB_OK)
		return false;
	/* The guest reads the tables that will be in it through its direct map. */
	guest_map(guest_start->kernel_root, GUEST_DIRECT_BASE + (chunk << RB_CHUNK_SHIFT), chunk << RB_CHUNK_SHIFT,
		  GUEST_LARGE | GUEST_NX);
	return ((const uint32_t *)guest_start->chunk_map)[chunk] != RB_NO_CHUNK;
}

static bool example_tlb_flush(void)
{
	const uint64_t address = 0xffffc90000000000;
	uint64_t first = guest_page(), second = guest_page(), found[2];

	*(uint64_t *)guest_pointer(first) = 1;
	*(uint64_t *)guest_pointer(second) = 2;
	guest_map(guest_start->kernel_root, address, first, 0);
	found[0] = *(volatile uint64_t *)address;
	guest_map(guest_start->kernel_root, address, second, 0);
	if (rb_tlb_flush(1ul << guest_vcpu->vcpu_id, RB_TLB_SCOPE_RANGE, address, 1) != RB_OK)
		return false;
	found[1] = *(volatile uint64_t *)address;
	guest_unmap(guest_start->kernel_root, address);
	return found[0] == 1 && found[1] == 2;
}

static bool example_event_send(void)
{
	const unsigned vector = 0x40;

	guest_set_handler(vector, example_handler);
	example_events = 0;
	if (rb_event_send(1ul << guest_vcpu->vcpu_id, vector) != RB_OK)
		return false;
	guest_events_on();
	guest_events_off();
	return example_events == 1;
}

static bool example_port_alloc(void)
{
	uint64_t port;

	if (rb_port_alloc(guest_start->domain_id, &port) != RB_OK)
		return false;
	/* Here the other domain is told the number, and binds. */
	return rb_port_close(port) == RB_OK;
}

static bool example_port_bind(void)
{
	uint64_t offered, bound;

	guest_must(rb_port_alloc(guest_start->domain_id, &offered));	/* the other domain's part */
	if (rb_port_bind(guest_start->domain_id, offered, &bound) != RB_OK)
		return false;
	return rb_port_close(bound) == RB_OK && rb_port_close(offered) == RB_OK;
}

static bool example_port_set_target(void)
{
	const unsigned vector = 0x41;
	uint64_t near, far;

	guest_must(rb_port_alloc(guest_start->domain_id, &near));
	guest_must(rb_port_bind(guest_start->domain_id, near, &far));
	guest_set_handler(vector, example_handler);
	example_events = 0;
	if (rb_port_set_target(near, guest_vcpu->vcpu_id, vector) != RB_OK)
		return false;
	guest_must(rb_port_send(far));
	guest_events_on();
	guest_events_off();
	guest_vcpu->port_pending[near / 64] &= ~(1ul << near % 64);
	return rb_port_close(far) == RB_OK && rb_port_close(near) == RB_OK && example_events == 1;
}

static bool example_port_send(void)
{
	uint64_t near, far, bit, *word;

	guest_must(rb_port_alloc(guest_start->domain_id, &near));
	guest_must(rb_port_bind(guest_start->domain_id, near, &far));
	if (rb_port_send(near) != RB_OK)
		return false;
	/* What the other domain does when it looks. */
	word = &guest_vcpu->port_pending[far / 64];
	bit = 1ul << far % 64;
	if (!(__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit))
		return false;
	return rb_port_close(near) == RB_OK && rb_port_close(far) == RB_OK;
}

static bool example_port_mask(void)
{
	const unsigned vector = 0x42;
	uint64_t near, far;
	bool held;

	guest_must(rb_port_alloc(guest_start->domain_id, &near));
	guest_must(rb_port_bind(guest_start->domain_id, near, &far));
	guest_must(rb_port_set_target(near, guest_vcpu->vcpu_id, vector));
	guest_set_handler(vector, example_handler);
	example_events = 0;
	if (rb_port_mask(near, 1) != RB_OK)
		return false;
	guest_must(rb_port_send(far));
	held = !guest_vcpu->pending;
	if (rb_port_mask(near, 0) != RB_OK)
		return false;
	guest_events_on();
	guest_events_off();
	guest_vcpu->port_pending[near / 64] &= ~(1ul << near % 64);
	return rb_port_close(far) == RB_OK && rb_port_close(near) == RB_OK && held && example_events == 1;
}

static bool example_port_close(void)
{
	uint64_t near, far;

	guest_must(rb_port_alloc(guest_start->domain_id, &near));
	guest_must(rb_port_bind(guest_start->domain_id, near, &far));
	if (rb_port_close(far) != RB_OK)
		return false;
	/* Its peer has nobody to send to any more. */
	return rb_port_send(near) == RB_NOENT && rb_port_close(near) == RB_OK;
}

static bool example_timer_set(void)
{
	uint64_t deadline = guest_time() + 1000000;	/* in a millisecond */

	guest_set_handler(RB_VECTOR_TIMER, example_handler);
	example_events = 0;
	if (rb_timer_set(deadline) != RB_OK)
		return false;
	guest_events_on();
	while (!example_events)
		__asm__ volatile("pause");
	guest_events_off();
	return guest_time() >= deadline;
}

static bool example_sched_block(void)
{
	guest_set_handler(RB_VECTOR_TIMER, example_handler);
	example_events = 0;
	guest_must(rb_timer_set(guest_time() + 1000000));
	/* With events disabled while it looks, the timer cannot go off between the look and the wait. */
	while (!example_events) {
		if (rb_sched_block() != RB_OK)
			return false;
		guest_events_off();
	}
	return true;
}

static bool example_sched_yield(void)
{
	static uint8_t lock;

	/* Somebody else has the lock and may wait for this CPU. */
	while (__atomic_test_and_set(&lock, __ATOMIC_ACQUIRE))
		guest_must(rb_sched_yield());
	__atomic_clear(&lock, __ATOMIC_RELEASE);
	return rb_sched_yield() == RB_OK;
}

static bool example_vcpu_set_entry(void)
{
	static uint8_t stack[2 * GUEST_PAGE] __attribute__((aligned(64)));

	if (rb_vcpu_set_entry((uint64_t)guest_user_entry, (uint64_t)guest_kernel_entry, (uint64_t)guest_range_start,
			      (uint64_t)guest_range_end, (uint64_t)(stack + sizeof(stack))) != RB_OK)
		return false;
	guest_set_entry(0);	/* and without an emergency stack again */
	return true;
}

static bool example_vcpu_set_gs(void)
{
	static uint64_t per_cpu[8] = { 42 };
	uint64_t found;

	if (rb_vcpu_set_gs((uint64_t)per_cpu) != RB_OK)
		return false;
	/* Events load it from now on; for the code that runs it is loaded by hand. */
	__asm__ volatile("wrgsbase %0" : : "r"(per_cpu));
	__asm__ volatile("mov %%gs:0, %0" : "=r"(found));
	guest_set_gs(0);
	return found == 42;
}

static bool example_vcpu_set_page(void)
{
	uint64_t page = guest_page();
	struct rb_vcpu_page *before = guest_vcpu, *moved = guest_pointer(page);

	/* Events are disabled in both. */
	moved->kernel_sp = before->kernel_sp;
	if (rb_vcpu_set_page(page) != RB_OK)
		return false;
	guest_vcpu = moved;
	if (moved->vcpu_id != before->vcpu_id || moved->run_state != RB_RUN_STATE_RUNNING)
		return false;
	guest_must(rb_vcpu_set_page(guest_physical(before)));
	guest_vcpu = before;
	return true;
}

static bool example_vcpu_set_queue(void)
{
	uint64_t page = guest_page(), done;
	struct rb_pt_op *queue = guest_pointer(page);

	queue[0].word = rb_op_word(RB_OP_TYPE, guest_frame(), 0, 1);
	queue[0].value = 1;
	if (rb_vcpu_set_queue(page) != RB_OK)
		return false;
	if (rb_pt_batch(0, 1, &done) != RB_OK || done != 1)
		return false;
	return rb_vcpu_set_queue(guest_start->queue_page) == RB_OK;
}

static bool example_vcpu_set_descriptor(void)
{
	const uint32_t number = 5;
	uint32_t limit = 0;

	/* The CPU's number as the limit of a segment: programs read it with LSL. */
	if (rb_vcpu_set_descriptor(3, 0x0040f20000000000 | number) != RB_OK)
		return false;
	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"(0x7b));
	return limit == number && rb_vcpu_set_descriptor(3, 0) == RB_OK;
}

static bool example_vcpu_set_debug(void)
{
	static uint64_t watched;
	struct guest_regs regs;
	bool hit;

	if (rb_vcpu_set_debug(0, (uint64_t)&watched) != RB_OK)
		return false;
	/* Breakpoint 0: enabled, for writes (01), eight bytes long (10). */
	if (rb_vcpu_set_debug(7, 0x1 | 0x9 << 16) != RB_OK)
		return false;
	hit = guest_catch(example_touch, &watched, &regs);
	guest_must(rb_vcpu_set_debug(7, 0));
	return hit && guest_vector(&regs) == 1 && (regs.data & 1);
}

static bool example_vcpu_set_xcr0(void)
{
	uint32_t low, high;

	if (rb_vcpu_set_xcr0(guest_start->xcr0_mask) != RB_OK)
		return false;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return ((uint64_t)high << 32 | low) == guest_start->xcr0_mask;
}

static bool example_vcpu_set_tsc_aux(void)
{
	uint32_t low, high, aux;

	if (rb_vcpu_set_tsc_aux(7) != RB_OK)
		return false;
	__asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
	return aux == 7 && rb_vcpu_set_tsc_aux(0) == RB_OK;
}

static bool example_shutdown(void)
{
	rb_shutdown(RB_SHUTDOWN_REASON_POWEROFF, 0);
	return false;	/* not reached */
}

static bool example_debug_check(void)
{
	uint64_t violations;
	long status = rb_debug_check(&violations);

	if (status == RB_NOSYS)
		return !(guest_start->features & RB_FEATURE_DEBUG_CHECK);
	return status == RB_OK && violations == 0;
}

static bool example_vcpu_start(void)
{
	extern const char vcpu_wait[];	/* its program: it waits for ever */
	uint64_t page = guest_page();
	long status;

	__asm__ volatile(".pushsection .text.wait, \"ax\"; vcpu_wait: mov %0, %%eax; syscall; jmp vcpu_wait;"
			 ".popsection" : : "i"(RB_HC_SCHED_BLOCK));
	status = rb_vcpu_start(1, (uint64_t)vcpu_wait, 0, 0, guest_start->user_root, page);
	return status == (guest_start->vcpu_count > 1 ? RB_OK : RB_NOENT);
}

static bool example_vcpu_stop(void)
{
	/* What a kernel that takes a CPU offline does last, on that CPU. Here no other is started, and it goes on. */
	return rb_vcpu_stop() == RB_BUSY;
}

static bool example_sched_wait(void)
{
	/* As the waiter for a lock, with events disabled; whoever gives up the lock sends the vector. */
	guest_set_handler(0x40, example_handler);
	example_events = 0;
	guest_must(rb_event_send(1, 0x40));
	if (rb_sched_wait() != RB_OK || example_events)
		return false;
	while (!example_events) {
		if (rb_sched_block() != RB_OK)
			return false;
		guest_events_off();
	}
	return true;
}

static bool example_domain_create(void)
{
	uint64_t id, made;

	/* 32 MiB, the last quarter of it for page tables. */
	if (rb_domain_create(16, 12, 4, 1, &id) != RB_OK)
		return false;
	for (uint64_t chunk = 0; chunk < 16; chunk += made) {
		if (rb_domain_populate(id, chunk, chunk < 12 ? 12 - chunk : 16 - chunk, &made) != RB_OK)
			return false;
	}
	return guest_domain_destroy(id) == RB_OK;
}

static bool example_domain_populate(void)
{
	uint64_t id, given, more;
	bool right;

	if (rb_domain_create(16, 12, 4, 1, &id) != RB_OK)
		return false;
	right = rb_domain_populate(id, 0, 2, &given) == RB_OK && given == 2;
	right = right && rb_domain_populate(id, 1, 1, &more) == RB_BUSY;
	return guest_domain_destroy(id) == RB_OK && right;
}

static bool example_domain_write(void)
{
	uint64_t id, given, page = guest_page();
	long status;

	if (rb_domain_create(16, 12, 4, 1, &id) != RB_OK || rb_domain_populate(id, 0, 1, &given) != RB_OK)
		return false;
	status = rb_domain_write(id, 0x5000, page, GUEST_PAGE);
	return guest_domain_destroy(id) == RB_OK && status == RB_OK;
}

static bool example_domain_read(void)
{
	uint64_t id, given, page = guest_page();
	uint8_t *bytes = guest_pointer(page);
	long status;

	if (rb_domain_create(16, 12, 4, 1, &id) != RB_OK || rb_domain_populate(id, 0, 1, &given) != RB_OK)
		return false;
	bytes[0] = 1;
	status = rb_domain_read(id, 0x5000, page, GUEST_PAGE);
	return guest_domain_destroy(id) == RB_OK && status == RB_OK && bytes[0] == 0;
}

static bool example_domain_build(void)
{
	uint64_t page = guest_page(), id, given;
	struct rb_domain_image *image = guest_pointer(page);
	long status;

	*image = (struct rb_domain_image){
		.entry = RB_GATE_END + 0x1000000,
		.image_offset = RB_GATE_END,
		.direct_base = RB_GATE_END,
		.image_start = 0x1000000,
		.image_end = 0x1001000,
		.boot_start = 0x1400000,
	};
	if (rb_domain_create(16, 12, 4, 1, &id) != RB_OK)
		return false;
	for (uint64_t chunk = 0; chunk < 13; chunk += given) {
		if (rb_domain_populate(id, chunk, chunk < 12 ? 12 - chunk : 1, &given) != RB_OK)
			return false;
	}
	status = rb_domain_build(id, page);
	return guest_domain_destroy(id) == RB_OK && status == RB_OK;
}

static bool example_domain_unpause(void)
{
	/* Of itself: it runs. */
	return rb_domain_unpause(guest_start->domain_id) == RB_OK;
}

static bool example_domain_pause(void)
{
	uint64_t id;
	long status;

	if (rb_domain_create(16, 12, 4, 1, &id) != RB_OK)
		return false;
	status = rb_domain_pause(id);	/* it is already */
	return guest_domain_destroy(id) == RB_OK && status == RB_OK;
}

static bool example_domain_destroy(void)
{
	uint64_t id;
	long status;

	if (rb_domain_create(16, 12, 4, 1, &id) != RB_OK)
		return false;
	do
		status = rb_domain_destroy(id);
	while (status == RB_AGAIN && rb_sched_yield() == RB_OK);
	return status == RB_OK;
}

static bool example_domain_set_share(void)
{
	return rb_domain_set_share(guest_start->domain_id, 100, 0) == RB_OK;
}

static bool example_domain_info(void)
{
	uint64_t page = guest_page(), id = 0;
	const struct rb_domain_info *info = guest_pointer(page);

	/* All domains. */
	for (; rb_domain_info(id, page, &id) == RB_OK; id++)
		guest_printf("%u %s: %u MiB\n", info->id, (const char *)info->name, info->chunk_count * 2);
	return true;
}

static bool example_machine_info(void)
{
	uint64_t page = guest_page();
	const struct rb_machine_info *info = guest_pointer(page);

	return rb_machine_info(page) == RB_OK && info->free_chunks < info->chunk_count;
}

static bool example_op_NOP(void)
{
	const uint64_t flush = rb_op_word(RB_OP_FLUSH, 0, 0, 1), nop = rb_op_word(RB_OP_NOP, 0, 0, 1);
	uint64_t result;

	/* One operation: the other places are not needed. */
	return rb_pt_update(flush, 0, nop, 0, nop, 0, &result) == RB_OK;
}

static bool example_op_TYPE(void)
{
	uint64_t frame = guest_frame();

	if (guest_op(RB_OP_TYPE, frame, 0, 1, 1) != RB_OK)
		return false;
	return *(uint64_t *)guest_pointer(frame * GUEST_PAGE) == 0;
}

static bool example_op_SET(void)
{
	uint64_t table = guest_table(1), chunk = guest_machine(guest_chunk());
	const uint64_t *entries = guest_pointer(table * GUEST_PAGE);

	/* All 512 pages of a chunk, writable. */
	if (guest_op(RB_OP_SET, table, 0, RB_CHUNK_PAGES, chunk | GUEST_PRESENT | GUEST_WRITE) != RB_OK)
		return false;
	return entries[511] == ((chunk + 511 * GUEST_PAGE) | GUEST_PRESENT | GUEST_WRITE);
}

static bool example_op_LINK(void)
{
	uint64_t upper = guest_table(2), lower = guest_table(1);
	const uint64_t *entries = guest_pointer(upper * GUEST_PAGE);

	if (guest_op(RB_OP_LINK, upper, 7, 1, lower) != RB_OK)
		return false;
	return (entries[7] & GUEST_ADDRESS) == guest_machine(lower * GUEST_PAGE);
}

static bool example_op_AND(void)
{
	uint64_t table = guest_table(1), chunk = guest_machine(guest_chunk());
	const uint64_t *entries = guest_pointer(table * GUEST_PAGE);

	guest_must(guest_op(RB_OP_SET, table, 0, RB_CHUNK_PAGES, chunk | GUEST_PRESENT | GUEST_WRITE));
	/* All of it read-only, as when a process is copied. */
	if (guest_op(RB_OP_AND, table, 0, RB_CHUNK_PAGES, ~GUEST_WRITE) != RB_OK)
		return false;
	return entries[511] == ((chunk + 511 * GUEST_PAGE) | GUEST_PRESENT);
}

static bool example_op_XCHG(void)
{
	const uint64_t address = 0x7e0000000000;
	uint64_t table, old;

	guest_map(guest_start->user_root, address, guest_page(), GUEST_WRITE);
	*(volatile uint64_t *)address = 1;
	/* Unmap it, and learn that it was written. */
	table = guest_table_for(guest_start->user_root, address, 1);
	if (rb_pt_update(rb_op_word(RB_OP_XCHG, table, guest_index(address, 1), 1), 0,
			 rb_op_word(RB_OP_FLUSH, 0, 1, 1), address, 0, 0, &old) != RB_OK)
		return false;
	return old & GUEST_DIRTY;
}

static bool example_op_FLUSH(void)
{
	const uint64_t address = 0x7d0000000000;
	uint64_t root = guest_start->user_root, first = guest_page(), second = guest_page(), found[2];

	*(uint64_t *)guest_pointer(first) = 1;
	*(uint64_t *)guest_pointer(second) = 2;
	guest_map(root, address, first, 0);
	found[0] = *(volatile uint64_t *)address;
	guest_map(root, address, second, 0);
	if (guest_op(RB_OP_FLUSH, 0, 1, 1, address) != RB_OK)
		return false;
	found[1] = *(volatile uint64_t *)address;
	return found[0] == 1 && found[1] == 2;
}

struct rb_example {
	const char *id;		/* as in statements.tsv */
	bool (*run)(void);
};

static const struct rb_example rb_examples[] = {
	{ "info_version.example", example_info_version },
	{ "info_features.example", example_info_features },
	{ "info_call.example", example_info_call },
	{ "info_counter.example", example_info_counter },
	{ "console_write.example", example_console_write },
	{ "console_read.example", example_console_read },
	{ "pt_update.example", example_pt_update },
	{ "pt_batch.example", example_pt_batch },
	{ "root_load.example", example_root_load },
	{ "pt_reserve_grow.example", example_pt_reserve_grow },
	{ "tlb_flush.example", example_tlb_flush },
	{ "event_send.example", example_event_send },
	{ "port_alloc.example", example_port_alloc },
	{ "port_bind.example", example_port_bind },
	{ "port_set_target.example", example_port_set_target },
	{ "port_send.example", example_port_send },
	{ "port_mask.example", example_port_mask },
	{ "port_close.example", example_port_close },
	{ "timer_set.example", example_timer_set },
	{ "sched_block.example", example_sched_block },
	{ "sched_yield.example", example_sched_yield },
	{ "vcpu_set_entry.example", example_vcpu_set_entry },
	{ "vcpu_set_gs.example", example_vcpu_set_gs },
	{ "vcpu_set_page.example", example_vcpu_set_page },
	{ "vcpu_set_queue.example", example_vcpu_set_queue },
	{ "vcpu_set_descriptor.example", example_vcpu_set_descriptor },
	{ "vcpu_set_debug.example", example_vcpu_set_debug },
	{ "vcpu_set_xcr0.example", example_vcpu_set_xcr0 },
	{ "vcpu_set_tsc_aux.example", example_vcpu_set_tsc_aux },
	{ "shutdown.example", example_shutdown },
	{ "debug_check.example", example_debug_check },
	{ "vcpu_start.example", example_vcpu_start },
	{ "vcpu_stop.example", example_vcpu_stop },
	{ "sched_wait.example", example_sched_wait },
	{ "domain_create.example", example_domain_create },
	{ "domain_populate.example", example_domain_populate },
	{ "domain_write.example", example_domain_write },
	{ "domain_read.example", example_domain_read },
	{ "domain_build.example", example_domain_build },
	{ "domain_unpause.example", example_domain_unpause },
	{ "domain_pause.example", example_domain_pause },
	{ "domain_destroy.example", example_domain_destroy },
	{ "domain_set_share.example", example_domain_set_share },
	{ "domain_info.example", example_domain_info },
	{ "machine_info.example", example_machine_info },
	{ "op.NOP.example", example_op_NOP },
	{ "op.TYPE.example", example_op_TYPE },
	{ "op.SET.example", example_op_SET },
	{ "op.LINK.example", example_op_LINK },
	{ "op.AND.example", example_op_AND },
	{ "op.XCHG.example", example_op_XCHG },
	{ "op.FLUSH.example", example_op_FLUSH },
};

#define RB_NR_EXAMPLES (sizeof(rb_examples) / sizeof(rb_examples[0]))

#endif /* RINGBOLT_EXAMPLES_H */
