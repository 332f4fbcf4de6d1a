/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every page-table operation: alone, by register; many of them in the queue; and one that does many entries. Batches of more than the queue's 256
 * operations take two calls. Then the calls that take roots, and what a table costs that is made and taken away again.
 */
#include "measure.h"

#define MOST 512u
#define LEAF (GUEST_PRESENT | GUEST_WRITE | GUEST_ACCESSED | GUEST_DIRTY)
#define ALL_TABLES 64u		/* of the batch that makes tables */

static struct rb_pt_op *queue;
static uint64_t leaves, upper;		/* a table of level 1, and one of level 2 */
static uint64_t tables;			/* the first of MOST of level 1 in a row, to be linked into it */
static uint64_t fresh;			/* the first of MOST frames in a row that nobody has used */
static uint64_t machine;		/* address of a chunk of ours */
static uint64_t roots[2];		/* user roots with three entries each; the first is loaded */
static uint64_t lower;			/* a table of level 3, to be linked into one */

/* An operation, as it is at place i of a batch. */
struct shape {
	const char *call, *variant;
	enum rb_op op;
	const uint64_t *frame;		/* the table, or the first frame for TYPE */
	const uint64_t *base;		/* the value is *base + bits + i * step */
	uint64_t bits, step;
	void (*before)(void *);		/* brings everything into the state where the operation does something */
	bool has_runs;			/* one operation can do many entries or frames */
	unsigned rounds;		/* as in struct work */
};

struct batch {
	const struct shape *shape;
	unsigned count;			/* operations, or entries of one operation */
};

static uint64_t word_of(const struct shape *shape, unsigned i, unsigned count)
{
	switch (shape->op) {
	case RB_OP_NOP:
		return 0;
	case RB_OP_FLUSH:
		return rb_op_word(RB_OP_FLUSH, 0, shape->step != 0, count);
	case RB_OP_TYPE:
		return rb_op_word(RB_OP_TYPE, *shape->frame + i, 0, count);
	default:
		return rb_op_word(shape->op, *shape->frame, i, count);
	}
}

static uint64_t value_of(const struct shape *shape, unsigned i)
{
	return (shape->base ? *shape->base : 0) + shape->bits + i * shape->step;
}

/* ---------------- states to begin from */
static void leaves_set(void *argument)
{
	guest_must(guest_op(RB_OP_SET, leaves, 0, MOST, machine | LEAF));
}

static void leaves_clear(void *argument)
{
	guest_must(guest_op(RB_OP_SET, leaves, 0, MOST, 0));
}

static void upper_clear(void *argument)
{
	guest_must(guest_op(RB_OP_SET, upper, 0, MOST, 0));
}

static void upper_link(void *argument)
{
	upper_clear(NULL);
	for (unsigned i = 0; i < MOST; i++)
		guest_must(guest_op(RB_OP_LINK, upper, i, 1, tables + i));
}

static void fresh_take(void *argument)
{
	unsigned in_row = 0;

	while (in_row < MOST) {
		uint64_t frame = guest_frame();

		in_row = in_row && frame == fresh + in_row ? in_row + 1 : 1;
		if (in_row == 1)
			fresh = frame;
	}
}

/* ---------------- batches */
static void queue_fill(const struct batch *batch, unsigned from)
{
	for (unsigned i = 0; i < RB_QUEUE_OPS && from + i < batch->count; i++)
		queue[i] = (struct rb_pt_op){ word_of(batch->shape, from + i, 1), value_of(batch->shape, from + i) };
}

static void batch_prepare(void *argument)
{
	const struct batch *batch = argument;

	if (batch->shape->before)
		batch->shape->before(NULL);
	queue_fill(batch, 0);
}

static long queue_apply(unsigned count)
{
	uint64_t done;

	return rb_pt_batch(0, count, &done);
}

static long batch_body(void *argument)
{
	return queue_apply(((const struct batch *)argument)->count);
}

static long two_calls_body(void *argument)
{
	long status = queue_apply(RB_QUEUE_OPS);
	uint64_t start = clock_read();

	queue_fill(argument, RB_QUEUE_OPS);
	measure_exclude(clock_read() - start);
	return status ? status : queue_apply(MOST - RB_QUEUE_OPS);
}

