/* SPDX-License-Identifier: MIT */
/*
 * The guest stubs against a fake hypervisor: a function in place of the instruction that notes the registers it gets
 * and leaves them as badly as the interface allows. Compiled without a red zone, as guest kernels are.
 */
#include <stdio.h>

#define RB_HYPERCALL_INSTRUCTION "call fake_hypervisor"
#include "ringbolt-calls.h"

#define RESULT 0x600df00dUL

uint64_t seen[7];	/* rax, rdi, rsi, rdx, r10, r8, r9 on entry */
static unsigned long failures;

__asm__(".pushsection .text\n"
	".globl fake_hypervisor\n"
	"fake_hypervisor:\n"
	"	mov %rax, seen(%rip)\n"
	"	mov %rdi, 8+seen(%rip)\n"
	"	mov %rsi, 16+seen(%rip)\n"
	"	mov %rdx, 24+seen(%rip)\n"
	"	mov %r10, 32+seen(%rip)\n"
	"	mov %r8, 40+seen(%rip)\n"
	"	mov %r9, 48+seen(%rip)\n"
	"	xor %edi, %edi\n"
	"	xor %esi, %esi\n"
	"	xor %r8d, %r8d\n"
	"	xor %r9d, %r9d\n"
	"	xor %r10d, %r10d\n"
	"	mov $0x600df00d, %edx\n"
	"	mov $-1, %rcx\n"
	"	mov $-1, %r11\n"
	"	mov $-7, %rax\n"		/* RB_BUSY */
	"	ret\n"
	".popsection\n");

static void expect(int holds, const char *what)
{
	if (holds)
		return;
	failures++;
	printf("# failed: %s\n", what);
}

static int saw(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	return seen[0] == nr && seen[1] == a0 && seen[2] == a1 && seen[3] == a2 && seen[4] == a3 && seen[5] == a4 && seen[6] == a5;
}

static void test_arguments(void)
{
	uint64_t result = 0;

	expect(rb_info_version(&result) == RB_BUSY && result == RESULT, "status and result");
	expect(saw(RB_HC_INFO_VERSION, 0, 0, 0, 0, 0, 0), "no argument");
	rb_vcpu_set_gs(1);
	expect(saw(RB_HC_VCPU_SET_GS, 1, 0, 0, 0, 0, 0), "one argument");
	result = 0;
	rb_console_write(1, 2, &result);
	expect(saw(RB_HC_CONSOLE_WRITE, 1, 2, 0, 0, 0, 0) && result == RESULT, "two arguments and a result");
	rb_port_set_target(1, 2, 3);
	expect(saw(RB_HC_PORT_SET_TARGET, 1, 2, 3, 0, 0, 0), "three arguments");
	rb_tlb_flush(1, RB_TLB_SCOPE_RANGE, 3, 4);
	expect(saw(RB_HC_TLB_FLUSH, 1, RB_TLB_SCOPE_RANGE, 3, 4, 0, 0), "four arguments");
	rb_vcpu_set_entry(1, 2, 3, 4, 5);
	expect(saw(RB_HC_VCPU_SET_ENTRY, 1, 2, 3, 4, 5, 0), "five arguments");
	expect(rb_pt_update(1, 2, 3, 4, 5, 6, &result) == RB_BUSY, "a status after six arguments");
	expect(saw(RB_HC_PT_UPDATE, 1, 2, 3, 4, 5, 6), "six arguments");
}

/* More values live across calls than there are registers kept: a missing clobber loses one. */
static uint64_t mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	uint64_t g = a + b, h = c + d, result = 0;

	for (uint64_t i = 0; i < 4; i++) {
		rb_pt_update(a, b, c, d, e, f, &result);
		g += a ^ b, h += c ^ d;
		rb_sched_yield();
		a += i + e, b += f + result, c += g, d += h, e ^= d, f ^= c;
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

static uint64_t mix_without_calls(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	uint64_t g = a + b, h = c + d;

	for (uint64_t i = 0; i < 4; i++) {
		g += a ^ b, h += c ^ d;
		a += i + e, b += f + RESULT, c += g, d += h, e ^= d, f ^= c;
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

int main(void)
{
	test_arguments();
	expect(mix(1, 20, 300, 4000, 50000, 600000) == mix_without_calls(1, 20, 300, 4000, 50000, 600000), "values across calls");
	return failures != 0;
}
