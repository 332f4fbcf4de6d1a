/* SPDX-License-Identifier: MIT */
/*
 * The generated dispatch against the generated vectors, and what vectors cannot say: that arguments reach the handler
 * in order, that the result is cleared, and that the operation word has the layout in the reference.
 * The handlers that are not here are made by the check: they count and return RB_OK.
 */
#include <stdio.h>
#include "dispatch.h"
#include "names.h"
#include "vectors.h"

unsigned long handled;		/* calls that reached a handler */
static unsigned long failures;
static struct hc_pt_update_args update;
static struct hc_tlb_flush_args flush;

static void expect(int holds, const char *what)
{
	if (holds)
		return;
	failures++;
	printf("# failed: %s\n", what);
}

enum rb_status hc_pt_update(struct vcpu *v, const struct hc_pt_update_args *a, uint64_t *result)
{
	(void)v;
	handled++;
	update = *a;
	*result += 7;
	return RB_BUSY;
}

enum rb_status hc_tlb_flush(struct vcpu *v, const struct hc_tlb_flush_args *a)
{
	(void)v;
	handled++;
	flush = *a;
	return RB_OK;
}

static void test_vectors(void)
{
	for (unsigned long i = 0; i < RB_NR_VECTORS; i++) {
		const struct rb_vector *t = &rb_vectors[i];
		uint64_t result = 0x5eed;
		unsigned long before = handled;
		enum rb_status status = hypercall_dispatch(0, t->nr, t->arg, &result);

		if (t->status == RB_OK) {
			expect(status == (t->nr == RB_HC_PT_UPDATE ? RB_BUSY : RB_OK), t->what);
			expect(handled == before + 1, t->what);
		} else {
			expect(status == t->status && handled == before, t->what);
			expect(result == 0, "a refused call has no result");
		}
	}
}

static void test_arguments(void)
{
	const uint64_t six[6] = { 10, 11, 12, 13, 14, 15 };
	const uint64_t four[6] = { 5, RB_TLB_SCOPE_RANGE, 0x3000, 9 };
	uint64_t result = 0x5eed;

	expect(hypercall_dispatch(0, RB_HC_PT_UPDATE, six, &result) == RB_BUSY, "the handler's status comes back");
	expect(result == 7, "the result is zero when the handler starts");
	expect(update.word0 == 10 && update.value0 == 11 && update.word1 == 12, "first three arguments");
	expect(update.value1 == 13 && update.word2 == 14 && update.value2 == 15, "last three arguments");
	expect(hypercall_dispatch(0, RB_HC_TLB_FLUSH, four, &result) == RB_OK, "four arguments are accepted");
	expect(result == 0, "a call without result gives zero");
	expect(flush.vcpu_mask == 5 && flush.scope == RB_TLB_SCOPE_RANGE && flush.address == 0x3000 && flush.pages == 9, "four arguments");
}

static void test_limits(void)
{
	/* By hand, from the reference: the vectors share a source with the dispatch. */
	const uint64_t user[6] = { 0x7fffffffe000, 0xffff880000001000 };
	const uint64_t gate[6] = { 0xffff880000001000, 0xffff87fffffff000 };
	const uint64_t kernel[6] = { 0xffff880000001000, 0xffff880000002000 };
	const uint64_t vector[6] = { 1, 31 };
	uint64_t result;

	expect(hypercall_dispatch(0, RB_HC_VCPU_SET_ENTRY, user, &result) == RB_INVAL, "an entry point in user space");
	expect(hypercall_dispatch(0, RB_HC_VCPU_SET_ENTRY, gate, &result) == RB_INVAL, "an entry point in the gate");
	expect(hypercall_dispatch(0, RB_HC_VCPU_SET_ENTRY, kernel, &result) == RB_OK, "entry points in the kernel");
	expect(hypercall_dispatch(0, RB_HC_EVENT_SEND, vector, &result) == RB_INVAL, "an exception as virtual vector");
	expect(hypercall_dispatch(0, RB_HC_INFO_VERSION | 1ULL << 32, kernel, &result) == RB_NOSYS, "the number is all 64 bits");
}

static void test_since(void)
{
	for (uint64_t nr = 0; nr < RB_NR_CALLS; nr++)
		expect(hypercall_since(nr) >> 16 == RB_ABI_MAJOR && hypercall_since(nr) <= RB_ABI_VERSION, rb_call_name(nr));
	expect(hypercall_since(RB_NR_CALLS) == 0 && hypercall_since(UINT64_MAX) == 0, "no version for no call");
}

static void test_op_word(void)
{
	const uint64_t word = rb_op_word(RB_OP_SET, 0x123456789a, 511, 512);

	expect(word == (0x123456789aULL << 24 | 511ULL << 15 | 511ULL << 6 | 2), "layout of the operation word");
	expect(rb_op_code(word) == RB_OP_SET && rb_op_frame(word) == 0x123456789a, "operation and frame");
	expect(rb_op_index(word) == 511 && rb_op_count(word) == 512, "index and count");
	expect(rb_op_word(RB_OP_NOP, 0, 0, 1) == 0, "the zero word is NOP");
}

static int is_name(const char *name, char first)
{
	return name[0] == first;
}

static void test_names(void)
{
	expect(is_name(rb_call_name(RB_HC_PT_UPDATE), 'p') && is_name(rb_call_name(RB_NR_CALLS), '?'), "names of calls");
	expect(is_name(rb_status_name(RB_BUSY), 'B') && is_name(rb_status_name(1), '?'), "names of statuses");
	expect(is_name(rb_counter_name(RB_COUNTER_BLOCKS), 'b') && is_name(rb_counter_name(RB_NR_COUNTERS), '?'), "names of counters");
	expect(is_name(rb_op_name(RB_OP_LINK), 'L') && is_name(rb_op_name(RB_NR_OPS), '?'), "names of operations");
}

int main(void)
{
	test_vectors();
	test_arguments();
	test_limits();
	test_since();
	test_op_word();
	test_names();
	printf("# %lu vectors, %lu failures\n", (unsigned long)RB_NR_VECTORS, failures);
	return failures != 0;
}
