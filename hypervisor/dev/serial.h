/* SPDX-License-Identifier: GPL-2.0-only */
/* The first serial port: polled output, input by interrupt. */
#pragma once

#include "lib/types.h"

#define SERIAL_IRQ 4

void serial_init(void);

/*
 * Send as many bytes as the port takes without much waiting (a few bytes' time): how many. For a guest, who would otherwise hold the CPU for
 * as long as the line is slow.
 */
size_t serial_write_some(const void *bytes, size_t count);

/* Send bytes as they are. Waits for the port; does nothing when there is none. The caller holds the console's lock. */
void serial_put(u8 byte);

/* Wait until all that was sent has left the port: before the machine goes off. */
void serial_drain(void);

/* Let the port raise its interrupt when bytes arrive. */
void serial_enable_input(void);

/* The interrupt: take the next byte that has arrived. False: there is none. */
bool serial_receive(u8 *byte);
