/* SPDX-License-Identifier: GPL-2.0-only */
/* Options: the command line is scanned anew for each question; there are few, and only at boot. */
#include "boot/option.h"
#include "boot/boot_info.h"
#include "lib/string.h"

static const char *next_word(const char *text)
{
	while (*text && *text != ' ')
		text++;
	return text;
}

/* What follows `name` in the last word that begins with it and goes on with `mark` or ends there; NULL when there is none. */
static const char *find(const char *name, char mark)
{
	const char *text = boot_info.command_line, *found = NULL;
	size_t length = strlen(name);

	while (*text) {
		while (*text == ' ')
			text++;
		if (strncmp(text, name, length) == 0) {
			char next = text[length];

			if (mark ? next == mark : next == ' ' || next == 0)
				found = text + length + (mark != 0);
		}
		text = next_word(text);
	}
	return found;
}

bool option_has(const char *name)
{
	return find(name, 0) != NULL;
}

bool option_is(const char *name, const char *value)
{
	const char *text = find(name, '=');
	size_t length = strlen(value);

	return text && strncmp(text, value, length) == 0 && (text[length] == ' ' || text[length] == 0);
}

u64 option_number(const char *name, u64 otherwise)
{
	const char *text = find(name, '=');
	u64 number = 0;

	if (!text || *text < '0' || *text > '9')
		return otherwise;
	while (*text >= '0' && *text <= '9')
		number = number * 10 + (*text++ - '0');
	if (*text == 'K')
		return number << 10;
	if (*text == 'M')
		return number << 20;
	if (*text == 'G')
		return number << 30;
	return number;
}
