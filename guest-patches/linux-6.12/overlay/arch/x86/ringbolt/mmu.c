// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces: roots, the kernel's top-level table, translations; and how the memory management begins.
 *
 * Hardware never reads a table of level 4 of ours. A process has, beside its pgd, a user root: a frame of the reserve that holds
 * the entries 0 to 255, the hypervisor puts it into place when we "write CR3". The entries from 272 up are the same in all address spaces; they
 * are in the domain's kernel root, which init_mm's pgd mirrors. The pgds are ordinary memory that the kernel walks, with machine
 * addresses in them like every table. All other levels exist once.
 *
 * The number of a process's user root is in the private word of its pgd's struct page.
 */
#include <linux/cpumask.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include <asm/paravirt.h>
#include <asm/pgalloc.h>
#include <asm/ringbolt.h>
#include <asm/ringbolt-mmu.h>
#include <asm/setup.h>
#include <asm/tlb.h>
#include <asm/tlbflush.h>
#include <asm/x86_init.h>

#include "mmu.h"
#include "ringbolt.h"

/* Entries of a root that are the kernel's. Those between them and the user's are the hypervisor's. */
#define ROOT_KERNEL_FIRST	pgd_index(RB_GATE_END)
#define ROOT_USER_END		(PTRS_PER_PGD / 2)

/* The longest range one FLUSH operation forgets. */
#define FLUSH_PAGES_MAX		BIT(RB_PT_OP_WORD_COUNT_BITS)

const u32 *ringbolt_chunk_map __ro_after_init, *ringbolt_machine_map __ro_after_init;
u64 ringbolt_chunk_map_bytes __ro_after_init, ringbolt_machine_map_bytes __ro_after_init;

/* Frames: the kernel root, and the user root without entries, which is init_mm's. */
static unsigned long kernel_root __ro_after_init, empty_root __ro_after_init;

/* What we last "wrote" to CR3, and the frame of the user root that it stood for. */
static DEFINE_PER_CPU(unsigned long, current_cr3);
static DEFINE_PER_CPU(unsigned long, current_root);

/* ---------------- roots */

/* By its address in the image or in the direct map. */
static bool is_init_pgd(const void *entry)
{
	return PHYS_PFN(__pa(entry)) == PHYS_PFN(__pa_symbol(swapper_pg_dir));
}

/* Frame of the user root for a pgd by its physical address. */
static unsigned long root_of(phys_addr_t pgd)
{
	if (pgd == __pa_symbol(swapper_pg_dir))
		return empty_root;
	return page_private(pfn_to_page(PHYS_PFN(pgd)));
}

static int ringbolt_pgd_alloc(struct mm_struct *mm)
{
	struct page *root = ringbolt_pt_alloc(GFP_PGTABLE_USER, PG_LEVEL_512G);

	if (!root)
		return -ENOMEM;
	set_page_private(virt_to_page(mm->pgd), page_to_pfn(root));
	return 0;
}

static void ringbolt_pgd_free(struct mm_struct *mm, pgd_t *pgd)
{
	struct page *page = virt_to_page(pgd);
	struct page *root = pfn_to_page(page_private(page));

	set_page_private(page, 0);
	ringbolt_pt_free(root);
}

static void root_set(unsigned long root, unsigned int index, u64 entry)
{
	if (entry)
		rb_op(rb_word(RB_OP_LINK, root, index), rb_entry_gfn(entry));
	else
		rb_op(rb_word(RB_OP_SET, root, index), 0);
}

/*
 * An entry of a pgd. In init_mm's the kernel's entries are hardware's, too; in others the user's are. The kernel's entries in others are
 * copies, and init_mm has no user.
 */
static void ringbolt_set_p4d(p4d_t *p4dp, p4d_t p4d)
{
	unsigned int index = offset_in_page(p4dp) / sizeof(*p4dp);
	u64 entry = native_p4d_val(p4d);

	native_set_p4d(p4dp, p4d);
	if (is_init_pgd(p4dp)) {
		if (index >= ROOT_KERNEL_FIRST)
			root_set(kernel_root, index, entry);
	} else if (index < ROOT_USER_END) {
		root_set(page_private(virt_to_page(p4dp)), index, entry);
	}
}

unsigned long ringbolt_empty_root(void)
{
	return empty_root;
}

static unsigned long ringbolt_read_cr3(void)
{
	return this_cpu_read(current_cr3);
}

static void flush_local(void);

