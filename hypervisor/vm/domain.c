/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: creation, what they see read-only, and how they end.
 */
#include "vm/domain.h"
#include "dev/machine.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/walk.h"
#include "vm/peek.h"
#include "x86/direct.h"
#include "x86/instruction.h"
#include "x86/seal.h"

struct domain *domains[DOMAINS_MAX];
u32 domains_end;

/* How the machine ends when the last domain has: as the first one asked. */
static u32 final_reason;
static u32 final_code;

/* Exit code of a machine whose domain the hypervisor ended. */
#define CODE_CRASHED 0x40

struct domain *domain_create(u32 chunk_count, u32 pt_first, u32 pt_quota)
{
	struct domain *d;
	u32 id = 0;

	_Static_assert(sizeof(struct domain) <= PAGE_BYTES, "a domain fits a page");
	while (id < DOMAINS_MAX && domains[id])
		id++;
	if (id == DOMAINS_MAX)
		return NULL;
	d = page_alloc();
	if (!d)
		return NULL;
	d->id = id;
	run_group_init(&d->group, RUN_WEIGHT, 0);
	if (space_init(&d->space, (u16)(OWNER_DOMAIN + id), chunk_count, pt_first, pt_quota) != RB_OK) {
		page_free(d);
		return NULL;
	}
	domains[id] = d;
	domains_end = MAX(domains_end, id + 1);
	return d;
}

u64 domain_features(void)
{
	u64 features = 0;

	if (cpu_features.pcid)
		features |= RB_FEATURE_PCID;
#ifdef RINGBOLT_DEBUG
	features |= RB_FEATURE_DEBUG_CHECK;
#endif
	return features;
}

struct domain *domain_find(u64 id)
{
	struct domain *d = id < DOMAINS_MAX ? domains[nospec_index(id, DOMAINS_MAX)] : NULL;

	return d && !d->ending ? d : NULL;
}

/*
 * A vCPU that is loaded on a CPU does not move. One that comes onto another CPU while we look does so after its run.cpu was read here, so it has none of the
 * translations that are to be forgotten.
 */
u64 domain_cpus(const struct domain *d, u64 vcpu_mask)
{
	u64 mask = 0;

	for (u32 i = 0; i < d->vcpu_count; i++) {
		const struct vcpu *v = d->vcpus[i];
		u32 cpu;

		if (!(vcpu_mask >> i & 1) || !v)
			continue;
		cpu = __atomic_load_n(&v->run.cpu, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&cpus[cpu].loaded, __ATOMIC_SEQ_CST) == v)
			mask |= 1ul << cpu;
	}
	return mask;
}

/* Map pages read-only from the start of one 2 MiB part of the windows. */
static void window_map(struct domain *d, u64 va, u64 maddr, u32 pages)
{
	u64 *level1 = page_alloc();

	ENSURE(level1 && pages <= PT_ENTRIES);
	for (u32 i = 0; i < pages; i++)
		level1[i] = (maddr + i * PAGE_BYTES) | 1ul | 1ul << 63;
	d->windows[(va >> 21) & 511] = direct_address(level1) | 3ul;
}

void domain_build_windows(struct domain *d)
{
	d->windows = page_alloc();
	ENSURE(d->windows);
	window_map(d, WINDOW_CHUNK_MAP, space_chunk_map_mfn(&d->space).raw << PAGE_SHIFT, space_chunk_map_pages(&d->space));
	window_map(d, WINDOW_MACHINE_MAP, space_machine_map_mfn(&d->space).raw << PAGE_SHIFT, space_machine_map_pages(&d->space));
	window_map(d, WINDOW_CPUID, direct_address(d->cpuid_table), d->cpuid_pages);
}

static void domain_end(struct vcpu *v, u32 reason, u32 code)
{
	struct domain *d = v->domain;

	spin_lock(&d->lock);
	if (!d->ending) {
		d->ending = true;
		if (d->id == 0) {
			final_reason = reason;
			final_code = code;
		}
	}
	spin_unlock(&d->lock);
	/* A vCPU that goes to another CPU after we have looked where it is sees that it ends. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (u32 i = 0; i < d->vcpu_count; i++) {
		if (d->vcpus[i])
			vcpu_stop(d->vcpus[i]);
	}
}

u64 domain_check_hypervisor(void)
{
	return invariants_check() + cpu_seal_check();
}

void domain_check_all_ended(void)
{
	static bool ended;

	for (u32 i = 0; i < DOMAINS_MAX; i++) {
		if (domains[i] && !domains[i]->ending)
			return;
	}
	/* The first CPU that sees it does it; the others wait for the end. */
	while (__atomic_exchange_n(&ended, true, __ATOMIC_SEQ_CST))
		asm volatile("pause");
	/* Whatever they did. */
	ASSERT(domain_check_hypervisor() == 0);
	print("ringbolt: no domain is left\n");
	if (final_reason == RB_SHUTDOWN_REASON_REBOOT)
		machine_reboot();
	machine_poweroff((int)final_code);
}

static void stack_print(const struct vcpu *v)
{
	print("  stack:");
	for (u32 i = 0; i < 16; i++) {
		u64 word;

		if (!peek_u64(this_cpu()->live, v->regs.rsp + 8 * i, &word)) {
			print(" (not mapped)");
			break;
		}
		print("%s%016lx", i % 4 ? " " : "\n    ", word);
	}
	print("\n");
}

static void vcpu_print(const struct vcpu *v)
{
	const struct regs *r = &v->regs;

	print("  domain %u vCPU %u  entered by %lx  cr2 %016lx\n", v->domain->id, v->id, r->reason, cr2_read());
	print("  rip %016lx cs %04lx  rsp %016lx ss %04lx  flags %08lx\n", r->rip, r->cs, r->rsp, r->ss, r->flags);
	print("  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	print("  rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	print("  r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	print("  r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
	print("  user entry %016lx kernel entry %016lx gs %016lx kernel sp %016lx enabled %u pending %u\n", v->user_entry,
	      v->kernel_entry, v->kernel_gs, v->page->kernel_sp, v->page->events_enabled, v->page->pending);
	if (vcpu_is_loaded(v))
		stack_print(v);
}

void domain_print_crash(struct vcpu *v)
{
	v->has_crashed = false;
	vcpu_print(v);
}

void domain_crash(struct vcpu *v, const char *why)
{
	print("ringbolt: domain %u is ended: %s\n", v->domain->id, why);
	vcpu_print(v);
	domain_end(v, RB_SHUTDOWN_REASON_CRASH, CODE_CRASHED);
}

void domain_shutdown(struct vcpu *v, u32 reason, u32 code)
{
	static const char *const words[] = { "powers off", "restarts", "crashed" };

	print("ringbolt: domain %u %s (code %u)\n", v->domain->id, words[nospec_index(reason, ARRAY_COUNT(words))], code);
	v->has_crashed = reason == RB_SHUTDOWN_REASON_CRASH;
	domain_end(v, reason, reason == RB_SHUTDOWN_REASON_CRASH && !code ? CODE_CRASHED : code);
}
