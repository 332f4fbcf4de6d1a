/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I-15 in the vCPU page and in what a domain writes to its console: the real functions, as the hypervisor's compiler makes them, while
 * the guest changes the words between any two reads.
 *
 * For each case: how often each word is read, which must be as the table says, once but where two decisions are made. And where
 * it is once, for a set of values: stored just before the read, with all that was read before spoilt, the value acts as if it
 * had been there from the start.
 */
#include <string.h>
#include "abi/generated/dispatch.h"
#include "access.h"
#include "dev/io.h"
#include "dev/serial.h"
#include "guest.h"
#include "report.h"
#include "vm/event.h"
#include "x86/direct.h"

u8 io_sent[256];
u32 io_sent_count;

#define IP_START	0xffffffff81000000
#define IP_END		0xffffffff81000040

enum { ENABLED = RB_VCPU_PAGE_EVENTS_ENABLED, PENDING = RB_VCPU_PAGE_PENDING, KERNEL_SP = RB_VCPU_PAGE_KERNEL_SP,
       VECTORS = RB_VCPU_PAGE_PENDING_VECTORS, VERSION = RB_VCPU_PAGE_TIME, RUN_VERSION = RB_VCPU_PAGE_RUN };

struct field {
	u16 offset;
	u8 reads;
};

struct page_case {
	const char *name;
	u64 (*run)(void);
	u16 cs;
	u64 rip;
	u8 enabled, pending;
	u64 vectors[4];
	struct field fields[8];		/* those that are read; offset 0xffff ends the list */
};

#define END { 0xffff, 0 }

static u64 run_deliver(void)
{
	return event_deliver(&guest_vcpu);
}

static u64 run_deliverable(void)
{
	return event_deliverable(&guest_vcpu);
}

static u64 run_inject(void)
{
	event_inject(&guest_vcpu, RB_EVENT_TYPE_EXCEPTION << 16 | 13, 0, 0);
	return 0;
}

static u64 run_bad_stack(void)
{
	guest_vcpu.emergency_sp = 0xffffffff80001000;
	return event_bad_stack(&guest_vcpu, 7);
}

static u64 run_raise(void)
{
	event_raise(&guest_vcpu, 77);
	return 0;
}

static u64 run_block(void)
{
	return (u64)hc_sched_block(&guest_vcpu) | (u64)run_state(&guest_vcpu.run) << 32;
}

static u64 run_wait(void)
{
	return (u64)hc_sched_wait(&guest_vcpu) | (u64)run_state(&guest_vcpu.run) << 32;
}

static const struct page_case cases[] = {
	{ "delivery to a program", run_deliver, SEL_USER_CS, 0x401000, 0, 1, { 0, 1ul << 3, 0, 1ul << 40 },
	  { { PENDING, 1 }, { VECTORS + 24, 1 }, { VECTORS + 16, 1 }, { VECTORS + 8, 1 }, { KERNEL_SP, 1 }, END } },
	{ "delivery to the kernel", run_deliver, SEL_KERNEL_CS, 0xffffffff82000000, 1, 1, { 0, 1ul << 3, 0, 0 },
	  { { PENDING, 1 }, { ENABLED, 1 }, { VECTORS + 24, 1 }, { VECTORS + 16, 1 }, { VECTORS + 8, 1 }, { VECTORS, 1 }, END } },
	{ "no delivery to the kernel with events disabled", run_deliver, SEL_KERNEL_CS, 0xffffffff82000000, 0, 1, { 0, 1ul << 3, 0, 0 },
	  { { PENDING, 1 }, { ENABLED, 1 }, END } },
	{ "the restartable range", run_deliver, SEL_KERNEL_CS, IP_START + 8, 1, 1, { 0, 1ul << 3, 0, 0 }, { { PENDING, 1 }, END } },
	{ "nothing to deliver", run_deliver, SEL_KERNEL_CS, 0xffffffff82000000, 1, 0, { 0, 0, 0, 0 }, { { PENDING, 1 }, END } },
	{ "the look after a call", run_deliverable, SEL_KERNEL_CS, 0xffffffff82000000, 1, 1, { 0, 0, 0, 0 },
	  { { PENDING, 1 }, { ENABLED, 1 }, END } },
	{ "an exception for a program", run_inject, SEL_USER_CS, 0x401000, 1, 1, { 0, 0, 0, 0 }, { { KERNEL_SP, 1 }, END } },
	{ "an exception for the kernel", run_inject, SEL_KERNEL_CS, 0xffffffff82000000, 1, 1, { 0, 0, 0, 0 }, { { ENABLED, 1 }, END } },
	{ "the emergency stack", run_bad_stack, SEL_USER_CS, 0x401000, 1, 1, { 0, 0, 0, 0 }, { { KERNEL_SP, 1 }, END } },
	{ "raising a vector", run_raise, SEL_KERNEL_CS, 0xffffffff82000000, 1, 0, { 0, 0, 0, 0 }, { END } },
	/* Two decisions: to wait at all; and, once the vCPU can be woken, whether it must be. */
	{ "waiting", run_block, SEL_KERNEL_CS, 0xffffffff82000000, 1, 0, { 0, 0, 0, 0 }, { { PENDING, 2 }, { RUN_VERSION, 1 }, END } },
	{ "waiting with events as they are", run_wait, SEL_KERNEL_CS, 0xffffffff82000000, 0, 0, { 0, 0, 0, 0 }, { { PENDING, 2 }, { RUN_VERSION, 1 }, END } },
	{ "waiting with a vector pending", run_block, SEL_KERNEL_CS, 0xffffffff82000000, 1, 1, { 0, 1ul << 3, 0, 0 }, { { PENDING, 1 }, END } },
};

