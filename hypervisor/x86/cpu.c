/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bring a CPU to where guests can run on it: its gate pages, its own hypervisor root, descriptor tables, control and
 * model-specific registers.
 *
 * Keeps I-1: what a live root has in slot 256 is this gate and nothing else; the writable gate pages are in this CPU's roots only.
 */
#include "x86/cpu.h"
#include "lib/ensure.h"
#include "lib/string.h"
#include "mm/live.h"
#include "mm/page.h"
#include "x86/cpuid.h"
#include "x86/descriptor.h"
#include "x86/direct.h"
#include "x86/fpu.h"
#include "x86/instruction.h"
#include "x86/seal.h"

struct cpu cpus[CPUS_MAX];
u32 cpu_count;
struct cpu_features cpu_features;

static struct live_root cpu_live_roots[CPUS_MAX];

#define HV_STACK_PAGES 4

extern const u8 __gate_start[], __gate_end[], __gate_load[];
extern const char gate_syscall[], gate_syscall32[], gate_interrupts[];
extern const char gate_vector_0[], gate_vector_1[], gate_vector_2[], gate_vector_3[], gate_vector_4[], gate_vector_5[],
	gate_vector_6[], gate_vector_7[], gate_vector_8[], gate_vector_9[], gate_vector_10[], gate_vector_11[], gate_vector_12[],
	gate_vector_13[], gate_vector_14[], gate_vector_15[], gate_vector_16[], gate_vector_17[], gate_vector_18[],
	gate_vector_19[], gate_vector_20[], gate_vector_21[], gate_vector_128[];

#define ENTRY_TABLE	0x03ul			/* present, writable */
#define ENTRY_TEXT	0x01ul			/* present */
#define ENTRY_RO	(0x01ul | 1ul << 63)
#define ENTRY_RW	(0x03ul | 1ul << 63)

static void *page_need(void)
{
	void *page = page_alloc();

	ENSURE(page);
	return page;
}

/* What is not the same on all processors is not offered; they are alike on every machine we know, so a difference stops us. */
static void features_check(void)
{
	struct cpuid leaf1 = cpuid_leaf(1, 0);
	struct cpuid leaf7 = cpuid_leaf(7, 0);

	ENSURE(leaf7.ebx & 1);
	ENSURE(!!(leaf1.ecx & 1u << 17) == cpu_features.pcid);
	ENSURE(cpuid_physical_bits() == cpu_features.address_bits);
	ENSURE((cpuid_leaf(0xd, 0).eax & cpu_features.xcr0) == cpu_features.xcr0);
}

static void features_read(void)
{
	struct cpuid leaf1 = cpuid_leaf(1, 0);
	struct cpuid leaf7 = cpuid_leaf(7, 0);
	struct cpuid extended = cpuid_leaf(0x80000008, 0);

	if (!(leaf7.ebx & 1))
		panic("this processor has no FSGSBASE, which Ringbolt needs");
	if (!(leaf1.ecx & 1u << 26))
		panic("this processor has no XSAVE, which Ringbolt needs");
	cpu_features.pcid = leaf1.ecx & 1u << 17;
	cpu_features.ibpb = (leaf7.edx & 1u << 26) || (extended.ebx & 1u << 12);
	cpu_features.address_bits = cpuid_physical_bits();
}

/* The gate's pages and the tables above them. Returns the level-2 table. */
static u64 *gate_build(struct cpu *cpu)
{
	u64 *level2 = page_need(), *level1 = page_need();
	u64 text = image_address(__gate_load);
	u64 text_pages = (u64)(__gate_end - __gate_start) / PAGE_BYTES;
	static const u32 stacks[] = { (u32)GATE_NMI_STACK_TOP, (u32)GATE_MCE_STACK_TOP, (u32)GATE_DF_STACK_TOP, (u32)GATE_DB_STACK_TOP };

#define GATE_INDEX(va) (((va) >> PAGE_SHIFT) & 511)
	level2[0] = direct_address(level1) | ENTRY_TABLE;
	for (u64 i = 0; i < text_pages; i++)
		level1[i] = (text + i * PAGE_BYTES) | ENTRY_TEXT;
	cpu->gdt = page_need();
	cpu->trusted = page_need();
	cpu->scratch = page_need();
	cpu->idt = page_need();
	level1[GATE_INDEX(GATE_GDT)] = direct_address(cpu->gdt) | ENTRY_RO;
	level1[GATE_INDEX(GATE_TRUSTED)] = direct_address(cpu->trusted) | ENTRY_RO;
	level1[GATE_INDEX(GATE_IDT)] = direct_address(cpu->idt) | ENTRY_RO;
	level1[GATE_INDEX(GATE_SCRATCH)] = direct_address(cpu->scratch) | ENTRY_RW;
	for (u32 i = 0; i < ARRAY_COUNT(stacks); i++)
		level1[GATE_INDEX(stacks[i] - 1)] = direct_address(page_need()) | ENTRY_RW;
	/* Until a vCPU is loaded its page is a page of nobody's. */
	cpu->vcpu_page_entry = &level1[GATE_INDEX(GATE_VCPU_PAGE)];
	*cpu->vcpu_page_entry = direct_address(page_need()) | ENTRY_RW;
	return level2;
}

