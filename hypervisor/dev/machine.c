/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Power-off and reset without ACPI: the ports of the machines we are run on. The power-management port is where QEMU's
 * firmware puts it (0x604 on both of its machines since 1.7, 0xb004 before and on Bochs). On any other machine power-off
 * ends in a halt.
 */
#include "dev/machine.h"
#include "dev/io.h"
#include "dev/serial.h"
#include "lib/ensure.h"

#define EXIT_DEVICE		0xf4
#define PM_CONTROL		0x604
#define PM_CONTROL_OLD		0xb004
#define PM_SLEEP		0x2000
#define RESET_CONTROL		0xcf9
#define KEYBOARD_COMMAND	0x64
#define KEYBOARD_RESET		0xfe

static bool exit_device;

void machine_set_exit_device(bool on)
{
	exit_device = on;
}

static void __attribute__((noreturn)) halt(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

void machine_poweroff(int code)
{
	serial_drain();
	if (exit_device)
		io_write32(EXIT_DEVICE, code);
	io_write16(PM_CONTROL, PM_SLEEP);
	io_write16(PM_CONTROL_OLD, PM_SLEEP);
	halt();
}

void machine_stop(int code)
{
	machine_poweroff(code);
}

void machine_reboot(void)
{
	serial_drain();
	io_write8(RESET_CONTROL, 0x02);
	io_write8(RESET_CONTROL, 0x06);
	io_write8(KEYBOARD_COMMAND, KEYBOARD_RESET);
	halt();
}
