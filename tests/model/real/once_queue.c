/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I-15 in the batch of page-table operations: hc_pt_batch() as the hypervisor's compiler makes it, while the guest changes the
 * queue page between any two reads.
 *
 * For several batches: each word of the operations that were looked at is read once, as 8 bytes, in order, and no other word.
 * And for each read and a set of values: if the guest stores the value just before that read, and spoils each word after it was
 * read, all is as if the value had been there from the start and nothing had changed: answer, tables, records, live root, and
 * what is written into the queue.
 */
#include <err.h>
#include <string.h>
#include "abi/generated/dispatch.h"
#include "access.h"
#include "guest.h"
#include "report.h"
#include "x86/direct.h"

#define FIRST	3	/* the batch does not begin with the page */
#define OPS_MAX	20

struct batch {
	const char *name;
	u32 count;
	struct rb_pt_op op[OPS_MAX];
};

struct trial {
	const struct batch *batch;
	struct access_plan plan;
	s32 replaced;		/* word of the batch that has another value from the start; -1: none */
	u64 value;
};

struct outcome {
	enum rb_status status;
	u64 done, digest;
	struct access_log log;
};

_Static_assert(sizeof(struct outcome) <= PAGE_BYTES, "fits what guest_try copies");

static u64 data;	/* machine address of DATA */

static struct rb_pt_op op(u64 code, u64 frame, u64 index, u64 count, u64 value)
{
	return (struct rb_pt_op){ rb_op_word(code, frame, index, count), value };
}

static void run(void *argument, void *result)
{
	const struct trial *t = argument;
	const struct hc_pt_batch_args args = { .first = FIRST, .count = t->batch->count };
	struct outcome *outcome = result;

	memcpy(&guest_vcpu.queue[FIRST], t->batch->op, t->batch->count * sizeof(struct rb_pt_op));
	if (t->replaced >= 0)
		((u64 *)&guest_vcpu.queue[FIRST])[t->replaced] = t->value;
	access_begin(guest_vcpu.queue, PAGE_BYTES, &t->plan, &outcome->log);
	outcome->status = hc_pt_batch(&guest_vcpu, &args, &outcome->done);
	access_end();
	outcome->digest = guest_digest();
}

static struct outcome try(const struct trial *t)
{
	static struct outcome outcome;

	guest_try(run, (void *)t, &outcome, sizeof(outcome));
	return outcome;
}

/* Are the reads the words of the operations, in order, each once? How many there are. */
static u32 check_reads(const struct batch *b, const struct outcome *o)
{
	const u32 expected = 2 * (u32)MIN(o->done + 1, b->count);
	u32 reads = 0;

	if (o->log.count > ACCESS_MAX)
		fail("%u accesses", o->log.count);
	for (u32 i = 0; i < MIN(o->log.count, (u32)ACCESS_MAX); i++) {
		const struct access *a = &o->log.access[i];

		if (a->is_write)
			continue;
		if (a->offset != FIRST * sizeof(struct rb_pt_op) + reads * 8)
			fail("read %u is at offset %#x of the queue", reads, a->offset);
		reads++;
	}
	if (reads != expected)
		fail("%u reads for %lu operations done: must be %u", reads, o->done, expected);
	return reads;
}

/* Do both come to the same? Reads apart: they are checked above. */
static bool is_same(const struct outcome *a, const struct outcome *b)
{
	u32 i = 0, j = 0;

	if (a->status != b->status || a->done != b->done || a->digest != b->digest)
		return false;
	for (;; i++, j++) {
		while (i < a->log.count && !a->log.access[i].is_write)
			i++;
		while (j < b->log.count && !b->log.access[j].is_write)
			j++;
		if (i == a->log.count || j == b->log.count)
			return i == a->log.count && j == b->log.count;
		if (a->log.access[i].offset != b->log.access[j].offset || a->log.access[i].value != b->log.access[j].value)
			return false;
	}
}

static u32 compare(const struct batch *b, s32 read, u64 value)
{
	const struct trial changed = { b, { .before_read = read, .value = value, .spoil = true }, -1, 0 };
	const struct trial same = { b, { .before_read = -1 }, read, value };
	const struct outcome was_changed = try(&changed), was_same = try(&same);

	if (!is_same(&was_changed, &was_same))
		fail("%#lx stored before read %d: status %d, %lu done, digest %lx; from the start: status %d, %lu done, digest %lx",
		     value, read, was_changed.status, was_changed.done, was_changed.digest, was_same.status, was_same.done, was_same.digest);
	return 2;
}

