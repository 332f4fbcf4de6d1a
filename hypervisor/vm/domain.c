/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: how they come, what they see read-only, how they end, how they go.
 *
 * A struct domain and its struct vcpus are kept when the domain is gone, for the next one of that number: another CPU that found one before may look at it
 * still, and finds that it is ending, or a vCPU that has no page.
 */
#include "vm/domain.h"
#include "dev/machine.h"
#include "dev/time.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/root.h"
#include "mm/walk.h"
#include "x86/cpuid.h"
#include "x86/direct.h"
#include "x86/instruction.h"
#include "x86/seal.h"

struct domain *domains[DOMAINS_MAX];
u32 domains_end;

/* Exit code of a machine whose domain the hypervisor ended. */
#define CODE_CRASHED 0x40

#define CPUID_LEAVES (PAGE_BYTES / sizeof(struct rb_cpuid_leaf))

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

/* ---------------- coming */

/* Map pages read-only from the start of one 2 MiB part of the windows. False: no memory. */
static bool window_map(struct domain *d, u64 va, u64 maddr, u32 pages)
{
	u64 *level1 = page_alloc();

	if (!level1)
		return false;
	ENSURE(pages <= PT_ENTRIES);
	for (u32 i = 0; i < pages; i++)
		level1[i] = (maddr + i * PAGE_BYTES) | 1ul | 1ul << 63;
	d->windows[(va >> 21) & 511] = direct_address(level1) | 3ul;
	return true;
}

static void windows_free(struct domain *d)
{
	for (u32 i = 0; d->windows && i < PT_ENTRIES; i++) {
		if (d->windows[i])
			page_free(direct_pointer(d->windows[i] & ENTRY_ADDRESS));
	}
	if (d->windows)
		page_free(d->windows);
	d->windows = NULL;
	if (d->cpuid_table)
		page_free(d->cpuid_table);
	d->cpuid_table = NULL;
}

static bool windows_make(struct domain *d)
{
	const struct space *space = &d->space;

	d->windows = page_alloc();
	d->cpuid_table = page_alloc();
	if (!d->windows || !d->cpuid_table)
		return false;
	d->cpuid_count = cpuid_table_fill(d->cpuid_table, CPUID_LEAVES, cpu_features.xcr0, domain_features());
	return window_map(d, WINDOW_CHUNK_MAP, space_chunk_map_mfn(space).raw << PAGE_SHIFT, space_chunk_map_pages(space)) &&
	       window_map(d, WINDOW_MACHINE_MAP, space_machine_map_mfn(space).raw << PAGE_SHIFT, space_machine_map_pages(space)) &&
	       window_map(d, WINDOW_CPUID, direct_address(d->cpuid_table), 1);
}

/* The domain of a number that none has, or NULL: no number, or no memory. */
static struct domain *domain_take(void)
{
	u32 id = 0;

	_Static_assert(sizeof(struct domain) <= PAGE_BYTES, "a domain fits a page");
	while (id < DOMAINS_MAX && domains[id] && domains[id]->exists)
		id++;
	if (id == DOMAINS_MAX)
		return NULL;
	if (!domains[id]) {
		struct domain *d = page_alloc();

		if (!d)
			return NULL;
		d->id = id;
		d->ending = true;
		__atomic_store_n(&domains[id], d, __ATOMIC_RELEASE);
		__atomic_store_n(&domains_end, MAX(domains_end, id + 1), __ATOMIC_RELEASE);
	}
	return domains[id];
}

static bool vcpus_make(struct domain *d, u32 count)
{
	for (u32 id = 0; id < count; id++) {
		if (!vcpu_create(d, id))
			return false;
	}
	__atomic_store_n(&d->vcpu_count, count, __ATOMIC_RELEASE);
	return true;
}

enum rb_status domain_create(const struct domain_shape *shape, struct domain **created)
{
	enum rb_status status;
	struct domain *d;

	if (!space_can_be(shape->chunk_count, shape->pt_first, shape->pt_quota))
		return RB_INVAL;
	d = domain_take();
	if (!d)
		return RB_NOSPACE;
	status = space_init(&d->space, (u16)(OWNER_DOMAIN + d->id), shape->chunk_count, shape->pt_first, shape->pt_quota);
	if (status != RB_OK)
		return status;
	run_group_init(&d->group, RUN_WEIGHT, 0);
	d->is_pinned = false;
	d->is_paused = true;
	d->is_built = d->is_broken = d->is_started = false;
	d->reason = d->code = 0;
	memset(d->counters, 0, sizeof(d->counters));
	memset(d->name, 0, sizeof(d->name));
	if (!windows_make(d) || !vcpus_make(d, shape->vcpu_count)) {
		windows_free(d);
		space_destroy(&d->space);
		return RB_NOSPACE;
	}
	d->exists = true;
	domain_console_added(d);
	__atomic_store_n(&d->ending, false, __ATOMIC_SEQ_CST);
	*created = d;
	return RB_OK;
}

