/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and strings. The bulk goes by quadwords with the string instructions: fast on processors with ERMS, and eight times
 * faster than bytes under an emulator that executes them step by step.
 */
#include "lib/string.h"

void *memset(void *to, int byte, size_t bytes)
{
	void *next = to;
	size_t count = bytes / 8;

	asm volatile("rep stosq" : "+D"(next), "+c"(count) : "a"(0x0101010101010101ul * (u8)byte) : "memory");
	count = bytes % 8;
	asm volatile("rep stosb" : "+D"(next), "+c"(count) : "a"(byte) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
	void *next = to;
	size_t count = bytes / 8;

	asm volatile("rep movsq" : "+D"(next), "+S"(from), "+c"(count) : : "memory");
	count = bytes % 8;
	asm volatile("rep movsb" : "+D"(next), "+S"(from), "+c"(count) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	u8 *end = (u8 *)to + bytes;
	const u8 *from_end = (const u8 *)from + bytes;

	if ((u64)to - (u64)from >= bytes)
		return memcpy(to, from, bytes);
	while (end != to)
		*--end = *--from_end;
	return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const u8 *left = a, *right = b;
	size_t i;

	for (i = 0; i < bytes; i++)
		if (left[i] != right[i])
			return left[i] - right[i];
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t bytes)
{
	for (; bytes > 0; bytes--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}
