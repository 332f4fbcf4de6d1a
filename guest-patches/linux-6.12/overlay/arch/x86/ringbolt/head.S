/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first instruction under Ringbolt, and the ELF notes that lead there; and that of the other CPUs.
 *
 * RDI holds the address of struct rb_start_info, in the direct map. Paging is
 * on with the image at its linked address and all memory in the direct map;
 * virtual interrupts are off. No other register means anything.
 */
#include <linux/elfnote.h>
#include <linux/init.h>
#include <linux/linkage.h>

#include <asm/asm.h>
#include <asm/page_types.h>
#include <asm/percpu.h>
#include <asm/ringbolt.h>
#include <asm/unwind_hints.h>

	__INIT
SYM_CODE_START(ringbolt_start)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	cld
	leaq	__top_init_kernel_stack(%rip), %rsp

	/* The per-CPU data of the image serves until setup_per_cpu_areas(). */
	movq	$INIT_PER_CPU_VAR(fixed_percpu_data), %rax
	wrgsbase %rax

	call	ringbolt_start_kernel
	ud2
SYM_CODE_END(ringbolt_start)
	__FINIT

/* Another CPU's first instruction. RDI: its GS base; RSP: its idle task's stack. */
	.text
SYM_CODE_START(ringbolt_secondary_entry)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	cld
	wrgsbase %rdi
	xorl	%ebp, %ebp
	call	ringbolt_start_secondary
	ud2
SYM_CODE_END(ringbolt_secondary_entry)

	ELFNOTE(Ringbolt, RB_NOTE_ABI,		.long RB_ABI_MAJOR; .long RB_ABI_MINOR)
	ELFNOTE(Ringbolt, RB_NOTE_ENTRY,	_ASM_PTR ringbolt_start)
	ELFNOTE(Ringbolt, RB_NOTE_IMAGE_OFFSET,	_ASM_PTR __START_KERNEL_map)
	ELFNOTE(Ringbolt, RB_NOTE_DIRECT_BASE,	_ASM_PTR __PAGE_OFFSET_BASE_L4)
