# SPDX-License-Identifier: GPL-2.0-only
	.globl _start
_start:	mov $60,%eax
	xor %edi,%edi
	syscall
