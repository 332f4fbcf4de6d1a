/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a hypervisor that cannot go on: say why, say from where, stop the machine with a code that tests recognise.
 */
#include "lib/ensure.h"
#include "lib/print.h"

#define STACK_REACH 65536ul		/* a frame further away than this is not one of ours */
#define FRAMES_SHOWN 16

extern const u8 __text_start[], __text_end[];

/* What `push %rbp; mov %rsp, %rbp` leaves on the stack. */
struct stack_frame {
	const struct stack_frame *caller;
	u64 return_address;
};

static bool is_text(u64 address)
{
	return address >= (u64)__text_start && address < (u64)__text_end;
}

void print_callers(u64 frame_pointer)
{
	const struct stack_frame *frame = (const struct stack_frame *)frame_pointer;
	u32 i;

	print("called from");
	for (i = 0; i < FRAMES_SHOWN; i++) {
		if (((u64)frame & 7) || !is_canonical((u64)frame) || !is_text(frame->return_address))
			break;
		print(" %lx", frame->return_address);
		if (frame->caller <= frame || (u64)frame->caller - (u64)frame > STACK_REACH)
			break;
		frame = frame->caller;
	}
	print("\n");
}

void panic(const char *format, ...)
{
	static u32 entered;
	u64 cr2, cr3;
	va_list args;

	asm volatile("cli");
	if (__atomic_fetch_add(&entered, 1, __ATOMIC_RELAXED) > 0)
		machine_stop(PANIC_CODE);	/* a panic in a panic, or on a second CPU */
	print_break_lock();
	print("\nPANIC: ");
	va_start(args, format);
	print_va(format, args);
	va_end(args);
	asm volatile("mov %%cr2, %0; mov %%cr3, %1" : "=r"(cr2), "=r"(cr3));
	print("\ncr2 %lx cr3 %lx\n", cr2, cr3);
	print_callers((u64)__builtin_frame_address(0));
	machine_stop(PANIC_CODE);
}