/* This CPU's own hypervisor root: the boot root with this CPU's gate. And the live root. */
static void roots_build(struct cpu *cpu)
{
	u64 *boot_root = direct_pointer(cr3_read() & ~0xffful);
	u64 *boot_slot = direct_pointer(boot_root[256] & 0x000ffffffffff000ul);
	u64 *root = page_need(), *slot = page_need(), *live_slot = page_need(), *live_page = page_need();
	u64 *gate = gate_build(cpu);
	u64 pcid = cpu_features.pcid ? 1 : 0;
	u8 *stack;

	memcpy(root, boot_root, PAGE_BYTES);
	memcpy(slot, boot_slot, PAGE_BYTES);
	slot[0] = direct_address(gate) | ENTRY_TABLE;
	root[256] = direct_address(slot) | ENTRY_TABLE;
	live_slot[0] = direct_address(gate) | ENTRY_TABLE;
	live_page[256] = direct_address(live_slot) | ENTRY_TABLE;

	cpu->live = &cpu_live_roots[cpu->id];
	live_root_init(cpu->live, (mfn_t){ direct_address(live_page) >> PAGE_SHIFT });
	ENSURE(live_page[256]);
	cpu->window_entry = &live_slot[(WINDOW_CHUNK_MAP >> 30) & 511];
	cpu->noflush = pcid ? CR3_NOFLUSH : 0;
	cpu->guest_cr3 = direct_address(live_page) | pcid;
	cpu->trusted->hv_cr3 = direct_address(root) | cpu->noflush;
	cpu->trusted->cpu = cpu;
	cpu->trusted->floor = ~0ul;
	cpu->trusted->poison = GATE_POISON;
	stack = page_run_alloc(HV_STACK_PAGES);
	ENSURE(stack);
	cpu->trusted->hv_stack = (u64)stack + HV_STACK_PAGES * PAGE_BYTES;
	cr3_write(direct_address(root));
}

