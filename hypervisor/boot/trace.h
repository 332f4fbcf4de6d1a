/* SPDX-License-Identifier: GPL-2.0-only */
/* Switching the trace on (mm/trace.h), if the options ask for it: `trace`, `trace=SIZE`, `trace=counts`. */
#pragma once

/* Change the hypervisor's text (x86/patch.h). On the boot page tables, where it can be written to, before anything that is traced. */
void trace_patch(void);
/* Make a ring for each processor there is. When memory and clock are there, before a domain is. */
void trace_start(void);
