/* SPDX-License-Identifier: GPL-2.0-only */
/* See check.h. */

#include "suite.h"
#include "check.h"

#include "dev/lapic.h"
#include "fake_cpu.h"
#include "mm/walk.h"
#include "oracle.h"
#include "ports.h"
#include "tlb.h"
#include "vm/domain.h"

/* A processor's walk set bits in an entry: of a table that the oracle follows, or of a live root or the gate. */
void tlb_marks(u64 entry_maddr, u64 bits)
{
	for (int i = 0; i < 2; i++) {
		struct model *m = &oracle.model[i];

		for (int frame = 0; frame < FRAMES; frame++) {
			if (!oracle_exists(m, m->frame[frame].gfn) || oracle_address(m, frame) != (entry_maddr & ~0xffful))
				continue;
			m->frame[frame].entry[entry_maddr / 8 % 512] |= bits;
			return;
		}
	}
}

/*
 * What the interface says is forgotten was, or is before the guest goes on. Left out where it is to be seen that what the CPUs remember
 * (tlb.h) is enough to find a flush that is missing.
 */
static void check_flushes(void)
{
	const bool is_checked = !getenv("RINGBOLT_FUZZ_TLB_ONLY");

	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++) {
		if (is_checked && oracle.flush[cpu] && !fake_cpu[cpu].flushed && !world.cpu[cpu].flush_owed)
			fail_msg("CPU %u was not flushed", cpu);
		if (fake_cpu[cpu].flushed)
			oracle_forget((int)cpu);
		oracle.flush[cpu] = world.cpu[cpu].flush_owed;
	}
}

/* Which vCPU's address space is on which CPU is the hypervisor's choice. That it is shown is compared. */
static void follow_cpus(void)
{
	for (int i = 0; i < 2; i++)
		for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
			const struct vcpu *v = domains[i]->vcpus[vcpu];
			struct model_vcpu *mv = &oracle.model[i].vcpu[vcpu];

			mv->cpu = NOBODY;
			for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++)
				if (cpus[cpu].loaded == v)
					mv->cpu = (int)cpu;
			if (mv->exists && v->user_root.raw != oracle_address(&oracle.model[i], mv->root) >> PAGE_SHIFT)
				fail_msg("domain %d vCPU %d has another user root", i, vcpu);
		}
}

void check_begin(void)
{
	follow_cpus();
	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++) {
		oracle.flush[cpu] = false;
		fake_cpu[cpu].flushed = false;
		fake_cpu[cpu].injected_count = 0;
	}
}

static void check_cpus(void)
{
	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++) {
		const char *wrong;

		oracle_walk((int)cpu);
		if (fake_cpu[cpu].place != FAKE_GUEST)
			continue;
		if (cpus[cpu].loaded != cpus[cpu].current || cpus[cpu].live->space != &cpus[cpu].current->domain->space)
			fail_msg("I-10: CPU %u runs a vCPU whose address space is not loaded", cpu);
		wrong = tlb_check(cpu, cpus[cpu].current, cpus[cpu].live);
		if (wrong)
			fail_msg("%s", wrong);
	}
}

/* How long it was in which state: it adds up. */
static void check_times(const struct vcpu *v)
{
	struct run_times times;
	u64 sum = 0;

	run_times((struct run_unit *)&v->run, &times);
	for (u32 state = 0; state < ARRAY_COUNT(times.state_ns); state++)
		sum += times.state_ns[state];
	if (sum != times.since_ns || sum > fake_time_ns)
		fail_msg("domain %u vCPU %u: times add up to %lu, not %lu", v->domain->id, v->id, sum, times.since_ns);
}

/*
 * A vCPU runs where its CPU says so and nowhere else; its state is in no other processor; a CPU waits only when nothing wants to run that may run there.
 */
static void check_vcpu(const struct vcpu *v)
{
	const struct cpu *cpu = &cpus[v->run.cpu];
	const bool runs = fake_cpu[cpu->id].place == FAKE_GUEST && cpu->current == v;
	const u32 state = run_state(&v->run);

	if ((state == RB_RUN_STATE_RUNNING) != runs)
		fail_msg("domain %u vCPU %u: state %u, CPU %u", v->domain->id, v->id, state, cpu->id);
	if (runs && v->domain->ending)
		fail_msg("domain %u has ended and runs on CPU %u", v->domain->id, cpu->id);
	if (state == RB_RUN_STATE_RUNNABLE && !run_waiting(cpu->id))
		fail_msg("domain %u vCPU %u wants to run and waits in no queue", v->domain->id, v->id);
	for (u32 id = 0; id < FAKE_CPUS; id++) {
		if (cpus[id].loaded == v && (id != cpu->id || !v->run.bound))
			fail_msg("domain %u vCPU %u is loaded on CPU %u and may run elsewhere", v->domain->id, v->id, id);
		if (fake_cpu[id].place == FAKE_GUEST && cpus[id].current == v && id != cpu->id)
			fail_msg("domain %u vCPU %u runs on CPU %u, not %u", v->domain->id, v->id, id, cpu->id);
		if (state == RB_RUN_STATE_RUNNABLE && fake_cpu[id].place == FAKE_IDLE)
			fail_msg("CPU %u waits while domain %u vCPU %u wants to run", id, v->domain->id, v->id);
	}
	check_times(v);
}

static void check_queues(void)
{
	for (int i = 0; i < 2; i++)
		for (int vcpu = 0; vcpu < VCPUS; vcpu++)
			check_vcpu(domains[i]->vcpus[vcpu]);
}

void check_end(void)
{
	if (!fake_cpus_interrupt())
		fail_msg("CPUs interrupt each other without end");
	if (fake_is_off)
		return;
	check_flushes();
	follow_cpus();
	oracle_compare();
	oracle_check_remembered();
	check_cpus();
	check_queues();
	ports_compare();
	if (invariants_check())
		fail_msg("debug_check finds something");
}
