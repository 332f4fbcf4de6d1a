/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chapter on the machine's state at start, first part: what the first instruction finds. Entry points of our own, one in place of the library's, keep it.
 */
#include "conformance.h"

/* What they keep; offsets in their code. */
struct state {
	uint64_t general[16];	/* RAX RBX RCX RDX RSI RDI RBP RSP R8 to R15 */
	uint64_t flags, fs_base, gs_base;
	uint16_t cs, ss, ds, es, fs, gs;
	uint32_t tsc_aux;
	uint64_t xcr0;
	uint8_t fx[512] __attribute__((aligned(16)));
};
static struct state entry __attribute__((aligned(64), used)), other_entry __attribute__((aligned(64), used));
static volatile uint64_t other_is_there __attribute__((used));
static uint8_t other_stack[4096] __attribute__((aligned(16), used));

_Static_assert(__builtin_offsetof(struct state, flags) == 128 && __builtin_offsetof(struct state, cs) == 152 && __builtin_offsetof(struct state, tsc_aux) == 164 &&
	       __builtin_offsetof(struct state, xcr0) == 168 && __builtin_offsetof(struct state, fx) == 176,
	       "as the code below has it");

/* No instruction before PUSHF changes the flags. The second is another vCPU's. */
__asm__(".macro KEEP_STATE to, stack\n"
	"	mov %rax, \\to+0(%rip)\n	mov %rbx, \\to+8(%rip)\n	mov %rcx, \\to+16(%rip)\n	mov %rdx, \\to+24(%rip)\n"
	"	mov %rsi, \\to+32(%rip)\n	mov %rdi, \\to+40(%rip)\n	mov %rbp, \\to+48(%rip)\n	mov %rsp, \\to+56(%rip)\n"
	"	mov %r8, \\to+64(%rip)\n	mov %r9, \\to+72(%rip)\n	mov %r10, \\to+80(%rip)\n	mov %r11, \\to+88(%rip)\n"
	"	mov %r12, \\to+96(%rip)\n	mov %r13, \\to+104(%rip)\n	mov %r14, \\to+112(%rip)\n	mov %r15, \\to+120(%rip)\n"
	"	lea \\stack(%rip), %rsp\n"
	"	pushfq\n	pop %rax\n	mov %rax, \\to+128(%rip)\n"
	"	rdfsbase %rax\n	mov %rax, \\to+136(%rip)\n	rdgsbase %rax\n	mov %rax, \\to+144(%rip)\n"
	"	mov %cs, \\to+152(%rip)\n	mov %ss, \\to+154(%rip)\n	mov %ds, \\to+156(%rip)\n	mov %es, \\to+158(%rip)\n"
	"	mov %fs, \\to+160(%rip)\n	mov %gs, \\to+162(%rip)\n"
	"	rdtscp\n	mov %ecx, \\to+164(%rip)\n"
	"	xor %ecx, %ecx\n	xgetbv\n	shl $32, %rdx\n	or %rdx, %rax\n	mov %rax, \\to+168(%rip)\n"
	"	fxsave64 \\to+176(%rip)\n"
	".endm\n"
	".pushsection .text.start, \"ax\"; .globl guest_entry_point\n"
	"guest_entry_point: KEEP_STATE entry, guest_stack+32768\n"
	"	call guest_begin\n"
	"	ud2\n"
	"other_entry_point: KEEP_STATE other_entry, other_stack+4096\n"
	"	movq $1, other_is_there(%rip)\n"
	"	call other_rest\n"
	"	ud2\n"
	".popsection");
extern const char other_entry_point[];

void other_rest(void) __attribute__((noreturn, used));
void other_rest(void)
{
	for (;;)
		(void)rb_sched_yield();
}

/* In a bare test nothing has happened to it. */
static const struct rb_vcpu_page *page_at_start(void)
{
	return guest_pointer(guest_start->vcpu_page);
}

TEST("start.rdi", "At the entry point `rdi` holds the virtual address of `start_info` in the direct map.")
{
	const struct rb_start_info *info = (const struct rb_start_info *)entry.general[5];

	expect(entry.general[5] >= GUEST_DIRECT_BASE, "rdi %lx", entry.general[5]);
	expect_equal(info->magic, RB_ABI_MAGIC);
	expect_equal(info->direct_base, GUEST_DIRECT_BASE);
	expect(entry.general[5] - GUEST_DIRECT_BASE < (uint64_t)info->chunk_count << RB_CHUNK_SHIFT, "rdi %lx is beyond the direct map", entry.general[5]);
}

