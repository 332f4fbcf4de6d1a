/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock is the TSC, scaled by a multiplication. Its frequency is measured by a comparison with the 8254, and taken from CPUID
 * where the processor or a hypervisor below us tells it there and the measurement agrees. (An emulator may tell the frequency of the
 * processor that it imitates.)
 *
 * The comparison: both counters are read together at two moments 20 ms apart, and nothing needs to happen in between, so the
 * only error is how far apart the readings of one moment are. A moment is read several times and the tightest reading counts,
 * which takes the sting out of a busy host. The local APIC's timer is measured at the same moments.
 *
 * A wait becomes ticks (of the TSC or the APIC's timer) by a multiplication as well. It is made longer by what the measurement may
 * be wrong: an interrupt a little early finds nothing due and costs a second one; a little late costs nothing.
 */
#include "dev/time.h"
#include "dev/lapic.h"
#include "dev/pit.h"
#include "dev/rtc.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "x86/cpuid.h"
#include "x86/instruction.h"

#define MEASURE_TICKS	(PIT_HZ / 50)		/* 20 ms */
#define MEASURE_TRIES	50
#define MOMENT_TRIES	16
#define LEAF1_ECX_DEADLINE	(1u << 24)
#define LEAF1_ECX_HYPERVISOR	(1u << 31)
#define NS_PER_SECOND	1000000000ul
#define FARTHEST_NS	(1000 * NS_PER_SECOND)	/* further away is armed in steps */
#define TIMER_FARTHEST	0xffffffffu		/* ticks of the APIC's timer */

struct time_scale time_scale;

static bool by_deadline;		/* the timer compares with the TSC */
static u64 tsc_per_ns;			/* ticks of the TSC, and of the APIC's timer, in a nanosecond: 32.32 fixed point */
static u64 timer_per_ns;
static u64 wall_start_ns;

/* One moment on all three clocks. */
struct moment {
	u64 tsc;
	u32 timer;
	u16 pit;
};

static u64 multiply_shift(u64 value, u64 factor)
{
	return (unsigned __int128)value * factor >> 32;
}

static struct moment moment_read(void)
{
	struct moment best = {0};
	u64 tightest = ~0ul;
	u32 i;

	for (i = 0; i < MOMENT_TRIES; i++) {
		u64 before = timestamp_read();
		u16 pit = pit_read();
		u32 timer = lapic_timer_read();
		u64 after = timestamp_read();

		if (after - before < tightest) {
			tightest = after - before;
			best = (struct moment){ before + tightest / 2, timer, pit };
		}
	}
	return best;
}

/* Two moments 20 ms apart. False when a busy host let one of the counters run out in between: the 8254's in 55 ms, the timer's in seconds. */
static bool moments_read(struct moment *start, struct moment *end)
{
	lapic_timer_set(0xffffffff);
	pit_start();
	*start = moment_read();
	while ((u16)(start->pit - pit_read()) < MEASURE_TICKS)
		;
	*end = moment_read();
	return !pit_has_passed_zero() && end->timer;
}

/* Frequencies in Hz by the 8254. */
static void measure(u64 *tsc_hz, u64 *timer_hz)
{
	struct moment start, end;
	u32 ticks, tries = 0;

	lapic_timer_one_shot(false);
	while (!moments_read(&start, &end))
		ENSURE(++tries < MEASURE_TRIES);
	lapic_timer_set(0);
	ticks = (u16)(start.pit - end.pit);
	*tsc_hz = (end.tsc - start.tsc) * PIT_HZ / ticks;
	*timer_hz = (u64)(start.timer - end.timer) * PIT_HZ / ticks;
}

/* The TSC's frequency as CPUID tells it, in Hz, or zero. */
static u64 tsc_hz_by_cpuid(void)
{
	struct cpuid clock = cpuid_leaf(0x15, 0);	/* EBX/EAX times the crystal's ECX Hz */

	if (clock.eax && clock.ebx && clock.ecx)
		return (u64)clock.ecx * clock.ebx / clock.eax;
	if (cpuid_leaf(1, 0).ecx & LEAF1_ECX_HYPERVISOR)
		return cpuid_leaf(0x40000010, 0).eax * 1000ul;
	return 0;
}

/* mul and shift such that a tick is mul / 2^32 * 2^shift ns and mul has its top bit set. */
static void scale_init(u64 tsc_hz)
{
	u64 factor;
	int shift = 0;

	/* ns per tick in 32.32, brought into [1/2, 1). */
	factor = (NS_PER_SECOND << 32) / tsc_hz;
	while (factor >= 1ul << 32) {
		factor >>= 1;
		shift++;
	}
	while (factor < 1ul << 31) {
		shift--;
		factor = (NS_PER_SECOND << 32) / (tsc_hz >> -shift);
	}
	time_scale.mul = factor;
	time_scale.shift = shift;
	time_scale.tsc_khz = (tsc_hz + 500) / 1000;
	tsc_per_ns = (((tsc_hz << 28) / NS_PER_SECOND) + 1) << 4;
}

void time_init_cpu(void)
{
	lapic_timer_one_shot(by_deadline);
	time_arm(0);
}

void time_init(void)
{
	u64 told_hz = tsc_hz_by_cpuid(), tsc_hz, timer_hz;
	bool told;

	measure(&tsc_hz, &timer_hz);
	told = told_hz > tsc_hz - tsc_hz / 50 && told_hz < tsc_hz + tsc_hz / 50;
	if (told)
		tsc_hz = told_hz;
	ENSURE(tsc_hz > 1000000 && timer_hz > 1000000);
	by_deadline = cpuid_leaf(1, 0).ecx & LEAF1_ECX_DEADLINE;
	scale_init(tsc_hz);
	timer_per_ns = ((timer_hz << 28) / NS_PER_SECOND) << 4;
	timer_per_ns += timer_per_ns >> 13;		/* 120 ppm: how well the two were compared */
	time_scale.tsc_start = timestamp_read();
	wall_start_ns = rtc_seconds() * NS_PER_SECOND;
	time_init_cpu();
	print("clock: TSC %u kHz (%s), timer %lu kHz%s\n", time_scale.tsc_khz, told ? "told" : "measured", timer_hz / 1000,
	      by_deadline ? ", by TSC deadline" : "");
}

u64 tsc_to_ns(u64 tsc)
{
	u64 ticks = tsc - time_scale.tsc_start;

	ticks = time_scale.shift >= 0 ? ticks << time_scale.shift : ticks >> -time_scale.shift;
	return multiply_shift(ticks, time_scale.mul);
}

u64 time_now_ns(void)
{
	return tsc_to_ns(timestamp_read());
}

u64 time_wall_start_ns(void)
{
	return wall_start_ns;
}

void time_arm(u64 deadline_ns)
{
	u64 tsc = timestamp_read(), now = tsc_to_ns(tsc), wait = 0;

	if (deadline_ns > now)
		wait = MIN(deadline_ns - now, FARTHEST_NS);
	/* Zero stops the timer in both modes; what is due fires at once. */
	if (by_deadline)
		lapic_timer_set_deadline(deadline_ns ? tsc + multiply_shift(wait, tsc_per_ns) + 1 : 0);
	else
		lapic_timer_set(deadline_ns ? MIN(multiply_shift(wait, timer_per_ns) + 1, TIMER_FARTHEST) : 0);
}
