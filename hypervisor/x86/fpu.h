/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Floating-point and vector state. The hypervisor has none of its own, so it changes hands only when another vCPU comes
 * onto a CPU: always then (no lazy switching).
 */
#pragma once

#include "lib/types.h"

#define XCR0_X87	1u
#define XCR0_SSE	2u
#define XCR0_AVX	4u
#define XCR0_AVX512	0xe0u
#define XCR0_PKRU	0x200u

/* Find out which components to offer, and enable them; on each CPU. */
void fpu_init(void);
/* An area for a vCPU in its initial state, or NULL. */
void *fpu_area_alloc(void);
/* Back to that state. */
void fpu_area_init(void *area);
void fpu_save(void *area);
void fpu_load(const void *area);
/* Would XSETBV accept it, and do we offer all of it? */
bool xcr0_is_valid(u64 value);
