/* SPDX-License-Identifier: GPL-2.0-only */
/* What the console shows of a vCPU whose domain ends by a mistake: registers and stack. */
#include "lib/print.h"
#include "vm/domain.h"
#include "vm/peek.h"
#include "x86/instruction.h"

static void stack_print(const struct vcpu *v)
{
	print("  stack:");
	for (u32 i = 0; i < 16; i++) {
		u64 word;

		if (!peek_u64(this_cpu()->live, v->regs.rsp + 8 * i, &word)) {
			print(" (not mapped)");
			break;
		}
		print("%s%016lx", i % 4 ? " " : "\n    ", word);
	}
	print("\n");
}

void domain_print_vcpu(const struct vcpu *v)
{
	const struct regs *r = &v->regs;

	print("  domain %u vCPU %u  entered by %lx  cr2 %016lx\n", v->domain->id, v->id, r->reason, cr2_read());
	print("  rip %016lx cs %04lx  rsp %016lx ss %04lx  flags %08lx\n", r->rip, r->cs, r->rsp, r->ss, r->flags);
	print("  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	print("  rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	print("  r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	print("  r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
	print("  user entry %016lx kernel entry %016lx gs %016lx kernel sp %016lx enabled %u pending %u\n", v->user_entry,
	      v->kernel_entry, v->kernel_gs, v->page->kernel_sp, v->page->events_enabled, v->page->pending);
	if (vcpu_is_loaded(v))
		stack_print(v);
}

void domain_print_crash(struct vcpu *v)
{
	v->has_crashed = false;
	domain_print_vcpu(v);
}
