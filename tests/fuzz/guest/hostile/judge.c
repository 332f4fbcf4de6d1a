/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this event one that may be? Every event of the hostile guest is held against what the interface promises of events and against what the guest
 * last asked for (I-6, I-12, I-18, I-19). What was interrupted may have had anything in its registers: they are not looked at.
 */
#include "hostile.h"

#define REPORTS_MOST 12

struct known known;

/*
 * Random code in ring 1 also gets into this kernel: where its stack is, handlers ran before, and a return takes one of the addresses that these left there. What it
 * then says of registers that are no event's is not a judgement. Nor is one by figures that are overwritten, as by a stack that grew down to them.
 */
static bool is_stray(void)
{
	return (wild && !vcpu_self()) || figures.magic != FIGURES_MAGIC || figures.round > figures.rounds;
}

void failed(const char *format, ...)
{
	va_list arguments;

	if (is_stray()) {
		figures.strays++;
		return;
	}
	if (figures.failures++ >= REPORTS_MOST)
		return;
	guest_printf("FAILED in round %lu: ", figures.round);
	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
	guest_printf("\n");
}

/*
 * TCG's ways with flags. It goes to virtual-8086 mode out of 64-bit mode, with any flags and CS (tests/guest/vm86.c). Of those flags, VIF and VIP then stay, as
 * its POPF does not clear them in ring 0; they mean nothing to 64-bit code. And the flags that it stores on a stack have, after some instructions, bits that
 * are not in force, among them reserved ones.
 */
static uint64_t flags_of_tcg(void)
{
	return is_tcg() ? 0x180000 : 0;
}

static bool flags_are_possible(uint64_t flags)
{
	/* IF, arithmetic, TF, DF, NT, RF, AC, ID; the fixed bit. Not IOPL, VM, VIF, VIP, reserved ones. */
	return is_tcg() || ((flags & ~0x254fd5ul) == 2);
}

/* How the handler was entered: nothing that could have changed it has run since. */
static void judge_entry_state(const struct guest_regs *regs)
{
	uint64_t flags, frame = (uint64_t)&regs->error_code;
	uint16_t cs, ss;

	__asm__ volatile("pushfq; pop %0; mov %%cs, %1; mov %%ss, %2" : "=r"(flags), "=r"(cs), "=r"(ss));
	if (frame % 64 || frame < RB_GATE_END)
		failed("event frame at %lx", frame);
	if (cs != RB_KERNEL_CS || (ss & 3) != 1)
		failed("event with CS %x, SS %x", cs, ss);
	/* IF, and of the rest only arithmetic. */
	if ((flags & ~(0x8d5 | flags_of_tcg())) != 0x202)
		failed("event entered with flags %lx", flags);
}

/* And what the vCPU's settings say of that. */
static void judge_known_state(void)
{
	uint64_t gs;

	__asm__ volatile("rdgsbase %0" : "=r"(gs));
	if (known.page && running_page()->events_enabled)
		failed("event entered with events enabled");
	if (known.settings && gs != known.kernel_gs)
		failed("event entered with GS base %lx instead of %lx", gs, known.kernel_gs);
}

static void judge_frame(const struct guest_regs *regs)
{
	bool user = guest_is_user(regs);
	uint64_t cs = regs->cs;

	if (is_tcg() && regs->flags & 0x20000)
		return;
	if (cs != RB_KERNEL_CS && cs != RB_USER_CS && cs != RB_USER32_CS)
		failed("frame with CS %lx", cs);
	if ((regs->ss & 3) != (user ? 3 : 1) && regs->ss & 0xfffc)
		failed("frame with SS %lx, CS %lx", regs->ss & 0xffff, cs);
	if (!flags_are_possible(regs->flags))
		failed("frame with flags %lx: vector %u at %lx:%lx", regs->flags, guest_vector(regs), cs, regs->ip);
	if (user && !(regs->flags & 0x200))
		failed("user mode ran with IF clear: flags %lx, vector %u at %lx:%lx", regs->flags, guest_vector(regs), cs, regs->ip);
}

static void judge_exception(const struct guest_regs *regs, unsigned vector)
{
	if (vector == 8) {
		if (known.settings && (uint64_t)(regs + 1) != (known.emergency_sp & ~63ul))
			failed("emergency event at %lx, emergency stack %lx", (uint64_t)(regs + 1), known.emergency_sp);
		known.emergency_sp = 0;
		figures.emergencies++;
		return;
	}
	if (vector > 21 || vector == 2 || vector == 9 || vector == 15 || vector == 18)
		failed("exception %u", vector);
	if (vector == 14 && regs->error_code & 8)
		failed("a page fault says that a reserved bit is set: error %lx at %lx", regs->error_code, regs->data);
	if (vector != 14 && vector != 1 && regs->data)
		failed("exception %u with data %lx", vector, regs->data);
}

static void judge_vector(const struct guest_regs *regs, unsigned vector)
{
	if (vector < RB_VECTOR_FIRST || regs->error_code || regs->data)
		failed("vector %u, error %lx, data %lx", vector, regs->error_code, regs->data);
	if (!guest_is_user(regs) && !(regs->flags & 0x200))
		failed("vector %u in kernel mode with events disabled, at %lx", vector, regs->ip);
	if (!guest_is_user(regs) && known.settings && known.range && regs->ip >= (uint64_t)guest_range_start && regs->ip < (uint64_t)guest_range_end)
		failed("vector %u in the restartable range", vector);
	/* Only the hypervisor raises these two again meanwhile. */
	if (known.page && vector != RB_VECTOR_TIMER && vector != RB_VECTOR_CONSOLE && running_page()->pending_vectors[vector / 64] >> vector % 64 & 1)
		failed("vector %u is delivered and still pending", vector);
	if (vector == RB_VECTOR_TIMER && known.vectors && time_now() < known.timer_ns)
		failed("timer at %lu, was to be at %lu", time_now(), known.timer_ns);
}

void judge_entry(const struct guest_regs *regs)
{
	judge_entry_state(regs);
	judge_frame(regs);
}

void judge_event(const struct guest_regs *regs)
{
	unsigned vector = guest_vector(regs), type = guest_type(regs);

	judge_known_state();
	judge_entry(regs);
	switch (type) {
	case RB_EVENT_TYPE_INTERRUPT:
		judge_vector(regs, vector);
		break;
	case RB_EVENT_TYPE_EXCEPTION:
		judge_exception(regs, vector);
		break;
	case RB_EVENT_TYPE_OTHER:
		if (vector != 1 || !guest_is_user(regs) || regs->data || regs->error_code)
			failed("system call with vector %u, CS %lx", vector, regs->cs);
		break;
	case RB_EVENT_TYPE_SOFTINT:
	case RB_EVENT_TYPE_PRIV_EXCEPTION:
	case RB_EVENT_TYPE_SOFT_EXCEPTION:
		if (vector != 1 && vector != 3 && vector != 4 && vector != 0x80)
			failed("software event %u of type %u", vector, type);
		break;
	default:
		failed("event of type %u, vector %u", type, vector);
	}
	figures.events[type == RB_EVENT_TYPE_OTHER ? 33 : vector < 32 ? vector : 32]++;
}
