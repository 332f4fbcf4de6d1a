/* SPDX-License-Identifier: GPL-2.0-only */
/* The chapters on making a call, on errors and on versions. */
#include "pending.h"
#include "tables.h"

#define IF	0x200ul
#define DF	0x400ul
#define IOPL	0x3000ul
#define NT	0x4000ul
#define VM	0x20000ul
#define AC	0x40000ul
#define VIF	0x80000ul
#define VIP	0x100000ul
#define ID	0x200000ul
#define ARITHMETIC 0x8d5ul

#define SELF (guest_start->domain_id)

void image_reset(void)
{
	ports_close();
}

/* ---------------- calls of every kind: those that go straight back, those that do not, those that are refused */

static const struct call_kind {
	const char *name;
	uint64_t number, arg[6];
	bool has_result, with_event;	/* a vector is delivered on the way back */
	long status;
} call_kinds[] = {
	{ "info_version", RB_HC_INFO_VERSION, { 0 }, true, false, RB_OK },
	{ "event_send", RB_HC_EVENT_SEND, { 0, 0x40 }, false, false, RB_OK },
	{ "tlb_flush", RB_HC_TLB_FLUSH, { 1, RB_TLB_SCOPE_RANGE, KERNEL_VA, 7 }, false, false, RB_OK },
	{ "sched_yield", RB_HC_SCHED_YIELD, { 0 }, false, false, RB_OK },
	{ "timer_set", RB_HC_TIMER_SET, { 0 }, false, false, RB_OK },
	{ "event_send, delivered", RB_HC_EVENT_SEND, { 1, 0x40 }, false, true, RB_OK },
	{ "sched_block, delivered", RB_HC_SCHED_BLOCK, { 0 }, false, true, RB_OK },
	{ "pt_update of nothing", RB_HC_PT_UPDATE, { 0, 0, 5, 5, 5, 5 }, true, false, RB_OK },
	{ "no call", 12345, { ~0ul, ~0ul, ~0ul, ~0ul, ~0ul, ~0ul }, false, false, RB_NOSYS },
	{ "info_version with arguments", RB_HC_INFO_VERSION, { 1, 2, 3, 4, 5, 6 }, true, false, RB_INVAL },
	{ "port_send of no port", RB_HC_PORT_SEND, { 1000 }, false, false, RB_NOENT },
	{ "port_set_target of no port", RB_HC_PORT_SET_TARGET, { 1000, 0, 0x40 }, false, false, RB_NOENT },
	{ "vcpu_set_entry out of order", RB_HC_VCPU_SET_ENTRY, { RB_GATE_END, RB_GATE_END, ~0ul, RB_GATE_END, RB_GATE_END }, false, false, RB_INVAL },
	{ "root_load of a table", RB_HC_ROOT_LOAD, { 0 }, false, false, RB_NOENT },
	{ "pt_update, refused", RB_HC_PT_UPDATE, { 63, 1, 2, 3, 4, 5 }, true, false, RB_NOSYS },
};

static struct raw make(const struct call_kind *kind)
{
	struct raw raw = { .rax = kind->number };

	memcpy(raw.arg, kind->arg, sizeof(raw.arg));
	if (kind->with_event) {
		must(rb_event_send(1, 0x41));
		guest_vcpu->events_enabled = 1;
	}
	raw_call(&raw);
	guest_events_off();
	expect((long)raw.status == kind->status, "%s: status %ld", kind->name, (long)raw.status);
	expect(!kind->with_event || fired[0x41], "%s: no vector was delivered", kind->name);
	return raw;
}

TEST("conventions.kept", "A call keeps `rbx`, `rbp`, `rsp`, `r12`, `r13`, `r14` and `r15`, whatever its status is.")
{
	for EACH(i, call_kinds) {
		struct raw raw = make(&call_kinds[i]);

		/* RSP: raw_call would not have come back. */
		expect(raw.kept_lost == 0, "%s: %lx", call_kinds[i].name, raw.kept_lost);
	}
}

TEST("conventions.zeroed", "When a call returns, `rdi`, `rsi`, `r8`, `r9` and `r10` are zero, whatever its status is.")
{
	for EACH(i, call_kinds) {
		struct raw raw = make(&call_kinds[i]);

		expect(raw.zeroed == 0, "%s: %lx", call_kinds[i].name, raw.zeroed);
	}
}

TEST("conventions.no_result", "When a call that has no result returns, `rdx` is zero.")
{
	for EACH(i, call_kinds) {
		struct raw raw = make(&call_kinds[i]);

		expect(call_kinds[i].has_result || raw.result == 0, "%s: %lx", call_kinds[i].name, raw.result);
	}
}

