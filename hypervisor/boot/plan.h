/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domains are to be made at boot: one, as the hypervisor's options say, or those of a manifest (docs/running.md).
 *
 * A manifest is a text of lines. `domain NAME` begins a domain, `key = value` says something of it, `#` begins a comment:
 *
 *	domain web
 *		kernel = vmlinux
 *		module = initrd.gz
 *		memory = 256M
 *		vcpus = 2
 *		command = console=hvc0
 *
 * kernel and module name modules of the boot loader, by the first word of their string.
 */
#pragma once

#include "boot/boot_info.h"
#include "lib/types.h"
#include "ringbolt.h"

#define PLANS_MAX 16

struct plan {
	char name[RB_NAME_BYTES + 1];
	const struct boot_module *kernel;
	const struct boot_module *module;	/* NULL: none */
	const char *command;		/* the kernel's command line; not terminated */
	size_t command_bytes;
	u64 memory;			/* bytes; zero: what is free */
	u64 reserve, reserve_most;	/* chunks of page tables; zero: by the memory */
	u32 vcpus;
	u32 weight;
	u32 cap;			/* percent of a CPU; zero: none */
	bool is_pinned;
};

struct plans {
	u32 count;
	struct plan plan[PLANS_MAX];
};

/* What the options and modules say. Stops the machine with a message if that is nothing that can be done. */
void plans_read(struct plans *plans);

/*
 * Read a manifest. NULL, or what is wrong, and *line is where. Modules are those of boot_info from its second on; text must live as long as the plans.
 */
const char *manifest_parse(struct plans *plans, const char *text, size_t bytes, u32 *line);