struct trial {
	const struct page_case *c;
	struct access_plan plan;
	s32 replaced;		/* offset of a word that has another value from the start; -1: none */
	u64 value;
};

struct outcome {
	u64 answer, digest;
	struct access_log log;
};

/* These are changed by locked instructions, after they were read, so a change in between shows in what is written. */
static bool is_vectors(u16 offset)
{
	return offset >= VECTORS && offset < VECTORS + 32;
}

/* The flags at the page's start are bytes, each with a reader of its own. */
static u32 bytes_at(u16 offset)
{
	return offset < 8 ? 1 : 8;
}

static u64 digest_of(const void *memory, u64 bytes, u64 digest)
{
	const u64 *words = memory;

	for (u64 i = 0; i < bytes / 8; i++)
		digest = digest_add(digest, words[i]);
	return digest;
}

static void run(void *argument, void *result)
{
	const struct trial *t = argument;
	struct outcome *o = result;
	struct rb_vcpu_page *page = guest_vcpu.page;

	guest_vcpu.regs = (struct regs){ .cs = t->c->cs, .rip = t->c->rip, .rsp = 0xffffffff80004000, .flags = 0x246 };
	guest_vcpu.range_start = IP_START;
	guest_vcpu.range_end = IP_END;
	memset(page, 0, PAGE_BYTES);
	page->events_enabled = t->c->enabled;
	page->pending = t->c->pending;
	page->kernel_sp = 0xffffffff80008000;
	memcpy(page->pending_vectors, t->c->vectors, sizeof(page->pending_vectors));
	if (t->replaced >= 0)
		memcpy((u8 *)page + t->replaced, &t->value, bytes_at((u16)t->replaced));
	access_begin(page, PAGE_BYTES, &t->plan, &o->log);
	o->answer = t->c->run();
	access_end();
	o->digest = digest_of(&guest_vcpu.regs, sizeof(guest_vcpu.regs), 1);
	o->digest = digest_of((void *)GATE_SCRATCH, sizeof(struct gate_scratch), o->digest);
}

static struct outcome try(const struct trial *t)
{
	static struct outcome outcome;

	guest_try(run, (void *)t, &outcome, sizeof(outcome));
	return outcome;
}

static u8 reads_allowed(const struct page_case *c, u16 offset)
{
	for (u32 i = 0; c->fields[i].offset != 0xffff; i++)
		if (c->fields[i].offset == offset)
			return c->fields[i].reads;
	return 0;
}

static void check_reads(const struct page_case *c, const struct outcome *o)
{
	for (u32 i = 0; i < o->log.count; i++) {
		const u16 offset = o->log.access[i].offset;
		u32 reads = 0;

		if (o->log.access[i].is_write)
			continue;
		for (u32 j = 0; j < o->log.count; j++)
			reads += o->log.access[j].offset == offset && !o->log.access[j].is_write;
		if (reads > reads_allowed(c, offset))
			fail("the word at %#x is read %u times: must be at most %u", offset, reads, reads_allowed(c, offset));
	}
	for (u32 i = 0; c->fields[i].offset != 0xffff; i++) {
		u32 reads = 0;

		for (u32 j = 0; j < o->log.count; j++)
			reads += o->log.access[j].offset == c->fields[i].offset && !o->log.access[j].is_write;
		if (reads != c->fields[i].reads)
			fail("the word at %#x is read %u times: must be %u", c->fields[i].offset, reads, c->fields[i].reads);
	}
}

