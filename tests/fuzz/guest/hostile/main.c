/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rounds of the hostile guest.
 *
 * Words on its command line: seed=N; rounds=N, where it ends; first=N, where it begins; deeds=MASK, a bit for each deed (enum deed) that is done (all). The guest ends
 * with code 0 when all rounds are made, whatever came of them: what must not be it prints in lines with FAILED, and counts in its figures.
 */
#include "hostile.h"

struct figures figures;
struct rb_vcpu_page *real_page;
uint64_t timers_set;

static struct rb_time_record record;
static uint8_t emergency[16384] __attribute__((aligned(4096)));

uint64_t time_now(void)
{
	uint32_t low, high;
	uint64_t ticks;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	ticks = ((uint64_t)high << 32 | low) - record.tsc_timestamp;
	ticks = record.tsc_shift < 0 ? ticks >> -record.tsc_shift : ticks << record.tsc_shift;
	return record.system_time + (uint64_t)((unsigned __int128)ticks * record.tsc_to_system_mul >> 32);
}

void timer_in(uint64_t nanoseconds)
{
	known.timer_ns = time_now() + nanoseconds;
	timers_set++;
	guest_must(rb_timer_set(known.timer_ns));
}

static uint64_t option(const char *name, uint64_t otherwise)
{
	const char *text = strstr((const char *)guest_start->command_line, name);
	uint64_t number = 0;

	if (!text)
		return otherwise;
	for (text += strlen(name); *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	return number;
}

void entry_restore(void)
{
	known.emergency_sp = (uint64_t)emergency + sizeof(emergency);
	guest_set_entry(known.emergency_sp);
}

void vectors_forget(void)
{
	guest_must(rb_timer_set(0));
	memset(real_page->pending_vectors, 0, sizeof(real_page->pending_vectors));
	real_page->pending = 0;
	known.vectors = !accomplice_count;
}

void restore(void)
{
	running = false;
	/* Also writes the time record again. */
	guest_must(rb_vcpu_set_page(guest_start->vcpu_page));
	real_page->events_enabled = 0;
	real_page->kernel_sp = (uint64_t)guest_user_stack + GUEST_STACK_BYTES;
	known = (struct known){ .settings = true, .range = true, .page = !accomplice_count };
	entry_restore();
	guest_must(rb_vcpu_set_gs(0));
	guest_must(rb_vcpu_set_queue(guest_start->queue_page));
	guest_must(rb_vcpu_set_debug(7, 0));
	guest_must(rb_vcpu_set_xcr0(3));
	guest_must(rb_root_load(guest_start->user_root));
	root_forget();
	__asm__ volatile("mov %1, %%ds; mov %1, %%es; mov %1, %%fs; mov %1, %%gs; wrgsbase %0; fninit" : : "r"(0ul), "r"(0));
	if (!is_tcg())
		__asm__ volatile("mov %0, %%ss" : : "r"(RB_KERNEL_SS));
}

/* The last kind often ends the domain. */
static enum deed deed_choose(void)
{
	static const struct { enum deed deed; uint64_t end; } chances[] = {
		{ DEED_CALL, 400 }, { DEED_RUN, 800 }, { DEED_TOUCH, 900 }, { DEED_POKE, 930 }, { DEED_STORM, 998 }, { DEED_HOSTILE_ENTRY, 1000 },
	};
	uint64_t chance = below(1000);
	unsigned i = 0;

	while (chance >= chances[i].end)
		i++;
	return chances[i].deed;
}

static void deed_do(enum deed deed)
{
	switch (deed) {
	case DEED_CALL:
		accomplice_restart();
		for (unsigned i = 0; i < 8; i++)
			random_call();
		break;
	case DEED_RUN:
		random_run();
		break;
	case DEED_TOUCH:
		for (unsigned i = 0; i < 4; i++)
			touch();
		break;
	case DEED_POKE:
		poke();
		break;
	case DEED_STORM:
		random_storm();
		break;
	case DEED_RACE:
		random_race();
		break;
	default:
		random_run_hostile_entry();
	}
}

static void hypervisor_check(void)
{
	uint64_t value = 0;

	if (rb_info_version(&value) != RB_OK || value != ((uint64_t)RB_ABI_MAJOR << 16 | RB_ABI_MINOR))
		failed("a plain call fails");
	if (figures.round % 2048 == 0 && rb_debug_check(&value) == RB_OK && value)
		failed("debug_check finds %lu violations", value);
}

/* The watcher outside stops the machine here first: until now nothing hostile was done. */
__attribute__((noinline)) void hostile_ready(void)
{
	__asm__ volatile("");
}

int main(struct rb_start_info *start)
{
	uint64_t seed = option("seed=", 1), deeds = option("deeds=", ~0ul);

	figures = (struct figures){ .magic = FIGURES_MAGIC, .round = option("first=", 0), .rounds = option("rounds=", 2000) };
	real_page = guest_vcpu;
	record = real_page->time;
	/* Wherever it is, and whichever vCPU runs. */
	guest_vcpu = running_page();
	accomplices_make();
	pool_make();
	restore();
	guest_printf("hostile: seed=%lu rounds=%lu-%lu deeds=%lx\n", seed, figures.round, figures.rounds, deeds);
	hostile_ready();
	accomplices_start(seed);
	for (; figures.round < figures.rounds; figures.round++) {
		enum deed deed;

		random_begin(seed, figures.round);
		deed = deed_choose();
		if (accomplice_count && deed == DEED_STORM)
			deed = DEED_RACE;	/* a storm's vectors are all its own */
		if (!(deeds >> deed & 1) || (accomplice_count && deed == DEED_HOSTILE_ENTRY))
			continue;		/* without an entry point the domain does not live long when others send it events */
		figures.deeds[deed]++;
		deed_do(deed);
		restore();
		if (figures.round % 64 == 0)
			hypervisor_check();
	}
	figures.done = 1;
	guest_must(rb_timer_set(0));
	hypervisor_check();
	guest_printf("hostile: %lu rounds, %lu failures\n", figures.rounds, figures.failures);
	return figures.failures ? 1 : 0;
}
