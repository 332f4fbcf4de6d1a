/* SPDX-License-Identifier: GPL-2.0-only */
/* The first domain: from the boot loader's modules to a vCPU that runs. */
#pragma once

/* Module 0 is the kernel (its command line the domain's), module 1 its initial file system. Stops the machine when it cannot be done. */
void first_domain_load(void);
/* That vCPU runs from now on: when all CPUs are there to run it. */
void first_domain_start(void);
