/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate's text, taken out of a linked image of the hypervisor and put where this process can run it, with pages of its own
 * behind it. The text reaches its data by distances from itself, so it is the image's, byte for byte, but for the places that a test
 * turns into jumps back to it.
 */
#pragma once

#include "lib/types.h"
#include "x86/cpu.h"

/* The pages behind the text, at their places. */
#define image_trusted	((struct gate_trusted *)GATE_TRUSTED)
#define image_scratch	((struct gate_scratch *)GATE_SCRATCH)
#define image_vcpu_page	((struct rb_vcpu_page *)GATE_VCPU_PAGE)

/* Read the image and map its gate. Ends the program, with a message, if it cannot. */
void image_load(const char *path);
/* The text as it was: no jumps. */
void image_restore(void);
/* Where a symbol of the gate is. Ends the program if there is none. */
u8 *image_symbol(const char *name);
/* What is done at this place from now on: out of the gate, to what image_run returns. Five bytes. */
void image_leave_at(u8 *place);

/* Registers as they are at the entry, and as they were where the gate was left. */
struct image_regs {
	u64 rax, rcx, rdx, r11, rsp, flags;
};

/* Run the gate from a place. The stack is only what it is told, so no signal may come meanwhile. */
void image_run(const u8 *place, struct image_regs *regs);
