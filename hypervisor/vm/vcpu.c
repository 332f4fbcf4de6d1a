/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs and the processor state that changes hands with them.
 *
 * A vCPU is woken under its page's lock, and only while it has a page: once that was taken away (vcpu_forget) nobody wakes it, however long ago he began to.
 *
 * Keeps I-14: when another domain's vCPU is loaded, the CPU's writable gate pages are scrubbed, so that it finds nothing of the one before; and
 * the branch predictors are flushed where the processor can.
 */
#include "vm/vcpu.h"
#include "dev/ipi.h"
#include "dev/time.h"
#include "lib/ensure.h"
#include "lib/string.h"
#include "mm/page.h"
#include "vm/domain.h"
#include "x86/descriptor.h"
#include "x86/direct.h"
#include "x86/fpu.h"
#include "x86/instruction.h"

#define DESCRIPTOR_SLOT_FIRST	(SEL_TLS / 8)

void vcpu_start_state(struct vcpu *v, u64 rip, u64 rsp, u64 rdi)
{
	memset(&v->regs, 0, sizeof(v->regs));
	v->regs.rip = rip;
	v->regs.cs = SEL_KERNEL_CS;
	v->regs.flags = RFLAGS_FIXED | RFLAGS_IF;
	v->regs.rsp = rsp;
	v->regs.ss = SEL_KERNEL_SS;
	v->regs.rdi = rdi;
}

/* The CPU looks for what it should run, before it runs guest code again. What it will find must have been stored before. */
static void cpu_look(struct cpu *cpu)
{
	__atomic_store_n(&cpu->reschedule, true, __ATOMIC_SEQ_CST);
	if (cpu == this_cpu())
		cpu->slow_exit = true;
	else
		cpu_interrupt(cpu->id);
}

/* A bit each. */
static void cpus_look(u64 mask)
{
	for (; mask; mask &= mask - 1)
		cpu_look(&cpus[__builtin_ctzl(mask)]);
}

static void run_record_write(struct vcpu *v)
{
	struct rb_run_record *record = &v->page->run;
	const u32 version = record->version | 1;
	struct run_times times;

	run_times(&v->run, &times);
	__atomic_store_n(&record->version, version, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&v->page->run_state, times.state, __ATOMIC_RELAXED);
	__atomic_store_n(&record->since, times.since_ns, __ATOMIC_RELAXED);
	for (u32 i = 0; i < ARRAY_COUNT(times.state_ns); i++)
		__atomic_store_n(&record->spent[i], times.state_ns[i], __ATOMIC_RELAXED);
	__atomic_store_n(&record->version, version + 1, __ATOMIC_RELEASE);
}

void vcpu_show_state(struct vcpu *v)
{
	spin_lock(&v->page_lock);
	if (v->page)
		run_record_write(v);
	spin_unlock(&v->page_lock);
}

void vcpu_start(struct vcpu *v)
{
	const u32 cpu = v->id % cpu_count;
	u64 look;

	if (v->domain->is_pinned)
		v->run.affinity = 1ul << cpu;
	look = run_start(&v->run, cpu, time_now_ns());
	vcpu_show_state(v);
	cpus_look(look);
}

/* As vcpu_create left it. */
static void vcpu_reset(struct vcpu *v)
{
	v->user_entry = v->kernel_entry = 0;
	v->range_start = v->range_end = v->emergency_sp = v->kernel_gs = 0;
	memset(v->debug, 0, sizeof(v->debug));
	v->debug_control = 0x400;
	v->xcr0 = XCR0_X87;
	memset(v->descriptors, 0, sizeof(v->descriptors));
	v->tsc_aux = 0;
	v->has_debug_event = v->has_bad_stack = false;
	v->timer_deadline_ns = 0;
	v->time_is_stale = true;
	v->queue = NULL;
	v->segments = (struct segments){ 0 };
	fpu_area_init(v->fpu);
}

static struct vcpu *vcpu_alloc(void)
{
	struct vcpu *v = page_alloc();

	_Static_assert(sizeof(struct vcpu) <= PAGE_BYTES, "a vCPU fits a page");
	if (!v)
		return NULL;
	v->fpu = fpu_area_alloc();
	if (!v->fpu) {
		page_free(v);
		return NULL;
	}
	return v;
}

