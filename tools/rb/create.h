/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a domain from a configuration. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* Make it, and let it run unless it is to be paused. Returns its number. On failure nothing of it is left, and the program ends with a message. */
uint64_t create(const struct config *config, bool is_paused);
