/* SPDX-License-Identifier: GPL-2.0-only */
/* What paths.c and paths_code.S share. */
#pragma once

#define PATHS_TEXT	0x400000	/* user mode: section .user */
#define PATHS_STACK	0x600000	/* end of one page */
#define PATHS_SAMPLES	0x800000	/* ROUNDS_MAX words */
#define PATHS_NOTHING	0x40000000	/* never mapped */
