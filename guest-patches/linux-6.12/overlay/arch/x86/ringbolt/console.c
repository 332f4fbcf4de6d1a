// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's console: bytes out and in, and a boot console that works from
 * the first instructions on. The console proper is drivers/tty/hvc/hvc_ringbolt.c.
 *
 * The hypervisor takes physical addresses within one chunk, and callers have
 * theirs on mapped stacks: everything goes through one buffer.
 */
#include <linux/console.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <asm/setup.h>

#include "ringbolt.h"

#define BUFFER_BYTES	256

static DEFINE_RAW_SPINLOCK(lock);
static char buffer[BUFFER_BYTES] __aligned(BUFFER_BYTES);

/* Writes some of the text; how much, or a negative number. */
int ringbolt_console_write(const char *text, int bytes)
{
	unsigned long flags;
	bool locked = true;
	u64 written;
	long status;

	local_irq_save(flags);
	if (panic_in_progress())
		locked = raw_spin_trylock(&lock);
	else
		raw_spin_lock(&lock);

	bytes = min(bytes, BUFFER_BYTES);
	memcpy(buffer, text, bytes);
	status = rb_console_write(__pa(buffer), bytes, &written);

	if (locked)
		raw_spin_unlock(&lock);
	local_irq_restore(flags);
	return status ? -EIO : (int)written;
}

/* Reads what has been typed, at most `bytes`; how much, or a negative number. */
int ringbolt_console_read(char *text, int bytes)
{
	unsigned long flags;
	u64 read;
	long status;

	raw_spin_lock_irqsave(&lock, flags);
	status = rb_console_read(__pa(buffer), min(bytes, BUFFER_BYTES), &read);
	if (!status)
		memcpy(text, buffer, read);
	raw_spin_unlock_irqrestore(&lock, flags);
	return status ? -EIO : (int)read;
}

/* ---------------- boot console */

static void write_all(const char *text, unsigned int bytes)
{
	while (bytes) {
		int written = ringbolt_console_write(text, bytes);

		if (written <= 0)
			return;
		text += written;
		bytes -= written;
	}
}

static void boot_console_write(struct console *console, const char *text, unsigned int bytes)
{
	while (bytes) {
		unsigned int line = 0;

		while (line < bytes && text[line] != '\n')
			line++;
		write_all(text, line);
		if (line == bytes)
			return;
		write_all("\r\n", 2);
		text += line + 1;
		bytes -= line + 1;
	}
}

static struct console boot_console = {
	.name	= "ringbolt",
	.write	= boot_console_write,
	.flags	= CON_PRINTBUFFER | CON_BOOT | CON_ANYTIME,
	.index	= -1,
};

/* Until the console proper takes over. It is what /dev/console is by default. */
void __init ringbolt_console_init_early(void)
{
	early_console = &boot_console;
	register_console(&boot_console);
	add_preferred_console("hvc", 0, NULL);
}
