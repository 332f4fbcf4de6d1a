/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the boot loader to C. Multiboot 1 and 2 loaders enter at boot_entry in 32-bit protected mode with paging off, interrupts
 * off, EAX the loader's magic number and EBX the address of its information; nothing else may be relied on, not even a stack.
 *
 * This code builds the boot page tables, turns long mode on and calls boot_main on the boot stack. The boot tables map
 *   slot 0    the low 4 GiB at their physical addresses: only so that the next instruction exists after paging is on
 *   slot 256  the image at IMAGE_BASE: 8 MiB, writable and executable
 *   slot 264  the low 4 GiB at DIRECT_BASE: where C finds the loader's information, and memory for the final tables
 * and are forgotten when C has built the hypervisor root (boot/root.c). A fault until cpu_init resets the machine.
 */

#define MULTIBOOT1_MAGIC	0x1badb002
#define MULTIBOOT1_FLAGS	0x3		/* modules on page boundaries; tell us the memory */
#define MULTIBOOT2_MAGIC	0xe85250d6

/* Physical address of a symbol of the image; see ringbolt.lds. */
#define IMAGE_OFFSET		(0xffff800040000000 - 0x200000)
#define PHYSICAL(symbol)	(symbol - IMAGE_OFFSET)

#define PRESENT_WRITABLE	0x3
#define LARGE_PAGE		0x80

#define CR0_BOOT		0x80010033	/* PG WP NE ET MP PE */
#define CR4_PAE			0x20
#define MSR_EFER		0xc0000080
#define EFER_LME_NXE		0x900

/* All that long mode needs but CR0.PG, from 16-bit or 32-bit code: the boot page tables. EAX, ECX, EDX clobbered. */
.macro LONG_MODE_PREPARE
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYSICAL(boot_root), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME_NXE, %eax
	wrmsr
.endm
/* Null selectors but SS, DS, ES, which get the hypervisor's data segment. EAX clobbered. */
.macro SEGMENTS_LOAD
	movl	$0x88, %eax
	movl	%eax, %ss
	movl	%eax, %ds
	movl	%eax, %es
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
.endm

	.section .boot.header, "a"
	.balign 8
multiboot1_header:
	.long MULTIBOOT1_MAGIC, MULTIBOOT1_FLAGS, -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)

	.balign 8
multiboot2_header:
	.long MULTIBOOT2_MAGIC, 0, multiboot2_end - multiboot2_header
	.long -(MULTIBOOT2_MAGIC + multiboot2_end - multiboot2_header)
	.balign 8
	.word 1, 0			/* information request: command line, modules, memory map */
	.long 8 + 3 * 4, 1, 3, 6
	.balign 8
	.word 6, 0			/* modules on page boundaries */
	.long 8
	.balign 8
	.word 0, 0			/* end */
	.long 8
multiboot2_end:

	.section .boot, "ax"
	.code32
/* EAX: magic, EBX: information. No stack. Everything is clobbered. */
	.globl boot_entry
boot_entry:
	cli
	cld
	movl	%eax, %ebp		/* EBP: magic, EBX: information, until C */

	/* A processor without long mode stops here. */
	movl	%ebx, %esi
	movl	$0x80000001, %eax
	cpuid
	movl	%esi, %ebx
	testl	$(1 << 29), %edx
	jz	boot_halt
	testl	$(1 << 20), %edx	/* NX */
	jz	boot_halt

	/* The four page directories of the low 4 GiB: 2048 entries of 2 MiB. */
	movl	$PHYSICAL(boot_low), %edi
	movl	$(PRESENT_WRITABLE | LARGE_PAGE), %eax
	movl	$2048, %ecx
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b

	movl	$PHYSICAL(boot_low), %eax
	orl	$PRESENT_WRITABLE, %eax
	movl	$PHYSICAL(boot_low_directory), %edi
	movl	$4, %ecx
