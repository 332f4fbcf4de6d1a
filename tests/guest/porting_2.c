/* SPDX-License-Identifier: MIT */
/*
 * The porting guide's second step (docs/reference/porting.md): entry points of its own, for
 * exceptions of the kernel. From here on the guest library starts the kernel and prints; its
 * entry points are replaced by those below.
 */
#include "guest.h"

#define NOTHING		0xffffc90000000000ul	/* no page is mapped here */

/* What the code below has on the stack: the registers it pushes, then the event frame. */
struct event {
	uint64_t rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11;
	struct rb_event_frame frame;
};

void user_entry(void);
void kernel_entry(void);
void skipped(void);

/*
 * RSP is the frame's address, a multiple of 64. A C function wants a multiple of 16 before the
 * call: so one word more than nine. The way back restores the interrupted GS base; IRETQ takes
 * ip, cs, flags, sp and ss from the frame.
 */
__asm__("user_entry:\n"
	"	ud2\n"				/* no user mode yet */
	"kernel_entry:\n"
	"	push %r11; push %r10; push %r9; push %r8\n"
	"	push %rax; push %rcx; push %rdx; push %rsi; push %rdi\n"
	"	mov	%rsp, %rdi\n"
	"	sub	$8, %rsp\n"
	"	call	event\n"
	"	add	$8, %rsp\n"
	"	mov	9 * 8 + 56(%rsp), %rax\n"	/* gs_base */
	"	wrgsbase %rax\n"
	"	pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax\n"
	"	pop %r8; pop %r9; pop %r10; pop %r11\n"
	"	add	$8, %rsp\n"		/* error_code */
	"	iretq\n");

static unsigned breakpoints;
static uint64_t fault_address;

void event(struct event *event)
{
	unsigned vector = event->frame.ss >> RB_EVENT_FRAME_SS_VECTOR_SHIFT & 0xff;

	if (vector == 3) {
		breakpoints++;			/* ip is behind int3 already */
	} else if (vector == 14) {
		fault_address = event->frame.data;
		event->frame.ip = (uint64_t)skipped;
	} else {
		guest_panic("vector %u at %lx", vector, event->frame.ip);
	}
}

int main(struct rb_start_info *start)
{
	uint64_t user = (uint64_t)user_entry, kernel = (uint64_t)kernel_entry;

	guest_must(rb_vcpu_set_entry(user, kernel, 0, 0, 0));

	__asm__ volatile("int3");
	__asm__ volatile("movb $1, (%0)\n"
			 "skipped:" : : "r"(NOTHING) : "memory");

	guest_printf("%u breakpoint, a fault at %lx\n", breakpoints, fault_address);
	return breakpoints == 1 && fault_address == NOTHING ? 0 : 1;
}
