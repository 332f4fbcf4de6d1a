/* SPDX-License-Identifier: GPL-2.0-only */
/* See measure.h. */
#include "measure.h"

#define WARM_UP 8		/* rounds before those that count */
#define ROUNDS_COUNTED 15	/* where instructions are counted, one round is like another */
#define ROUNDS_EMULATED 50	/* where a change of page tables takes ten thousand times as long as counting would */
#define ROUNDS_TIMED 1000

static uint64_t samples[ROUNDS_MAX];
static unsigned rounds, rows;
static uint64_t overhead;
static uint64_t excluded;	/* of the round that runs */

uint64_t entries_count(void)
{
	uint64_t value;

	guest_must(rb_info_counter(RB_COUNTER_ENTRIES, &value));
	return value;
}

static bool has_word(const char *word)
{
	return strstr((const char *)guest_start->command_line, word) != NULL;
}

/* What the processor says of itself; leaf 0x40000000 names the machine under which it is not real. */
static const char *clock_find(void)
{
	uint32_t eax = 1, ebx, ecx = 0, edx, name[3];
	bool is_tcg, is_virtual;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	is_virtual = ecx >> 31;
	eax = 0x40000000;
	ecx = 0;
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(name[0]), "+c"(ecx), "=d"(edx));
	name[1] = ecx;
	name[2] = edx;
	is_tcg = is_virtual && !memcmp(name, "TCGTCGTCGTCG", sizeof(name));
	if (has_word("clock=instructions")) {
		if (!is_tcg)
			guest_panic("clock=instructions, but this is not the emulator that counts them");
		return "instructions";
	}
	/* Some emulators look like a processor: whoever boots them says so. */
	if (is_tcg || has_word("clock=emulator"))
		return "emulator-ticks";
	return is_virtual ? "virtual-machine-cycles" : "cycles";
}

static uint64_t round(const struct work *work)
{
	uint64_t start, end;
	long status;

	if (work->prepare)
		work->prepare(work->argument);
	excluded = 0;
	start = clock_read();
	status = work->body(work->argument);
	end = clock_read();
	if (status != work->status)
		guest_panic("%s, %s: status %ld instead of %ld", work->call, work->variant, status, work->status);
	if (work->finish)
		work->finish(work->argument);
	return end - start - excluded;
}

/* Entries by the body alone: the least of three rounds, as an interrupt may come in between. */
static uint64_t entries_of(const struct work *work)
{
	uint64_t least = ~0ul;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t before, count;

		if (work->prepare)
			work->prepare(work->argument);
		before = entries_count();
		work->body(work->argument);
		count = entries_count() - before - 1;
		if (work->finish)
			work->finish(work->argument);
		least = count < least ? count : least;
	}
	return least;
}

void measure_exclude(uint64_t ticks)
{
	excluded += ticks;
}

static long nothing(void *argument)
{
	return (long)argument;
}

static void sort(uint64_t *values, unsigned count)
{
	for (unsigned gap = count / 2; gap; gap /= 2) {
		for (unsigned i = gap; i < count; i++) {
			uint64_t value = values[i];
			unsigned at = i;

			for (; at >= gap && values[at - gap] > value; at -= gap)
				values[at] = values[at - gap];
			values[at] = value;
		}
	}
}

void measure_row(const char *call, const char *variant, unsigned operations, uint64_t *values, unsigned count, uint64_t less, uint64_t entries)
{
	sort(values, count);
	for (unsigned i = 0; i < count; i++)
		values[i] = values[i] > less ? values[i] - less : 0;
	guest_printf("row\t%s\t%s\t%u\t%lu\t%lu\t%lu\t%lu\t%lu\t%u\n", call, variant, operations ? operations : 1, values[0], values[count / 2], values[count * 9ul / 10],
		     values[count * 99ul / 100], entries, count);
	rows++;
}

void measure(const struct work *work)
{
	unsigned count = work->rounds && work->rounds < rounds ? work->rounds : rounds;
	uint64_t entries;

	for (unsigned i = 0; !work->rounds && i < WARM_UP; i++)
		round(work);
	for (unsigned i = 0; i < count; i++)
		samples[i] = round(work);
	entries = work->rounds ? 1 : entries_of(work);	/* what may be done few times only is one call */
	measure_row(work->call, work->variant, work->operations, samples, count, overhead, entries);
}

unsigned measure_rounds(void)
{
	return rounds;
}

void measure_begin(void)
{
	const struct work empty = { .call = "nothing", .variant = "", .body = nothing };
	const char *clock = clock_find();

	rounds = clock[0] == 'i' ? ROUNDS_COUNTED : clock[0] == 'e' ? ROUNDS_EMULATED : ROUNDS_TIMED;
	overhead = ~0ul;
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t ticks = round(&empty);

		overhead = ticks < overhead ? ticks : overhead;
	}
	guest_printf("bench\t%s\t%u\t%u\t%lu\n", clock, rounds, guest_start->tsc_khz, overhead);
}

void measure_end(void)
{
	guest_printf("end\t%u\n", rows);
}
