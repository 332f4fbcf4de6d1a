/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Switching the trace on.
 *
 * The text is changed once, while one processor runs and before any of the places is reached; from then on it is read-only, and the record of what never
 * changes (x86/seal.c) is made of what it is then.
 */
#include "boot/trace.h"
#include "boot/boot_info.h"
#include "boot/option.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "lib/string.h"
#include "dev/time.h"
#include "mm/chunk.h"
#include "mm/page.h"
#include "mm/trace.h"
#include "x86/cpu.h"
#include "x86/cpuid.h"
#include "x86/direct.h"

#define RING_PAGES ((sizeof(struct trace_ring) + PAGE_BYTES - 1) / PAGE_BYTES)
#define NO_SIZE (~0ul)

extern const struct patch __patches[], __patches_end[];

static bool is_wanted(void)
{
	return option_has("trace") || option_is("trace", "counts") || option_number("trace", NO_SIZE) != NO_SIZE;
}

/* Chunks of each ring. */
static u32 ring_chunks(void)
{
	u64 bytes = option_number("trace", CHUNK_BYTES);

	if (option_is("trace", "counts"))
		return 0;
	return (u32)MIN(MAX(bytes / CHUNK_BYTES, 1ul), (u64)TRACE_CHUNKS_MAX);
}

static void place_patch(const struct patch *patch)
{
	u8 *place = (u8 *)&patch->place + patch->place;
	const s64 distance = (s64)&patch->target + patch->target - (s64)(place + 5);
	const s32 operand = (s32)distance;

	ENSURE(operand == distance);
	ENSURE(patch->opcode == PATCH_JUMP || (patch->opcode == PATCH_CALL && *place == PATCH_CALL));
	*place = (u8)patch->opcode;
	memcpy(place + 1, &operand, sizeof(operand));
}

void trace_patch(void)
{
	if (!is_wanted())
		return;
	for (const struct patch *patch = __patches; patch < __patches_end; patch++)
		place_patch(patch);
	/* What was fetched before is forgotten. */
	cpuid_leaf(0, 0);
}

static void ring_make(u32 cpu, u32 chunk_count)
{
	struct trace_ring *ring = page_run_alloc(RING_PAGES);
	u64 addresses[TRACE_CHUNKS_MAX];

	_Static_assert(RING_PAGES <= PAGE_RUN_MAX, "a ring's counts fit a run of pages");
	for (u32 i = 0; i < chunk_count; i++) {
		u32 chunk;

		if (!chunk_alloc(OWNER_HYPERVISOR, CHUNK_DATA, &chunk))
			panic("no memory for the trace of processor %u", cpu);
		addresses[i] = chunk_address(chunk);
	}
	if (!ring)
		panic("no memory for the trace of processor %u", cpu);
	trace_ring_init(ring, cpu, direct_address(ring), addresses, chunk_count);
	ring->tsc_start = time_scale.tsc_start;
	ring->tsc_khz = time_scale.tsc_khz;
	trace_rings[cpu] = ring;
}

void trace_start(void)
{
	const u32 rings = (u32)MIN(MAX(MIN(boot_info.cpu_count, option_number("maxcpus", CPUS_MAX)), 1ul), (u64)CPUS_MAX);
	const u32 chunks = ring_chunks();

	if (!is_wanted())
		return;
	for (u32 cpu = 0; cpu < rings; cpu++)
		ring_make(cpu, chunks);
	print("trace: %u processors, %lu records each\n", rings, chunks * TRACE_RECORDS_PER_CHUNK);
}
