/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted output to the hypervisor's console. Understands %s %c %d %u %x %lx %lu %ld %llx %llu %p %% with width and zero padding.
 */
#pragma once

#include <stdarg.h>
#include "lib/types.h"

void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_va(const char *format, va_list args);

/* Where the text goes, and how to write when a stopped CPU may hold the console's lock: defined in dev/console.c. */
void print_sink(const char *text, size_t bytes);
void print_break_lock(void);
