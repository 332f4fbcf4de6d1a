/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 16550 at COM1, 115200 baud, 8 bits, no parity.
 *
 * Output is polled: the hypervisor prints rarely, and a domain's calls take only what the port takes. The transmitter's
 * FIFO takes sixteen bytes each time it reports empty, so the port is asked once per sixteen bytes.
 */
#include "dev/serial.h"
#include "dev/io.h"

#define COM1		0x3f8
#define DATA		(COM1 + 0)
#define DIVISOR_LOW	(COM1 + 0)	/* while the divisor latch is open */
#define INTERRUPTS	(COM1 + 1)
#define DIVISOR_HIGH	(COM1 + 1)
#define FIFO		(COM1 + 2)
#define LINE		(COM1 + 3)
#define MODEM		(COM1 + 4)
#define STATUS		(COM1 + 5)
#define SCRATCH		(COM1 + 7)

#define STATUS_DATA	0x01
#define STATUS_EMPTY	0x20		/* the FIFO takes sixteen bytes */
#define STATUS_IDLE	0x40		/* and the last one has left */
#define FIFO_DEPTH	16
#define PATIENCE	1000000		/* polls until a transmitter that never empties is given up */
#define GUEST_PATIENCE	2000		/* polls for a guest's byte: about the time of sixteen */

static bool present;
static u32 fifo_room;			/* bytes the transmitter takes before it must be asked again */


void serial_init(void)
{
	io_write8(SCRATCH, 0x5a);
	present = io_read8(SCRATCH) == 0x5a;
	if (!present)
		return;
	io_write8(INTERRUPTS, 0);
	io_write8(LINE, 0x80);		/* open the divisor latch */
	io_write8(DIVISOR_LOW, 1);	/* 115200 */
	io_write8(DIVISOR_HIGH, 0);
	io_write8(LINE, 0x03);		/* close it: 8 bits, no parity, one stop bit */
	io_write8(FIFO, 0x07);		/* FIFOs on and empty, interrupt at the first byte */
	io_write8(MODEM, 0x0b);		/* DTR, RTS, OUT2: the interrupt line is connected */
}

/* False: it did not get ready in so many polls. */
static bool await_transmitter(u8 status, u32 polls)
{
	for (; polls > 0; polls--) {
		if (io_read8(STATUS) & status) {
			fifo_room = FIFO_DEPTH;
			return true;
		}
	}
	return false;
}

void serial_put(u8 byte)
{
	if (present && fifo_room == 0)
		present = await_transmitter(STATUS_EMPTY, PATIENCE);
	if (!present)
		return;
	fifo_room--;
	io_write8(DATA, byte);
}

size_t serial_write_some(const void *bytes, size_t count)
{
	const u8 *next = bytes;
	size_t written;

	if (!present)
		return count;
	for (written = 0; written < count; written++) {
		/* Wait for the first byte only. */
		if (fifo_room == 0 && !await_transmitter(STATUS_EMPTY, written ? 1 : GUEST_PATIENCE))
			break;
		fifo_room--;
		io_write8(DATA, next[written]);
	}
	return written;
}

void serial_drain(void)
{
	if (present)
		await_transmitter(STATUS_IDLE, PATIENCE);
}

void serial_enable_input(void)
{
	if (!present)
		return;
	while (io_read8(STATUS) & STATUS_DATA)
		io_read8(DATA);
	io_write8(INTERRUPTS, 0x01);
}

bool serial_receive(u8 *byte)
{
	if (!present || !(io_read8(STATUS) & STATUS_DATA))
		return false;
	*byte = io_read8(DATA);
	return true;
}
