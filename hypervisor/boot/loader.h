/* SPDX-License-Identifier: GPL-2.0-only */
/* The domains that are made at boot: from the boot loader's modules to vCPUs that run. */
#pragma once

/* Make them. Stops the machine with a message when it cannot be done. */
void domains_load(void);
/* They run from now on: when all CPUs are there to run them. */
void domains_start(void);
