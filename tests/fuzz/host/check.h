/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold after every step; each failure ends the process with a message. */
#pragma once

void check_begin(void);
/* Also interrupts the CPUs that another has to interrupt. */
void check_end(void);