bool vcpu_create(struct domain *domain, u32 id)
{
	struct vcpu *v = domain->vcpus[id];

	if (!v) {
		v = vcpu_alloc();
		if (!v)
			return false;
		v->domain = domain;
		v->id = id;
		v->user_root = NO_MFN;
		domain->vcpus[id] = v;
	}
	vcpu_reset(v);
	run_init(&v->run, &domain->group, ~0ul);
	return true;
}

void vcpu_forget(struct vcpu *v)
{
	/* Who raises something in the page has the lock: the page is the domain's memory no longer than we say. */
	spin_lock(&v->page_lock);
	v->page = NULL;
	spin_unlock(&v->page_lock);
	v->user_root = NO_MFN;
	v->timer_deadline_ns = 0;
	v->is_held = v->is_ending = v->has_crashed = false;
}

enum rb_status vcpu_start_at(struct vcpu *v, const struct vcpu_start *start)
{
	struct space *space = &v->domain->space;
	enum rb_status status = RB_BUSY;

	spin_lock(&v->domain->lock);
	spin_lock(&space->lock);
	if (run_state(&v->run) == RB_RUN_STATE_OFFLINE && !v->page)
		status = root_hold(space, start->root, &v->user_root);
	spin_unlock(&space->lock);
	if (status == RB_OK) {
		vcpu_reset(v);
		start->page->events_enabled = 0;
		spin_lock(&v->page_lock);
		v->page = start->page;
		spin_unlock(&v->page_lock);
		vcpu_start_state(v, start->ip, start->sp, start->argument);
		vcpu_start(v);
	}
	spin_unlock(&v->domain->lock);
	return status;
}

enum rb_status vcpu_end(struct vcpu *v)
{
	struct domain *d = v->domain;
	bool is_last = true;

	spin_lock(&d->lock);
	for (u32 i = 0; i < d->vcpu_count; i++) {
		const struct vcpu *other = d->vcpus[i];

		if (other != v && other->page && !other->is_ending)
			is_last = false;
	}
	v->is_ending = !is_last;
	spin_unlock(&d->lock);
	if (is_last)
		return RB_BUSY;
	this_cpu()->slow_exit = true;
	return RB_OK;
}

void vcpu_take_away(struct cpu *cpu)
{
	struct vcpu *v = cpu->current;
	struct domain *d = v->domain;

	live_root_leave(cpu->live);
	*cpu->vcpu_page_entry = 0;
	*cpu->window_entry = 0;
	cpu->current = NULL;
	__atomic_store_n(&cpu->loaded, NULL, __ATOMIC_SEQ_CST);
	spin_lock(&d->lock);
	spin_lock(&d->space.lock);
	root_drop(&d->space, v->user_root);
	v->user_root = NO_MFN;
	spin_unlock(&d->space.lock);
	v->timer_deadline_ns = 0;
	v->queue = NULL;
	run_stop(&v->run, RB_RUN_STATE_OFFLINE, time_now_ns());
	cpus_look(run_settle(cpu->id, &v->run));
	/* From here on the page may be anything; so the state is shown last. */
	vcpu_show_state(v);
	spin_lock(&v->page_lock);
	v->page = NULL;
	spin_unlock(&v->page_lock);
	v->is_ending = false;
	spin_unlock(&d->lock);
}

void vcpu_wake_locked(struct vcpu *v)
{
	const u32 cpu = __atomic_load_n(&v->run.cpu, __ATOMIC_SEQ_CST), state = run_state(&v->run);
	u64 look;

	/*
	 * What became pending was stored before: a vCPU that changes its state or its CPU from now on looks for it on its way, before it runs guest code
	 * or after it is BLOCKED.
	 */
	if (v->domain->ending || __atomic_load_n(&v->domain->is_paused, __ATOMIC_SEQ_CST))
		return;
	if (state == RB_RUN_STATE_RUNNING && cpu != this_cpu()->id)
		cpu_interrupt(cpu);
	if (state != RB_RUN_STATE_BLOCKED)
		return;
	if (run_wake(&v->run, time_now_ns(), &look))
		run_record_write(v);
	cpus_look(look);
}

void vcpu_wake(struct vcpu *v)
{
	spin_lock(&v->page_lock);
	if (v->page)
		vcpu_wake_locked(v);
	spin_unlock(&v->page_lock);
}

