/* SPDX-License-Identifier: GPL-2.0-only */
/* run: both */
/*
 * A null stack selector in ring 1.
 *
 * Provokes: MOV SS with selectors 0 to 3 in ring 1, then an instruction that is ring 0's.
 * Must: fault, but for selector 1, which is allowed; and leave ring 1 ring 1 (I-12). TCG up to 7.2 at least makes it ring 0: it takes the privilege level from
 * the null descriptor. No hypervisor can help that: on TCG a hostile guest kernel is not contained (docs/threat-model.md). There this guest only
 * looks and says so.
 */
#include "test.h"

/* Was CR0 read? Then RAX has its bit PG. */
static bool gets_ring0(uint64_t selector)
{
	try_with("xor %%eax, %%eax; mov %%edi, %%ss; mov %%cr0, %%rax; ud2", selector);
	return test_regs.rax & 1ul << 31;
}

int main(struct rb_start_info *start)
{
	for (uint64_t selector = 0; selector < 4; selector++) {
		bool is_ring0 = gets_ring0(selector);

		if (is_ring0 && is_tcg())
			note("selector %lu: ring 0, by a fault of the emulator", selector);
		else
			check(!is_ring0 && guest_vector(&test_regs) == 13, "selector %lu: vector %u", selector, guest_vector(&test_regs));
	}
	if (!is_tcg())
		check(try("mov $1, %%eax; mov %%eax, %%ss; mov %%ss, %%ebx; ud2") == 6 && (test_regs.rbx & 0xffff) == 1, "selector 1 loads");
	__asm__ volatile("mov %0, %%ss" : : "r"(RB_KERNEL_SS));
	return test_end();
}
