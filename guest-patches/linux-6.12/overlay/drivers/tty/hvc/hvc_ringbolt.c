// SPDX-License-Identifier: GPL-2.0-only
/* The domain's console as a terminal: /dev/hvc0. */
#include <linux/err.h>
#include <linux/init.h>

#include <asm/ringbolt.h>

#include "hvc_console.h"

#define HVC_COOKIE	0x5242		/* any number: there is one console */
#define OUTPUT_BYTES	256

static ssize_t hvc_ringbolt_put(u32 vtermno, const u8 *text, size_t bytes)
{
	return ringbolt_console_write(text, bytes);
}

static ssize_t hvc_ringbolt_get(u32 vtermno, u8 *buffer, size_t bytes)
{
	return ringbolt_console_read(buffer, bytes);
}

static const struct hv_ops hvc_ringbolt_ops = {
	.get_chars	= hvc_ringbolt_get,
	.put_chars	= hvc_ringbolt_put,
	.notifier_add	= notifier_add_irq,
	.notifier_del	= notifier_del_irq,
	.notifier_hangup = notifier_hangup_irq,
};

/* The kernel's messages can go there before it is a terminal. */
static int __init hvc_ringbolt_console_init(void)
{
	if (!on_ringbolt())
		return -ENODEV;
	hvc_instantiate(HVC_COOKIE, 0, &hvc_ringbolt_ops);
	return 0;
}
console_initcall(hvc_ringbolt_console_init);

static int __init hvc_ringbolt_init(void)
{
	struct hvc_struct *console;
	int irq;

	if (!on_ringbolt())
		return -ENODEV;
	irq = ringbolt_vector_irq(RB_VECTOR_CONSOLE);
	if (irq < 0)
		return irq;
	console = hvc_alloc(HVC_COOKIE, irq, &hvc_ringbolt_ops, OUTPUT_BYTES);
	return PTR_ERR_OR_ZERO(console);
}
device_initcall(hvc_ringbolt_init);
