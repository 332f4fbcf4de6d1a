/* SPDX-License-Identifier: GPL-2.0-only */
/* The two 8259 interrupt controllers: vectors 0x20 to 0x2f. */
#pragma once

#include "lib/types.h"

#define PIC_VECTOR_FIRST	0x20
#define PIC_VECTOR_LAST		0x2f

/* Remap, and mask every line. */
void pic_init(void);
void pic_unmask(u32 irq);

/* The interrupt `irq` (vector less PIC_VECTOR_FIRST) was served; a spurious one is told apart and not acknowledged. */
void pic_eoi(u32 irq);
