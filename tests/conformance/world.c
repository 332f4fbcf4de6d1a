/* SPDX-License-Identifier: GPL-2.0-only */
/* See world.h. */
#include "conformance.h"

volatile unsigned fired[256];
volatile uint64_t fired_at[256];
struct seen seen;

static void count(struct guest_regs *regs, unsigned vector)
{
	if (!fired[vector]++)
		fired_at[vector] = guest_time();
}

/* In place of the library's. */
void guest_event(struct guest_regs *regs)
{
	seen.count++;
	seen.regs = *regs;
	seen.frame = (uint64_t)&regs->error_code;
	seen.enabled = guest_vcpu->events_enabled;
	__asm__ volatile("pushfq; pop %0; rdgsbase %1; mov %%cs, %2; mov %%ss, %3" : "=r"(seen.flags), "=r"(seen.gs), "=r"(seen.cs), "=r"(seen.ss));
	if (event_hook)
		event_hook(regs);
	else
		guest_event_default(regs);
}

void (*event_hook)(struct guest_regs *regs);

unsigned fired_total(void)
{
	unsigned total = 0;

	for (unsigned vector = 0; vector < 256; vector++)
		total += fired[vector];
	return total;
}

void events_take(void)
{
	guest_events_on();
	guest_events_off();
}

void ports_connect(uint64_t *a, uint64_t *b)
{
	must(rb_port_alloc(guest_start->domain_id, a));
	must(rb_port_bind(guest_start->domain_id, *a, b));
}

/* ---------------- the same world again */
void ports_close(void)
{
	/* Nobody says which are in use. */
	for (uint64_t number = 0; number < RB_NR_PORTS; number++)
		rb_port_close(number);
}

static void vcpu_reset(void)
{
	guest_vcpu = guest_pointer(guest_start->vcpu_page);
	guest_must(rb_vcpu_set_page(guest_start->vcpu_page));
	guest_must(rb_vcpu_set_queue(guest_start->queue_page));
	guest_set_entry(0);
	guest_set_gs(0);
	for (unsigned slot = 0; slot < 4; slot++) {
		guest_must(rb_vcpu_set_descriptor(slot, 0));
		guest_must(rb_vcpu_set_debug(slot, 0));
	}
	guest_must(rb_vcpu_set_debug(7, 0));
	guest_must(rb_vcpu_set_xcr0(1));
	guest_must(rb_vcpu_set_tsc_aux(0));
}

static void events_reset(void)
{
	guest_events_off();
	guest_must(rb_timer_set(0));
	guest_vcpu->pending = 0;
	memset(guest_vcpu->pending_vectors, 0, sizeof(guest_vcpu->pending_vectors));
	memset(guest_vcpu->port_pending, 0, sizeof(guest_vcpu->port_pending));
	memset((void *)fired, 0, sizeof(fired));
	memset(&seen, 0, sizeof(seen));
	event_hook = NULL;
	for (unsigned vector = RB_VECTOR_FIRST; vector < 256; vector++)
		guest_set_handler(vector, count);
}

void world_begin(void)
{
	user_setup();
}

__attribute__((weak)) void image_reset(void)
{
}

void world_reset(void)
{
	vcpu_reset();
	image_reset();
	events_reset();
	memset(guest_pointer(guest_start->queue_page), 0, GUEST_PAGE);
	guest_must(rb_root_load(guest_start->user_root));
}

/* ---------------- what can be seen */

/* A part of it: what to call it, where it is, how many words, which bits of each count. */
struct part {
	const char *name;
	const uint64_t *words;
	uint64_t count, mask;
};

static uint64_t part_sum(const struct part *part)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < part->count; i++)
		sum = sum * 0x9e3779b97f4a7c15ul + (part->words[i] & part->mask);
	return sum;
}

static const enum rb_counter counters[] = {
	RB_COUNTER_EXCEPTIONS, RB_COUNTER_EVENTS, RB_COUNTER_RESTARTS, RB_COUNTER_TIMER_EVENTS, RB_COUNTER_PT_OPS, RB_COUNTER_ROOT_LOADS, RB_COUNTER_FRAMES_TOTAL,
	RB_COUNTER_FRAMES_TYPED, RB_COUNTER_FRAMES_LINKED, RB_COUNTER_BLOCKS,
};

static uint64_t counters_sum(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		sum = sum * 0x9e3779b97f4a7c15ul + counter(counters[i]);
	return sum;
}

/* Registers that calls set and the kernel can read, and what the selectors of the descriptor slots say. */
static uint64_t registers_sum(void)
{
	uint64_t sum = 0;
	uint32_t low, high, aux;

	__asm__ volatile("rdtscp" : "=c"(aux) : : "eax", "edx");
	sum += aux;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	sum = sum * 31 + low;
	for (uint32_t selector = 0x63; selector <= 0x7b; selector += 8) {
		uint32_t limit = 0, rights = 0;

		__asm__ volatile("lsl %2, %0; lar %2, %1" : "+r"(limit), "+r"(rights) : "r"(selector) : "cc");
		sum = (sum * 31 + limit) * 31 + rights;
	}
	return sum;
}

/* Frames of the reserve, from its start on, that may be tables: frames are handed out in order, few are left out, and none becomes free again. */
static uint64_t tables_used(void)
{
	return counter(RB_COUNTER_FRAMES_TYPED) + counter(RB_COUNTER_FRAMES_LINKED) + 64;
}

#define PAGE_WORDS (GUEST_PAGE / 8)

#define PARTS 9
static struct look {
	const char *name[PARTS];
	uint64_t sum[PARTS];
} kept;

static uint64_t reserve_start(void)
{
	for (uint32_t i = 0; i < guest_start->memory_count; i++)
		if (guest_start->memory[i].kind == RB_MEMORY_KIND_PAGETABLE)
			return (uint64_t)guest_start->memory[i].first_chunk << RB_CHUNK_SHIFT;
	verdict(VERDICT_error, __FILE__, __LINE__, "no page-table reserve");
	return 0;
}

static void look(struct look *look)
{
	const uint64_t *page = (const uint64_t *)guest_vcpu;
	const struct part parts[] = {
		{ "the page tables", guest_pointer(reserve_start()), tables_used() * PAGE_WORDS, ~(GUEST_ACCESSED | GUEST_DIRTY) },
		{ "the vCPU page's flags and kernel_sp", page, 2, ~0ul },
		{ "the vCPU page's pending vectors", guest_vcpu->pending_vectors, 4, ~0ul },
		{ "the vCPU page's pending ports", guest_vcpu->port_pending, 16, ~0ul },
		{ "the queue page", guest_pointer(guest_start->queue_page), PAGE_WORDS, ~0ul },
		{ "the chunk map", (const uint64_t *)guest_start->chunk_map, guest_start->chunk_count / 2, ~0ul },
		{ "the machine map", (const uint64_t *)guest_start->machine_map, guest_start->machine_chunk_count / 2, ~0ul },
	};
	unsigned i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		look->name[i] = parts[i].name;
		look->sum[i] = part_sum(&parts[i]);
	}
	look->name[i] = "a counter";
	look->sum[i++] = counters_sum();
	look->name[i] = "a register";
	look->sum[i++] = registers_sum();
	need(i == PARTS, "%u parts", i);
}

void world_look(void)
{
	look(&kept);
}

const char *world_change(void)
{
	struct look now;

	look(&now);
	for (unsigned i = 0; i < PARTS; i++)
		if (now.sum[i] != kept.sum[i])
			return now.name[i];
	return NULL;
}