1:	movl	%eax, (%edi)
	addl	$4096, %eax
	addl	$8, %edi
	loop	1b

	/* The image: four entries of 2 MiB, the second GiB of slot 256. */
	movl	$__image_load_start, %eax
	orl	$(PRESENT_WRITABLE | LARGE_PAGE), %eax
	movl	$PHYSICAL(boot_image), %edi
	movl	$4, %ecx
1:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b
	movl	$PHYSICAL(boot_image), %eax
	orl	$PRESENT_WRITABLE, %eax
	movl	%eax, PHYSICAL(boot_image_directory) + 1 * 8

	movl	$PHYSICAL(boot_low_directory), %eax
	orl	$PRESENT_WRITABLE, %eax
	movl	%eax, PHYSICAL(boot_root) + 0 * 8
	movl	%eax, PHYSICAL(boot_root) + 264 * 8
	movl	$0x80000000, PHYSICAL(boot_root) + 264 * 8 + 4	/* no execution */
	movl	$PHYSICAL(boot_image_directory), %eax
	orl	$PRESENT_WRITABLE, %eax
	movl	%eax, PHYSICAL(boot_root) + 256 * 8

	LONG_MODE_PREPARE
	movl	$CR0_BOOT, %eax
	movl	%eax, %cr0

	lgdt	boot_gdt_low
	ljmpl	$0x80, $boot_long

boot_halt:
	hlt
	jmp	boot_halt

	.code64
/* EBP: magic, EBX: information. Still at the physical address. */
boot_long:
	movabsq	$boot_stack_end, %rsp
	lgdt	boot_gdt_high(%rip)
	SEGMENTS_LOAD
	movl	%ebp, %edi		/* boot_main(magic, information) */
	movl	%ebx, %esi
	xorl	%ebp, %ebp		/* the end of the chain of frames */
	/* Into the image by a return: a 32-bit displacement does not reach it, and there are no indirect jumps. */
	pushq	$0			/* boot_main's return address: none */
	movabsq	$boot_main, %rax
	pushq	%rax
	ret

/*
 * Another processor starts here, in real mode, from a copy of these bytes at the start of a page below 1 MiB (boot/smp.c). It goes to long mode in
 * one step, with the boot page tables, and takes the stack that was left for it. No registers are relied upon.
 */
	.section .rodata, "a"
	.code16
	.globl ap_trampoline, ap_trampoline_end
ap_trampoline:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	LONG_MODE_PREPARE
	lgdtl	ap_gdt - ap_trampoline
	movl	$CR0_BOOT, %eax
	movl	%eax, %cr0
	ljmpl	$0x80, $ap_long
ap_gdt:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYSICAL(boot_gdt)
ap_trampoline_end:

	.section .boot, "ax"
	.code64
ap_long:
	SEGMENTS_LOAD
	movabsq	$ap_stack_end, %rsp
	lgdt	boot_gdt_high(%rip)
	movabsq	$ap_high, %rax
	pushq	%rax
	ret

	.text
/* In the image. C makes a CPU of it (ap_main), which returns the CPU's own stack; on that it goes to work. */
ap_high:
	xorl	%ebp, %ebp
	call	ap_main
	mov	%rax, %rsp
	xorl	%ebp, %ebp
	call	ap_run
	ud2

	.section .boot, "ax"
boot_gdt_low:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYSICAL(boot_gdt)
boot_gdt_high:
	.word	boot_gdt_end - boot_gdt - 1
	.quad	boot_gdt

	.section .rodata, "a"
	.balign 8
boot_gdt:
	.fill	16, 8, 0		/* the selectors are those of the final table: 0x80, 0x88 */
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
boot_gdt_end:

	.bss
	.balign 4096
	.globl boot_root
boot_root:
	.skip	4096
boot_low_directory:
	.skip	4096
boot_low:
	.skip	4 * 4096
boot_image_directory:
	.skip	4096
boot_image:
	.skip	4096
	.globl boot_stack, boot_stack_end
boot_stack:
	.skip	16384
boot_stack_end:
ap_stack:
	.skip	8192
ap_stack_end:
