/* SPDX-License-Identifier: MIT */
/*
 * What the library does with events: virtual vectors to handlers, user mode's events to whoever runs it, the kernel's own exceptions to
 * whoever expects them.
 */
#include "guest.h"

_Static_assert(sizeof(struct guest_regs) == 15 * 8 + RB_EVENT_FRAME_SIZE, "the registers, then the frame");

struct rb_vcpu_page *guest_vcpu;
uint64_t guest_gs;	/* for event.S */

static guest_handler *handlers[256];
static struct guest_regs *user_regs;	/* of guest_run_user while user mode runs */

/* event.S */
void guest_caught_resume(void) __attribute__((noreturn));
void guest_user_enter(struct guest_regs *regs);
void guest_user_leave(void) __attribute__((noreturn));

void guest_set_entry(uint64_t emergency_sp)
{
	guest_must(rb_vcpu_set_entry((uint64_t)guest_user_entry, (uint64_t)guest_kernel_entry, (uint64_t)guest_range_start,
				     (uint64_t)guest_range_end, emergency_sp));
}

void guest_set_gs(uint64_t base)
{
	guest_must(rb_vcpu_set_gs(base));
	guest_gs = base;
	__asm__ volatile("wrgsbase %0" : : "r"(base));
}

void guest_set_handler(unsigned vector, guest_handler *handler)
{
	handlers[vector] = handler;
}

__attribute__((weak)) void guest_interrupt(struct guest_regs *regs, unsigned vector)
{
	if (!handlers[vector])
		guest_panic("vector %#x, which nobody handles", vector);
	handlers[vector](regs, vector);
}

void guest_deliver(struct guest_regs *regs)
{
	/* Cleared before looking: a vector that is raised meanwhile sets it again. */
	while (__atomic_exchange_n(&guest_vcpu->pending, 0, __ATOMIC_SEQ_CST)) {
		for (int word = 3; word >= 0; word--) {
			uint64_t bits = __atomic_exchange_n(&guest_vcpu->pending_vectors[word], 0, __ATOMIC_SEQ_CST);

			while (bits) {
				unsigned bit = 63 - (unsigned)__builtin_clzl(bits);

				bits &= ~(1ul << bit);
				guest_interrupt(regs, (unsigned)word * 64 + bit);
			}
		}
	}
}

void guest_events_on(void)
{
	__atomic_store_n(&guest_vcpu->events_enabled, 1, __ATOMIC_SEQ_CST);
	/* One that came before that is nobody's business but ours. */
	while (__atomic_load_n(&guest_vcpu->pending, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(&guest_vcpu->events_enabled, 0, __ATOMIC_SEQ_CST);
		guest_deliver(NULL);
		__atomic_store_n(&guest_vcpu->events_enabled, 1, __ATOMIC_SEQ_CST);
	}
}

static void events_restore(uint64_t flags)
{
	if (flags & 0x200)
		guest_events_on();
}

static void regs_print(const struct guest_regs *regs)
{
	guest_printf("  vector %u type %u error %lx data %lx\n", guest_vector(regs), guest_type(regs), regs->error_code, regs->data);
	guest_printf("  ip %lx cs %lx flags %lx sp %lx ss %lx gs %lx\n", regs->ip, regs->cs, regs->flags, regs->sp, regs->ss, regs->gs_base);
	guest_printf("  rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx\n", regs->rax, regs->rbx, regs->rcx, regs->rdx,
		     regs->rsi, regs->rdi, regs->rbp);
	guest_printf("  r8 %lx r9 %lx r10 %lx r11 %lx r12 %lx r13 %lx r14 %lx r15 %lx\n", regs->r8, regs->r9, regs->r10, regs->r11,
		     regs->r12, regs->r13, regs->r14, regs->r15);
}

/* What guest_catch left at guest_catch_sp. */
struct catch_frame {
	uint64_t before;
	struct guest_regs *regs;
};

void guest_caught(const struct guest_regs *regs)
{
	*((struct catch_frame *)guest_catch_sp)->regs = *regs;
	events_restore(regs->flags);
	guest_caught_resume();
}

void guest_event_default(struct guest_regs *regs)
{
	if (guest_type(regs) == RB_EVENT_TYPE_INTERRUPT) {
		guest_interrupt(regs, guest_vector(regs));
	} else if (guest_is_user(regs)) {
		if (!user_regs)
			guest_panic("an event from user mode, which does not run");
		*user_regs = *regs;
		guest_user_leave();
	} else if (guest_catch_sp) {
		guest_caught(regs);
	} else {
		regs_print(regs);
		guest_panic("an exception in the kernel");
	}
}

__attribute__((weak)) void guest_event(struct guest_regs *regs)
{
	guest_event_default(regs);
}

void guest_user_regs(struct guest_regs *regs, uint64_t ip, uint64_t sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->ip = ip;
	regs->cs = RB_USER_CS;
	regs->flags = 0x202;
	regs->sp = sp;
	regs->ss = RB_USER_SS;
}

void guest_run_user(struct guest_regs *regs)
{
	guest_run_user_with(regs, (uint64_t)guest_user_stack + GUEST_STACK_BYTES);
}

void guest_run_user_with(struct guest_regs *regs, uint64_t kernel_sp)
{
	struct guest_regs *start = (struct guest_regs *)(guest_user_stack + GUEST_STACK_BYTES) - 1;
	bool were_on = guest_events_off();

	guest_vcpu->kernel_sp = kernel_sp;
	*start = *regs;
	user_regs = regs;
	guest_user_enter(start);
	user_regs = NULL;
	if (were_on)
		guest_events_on();
}
