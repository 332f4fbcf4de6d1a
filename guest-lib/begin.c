/* SPDX-License-Identifier: MIT */
/* The beginning and the end of a guest. */
#include "guest.h"

#define PANIC_CODE 0x3f

struct rb_start_info *guest_start;
uint8_t guest_stack[GUEST_STACK_BYTES] __attribute__((aligned(4096)));
uint8_t guest_user_stack[GUEST_STACK_BYTES] __attribute__((aligned(4096)));

int main(struct rb_start_info *start);

/* From guest.lds. */
extern void (*const guest_constructors[])(void);
extern void (*const guest_constructors_end[])(void);

__attribute__((weak)) void guest_begin(struct rb_start_info *start)
{
	guest_start = start;
	guest_vcpu = guest_pointer(start->vcpu_page);
	guest_set_entry(0);
	for (void (*const *constructor)(void) = guest_constructors; constructor < guest_constructors_end; constructor++)
		(*constructor)();
	guest_exit((unsigned)main(start));
}

void guest_exit(unsigned code)
{
	for (;;)
		rb_shutdown(RB_SHUTDOWN_REASON_POWEROFF, code & 0xff);
}

void guest_panic(const char *format, ...)
{
	va_list arguments;

	guest_events_off();
	guest_printf("guest panic: ");
	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
	guest_printf("\n");
	for (;;)
		rb_shutdown(RB_SHUTDOWN_REASON_CRASH, PANIC_CODE);
}
