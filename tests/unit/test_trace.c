/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace: what a ring keeps when it goes round, what is counted, and that the page-table operations of a traced machine do what the others do, with
 * a record of each.
 */

#include "suite.h"
#include "mm/trace.h"
#include "world.h"

#include <sys/mman.h>
#include "x86/cpu.h"
#include "x86/direct.h"

#define A	(&world.a)
#define LEAF	0x63ul

static struct trace_ring ring;
static struct cpu cpu;

static u64 chunk_at(u32 chunk)
{
	return (u64)chunk * CHUNK_BYTES;
}

/* A ring with the machine's chunks 2 and 3, or some of them. */
static void ring_start(u32 chunk_count)
{
	const u64 chunks[] = { chunk_at(2), chunk_at(3) };

	memset(&ring, 0, sizeof(ring));
	trace_ring_init(&ring, 0, 0x123000, chunks, chunk_count);
}

static int start(void **state)
{
	(void)state;
	fake_machine_start();
	ring_start(2);
	return 0;
}

static const struct trace_record *record_at(u32 chunk, u64 number)
{
	return (const struct trace_record *)direct_pointer(chunk_at(chunk)) + number;
}

static void add(u64 tsc, enum trace_kind kind, u16 what, s8 status, u32 cycles)
{
	const struct trace_record record = { .tsc = tsc, .kind = (u8)kind, .what = what, .status = status, .cycles = cycles, .word = { tsc * 3 } };

	trace_ring_add(&ring, &record);
}

static const struct trace_count *count_of(enum trace_kind kind, u32 what)
{
	return &ring.counts[ring.first[kind] + what];
}

static void test_header(void **state)
{
	(void)state;
	assert_memory_equal(ring.magic, "Ringbolt trace\n\0", 16);
	assert_int_equal(ring.address, 0x123000);
	assert_int_equal(ring.version, TRACE_VERSION);
	assert_int_equal(ring.record_bytes, 64);
	assert_int_equal(ring.chunk_count, 2);
	assert_int_equal(ring.chunk[1], chunk_at(3));
	assert_int_equal(ring.written, 0);
	/* Each kind has its counts, and none has another's. */
	for (u32 kind = 0; kind < TRACE_KINDS; kind++)
		assert_true(ring.first[kind] <= ring.first[kind + 1]);
	for (u32 kind = TRACE_HYPERCALL; kind <= TRACE_RAISE; kind++)
		assert_true(ring.first[kind] < ring.first[kind + 1]);
	assert_true(ring.first[TRACE_KINDS] <= TRACE_COUNTS);
	assert_panic(trace_ring_init(&ring, 0, 0, NULL, TRACE_CHUNKS_MAX + 1));
}

/* In order, from chunk to chunk, then over the oldest. */
static void test_round(void **state)
{
	const u64 room = 2 * TRACE_RECORDS_PER_CHUNK;

	(void)state;
	for (u64 i = 0; i < room + 5; i++) {
		assert_int_equal(ring.written, i);
		add(i + 1, TRACE_RUN, 0, 0, 0);
	}
	assert_int_equal(ring.written, room + 5);
	for (u64 i = 0; i < 5; i++) {
		assert_int_equal(record_at(2, i)->tsc, room + i + 1);
		assert_int_equal(record_at(2, i)->word[0], 3 * (room + i + 1));
	}
	for (u64 i = 5; i < TRACE_RECORDS_PER_CHUNK; i++)
		assert_int_equal(record_at(2, i)->tsc, i + 1);
	for (u64 i = 0; i < TRACE_RECORDS_PER_CHUNK; i++)
		assert_int_equal(record_at(3, i)->tsc, TRACE_RECORDS_PER_CHUNK + i + 1);
	/* Nothing behind the chunks. */
	assert_int_not_equal(record_at(4, 0)->tsc, room + 1);
	assert_int_equal(count_of(TRACE_RUN, 0)->times, room + 5);
}

static void test_counts(void **state)
{
	(void)state;
	add(1, TRACE_HYPERCALL, 7, 0, 100);
	add(2, TRACE_HYPERCALL, 7, -3, 400);
	add(3, TRACE_HYPERCALL, 7, 0, 50);
	add(4, TRACE_HYPERCALL, 8, -1, 1);
	assert_int_equal(count_of(TRACE_HYPERCALL, 7)->times, 3);
	assert_int_equal(count_of(TRACE_HYPERCALL, 7)->refused, 1);
	assert_int_equal(count_of(TRACE_HYPERCALL, 7)->cycles, 550);
	assert_int_equal(count_of(TRACE_HYPERCALL, 7)->longest, 400);
	assert_int_equal(count_of(TRACE_HYPERCALL, 8)->refused, 1);
	/* The last one stands for all that are greater; nobody else's count is touched. */
	add(5, TRACE_HYPERCALL, 0xffff, -1, 1);
	add(6, TRACE_HYPERCALL, 256, -1, 1);
	assert_int_equal(count_of(TRACE_HYPERCALL, 255)->times, 2);
	assert_int_equal(count_of(TRACE_INTERRUPT, 0)->times, 0);
	add(7, TRACE_EVENT, 7 << 8 | 255, 0, 0);
	assert_int_equal(count_of(TRACE_EVENT, 7 << 8 | 255)->times, 1);
	assert_int_equal(count_of(TRACE_RESTART, 0)->times, 0);
	/* A kind that is none is recorded and not counted. */
	add(8, 0, 0, 0, 0);
	add(9, 15, 0, 0, 0);
	assert_int_equal(ring.written, 9);
}