static void ringbolt_write_cr3(unsigned long cr3)
{
	unsigned long root = root_of(cr3 & CR3_ADDR_MASK);

	this_cpu_write(current_cr3, cr3);
	if (root == this_cpu_read(current_root)) {
		flush_local();
		return;
	}
	rb_lazy_flush();
	if (rb_root_load(root))
		BUG();
	this_cpu_write(current_root, root);
}

/* ---------------- translations */

/* A FLUSH operation, behind the queued ones in their call if there are any. */
static void flush_op(u64 word, unsigned long address)
{
	rb_op(word, address);
	rb_lazy_flush();
}

static void flush_local(void)
{
	flush_op(RB_OP_FLUSH, 0);
}

/* start is a page's; up to FLUSH_PAGES_MAX pages. */
static u64 range_word(unsigned long pages)
{
	return rb_word(RB_OP_FLUSH, 0, 1) | rb_word_count(pages);
}

static void ringbolt_flush_tlb_one_user(unsigned long address)
{
	flush_op(range_word(1), address & PAGE_MASK);
}

static unsigned long range_pages(unsigned long start, unsigned long end)
{
	return PFN_UP(end) - PFN_DOWN(start);
}

/*
 * In a lazy section this is done at its end, with the changes that it is for: copy-on-write clears an entry, flushes and sets the entry
 * by one call. It is sound because this CPU alone uses the address space (else it would be ringbolt_flush_tlb_multi), and is in the kernel
 * with the lock of the table until the section ends; what frees pages or tables ends it first (tlb_flush).
 */
void ringbolt_flush_tlb_range(unsigned long start, unsigned long end)
{
	unsigned long pages = range_pages(start, end);

	if (pages <= FLUSH_PAGES_MAX)
		rb_op(range_word(pages), start & PAGE_MASK);
	else
		rb_op(RB_OP_FLUSH, 0);
}

/*
 * The other CPUs that may have translations of an mm (of any, if NULL) and go on using them. A CPU that has another mm loaded has none: loading forgets.
 * One that only keeps it loaded for a kernel thread (lazy) compares generations before it uses it again; but it may walk tables that are freed. The
 * order of the reads is should_flush_tlb()'s.
 */
static u64 flush_others(const struct mm_struct *mm, const struct cpumask *cpus, bool freed_tables)
{
	unsigned int cpu, self = smp_processor_id();
	u64 others = 0;

	for_each_cpu(cpu, cpus) {
		const struct mm_struct *loaded = per_cpu(cpu_tlbstate.loaded_mm, cpu);

		smp_rmb();
		if (cpu == self || (mm && loaded != mm && loaded != LOADED_MM_SWITCHING))
			continue;
		if (freed_tables || !per_cpu(cpu_tlbstate_shared.is_lazy, cpu))
			others |= BIT_ULL(cpu);
	}
	return others;
}

/* For flush_tlb_mm_range(): is forgetting on this CPU enough? */
bool ringbolt_flush_is_local(const struct mm_struct *mm, bool freed_tables)
{
	return !flush_others(mm, mm_cpumask((struct mm_struct *)mm), freed_tables);
}

/* On several CPUs: one call, which returns when they have forgotten or are sure to before they use a translation. */
static void flush_vcpus(u64 vcpus, unsigned long start, unsigned long end)
{
	unsigned long pages = range_pages(start, end);
	long status;

	if (end != TLB_FLUSH_ALL && pages <= FLUSH_PAGES_MAX)
		status = rb_tlb_flush(vcpus, RB_TLB_SCOPE_RANGE, start & PAGE_MASK, pages);
	else
		status = rb_tlb_flush(vcpus, RB_TLB_SCOPE_ALL, 0, 0);
	BUG_ON(status);
}

/*
 * The generation counters of the other CPUs are not brought up to date: at their next switch they flush once more than they need.
 */
static void ringbolt_flush_tlb_multi(const struct cpumask *cpus, const struct flush_tlb_info *info)
{
	u64 self = cpumask_bits(cpus)[0] & BIT_ULL(smp_processor_id());

	rb_lazy_flush();
	flush_vcpus(flush_others(info->mm, cpus, info->freed_tables) | self, info->start, info->end);
}

void ringbolt_flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	if (num_online_cpus() > 1) {
		rb_lazy_flush();
		flush_vcpus(cpumask_bits(cpu_online_mask)[0], start, end);
	} else if (end == TLB_FLUSH_ALL) {
		flush_local();
	} else {
		ringbolt_flush_tlb_range(start, end);
		rb_lazy_flush();
	}
}

void ringbolt_flush_tlb_all(void)
{
	ringbolt_flush_tlb_kernel_range(0, TLB_FLUSH_ALL);
}

/* ---------------- entries */