/* ---------------- who makes a call */

USER_CODE(u_number, "mov %rdi, %rax; xor %edi, %edi; xor %esi, %esi; xor %edx, %edx; xor %r8d, %r8d; xor %r9d, %r9d; xor %r10d, %r10d; syscall");

TEST("conventions.user_mode", "In user mode `syscall` makes no call, whatever is in the registers: it is a system call of the guest.")
{
	uint64_t calls;

	for (uint64_t number = 0; number < RB_NR_CALLS + 2; number++) {
		calls = counter(RB_COUNTER_HYPERCALLS);
		expect(user_calls(u_number, number) && test_regs.rax == number, "number %lu: vector %u", number, guest_vector(&test_regs));
		expect_equal(counter(RB_COUNTER_HYPERCALLS), calls + 1);
	}
	/* With a return address that says otherwise: RCX is the processor's to write. */
	guest_user_regs(&test_regs, user_address(u_number), USER_STACK);
	test_regs.rdi = RB_HC_SHUTDOWN;
	test_regs.rcx = (uint64_t)guest_kernel_entry;
	user_resume();
	expect(guest_is_syscall(&test_regs), "vector %u", guest_vector(&test_regs));
}

TEST("conventions.lower_half", "In kernel mode `syscall` whose next instruction has an address with bit 63 clear makes no call: it is delivered as a system call event that says it came from user mode.")
{
	uint64_t page = page_with(0x050f), calls;	/* syscall */

	guest_map(guest_start->user_root, USER_VA, page, 0);
	guest_vcpu->kernel_sp = (uint64_t)guest_user_stack + GUEST_STACK_BYTES;
	event_hook = (void (*)(struct guest_regs *))guest_caught;
	calls = counter(RB_COUNTER_HYPERCALLS);
	test_try(SNIPPET("xor %%eax, %%eax; mov %%rdi, %%rbx; xor %%edi, %%edi; jmp *%%rbx"), (void *)USER_VA);
	guest_events_off();
	expect_equal(counter(RB_COUNTER_HYPERCALLS), calls + 1);
	expect(guest_is_syscall(&test_regs) && guest_is_user(&test_regs) && test_regs.ip == USER_VA + 2, "vector %u, cs %lx, ip %lx", guest_vector(&test_regs), test_regs.cs,
	       test_regs.ip);
	event_hook = NULL;
	guest_unmap(guest_start->user_root, USER_VA);
}

TEST("conventions.number_64", "The whole of `rax` is the number: a number whose lower 32 bits are those of a call, and whose upper ones are not zero, gives `NOSYS`.")
{
	for (uint64_t number = 0; number < RB_NR_CALLS; number++) {
		refused(RB_NOSYS, rb_hypercall0(1ul << 32 | number, &result));
		expect_equal(rb_hypercall0(1ul << 63 | number, &result), RB_NOSYS);
		expect_equal(rb_hypercall0(0xfffffffful << 32 | number, &result), RB_NOSYS);
	}
}

/* ---------------- what else a call keeps */

TEST("conventions.segments_kept", "A call keeps `ds`, `es`, `fs` and `gs`, the FS base and the GS base.")
{
	must(rb_vcpu_set_descriptor(0, 0x00cff3000000ffff));
	must(rb_vcpu_set_gs(KERNEL_VA));
	for EACH(i, call_kinds) {
		uint16_t ds, es, fs, gs;
		uint64_t fs_base, gs_base;

		__asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %1, %%fs; mov %0, %%gs; wrfsbase %2; wrgsbase %3"
				 : : "r"(0x2b), "r"(0x63), "r"(0x123456789000ul), "r"(0x987654321000ul));
		make(&call_kinds[i]);
		__asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3; rdfsbase %4; rdgsbase %5"
				 : "=m"(ds), "=m"(es), "=m"(fs), "=m"(gs), "=r"(fs_base), "=r"(gs_base));
		__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs; wrfsbase %1; wrgsbase %1" : : "r"(0), "r"(0ul));
		expect(ds == 0x2b && es == 0x63 && fs == 0x63 && gs == 0x2b && fs_base == 0x123456789000 && gs_base == 0x987654321000,
		       "%s: ds %x es %x fs %x gs %x, bases %lx %lx", call_kinds[i].name, ds, es, fs, gs, fs_base, gs_base);
	}
}