/* Whoever takes is_held away wakes it. */
static bool held_wake(struct vcpu *v)
{
	u64 look;

	if (!__atomic_exchange_n(&v->is_held, false, __ATOMIC_SEQ_CST))
		return false;
	if (run_wake(&v->run, time_now_ns(), &look))
		vcpu_show_state(v);
	cpus_look(look);
	return true;
}

/* Its domain is paused: it is BLOCKED until that is over. */
static void vcpu_hold(struct vcpu *v)
{
	run_stop(&v->run, RB_RUN_STATE_BLOCKED, time_now_ns());
	vcpu_show_state(v);
	__atomic_store_n(&v->is_held, true, __ATOMIC_SEQ_CST);
	/* It may have been unpaused before anybody could see it held. */
	if (!__atomic_load_n(&v->domain->is_paused, __ATOMIC_SEQ_CST))
		held_wake(v);
}

void vcpu_refuse(struct cpu *cpu, struct vcpu *v)
{
	if (v->domain->ending)
		run_stop(&v->run, RB_RUN_STATE_OFFLINE, time_now_ns());
	else
		vcpu_hold(v);
	if (cpu->loaded != v)
		run_unbind(&v->run);
}

void vcpu_resume(struct vcpu *v)
{
	bool is_pending;

	if (held_wake(v))
		return;
	/* What came while it was paused has woken nobody. */
	spin_lock(&v->page_lock);
	is_pending = v->page && __atomic_load_n(&v->page->pending, __ATOMIC_SEQ_CST);
	spin_unlock(&v->page_lock);
	if (is_pending)
		vcpu_wake(v);
}

void vcpu_cancel(struct vcpu *v)
{
	run_cancel(&v->run, time_now_ns());
	vcpu_stop(v);
}

void vcpu_stop(struct vcpu *v)
{
	cpu_look(&cpus[__atomic_load_n(&v->run.cpu, __ATOMIC_SEQ_CST)]);
}

void vcpu_load_entry(struct vcpu *v)
{
	struct gate_trusted *trusted = this_cpu()->trusted;
	bool is_set = v->user_entry != 0;

	trusted->user_entry = v->user_entry;
	trusted->kernel_entry = v->kernel_entry;
	trusted->kernel_gs = v->kernel_gs;
	/* Without entry points no frame may be written: every event then comes to the hypervisor as a bad stack. */
	trusted->floor = is_set ? RB_GATE_END + 64 : ~0ul;
}

void vcpu_load_descriptors(struct vcpu *v)
{
	memcpy(&this_cpu()->gdt[DESCRIPTOR_SLOT_FIRST], v->descriptors, sizeof(v->descriptors));
}

void vcpu_load_debug(struct vcpu *v)
{
	dr7_write(0x400);
	debug_addresses_write(v->debug);
	dr7_write(v->debug_control);
}

void vcpu_load_page(struct vcpu *v)
{
	struct cpu *cpu = this_cpu();

	*cpu->vcpu_page_entry = direct_address(v->page) | 3ul | 1ul << 63;
	page_invalidate(GATE_VCPU_PAGE);
	live_flush_all(cpu->live);
}

/* The time record: written once, as the TSC's rate does not change. */
static void time_record_write(struct vcpu *v)
{
	struct rb_time_record *record = &v->page->time;
	u32 version = record->version & ~1u;

	record->version = version + 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	record->tsc_timestamp = time_scale.tsc_start;
	record->system_time = 0;
	record->tsc_to_system_mul = time_scale.mul;
	record->tsc_shift = (int8_t)time_scale.shift;
	record->flags = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	record->version = version + 2;
	v->time_is_stale = false;
}

void vcpu_move_page(struct vcpu *v, struct rb_vcpu_page *page)
{
	struct rb_vcpu_page *old = v->page;

	spin_lock(&v->page_lock);
	v->page = page;
	spin_unlock(&v->page_lock);
	vcpu_load_page(v);
	page->vcpu_id = v->id;
	vcpu_show_state(v);
	time_record_write(v);
	if (page == old)
		return;
	for (u32 i = 0; i < ARRAY_COUNT(page->pending_vectors); i++) {
		u64 raised = __atomic_exchange_n(&old->pending_vectors[i], 0, __ATOMIC_SEQ_CST);

		__atomic_fetch_or(&page->pending_vectors[i], raised, __ATOMIC_SEQ_CST);
		if (raised)
			__atomic_store_n(&page->pending, 1, __ATOMIC_SEQ_CST);
	}
	for (u32 i = 0; i < ARRAY_COUNT(page->port_pending); i++)
		__atomic_fetch_or(&page->port_pending[i], __atomic_exchange_n(&old->port_pending[i], 0, __ATOMIC_SEQ_CST),
				  __ATOMIC_SEQ_CST);
}

