/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains' consoles on the machine's one line; see console.h.
 *
 * A domain's bytes are copied before they are looked at, since its memory may change meanwhile (I-15). Nobody waits for a line of 115200 baud longer than for a
 * few bytes: a line of the background that is not out yet stays with its domain, and whoever writes next sends what is left of it first. Its domain is
 * told that the end of the line was not taken, so it comes again, and a line is not left unfinished.
 */
#include "vm/console.h"
#include "dev/console.h"
#include "dev/serial.h"
#include "lib/print.h"
#include "lib/string.h"
#include "vm/domain.h"
#include "vm/event.h"

#define PART_BYTES 64u

/* Under the machine console's lock. */
static bool is_shared;
static u32 foreground;
static struct domain *sending;		/* has a line that is to be sent before anything else */
static const struct domain *last_writer;

/* The line now is one of this domain. */
static void line_begin(const struct domain *d)
{
	char prefix[] = "[00] ";

	if (console_is_mid_line()) {
		if (last_writer == d)
			return;
		console_put("\r\n");
	}
	prefix[1] = (char)('0' + d->id / 10);
	prefix[2] = (char)('0' + d->id % 10);
	console_put(prefix);
	last_writer = d;
}

/* Send what a domain has collected. False: the line is busy. */
static bool collected_send(struct domain *d)
{
	struct domain_console *c = &d->console;

	line_begin(d);
	c->sent += (u32)console_put_some(c->line + c->sent, c->length - c->sent);
	if (c->sent < c->length)
		return false;
	c->length = c->sent = 0;
	return true;
}

static bool sending_finish(void)
{
	if (!sending)
		return true;
	if (!collected_send(sending))
		return false;
	console_put("\r\n");
	sending = NULL;
	return true;
}

/* Bytes up to the end of a line, that end included. */
static size_t write_foreground(struct domain *d, const char *part, size_t count)
{
	size_t bytes = 0;

	if (d->console.length && !collected_send(d))
		return 0;
	while (bytes < count && part[bytes++] != '\n')
		;
	line_begin(d);
	return console_put_some(part, bytes);
}

static size_t write_background(struct domain *d, const char *part, size_t count)
{
	struct domain_console *c = &d->console;

	for (size_t i = 0; i < count; i++) {
		const bool ends = part[i] == '\n', ends_again = ends && c->ends_line;

		c->ends_line = false;
		if ((ends && !ends_again) || c->length == CONSOLE_LINE_BYTES) {
			sending = d;
			if (!sending_finish()) {
				c->ends_line = ends;
				return i;
			}
		}
		if (!ends && part[i] != '\r')
			c->line[c->length++] = part[i];
	}
	return count;
}

static size_t write_part(struct domain *d, const char *part, size_t count)
{
	if (!is_shared)
		return console_put_some(part, count);
	if (!sending_finish())
		return 0;
	return d->id == foreground ? write_foreground(d, part, count) : write_background(d, part, count);
}

size_t domain_console_write(struct domain *d, const void *bytes, size_t count)
{
	char part[PART_BYTES];
	size_t done = 0, taken;

	console_lock();
	while (done < count) {
		const size_t wanted = MIN(count - done, PART_BYTES);

		memcpy(part, (const u8 *)bytes + done, wanted);
		taken = write_part(d, part, wanted);
		done += taken;
		/* In the foreground a part ends where a line does. */
		if (!taken || (taken < wanted && part[taken - 1] != '\n'))
			break;
	}
	console_unlock();
	return done;
}

size_t domain_console_read(struct domain *d, void *buffer, size_t count)
{
	struct domain_console *c = &d->console;
	size_t taken = 0;

	console_lock();
	while (taken < count && c->input_start != __atomic_load_n(&c->input_end, __ATOMIC_ACQUIRE)) {
		((u8 *)buffer)[taken++] = c->input[c->input_start % CONSOLE_INPUT_BYTES];
		__atomic_store_n(&c->input_start, c->input_start + 1, __ATOMIC_RELEASE);
	}
	console_unlock();
	return taken;
}

/* The next domain that lives, after the one in the foreground; that one, if there is no other. Caller holds the lock. */
static u32 foreground_next(void)
{
	for (u32 i = 1; i <= domains_end; i++) {
		const u32 id = (foreground + i) % domains_end;

		if (domain_find(id))
			return id;
	}
	return foreground;
}

static void foreground_change(void)
{
	u32 before, now;

	console_lock();
	before = foreground;
	now = foreground = foreground_next();
	console_unlock();
	if (now != before)
		print("ringbolt: what is typed goes to domain %u\n", now);
}

static void input_put(struct domain *d, u8 byte)
{
	struct domain_console *c = &d->console;

	if (c->input_end - __atomic_load_n(&c->input_start, __ATOMIC_ACQUIRE) == CONSOLE_INPUT_BYTES)
		return;
	c->input[c->input_end % CONSOLE_INPUT_BYTES] = byte;
	__atomic_store_n(&c->input_end, c->input_end + 1, __ATOMIC_RELEASE);
}

void domain_console_interrupt(void)
{
	struct domain *d;
	u8 byte;

	/* Bounded: a broken port that always reports data must not hold the CPU. */
	for (u32 bound = 0; bound < CONSOLE_INPUT_BYTES && serial_receive(&byte); bound++) {
		d = domain_find(__atomic_load_n(&foreground, __ATOMIC_RELAXED));
		if (byte == CONSOLE_SWITCH_KEY && is_shared)
			foreground_change();
		else if (d)
			input_put(d, byte);
	}
	d = domain_find(__atomic_load_n(&foreground, __ATOMIC_RELAXED));
	if (d)
		event_raise(d->vcpus[0], RB_VECTOR_CONSOLE);
}

void domain_console_added(struct domain *d)
{
	struct domain_console *c = &d->console;

	console_lock();
	/* What was typed for the one before it, and what that had begun to write when it ended, is nobody's. */
	if (sending == d)
		sending = NULL;
	if (last_writer == d)
		last_writer = NULL;
	c->length = c->sent = 0;
	c->ends_line = false;
	__atomic_store_n(&c->input_start, __atomic_load_n(&c->input_end, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
	if (d->id > 0) {
		is_shared = true;
		console_share();
	}
	console_unlock();
}

void domain_console_ended(struct domain *d)
{
	bool was_foreground;

	console_lock();
	/* The line is waited for: once in a domain's life. */
	if (sending == d || d->console.length) {
		for (u32 i = 0; i < CONSOLE_LINE_BYTES && !collected_send(d); i++)
			;
		d->console.length = d->console.sent = 0;
		console_put("\r\n");
	}
	if (sending == d)
		sending = NULL;
	if (last_writer == d)
		last_writer = NULL;
	was_foreground = is_shared && foreground == d->id;
	console_unlock();
	if (was_foreground)
		foreground_change();
}
