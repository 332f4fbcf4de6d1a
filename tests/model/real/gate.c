/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate's own instructions, taken out of the linked image and run here, over an argued part of all 2^64 stack pointers: where
 * does it write a frame? Defends I-11 (RSP), I-12, and that no frame touches what is below GATE_END.
 *
 * usage: gate IMAGE [RANDOM]: RANDOM stack pointers beyond the chosen ones, for each way.
 *
 * Which part. Between its entry and its first store each way is a straight line for a given kind of event: and, cmp, cmov on 64
 * bits, and sub for events of the kernel. So what it does with x depends on x / 64 and one threshold. Tried are: all x within 4096 of
 * each address at which anything begins or ends, of the ends of the 64-bit and 48-bit ranges; all 2^i - 2^j within 65, so
 * every run of ones; each of those with the sign turned; and random ones, of every magnitude.
 *
 * The floor is what vcpu_load_entry() puts there, the real one; the specification below knows only GATE_END.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include "access.h"
#include "image.h"
#include "report.h"
#include "ringbolt.h"
#include "vm/domain.h"

#define REAL_GATE	0xffff800000000000ul
#define REAL_POISON	(REAL_GATE + 0xf0000)
#define AT_FSGSBASE	2	/* in AT_HWCAP2 */

static struct cpu cpu = { .trusted = image_trusted, .scratch = image_scratch };

/* The machine frame that the processor would have pushed. */
static struct { u64 error, rip, cs, flags, rsp, ss; } frame;

/* A way to a frame: where it begins, how it is told the stack pointer. */
struct way {
	const char *name, *entry, *store;
	u32 skip;		/* bytes of the entry that only ring 0 can run */
	u16 cs;			/* who was interrupted, or 0: a system call */
	bool is_injection;
};

static const struct way ways[] = {
	{ "system call", "gate_syscall", "store_syscall_start", 0, 0, false },
	{ "page fault of a program", "gate_vector_14", "store_fault_start", 0, SEL_USER_CS, false },
	{ "page fault of the kernel", "gate_vector_14", "store_fault_start", 0, SEL_KERNEL_CS, false },
	{ "exception of a program", "gate_vector_13", "store_trap_start", 0, SEL_USER_CS, false },
	{ "exception of a 32-bit program", "gate_vector_13", "store_trap_start", 0, SEL_USER32_CS, false },
	{ "exception of the kernel", "gate_vector_13", "store_trap_start", 0, SEL_KERNEL_CS, false },
	{ "injection", "gate_inject", "store_inject_start", 3, SEL_USER_CS, true },
};

/* The frame's end for stack pointer sp, or where no memory is. Written from the interface's text. */
static u64 specified_end(const struct way *way, u64 sp, bool has_entry_points)
{
	const u64 room = way->cs == SEL_KERNEL_CS ? 64 : 0;	/* what the kernel may keep below its stack pointer */
	const u64 end = (sp - room) / 64 * 64;
	const u64 first = end - 64;

	if (!has_entry_points || end < 64 || first < RB_GATE_END)
		return REAL_POISON;
	return end;
}


static u64 tried;
static bool has_entry_points = true;

static void try(const struct way *way, const u8 *entry, u64 sp)
{
	struct image_regs regs = { .rcx = 0x401000, .r11 = 0x202, .rsp = (u64)&frame, .flags = 2 };
	const u64 expected = specified_end(way, sp, has_entry_points);
	const bool is_kernel = way->cs == SEL_KERNEL_CS;

	frame.cs = way->cs;
	frame.rsp = is_kernel ? sp : 0x7ffffff0;
	image_vcpu_page->kernel_sp = is_kernel ? 0xffffffff80000000 : sp;
	image_scratch->sp = sp;
	image_run(entry, &regs);
	tried++;
	if (regs.rcx != expected)
		fail("stack pointer %#lx: frame ends at %#lx, must at %#lx", sp, regs.rcx, expected);
	if (regs.rsp != (way->cs ? (u64)&frame : GATE_STACK_TOP))
		fail("stack pointer %#lx: stores with RSP %#lx", sp, regs.rsp);
}

static void try_around(const struct way *way, const u8 *entry, u64 middle, u64 distance)
{
	for (u64 sp = middle - distance; sp != middle + distance + 1; sp++)
		try(way, entry, sp);
}

