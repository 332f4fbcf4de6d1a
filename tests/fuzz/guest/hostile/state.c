/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine state that random code starts in, and what is in the vCPU page meanwhile. */
#include "hostile.h"

void random_regs(struct guest_regs *regs, bool kernel)
{
	static const uint64_t user_cs[] = { RB_USER_CS, RB_USER_CS, RB_USER_CS, RB_USER32_CS }, user_ss[] = { RB_USER_SS, RB_USER_SS, RB_USER_SS, 0x63, 0x6b, 0x73, 0x7b, 0 };
	uint64_t code = kernel ? ARENA_CODE : one_in(8) ? USER_EDGE : USER_ARENA_CODE, data = kernel ? ARENA : USER_ARENA;

	memset(regs, 0, sizeof(*regs));
	for (unsigned i = 0; i < 15; i++)
		((uint64_t *)regs)[i] = one_in(3) ? data + below(POOL_PAGES * GUEST_PAGE) : random_value();
	regs->cs = kernel ? RB_KERNEL_CS : PICK(user_cs);
	regs->ss = kernel ? RB_KERNEL_SS : PICK(user_ss);
	if (one_in(16))
		regs->cs = random_next() & 0xff;
	if (one_in(16))
		regs->ss = random_next() & 0xff;
	regs->flags = (one_in(2) ? random_next() & 0x3fffff : random_next() & 0x8d5) | (one_in(8) ? 0 : 0x202);
	if (!one_in(4))
		regs->flags &= ~0x100ul;
	if (kernel)
		regs->flags |= 0x200;	/* with events, so that the timer can end it */
	regs->ip = code + below(code == USER_EDGE ? GUEST_PAGE : CODE_PAGES * GUEST_PAGE);
	if (one_in(2))
		regs->ip &= ~31ul;
	if (code == USER_EDGE && one_in(2))
		regs->ip |= 0xff0;
	if (kernel && one_in(6))
		regs->ip = RB_GATE_START + below(2 * GUEST_PAGE);
	if (one_in(24))
		regs->ip = random_address();
	regs->sp = one_in(4) ? random_address() : data + GUEST_PAGE + below((POOL_PAGES - 1) * GUEST_PAGE);
	regs->gs_base = one_in(2) ? 0 : one_in(16) ? random_value() : random_address() & 0x7fffffffffff;
}

static void selectors_load(void *unused)
{
	static const uint16_t selectors[] = { 0, 1, 2, 3, 0x11, 0x19, 0x23, 0x2b, 0x33, 0x40, 0x63, 0x6b, 0x73, 0x7b, 0x80, 0x88, 0x67 };
	uint16_t ds = PICK(selectors), es = PICK(selectors), fs = one_in(4) ? (uint16_t)random_next() : PICK(selectors), gs = PICK(selectors);

	__asm__ volatile("mov %0, %%fs; mov %1, %%gs; mov %2, %%ds; mov %3, %%es" : : "r"(fs), "r"(gs), "r"(ds), "r"(es));
}

static void bases_load(void *unused)
{
	__asm__ volatile("wrfsbase %0" : : "r"(random_value()));
}

/* A whole x87 and SSE state from memory: pending x87 exceptions, unmasked ones, any rounding. */
static void fpu_load(void *unused)
{
	static uint64_t area[64] __attribute__((aligned(64)));

	for (unsigned i = 0; i < 64; i++)
		area[i] = random_next();
	((uint32_t *)area)[6] &= one_in(32) ? ~0u : 0xffff;	/* MXCSR's reserved bits */
	__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void random_processor_state(void)
{
	static struct guest_regs regs;

	if (one_in(4))
		guest_catch(selectors_load, NULL, &regs);
	if (one_in(4))
		guest_catch(bases_load, NULL, &regs);
	if (one_in(4))
		guest_catch(fpu_load, NULL, &regs);
}

/* All but the time record, which the guest itself goes by. */
void scribble(void)
{
	volatile uint64_t *words = (uint64_t *)running_page();

	figures.scribbles++;
	known.vectors = false;
	switch (below(5)) {
	case 0:
		for (unsigned i = 0; i < RB_VCPU_PAGE_TIME / 8; i++)
			words[i] = random_value();
		break;
	case 1:
		words[RB_VCPU_PAGE_KERNEL_SP / 8] = random_address();
		break;
	case 2:
		for (unsigned i = RB_VCPU_PAGE_GATE_SCRATCH / 8; i < GUEST_PAGE / 8; i += 1 + (unsigned)below(40))
			words[i] = random_next();
		break;
	case 3:
		memset((void *)(RB_GATE_START + 0x20000), (int)random_next(), GUEST_PAGE);	/* the entry stack and its scratch words */
		break;
	case 4:
		words[RB_VCPU_PAGE_PENDING_VECTORS / 8 + below(4)] = random_next();
		words[0] |= one_in(2) ? 0x100 : 0x101;
	}
}
