/* SPDX-License-Identifier: GPL-2.0-only */
/* See expect.h: the calls of the page-table family. */

#include "suite.h"
#include "expect.h"

#include "race.h"

static void expect_update(const struct call *c, enum rb_status status, u64 result)
{
	status_set expected = 0;
	u64 want = 0;

	for (u64 i = 0; i < 3 && (c->arg[2 * i] || c->arg[2 * i + 1]); i++) {
		u64 value = c->arg[2 * i + 1];

		expected = oracle_apply(c->m, c->cpu, c->arg[2 * i], &value);
		if (expected) {
			want = i;
			break;
		}
		if ((c->arg[2 * i] & 63) == RB_OP_XCHG)
			want = value;
	}
	expect(c, expected, status, want, result);
}

/* A word as the hypervisor read it the first time in this call; it must not have read it again. */
static bool word_read(const struct call *c, const void *address, u64 *value)
{
	u32 found = 0;

	for (u32 i = 0; i < race_read_count; i++) {
		if (race_reads[i].address != address || race_reads[i].bytes != 8)
			continue;
		if (!found++)
			*value = race_reads[i].value;
	}
	if (found > 1 && !c->shares_page)
		fail_msg("I-15: a word of the queue was read %u times", found);
	return found;
}

static u64 cost(u64 word)
{
	return ((word >> 6 & 511) + 1) * ((word & 63) == RB_OP_TYPE ? 64 : 1);
}

static void expect_batch(const struct call *c, enum rb_status status, u64 result)
{
	status_set expected = 0;
	u64 done = 0, left = 65536;

	if (!c->queue || c->arg[0] > 255 || c->arg[1] > 256 || c->arg[0] + c->arg[1] > 256) {
		expect(c, STATUS_SET(RB_INVAL), status, 0, result);
		return;
	}
	for (; done < c->arg[1]; done++) {
		const struct rb_pt_op *op = &c->queue[c->arg[0] + done];
		u64 word, value;

		if (!word_read(c, &op->word, &word) || !word_read(c, &op->value, &value))
			fail_msg("operation %lu of a batch was not read", done);
		if (cost(word) > left && done) {
			expected = STATUS_SET(RB_AGAIN);
			break;
		}
		left -= cost(word) > left ? left : cost(word);
		expected = oracle_apply(c->m, c->cpu, word, &value);
		if (expected)
			break;
	}
	expect(c, expected, status, done, result);
}

static void expect_load(const struct call *c, enum rb_status status, u64 result)
{
	const bool is_good = c->arg[0] < 1ul << 40;

	expect(c, is_good ? oracle_load(c->m, c->vcpu, c->arg[0]) : STATUS_SET(RB_INVAL), status, 0, result);
}

static void expect_grow(const struct call *c, enum rb_status status, u64 result)
{
	if (c->m->pt_present == WORLD_PT_QUOTA)
		expect(c, STATUS_SET(RB_NOSPACE), status, 0, result);
	else {
		expect(c, 0, status, WORLD_PT_FIRST + c->m->pt_present, result);
		oracle_grow(c->m);
	}
}

static void expect_flush(const struct call *c, enum rb_status status, u64 result)
{
	const u64 top = c->arg[2] >> 47;
	status_set expected = 0;

	if (c->arg[1] > 1 || c->arg[2] % 4096 || (top != 0 && top != 0x1ffff))
		expected = STATUS_SET(RB_INVAL);
	if (c->arg[1] == RB_TLB_SCOPE_ALL && (c->arg[2] || c->arg[3]))
		expected = STATUS_SET(RB_INVAL);
	expect(c, expected, status, 0, result);
	for (int vcpu = 0; !expected && vcpu < VCPUS; vcpu++)
		if (c->arg[0] >> vcpu & 1 && vcpu == c->vcpu)
			oracle.flush[c->m->vcpu[vcpu].cpu] = true;
}

void expect_pages(const struct call *c, enum rb_status status, u64 result)
{
	switch (c->number) {
	case RB_HC_PT_UPDATE: expect_update(c, status, result); break;
	case RB_HC_PT_BATCH: expect_batch(c, status, result); break;
	case RB_HC_ROOT_LOAD: expect_load(c, status, result); break;
	case RB_HC_PT_RESERVE_GROW: expect_grow(c, status, result); break;
	default: expect_flush(c, status, result); break;
	}
}