/* No chunks: it counts, and writes nowhere. */
static void test_counts_only(void **state)
{
	(void)state;
	ring_start(0);
	add(77, TRACE_RUN, 0, 0, 5);
	assert_int_equal(count_of(TRACE_RUN, 0)->times, 1);
	assert_int_equal(count_of(TRACE_RUN, 0)->cycles, 5);
	assert_int_equal(ring.written, 0);
	assert_int_not_equal(record_at(2, 0)->tsc, 77);
}

/* ---------------------------------------------------------------- the calling CPU's ring */

static void cpu_begin(void)
{
	static bool is_mapped;

	if (!is_mapped && mmap((void *)GATE_TRUSTED, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
				  (void *)GATE_TRUSTED)
		fail_msg("no memory where the gate is");
	is_mapped = true;
	*(struct cpu **)(GATE_TRUSTED + offsetof(struct gate_trusted, cpu)) = &cpu;
}

static void test_begin_end(void **state)
{
	struct trace trace;

	(void)state;
	cpu_begin();
	trace_rings[0] = &ring;
	ring.domain = 3;
	ring.vcpu = 2;
	trace_begin(&trace, TRACE_HYPERCALL, 9);
	trace.record.word[4] = 11;
	assert_int_equal(ring.written, 0);
	trace_end(&trace);
	trace_event(TRACE_RAISE, 1ul << 40, 12, 13);
	assert_int_equal(ring.written, 2);
	assert_int_equal(record_at(2, 0)->kind, TRACE_HYPERCALL);
	assert_int_equal(record_at(2, 0)->what, 9);
	assert_int_equal(record_at(2, 0)->domain, 3);
	assert_int_equal(record_at(2, 0)->vcpu, 2);
	assert_int_equal(record_at(2, 0)->word[4], 11);
	assert_true(record_at(2, 0)->cycles > 0);
	assert_true(record_at(2, 1)->tsc > record_at(2, 0)->tsc);
	assert_int_equal(record_at(2, 1)->what, 0xffff);
	assert_int_equal(record_at(2, 1)->word[1], 13);
	/* A long time is not a short one. */
	trace_begin(&trace, TRACE_IDLE, 0);
	trace.record.tsc -= 1ul << 33;
	trace_end(&trace);
	assert_int_equal(record_at(2, 2)->cycles, 0xffffffff);
	/* A CPU without a ring. */
	trace_rings[0] = NULL;
	trace_begin(&trace, TRACE_RUN, 0);
	trace_end(&trace);
	assert_int_equal(ring.written, 3);
}

/* ---------------------------------------------------------------- operations */

typedef u64 apply_queue(struct space *space, struct live_root *live, struct rb_pt_op *queue, u64 first, u64 count, enum rb_status *status);

/* Everything that an apply_queue may change, in a world that begins anew. */
struct outcome {
	u64 done[4], ops, refused;
	enum rb_status status[4];
	bool flush_owed;
	struct rb_pt_op queue[4][RB_QUEUE_OPS];
	u64 entries[4][PT_ENTRIES];
	struct frame frames[4];
};

static void fill(struct rb_pt_op *queue, u32 run)
{
	const u64 data = machine_address(A, 512);

	memset(queue, 0, RB_QUEUE_OPS * sizeof(*queue));
	if (run == 0) {
		for (u64 level = 1; level <= 3; level++)
			queue[level] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, PT + level, 0, 1), level };
		queue[4] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, PT + 3, 7, 1), PT + 2 };
		queue[5] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, PT + 2, 7, 1), PT + 1 };
		for (u64 i = 6; i < 40; i++)
			queue[i] = (struct rb_pt_op){ rb_op_word(i % 3 ? RB_OP_SET : RB_OP_XCHG, PT + 1, i % 5, 1), data + i * PAGE_BYTES + LEAF };
		queue[40] = (struct rb_pt_op){ rb_op_word(RB_OP_AND, PT + 1, 0, 3), ~2ul };
		queue[41] = (struct rb_pt_op){ rb_op_word(RB_OP_FLUSH, 0, 0, 1), 0 };
		queue[42] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, PT + 2, 7, 1), 0 };
	} else if (run == 1) {		/* refused in the middle */
		queue[0] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, PT + 1, 9, 1), data + LEAF };
		queue[1] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, PT + 1, 9, 1), LEAF };
		queue[2] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, PT + 1, 10, 1), data + LEAF };
	} else {			/* more than one call does */
		for (u32 i = 0; i < RB_QUEUE_OPS; i++)
			queue[i] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, PT + 1, 0, 512), run == 2 ? 0 : data + LEAF };
		queue[200] = (struct rb_pt_op){ rb_op_word(RB_OP_XCHG, PT + 1, 0, 1), 0 };
	}
}

