/* SPDX-License-Identifier: GPL-2.0-only */
/* The way from boot into guests; the other entries are called by assembly only. */
#pragma once

/* Run what wants to run on this CPU, for ever. */
void sched_run(void) __attribute__((noreturn));
