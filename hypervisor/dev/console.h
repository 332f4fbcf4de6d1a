/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's console, shared by the hypervisor's own lines (lib/print.h) and the first domain's console.
 */
#pragma once

#include "lib/types.h"

void console_init(void);

/* Also send the hypervisor's own lines to port 0xe9, where emulators show them. */
void console_set_debug_port(bool on);

/* A domain's output: the bytes as they are. Stops when the line is busy; how many were taken. */
size_t console_write(const void *bytes, size_t count);

/* Take one byte that was typed; 0 when none waits, else 1. */
int console_take(u8 *byte);