static void run_all(apply_queue *apply, struct outcome *o)
{
	memset(o, 0, sizeof(*o));
	world_start(NULL);
	for (u32 run = 0; run < 4; run++) {
		fill(o->queue[run], run);
		o->done[run] = apply(A, &world.cpu[0], o->queue[run], run == 0, run == 1 ? 3 : run == 0 ? 42 : RB_QUEUE_OPS, &o->status[run]);
	}
	o->flush_owed = world.cpu[0].flush_owed;
	o->ops = A->pt_ops;
	o->refused = A->pt_refused;
	for (u64 i = 0; i < 4; i++) {
		memcpy(o->entries[i], table_entries(A, PT + i), PAGE_BYTES);
		o->frames[i] = *table_frame(A, PT + i);
	}
	world_end(NULL);
}

static void test_operations_same(void **state)
{
	static struct outcome plain, traced;

	(void)state;
	cpu_begin();
	trace_rings[0] = NULL;
	run_all(table_apply_queue, &plain);
	run_all(table_apply_queue_traced, &traced);
	assert_int_equal(plain.status[1], RB_OWNER);
	assert_int_equal(plain.status[2], RB_AGAIN);
	assert_memory_equal(&plain, &traced, sizeof(plain));
}

static int world_and_ring_start(void **state)
{
	u32 chunk;

	(void)state;
	world_start(state);
	memset(&ring, 0, sizeof(ring));
	assert_true(chunk_alloc(OWNER_HYPERVISOR, CHUNK_DATA, &chunk));
	trace_ring_init(&ring, 0, 0, &(u64){ chunk_address(chunk) }, 1);
	cpu_begin();
	trace_rings[0] = &ring;
	return 0;
}

static int world_and_ring_end(void **state)
{
	trace_rings[0] = NULL;
	chunk_release((u32)(ring.chunk[0] / CHUNK_BYTES));
	return world_end(state);
}

static void test_operations_recorded(void **state)
{
	const struct trace_record *records = direct_pointer(ring.chunk[0]);
	const u64 data = machine_address(A, 512);
	const u64 set = rb_op_word(RB_OP_SET, PT + 1, 9, 1), exchange = rb_op_word(RB_OP_XCHG, PT + 1, 9, 1);
	static struct rb_pt_op queue[RB_QUEUE_OPS];
	enum rb_status status;
	u64 value = 1;

	(void)state;
	assert_int_equal(table_apply_traced(A, &world.cpu[0], rb_op_word(RB_OP_TYPE, PT + 1, 0, 1), &value), RB_OK);
	queue[0] = (struct rb_pt_op){ set, data | LEAF };
	queue[1] = (struct rb_pt_op){ exchange, 0 };
	queue[2] = (struct rb_pt_op){ set, LEAF };
	assert_int_equal(table_apply_queue_traced(A, &world.cpu[0], queue, 0, 4, &status), 2);
	assert_int_equal(ring.written, 4);
	for (u64 i = 0; i < 4; i++)
		assert_int_equal(records[i].kind, TRACE_OPERATION);
	assert_int_equal(records[0].what, RB_OP_TYPE);
	assert_int_equal(records[1].word[0], set);
	assert_int_equal(records[1].word[1], data | LEAF);
	assert_int_equal(records[1].word[2], 0);
	assert_int_equal(records[2].what, RB_OP_XCHG);
	assert_int_equal(records[2].word[1], 0);
	assert_int_equal(records[2].word[2], data | LEAF);
	assert_int_equal(records[3].status, RB_OWNER);
	assert_int_equal(count_of(TRACE_OPERATION, RB_OP_SET)->times, 2);
	assert_int_equal(count_of(TRACE_OPERATION, RB_OP_SET)->refused, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_header, start),
		cmocka_unit_test_setup(test_round, start),
		cmocka_unit_test_setup(test_counts, start),
		cmocka_unit_test_setup(test_counts_only, start),
		cmocka_unit_test_setup(test_begin_end, start),
		cmocka_unit_test(test_operations_same),
		cmocka_unit_test_setup_teardown(test_operations_recorded, world_and_ring_start, world_and_ring_end),
	};

	return suite_run("trace", tests);
}
