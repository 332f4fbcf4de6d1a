/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings of records and counts; see trace.h. */
#include "mm/trace.h"

#include "lib/ensure.h"
#include "lib/string.h"
#include "x86/cpu.h"
#include "x86/direct.h"

_Static_assert(sizeof(struct trace_record) == 64, "tools/trace knows the layout");
_Static_assert(offsetof(struct trace_ring, first) == 64 && offsetof(struct trace_ring, chunk) == 136 &&
	       offsetof(struct trace_ring, counts) == PAGE_BYTES, "tools/trace knows the layout");

struct trace_ring *trace_rings[CPUS_MAX];

/* How many different `what` are counted of each kind; the last one stands for all that are greater. */
static const u16 counted[TRACE_KINDS] = {
	[TRACE_HYPERCALL] = 256,
	[TRACE_INTERRUPT] = 256,
	[TRACE_IDLE_INTERRUPT] = 256,
	[TRACE_EXCEPTION] = 512,
	[TRACE_EVENT] = 8 * 256,	/* types 0 to 7 */
	[TRACE_RESTART] = 1,
	[TRACE_RUN] = 1,
	[TRACE_IDLE] = 1,
	[TRACE_OPERATION] = 64,
	[TRACE_FLUSH] = 1,
	[TRACE_RAISE] = 256,
};

void trace_ring_init(struct trace_ring *ring, u32 cpu, u64 address, const u64 *chunks, u32 chunk_count)
{
	ENSURE(chunk_count <= TRACE_CHUNKS_MAX);
	memcpy(ring->magic, TRACE_MAGIC, sizeof(ring->magic));
	ring->address = address;
	ring->version = TRACE_VERSION;
	ring->record_bytes = sizeof(struct trace_record);
	ring->cpu = cpu;
	ring->domain = ring->vcpu = TRACE_NOBODY;
	for (u32 kind = 0; kind < TRACE_KINDS; kind++)
		ring->first[kind + 1] = ring->first[kind] + counted[kind];
	ENSURE(ring->first[TRACE_KINDS] <= TRACE_COUNTS);
	memcpy(ring->chunk, chunks, chunk_count * sizeof(*chunks));
	ring->chunk_count = chunk_count;
}

static void count(struct trace_ring *ring, const struct trace_record *record)
{
	struct trace_count *c;

	if (!counted[record->kind])
		return;
	c = &ring->counts[ring->first[record->kind] + MIN(record->what, counted[record->kind] - 1u)];
	c->times++;
	c->refused += record->status != 0;
	c->cycles += record->cycles;
	c->longest = MAX(c->longest, record->cycles);
}

void trace_ring_add(struct trace_ring *ring, const struct trace_record *record)
{
	const u64 place = ring->written;
	struct trace_record *records;

	count(ring, record);
	if (!ring->chunk_count)
		return;
	records = direct_pointer(ring->chunk[place / TRACE_RECORDS_PER_CHUNK % ring->chunk_count]);
	records[place % TRACE_RECORDS_PER_CHUNK] = *record;
	/* Who looks while the machine runs sees whole records. */
	__atomic_store_n(&ring->written, place + 1, __ATOMIC_RELEASE);
}

void trace_begin(struct trace *trace, enum trace_kind kind, u64 what)
{
	const u32 cpu = this_cpu()->id;
	struct trace_ring *ring = trace_rings[cpu];

	trace->ring = ring;
	trace->record = (struct trace_record){
		.tsc = __builtin_ia32_rdtsc(),
		.what = (u16)MIN(what, 0xffff),
		.kind = (u8)kind,
		.domain = ring ? ring->domain : TRACE_NOBODY,
		.vcpu = ring ? ring->vcpu : TRACE_NOBODY,
		.cpu = (u8)cpu,
	};
}

static void add(struct trace *trace)
{
	if (trace->ring)
		trace_ring_add(trace->ring, &trace->record);
}

void trace_end(struct trace *trace)
{
	const u64 cycles = __builtin_ia32_rdtsc() - trace->record.tsc;

	trace->record.cycles = (u32)MIN(cycles, 0xffffffff);
	add(trace);
}

void trace_event(enum trace_kind kind, u64 what, u64 word0, u64 word1)
{
	struct trace trace;

	trace_begin(&trace, kind, what);
	trace.record.word[0] = word0;
	trace.record.word[1] = word1;
	add(&trace);
}
