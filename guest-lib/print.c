/* SPDX-License-Identifier: MIT */
/* The console: a small printf over console_write, and console_read. */
#include "guest.h"

/* What goes through the calls, aligned so that it lies in one chunk. */
static char bounce[GUEST_PAGE] __attribute__((aligned(4096)));

void guest_write(const char *bytes, size_t count)
{
	while (count) {
		size_t part = count < sizeof(bounce) ? count : sizeof(bounce);
		uint64_t written;

		memcpy(bounce, bytes, part);
		if (rb_console_write(guest_physical(bounce), part, &written))
			return;		/* there is nobody to tell */
		bytes += written;	/* less than asked while the line is busy */
		count -= written;
	}
}

size_t guest_read(char *bytes, size_t count)
{
	uint64_t taken = 0;

	if (count > sizeof(bounce))
		count = sizeof(bounce);
	guest_must(rb_console_read(guest_physical(bounce), count, &taken));
	memcpy(bytes, bounce, taken);
	return taken;
}

/* A line in the making. */
struct line {
	char text[256];
	size_t used;
};

static void put(struct line *line, char character)
{
	if (line->used == sizeof(line->text)) {
		guest_write(line->text, line->used);
		line->used = 0;
	}
	line->text[line->used++] = character;
}

static void put_number(struct line *line, uint64_t number, unsigned base, int width, char fill)
{
	char digits[24];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	for (int i = count; i < width; i++)
		put(line, fill);
	while (count)
		put(line, digits[--count]);
}

static void put_signed(struct line *line, int64_t number, int width, char fill)
{
	if (number < 0)
		put(line, '-');
	put_number(line, number < 0 ? -(uint64_t)number : (uint64_t)number, 10, width, fill);
}

void guest_vprintf(const char *format, va_list arguments)
{
	struct line line = { .used = 0 };

	for (; *format; format++) {
		bool is_long = false, is_alternate = false;
		char fill = ' ';
		int width = 0;

		if (*format != '%') {
			put(&line, *format);
			continue;
		}
		format++;
		if (*format == '#') {
			is_alternate = true;
			format++;
		}
		if (*format == '0')
			fill = '0';
		while (*format >= '0' && *format <= '9')
			width = width * 10 + *format++ - '0';
		while (*format == 'l') {
			is_long = true;
			format++;
		}
		switch (*format) {
		case 'd':
			put_signed(&line, is_long ? va_arg(arguments, int64_t) : va_arg(arguments, int), width, fill);
			break;
		case 'u':
			put_number(&line, is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned), 10, width, fill);
			break;
		case 'p':
			is_long = true;
			/* fall through */
		case 'x':
			if (is_alternate) {
				put(&line, '0');
				put(&line, 'x');
			}
			put_number(&line, is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned), 16, width, fill);
			break;
		case 'c':
			put(&line, (char)va_arg(arguments, int));
			break;
		case 's':
			for (const char *string = va_arg(arguments, const char *); *string; string++)
				put(&line, *string);
			break;
		default:
			put(&line, *format);
		}
	}
	guest_write(line.text, line.used);
}

void guest_printf(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
}