void vcpu_discard(struct cpu *cpu)
{
	struct vcpu *v = cpu->loaded;

	live_root_leave(cpu->live);
	*cpu->vcpu_page_entry = 0;
	*cpu->window_entry = 0;
	cpu->current = NULL;
	__atomic_store_n(&cpu->loaded, NULL, __ATOMIC_SEQ_CST);
	cpus_look(run_settle(cpu->id, &v->run));
}

/* A selector that can be loaded at CPL 0 without a fault: null, flat, or a slot that is in use. */
static u16 selector_sane(const struct vcpu *v, u16 selector)
{
	u32 slot = (u32)selector / 8 - DESCRIPTOR_SLOT_FIRST;

	if (selector == SEL_KERNEL_SS)
		return selector;
	if ((selector | 3) == SEL_USER_SS || (selector | 3) == SEL_USER_CS || (selector | 3) == SEL_USER32_CS)
		return selector | 3;
	if ((selector & 7) == 3 && slot < VCPU_DESCRIPTORS && v->descriptors[slot])
		return selector;
	return 0;
}

u16 vcpu_user_ss(const struct vcpu *v, u64 selector)
{
	u32 slot = (u32)selector / 8 - DESCRIPTOR_SLOT_FIRST;

	/* Writable data of level 3. */
	if (selector <= 0xffff && (selector & 7) == 3 && slot < VCPU_DESCRIPTORS && (v->descriptors[slot] & 1ull << 41))
		return (u16)selector;
	return SEL_USER_SS;
}

static void segments_load(const struct vcpu *v)
{
	const struct segments sane = {
		.fs_base = v->segments.fs_base,
		.gs_base = v->segments.gs_base,
		.ds = selector_sane(v, v->segments.ds),
		.es = selector_sane(v, v->segments.es),
		.fs = selector_sane(v, v->segments.fs),
		.gs = selector_sane(v, v->segments.gs),
	};

	segments_write(&sane);
}

static void vcpu_unload(struct vcpu *v)
{
	segments_read(&v->segments);
	fpu_save(v->fpu);
	vcpu_show_state(v);
}

static void gate_scrub(struct cpu *cpu)
{
	memset(cpu->scratch, 0, PAGE_BYTES);
	memset((void *)(GATE_NMI_STACK_TOP - PAGE_BYTES), 0, PAGE_BYTES);
	memset((void *)(GATE_MCE_STACK_TOP - PAGE_BYTES), 0, PAGE_BYTES);
	memset((void *)(GATE_DF_STACK_TOP - PAGE_BYTES), 0, PAGE_BYTES);
	memset((void *)(GATE_DB_STACK_TOP - PAGE_BYTES), 0, PAGE_BYTES);
	if (cpu_features.ibpb)
		msr_write(MSR_PRED_CMD, 1);
}

void vcpu_load(struct cpu *cpu, struct vcpu *v)
{
	struct vcpu *before = cpu->loaded;

	cpu->current = v;
	if (before == v) {
		vcpu_show_state(v);
		cpus_look(run_settle(cpu->id, NULL));
		return;
	}
	if (before)
		vcpu_unload(before);
	if (!before || before->domain != v->domain)
		gate_scrub(cpu);
	live_root_switch_space(cpu->live, &v->domain->space, v->user_root);
	*cpu->window_entry = direct_address(v->domain->windows) | 3ul;
	cpu->trusted->regs = &v->regs;
	vcpu_load_entry(v);
	vcpu_load_descriptors(v);
	vcpu_load_debug(v);
	vcpu_load_page(v);
	msr_write(MSR_TSC_AUX, v->tsc_aux);
	fpu_load(v->fpu);
	xcr0_write(v->xcr0);
	segments_load(v);
	__atomic_store_n(&cpu->loaded, v, __ATOMIC_SEQ_CST);
	vcpu_show_state(v);
	v->page->vcpu_id = v->id;
	if (v->time_is_stale)
		time_record_write(v);
	/* Nothing of the one before is here any more: another CPU may have it. */
	cpus_look(run_settle(cpu->id, before ? &before->run : NULL));
}
