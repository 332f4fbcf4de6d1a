/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hypervisor says of itself and of the domain.
 *
 * Provokes: the calls of the information family, the start page, the CPUID table, the counters.
 * Must: agree with each other, with the interface's headers, and with what the guest just did.
 */
#include "test.h"

static void try_calls(void)
{
	uint64_t value, features;
	bool all_known = true;

	check(rb_info_version(&value) == RB_OK && value == RB_ABI_VERSION, "version %lx", value);
	check(rb_info_features(0, &features) == RB_OK && features == guest_start->features, "features %lx", features);
	check_status(rb_info_features(1, &value), RB_NOSYS);
	check_status(rb_info_features(~0ul, &value), RB_NOSYS);
	for (uint64_t nr = 0; nr < RB_NR_CALLS; nr++)
		all_known &= rb_info_call(nr, &value) == RB_OK && value >= 0x10000 && value <= RB_ABI_VERSION;
	check(all_known, "all %u calls are known", RB_NR_CALLS);
	check_status(rb_info_call(RB_NR_CALLS, &value), RB_NOSYS);
	check_status(rb_info_call(~0ul, &value), RB_NOSYS);
	check_status(rb_info_call(1ul << 32, &value), RB_NOSYS);
	check_status(rb_info_counter(RB_NR_COUNTERS, &value), RB_NOSYS);
	check_status(rb_info_counter(1ul << 32, &value), RB_NOSYS);
	check_status(rb_info_counter(~0ul, &value), RB_NOSYS);
}

static void try_start_page(const struct rb_start_info *start)
{
	const uint8_t *bytes = (const uint8_t *)start;
	const uint32_t *chunk_map = (const uint32_t *)start->chunk_map, *machine_map = (const uint32_t *)start->machine_map;
	uint32_t present = 0, listed = 0, inverse = 0;
	bool zero = true, ascending = true;

	check(start->magic == RB_ABI_MAGIC, "magic");
	check(start->abi_major == RB_ABI_MAJOR && start->abi_minor >= RB_ABI_MINOR, "interface %u.%u", start->abi_major, start->abi_minor);
	check(start->direct_base == GUEST_DIRECT_BASE, "direct map where the note says");
	for (unsigned i = RB_START_INFO_COMMAND_LINE + 8; i < RB_START_INFO_SIZE; i++)
		zero &= bytes[i] == 0;
	check(zero, "the rest of the page is zero");
	for (uint32_t i = 0; i < start->memory_count; i++) {
		const struct rb_memory_range *range = &start->memory[i];

		listed += range->present;
		ascending &= range->present <= range->count && range->first_chunk + range->count <= start->chunk_count &&
			     (!i || range->first_chunk >= range[-1].first_chunk + range[-1].count);
		for (uint32_t chunk = 0; chunk < range->count; chunk++)
			ascending &= (chunk_map[range->first_chunk + chunk] != RB_NO_CHUNK) == (chunk < range->present);
	}
	check(ascending, "memory ranges ascend, and the chunk map has exactly their chunks");
	for (uint32_t chunk = 0; chunk < start->chunk_count; chunk++) {
		if (chunk_map[chunk] == RB_NO_CHUNK)
			continue;
		present++;
		inverse += chunk_map[chunk] < start->machine_chunk_count && machine_map[chunk_map[chunk]] == chunk;
	}
	check(present == listed && inverse == present, "%u chunks, and the machine map is the inverse", present);
	present = 0;
	for (uint32_t chunk = 0; chunk < start->machine_chunk_count; chunk++)
		present += machine_map[chunk] != RB_NO_CHUNK;
	check(present == listed, "the machine map has no others");
}

static void try_cpuid(const struct rb_start_info *start)
{
	const struct rb_cpuid_leaf *table = (const struct rb_cpuid_leaf *)start->cpuid_table;
	const struct rb_cpuid_leaf *first = NULL;

	for (uint32_t i = 0; i < start->cpuid_count; i++)
		if (table[i].leaf == 1)
			first = &table[i];
	check(start->cpuid_count > 4 && table[0].leaf == 0, "%u CPUID leaves", start->cpuid_count);
	check(first && (first->ecx & 1u << 31), "leaf 1 says that there is a hypervisor");
	check(first && !(first->ecx & 1u << 3) && !(first->ecx & 1u << 5), "and neither MONITOR nor VMX");
}

static void try_counters(void)
{
	uint64_t calls = counter(RB_COUNTER_HYPERCALLS), entries = counter(RB_COUNTER_ENTRIES), value;

	for (int i = 0; i < 10; i++)
		rb_info_version(&value);
	value = counter(RB_COUNTER_HYPERCALLS);
	check(value >= calls + 11 && value <= calls + 12, "%lu calls counted", value - calls);
	check(counter(RB_COUNTER_ENTRIES) >= entries + 11, "and as entries");
	check(counter(RB_COUNTER_FRAMES_TOTAL) % RB_CHUNK_PAGES == 0, "reserve of %lu frames", counter(RB_COUNTER_FRAMES_TOTAL));

	value = counter(RB_COUNTER_FRAMES_TYPED);
	entries = counter(RB_COUNTER_PT_OPS);
	guest_table(1);
	check(counter(RB_COUNTER_FRAMES_TYPED) == value + 1 && counter(RB_COUNTER_PT_OPS) == entries + 1, "a table made is a frame typed");
	value = counter(RB_COUNTER_PT_REFUSED);
	guest_op(RB_OP_TYPE, 0, 0, 1, 1);
	check(counter(RB_COUNTER_PT_REFUSED) == value + 1, "a refused operation is counted");
}

int main(struct rb_start_info *start)
{
	try_calls();
	try_start_page(start);
	try_cpuid(start);
	try_counters();
	check(test_option("qemu") || test_option("bochs"), "command line '%s'", (const char *)start->command_line);
	return test_end();
}