static uint64_t one_word, one_value;

static void one_prepare(void *argument)
{
	const struct batch *batch = argument;

	if (batch->shape->before)
		batch->shape->before(NULL);
	one_word = word_of(batch->shape, 0, batch->count);
	one_value = value_of(batch->shape, 0);
}

static long one_body(void *argument)
{
	uint64_t result;

	return rb_pt_update(one_word, one_value, 0, 0, 0, 0, &result);
}

static void measure_batch(const struct shape *shape, const char *how, unsigned count, void (*prepare)(void *), long (*body)(void *))
{
	struct batch batch = { shape, count };
	char variant[64];
	size_t used = strlen(shape->variant);

	memcpy(variant, shape->variant, used);
	memcpy(variant + used, how, strlen(how) + 1);
	measure(&(struct work){ shape->call, variant, count, shape->rounds, body, &batch, prepare, NULL, RB_OK });
}

static void measure_shape(const struct shape *shape)
{
	measure_batch(shape, "; by register", 1, one_prepare, one_body);
	measure_batch(shape, "; 1 in the queue", 1, batch_prepare, batch_body);
	measure_batch(shape, "; 8 in the queue", 8, batch_prepare, batch_body);
	measure_batch(shape, "; 64 in the queue", 64, batch_prepare, batch_body);
	measure_batch(shape, "; 512 in two queues", MOST, batch_prepare, two_calls_body);
	if (shape->has_runs) {
		measure_batch(shape, "; a run of 8", 8, one_prepare, one_body);
		measure_batch(shape, "; a run of 64", 64, one_prepare, one_body);
		measure_batch(shape, "; a run of 512", MOST, one_prepare, one_body);
	}
}

static const struct shape shapes[] = {
	{ "op.NOP", "nothing", RB_OP_NOP },
	{ "op.SET", "a page", RB_OP_SET, &leaves, &machine, LEAF, GUEST_PAGE, leaves_clear, true },
	{ "op.SET", "zero over a page", RB_OP_SET, &leaves, NULL, 0, 0, leaves_set, true },
	{ "op.SET", "a large page", RB_OP_SET, &upper, &machine, LEAF | GUEST_LARGE, 0, upper_clear },
	{ "op.SET", "zero over a link", RB_OP_SET, &upper, NULL, 0, 0, upper_link, true },
	{ "op.LINK", "a table of level 1", RB_OP_LINK, &upper, &tables, 0, 1, upper_clear },
	{ "op.AND", "write-protect", RB_OP_AND, &leaves, NULL, ~GUEST_WRITE, 0, leaves_set, true },
	{ "op.XCHG", "a page for a page", RB_OP_XCHG, &leaves, &machine, LEAF, GUEST_PAGE, leaves_set },
	{ "op.TYPE", "a used frame, 512 of it zeroing", RB_OP_TYPE, &tables, NULL, 1, 0, upper_clear, true },
	{ "op.FLUSH", "a page", RB_OP_FLUSH, NULL, NULL, 0x400000, GUEST_PAGE },
	{ "op.FLUSH", "all", RB_OP_FLUSH },
};

/* A few rounds only: a frame is fresh once. */
static void measure_fresh(void)
{
	const struct shape shape = { "op.TYPE", "a fresh frame", RB_OP_TYPE, &fresh, NULL, 1, 0, fresh_take, true, 2 };

	measure_batch(&shape, "; by register", 1, one_prepare, one_body);
	measure_batch(&shape, "; 64 in the queue", 64, batch_prepare, batch_body);
	measure_batch(&shape, "; a run of 512", MOST, one_prepare, one_body);
}

/* ---------------- a loaded root */
static void root_link(void *argument)
{
	guest_must(guest_op(RB_OP_LINK, roots[0], 200, 1, lower));
}

static void root_unlink(void *argument)
{
	guest_must(guest_op(RB_OP_SET, roots[0], 200, 1, 0));
}

static long root_link_body(void *argument)
{
	return guest_op(RB_OP_LINK, roots[0], 200, 1, lower);
}

static long root_unlink_body(void *argument)
{
	return guest_op(RB_OP_SET, roots[0], 200, 1, 0);
}

static void root_first(void *argument)
{
	guest_must(rb_root_load(roots[0]));
}

