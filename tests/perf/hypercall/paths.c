/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bare paths: system calls and page faults of a user program to the kernel and back, page faults of the kernel, and a physical interrupt until the kernel's
 * first instruction. By the shortest entry points (paths_code.S), and by the library's, which save all registers. The clock is read where the path begins.
 */
#include "measure.h"
#include "paths.h"

extern const char user_nothing[], user_syscall[], user_fault[], user_spin[];
extern const char short_user_entry[], short_kernel_entry[], short_range_start[], short_range_end[];
void kernel_nothing(uint64_t *samples, uint64_t count);
void kernel_fault(uint64_t *samples, uint64_t count);
void kernel_spin(volatile uint64_t *time, volatile bool *stop);

uint8_t paths_vcpu_page[GUEST_PAGE] __attribute__((aligned(4096)));	/* a page of the image: the shortest addressing */
extern uint64_t arrival;	/* when the last interrupt was in the kernel */

#define SPINS 200		/* interrupts; each at another instruction of the loop */
#define SPIN_BYTES 32		/* of each loop, and not more than that behind it */
#define SPIN_NS 20000ul		/* until the next, at first */

static uint64_t *user_samples;			/* the kernel's view of PATHS_SAMPLES */
static uint64_t samples[ROUNDS_MAX];
static volatile uint64_t spin_time;
static volatile bool spin_stop;
static unsigned spin_count;
static uint64_t spin_ns;
static uint64_t spin_entries, spin_entries_before;	/* the fewest for one interrupt; before the one to come */
static bool is_measured;			/* guest_event does the least */

/* In place of the library's. */
void guest_event(struct guest_regs *regs)
{
	if (!is_measured || guest_type(regs) == RB_EVENT_TYPE_INTERRUPT || guest_vector(regs) == 6)
		guest_event_default(regs);
	else if (!guest_is_syscall(regs))
		regs->ip = regs->r15;
}

static __attribute__((noinline)) void entries_short(void)
{
	guest_must(rb_vcpu_set_entry((uint64_t)short_user_entry, (uint64_t)short_kernel_entry, (uint64_t)short_range_start, (uint64_t)short_range_end, 0));
}

/* Runs user code that ends by UD2; entries into the hypervisor meanwhile. */
static uint64_t user_run(const char *code, uint64_t argument, uint64_t count)
{
	struct guest_regs regs;
	uint64_t entries;

	guest_user_regs(&regs, PATHS_TEXT + (uint64_t)(code - guest_user_text), PATHS_STACK);
	regs.rdi = argument;
	regs.rsi = count;
	entries = entries_count();
	guest_run_user(&regs);
	entries = entries_count() - entries - 1;
	if (guest_vector(&regs) != 6)
		guest_panic("vector %u in user mode at %lx", guest_vector(&regs), regs.ip);
	return entries;
}

static uint64_t least(const uint64_t *values, unsigned count)
{
	uint64_t value = ~0ul;

	for (unsigned i = 0; i < count; i++)
		value = values[i] < value ? values[i] : value;
	return value;
}

static void measure_user(const char *call, const char *variant, const char *code)
{
	unsigned count = measure_rounds();
	uint64_t overhead, entries;

	user_run(user_nothing, PATHS_SAMPLES, count);
	overhead = least(user_samples, count);
	user_run(code, PATHS_SAMPLES, count);		/* warm up */
	entries = user_run(code, PATHS_SAMPLES, count);
	measure_row(call, variant, 1, user_samples, count, overhead, entries / count);
}

static void measure_kernel_fault(const char *variant)
{
	unsigned count = measure_rounds();
	uint64_t overhead, entries;

	kernel_nothing(samples, count);
	overhead = least(samples, count);
	kernel_fault(samples, count);
	entries = entries_count();
	kernel_fault(samples, count);
	entries = entries_count() - entries - 1;
	measure_row("path.kernel_page_fault", variant, 1, samples, count, overhead, entries / count);
}

