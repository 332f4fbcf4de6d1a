/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's console as the first domain's. */
#pragma once

/* Bytes arrived: tell the domain that has the console. */
void domain_console_input(void);
