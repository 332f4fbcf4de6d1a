// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor as a kernel in privilege level 1 sees it: identification, control
 * and model-specific registers, segments, debug registers.
 *
 * Control registers belong to the hypervisor: reads give what holds, writes are
 * forgotten (the kernel keeps its own shadow of CR4). There are no
 * model-specific registers; those with a meaning here are translated.
 */
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>

#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fred.h>
#include <asm/fsgsbase.h>
#include <asm/io_bitmap.h>
#include <asm/msr.h>
#include <asm/paravirt.h>
#include <asm/processor.h>
#include <asm/vdso.h>

#include "ringbolt.h"

/* ---------------- identification */

#define CPUID_XSTATE	0xd

static const struct rb_cpuid_leaf *find_leaf(u32 leaf, u32 subleaf)
{
	const struct rb_cpuid_leaf *table = (void *)ringbolt_start_info->cpuid_table;
	unsigned int i;

	for (i = 0; i < ringbolt_start_info->cpuid_count; i++)
		if (table[i].leaf == leaf &&
		    (table[i].subleaf == subleaf || table[i].subleaf == ~0U))
			return &table[i];
	return NULL;
}

static void ringbolt_cpuid(unsigned int *eax, unsigned int *ebx,
			   unsigned int *ecx, unsigned int *edx)
{
	const struct rb_cpuid_leaf *found = find_leaf(*eax, *ecx);
	unsigned int leaf = *eax, subleaf = *ecx;

	if (!found) {
		*eax = *ebx = *ecx = *edx = 0;
		return;
	}
	*eax = found->eax;
	*ebx = found->ebx;
	*ecx = found->ecx;
	*edx = found->edx;

	if (leaf == 1) {
		/* The local APIC's identifier is the vCPU's number. */
		*ebx = (*ebx & 0x00ffffff) | this_cpu_read(ringbolt_vcpu.vcpu_id) << 24;
	} else if (leaf == CPUID_XSTATE && !subleaf) {
		/* The size of what is enabled now: only the processor knows. */
		unsigned int a = leaf, b, c = subleaf, d;

		native_cpuid(&a, &b, &c, &d);
		*ebx = b;
	}
}

/* ---------------- control registers */

static unsigned long ringbolt_read_cr0(void)
{
	return CR0_STATE;
}

static void ringbolt_write_cr0(unsigned long value)
{
}

static void ringbolt_write_cr4(unsigned long value)
{
}

void ringbolt_set_xcr0(u64 value)
{
	long status = rb_vcpu_set_xcr0(value);

	WARN(status, "Ringbolt: XCR0 %llx refused (%ld)\n", value, status);
}

static void ringbolt_wbinvd(void)
{
}

/* ---------------- GS base and the vCPU page */

/*
 * GS base of the kernel on this CPU. The vCPU page is per-CPU data, so it moves,
 * too. Virtual interrupts are off.
 *
 * Vectors that were raised until the hypervisor knew the new page are in the old
 * one; they are carried over. The other things it writes are brought up to date by
 * itself.
 */
void ringbolt_set_gs_base(unsigned long base)
{
	unsigned long old_base = rdgsbase();
	struct rb_vcpu_page *old = (void *)old_base + (unsigned long)&ringbolt_vcpu;
	struct rb_vcpu_page *new = (void *)base + (unsigned long)&ringbolt_vcpu;
	unsigned int i;

	if (base != old_base) {
		*new = *old;
		if (rb_vcpu_set_page(__pa(new)))
			BUG();
		for (i = 0; i < ARRAY_SIZE(old->pending_vectors); i++) {
			u64 missed = old->pending_vectors[i] & ~new->pending_vectors[i];

			if (missed) {
				new->pending_vectors[i] |= missed;
				new->pending = 1;
			}
		}
	}
	wrgsbase(base);
	if (rb_vcpu_set_gs(base))
		BUG();
}

/* ---------------- model-specific registers */

/* The user's GS base is in the frame of the task that runs. */
static unsigned long *user_gs_base(void)
{
	return &fred_info(current_pt_regs())->gs_base;
}

/* What memory types the page tables may name: as after reset. */
#define PAT_RESET	0x0007040600070406ULL

/*
 * The registers of the virtual FRED. The hypervisor takes both entry points,
 * the restartable range and the stack for double faults in one call.
 */
