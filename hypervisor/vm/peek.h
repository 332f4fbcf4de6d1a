/* SPDX-License-Identifier: GPL-2.0-only */
/* Look into the address space of the guest on this CPU, for reports about it. */
#pragma once

#include "mm/live.h"

/* The word at a guest virtual address; false if it is not mapped or not aligned. */
bool peek_u64(const struct live_root *live, u64 va, u64 *word);
