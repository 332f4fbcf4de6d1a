/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debug_check: look at all chunks, maps, frames, entries and roots and say what is not as it must be. Debug builds only.
 * Takes time proportional to all page tables of all domains. Takes the locks; none may be held.
 */
#pragma once

#include "lib/types.h"

/* Violations of I-2, I-3, I-4, I-6, I-9 and of the counters and maps; one printed line for each of the first 20. */
u64 invariants_check(void);