/* The same but for what stands beside a bit that was changed: the others' business. */
static bool is_same(const struct outcome *a, const struct outcome *b)
{
	u32 writes_a = 0, writes_b = 0;

	for (u32 i = 0; i < a->log.count; i++)
		writes_a += a->log.access[i].is_write;
	for (u32 i = 0; i < b->log.count; i++)
		writes_b += b->log.access[i].is_write;
	return a->answer == b->answer && a->digest == b->digest && writes_a == writes_b;
}

static u32 compare(const struct page_case *c, s32 read, u16 offset, u64 value)
{
	const struct trial changed = { c, { read, value, .spoil = true, .keeps = is_vectors, .bytes = bytes_at }, -1, 0 };
	const struct trial same = { c, { .before_read = -1 }, offset, value };
	const struct outcome was_changed = try(&changed), was_same = try(&same);

	if (!is_same(&was_changed, &was_same))
		fail("%#lx at offset %#x before read %d: answer %lx, digest %lx; from the start: answer %lx, digest %lx", value, offset, read,
		     was_changed.answer, was_changed.digest, was_same.answer, was_same.digest);
	return 2;
}

static void test_case(const struct page_case *c)
{
	static const u64 values[] = { 0, 1, 2, 0xff, ~0ul, 0x100000001, 1ul << 63 | 1, RB_GATE_END + 1, RB_GATE_START + 1, 1ul << 47 | 1 };
	const struct trial plain = { c, { .before_read = -1 }, -1, 0 };
	const struct outcome o = try(&plain);
	u32 trials = 1;
	s32 read = 0;

	check_reads(c, &o);
	for (u32 i = 0; i < o.log.count && !report_bad; i++) {
		const struct access *a = &o.log.access[i];

		/* The version is followed by another look at `pending`, which changes with it. */
		if (a->is_write || a->offset == RUN_VERSION)
			continue;
		/* Where a wait begins because `pending` is clear, the second decision follows, and has its case. */
		for (u32 j = c->run == run_block || c->run == run_wait; j < ARRAY_COUNT(values) && reads_allowed(c, a->offset) == 1; j++)
			trials += compare(c, read, a->offset, values[j]);
		read++;
	}
	report("vCPU page, %s: %d reads; %u trials", c->name, read, trials);
}

/* ---- bytes for the console */

static const char text[] = "a line\nof the guest's, longer than what the transmitter takes";

static void run_write(void *argument, void *result)
{
	const struct access_plan *plan = argument;
	const struct hc_console_write_args args = { .address = 2 * PAGE_BYTES + 100, .bytes = sizeof(text) };
	struct outcome *o = result;
	u64 written;

	memcpy((u8 *)guest_vcpu.queue + 100, text, sizeof(text));
	access_begin(guest_vcpu.queue, PAGE_BYTES, plan, &o->log);
	hc_console_write(&guest_vcpu, &args, &written);
	access_end();
	o->answer = written;
	o->digest = (u64)memcmp(io_sent, text, written);
}

static void test_console(void)
{
	const struct access_plan plan = { .before_read = -1 };
	static struct outcome o;

	serial_init();
	io_sent_count = 0;
	guest_try(run_write, (void *)&plan, &o, sizeof(o));
	if (!o.log.count || o.digest || !o.answer)
		fail("%u accesses for %lu bytes, digest %lx", o.log.count, o.answer, o.digest);
	/* A string instruction is one access, where it begins: who reads a second time goes back. */
	for (u32 i = 0; i < MIN(o.log.count, (u32)ACCESS_MAX); i++)
		if (o.log.access[i].is_write || o.log.access[i].offset < 100 + i || (i && o.log.access[i].offset <= o.log.access[i - 1].offset))
			fail("access %u is at %u", i, o.log.access[i].offset);
	report("console: %lu bytes, each read once", o.answer);
}

int main(void)
{
	guest_start();
	for (u32 i = 0; i < ARRAY_COUNT(cases); i++)
		test_case(&cases[i]);
	test_console();
	return report_failures != 0;
}
