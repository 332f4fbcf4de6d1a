/* SPDX-License-Identifier: GPL-2.0-only */
/* Channel 2 of the 8254 timer, as the reference that other clocks are measured against. */
#pragma once

#include "lib/types.h"

#define PIT_HZ 1193182ul

/* Let the counter run down from 65535, once: 55 ms. */
void pit_start(void);

/* Where the counter is. It goes on below zero: see pit_has_passed_zero. */
u16 pit_read(void);

bool pit_has_passed_zero(void);