/* As FXSAVE has it. */
struct fx {
	uint16_t control, status;
	uint8_t tags, reserved;
	uint16_t opcode;
	uint64_t ip, data;
	uint32_t mxcsr, mask;
	uint8_t x87[8][16], sse[16][16], rest[96];
} __attribute__((aligned(16)));

TEST("conventions.vector_state_kept", "A call keeps the x87 and SSE registers, their control words, and XCR0.")
{
	static struct fx set, now;

	must(rb_vcpu_set_xcr0(3));
	__asm__ volatile("fxsave64 %0" : "=m"(set));
	set.control = 0x0b7f;
	set.tags = 0xff;
	set.mxcsr = 0x5f80;
	for (unsigned i = 0; i < 8; i++)
		for (unsigned byte = 0; byte < 10; byte++)
			set.x87[i][byte] = (uint8_t)(17 * i + byte + 1);
	for (unsigned i = 0; i < 16; i++)
		for (unsigned byte = 0; byte < 16; byte++)
			set.sse[i][byte] = (uint8_t)(31 * i + byte + 1);
	for EACH(i, call_kinds) {
		uint32_t low, high;

		__asm__ volatile("fxrstor64 %0" : : "m"(set));
		make(&call_kinds[i]);
		__asm__ volatile("fxsave64 %0" : "=m"(now));
		__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
		expect(now.control == set.control && now.tags == set.tags && now.mxcsr == set.mxcsr, "%s: control %x tags %x MXCSR %x", call_kinds[i].name, now.control, now.tags, now.mxcsr);
		for (unsigned n = 0; n < 8; n++)
			expect(!memcmp(now.x87[n], set.x87[n], 10), "%s: x87 register %u", call_kinds[i].name, n);
		expect(!memcmp(now.sse, set.sse, sizeof(now.sse)), "%s: an SSE register", call_kinds[i].name);
		expect(low == 3 && high == 0, "%s: XCR0 %x", call_kinds[i].name, low);
	}
}

/* info_version with these flags and this stack pointer (zero: the stack's); flags after it. */
struct odd_call {
	uint64_t flags, sp;
	uint64_t status, result, flags_after, sp_after;
};
void odd_call(struct odd_call *call);
__asm__(".pushsection .text; .globl odd_call\n"
	"odd_call: push %rbx; push %rbp; mov %rdi, %rbx; mov %rsp, %rbp\n"
	"	xor %edi, %edi; xor %esi, %esi; xor %edx, %edx; xor %r8d, %r8d; xor %r9d, %r9d; xor %r10d, %r10d; xor %eax, %eax\n"
	"	mov 8(%rbx), %rcx; test %rcx, %rcx; cmovz %rsp, %rcx\n"
	"	pushq 0(%rbx); popfq; mov %rcx, %rsp; syscall\n"
	"	mov %rsp, 40(%rbx); mov %rbp, %rsp; pushfq; popq 32(%rbx); pushq $2; popfq\n"
	"	mov %rax, 16(%rbx); mov %rdx, 24(%rbx); pop %rbp; pop %rbx; ret\n"
	".popsection");

static const uint64_t flag_sets[] = { 2, 0, DF, AC, NT, ID, ARITHMETIC, IF, DF | AC | NT | ID | ARITHMETIC, 0x3cfed5 };

TEST("conventions.flags_entry", "A call works with any flags: DF, AC, NT, ID and the arithmetic flags may be set when it is made.")
{
	for EACH(i, flag_sets) {
		struct odd_call call = { .flags = flag_sets[i] };

		odd_call(&call);
		expect(call.status == RB_OK && call.result == RB_ABI_VERSION, "flags %lx: status %ld, result %lx", flag_sets[i], (long)call.status, call.result);
	}
}

TEST("conventions.flags_return", "When a call returns, `rflags` has IF set and IOPL, NT, VM, VIF and VIP clear.")
{
	for EACH(i, flag_sets) {
		struct odd_call call = { .flags = flag_sets[i] };

		odd_call(&call);
		expect((call.flags_after & (IF | IOPL | NT | VM | VIF | VIP)) == IF, "flags %lx: %lx", flag_sets[i], call.flags_after);
	}
}

