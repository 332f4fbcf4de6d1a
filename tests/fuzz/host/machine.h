/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every input begins with: two domains, each with a vCPU on each of three CPUs, some page tables built, the first vCPUs running. All of it
 * belongs to the snapshot.
 */
#pragma once

void machine_make(void);
