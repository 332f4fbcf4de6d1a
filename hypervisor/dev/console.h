/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's console: one line out, for the hypervisor's own lines (lib/print.h) and for what domains write (vm/console.h).
 */
#pragma once

#include "lib/types.h"

void console_init(void);

/* Also send the hypervisor's own lines to port 0xe9, where emulators show them. */
void console_set_debug_port(bool on);

/* Around the calls below. No lock may be taken inside. */
void console_lock(void);
void console_unlock(void);

/* Send bytes as they are. Stops when the line is busy; how many were taken. Caller holds the lock. */
size_t console_put_some(const void *bytes, size_t count);
/* Send a few bytes, waiting for the line. Caller holds the lock. */
void console_put(const char *text);
/* The last byte sent was not the end of a line. Caller holds the lock. */
bool console_is_mid_line(void);
/* From now on several domains write: the hypervisor's own lines begin on a new line. */
void console_share(void);
