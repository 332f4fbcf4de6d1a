/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's stand-in for a machine, see fake.h. */

#include "fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "dev/ipi.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "mm/chunk.h"
#include "mm/judge.h"
#include "mm/live.h"
#include "mm/page.h"

u8 *fake_memory;
jmp_buf fake_panic_jump;
bool fake_panic_armed;
void (*fake_asked)(u32 cpu);
u32 fake_print_count;
bool fake_print_quiet;

static struct chunk fake_table[64];

void panic(const char *format, ...)
{
	va_list args;

	if (fake_panic_armed)
		longjmp(fake_panic_jump, 1);
	va_start(args, format);
	fputs("panic: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

void print_va(const char *format, va_list args)
{
	fake_print_count++;
	if (!fake_print_quiet)
		vprintf(format, args);
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_va(format, args);
	va_end(args);
}

void fake_machine_start(void)
{
	const size_t bytes = FAKE_CHUNKS * CHUNK_BYTES;

	if (!fake_memory) {
		fake_memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (fake_memory == MAP_FAILED)
			abort();
		memset(fake_memory, 0xa5, bytes);
	}
	ENSURE(page_used_count() == 0);
	live_root_count = 0;
	fake_asked = NULL;
	fake_print_count = 0;
	fake_print_quiet = false;
	chunk_table_init(fake_table, ARRAY_COUNT(fake_table), FAKE_CHUNKS);
	chunk_make_hypervisor(1);
	for (u32 chunk = 2; chunk < FAKE_CHUNKS; chunk++)
		if (chunk != FAKE_HOLE)
			chunk_make_free(chunk);
	judge_init(FAKE_PHYSICAL_BITS);
}

/* One processor: no other runs a guest. Where fake_cpu.c makes more of them, the hypervisor's own dev/ipi.c takes the place of these. */
__attribute__((weak)) bool cpu_is_in_guest(u32 id)
{
	if (fake_asked)
		fake_asked(id);
	return false;
}

__attribute__((weak)) void cpu_interrupt(u32 id)
{
	(void)id;
}
