/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/* may: crash */
/* clock: instructions */
/* timeout: 90 */
/*
 * A hostile guest.
 *
 * Provokes: at random: calls with arguments that are nearly right; rings 1 and 3 entered with random registers, flags, selectors and stack, at random code and at
 * the gate's text; a vCPU page, entry points, queue and roots of rubbish; page-table operations on a pool of frames. The seed is printed; `run --seed N fuzz`
 * repeats it, to the instruction.
 * Must: never bring down the hypervisor. The guest lives on, or the hypervisor ends it and says why; alive, debug_check finds nothing (I-13 and all).
 */
#include "test.h"

#define FUZZ_VA		0xffffc90000000000ul	/* pages of the pool, kernel half, all rights */
#define POOL_PAGES	16
#define POOL_FRAMES	48

static uint8_t emergency[16384] __attribute__((aligned(4096)));
static uint8_t resume_stack[16384] __attribute__((aligned(4096)));
static uint64_t state, pages[POOL_PAGES], frames[POOL_FRAMES];
static struct rb_vcpu_page *real_page;
static bool running;
static uint64_t ended_by[34], statuses[16], calls, entries;


static uint64_t random_next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d;
}

static uint64_t below(uint64_t limit)
{
	return (random_next() >> 33) % limit;
}

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

/* ---------------- values that are nearly right */
static uint64_t random_address(void)
{
	static const uint64_t bases[] = { FUZZ_VA, FUZZ_VA, USER_TEXT, USER_DATA, USER_STACK, RB_GATE_START, RB_GATE_START + 0x10000, RB_GATE_START + 0x11000,
					  RB_GATE_START + 0x20000, RB_GATE_START + 0x30000, RB_GATE_START + 0x80000000, RB_GATE_END, 1ul << 47, ~0ul, 0 };

	return PICK(bases) + below(3 * GUEST_PAGE) - below(64);
}

static uint64_t random_value(void)
{
	switch (below(8)) {
	case 0:
		return random_next();
	case 1:
		return below(16);
	case 2:
		return 1ul << below(64);
	case 3:
		return ~(1ul << below(64));
	case 4:
		return frames[below(POOL_FRAMES)];
	case 5:
		return pages[below(POOL_PAGES)];
	case 6:
		return below(300);
	default:
		return random_address();
	}
}

static uint64_t random_entry(void)
{
	uint64_t machine;

	switch (below(6)) {
	case 0:
		return 0;
	case 1:
		machine = guest_machine(frames[below(POOL_FRAMES)] * GUEST_PAGE);
		break;
	case 2:
		machine = below(128) << RB_CHUNK_SHIFT;
		if (guest_from_machine(machine) != ~0ul)
			return 0;	/* ours: it might be the kernel's own */
		break;
	default:
		machine = guest_machine(pages[below(POOL_PAGES)]);
	}
	return machine | (random_next() & 0x67) | (below(4) ? 1 : random_next() & 0xfff) | (below(8) ? 0 : random_next() & 0xfff0000000000000);
}

static struct rb_pt_op random_op(void)
{
	static const uint64_t counts[] = { 1, 1, 1, 1, 2, 8, 512 };
	uint64_t code = below(16) ? below(RB_NR_OPS) : below(64), frame = below(20) ? frames[below(POOL_FRAMES)] : random_value() & 0xffffffffff;
	uint64_t index = below(512), value;

	/* The kernel's own tables are its own: everything else may go. */
	if (frame >= (guest_start->kernel_root & ~511ul) && frame < frames[0] && frame != guest_start->kernel_root && frame != guest_start->user_root)
		frame = frames[0];
	if (frame == guest_start->kernel_root && (index >= 500 || index == 273 || index == 274 || index == 402))
		index = 300;
	switch (code) {
	case RB_OP_TYPE:
		value = 1 + below(4);
		index = below(30) ? 0 : index;
		break;
	case RB_OP_LINK:
		value = frames[below(POOL_FRAMES)];
		break;
	case RB_OP_AND:
		value = ~(random_next() & 0x62);
		break;
	case RB_OP_FLUSH:
		frame = below(4) ? 0 : frame;
		index = below(4) ? 1 : 0;
		value = random_address() & ~0xffful;
		break;
	case RB_OP_NOP:
		return (struct rb_pt_op){ 0, 0 };
	default:
		value = random_entry();
	}
	return (struct rb_pt_op){ rb_op_word(code, frame, index, frame == guest_start->kernel_root ? 1 : PICK(counts)), value };
}

