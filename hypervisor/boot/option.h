/* SPDX-License-Identifier: GPL-2.0-only */
/* Options on the hypervisor's command line: words `name` and `name=value`, separated by spaces. */
#pragma once

#include "lib/types.h"

/* The word `name` is there. */
bool option_has(const char *name);

/* The word `name=value` is there. */
bool option_is(const char *name, const char *value);

/* The number in the last `name=number`, with a suffix K, M or G; `otherwise` when there is none or it is no number. */
u64 option_number(const char *name, u64 otherwise);