/* ---------------- interrupts */
/* When the interrupt came in a loop, the time that the loop had seen last; else 0. */
static uint64_t spin_seen(const struct guest_regs *regs)
{
	const uint64_t user = PATHS_TEXT + (uint64_t)(user_spin - guest_user_text);

	if (!regs)
		return 0;
	if (guest_is_user(regs))
		return regs->ip >= user && regs->ip < user + SPIN_BYTES ? user_samples[0] : 0;
	return regs->ip >= (uint64_t)kernel_spin && regs->ip < (uint64_t)kernel_spin + SPIN_BYTES ? spin_time : 0;
}

static void spin_arm(uint64_t later_ns)
{
	guest_must(rb_timer_set(guest_time() + spin_ns + later_ns));
	spin_entries_before = entries_count();
}

static void spin_handler(struct guest_regs *regs, unsigned vector)
{
	uint64_t seen = spin_seen(regs), entries = entries_count() - spin_entries_before - 1;

	if (seen && arrival > seen && spin_count < SPINS) {
		samples[spin_count++] = arrival - seen;
		spin_entries = entries < spin_entries ? entries : spin_entries;
	} else {
		spin_ns *= 2;		/* the loop was not reached in that time */
	}
	arrival = 0;		/* one that is found pending after this was never in the loop */
	if (seen && spin_count == SPINS) {
		spin_stop = true;
		if (guest_is_user(regs))
			regs->ip = PATHS_TEXT + (uint64_t)(user_nothing - guest_user_text);	/* of one sample, then UD2 */
		return;
	}
	/* Not the same number of instructions each time. */
	spin_arm(spin_count * 7);
}

static void spin_begin(void)
{
	spin_count = 0;
	spin_ns = SPIN_NS;
	spin_entries = ~0ul;
	spin_stop = false;
	spin_time = user_samples[0] = 0;
	spin_arm(0);
}

static void measure_interrupts(void)
{
	uint64_t overhead;

	kernel_nothing(samples, measure_rounds());
	overhead = least(samples, measure_rounds());
	guest_set_handler(RB_VECTOR_TIMER, spin_handler);
	spin_begin();
	user_run(user_spin, PATHS_SAMPLES, 1);
	measure_row("path.interrupt", "timer, from user mode to the kernel's first instruction", 1, samples, SPINS, overhead, spin_entries);
	spin_begin();
	guest_events_on();
	kernel_spin(&spin_time, &spin_stop);
	guest_events_off();
	measure_row("path.interrupt", "timer, from kernel mode to its first instruction", 1, samples, SPINS, overhead, spin_entries);
}

static void space_make(void)
{
	uint64_t root = guest_start->user_root;

	guest_must(rb_root_load(root));
	for (uint64_t at = 0; at < (uint64_t)(guest_user_text_end - guest_user_text); at += GUEST_PAGE)
		guest_map(root, PATHS_TEXT + at, guest_physical(guest_user_text) + at, GUEST_USER);
	guest_map(root, PATHS_STACK - GUEST_PAGE, guest_page(), GUEST_USER | GUEST_WRITE | GUEST_NX);
	user_samples = guest_pointer(guest_page());
	for (uint64_t at = 0; at < ROUNDS_MAX * 8; at += GUEST_PAGE)
		guest_map(root, PATHS_SAMPLES + at, guest_physical(user_samples) + at, GUEST_USER | GUEST_WRITE | GUEST_NX);
	for (uint64_t at = GUEST_PAGE; at < ROUNDS_MAX * 8; at += GUEST_PAGE)
		if (guest_page() != guest_physical(user_samples) + at)
			guest_panic("pages that are not in a row");
}

void measure_paths(void)
{
	space_make();
	guest_must(rb_vcpu_set_page(guest_physical(paths_vcpu_page)));
	guest_vcpu = (struct rb_vcpu_page *)paths_vcpu_page;

	is_measured = true;
	measure_user("path.user_syscall", "the library's entry point, all registers saved", user_syscall);
	measure_user("path.user_page_fault", "the library's entry point, all registers saved", user_fault);
	measure_kernel_fault("the library's entry point, all registers saved");
	entries_short();
	measure_user("path.user_syscall", "to the kernel and back", user_syscall);
	measure_user("path.user_page_fault", "to the kernel and back", user_fault);
	measure_kernel_fault("to the kernel and back");
	measure_interrupts();
	guest_set_entry(0);
	is_measured = false;
}
