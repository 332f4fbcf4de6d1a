/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzz target: an input is a list of steps of two domains with three vCPUs each on three CPUs. A step is a call, what a guest does without
 * one (touch memory, write its pages, change mode), an interrupt, or the guest's other vCPUs at work during the next call.
 * After each step everything is compared (check.c).
 */

#include "suite.h"

#include "check.h"
#include "dev/lapic.h"
#include "dev/pic.h"
#include "expect.h"
#include "fake_cpu.h"
#include "input.h"
#include "machine.h"
#include "race.h"
#include "snapshot.h"
#include "tlb.h"
#include "vm/domain.h"

enum { STEPS_MAX = 80 };

/* Whose turn it is. */
struct turn {
	u32 cpu;
	struct vcpu *v;
	struct model *m;
};

static struct turn turn_of(u32 cpu)
{
	struct turn t = { .cpu = cpu };

	if (fake_cpu[cpu].place != FAKE_GUEST)
		return t;
	t.v = cpus[cpu].current;
	t.m = &oracle.model[t.v->domain->id];
	return t;
}

/* A vCPU that a call started has no queue page. */
static u64 *queue_words(const struct vcpu *v)
{
	return v->queue ? (u64 *)v->queue : (u64 *)v->page;
}

/* ---------------------------------------------------------------- steps */

static void do_call(const struct turn *t, u64 number, const u64 arg[6])
{
	struct vcpu *v = t->v;
	struct call c = {
		.v = v,
		.m = t->m,
		.vcpu = (int)v->id,
		.cpu = (int)t->cpu,
		.number = number,
		.queue = v->queue,
		.shares_page = (void *)v->queue == (void *)v->page,
	};

	memcpy(c.arg, arg, sizeof(c.arg));
	race_begin();
	fake_hypercall(t->cpu, number, arg);
	race_end();
	expect_call(&c, (enum rb_status)v->regs.rax, v->regs.rdx);
}

static void step_update(struct input *in, const struct turn *t, u32 count)
{
	u64 arg[6] = { 0 };

	for (u32 i = 0; i < count; i++) {
		const struct rb_pt_op op = input_operation(in, t->m);

		arg[2 * i] = op.word;
		arg[2 * i + 1] = op.value;
	}
	do_call(t, RB_HC_PT_UPDATE, arg);
}

static void step_batch(struct input *in, const struct turn *t)
{
	const u8 shape = input_byte(in);
	const u32 first = shape & 0x80 ? input_byte(in) : 0, count = shape & 0x40 ? input_byte(in) + 1 : shape % 8;
	const bool is_written = t->v->queue && !(shape & 0x20);
	u64 arg[6] = { first, count };

	for (u32 i = 0; is_written && i < count && first + i < RB_QUEUE_OPS && !input_is_empty(in); i++)
		t->v->queue[first + i] = input_operation(in, t->m);
	do_call(t, RB_HC_PT_BATCH, arg);
}

/* The next call is raced. */
static void step_race(struct input *in, const struct turn *t)
{
	const u8 kind = input_byte(in);

	if (kind & 1) {
		race_every(1ul << kind / 2 % 64);
		return;
	}
	for (u32 i = 0; i <= kind / 2 % 4; i++) {
		const u8 where = input_byte(in);
		const struct rb_pt_op op = input_operation(in, t->m);
		u64 *word = where & 0x40 ? (u64 *)t->v->page + where % 8 : queue_words(t->v) + where % 16;

		race_add(input_byte(in) % 16, word, where & 1 ? op.value : op.word);
	}
}

/* The world stays one of two domains. */
static bool is_of_other_domains(u64 number)
{
	return number == RB_HC_DOMAIN_CREATE || number == RB_HC_DOMAIN_POPULATE || number == RB_HC_DOMAIN_BUILD || number == RB_HC_DOMAIN_DESTROY;
}

static void step_call(struct input *in, const struct turn *t)
{
	const u8 byte = input_byte(in);
	u64 number = byte % (RB_NR_CALLS + 1), arg[6] = { 0 };

	for (u32 i = 0; i < 6; i++) {
		const u8 byte = input_byte(in);

		if (byte >= 0xfe)
			arg[i] = input_word(in);
		else if (byte >= 0xf0)
			break;
		else if (byte >= 0xe0)
			arg[i] = input_gfn(in, t->m);
		else if (byte >= 0xc0)
			arg[i] = input_physical(in);
		else if (byte >= 0xa0)
			arg[i] = input_address(in);
		else if (byte >= 0x80)
			arg[i] = 1ul << byte % 32 << input_byte(in) % 32;
		else
			arg[i] = byte;
	}
	if (byte == 0xff)
		number = input_word(in);
	if (t->v->domain->id != 0 || !is_of_other_domains(number))
		do_call(t, number, arg);
}

