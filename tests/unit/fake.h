/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the host: memory in chunks, the chunk table over it, and what the memory code needs from elsewhere (panic,
 * print).
 *
 * FAKE_CHUNKS is not a power of two, so the chunk table has chunks past the end of memory. Chunk 0 and FAKE_HOLE are absent,
 * chunk 1 is the hypervisor's, all others are free at start.
 */
#pragma once

#include <setjmp.h>
#include "lib/types.h"

#define FAKE_CHUNKS	40u
#define FAKE_HOLE	5u
#define FAKE_FREE	(FAKE_CHUNKS - 3)
#define FAKE_PHYSICAL_BITS 40u

extern u8 *fake_memory;

/* All memory filled with junk; chunk table and judge as at boot; no CPUs. The pages of an earlier machine must be free. */
void fake_machine_start(void);

/* A statement that must panic. */
extern jmp_buf fake_panic_jump;
extern bool fake_panic_armed;
#define assert_panic(statement) do {			\
	fake_panic_armed = true;			\
	if (!setjmp(fake_panic_jump)) {			\
		statement;				\
		fake_panic_armed = false;		\
		fail_msg("no panic: %s", #statement);	\
	}						\
	fake_panic_armed = false;			\
} while (0)

/* Called whenever the code asks whether a CPU runs guest code, which is where it waits for that CPU. NULL: nothing. */
extern void (*fake_asked)(u32 cpu);

/* Lines printed since start; not shown if quiet. */
extern u32 fake_print_count;
extern bool fake_print_quiet;