TEST("conventions.no_stack", "A call does not use the stack: with events disabled it works with any value in `rsp`, also one at which nothing is mapped.")
{
	const uint64_t pointers[] = { 1, 8, USER_DATA + GUEST_PAGE, 0x10000000, KERNEL_VA, 1ul << 63, RB_GATE_START, ~0ul, ~7ul };

	memset(user_data, 0x5a, GUEST_PAGE);
	for EACH(i, pointers) {
		struct odd_call call = { .flags = 2, .sp = pointers[i] };

		odd_call(&call);
		expect(call.status == RB_OK && call.result == RB_ABI_VERSION && call.sp_after == pointers[i], "rsp %lx: status %ld, rsp %lx after", pointers[i], (long)call.status,
		       call.sp_after);
	}
	for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
		expect(user_data[i] == 0x5a5a5a5a5a5a5a5a, "word %u of the stack's page", i);
}

/* ---------------- every call, with all kinds of arguments */

/* Values that are something to some call. */
static uint64_t value(unsigned which)
{
	const uint64_t values[] = {
		0, 1, 2, 3, 7, 31, 32, 64, 255, 256, 1023, 1024, 4096, 0xffff, 0x10000, guest_start->user_root, guest_start->kernel_root, reserve_first() + 300,
		guest_start->queue_page, guest_start->kernel_root * GUEST_PAGE, (uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT, 1ul << 40, 1ul << 47, 1ul << 52,
		USER_DATA, RB_GATE_START, RB_GATE_END, KERNEL_VA, 1ul << 63, ~0ul, rb_op_word(RB_OP_SET, reserve_first() + 300, 0, 1), rb_op_word(RB_OP_FLUSH, 0, 0, 1),
	};

	return values[which % (sizeof(values) / sizeof(values[0]))];
}

/* The same pseudo-random row in every run. */
static uint64_t row;
static unsigned draw(void)
{
	row = row * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(row >> 33);
}

/* What calls that take effect change, put right again: the next one must be able to come back. */
static void put_right(void)
{
	guest_events_off();
	guest_vcpu = guest_pointer(guest_start->vcpu_page);
	must(rb_vcpu_set_page(guest_start->vcpu_page));
	guest_events_off();
	guest_set_entry(0);
	must(rb_vcpu_set_debug(7, 0));
	must(rb_vcpu_set_queue(guest_start->queue_page));
	must(rb_root_load(guest_start->user_root));
	must(rb_timer_set(0));
}

/* Calls judge with each call but shutdown, and many arguments: most with few that are not zero. */
static void sweep(void (*judge)(uint64_t number, long status), bool look)
{
	row = 1;
	for (uint64_t number = 0; number < RB_NR_CALLS; number++) {
		for (unsigned round = 0; round < (look ? 12 : 200); round++) {
			uint64_t a[6] = { 0 };
			unsigned count = draw() % 7;
			long status;

			if (number == RB_HC_SHUTDOWN)
				continue;
			for (unsigned i = 0; i < count; i++)
				a[i] = value(draw());
			/* Something to wait for. */
			if (number == RB_HC_SCHED_BLOCK)
				must(rb_event_send(1, 0x40));
			if (look)
				world_look();
			result = RESULT_UNTOUCHED;
			status = rb_hypercall6(number, a[0], a[1], a[2], a[3], a[4], a[5], &result);
			if (judge)
				judge(number, status);
			put_right();
		}
	}
}

static void judge_status(uint64_t number, long status)
{
	expect(status <= RB_OK && status >= RB_AGAIN, "call %lu: status %ld", number, status);
}

TEST("error.status", "The status of every call is zero or one of the listed negative numbers.", .alone = true)
{
	sweep(judge_status, false);
}

TEST("error.calls_are_safe", "No call but `shutdown` ends the domain, whatever its arguments are.", .alone = true)
{
	/* With events pending and a stack that is good: what would end it is the hypervisor. */
	sweep(NULL, false);
}

/* Whose pages say that something stays changed, or tell how far they came. */
static bool is_exempt(uint64_t number)
{
	return number == RB_HC_PT_UPDATE || number == RB_HC_PT_BATCH;
}

static void judge_change(uint64_t number, long status)
{
	if (status != RB_OK && !is_exempt(number))
		expect(!world_change(), "call %lu, status %ld: %s changed", number, status, world_change());
}

TEST("error.nothing_changed", "A call that is refused has changed nothing that the guest can see but counters, unless its page says otherwise.", .alone = true)
{
	sweep(judge_change, true);
}

static void judge_result(uint64_t number, long status)
{
	if (status != RB_OK && !is_exempt(number))
		expect(result == 0, "call %lu, status %ld: result %lx", number, status, result);
}

TEST("error.no_result", "The result of a refused call is zero, unless its page says otherwise.", .alone = true)
{
	sweep(judge_result, false);
}

TEST("error.number_first", "A number that is no call's gives `NOSYS`, whatever is in the other registers.")
{
	static const uint64_t numbers[] = { RB_NR_CALLS, RB_NR_CALLS + 1, 0xff, 0x100, 0xffff, 1ul << 31, 1ul << 32, 1ul << 63, ~0ul };

	for EACH(i, numbers) {
		struct raw raw = { .rax = numbers[i], .arg = { ~0ul, 1, ~0ul, 1ul << 63, ~0ul, 5 } };

		raw_call(&raw);
		expect((long)raw.status == RB_NOSYS && !raw.result && raw_is_sane(&raw), "number %lx: status %ld", numbers[i], (long)raw.status);
	}
}

TEST("error.limits_first", "If an argument breaks its limits, or an unused register is not zero, the status is `INVAL`, whatever other causes apply.")
{
	/* Each would give another status without the argument that breaks a limit. */
	expect_equal(rb_info_features(7, &result), RB_NOSYS);
	expect_equal(rb_hypercall2(RB_HC_INFO_FEATURES, 7, 1, &result), RB_INVAL);
	expect_equal(rb_hypercall2(RB_HC_INFO_CALL, 12345, 1, &result), RB_INVAL);
	expect_equal(rb_console_write((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT, 4096, &result), RB_NOENT);
	expect_equal(rb_console_write((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT, 4097, &result), RB_INVAL);
	expect_equal(rb_console_read(guest_start->kernel_root * GUEST_PAGE, 4097, &result), RB_INVAL);
	expect_equal(rb_root_load(0), RB_NOENT);
	expect_equal(rb_hypercall2(RB_HC_ROOT_LOAD, 0, 1, &result), RB_INVAL);
	expect_equal(rb_port_bind(40, 5, &result), RB_NOENT);
	expect_equal(rb_port_bind(40, 5000, &result), RB_INVAL);
	expect_equal(rb_port_set_target(5, 0, 32), RB_NOENT);
	expect_equal(rb_port_set_target(5, 0, 31), RB_INVAL);
	expect_equal(rb_port_mask(5, 2), RB_INVAL);
	expect_equal(rb_vcpu_set_page(guest_start->kernel_root * GUEST_PAGE), RB_TYPE);
	expect_equal(rb_vcpu_set_page(guest_start->kernel_root * GUEST_PAGE + 1), RB_INVAL);
	expect_equal(rb_vcpu_set_queue(((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT) + 1), RB_INVAL);
	expect_equal(rb_hypercall1(RB_HC_DEBUG_CHECK, 1, &result), RB_INVAL);
	expect_equal(rb_hypercall1(RB_HC_PT_RESERVE_GROW, 1, &result), RB_INVAL);
}

/* ---------------- versions */

TEST("version.at_least", "The version in `start_info` has the major number of the kernel's note `ABI`, and at least its minor number.")
{
	/* The note is made of these (guest-lib/start.S). */
	expect_equal(guest_start->abi_major, RB_ABI_MAJOR);
	expect(guest_start->abi_minor >= RB_ABI_MINOR, "minor number %u", guest_start->abi_minor);
}

TEST("version.unknown", "A call, an operation, a counter and a feature word with a number that this version does not have give `NOSYS`.")
{
	uint64_t table = guest_table(1);

	refused(RB_NOSYS, rb_hypercall0(RB_NR_CALLS, &result));
	refused(RB_NOSYS, op(RB_NR_OPS, table, 0, 1, 0));
	refused(RB_NOSYS, rb_info_counter(RB_NR_COUNTERS, &result));
	refused(RB_NOSYS, rb_info_features(1, &result));
}

TEST("version.reserved", "Reserved fields of `start_info`, the bytes between its fields and the entries of `memory` from `memory_count` on read as zero.")
{
	const uint8_t *bytes = (const uint8_t *)guest_start;

	for (unsigned i = guest_start->memory_count; i < 8; i++) {
		const struct rb_memory_range *range = &guest_start->memory[i];

		expect(!range->first_chunk && !range->count && !range->kind && !range->present, "memory[%u]", i);
	}
	/* Its fields leave no gaps but at the end. */
	_Static_assert(RB_START_INFO_COMMAND_LINE == 312 && RB_START_INFO_MEMORY == 64 && RB_START_INFO_KERNEL_ROOT == 192, "fields as this test knows them");
	for (unsigned i = RB_START_INFO_COMMAND_LINE + 8; i < RB_START_INFO_SIZE; i++)
		expect(!bytes[i], "byte %u is %#x", i, bytes[i]);
}