TEST("start.registers", "At the entry point all general registers but `rdi` are zero, `rsp` too.")
{
	for (unsigned i = 0; i < 16; i++)
		expect(i == 5 || !entry.general[i], "register %u (of RAX RBX RCX RDX RSI RDI RBP RSP R8...) is %lx", i, entry.general[i]);
}

TEST("start.flags", "At the entry point `rflags` is 0x202.")
{
	expect_equal(entry.flags, 0x202);
}

TEST("start.selectors", "At the entry point `cs` is `KERNEL_CS`, `ss` is `KERNEL_SS`, and `ds`, `es`, `fs` and `gs` hold null selectors.")
{
	expect_equal(entry.cs, RB_KERNEL_CS);
	expect_equal(entry.ss, RB_KERNEL_SS);
	expect(entry.ds < 4 && entry.es < 4 && entry.fs < 4 && entry.gs < 4, "ds %x es %x fs %x gs %x", entry.ds, entry.es, entry.fs, entry.gs);
}

TEST("start.bases", "At the entry point the FS base and the GS base are zero.")
{
	expect_equal(entry.fs_base, 0);
	expect_equal(entry.gs_base, 0);
}

TEST("start.vector_state", "At the entry point the x87 control word is 0x37f, the x87 stack is empty, MXCSR is 0x1f80 and all SSE registers are zero.")
{
	expect_equal(*(uint16_t *)&entry.fx[0], 0x37f);
	expect_equal(entry.fx[4], 0);	/* one bit for each x87 register in use */
	expect_equal(*(uint32_t *)&entry.fx[24], 0x1f80);
	for (unsigned i = 160; i < 416; i++)
		expect(!entry.fx[i], "byte %u of the SSE registers is %#x", i - 160, entry.fx[i]);
}

TEST("start.xcr0", "At the entry point XCR0 is 1.")
{
	expect_equal(entry.xcr0, 1);
}

TEST("start.tsc_aux", "At the entry point TSC_AUX is zero: RDTSCP gives zero in `ecx`.")
{
	expect_equal(entry.tsc_aux, 0);
}

TEST("start.events_disabled", "At the entry point `events_enabled` and `pending` are zero, and so are all bits of `pending_vectors` and `port_pending`.", .bare = true)
{
	const struct rb_vcpu_page *page = page_at_start();

	expect(!page->events_enabled && !page->pending, "events_enabled %u, pending %u", page->events_enabled, page->pending);
	for (unsigned i = 0; i < 16; i++)
		expect(!page->port_pending[i] && (i > 3 || !page->pending_vectors[i]), "word %u of the bits", i);
}

TEST("vcpu_page.reserved", "The reserved fields of the vCPU page that the kernel starts with are zero, and the hypervisor does not write them.", .bare = true)
{
	const struct rb_vcpu_page *page = page_at_start();
	const uint8_t *bytes = (const uint8_t *)page;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 6; i++)
			expect(!page->reserved0[i], "reserved0[%u] is %#x", i, page->reserved0[i]);
		expect_equal(page->reserved1, 0);
		expect(!page->time.reserved0 && !page->time.reserved1, "the time record's: %x %x", page->time.reserved0, page->time.reserved1);
		for (unsigned i = RB_VCPU_PAGE_PORT_PENDING + 128; i < GUEST_PAGE; i++)
			expect(!bytes[i], "byte %u is %#x", i, bytes[i]);
		/* After events, calls and waiting too. */
		guest_set_entry(0);
		world_reset();
		must(rb_event_send(1, 0x40));
		must(rb_sched_block());
		must(rb_timer_set(guest_time() + 100000));
		must(rb_sched_block());
		guest_events_off();
	}
}

TEST("vcpu_page.identity", "`vcpu_id` is the number of the vCPU, 0 for the first one.", .bare = true)
{
	expect_equal(page_at_start()->vcpu_id, 0);
}