static void set_entry(unsigned long double_fault_sp)
{
	if (rb_vcpu_set_entry((unsigned long)ringbolt_entry_user,
			      (unsigned long)ringbolt_entry_kernel,
			      (unsigned long)ringbolt_range_start,
			      (unsigned long)ringbolt_range_end,
			      double_fault_sp))
		BUG();
}

static u64 ringbolt_read_msr_safe(unsigned int msr, int *err)
{
	*err = 0;
	switch (msr) {
	case MSR_FS_BASE:
		return rdfsbase();
	case MSR_GS_BASE:
		return rdgsbase();
	case MSR_KERNEL_GS_BASE:
		return *user_gs_base();
	case MSR_EFER:
		return EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
	case MSR_IA32_CR_PAT:
		return PAT_RESET;
	case MSR_IA32_APICBASE:
		return smp_processor_id() ? 0 : MSR_IA32_APICBASE_BSP;
	}
	*err = -EIO;
	return 0;
}

static int ringbolt_write_msr_safe(unsigned int msr, unsigned int low, unsigned int high)
{
	u64 value = (u64)high << 32 | low;

	switch (msr) {
	case MSR_FS_BASE:
		wrfsbase(value);
		return 0;
	case MSR_GS_BASE:
		ringbolt_set_gs_base(value);
		return 0;
	case MSR_KERNEL_GS_BASE:
		*user_gs_base() = value;
		return 0;
	case MSR_TSC_AUX:
		return rb_vcpu_set_tsc_aux(low) ? -EIO : 0;

	case MSR_IA32_FRED_CONFIG:
		set_entry(0);
		return 0;
	case MSR_IA32_FRED_RSP3:
		if (value)
			set_entry(value);
		return 0;
	case MSR_IA32_FRED_RSP0:
	case MSR_IA32_FRED_RSP1:
	case MSR_IA32_FRED_RSP2:
	case MSR_IA32_FRED_STKLVLS:
	case MSR_STAR:
		return 0;
	}
	return -EIO;
}

/* Where failing is not expected it is not reported: registers that no one has are zero. */
static u64 ringbolt_read_msr(unsigned int msr)
{
	int err;

	return ringbolt_read_msr_safe(msr, &err);
}

static void ringbolt_write_msr(unsigned int msr, unsigned int low, unsigned int high)
{
	ringbolt_write_msr_safe(msr, low, high);
}

static u64 ringbolt_read_pmc(int counter)
{
	return 0;
}

/* ---------------- segments */

static void ringbolt_load_descriptor_table(const struct desc_ptr *table)
{
}

static unsigned long ringbolt_store_tr(void)
{
	return 0;
}

static void ringbolt_set_ldt(const void *entries, unsigned int count)
{
}

/* Slots of vcpu_set_descriptor. */
#define SLOT_TLS	0
#define SLOT_CPU	3

static void ringbolt_write_gdt_entry(struct desc_struct *table, int entry,
				     const void *descriptor, int type)
{
	if (entry == GDT_ENTRY_CPUNODE &&
	    rb_vcpu_set_descriptor(SLOT_CPU, *(const u64 *)descriptor))
		BUG();
}

/* What is in the slots of this CPU: most programs use none. */
static DEFINE_PER_CPU(u64 [GDT_ENTRY_TLS_ENTRIES], loaded_tls);

static void ringbolt_load_tls(struct thread_struct *thread, unsigned int cpu)
{
	u64 *loaded = this_cpu_ptr(loaded_tls);
	unsigned int i;

	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++) {
		u64 wanted = *(u64 *)&thread->tls_array[i];

		if (loaded[i] == wanted)
			continue;
		if (WARN_ON_ONCE(rb_vcpu_set_descriptor(SLOT_TLS + i, wanted)))
			continue;
		loaded[i] = wanted;
	}
}

/*
 * Loads GS for the user. That changes GS base, to the descriptor's, or on some
 * processors not at all for a null selector; so it is done with the user's in
 * place. A selector that faults becomes null. In between no per-CPU data can be
 * reached.
 */