/* The splitting of a large page of the kernel's stores a link as if it were a PTE (set_memory.c); users' are leaves. */
static void ringbolt_set_pte(pte_t *ptep, pte_t pte)
{
	if (native_pte_val(pte) & _PAGE_USER)
		rb_set_leaf(ptep, native_pte_val(pte));
	else
		rb_set_entry(ptep, native_pte_val(pte));
}

static void ringbolt_set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	rb_set_entry(pmdp, native_pmd_val(pmd));
}

static void ringbolt_set_pud(pud_t *pudp, pud_t pud)
{
	rb_set_entry(pudp, native_pud_val(pud));
}

/*
 * The entry stays in place until the commit. What the processor may do to it in between: set accessed, which may be lost, and
 * dirty, which is therefore said to be set.
 */
static pte_t ringbolt_ptep_modify_prot_start(struct vm_area_struct *vma, unsigned long address, pte_t *ptep)
{
	pte_t pte = READ_ONCE(*ptep);

	if ((pte_flags(pte) & (_PAGE_PRESENT | _PAGE_RW)) == (_PAGE_PRESENT | _PAGE_RW))
		pte = pte_set_flags(pte, _PAGE_DIRTY);
	return pte;
}

static void ringbolt_ptep_modify_prot_commit(struct vm_area_struct *vma, unsigned long address, pte_t *ptep, pte_t pte)
{
	rb_set_leaf(ptep, native_pte_val(pte));
}

/* ---------------- the beginning */

static void __init ops_init_early(void)
{
	typeof(pv_ops.mmu) *mmu = &pv_ops.mmu;

	mmu->flush_tlb_user = flush_local;
	mmu->flush_tlb_kernel = flush_local;
	mmu->flush_tlb_one_user = ringbolt_flush_tlb_one_user;
	mmu->flush_tlb_multi = ringbolt_flush_tlb_multi;
	mmu->tlb_remove_table = tlb_remove_table;

	mmu->read_cr2 = __PV_IS_CALLEE_SAVE(ringbolt_read_cr2);
	mmu->read_cr3 = ringbolt_read_cr3;
	mmu->write_cr3 = ringbolt_write_cr3;
	mmu->pgd_alloc = ringbolt_pgd_alloc;
	mmu->pgd_free = ringbolt_pgd_free;

	mmu->set_pte = ringbolt_set_pte;
	mmu->set_pmd = ringbolt_set_pmd;
	mmu->set_pud = ringbolt_set_pud;
	mmu->set_p4d = ringbolt_set_p4d;
	mmu->ptep_modify_prot_start = ringbolt_ptep_modify_prot_start;
	mmu->ptep_modify_prot_commit = ringbolt_ptep_modify_prot_commit;

	mmu->pte_val = __PV_IS_CALLEE_SAVE(ringbolt_entry_val);
	mmu->pmd_val = __PV_IS_CALLEE_SAVE(ringbolt_entry_val);
	mmu->pud_val = __PV_IS_CALLEE_SAVE(ringbolt_entry_val);
	mmu->pgd_val = __PV_IS_CALLEE_SAVE(ringbolt_entry_val);
	mmu->make_pte = __PV_IS_CALLEE_SAVE(ringbolt_make_entry);
	mmu->make_pmd = __PV_IS_CALLEE_SAVE(ringbolt_make_entry);
	mmu->make_pud = __PV_IS_CALLEE_SAVE(ringbolt_make_entry);
	mmu->make_pgd = __PV_IS_CALLEE_SAVE(ringbolt_make_entry);

	mmu->lazy_mode.enter = rb_lazy_enter;
	mmu->lazy_mode.leave = rb_lazy_leave;
	mmu->lazy_mode.flush = rb_lazy_flush;
}

static void __init reserve_init_early(const struct rb_start_info *si)
{
	unsigned int i;

	for (i = 0; i < si->memory_count; i++) {
		const struct rb_memory_range *range = &si->memory[i];
		unsigned long gfn = (unsigned long)range->first_chunk * RB_CHUNK_PAGES;

		if (range->kind == RB_MEMORY_KIND_PAGETABLE) {
			rb_pool_init(gfn, (unsigned long)range->count * RB_CHUNK_PAGES,
				     (unsigned long)range->present * RB_CHUNK_PAGES, si->pt_first_free - gfn);
			return;
		}
	}
	rb_shutdown(RB_SHUTDOWN_REASON_CRASH, 0);
}

static u64 *__init frame_entries(unsigned long gfn)
{
	return __va(PFN_PHYS(gfn));
}

