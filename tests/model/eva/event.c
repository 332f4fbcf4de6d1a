/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Eva, on the real vm/event.c: whatever the registers, what the guest has set up, and whatever it stores into the vCPU page at any
 * moment - each load of the page may find anything - there is no undefined behaviour and no access beyond the objects.
 */
#include "__fc_builtin.h"
#define __atomic_load_n(p, order)	({ Frama_C_make_unknown((char *)(p), sizeof(*(p))); *(p); })
#define __atomic_store_n(p, v, order)	(*(p) = (v))
#define __atomic_fetch_or(p, v, order)	(*(p) |= (v))
#define __atomic_fetch_and(p, v, order)	(*(p) &= (v))
#define __atomic_fetch_add(p, v, order)	(*(p) += (v))

#include "x86/gate.h"
#undef GATE
#define GATE ((unsigned long)gate_memory)
extern unsigned char gate_memory[];

#include "vm/event.c"

unsigned char gate_memory[0x40000];
static struct vcpu v;
static struct domain d;
static struct rb_vcpu_page page;
static struct cpu cpu;
static struct gate_scratch scratch;

void vcpu_wake(struct vcpu *vcpu)
{
	(void)vcpu;
}

void domain_crash(struct vcpu *vcpu, const char *why)
{
	(void)vcpu;
	(void)why;
}

/*@ requires x != 0; ensures 0 <= \result < 64; assigns \result \from x; */
int __builtin_clzl(unsigned long x);

int main(void)
{
	*(struct cpu **)(GATE_TRUSTED + offsetof(struct gate_trusted, cpu)) = &cpu;
	cpu.scratch = &scratch;
	Frama_C_make_unknown((char *)&v.regs, sizeof(v.regs));
	v.domain = &d;
	v.page = &page;
	v.user_entry = Frama_C_unsigned_long_interval(0, ~0ul);
	v.kernel_entry = Frama_C_unsigned_long_interval(0, ~0ul);
	v.range_start = Frama_C_unsigned_long_interval(0, ~0ul);
	v.range_end = Frama_C_unsigned_long_interval(0, ~0ul);
	v.emergency_sp = Frama_C_unsigned_long_interval(0, ~0ul);
	event_raise(&v, Frama_C_unsigned_int_interval(32, 255));
	event_deliver(&v);
	event_deliverable(&v);
	event_inject(&v, Frama_C_unsigned_int_interval(0, ~0u), Frama_C_unsigned_long_interval(0, ~0ul), 0);
	event_bad_stack(&v, Frama_C_unsigned_int_interval(0, ~0u));
	return 0;
}
