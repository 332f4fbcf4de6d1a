/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 8259 pair, for the few lines the hypervisor itself uses (the serial port). It reaches the boot CPU through its local
 * APIC's LINT0. The pair raises its lines 7 and 15 when a request went away before it was acknowledged: such an interrupt is
 * not in service, and an end-of-interrupt for it would end another.
 */
#include "dev/pic.h"
#include "dev/io.h"

#define MASTER_COMMAND	0x20
#define MASTER_DATA	0x21
#define SLAVE_COMMAND	0xa0
#define SLAVE_DATA	0xa1

#define CASCADE_IRQ	2
#define INIT_ICW4	0x11	/* begin initialisation, a fourth word follows */
#define MODE_8086	0x01
#define EOI		0x20
#define READ_SERVICE	0x0b	/* the next read of the command port is the in-service register */

void pic_init(void)
{
	io_write8(MASTER_COMMAND, INIT_ICW4);
	io_write8(SLAVE_COMMAND, INIT_ICW4);
	io_write8(MASTER_DATA, PIC_VECTOR_FIRST);
	io_write8(SLAVE_DATA, PIC_VECTOR_FIRST + 8);
	io_write8(MASTER_DATA, 1 << CASCADE_IRQ);
	io_write8(SLAVE_DATA, CASCADE_IRQ);
	io_write8(MASTER_DATA, MODE_8086);
	io_write8(SLAVE_DATA, MODE_8086);
	io_write8(MASTER_DATA, 0xff & ~(1 << CASCADE_IRQ));
	io_write8(SLAVE_DATA, 0xff);
}

void pic_unmask(u32 irq)
{
	u16 port = irq < 8 ? MASTER_DATA : SLAVE_DATA;

	io_write8(port, io_read8(port) & ~(1u << (irq & 7)));
}

static bool is_in_service(u16 command_port, u32 line)
{
	io_write8(command_port, READ_SERVICE);
	return io_read8(command_port) & (1u << line);
}

void pic_eoi(u32 irq)
{
	if (irq >= 8) {
		if (irq != 15 || is_in_service(SLAVE_COMMAND, 7))
			io_write8(SLAVE_COMMAND, EOI);
		io_write8(MASTER_COMMAND, EOI);		/* the cascade's line: real even if line 15 was not */
		return;
	}
	if (irq != 7 || is_in_service(MASTER_COMMAND, 7))
		io_write8(MASTER_COMMAND, EOI);
}