static u64 random_next(void)
{
	static u64 x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static void try_way(const struct way *way, u64 random)
{
	static const u64 edges[] = {
		0, 1ul << 47, 1ul << 63, 0 - (1ul << 47), REAL_GATE, REAL_GATE + 0x10000, REAL_GATE + 0x11000, REAL_GATE + 0x12000,
		REAL_GATE + 0x20000, REAL_GATE + 0x21000, REAL_GATE + 0x30000, REAL_POISON, REAL_GATE + 0x40000000,
		REAL_GATE + 0x80000000, 0xffff840000000000, RB_GATE_END, RB_GATE_END + (1ul << 39), 0xffffffff80000000,
	};
	const u8 *entry = image_symbol(way->entry) + way->skip;

	image_leave_at(image_symbol(way->store));
	tried = 0;
	for (u32 i = 0; i < ARRAY_COUNT(edges); i++)
		try_around(way, entry, edges[i], 4096);
	for (u32 i = 0; i <= 64; i++)
		for (u32 j = 0; j <= i; j++) {
			const u64 ones = (i < 64 ? 1ul << i : 0) - (j < 64 ? 1ul << j : 0);

			try_around(way, entry, ones, 65);
			try_around(way, entry, ones ^ 1ul << 63, 65);
		}
	for (u64 i = 0; i < random; i++)
		try(way, entry, random_next() >> random_next() % 64);
	image_restore();
}

/* Without entry points nothing is written, whatever the stack pointer. */
static void test_no_entry_points(void)
{
	struct vcpu v = { 0 };

	vcpu_load_entry(&v);
	has_entry_points = false;
	for (u32 i = 0; i < ARRAY_COUNT(ways); i++)
		try_way(&ways[i], 1000);
	has_entry_points = true;
	report("no frame without entry points: %u ways", (u32)ARRAY_COUNT(ways));
}

static void test_addresses(u64 random)
{
	struct vcpu v = { .user_entry = RB_GATE_END, .kernel_entry = RB_GATE_END };

	vcpu_load_entry(&v);
	for (u32 i = 0; i < ARRAY_COUNT(ways); i++) {
		try_way(&ways[i], random);
		report("frame address, %s: %lu stack pointers", ways[i].name, tried);
	}
}

/* ---- the whole way: what is stored, and with what ring 1 is entered (I-12) */

#define STACK_BYTES	4096
#define CANARY		0x5a

static _Alignas(64) u8 stack[STACK_BYTES];

static void check_frame(const struct way *way, u64 end, u64 sp, u64 flags_shown)
{
	const struct rb_event_frame *f = (const struct rb_event_frame *)(end - 64);
	const u64 at = end - (u64)stack;

	for (u64 i = 0; i < STACK_BYTES; i++)
		if ((i < at - 64 || i >= at) && stack[i] != CANARY)
			fail("a byte outside the frame was written, %ld from its end", (s64)(i - at));
	if (f->ip != 0x401000 || f->sp != sp || f->cs != (way->cs ? way->cs : SEL_USER_CS))
		fail("frame shows ip %#lx sp %#lx cs %#lx", (u64)f->ip, (u64)f->sp, (u64)f->cs);
	if (f->flags != flags_shown)
		fail("frame shows flags %#lx, must %#lx", (u64)f->flags, flags_shown);
}

/* What `sti; lretq` enters ring 1 with. */
static void check_entry(const struct image_regs *regs, u64 entry, u64 end)
{
	const u64 *far = (const u64 *)regs->rsp;

	if (far[0] != entry || far[1] != SEL_KERNEL_CS || far[2] != end - 64 || far[3] != SEL_KERNEL_SS)
		fail("enters ring 1 with rip %#lx cs %#lx rsp %#lx ss %#lx", far[0], far[1], far[2], far[3]);
	if (regs->flags & (RFLAGS_TF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | RFLAGS_AC | RFLAGS_ID))
		fail("enters ring 1 with flags %#lx", regs->flags);
	if (image_vcpu_page->events_enabled)
		fail("events stay enabled");
}

/* RFLAGS that guest code can have set, in all combinations. */
static u64 guest_flags(u32 n)
{
	return RFLAGS_FIXED | RFLAGS_IF | (n & 1 ? RFLAGS_AC : 0) | (n & 2 ? RFLAGS_NT : 0) | (n & 4 ? RFLAGS_DF : 0)
	       | (n & 8 ? RFLAGS_ID : 0) | (n & 16 ? 0x8d5 : 0);
}

/* The stack pointer that the case is about, and where its frame must end. */
static u64 whole_end(void)
{
	return (u64)stack + 1024;
}

static u64 whole_sp(const struct way *way, u32 n)
{
	return whole_end() + (way->cs == SEL_KERNEL_CS ? 64 : 0) + (n & 32 ? 8 : 0);
}

/* Everything as the processor would have left it at the way's entry. */
static void whole_prepare(const struct way *way, u32 n, struct image_regs *regs)
{
	static u64 machine_stack[64];	/* the processor's frame is at its end, and is turned there into what the far return wants */
	u64 *pushed = &machine_stack[48];

	memset(stack, CANARY, sizeof(stack));
	memcpy(pushed, (u64[]){ 5, 0x401000, way->cs, guest_flags(n), 0x7ffffff0, SEL_USER_SS }, 48);
	*regs = (struct image_regs){ .rcx = 0xcc, .r11 = guest_flags(n), .rsp = (u64)pushed, .flags = guest_flags(n) };
	if (!way->cs) {
		/* SYSCALL: no stack, and all flags are in FMASK. */
		regs->rcx = 0x401000;
		regs->rsp = 0x7ffffff0;
		regs->flags = RFLAGS_FIXED;
	}
	if (way->cs == SEL_KERNEL_CS)
		pushed[4] = whole_sp(way, n);
	image_vcpu_page->kernel_sp = image_scratch->sp = whole_sp(way, n);
	image_vcpu_page->events_enabled = (n & 64) != 0;
	image_scratch->entry = image_trusted->kernel_entry;
}

static void try_whole(const struct way *way, u32 n)
{
	const bool is_kernel = way->cs == SEL_KERNEL_CS;
	u64 shown = guest_flags(n);
	struct image_regs regs;

	whole_prepare(way, n, &regs);
	image_run(image_symbol(way->entry) + way->skip, &regs);
	if (is_kernel && !(n & 64))
		shown &= ~(u64)RFLAGS_IF;
	check_frame(way, whole_end(), is_kernel ? whole_sp(way, n) : 0x7ffffff0, shown);
	check_entry(&regs, is_kernel || way->is_injection ? image_trusted->kernel_entry : image_trusted->user_entry, whole_end());
}

/* Reading CR2 is the one instruction of the whole way that a program cannot run. */
static void leave_out_cr2(void)
{
	static const u8 read_cr2[] = { 0x0f, 0x20, 0xd2 }, nothing[] = { 0x0f, 0x1f, 0x00 };
	u8 *place = image_symbol("store_fault_end");

	for (u32 i = 0; i < 32; i++)
		if (!memcmp(--place, read_cr2, sizeof(read_cr2))) {
			memcpy(place, nothing, sizeof(nothing));
			return;
		}
	errx(2, "no read of CR2 in the gate's stores");
}

static void test_whole(void)
{
	struct vcpu v = { .user_entry = RB_GATE_END + 16, .kernel_entry = RB_GATE_END + 32 };
	u64 gs;

	vcpu_load_entry(&v);
	image_trusted->floor = (u64)stack + 64;		/* a stack that this process has */
	asm volatile("rdgsbase %0" : "=r"(gs));
	for (u32 i = 0; i < ARRAY_COUNT(ways); i++) {
		image_leave_at(image_symbol("gate_enter"));
		leave_out_cr2();
		for (u32 n = 0; n < 128; n++)
			try_whole(&ways[i], n);
		image_restore();
		report("frame and way into ring 1, %s: 128 cases", ways[i].name);
	}
	asm volatile("wrgsbase %0" : : "r"(gs));
}

/* I-15: of the vCPU page the gate reads what it decides by once, and the registers that it parked there. */
static void check_reads(const struct way *way, const struct access_log *log)
{
	const bool is_kernel = way->cs == SEL_KERNEL_CS;
	u32 stack_pointer = 0, enabled = 0, parked[8] = { 0 };

	for (u32 i = 0; i < log->count; i++) {
		const u16 offset = log->access[i].offset;

		if (log->access[i].is_write)
			continue;
		if (offset == RB_VCPU_PAGE_KERNEL_SP)
			stack_pointer++;
		else if (offset == RB_VCPU_PAGE_EVENTS_ENABLED)
			enabled++;
		else if (offset < RB_VCPU_PAGE_GATE_SCRATCH || offset >= RB_VCPU_PAGE_GATE_SCRATCH + 64
			 || ++parked[(offset - RB_VCPU_PAGE_GATE_SCRATCH) / 8] > 1)
			fail("reads the word at %#x", offset);
	}
	if (stack_pointer != (!is_kernel && !way->is_injection) || enabled != (is_kernel && !way->is_injection))
		fail("kernel_sp is read %u times, events_enabled %u times", stack_pointer, enabled);
}

static void test_reads(void)
{
	static struct access_log log;
	const struct access_plan plan = { .before_read = -1 };
	struct vcpu v = { .user_entry = RB_GATE_END, .kernel_entry = RB_GATE_END };
	u64 gs;

	vcpu_load_entry(&v);
	image_trusted->floor = (u64)stack + 64;
	asm volatile("rdgsbase %0" : "=r"(gs));
	for (u32 i = 0; i < ARRAY_COUNT(ways); i++) {
		struct image_regs regs;

		image_leave_at(image_symbol("gate_enter"));
		leave_out_cr2();
		whole_prepare(&ways[i], 0, &regs);
		access_begin(image_vcpu_page, PAGE_BYTES, &plan, &log);
		image_run(image_symbol(ways[i].entry) + ways[i].skip, &regs);
		access_end();
		image_restore();
		check_reads(&ways[i], &log);
	}
	asm volatile("wrgsbase %0" : : "r"(gs));
	report("the gate reads kernel_sp and events_enabled once, and each register that it parked: %u ways", (u32)ARRAY_COUNT(ways));
}

/* Out of a hypercall: RIP and stack are from C, the selectors fixed, and only arithmetic flags are left. */
static void test_leave_hypercall(void)
{
	u64 far[] = { RB_GATE_END, SEL_KERNEL_CS, RB_GATE_END, SEL_KERNEL_SS };
	struct image_regs regs = { .rax = 1, .rcx = 2, .rdx = 3, .rsp = (u64)far, .flags = RFLAGS_FIXED };

	image_leave_at(image_symbol("gate_enter"));
	image_run(image_symbol("gate_leave_hypercall") + 3, &regs);
	if (regs.rcx || regs.rax != 1 || regs.rdx != 3 || regs.rsp != (u64)far)
		fail("rax %lx rcx %lx rdx %lx rsp %lx", regs.rax, regs.rcx, regs.rdx, regs.rsp);
	image_restore();
	report("way back of a hypercall: only its results are in registers that the gate uses");
}

/* The bytes that are skipped above, because only ring 0 can run them, are MOV to CR3. */
static void test_skipped(void)
{
	static const u8 cr3_rax[] = { 0x0f, 0x22, 0xd8 }, cr3_rcx[] = { 0x0f, 0x22, 0xd9 };

	if (memcmp(image_symbol("gate_inject"), cr3_rax, 3) || memcmp(image_symbol("gate_leave_hypercall"), cr3_rcx, 3)
	    || memcmp(image_symbol("gate_leave"), cr3_rax, 3))
		fail("not MOV to CR3");
	report("what is left out of the ways is the load of CR3");
}

int main(int argc, char **argv)
{
	const u64 random = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000000;

	if (argc < 2)
		errx(2, "usage: gate IMAGE [RANDOM]");
	if (!(getauxval(AT_HWCAP2) & AT_FSGSBASE))
		errx(2, "this machine does not let programs use FSGSBASE, which the gate's code needs");
	image_load(argv[1]);
	image_trusted->cpu = &cpu;
	image_trusted->poison = REAL_POISON;
	test_skipped();
	test_addresses(random);
	test_no_entry_points();
	test_whole();
	test_reads();
	test_leave_hypercall();
	return report_failures != 0;
}
