/* SPDX-License-Identifier: MIT */
/* The functions that a compiler calls on its own, and two more. Weak, so that a program may have its own. */
#include "guest.h"

#define WEAK __attribute__((weak))

WEAK void *memcpy(void *to, const void *from, size_t bytes)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
	return start;
}

WEAK void *memmove(void *to, const void *from, size_t bytes)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if (t <= f)
		return memcpy(to, from, bytes);
	while (bytes--)
		t[bytes] = f[bytes];
	return to;
}

WEAK void *memset(void *to, int byte, size_t bytes)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(byte) : "memory");
	return start;
}

WEAK int memcmp(const void *a, const void *b, size_t bytes)
{
	const uint8_t *x = a, *y = b;

	for (; bytes; bytes--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

WEAK size_t strlen(const char *string)
{
	size_t length = 0;

	while (string[length])
		length++;
	return length;
}

WEAK const char *strstr(const char *string, const char *part)
{
	size_t length = strlen(part);

	for (; strlen(string) >= length; string++)
		if (!memcmp(string, part, length))
			return string;
	return NULL;
}
