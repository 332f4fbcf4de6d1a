/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted output. A call collects its text in a buffer on the stack and hands it on in pieces, so that a line of ordinary
 * length reaches the console whole even when two CPUs print.
 */
#include "lib/print.h"
#include "lib/string.h"

struct line {
	char text[192];
	size_t used;
};

/* One conversion: what stands between '%' and its letter. */
struct conversion {
	u32 width;
	bool zero;		/* pad with zeros */
	bool left;		/* pad on the right */
	bool wide;		/* a 64-bit argument */
};

static void line_flush(struct line *line)
{
	print_sink(line->text, line->used);
	line->used = 0;
}

static void line_put(struct line *line, char c)
{
	if (line->used == sizeof(line->text))
		line_flush(line);
	line->text[line->used++] = c;
}

static void line_pad(struct line *line, char c, u32 width, size_t length)
{
	for (; length < width; length++)
		line_put(line, c);
}

static void line_text(struct line *line, const struct conversion *how, const char *text)
{
	size_t length;

	if (!text)
		text = "(null)";
	length = strlen(text);
	if (!how->left)
		line_pad(line, ' ', how->width, length);
	while (*text)
		line_put(line, *text++);
	if (how->left)
		line_pad(line, ' ', how->width, length);
}

static void line_number(struct line *line, const struct conversion *how, u64 value, u32 base, bool negative)
{
	char digits[24];
	size_t count = 0, length;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	length = count + negative;
	if (!how->left && !how->zero)
		line_pad(line, ' ', how->width, length);
	if (negative)
		line_put(line, '-');
	if (how->zero)
		line_pad(line, '0', how->width, length);
	while (count > 0)
		line_put(line, digits[--count]);
	if (how->left)
		line_pad(line, ' ', how->width, length);
}

static const char *conversion_parse(struct conversion *how, const char *format, va_list args)
{
	*how = (struct conversion){0};
	for (;; format++) {
		if (*format == '0')
			how->zero = true;
		else if (*format == '-')
			how->left = true;
		else
			break;
	}
	if (*format == '*') {
		how->width = va_arg(args, int);
		format++;
	}
	while (*format >= '0' && *format <= '9')
		how->width = how->width * 10 + (*format++ - '0');
	for (; *format == 'l' || *format == 'z'; format++)
		how->wide = true;
	if (how->left)
		how->zero = false;
	return format;
}

static void line_convert(struct line *line, char letter, struct conversion *how, va_list args)
{
	s64 number;

	if (letter == '%') {
		line_put(line, '%');
	} else if (letter == 'c') {
		line_put(line, va_arg(args, int));
	} else if (letter == 's') {
		line_text(line, how, va_arg(args, const char *));
	} else if (letter == 'd') {
		number = how->wide ? va_arg(args, s64) : va_arg(args, s32);
		line_number(line, how, number < 0 ? -(u64)number : (u64)number, 10, number < 0);
	} else if (letter == 'u') {
		line_number(line, how, how->wide ? va_arg(args, u64) : va_arg(args, u32), 10, false);
	} else if (letter == 'x') {
		line_number(line, how, how->wide ? va_arg(args, u64) : va_arg(args, u32), 16, false);
	} else if (letter == 'p') {
		how->zero = true;
		how->width = 16;
		line_number(line, how, va_arg(args, u64), 16, false);
	} else {
		line_put(line, '%');
		line_put(line, letter);
	}
}

void print_va(const char *format, va_list args)
{
	struct line line;
	va_list rest;

	line.used = 0;
	va_copy(rest, args);
	while (*format) {
		struct conversion how;

		if (*format != '%') {
			line_put(&line, *format++);
			continue;
		}
		format = conversion_parse(&how, format + 1, rest);
		if (!*format)
			break;
		line_convert(&line, *format++, &how, rest);
	}
	va_end(rest);
	line_flush(&line);
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_va(format, args);
	va_end(args);
}