/* ---------------- calls */
static const uint8_t argument_counts[RB_NR_CALLS + 1] = {
	[RB_HC_INFO_FEATURES] = 1, [RB_HC_INFO_CALL] = 1, [RB_HC_INFO_COUNTER] = 1, [RB_HC_CONSOLE_WRITE] = 2, [RB_HC_CONSOLE_READ] = 2,
	[RB_HC_PT_UPDATE] = 6, [RB_HC_PT_BATCH] = 2, [RB_HC_ROOT_LOAD] = 1, [RB_HC_TLB_FLUSH] = 4, [RB_HC_EVENT_SEND] = 2, [RB_HC_PORT_ALLOC] = 1,
	[RB_HC_PORT_BIND] = 2, [RB_HC_PORT_SET_TARGET] = 3, [RB_HC_PORT_SEND] = 1, [RB_HC_PORT_MASK] = 2, [RB_HC_PORT_CLOSE] = 1, [RB_HC_TIMER_SET] = 1,
	[RB_HC_VCPU_SET_ENTRY] = 5, [RB_HC_VCPU_SET_GS] = 1, [RB_HC_VCPU_SET_PAGE] = 1, [RB_HC_VCPU_SET_QUEUE] = 1, [RB_HC_VCPU_SET_DESCRIPTOR] = 2,
	[RB_HC_VCPU_SET_DEBUG] = 2, [RB_HC_VCPU_SET_XCR0] = 1, [RB_HC_VCPU_SET_TSC_AUX] = 1, [RB_NR_CALLS] = 6,
};

static void random_call(void)
{
	uint64_t nr = below(RB_NR_CALLS + 1), arg[6] = { 0 }, result;
	unsigned used = (unsigned)below(7);
	long status;

	for (unsigned i = 0; i < used; i++)
		arg[i] = random_value();
	switch (nr) {
	case RB_HC_SHUTDOWN:
	case RB_HC_DEBUG_CHECK:		/* slow */
	case RB_HC_PT_RESERVE_GROW:	/* ends with all memory gone */
		return;
	case RB_HC_CONSOLE_WRITE:
	case RB_HC_CONSOLE_READ:
		if (arg[1] > 1)
			arg[1] = 0;
		break;
	case RB_HC_PT_UPDATE:
		for (unsigned i = 0; i < 3; i++) {
			struct rb_pt_op op = random_op();

			arg[2 * i] = op.word;
			arg[2 * i + 1] = op.value;
		}
		break;
	case RB_HC_PT_BATCH: {
		struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);

		for (unsigned i = 0; i < 32; i++)
			queue[i] = random_op();
		arg[0] = below(4);
		arg[1] = below(30);
		break;
	}
	case RB_HC_ROOT_LOAD:
		arg[0] = frames[below(POOL_FRAMES)];
		break;
	case RB_HC_SCHED_BLOCK:
		memset(arg, 0, sizeof(arg));
		guest_must(rb_timer_set(guest_time() + 100000));
		break;
	case RB_HC_VCPU_SET_PAGE:
	case RB_HC_VCPU_SET_QUEUE:
		arg[0] = below(8) ? pages[below(POOL_PAGES)] : frames[0] * GUEST_PAGE;
		break;
	case RB_HC_VCPU_SET_ENTRY:
		for (unsigned i = 0; i < 5; i++)
			arg[i] = random_address() | RB_GATE_END;
		break;
	case RB_HC_VCPU_SET_DESCRIPTOR:
		arg[0] = below(5);
		arg[1] = 0x00c0f20000000000 | (random_next() & 0xff0f01ff00ffffff);
		break;
	case RB_HC_VCPU_SET_DEBUG:
		arg[0] = below(9);
		break;
	case RB_HC_VCPU_SET_XCR0:
		arg[0] = 3 | (random_next() & 0xe4);
		break;
	}
	/* What the call does not use is mostly zero, or it would be refused for that alone. */
	for (unsigned i = argument_counts[nr]; i < 6 && below(10); i++)
		arg[i] = 0;
	status = rb_hypercall6(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5], &result);
	statuses[status > -16 && status <= 0 ? -status : 15]++;
	calls++;
}

/* ---------------- code */

