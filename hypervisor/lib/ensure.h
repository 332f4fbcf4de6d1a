/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doctrine of failure: ENSURE (always on) where continuing would be unsafe; ASSERT (debug builds) for what we
 * believe. Neither ever tests something a guest can cause: a guest's mistake gets a status or ends its domain.
 */
#pragma once

#include "lib/types.h"

#define PANIC_CODE 0x7f		/* what machine_stop is told by a panic */

/* Print, show the CPU's state, stop the machine. */
void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Print the chain of callers that begins at a frame pointer. */
void print_callers(u64 frame_pointer);

/* Stop the machine and report the code where that is possible. Defined in dev/machine.c: lib is below the devices. */
void machine_stop(int code) __attribute__((noreturn));

#define ENSURE(condition) \
	((condition) ? (void)0 : panic("%s:%d: %s does not hold", __FILE__, __LINE__, #condition))

#ifdef RINGBOLT_DEBUG
#define ASSERT(condition) ENSURE(condition)
#else
#define ASSERT(condition) ((void)sizeof(!(condition)))
#endif
