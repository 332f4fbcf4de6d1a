// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port access of drivers that look for hardware. There are no ports. IN and OUT
 * raise #GP in the kernel's privilege level; they are made to
 * behave as where no device answers: all ones are read, writes are lost.
 */
#include <linux/kdebug.h>
#include <linux/ioport.h>
#include <linux/notifier.h>
#include <linux/uaccess.h>

#include <asm/paravirt.h>
#include <asm/ptrace.h>

#include "ringbolt.h"

#define MAX_PREFIXES	4

/* Emulate the kernel's instruction if it is a port access. */
bool ringbolt_skip_port_access(struct pt_regs *regs)
{
	u8 code[MAX_PREFIXES + 2];
	bool word = false;
	unsigned int i = 0, bytes;

	if (copy_from_kernel_nofault(code, (void *)regs->ip, sizeof(code)))
		return false;
	while (i < MAX_PREFIXES && (code[i] == 0x66 || code[i] == 0xf2 || code[i] == 0xf3))
		word |= code[i++] == 0x66;

	bytes = !(code[i] & 1) ? 1 : word ? 2 : 4;
	switch (code[i]) {
	case 0x6c: case 0x6d:		/* INS */
	case 0x6e: case 0x6f:		/* OUTS */
		if (i && code[i - 1] != 0x66)
			regs->cx = 0;
		break;
	case 0xe4: case 0xe5:		/* IN, immediate port */
		i++;
		fallthrough;
	case 0xec: case 0xed:		/* IN */
		if (bytes == 4)
			regs->ax = U32_MAX;
		else
			regs->ax |= GENMASK(bytes * 8 - 1, 0);
		break;
	case 0xe6: case 0xe7:		/* OUT, immediate port */
		i++;
		break;
	case 0xee: case 0xef:		/* OUT */
		break;
	default:
		return false;
	}
	regs->ip += i + 1;
	return true;
}

static int ioport_notify(struct notifier_block *self, unsigned long event, void *data)
{
	struct die_args *args = data;

	if (event != DIE_GPF || user_mode(args->regs) || !ringbolt_skip_port_access(args->regs))
		return NOTIFY_DONE;
	return NOTIFY_STOP;
}

static struct notifier_block ioport_notifier = {
	.notifier_call = ioport_notify,
};

static int __init ringbolt_ioport_init(void)
{
	if (!on_ringbolt())
		return 0;
	/* Well-behaved drivers ask first. */
	paravirt_disable_iospace();
	return register_die_notifier(&ioport_notifier);
}
early_initcall(ringbolt_ioport_init);
