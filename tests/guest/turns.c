/* SPDX-License-Identifier: GPL-2.0-only */
/* cpus: 2 */
/* vcpus: 3 */
/* timeout: 120 */
/*
 * vCPUs that go from one CPU to another.
 *
 * Provokes: three vCPUs on two CPUs that all want to run, each with values of its own in vector registers, segment bases and TSC_AUX.
 * Must: give each two thirds of the time, which can only be if they change places; with all its state, wherever it is.
 */
#include "test.h"

#define VCPUS	3
#define SPAN_NS	2000000000ul

static uint8_t stacks[VCPUS][4096] __attribute__((aligned(16)));
static struct rb_vcpu_page *pages[VCPUS];
static uint64_t wrong, looks[VCPUS];

/* What is the vCPU's own. It is an address, for the segment bases. */
#define VALUE(id)	(0x0000112233445560 | (id))

static void state_set(uint64_t id)
{
	__asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm15; fninit; push %0; fildq (%%rsp); pop %0; wrfsbase %0; wrgsbase %0"
			 : : "r"(VALUE(id)));
	guest_must(rb_vcpu_set_tsc_aux(0x100 + id));
}

static bool state_is(uint64_t id)
{
	uint64_t value = VALUE(id), low, high, real, fs, gs;
	uint32_t aux;

	__asm__ volatile("movq %%xmm0, %0; movq %%xmm15, %1; rdfsbase %2; rdgsbase %3" : "=r"(low), "=r"(high), "=r"(fs), "=r"(gs));
	__asm__ volatile("fld %%st(0); fistpq %0" : "=m"(real));
	__asm__ volatile("rdtscp" : "=c"(aux) : : "eax", "edx");
	return low == value && high == value && real == value && fs == value && gs == value && aux == 0x100 + id;
}

static void look_until(uint64_t id, uint64_t end)
{
	state_set(id);
	for (; guest_time() < end; looks[id]++)
		if (!state_is(id))
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

static void other_main(uint64_t id) __attribute__((noreturn));
static void other_main(uint64_t id)
{
	look_until(id, ~0ul);
	__builtin_unreachable();
}

static uint64_t ran(unsigned id)
{
	return __atomic_load_n(&pages[id]->run.spent[RB_RUN_STATE_RUNNING], __ATOMIC_RELAXED);
}

int main(struct rb_start_info *start_info)
{
	uint64_t before[VCPUS], begin;

	pages[0] = guest_vcpu;
	for (uint64_t id = 1; id < VCPUS; id++) {
		uint64_t page = guest_page();

		pages[id] = guest_pointer(page);
		/* As if called: the stack pointer is 8 below a multiple of 16. */
		guest_must(rb_vcpu_start(id, (uint64_t)other_main, (uint64_t)stacks[id] + sizeof(stacks[id]) - 8, id, start_info->user_root, page));
	}
	look_until(0, guest_time() + SPAN_NS / 10);
	for (unsigned id = 0; id < VCPUS; id++)
		before[id] = ran(id);
	begin = guest_time();
	look_until(0, guest_time() + SPAN_NS);
	for (unsigned id = 0; id < VCPUS; id++) {
		uint64_t part = (ran(id) - before[id]) * 1000 / (guest_time() - begin);

		/* Without changing places: 500 or 1,000. An emulator on a busy machine is not exact. */
		check(part >= 350 && part <= 930, "vCPU %u ran %lu thousandths of the time", id, part);
	}
	check(looks[0] > 100 && looks[1] > 100 && looks[2] > 100 && !wrong, "each has its state (%lu looks, %lu wrong)", looks[0] + looks[1] + looks[2], wrong);
	return test_end();
}
