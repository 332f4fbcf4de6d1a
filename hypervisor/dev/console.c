/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One lock over the serial port's output, and the sink that lib/print.c writes to. The hypervisor's lines get a carriage return before
 * each newline; a domain's bytes are sent as they are, because its terminal driver has added its own.
 */
#include "dev/console.h"
#include "dev/io.h"
#include "dev/serial.h"
#include "lib/lock.h"
#include "lib/print.h"

#define DEBUG_PORT 0xe9

static struct spinlock lock;		/* guards the serial port's output, and what is below */
static bool lock_broken;
static bool debug_port;
static bool is_shared;
static char last_sent = '\n';

void console_init(void)
{
	serial_init();
}

void console_set_debug_port(bool on)
{
	debug_port = on;
}

void console_share(void)
{
	is_shared = true;
}

void console_lock(void)
{
	if (!lock_broken)
		spin_lock(&lock);
}

void console_unlock(void)
{
	if (!lock_broken)
		spin_unlock(&lock);
}

void print_break_lock(void)
{
	lock_broken = true;
}

bool console_is_mid_line(void)
{
	return last_sent != '\n';
}

size_t console_put_some(const void *bytes, size_t count)
{
	const size_t sent = serial_write_some(bytes, count);

	if (sent)
		last_sent = ((const char *)bytes)[sent - 1];
	return sent;
}

void console_put(const char *text)
{
	for (; *text; text++) {
		serial_put((u8)*text);
		last_sent = *text;
	}
}

void print_sink(const char *text, size_t count)
{
	static char last_printed = '\n';
	size_t i;

	console_lock();
	/* In the middle of a domain's line, and not of one of ours. */
	if (is_shared && count && last_printed == '\n' && console_is_mid_line())
		console_put("\r\n");
	for (i = 0; i < count; i++) {
		if (text[i] == '\n')
			serial_put('\r');
		serial_put(text[i]);
		if (debug_port)
			io_write8(DEBUG_PORT, text[i]);
		last_sent = last_printed = text[i];
	}
	console_unlock();
}