/* Tell the pool the levels of the tables that the loader made, below this one. */
static void __init note_levels(const u64 *entries, unsigned int first, unsigned int level)
{
	unsigned int index;

	for (index = first; level > 1 && index < PTRS_PER_PTE; index++) {
		unsigned long gfn;

		if (!rb_entry_is_link(entries[index]))
			continue;
		gfn = rb_entry_gfn(entries[index]);
		rb_pool_note_level(gfn, level - 1);
		note_levels(frame_entries(gfn), 0, level - 1);
	}
}

/* The entry for an address in a table of this level of init_mm, with the tables above it. */
static u64 *__init early_entry(unsigned long address, unsigned int level)
{
	u64 *entry = (u64 *)pgd_offset_k(address);
	unsigned int above;

	for (above = PG_LEVEL_512G; above > level; above--) {
		if (!*entry) {
			u64 link = __pa(ringbolt_pt_alloc_early(above - 1)) | _KERNPG_TABLE;

			if (above == PG_LEVEL_512G)
				set_p4d((p4d_t *)entry, __p4d(link));
			else
				rb_set_entry(entry, ringbolt_make_entry(link));
		}
		entry = frame_entries(rb_entry_gfn(*entry));
		entry += (address >> (PAGE_SHIFT + (above - 2) * PTE_SHIFT)) & (PTRS_PER_PTE - 1);
	}
	return entry;
}

/*
 * The kernel gives up some pages of the first chunk's and so wants it mapped by small pages.
 */
static void __init split_first_chunk(void)
{
	u64 *entry = early_entry(PAGE_OFFSET, PG_LEVEL_2M), leaf = *entry, *table;

	if (rb_entry_is_link(leaf))
		return;
	table = ringbolt_pt_alloc_early(PG_LEVEL_4K);
	rb_op(rb_entry_word(RB_OP_SET, table) | rb_word_count(PTRS_PER_PTE), leaf & ~_PAGE_PSE);
	rb_set_entry(entry, ringbolt_make_entry(__pa(table) | _KERNPG_TABLE));
	flush_local();
}

/* init_mm's pgd, and what the kernel expects the image's own tables to have. */
static void __init tables_init_early(const struct rb_start_info *si)
{
	const u64 *root = frame_entries(si->kernel_root);

	rb_pool_note_level(si->kernel_root, PG_LEVEL_512G);
	rb_pool_note_level(si->user_root, PG_LEVEL_512G);
	note_levels(root, ROOT_KERNEL_FIRST, PG_LEVEL_512G);

	memset(swapper_pg_dir, 0, PAGE_SIZE);
	memcpy(swapper_pg_dir + ROOT_KERNEL_FIRST, root + ROOT_KERNEL_FIRST,
	       (PTRS_PER_PGD - ROOT_KERNEL_FIRST) * sizeof(*root));

	/* early_ioremap_init() finds a table of level 2 for the fixmap. */
	early_entry(FIXADDR_START, PG_LEVEL_2M);
	split_first_chunk();
}

static void __init ringbolt_init_mem_mapping(void)
{
	unsigned int i;

	for (i = 0; i < ringbolt_start_info->memory_count; i++) {
		const struct rb_memory_range *range = &ringbolt_start_info->memory[i];

		if (range->kind == RB_MEMORY_KIND_PAGETABLE)
			rb_pool_init_memory((unsigned long)range->present * RB_CHUNK_PAGES);
	}
}

void ringbolt_mmu_init_secondary(void)
{
	this_cpu_write(current_cr3, __pa_symbol(swapper_pg_dir));
	this_cpu_write(current_root, empty_root);
	rb_queue_init_cpu();
}

void __init ringbolt_mmu_init_early(const struct rb_start_info *si)
{
	ringbolt_chunk_map = (const u32 *)si->chunk_map;
	ringbolt_chunk_map_bytes = si->chunk_count * sizeof(u32);
	ringbolt_machine_map = (const u32 *)si->machine_map;
	ringbolt_machine_map_bytes = si->machine_chunk_count * sizeof(u32);

	kernel_root = si->kernel_root;
	empty_root = si->user_root;
	this_cpu_write(current_cr3, __pa_symbol(swapper_pg_dir));
	this_cpu_write(current_root, empty_root);

	__supported_pte_mask &= ~_PAGE_GLOBAL;
	__default_kernel_pte_mask &= ~_PAGE_GLOBAL;

	ops_init_early();
	rb_queue_init_boot(__va(si->queue_page));
	reserve_init_early(si);
	tables_init_early(si);

	x86_init.hyper.init_mem_mapping = ringbolt_init_mem_mapping;
}