static void test_batch(const struct batch *b, bool is_long)
{
	const struct trial plain = { b, { .before_read = -1 }, -1, 0 }, spoilt = { b, { .before_read = -1, .spoil = true }, -1, 0 };
	const struct outcome expected = try(&plain), o = try(&spoilt);
	const u64 values[] = {
		0, ~0ul, data | 0x63, guest_machine(&guest_other, 0) | 0x63, guest_machine(&guest_domain.space, PT) | 0x63, PT + 1,
		rb_op_word(RB_OP_SET, PT + 1, 511, 1), rb_op_word(RB_OP_TYPE, PT + 2, 0, 1), rb_op_word(RB_OP_XCHG, PT + 1, 9, 1),
		rb_op_word(RB_OP_LINK, PT + 4, 200, 1), rb_op_word(RB_OP_SET, PT_FRAMES + PT, 0, 1), rb_op_word(RB_OP_AND, PT + 1, 0, 512),
	};
	u32 reads, trials = 2;

	if (!is_same(&expected, &o))
		fail("words that change after they were read change the outcome");
	reads = check_reads(b, &o);
	for (u32 read = 0; read < reads && !report_bad; read++) {
		for (u32 i = 0; i < ARRAY_COUNT(values) && !report_bad; i++)
			trials += compare(b, (s32)read, values[i]);
		for (u32 i = 0; is_long && i < 2 * b->count && !report_bad; i++)
			trials += compare(b, (s32)read, ((const u64 *)b->op)[i]);
	}
	report("queue, %s: status %d after %lu operations, %u reads, each once; %u trials", b->name, o.status, o.done, reads, trials);
}

/* Tables that the batches work on: one of each level, a root that is loaded. */
static void tables_make(void)
{
	const struct rb_pt_op ops[] = {
		op(RB_OP_TYPE, PT + 1, 0, 1, 1), op(RB_OP_TYPE, PT + 2, 0, 1, 2), op(RB_OP_TYPE, PT + 3, 0, 1, 3),
		op(RB_OP_TYPE, PT + 4, 0, 2, 4), op(RB_OP_SET, PT + 1, 8, 4, data | 0x63),
	};
	u64 done;

	memcpy(guest_vcpu.queue, ops, sizeof(ops));
	if (hc_pt_batch(&guest_vcpu, &(struct hc_pt_batch_args){ 0, ARRAY_COUNT(ops) }, &done) != RB_OK)
		errx(2, "the first tables");
	if (hc_root_load(&guest_vcpu, &(struct hc_root_load_args){ PT + 4 }) != RB_OK)
		errx(2, "the first root");
}

int main(int argc, char **argv)
{
	const bool is_long = argc > 1 && !strcmp(argv[1], "--long");
	u64 foreign;

	guest_start();
	data = guest_machine(&guest_domain.space, 512);
	foreign = guest_machine(&guest_other, 0);
	tables_make();
	const struct batch batches[] = {
		{ "every operation", 14, {
			op(RB_OP_TYPE, PT + 10, 0, 2, 1), op(RB_OP_SET, PT + 1, 5, 1, data | 0x63), op(RB_OP_SET, PT + 1, 100, 64, data | 0x63),
			op(RB_OP_SET, PT + 2, 3, 1, data | 0xe3), op(RB_OP_LINK, PT + 2, 7, 1, PT + 10), op(RB_OP_AND, PT + 1, 5, 1, ~2ul),
			op(RB_OP_XCHG, PT + 1, 100, 1, data | 0x61), op(RB_OP_LINK, PT + 3, 0, 1, PT + 2), op(RB_OP_LINK, PT + 4, 9, 1, PT + 3),
			op(RB_OP_SET, PT + 2, 7, 1, 0), op(RB_OP_FLUSH, 0, 1, 2, 0x1000), op(RB_OP_XCHG, PT + 2, 3, 1, 0),
			op(RB_OP_SET, PT + 4, 9, 1, 0), op(RB_OP_NOP, 0, 0, 1, 0) } },
		{ "refused in the middle", 5, {
			op(RB_OP_SET, PT + 1, 5, 1, data | 0x63), op(RB_OP_XCHG, PT + 1, 6, 1, data | 0x63),
			op(RB_OP_SET, PT + 1, 7, 1, foreign | 0x63), op(RB_OP_SET, PT + 1, 8, 1, 0), op(RB_OP_NOP, 0, 0, 1, 0) } },
		{ "more than one call may do", 4, {
			op(RB_OP_TYPE, PT + 16, 0, 512, 1), op(RB_OP_TYPE, PT + 528, 0, 400, 2), op(RB_OP_TYPE, PT + 16, 0, 512, 2),
			op(RB_OP_TYPE, PT + 16, 0, 512, 3) } },
	};

	for (u32 i = 0; i < ARRAY_COUNT(batches); i++)
		test_batch(&batches[i], is_long);
	return report_failures != 0;
}
