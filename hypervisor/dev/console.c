/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One lock over the serial port, and the sink that lib/print.c writes to. The hypervisor's lines get a carriage return before
 * each newline; a domain's bytes are sent as they are, because its terminal driver has added its own.
 */
#include "dev/console.h"
#include "dev/io.h"
#include "dev/serial.h"
#include "lib/lock.h"
#include "lib/print.h"

#define DEBUG_PORT 0xe9

static struct spinlock lock;		/* guards the serial port's output and the taking end of its ring */
static bool lock_broken;
static bool debug_port;

void console_init(void)
{
	serial_init();
}

void console_set_debug_port(bool on)
{
	debug_port = on;
}

static void console_lock(void)
{
	if (!lock_broken)
		spin_lock(&lock);
}

static void console_unlock(void)
{
	if (!lock_broken)
		spin_unlock(&lock);
}

void print_break_lock(void)
{
	lock_broken = true;
}

void print_sink(const char *text, size_t count)
{
	size_t i;

	console_lock();
	for (i = 0; i < count; i++) {
		if (text[i] == '\n')
			serial_put('\r');
		serial_put(text[i]);
		if (debug_port)
			io_write8(DEBUG_PORT, text[i]);
	}
	console_unlock();
}

size_t console_write(const void *bytes, size_t count)
{
	size_t written;

	console_lock();
	written = serial_write_some(bytes, count);
	console_unlock();
	return written;
}

int console_take(u8 *byte)
{
	int taken;

	console_lock();
	taken = serial_take(byte);
	console_unlock();
	return taken;
}