static void tables_build(struct cpu *cpu)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) pointer;
	u64 *gdt = cpu->gdt;
	u64 *idt = cpu->idt;
	u64 *tss = (u64 *)cpu->trusted->tss;
	struct { u32 vector; const char *entry; u32 dpl, ist; } exceptions[] = {
		{ 0, gate_vector_0, 0, 0 }, { 1, gate_vector_1, 0, IST_DB }, { 2, gate_vector_2, 0, IST_NMI },
		{ 3, gate_vector_3, 3, 0 }, { 4, gate_vector_4, 3, 0 }, { 5, gate_vector_5, 0, 0 }, { 6, gate_vector_6, 0, 0 },
		{ 7, gate_vector_7, 0, 0 }, { 8, gate_vector_8, 0, IST_DF }, { 9, gate_vector_9, 0, 0 },
		{ 10, gate_vector_10, 0, 0 }, { 11, gate_vector_11, 0, 0 }, { 12, gate_vector_12, 0, 0 },
		{ 13, gate_vector_13, 0, 0 }, { 14, gate_vector_14, 0, 0 }, { 15, gate_vector_15, 0, 0 },
		{ 16, gate_vector_16, 0, 0 }, { 17, gate_vector_17, 0, 0 }, { 18, gate_vector_18, 0, IST_MCE },
		{ 19, gate_vector_19, 0, 0 }, { 20, gate_vector_20, 0, 0 }, { 21, gate_vector_21, 0, 0 },
	};

	gdt[SEL_KERNEL_CS / 8] = DESCRIPTOR_CODE64(1);
	gdt[SEL_KERNEL_SS / 8] = DESCRIPTOR_DATA(1);
	gdt[SEL_USER32_CS / 8] = DESCRIPTOR_CODE32(3);
	gdt[SEL_USER_SS / 8] = DESCRIPTOR_DATA(3);
	gdt[SEL_USER_CS / 8] = DESCRIPTOR_CODE64(3);
	gdt[SEL_HV_CS / 8] = DESCRIPTOR_CODE64(0);
	gdt[SEL_HV_SS / 8] = DESCRIPTOR_DATA(0);
	/* LTR marks it busy, in the table: hence the load through the direct map below. */
	gdt[SEL_TSS / 8] = 0x0000890000000067ull | (GATE_TRUSTED & 0xffffff) << 16 | (GATE_TRUSTED >> 24 & 0xff) << 56;
	gdt[SEL_TSS / 8 + 1] = GATE_TRUSTED >> 32;

	/* Task state: 4 bytes in, RSP0..2 at 4, IST1..7 at 36, I/O map base beyond the limit at 102: no port is open. */
	memcpy((u8 *)tss + 4, &(u64){ GATE_STACK_TOP }, 8);
	memcpy((u8 *)tss + 36 + 8 * (IST_NMI - 1), &(u64){ GATE_NMI_STACK_TOP }, 8);
	memcpy((u8 *)tss + 36 + 8 * (IST_MCE - 1), &(u64){ GATE_MCE_STACK_TOP }, 8);
	memcpy((u8 *)tss + 36 + 8 * (IST_DF - 1), &(u64){ GATE_DF_STACK_TOP }, 8);
	memcpy((u8 *)tss + 36 + 8 * (IST_DB - 1), &(u64){ GATE_DB_STACK_TOP }, 8);
	memcpy((u8 *)tss + 102, &(u16){ 0x68 }, 2);

	for (u32 i = 0; i < ARRAY_COUNT(exceptions); i++)
		gate_descriptor_set(&idt[2 * exceptions[i].vector], (u64)exceptions[i].entry, SEL_HV_CS, exceptions[i].dpl,
				    exceptions[i].ist);
	for (u32 vector = 32; vector < 256; vector++)
		gate_descriptor_set(&idt[2 * vector], (u64)gate_interrupts + 16ul * (vector - 32), SEL_HV_CS, 0, 0);
	gate_descriptor_set(&idt[2 * 128], (u64)gate_vector_128, SEL_HV_CS, 3, 0);

	pointer.limit = GDT_ENTRIES * 8 - 1;
	pointer.base = (u64)gdt;
	asm volatile("lgdt %0; ltr %w1" : : "m"(pointer), "r"(SEL_TSS));
	pointer.base = GATE_GDT;
	asm volatile("lgdt %0" : : "m"(pointer));
	pointer.limit = PAGE_BYTES - 1;
	pointer.base = GATE_IDT;
	asm volatile("lidt %0" : : "m"(pointer));
	asm volatile("push %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:\n\t"
		     "mov %1, %%ss; mov %2, %%ds; mov %2, %%es; mov %2, %%fs; mov %2, %%gs; lldt %w2"
		     : : "i"(SEL_HV_CS), "r"(SEL_HV_SS), "r"(0) : "rax", "memory");
}

static void registers_set(void)
{
	u64 cr4 = CR4_DE | CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_OSXSAVE;

	if (cpuid_leaf(7, 0).ebx & 1u << 7)
		cr4 |= CR4_SMEP;
	/* Protection keys bear on user pages only; the hypervisor has none. PKRU changes hands with the extended state. */
	if (cpuid_leaf(7, 0).ecx & 1u << 3)
		cr4 |= CR4_PKE;
	if (cpu_features.pcid)
		cr4 |= CR4_PCIDE;
	cr0_write(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG);
	cr4_write(cr4);
	/* Exactly these: firmware may have left others on. */
	msr_write(MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE);
	/* SYSCALL: the hypervisor's segments. SYSRET (32-bit callers only): user selectors. */
	msr_write(MSR_STAR, (u64)SEL_USER32_CS << 48 | (u64)SEL_HV_CS << 32);
	msr_write(MSR_LSTAR, (u64)gate_syscall);
	msr_write(MSR_CSTAR, (u64)gate_syscall32);
	msr_write(MSR_FMASK, 0xffffffff & ~RFLAGS_FIXED);
	msr_write(MSR_SYSENTER_CS, 0);
	dr7_write(0x400);
	dr6_write(0xffff0ff0);
}

void cpu_init(u32 id)
{
	struct cpu *cpu = &cpus[id];

	cpu->id = id;
	if (id == 0)
		features_read();
	else
		features_check();
	roots_build(cpu);
	tables_build(cpu);
	registers_set();
	fpu_init();
	cpu_seal(cpu);
	cpu_count++;
}
