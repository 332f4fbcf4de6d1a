/* SPDX-License-Identifier: GPL-2.0-only */
/* Ending the machine's run. */
#pragma once

#include "lib/types.h"

/* What stands at port 0xf4 is an emulator's exit device: power off by telling it the code. */
void machine_set_exit_device(bool on);

void machine_poweroff(int code) __attribute__((noreturn));
void machine_reboot(void) __attribute__((noreturn));
