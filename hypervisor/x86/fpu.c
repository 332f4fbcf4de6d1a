/* SPDX-License-Identifier: GPL-2.0-only */
/* Floating-point and vector state; see fpu.h. */
#include "x86/fpu.h"
#include "lib/string.h"
#include "mm/page.h"
#include "x86/cpu.h"
#include "x86/cpuid.h"
#include "x86/instruction.h"

void fpu_init(void)
{
	u64 offered = XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512 | XCR0_PKRU;

	offered &= cpuid_leaf(0xd, 0).eax;
	if ((offered & XCR0_AVX512) != XCR0_AVX512)
		offered &= ~(u64)XCR0_AVX512;
	if (!(offered & XCR0_AVX))
		offered &= ~(u64)XCR0_AVX512;
	cpu_features.xcr0 = offered;
	xcr0_write(offered);
	cpu_features.xsave_bytes = cpuid_leaf(0xd, 0).ebx;
	asm volatile("fninit");
}

void *fpu_area_alloc(void)
{
	void *area = page_run_alloc((cpu_features.xsave_bytes + PAGE_BYTES - 1) / PAGE_BYTES);

	if (area)
		fpu_area_init(area);
	return area;
}

/* Zero is the initial state for XRSTOR but for two control words. */
void fpu_area_init(void *area)
{
	u8 *bytes = area;

	memset(area, 0, cpu_features.xsave_bytes);
	*(u16 *)(bytes + 0) = 0x37f;	/* x87 control word */
	*(u32 *)(bytes + 24) = 0x1f80;	/* MXCSR */
	*(u64 *)(bytes + 512) = XCR0_X87 | XCR0_SSE;
}

/* With all components we offer enabled, whatever the guest has chosen. */
void fpu_save(void *area)
{
	xcr0_write(cpu_features.xcr0);
	extended_state_save(area);
}

void fpu_load(const void *area)
{
	xcr0_write(cpu_features.xcr0);
	extended_state_load(area);
}

bool xcr0_is_valid(u64 value)
{
	if (value & ~cpu_features.xcr0 || !(value & XCR0_X87))
		return false;
	if ((value & XCR0_AVX) && !(value & XCR0_SSE))
		return false;
	if (value & XCR0_AVX512)
		return (value & XCR0_AVX512) == XCR0_AVX512 && (value & XCR0_AVX);
	return true;
}
