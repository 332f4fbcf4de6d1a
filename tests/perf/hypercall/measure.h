/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measuring, for the benchmark of the hypercalls: the clock, rounds, what comes of them, and a printed row. Not what is measured.
 *
 * What a row's figures are depends on the clock, which the guest finds out by itself (clock_find) and prints: a figure counted or timed on an emulator is never
 * called anything else.
 */
#pragma once

#include "guest.h"

#define ROUNDS_MAX 2048

/* One thing to measure. A batch does `operations` operations; prepare and finish, which may be NULL, are not measured. */
struct work {
	const char *call, *variant;
	unsigned operations;		/* 0 is 1 */
	unsigned rounds;		/* at most so many; 0: as many as there are */
	long (*body)(void *);		/* returns a call's status */
	void *argument;
	void (*prepare)(void *), (*finish)(void *);
	long status;			/* that the body must return */
};

/* Decides what the clock counts, from CPUID and the command line, and how many rounds; prints a line that says so. */
void measure_begin(void);
/* Rounds of everything that does not say fewer. */
unsigned measure_rounds(void);
/* Measures and prints a row. A wrong status ends the domain. */
void measure(const struct work *work);
/* Called by a body: so many ticks are not its own. */
void measure_exclude(uint64_t ticks);
/* Prints a row of `count` samples (sorted here), each of one operation, less what the clock itself takes; `entries` into the hypervisor for all of them. */
void measure_row(const char *call, const char *variant, unsigned operations, uint64_t *samples, unsigned count, uint64_t overhead, uint64_t entries);
void measure_end(void);

/* Entries into the hypervisor so far, with the one that asks. */
uint64_t entries_count(void);

/* The time-stamp counter, after all that was before and before all that comes after it. */
static inline uint64_t clock_read(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* The parts. */
void measure_calls(void);
void measure_tables(void);
void measure_paths(void);
void measure_control(void);