TEST("vcpu_page.running", "While a vCPU's own kernel looks at it, `run_state` is `RUNNING`.", .bare = true)
{
	expect_equal(page_at_start()->run_state, RB_RUN_STATE_RUNNING);
	guest_set_entry(0);
	world_reset();
	must(rb_timer_set(guest_time() + 100000));
	must(rb_sched_block());
	expect_equal(guest_vcpu->run_state, RB_RUN_STATE_RUNNING);
	must(rb_sched_yield());
	expect_equal(guest_vcpu->run_state, RB_RUN_STATE_RUNNING);
	guest_events_off();
}

TEST("vcpu_page.run_version", "In a run record that is not being written `version` is even.")
{
	for (unsigned i = 0; i < 3; i++) {
		uint32_t before = guest_vcpu->run.version;

		expect(!(before & 1), "version %u", before);
		must(rb_timer_set(guest_time() + 100000));
		must(rb_sched_block());
		expect(guest_vcpu->run.version != before, "it was not written");
		guest_events_off();
	}
}

static uint64_t run_sum(void)
{
	const struct rb_run_record *run = &guest_vcpu->run;

	return run->spent[0] + run->spent[1] + run->spent[2] + run->spent[3];
}

TEST("vcpu_page.run_sum", "The four times in `run.spent` add up to `run.since`, and that is not after the system time.", .bare = true)
{
	expect_equal(run_sum(), guest_vcpu->run.since);
	expect(guest_vcpu->run.since > 0 && guest_vcpu->run.since <= guest_time(), "since %lu, now %lu", guest_vcpu->run.since, guest_time());
	guest_set_entry(0);
	world_reset();
	for (unsigned i = 0; i < 50; i++) {
		uint64_t before = guest_vcpu->run.since;

		must(rb_timer_set(guest_time() + 10000));
		must(rb_sched_block());
		expect_equal(run_sum(), guest_vcpu->run.since);
		expect(guest_vcpu->run.since > before && guest_vcpu->run.since <= guest_time(), "since %lu, now %lu", guest_vcpu->run.since, guest_time());
		guest_events_off();
	}
}

TEST("vcpu_page.run_blocked", "When `sched_block` returns, the time that the vCPU waited in it is part of `run.spent` for `BLOCKED`, and the time that it ran before is part of that for `RUNNING`.")
{
	const uint64_t *spent = guest_vcpu->run.spent;
	uint64_t ran = spent[RB_RUN_STATE_RUNNING], slept = spent[RB_RUN_STATE_BLOCKED], begin = guest_time(), end;

	while (guest_time() < begin + 3000000)
		;
	must(rb_timer_set(guest_time() + 5000000));
	must(rb_sched_block());
	end = guest_time();
	ran = spent[RB_RUN_STATE_RUNNING] - ran;
	slept = spent[RB_RUN_STATE_BLOCKED] - slept;
	guest_events_off();
	expect(ran >= 3000000, "it ran %lu ns", ran);
	expect(slept >= 4000000 && slept < end - begin, "it slept %lu of %lu ns", slept, end - begin);
}

TEST("start.other_vcpus", "A vCPU that `vcpu_start` starts finds `rflags`, selectors, bases, x87 and SSE state, XCR0 and TSC_AUX as vCPU 0 finds them at the entry point.", .hypervisor = "vcpus=2")
{
	must(rb_vcpu_set_tsc_aux(7));	/* ours now, not the other's */
	must(rb_vcpu_start(1, (uint64_t)other_entry_point, 0, 0, guest_start->user_root, guest_page()));
	for (unsigned turn = 0; turn < 100000 && !other_is_there; turn++)
		must(rb_sched_yield());
	need(other_is_there, "it does not run");
	expect(!memcmp(&other_entry.flags, &entry.flags, 3 * 8 + 6 * 2 + 4 + 8), "flags %lx bases %lx %lx selectors %x %x %x %x %x %x TSC_AUX %x XCR0 %lx", other_entry.flags,
	       other_entry.fs_base, other_entry.gs_base, other_entry.cs, other_entry.ss, other_entry.ds, other_entry.es, other_entry.fs, other_entry.gs,
	       other_entry.tsc_aux, other_entry.xcr0);
	expect(!memcmp(other_entry.fx, entry.fx, sizeof(entry.fx)), "x87 or SSE state");
}