static noinstr void ringbolt_load_gs_index(unsigned int selector)
{
	unsigned long *user_base = &fred_info(current_pt_regs())->gs_base;
	unsigned long base = *user_base, kernel_base, flags;
	unsigned int sel = (u16)selector;

	raw_local_irq_save(flags);
	asm volatile("rdgsbase %[kernel]\n\t"
		     "wrgsbase %[user]\n"
		     "1:\tmovl %[sel], %%gs\n\t"
		     "rdgsbase %[user]\n\t"
		     "wrgsbase %[kernel]\n\t"
		     _ASM_EXTABLE_TYPE_REG(1b, 1b, EX_TYPE_ZERO_REG, %k[sel])
		     : [kernel] "=&r" (kernel_base), [user] "+r" (base), [sel] "+r" (sel)
		     : : "memory");
	raw_local_irq_restore(flags);
	*user_base = base;
}

/*
 * Where user mode enters: at the end of the stack. `sp0` is task_top_of_stack(),
 * or the entry stack of processors that have one when no user runs yet.
 */
static void ringbolt_load_sp0(unsigned long sp0)
{
	this_cpu_write(ringbolt_vcpu.kernel_sp, sp0 + TOP_OF_KERNEL_STACK_PADDING);
}

/* ---------------- debug registers */

/* As the hypervisor has them; 6 is the kernel's own word. */
static DEFINE_PER_CPU(unsigned long [8], debug_registers) = {
	[6] = DR6_RESERVED,
	[7] = DR7_FIXED_1,
};

static noinstr unsigned long ringbolt_get_debugreg(int number)
{
	return raw_cpu_read(debug_registers[number]);
}

static noinstr void ringbolt_set_debugreg(int number, unsigned long value)
{
	if (number == 7)
		value |= DR7_FIXED_1;
	if (raw_cpu_read(debug_registers[number]) == value)
		return;
	if (number != 6 && rb_vcpu_set_debug(number, value))
		return;
	raw_cpu_write(debug_registers[number], value);
}

/* ---------------- */

/* On a CPU that starts: what is remembered of what the hypervisor has is what a fresh vCPU has. */
void ringbolt_cpu_init_secondary(void)
{
	unsigned long *debug = this_cpu_ptr(debug_registers);

	if (rb_vcpu_set_gs(rdgsbase()))
		BUG();
	memset(this_cpu_ptr(loaded_tls), 0, sizeof(loaded_tls));
	memset(debug, 0, sizeof(debug_registers));
	debug[6] = DR6_RESERVED;
	debug[7] = DR7_FIXED_1;
}

static void ringbolt_io_delay(void)
{
}

void __init ringbolt_cpu_init_early(void)
{
	pv_info.name = "Ringbolt";

	pv_ops.cpu.io_delay = ringbolt_io_delay;
	pv_ops.cpu.cpuid = ringbolt_cpuid;
	pv_ops.cpu.get_debugreg = ringbolt_get_debugreg;
	pv_ops.cpu.set_debugreg = ringbolt_set_debugreg;
	pv_ops.cpu.read_cr0 = ringbolt_read_cr0;
	pv_ops.cpu.write_cr0 = ringbolt_write_cr0;
	pv_ops.cpu.write_cr4 = ringbolt_write_cr4;
	pv_ops.cpu.wbinvd = ringbolt_wbinvd;
	pv_ops.cpu.read_msr = ringbolt_read_msr;
	pv_ops.cpu.write_msr = ringbolt_write_msr;
	pv_ops.cpu.read_msr_safe = ringbolt_read_msr_safe;
	pv_ops.cpu.write_msr_safe = ringbolt_write_msr_safe;
	pv_ops.cpu.read_pmc = ringbolt_read_pmc;
	pv_ops.cpu.load_tr_desc = paravirt_nop;
	pv_ops.cpu.store_tr = ringbolt_store_tr;
	pv_ops.cpu.load_gdt = ringbolt_load_descriptor_table;
	pv_ops.cpu.load_idt = ringbolt_load_descriptor_table;
	pv_ops.cpu.set_ldt = ringbolt_set_ldt;
	pv_ops.cpu.load_tls = ringbolt_load_tls;
	pv_ops.cpu.load_gs_index = ringbolt_load_gs_index;
	pv_ops.cpu.write_gdt_entry = ringbolt_write_gdt_entry;
	pv_ops.cpu.load_sp0 = ringbolt_load_sp0;
}
