/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain that answers each line typed with "got LINE", and ends with the line "end". Its command line is its name. */
#include "guest.h"

static void on_console(struct guest_regs *regs, unsigned vector)
{
	(void)regs;
	(void)vector;
}

int main(struct rb_start_info *start)
{
	char line[128];
	size_t length = 0;

	guest_set_handler(RB_VECTOR_CONSOLE, on_console);
	guest_printf("%s is ready\n", (const char *)start->command_line);
	for (;;) {
		guest_events_off();
		while (length < sizeof(line) - 1 && guest_read(line + length, 1) == 1) {
			if (line[length++] != '\n')
				continue;
			line[length - 1] = 0;
			if (!memcmp(line, "end", 4))
				return 0;
			guest_printf("got %s\n", line);
			length = 0;
		}
		guest_must(rb_sched_block());
	}
}
