/* SPDX-License-Identifier: GPL-2.0-only */
/* An image that ends before its first test. For ../selftest. */
#include "conformance.h"

/* In place of the library's. */
__asm__(".pushsection .text.start, \"ax\"; .globl guest_entry_point; guest_entry_point: ud2; .popsection");

TEST("start.never", "it never begins")
{
}
