/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places of the hypervisor's text that boot changes if the machine is to be traced, before anything else runs (boot/trace.c), and that cost next to
 * nothing otherwise. Used by C and by assembler.
 *
 * Each is recorded in a section of its own: the place, where it is to lead, and the opcode that leads there, a jump or a call with a 32-bit
 * distance. So nothing here is an indirect jump.
 */
#pragma once

#define PATCH_JUMP 0xe9
#define PATCH_CALL 0xe8

#ifdef __ASSEMBLER__

/* A call of a function which, if traced, calls another one. Costs nothing. */
.macro CALL_OR function, traced
9:	call	\function
	.pushsection .rodata.patches, "a"
	.long	9b - ., \traced - ., PATCH_CALL
	.popsection
.endm

#else

#include "lib/types.h"

struct patch {
	s32 place, target;	/* distances from themselves */
	u32 opcode;
};

#define PATCH_TEXT(word) #word
#define PATCH_OPCODE(opcode) PATCH_TEXT(opcode)

/*
 * At file scope: if traced, `traced` runs wherever `function` is called. Costs nothing. Not for functions that are called in their own file: the
 * compiler would know what they do with registers. The two must differ, or it makes one of them a jump to the other.
 */
#define PATCH_FUNCTION(function, traced)									\
	asm(".pushsection .rodata.patches, \"a\"\n\t"								\
	    ".long " #function " - ., " #traced " - ., " PATCH_OPCODE(PATCH_JUMP) "\n\t"			\
	    ".popsection")

/* False, by one instruction that does nothing; if traced, true by a jump. */
static inline __attribute__((always_inline)) bool patch_is_on(void)
{
	asm goto("1: .byte 0x0f, 0x1f, 0x44, 0, 0\n\t"
		 ".pushsection .rodata.patches, \"a\"\n\t"
		 ".long 1b - ., %l[on] - ., " PATCH_OPCODE(PATCH_JUMP) "\n\t"
		 ".popsection" : : : : on);
	return false;
on:
	return true;
}

#endif
