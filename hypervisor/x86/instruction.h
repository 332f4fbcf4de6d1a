/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor's privileged instructions. */
#pragma once

#include "x86/msr.h"

#define MSR_EFER		0xc0000080u
#define MSR_STAR		0xc0000081u
#define MSR_LSTAR		0xc0000082u
#define MSR_CSTAR		0xc0000083u
#define MSR_FMASK		0xc0000084u
#define MSR_FS_BASE		0xc0000100u
#define MSR_GS_BASE		0xc0000101u
#define MSR_TSC_AUX		0xc0000103u
#define MSR_SYSENTER_CS		0x174u
#define MSR_PRED_CMD		0x49u

#define EFER_SCE	(1u << 0)
#define EFER_LME	(1u << 8)
#define EFER_LMA	(1u << 10)
#define EFER_NXE	(1u << 11)

#define CR0_PE	(1u << 0)
#define CR0_MP	(1u << 1)
#define CR0_ET	(1u << 4)
#define CR0_NE	(1u << 5)
#define CR0_WP	(1u << 16)
#define CR0_AM	(1u << 18)
#define CR0_PG	(1u << 31)

#define CR4_DE		(1u << 3)
#define CR4_PAE		(1u << 5)
#define CR4_MCE		(1u << 6)
#define CR4_OSFXSR	(1u << 9)
#define CR4_OSXMMEXCPT	(1u << 10)
#define CR4_FSGSBASE	(1u << 16)
#define CR4_PCIDE	(1u << 17)
#define CR4_OSXSAVE	(1u << 18)
#define CR4_SMEP	(1u << 20)
#define CR4_PKE		(1u << 22)

#define CR3_NOFLUSH	(1ul << 63)

static inline u64 cr0_read(void) { u64 v; asm volatile("mov %%cr0, %0" : "=r"(v)); return v; }
static inline void cr0_write(u64 v) { asm volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
static inline u64 cr2_read(void) { u64 v; asm volatile("mov %%cr2, %0" : "=r"(v)); return v; }
static inline u64 cr3_read(void) { u64 v; asm volatile("mov %%cr3, %0" : "=r"(v)); return v; }
static inline void cr3_write(u64 v) { asm volatile("mov %0, %%cr3" : : "r"(v) : "memory"); }
static inline u64 cr4_read(void) { u64 v; asm volatile("mov %%cr4, %0" : "=r"(v)); return v; }
static inline void cr4_write(u64 v) { asm volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }
static inline u64 dr6_read(void) { u64 v; asm volatile("mov %%dr6, %0" : "=r"(v)); return v; }
static inline void dr6_write(u64 v) { asm volatile("mov %0, %%dr6" : : "r"(v)); }
static inline void dr7_write(u64 v) { asm volatile("mov %0, %%dr7" : : "r"(v)); }

static inline void debug_addresses_write(const u64 address[4])
{
	asm volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3" : :
		     "r"(address[0]), "r"(address[1]), "r"(address[2]), "r"(address[3]));
}

/* DS, ES, FS and GS, and the bases of the last two. */
struct segments {
	u64 fs_base, gs_base;
	u16 ds, es, fs, gs;
};

static inline void segments_read(struct segments *s)
{
	asm volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3" : "=m"(s->ds), "=m"(s->es), "=m"(s->fs), "=m"(s->gs));
	asm volatile("rdfsbase %0" : "=r"(s->fs_base));
	asm volatile("rdgsbase %0" : "=r"(s->gs_base));
}

/* Every selector must be one that loads. The bases last: loading a selector changes them. */
static inline void segments_write(const struct segments *s)
{
	asm volatile("mov %w0, %%ds; mov %w1, %%es; mov %w2, %%fs; mov %w3, %%gs" : :
		     "r"((u32)s->ds), "r"((u32)s->es), "r"((u32)s->fs), "r"((u32)s->gs));
	asm volatile("wrfsbase %0" : : "r"(s->fs_base));
	asm volatile("wrgsbase %0" : : "r"(s->gs_base));
}

/* All components that XCR0 has. */
static inline void extended_state_save(void *area)
{
	asm volatile("xsave64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
}

static inline void extended_state_load(const void *area)
{
	asm volatile("xrstor64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
}

static inline void page_invalidate(u64 va)
{
	asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void xcr0_write(u64 value)
{
	asm volatile("xsetbv" : : "c"(0), "a"((u32)value), "d"((u32)(value >> 32)));
}

static inline u64 timestamp_read(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}
