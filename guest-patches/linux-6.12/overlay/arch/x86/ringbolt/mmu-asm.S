/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between guest-physical addresses, which Linux computes with, and machine addresses, which page-table entries hold.
 *
 * Memory keeps its shape within a chunk of 2 MiB, so bits 21 to 51 of an entry's address are replaced by way of a map with one u32 for
 * each chunk. Only present entries hold addresses; of others no bit is changed. Where the map has no chunk, all bits of the chunk's
 * number are set in the result: no such memory exists, and the hypervisor refuses the entry.
 *
 * Both functions: entry in rdi, result in rax, nothing else changes but flags (paravirt_callee_save).
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>
#include <asm/pgtable_types.h>
#include <asm/ringbolt-abi.h>

#define ADDRESS_BITS	52
#define ENTRY_BYTES	4

.macro TRANSLATE map:req
	movq	%rdi, %rax
	testb	$_PAGE_PRESENT, %al
	jz	.Lsame\@
	/* rax: offset of the chunk's number in the map. */
	shlq	$(64 - ADDRESS_BITS), %rax
	shrq	$(64 - ADDRESS_BITS + RB_CHUNK_SHIFT - 2), %rax
	andq	$-ENTRY_BYTES, %rax
	cmpq	\map\()_bytes(%rip), %rax
	jae	.Lnone\@
	addq	\map(%rip), %rax
	movl	(%rax), %eax
.Lmerge\@:
	/* rax: the chunk's number in its place, all other bits from rdi. */
	shlq	$RB_CHUNK_SHIFT, %rax
	xorq	%rdi, %rax
	andq	ringbolt_chunk_bits(%rip), %rax
	xorq	%rdi, %rax
.Lsame\@:
	RET
.Lnone\@:
	movl	$RB_NO_CHUNK, %eax
	jmp	.Lmerge\@
.endm

	.section .rodata
	.balign	8
SYM_DATA_LOCAL(ringbolt_chunk_bits, .quad (1 << ADDRESS_BITS) - (1 << RB_CHUNK_SHIFT))

	.text
/* Guest-physical to machine: __pte and its like. */
SYM_FUNC_START(ringbolt_make_entry)
	TRANSLATE ringbolt_chunk_map
SYM_FUNC_END(ringbolt_make_entry)

/* Machine to guest-physical: pte_val and its like. */
SYM_FUNC_START(ringbolt_entry_val)
	TRANSLATE ringbolt_machine_map
SYM_FUNC_END(ringbolt_entry_val)

/* The address of a page fault comes with the event; nothing else may ask for it. */
	.section .noinstr.text, "ax"
SYM_FUNC_START(ringbolt_read_cr2)
	xorl	%eax, %eax
	RET
SYM_FUNC_END(ringbolt_read_cr2)
