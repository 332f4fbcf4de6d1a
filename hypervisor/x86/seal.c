/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of what never changes; see seal.h. */
#include "x86/seal.h"
#include "lib/print.h"
#include "x86/instruction.h"

enum {
	SEAL_CR0, SEAL_CR4, SEAL_EFER, SEAL_STAR, SEAL_LSTAR, SEAL_CSTAR, SEAL_FMASK, SEAL_SYSENTER,
	SEAL_GDT_BASE, SEAL_GDT_LIMIT, SEAL_IDT_BASE, SEAL_IDT_LIMIT, SEAL_TASK, SEAL_LDT,
	SEAL_IMAGE, SEAL_DESCRIPTORS, SEAL_GATES, SEAL_TASK_STATE,
	SEAL_COUNT
};

static const char names[SEAL_COUNT][12] = {
	"CR0", "CR4", "EFER", "STAR", "LSTAR", "CSTAR", "FMASK", "SYSENTER_CS",
	"GDT base", "GDT limit", "IDT base", "IDT limit", "TR", "LDT",
	"image", "GDT", "IDT", "TSS",
};

static u64 seals[CPUS_MAX][SEAL_COUNT];

extern const u8 __text_start[], __rodata_end[];

/* FNV-1a, over words. */
static u64 sum(u64 so_far, const void *start, u64 bytes)
{
	const u64 *words = start;

	for (u64 i = 0; i < bytes / 8; i++)
		so_far = (so_far ^ words[i]) * 0x100000001b3ul;
	return so_far;
}

static void tables_look(u64 *now)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) pointer;
	u16 selector;

	asm volatile("sgdt %0" : "=m"(pointer));
	now[SEAL_GDT_BASE] = pointer.base;
	now[SEAL_GDT_LIMIT] = pointer.limit;
	asm volatile("sidt %0" : "=m"(pointer));
	now[SEAL_IDT_BASE] = pointer.base;
	now[SEAL_IDT_LIMIT] = pointer.limit;
	asm volatile("str %0" : "=r"(selector));
	now[SEAL_TASK] = selector;
	asm volatile("sldt %0" : "=r"(selector));
	now[SEAL_LDT] = selector;
}

static void look(const struct cpu *cpu, u64 *now)
{
	now[SEAL_CR0] = cr0_read();
	now[SEAL_CR4] = cr4_read();
	now[SEAL_EFER] = msr_read(MSR_EFER);
	now[SEAL_STAR] = msr_read(MSR_STAR);
	now[SEAL_LSTAR] = msr_read(MSR_LSTAR);
	now[SEAL_CSTAR] = msr_read(MSR_CSTAR);
	now[SEAL_FMASK] = msr_read(MSR_FMASK);
	now[SEAL_SYSENTER] = msr_read(MSR_SYSENTER_CS);
	tables_look(now);
	/* The gate's text lies between the image's text and its constants. */
	now[SEAL_IMAGE] = sum(0, __text_start, (u64)(__rodata_end - __text_start));
	/* Less the slots that guests may set. */
	now[SEAL_DESCRIPTORS] = sum(sum(0, cpu->gdt, SEL_TLS / 8 * 8), &cpu->gdt[SEL_CPU_NUMBER / 8 + 1], (GDT_ENTRIES - SEL_CPU_NUMBER / 8 - 1) * 8);
	now[SEAL_GATES] = sum(0, cpu->idt, PAGE_BYTES);
	now[SEAL_TASK_STATE] = sum(0, cpu->trusted->tss, sizeof(cpu->trusted->tss));
}

void cpu_seal(const struct cpu *cpu)
{
	look(cpu, seals[cpu->id]);
}

u64 cpu_seal_check(void)
{
	const struct cpu *cpu = this_cpu();
	u64 now[SEAL_COUNT], changed = 0;

	look(cpu, now);
	for (u32 i = 0; i < SEAL_COUNT; i++) {
		if (now[i] == seals[cpu->id][i])
			continue;
		print("check: CPU %u: %s changed: %lx, was %lx\n", cpu->id, names[i], now[i], seals[cpu->id][i]);
		changed++;
	}
	return changed;
}