/* Instructions that do something to who runs them. */
static const uint8_t snippets[][9] = {
	{ 2, 0x0f, 0x05 }, { 2, 0x0f, 0x05 }, { 2, 0xcd, 0x80 }, { 1, 0xcc }, { 2, 0x48, 0xcf }, { 2, 0x48, 0xcb }, { 1, 0x9d }, { 1, 0x9c }, { 1, 0xf1 }, { 2, 0x0f, 0x34 },
	{ 2, 0x8e, 0xd0 }, { 2, 0x8e, 0xd8 }, { 2, 0x8e, 0xe0 }, { 2, 0x8e, 0xe8 }, { 2, 0x8c, 0xd0 }, { 5, 0xf3, 0x48, 0x0f, 0xae, 0xd8 }, { 5, 0xf3, 0x48, 0x0f, 0xae, 0xd0 },
	{ 1, 0xfd }, { 1, 0xf9 }, { 1, 0x50 }, { 1, 0x5c }, { 3, 0x48, 0x89, 0xc4 }, { 3, 0x48, 0x31, 0xe4 }, { 2, 0xff, 0xe0 }, { 2, 0xff, 0xd0 }, { 1, 0xc3 }, { 2, 0xf7, 0xf1 },
	{ 3, 0x48, 0x89, 0x07 }, { 3, 0x48, 0x8b, 0x06 }, { 3, 0xf3, 0x48, 0xab }, { 2, 0xf3, 0xa4 }, { 3, 0x0f, 0xae, 0x2f }, { 3, 0x0f, 0xae, 0x27 }, { 3, 0x0f, 0xae, 0x0f },
	{ 3, 0x0f, 0x01, 0xd0 }, { 3, 0x0f, 0x01, 0xf9 }, { 2, 0x0f, 0x31 }, { 2, 0x0f, 0xa2 }, { 3, 0x0f, 0x02, 0xc1 }, { 3, 0x0f, 0x03, 0xc1 }, { 3, 0x0f, 0x00, 0xe0 },
	{ 7, 0x68, 0x00, 0x40, 0x04, 0x00, 0x9d, 0x90 }, { 7, 0x68, 0x02, 0x03, 0x00, 0x00, 0x9d, 0x90 }, { 5, 0xb8, 0x63, 0x00, 0x00, 0x00 }, { 5, 0xb8, 0x19, 0x00, 0x00, 0x00 },
	{ 5, 0xb8, 0x06, 0x00, 0x00, 0x00 }, { 2, 0x31, 0xc0 }, { 1, 0x90 }, { 2, 0x9b, 0xd9 }, { 4, 0x0f, 0x01, 0x0f, 0x90 }, { 2, 0xeb, 0xfe },
};

/* TCG takes ring 1 for ring 0 after a load of SS with a null selector (null_ss.c): no such instruction there. */
static void without_loads_of_ss(uint8_t *code)
{
	for (unsigned i = 0; i + 1 < GUEST_PAGE; i++)
		if ((code[i] == 0x8e && (code[i + 1] >> 3 & 7) == 2) || (code[i] == 0x0f && code[i + 1] == 0xb2))
			code[i + 1] = 0;
}

static void random_bytes(uint8_t *code)
{
	unsigned at = 0;

	for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
		((uint64_t *)code)[i] = random_next();
	if (below(4) == 0)
		return;
	while (at < GUEST_PAGE - 8) {
		const uint8_t *snippet = PICK(snippets);

		memcpy(code + at, snippet + 1, snippet[0]);
		at += snippet[0];
	}
}

static void random_code(void)
{
	uint8_t *code = guest_pointer(pages[0]);

	random_bytes(code);
	if (is_tcg())
		without_loads_of_ss(code);
}

/* A state to go on in: ring 1 or 3, mostly legal. */
static void random_regs(struct guest_regs *regs)
{
	static const uint64_t user_selectors[] = { 0x33, 0x33, 0x33, 0x33, 0x23 }, stack_selectors[] = { 0x2b, 0x2b, 0x2b, 0x63, 0x6b, 0 };
	bool kernel = below(2);

	for (unsigned i = 0; i < 15; i++)
		((uint64_t *)regs)[i] = random_value();
	regs->cs = kernel ? RB_KERNEL_CS : PICK(user_selectors);
	regs->ss = kernel ? RB_KERNEL_SS : PICK(stack_selectors);
	if (below(12) == 0)
		regs->cs = random_next() & 0xff;
	if (below(12) == 0)
		regs->ss = random_next() & 0xff;
	regs->flags = (below(2) ? random_next() : random_next() & 0x8d5) | (below(8) ? 0x202 : 0);
	if (below(4))
		regs->flags &= ~0x100ul;
	if (kernel)
		regs->flags |= 0x200;	/* with events, so that the timer can end it */
	regs->ip = kernel ? FUZZ_VA + below(GUEST_PAGE) : 0x10000000 + below(GUEST_PAGE);
	if (kernel && below(4) == 0)
		regs->ip = RB_GATE_START + below(0x2000);
	if (below(16) == 0)
		regs->ip = random_address();
	regs->sp = below(4) ? (kernel ? FUZZ_VA : 0x10000000) + 4 * GUEST_PAGE - below(512) : random_address();
	regs->gs_base = below(2) ? 0 : random_address() & 0x7fffffffffff;
}

/* Whatever happens in there ends it. */
static void enter(void *argument)
{
	struct guest_regs *regs = (struct guest_regs *)(resume_stack + sizeof(resume_stack)) - 1;

	*regs = *(struct guest_regs *)argument;
	running = true;
	guest_resume(regs);
}