static long root_load_body(void *argument)
{
	return rb_root_load(*(const uint64_t *)argument);
}

static void roots_make(void)
{
	for (unsigned i = 0; i < 2; i++) {
		roots[i] = guest_table(4);
		for (uint64_t slot = 0; slot < 3; slot++)
			guest_must(guest_op(RB_OP_LINK, roots[i], (170 + 85 * slot + i) % 256, 1, guest_table(3)));
	}
	lower = guest_table(3);
	root_first(NULL);
}

/* ---------------- tables made and taken away, in one batch: TYPE a run, LINK each, SET zero over all links */
static const uint64_t *made;

static void make_prepare(void *argument)
{
	made = argument;
	if (made == &fresh)
		fresh_take(NULL);
	upper_clear(NULL);
	queue[0] = (struct rb_pt_op){ rb_op_word(RB_OP_TYPE, *made, 0, ALL_TABLES), 1 };
	for (unsigned i = 0; i < ALL_TABLES; i++)
		queue[1 + i] = (struct rb_pt_op){ rb_op_word(RB_OP_LINK, upper, i, 1), *made + i };
	queue[1 + ALL_TABLES] = (struct rb_pt_op){ rb_op_word(RB_OP_SET, upper, 0, ALL_TABLES), 0 };
}

static long make_body(void *argument)
{
	return queue_apply(ALL_TABLES + 2);
}

/* The same with tables that were kept when they were taken away: nothing to type. */
static long remake_body(void *argument)
{
	uint64_t done;

	return rb_pt_batch(1, ALL_TABLES + 1, &done);
}

static long update_none(void *argument)
{
	uint64_t result;

	return rb_pt_update(0, 0, 0, 0, 0, 0, &result);
}

static long update_three(void *argument)
{
	uint64_t result;

	return rb_pt_update(rb_op_word(RB_OP_SET, leaves, 0, 1), machine | LEAF, rb_op_word(RB_OP_SET, leaves, 1, 1), machine | LEAF,
			    rb_op_word(RB_OP_SET, leaves, 2, 1), machine | LEAF, &result);
}

static long reserve_grow(void *argument)
{
	uint64_t chunk;

	return rb_pt_reserve_grow(&chunk);
}

static const struct work works[] = {
	{ .call = "pt_update", .variant = "no operation", .body = update_none },
	{ .call = "pt_update", .variant = "3 SETs of a page", .operations = 3, .body = update_three },
	{ .call = "pt_batch", .variant = "no operation", .body = batch_body, .argument = &(struct batch){ NULL, 0 } },
	{ .call = "op.LINK", .variant = "into a loaded root; by register", .body = root_link_body, .finish = root_unlink },
	{ .call = "op.SET", .variant = "zero over a link in a loaded root; by register", .body = root_unlink_body, .prepare = root_link },
	{ .call = "root_load", .variant = "the loaded one", .body = root_load_body, .argument = &roots[0] },
	{ .call = "root_load", .variant = "another, 3 entries each", .body = root_load_body, .argument = &roots[1], .finish = root_first },
	{ .call = "path.table", .variant = "made and unmade, fresh", .operations = ALL_TABLES, .rounds = 2, .body = make_body, .argument = &fresh,
	  .prepare = make_prepare },
	{ .call = "path.table", .variant = "made and unmade, used, 512 of it zeroing", .operations = ALL_TABLES, .body = make_body, .argument = &tables,
	  .prepare = make_prepare },
	{ .call = "path.table", .variant = "linked and unlinked, kept", .operations = ALL_TABLES, .body = remake_body, .argument = &tables,
	  .prepare = make_prepare },
	/* Last: a chunk that the library does not know of. */
	{ .call = "pt_reserve_grow", .variant = "262144 of it zeroing", .rounds = 2, .body = reserve_grow },
};

void measure_tables(void)
{
	queue = guest_pointer(guest_start->queue_page);
	machine = guest_machine(guest_chunk());
	leaves = guest_table(1);
	upper = guest_table(2);
	roots_make();
	fresh_take(NULL);
	tables = fresh;
	guest_must(guest_op(RB_OP_TYPE, tables, 0, MOST, 1));
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		measure_shape(&shapes[i]);
	measure_fresh();
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		measure(&works[i]);
}