static void step_touch(struct input *in, const struct turn *t)
{
	const u8 kind = input_byte(in);
	const struct tlb_access access = {
		.va = input_address(in),
		.write = kind & 1,
		.user = kind & 2,
		.start = kind >> 2 & 3,
	};
	u64 maddr;

	/* Stores go to the domain's memory, or the comparison shows where. */
	if (tlb_touch(t->cpu, t->v, cpus[t->cpu].live, &access, &maddr) && access.write && kind & 0x10)
		*(u64 *)direct_pointer(maddr & ~7ul) = input_word(in);
}

static void step_write(struct input *in, const struct turn *t)
{
	const u8 where = input_byte(in);
	u64 *page = where & 0x80 ? (u64 *)t->v->page : queue_words(t->v);

	page[where & 0x40 ? input_byte(in) : where % 16] = where & 0x20 ? input_byte(in) : input_word(in);
}

/* The guest's own state: user or kernel mode, where it is. */
static void step_mode(struct input *in, const struct turn *t)
{
	struct regs *regs = &t->v->regs;
	const u8 kind = input_byte(in);

	regs->cs = kind & 1 ? (kind & 2 ? SEL_USER_CS : SEL_USER32_CS) : SEL_KERNEL_CS;
	regs->ss = kind & 1 ? (kind & 4 ? SEL_TLS : SEL_USER_SS) : SEL_KERNEL_SS;
	regs->rip = kind & 8 ? input_address(in) : t->v->range_start + (kind >> 4);
	regs->rsp = kind & 0x10 ? input_address(in) : regs->rsp;
	regs->flags = RFLAGS_FIXED | RFLAGS_IF | (kind & 0x20 ? RFLAGS_TF : 0) | (kind & 0x40 ? RFLAGS_RF : 0)
		      | (kind & 0x80 ? RFLAGS_VM : 0);
	fake_cpu[t->cpu].segments = (struct segments){
		.fs_base = input_address(in), .gs_base = RB_GATE_END, .ds = SEL_USER_SS, .fs = kind & 4 ? SEL_TLS : 0,
	};
}

static void step_interrupt(struct input *in, u32 cpu)
{
	static const u16 reasons[] = {
		VECTOR_LAPIC_TIMER, PIC_VECTOR_FIRST + 4, VECTOR_LAPIC_SPURIOUS, 1, 2, REASON_BAD_STACK, REASON_VM86, 0x41,
	};
	const u8 kind = input_byte(in);
	u16 reason = reasons[kind % 8];

	fake_time_ns += 1ul << kind / 8;
	fake_bad_stacks = kind >= 0xf0 ? kind & 3 : 0;
	if (fake_cpu[cpu].place == FAKE_IDLE && (reason < 32 || reason > 255))
		reason = VECTOR_LAPIC_TIMER;
	if (fake_cpu[cpu].place == FAKE_GUEST && reason == 1)
		fake_cpu[cpu].dr6 = 0xffff0ff0 ^ (kind & 0x70 ? 0xf & kind >> 4 : 0x4000);
	fake_event(cpu, reason);
}

static void step(struct input *in)
{
	const u8 kind = input_byte(in);
	const struct turn t = turn_of(kind % 4 % FAKE_CPUS);

	if (!t.v) {
		step_interrupt(in, t.cpu);
		return;
	}
	switch (kind / 4 % 16) {
	case 0: case 1: case 2: case 3:
		step_update(in, &t, 1);
		break;
	case 4:
		step_update(in, &t, 2 + kind / 128);
		break;
	case 5: case 6:
		step_batch(in, &t);
		break;
	case 7: case 8: case 9:
		step_touch(in, &t);
		break;
	case 10:
		step_race(in, &t);
		break;
	case 11: {
		u64 arg[6] = { input_gfn(in, t.m) };

		do_call(&t, RB_HC_ROOT_LOAD, arg);
		break;
	}
	case 12:
		step_write(in, &t);
		break;
	case 13:
		step_interrupt(in, t.cpu);
		break;
	case 14:
		step_mode(in, &t);
		break;
	default:
		step_call(in, &t);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t bytes);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	machine_make();
	machine_keep();
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t bytes)
{
	struct input in = { data, data + bytes };

	machine_restore();
	for (u32 i = 0; i < STEPS_MAX && !input_is_empty(&in); i++) {
		check_begin();
		step(&in);
		if (fake_is_off)
			break;
		check_end();
	}
	return 0;
}
