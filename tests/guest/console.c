/* SPDX-License-Identifier: GPL-2.0-only */
/* input: "typed by the runner\n" */
/*
 * The console, both ways.
 *
 * Provokes: writes and reads of every length and place that the call takes or refuses; input from outside.
 * Must: take bytes of one DATA chunk only; raise VECTOR_CONSOLE when input arrives, and hand it over once.
 */
#include "test.h"

static volatile unsigned arrivals;

static void console_handler(struct guest_regs *regs, unsigned vector)
{
	arrivals++;
}

static void try_limits(uint64_t (*call)(uint64_t, uint64_t), const char *name)
{
	uint64_t chunk = guest_chunk(), reserve = guest_start->kernel_root * GUEST_PAGE;
	uint64_t end = (uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT;

	check(call(chunk, 0) == RB_OK, "%s: no bytes", name);
	check((long)call(chunk, 4097) == RB_INVAL, "%s: more than a page", name);
	check((long)call(chunk + GUEST_CHUNK - 1, 2) == RB_INVAL, "%s: over the end of a chunk", name);
	check((long)call(reserve, 1) == RB_TYPE, "%s: page tables", name);
	check((long)call(end, 1) == RB_NOENT, "%s: beyond memory", name);
	check((long)call((1ul << 52) - 1, 1) == RB_NOENT, "%s: far beyond memory", name);
	check((long)call(1ul << 52, 1) == RB_INVAL, "%s: no guest-physical address", name);
	check((long)call(~0ul, 1) == RB_INVAL, "%s: all ones", name);
	for (uint32_t i = 0; i < guest_start->memory_count; i++) {
		const struct rb_memory_range *range = &guest_start->memory[i];

		if (range->present < range->count)
			check((long)call((uint64_t)(range->first_chunk + range->present) << RB_CHUNK_SHIFT, 1) == RB_NOENT,
			      "%s: a chunk that is not there yet", name);
	}
}

static uint64_t write_call(uint64_t address, uint64_t bytes)
{
	uint64_t written;

	return (uint64_t)rb_console_write(address, bytes, &written);
}

static uint64_t read_call(uint64_t address, uint64_t bytes)
{
	uint64_t taken;

	return (uint64_t)rb_console_read(address, bytes, &taken);
}

int main(struct rb_start_info *start)
{
	static const char wanted[] = "typed by the runner\n";
	char typed[64] = { 0 };
	size_t count = 0;
	uint64_t page = guest_page(), written = 0;
	char *text = guest_pointer(page);

	memset(text, '.', GUEST_PAGE);
	text[GUEST_PAGE - 1] = '\n';
	for (uint64_t done = 0; done < GUEST_PAGE; done += written)
		if (rb_console_write(page + done, GUEST_PAGE - done, &written) || written > GUEST_PAGE - done)
			return 1;
	check(true, "a whole page written");
	try_limits(write_call, "write");
	try_limits(read_call, "read");

	check(guest_read(typed, sizeof(typed)) == 0, "nothing typed yet");
	guest_set_handler(RB_VECTOR_CONSOLE, console_handler);
	guest_printf("input, please\n");
	while (count < sizeof(wanted) - 1) {
		guest_must(rb_sched_block());
		guest_events_off();
		count += guest_read(typed + count, sizeof(typed) - 1 - count);
	}
	check(arrivals > 0, "the vector was raised %u times", arrivals);
	check(count == sizeof(wanted) - 1 && !memcmp(typed, wanted, count), "read what was typed: %s", typed);
	check(guest_read(typed, sizeof(typed)) == 0, "and only once");
	return test_end();
}
