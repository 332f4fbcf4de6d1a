/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains' consoles on the machine's one line.
 *
 * While there was never more than one domain, its bytes go to the line as they are, and it gets all that is typed. From the second on,
 * each line begins with the number of the domain that wrote it, and what is typed goes to the domain in the foreground. CONSOLE_SWITCH_KEY
 * brings the next one there. Bytes of the domain in the foreground are sent at once, those of the others when their line is complete.
 */
#pragma once

#include "lib/types.h"

#define CONSOLE_SWITCH_KEY	0x1d	/* Ctrl-] */
#define CONSOLE_LINE_BYTES	128	/* longer lines of a domain in the background are cut in pieces */
#define CONSOLE_INPUT_BYTES	1024u	/* typed and not yet read; what comes then is dropped */

struct domain;

/* A domain's console. Guarded by the machine console's lock, but for the input: one CPU puts in, who holds the lock takes out. */
struct domain_console {
	char line[CONSOLE_LINE_BYTES];	/* collected in the background */
	u32 length;
	u32 sent;			/* of these on the line already */
	bool ends_line;			/* the end of the line was seen, but not taken while the line was not out; it comes again */
	u32 input_end;			/* bytes ever put in */
	u32 input_start;		/* bytes ever taken out */
	u8 input[CONSOLE_INPUT_BYTES];
};

/* Bytes written: as many as the line takes without long waiting. The guest may change them at any time. */
size_t domain_console_write(struct domain *d, const void *bytes, size_t count);
/* Bytes typed for the domain: how many. */
size_t domain_console_read(struct domain *d, void *buffer, size_t count);
/* The serial port's interrupt: bytes arrived. */
void domain_console_interrupt(void);
/* There is a further domain: its console is empty, and from the second on the line is shared. Before anything is typed for it. */
void domain_console_added(struct domain *d);
/* It does not run any more: another one comes to the foreground in its place. */
void domain_console_ended(struct domain *d);
