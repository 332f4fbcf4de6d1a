/* SPDX-License-Identifier: GPL-2.0-only */
/* The battery-backed clock. */
#pragma once

#include "lib/types.h"

/* Seconds since 1970, taking the clock to run in UTC; zero when it makes no sense. */
u64 rtc_seconds(void);
