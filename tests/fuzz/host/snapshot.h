/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything as it was: the fake machine and all variables of the code under test, taken once and brought back before each input, so that
 * an input's run depends on nothing but the input.
 */
#pragma once

#include "lib/types.h"

/* These bytes belong to it. Before machine_keep. */
void snapshot_add(void *start, size_t bytes);
void machine_keep(void);
void machine_restore(void);
