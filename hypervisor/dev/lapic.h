/* SPDX-License-Identifier: GPL-2.0-only */
/* The calling CPU's local APIC. */
#pragma once

#include "lib/types.h"

#define LAPIC_MACHINE	0xfee00000ul		/* where it answers: its place after reset, which no firmware moves */
#define LAPIC_BASE	0xffff808000000000ul	/* root slot 257 of the hypervisor root: the same, uncached */

#define VECTOR_LAPIC_TIMER	0xf0
#define VECTOR_WAKE		0xf1	/* from another CPU: look what there is to do */
#define VECTOR_LAPIC_SPURIOUS	0xff

/* Enable it: everything masked, but LINT0 for the 8259s (boot CPU only) and LINT1 for NMI. Needs the mapping. */
void lapic_init(bool boot_cpu);

void lapic_eoi(void);
u32 lapic_id(void);

/* To the CPU whose local APIC has this number: an interrupt, an NMI, and what starts it at a page below 1 MiB. */
void lapic_send(u32 id, u32 vector);
void lapic_send_nmi(u32 id);
void lapic_send_init(u32 id);
void lapic_send_startup(u32 id, u64 page);

/* The timer in ticks of the bus clock: count down from a number, and read. Zero stops it. */
void lapic_timer_set(u32 ticks);
u32 lapic_timer_read(void);

/* The timer raises its interrupt when it reaches zero; or, by deadline, when the TSC reaches lapic_timer_set_deadline's. */
void lapic_timer_one_shot(bool by_deadline);
void lapic_timer_set_deadline(u64 tsc);
