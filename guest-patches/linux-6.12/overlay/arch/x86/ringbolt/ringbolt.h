/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the Ringbolt port share. */
#ifndef _X86_RINGBOLT_RINGBOLT_H
#define _X86_RINGBOLT_RINGBOLT_H

#include <linux/init.h>
#include <linux/linkage.h>

#include <asm/ringbolt.h>

struct pt_regs;

/* entry.S */
void ringbolt_early_entry(void);
void ringbolt_entry_user(void);
void ringbolt_entry_kernel(void);
extern const char ringbolt_range_start[], ringbolt_range_end[];
unsigned long ringbolt_save_fl(void);
void ringbolt_irq_disable(void);
void ringbolt_irq_enable(void);

/* start.c */
asmlinkage void ringbolt_start_kernel(const struct rb_start_info *si);

/* head.S, smp.c */
void ringbolt_secondary_entry(void);
asmlinkage void ringbolt_start_secondary(void);

/* cpu.c */
void ringbolt_cpu_init_early(void);
void ringbolt_cpu_init_secondary(void);
void ringbolt_set_gs_base(unsigned long base);

/* irq.c */
void ringbolt_irq_init_early(void);
asmlinkage void ringbolt_early_event(struct pt_regs *regs);
asmlinkage void ringbolt_deliver(struct pt_regs *regs);
void ringbolt_raise_self(unsigned int vector);

/* ioport.c */
bool ringbolt_skip_port_access(struct pt_regs *regs);

/* apic.c, smp.c, time.c, power.c, console.c */
void ringbolt_apic_init_early(void);
void ringbolt_smp_init_early(void);
void ringbolt_time_init_early(void);
void ringbolt_power_init_early(void);
void ringbolt_console_init_early(void);

/* spinlock.c */
#ifdef CONFIG_PARAVIRT_SPINLOCKS
void ringbolt_spinlock_init(void);
bool ringbolt_vcpu_is_preempted(long cpu);
#else
static inline void ringbolt_spinlock_init(void) { }
#endif

/* mmu.c: page tables; sets pv_ops.mmu and the lazy-mode hooks of pv_ops.cpu */
void ringbolt_mmu_init_early(const struct rb_start_info *si);
/* On a CPU that starts, before it changes a page table. */
void ringbolt_mmu_init_secondary(void);
/* Frame of the user root without entries: what kernel threads run in. */
unsigned long ringbolt_empty_root(void);

#endif
