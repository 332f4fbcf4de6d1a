/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rest of the kernel's memory management calls when it runs on Ringbolt.
 *
 * Page tables are read-only there: whatever would write an entry other than through pv_ops calls a function of
 * arch/x86/ringbolt/queue.c instead, and tables come from a reserve (ptpool.c), not from the page allocator.
 * Every call stands behind ringbolt_mmu(): natively that is a patched jump, and a constant in kernels that are
 * not built for Ringbolt, for which these functions do not exist.
 */
#ifndef _ASM_X86_RINGBOLT_MMU_H
#define _ASM_X86_RINGBOLT_MMU_H

#ifndef __ASSEMBLY__

#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/pgtable_types.h>

struct mm_struct;
struct page;

#ifdef CONFIG_RINGBOLT_GUEST
/* The kernel runs deprivileged. Xen PV, whose bit this is, is not built together with Ringbolt. */
#define ringbolt_mmu()	cpu_feature_enabled(X86_FEATURE_XENPV)
#else
#define ringbolt_mmu()	false
#endif

/* Read-modify-write of entries (queue.c). In a lazy MMU section they take effect at its end. */
pte_t ringbolt_ptep_get_and_clear(pte_t *ptep);
pmd_t ringbolt_pmdp_get_and_clear(pmd_t *pmdp);
pmd_t ringbolt_pmdp_establish(pmd_t *pmdp, pmd_t pmd);
bool ringbolt_test_and_clear_young(void *entry);
/* nr entries of one table. */
void ringbolt_wrprotect(void *entry, unsigned int nr);
void ringbolt_set_ptes(pte_t *ptep, pte_t pte, unsigned int nr);
void ringbolt_clear_ptes(pte_t *ptep, unsigned int nr);
pte_t ringbolt_get_and_clear_ptes(pte_t *ptep, unsigned int nr);

/* The page-table reserve (ptpool.c). level: of the table, PG_LEVEL_4K for one of PTEs. Tables come empty. */
struct page *ringbolt_pt_alloc(gfp_t gfp, int level);
void *ringbolt_pt_alloc_early(int level);	/* before there is a struct page; panics where the other returns NULL */
void ringbolt_pt_free(struct page *page);
bool ringbolt_is_pt(const struct page *page);
bool ringbolt_is_pt_range(phys_addr_t start, phys_addr_t end);	/* is there any of the reserve? */

#ifdef CONFIG_RINGBOLT_GUEST
/* For include/linux/mm.h. */
#define arch_pagetable_alloc(gfp, level)				\
	(ringbolt_mmu() ? ringbolt_pt_alloc(gfp, level) :		\
			  alloc_pages_noprof((gfp) | __GFP_COMP, 0))

#define arch_pagetable_free arch_pagetable_free
static inline bool arch_pagetable_free(struct page *page)
{
	if (!ringbolt_mmu() || !ringbolt_is_pt(page))
		return false;
	ringbolt_pt_free(page);
	return true;
}
#endif

/* Translations (mmu.c). */
void ringbolt_flush_tlb_range(unsigned long start, unsigned long end);		/* this CPU */
void ringbolt_flush_tlb_kernel_range(unsigned long start, unsigned long end);	/* all CPUs */
void ringbolt_flush_tlb_all(void);						/* all of all CPUs */
bool ringbolt_flush_is_local(const struct mm_struct *mm, bool freed_tables);

#endif /* __ASSEMBLY__ */
#endif /* _ASM_X86_RINGBOLT_MMU_H */