/* ---------------- running */

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

		if (!(vcpu_mask >> i & 1))
			continue;
		cpu = __atomic_load_n(&v->run.cpu, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&cpus[cpu].loaded, __ATOMIC_SEQ_CST) == v)
			mask |= 1ul << cpu;
	}
	return mask;
}

static void vcpus_each(struct domain *d, void (*stop)(struct vcpu *))
{
	/* A vCPU that goes to another CPU after we have looked where it is sees what we have set. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (u32 i = 0; i < d->vcpu_count; i++)
		stop(d->vcpus[i]);
}

void domain_pause(struct domain *d)
{
	__atomic_store_n(&d->is_paused, true, __ATOMIC_SEQ_CST);
	vcpus_each(d, vcpu_stop);
}

void domain_set_share(struct domain *d, u32 weight, u32 cap)
{
	run_group_set(&d->group, weight, cap, time_now_ns());
	vcpus_each(d, vcpu_stop);
}

bool domain_is_quiet(const struct domain *d)
{
	for (u32 i = 0; i < d->vcpu_count; i++) {
		const u32 state = run_state(&d->vcpus[i]->run);

		if (state == RB_RUN_STATE_RUNNING)
			return false;
	}
	return true;
}

void domain_unpause(struct domain *d)
{
	__atomic_store_n(&d->is_paused, false, __ATOMIC_SEQ_CST);
	if (!d->is_started) {
		d->is_started = true;
		vcpu_start(d->vcpus[0]);
		return;
	}
	for (u32 i = 0; i < d->vcpu_count; i++)
		vcpu_resume(d->vcpus[i]);
}

/* ---------------- ending */

/* How the machine ends when the last domain has: as the first one asked. */
static u32 final_reason;
static u32 final_code;

static void domain_end(struct domain *d, u32 reason, u32 code)
{
	bool is_first;

	spin_lock(&d->lock);
	is_first = !d->ending;
	if (is_first) {
		d->reason = reason;
		d->code = code;
		d->ending = true;
		if (d->id == 0) {
			final_reason = reason;
			final_code = code;
		}
	}
	spin_unlock(&d->lock);
	vcpus_each(d, vcpu_cancel);
	if (is_first)
		domain_console_ended(d);
}

u64 domain_check_hypervisor(void)
{
	return invariants_check() + cpu_seal_check();
}

/* Can it still do something, or have something done? */
static bool domain_is_alive(const struct domain *d)
{
	return !d->ending && (d->id == 0 || !d->is_paused);
}

void domain_check_all_ended(void)
{
	static bool ended;

	for (u32 i = 0; i < domains_end; i++) {
		if (domain_is_alive(domains[i]))
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

void domain_crash(struct vcpu *v, const char *why)
{
	print("ringbolt: domain %u is ended: %s\n", v->domain->id, why);
	domain_print_vcpu(v);
	domain_end(v->domain, RB_SHUTDOWN_REASON_CRASH, CODE_CRASHED);
}

void domain_shutdown(struct vcpu *v, u32 reason, u32 code)
{
	static const char *const words[] = { "powers off", "restarts", "crashed" };

	print("ringbolt: domain %u %s (code %u)\n", v->domain->id, words[nospec_index(reason, ARRAY_COUNT(words))], code);
	v->has_crashed = reason == RB_SHUTDOWN_REASON_CRASH;
	domain_end(v->domain, reason, reason == RB_SHUTDOWN_REASON_CRASH && !code ? CODE_CRASHED : code);
}

/* ---------------- going */

/* Chunks given back in one call. */
#define CHUNKS_AT_ONCE 4096u

/* Is there nothing of it on any CPU, and in no queue? Caller holds the domain's lock: a vCPU that stops itself holds it until it has. */
static bool domain_has_left(const struct domain *d)
{
	for (u32 i = 0; i < d->vcpu_count; i++) {
		if (!run_is_free(&d->vcpus[i]->run))
			return false;
	}
	return true;
}

/* Its vCPUs are none from now on. False: not yet. */
static bool vcpus_forget(struct domain *d)
{
	bool have_left;

	spin_lock(&d->lock);
	have_left = domain_has_left(d);
	if (have_left) {
		for (u32 i = 0; i < d->vcpu_count; i++)
			vcpu_forget(d->vcpus[i]);
		/* Somebody may have woken one before it was forgotten, who did not know yet that it was ending. */
		have_left = domain_has_left(d);
	}
	if (have_left)
		__atomic_store_n(&d->vcpu_count, 0, __ATOMIC_RELEASE);
	spin_unlock(&d->lock);
	return have_left;
}

enum rb_status domain_destroy(struct domain *d)
{
	domain_end(d, RB_SHUTDOWN_REASON_POWEROFF, 0);
	if (!vcpus_forget(d))
		return RB_AGAIN;
	if (space_remove_chunks(&d->space, CHUNKS_AT_ONCE) == CHUNKS_AT_ONCE)
		return RB_AGAIN;
	windows_free(d);
	space_destroy(&d->space);
	d->exists = false;
	return RB_OK;
}
