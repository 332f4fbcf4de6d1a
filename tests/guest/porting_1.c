/* SPDX-License-Identifier: MIT */
/* expect: status 1 "hello from my kernel" */
/*
 * The porting guide's first step (docs/reference/porting.md): a kernel that says hello and
 * switches off. No library: the generated headers, this file and the linker script are all of it.
 */
#include "ringbolt-calls.h"

/* The image's virtual less its guest-physical address: as in guest.lds. */
#define IMAGE_OFFSET	0xffffffff80000000ul
/* Where we want all memory mapped. */
#define DIRECT_BASE	0xffff888000000000ul

void guest_entry_point(void);

/* The four notes that the loader asks for. */
struct note {
	uint32_t name_bytes, content_bytes, type;
	char name[12];
	uint64_t content;
} __attribute__((packed));

#define NOTE(type, content) \
	{ sizeof(RB_NOTE_OWNER), 8, RB_NOTE_##type, RB_NOTE_OWNER, content }

__attribute__((section(".note.Ringbolt"), aligned(4), used))
static const struct note notes[] = {
	NOTE(ABI, RB_ABI_MAJOR | (uint64_t)RB_ABI_MINOR << 32),
	NOTE(ENTRY, (uint64_t)guest_entry_point),
	NOTE(IMAGE_OFFSET, IMAGE_OFFSET),
	NOTE(DIRECT_BASE, DIRECT_BASE),
};

static uint8_t stack[16384] __attribute__((aligned(16), used));

/* The first instructions: RDI is start_info, and there is no stack yet. */
__asm__(".pushsection .text.start, \"ax\"\n"
	".globl guest_entry_point\n"
	"guest_entry_point:\n"
	"	lea	stack + 16384(%rip), %rsp\n"
	"	xor	%ebp, %ebp\n"
	"	call	kernel_main\n"
	"	ud2\n"
	".popsection");

/* Guest-physical address of something in the image: calls want that. */
static uint64_t physical(const void *pointer)
{
	return (uint64_t)pointer - IMAGE_OFFSET;
}

/* The console takes what its line has room for, perhaps nothing: go on with the rest. */
static long print(const char *text, uint64_t bytes)
{
	uint64_t written = 0;
	long status = RB_OK;

	for (; bytes && status == RB_OK; text += written, bytes -= written)
		status = rb_console_write(physical(text), bytes, &written);
	return status;
}

void kernel_main(const struct rb_start_info *start)
{
	static const char hello[] = "hello from my kernel\n";
	long status = RB_INVAL;

	if (start->magic == RB_ABI_MAGIC)
		status = print(hello, sizeof(hello) - 1);
	for (;;)
		rb_shutdown(RB_SHUTDOWN_REASON_POWEROFF, status == RB_OK ? 0 : 1);
}