void guest_event(struct guest_regs *regs)
{
	if (guest_type(regs) == RB_EVENT_TYPE_INTERRUPT && !running)
		return;
	if (!guest_catch_sp)
		guest_event_default(regs);
	running = false;
	guest_caught(regs);
}

/* Self-delivered. If that was the timer that ends the code to be entered, another must. */
static void handler(struct guest_regs *regs, unsigned vector)
{
	if (running && vector == RB_VECTOR_TIMER)
		(void)rb_timer_set(guest_time() + 200000);
}

/* Before the next: what is needed to go on at all. */
static void restore(void)
{
	running = false;
	real_page->events_enabled = 0;
	guest_vcpu = real_page;
	guest_must(rb_vcpu_set_page(guest_start->vcpu_page));
	guest_set_entry((uint64_t)emergency + sizeof(emergency));
	guest_must(rb_vcpu_set_gs(0));
	guest_must(rb_vcpu_set_queue(guest_start->queue_page));
	guest_must(rb_vcpu_set_debug(7, 0));
	guest_must(rb_vcpu_set_xcr0(3));
	guest_must(rb_root_load(guest_start->user_root));
	__asm__ volatile("wrgsbase %0; fninit" : : "r"(0ul));
	real_page->kernel_sp = (uint64_t)guest_user_stack + GUEST_STACK_BYTES;
}

static void random_entry_to_guest(void)
{
	static struct guest_regs regs, result;

	random_code();
	random_regs(&regs);
	if (below(4) == 0) {
		uint64_t *words = (uint64_t *)real_page;

		/* All but the time, and what the hypervisor writes anyway. */
		for (unsigned i = 0; i < 6; i++)
			words[i] = random_value();
		for (unsigned i = 16; i < 24; i++)
			words[i] = random_next();
	} else if (below(4) == 0) {
		real_page->kernel_sp = random_address();
	}
	if (below(6) == 0) {
		uint8_t *scratch = (uint8_t *)RB_GATE_START + 0x20000;

		memset(scratch, (int)random_next(), GUEST_PAGE);
	}
	if (below(8) == 0)
		(void)rb_vcpu_set_debug(below(4), random_address());
	if (below(8) == 0)
		(void)rb_vcpu_set_debug(7, random_next() & 0xffff00ff);
	guest_must(rb_timer_set(guest_time() + 50000 + below(2000000)));
	if (guest_catch(enter, &regs, &result))
		ended_by[guest_vector(&result) < 32 ? guest_vector(&result) : 32]++;
	entries++;
}

static uint64_t seed_find(void)
{
	const char *option = strstr((const char *)guest_start->command_line, "seed=");
	uint64_t seed = 0;

	for (option = option ? option + 5 : ""; *option >= '0' && *option <= '9'; option++)
		seed = seed * 10 + (uint64_t)(*option - '0');
	return seed ? seed : 1;
}

int main(struct rb_start_info *start)
{
	uint64_t rounds = is_tcg() ? 15000 : 3000, value;

	state = seed_find();
	note("seed=%lu", state);
	real_page = guest_vcpu;
	user_setup();
	for (unsigned vector = 0; vector < 256; vector++)
		guest_set_handler(vector, handler);
	for (unsigned i = 0; i < POOL_PAGES; i++) {
		pages[i] = guest_page();
		guest_map(start->kernel_root, FUZZ_VA + i * GUEST_PAGE, pages[i], GUEST_WRITE);
		guest_map(start->user_root, 0x10000000 + i * GUEST_PAGE, pages[i], GUEST_WRITE | GUEST_USER);
	}
	guest_frame();
	for (unsigned i = 0; i < POOL_FRAMES; i++)
		frames[i] = i % 8 ? guest_table(1 + i % 4) : guest_frame();
	restore();
	for (uint64_t round = 0; round < rounds; round++) {
		if (below(2))
			random_call();
		else
			random_entry_to_guest();
		restore();
		if (round % 256 == 0 && (rb_info_version(&value) != RB_OK || value != RB_ABI_VERSION))
			check(false, "round %lu: a plain call fails", round);
	}
	guest_printf("  %lu calls:", calls);
	for (unsigned i = 0; i < 16; i++)
		if (statuses[i])
			guest_printf(" %d: %lu", -(int)i, statuses[i]);
	guest_printf("\n  %lu entries:", entries);
	for (unsigned i = 0; i < 33; i++)
		if (ended_by[i])
			guest_printf(" %u: %lu", i, ended_by[i]);
	guest_printf("\n");
	guest_must(rb_timer_set(0));
	check(true, "alive after %lu rounds", rounds);
	return test_end();
}
