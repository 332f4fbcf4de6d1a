/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every access of the code under test to a guest's pages, at the level of the processor's instructions: the pages are taken away,
 * so that each access faults; the test is told, may change what is there, and then the one instruction is let through.
 */
#pragma once

#include "lib/types.h"

/* Before an access: where, and whether it writes (a locked read-and-write counts as a write). And after it. */
typedef void step_before(const u8 *address, bool is_write);
typedef void step_after(const u8 *address, bool is_write);

/* Begin to watch whole pages; stop. The functions called may touch the pages freely. One set of pages at a time. */
void step_watch(void *pages, u64 bytes, step_before *before, step_after *after);
void step_end(void);
