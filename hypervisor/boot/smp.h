/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting the other processors. */
#pragma once

/*
 * Start the processors of boot_info.cpu_ids, one after the other, each into waiting for work; at most as many in all as the option `maxcpus`
 * says. One that does not answer is left out, with a message. On the boot processor, after the first domain was made.
 */
void smp_start(void);
