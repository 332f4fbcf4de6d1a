// SPDX-License-Identifier: GPL-2.0-only
/*
 * ia32 - a 32-bit program, its system calls and its segments
 *
 * Built without a C library, so it brings its own few system calls. System
 * calls by INT 0x80 with all six arguments and registers kept; memory above
 * 2 GiB; fork; signals by fault and by kill, with frames as 32-bit programs know
 * them; thread-local segments by set_thread_area, in the GDT's entries 12 to 14,
 * kept across context switches; a step into 64-bit code and back; SYSCALL and
 * SYSENTER through the vDSO's entry, if it offers one.
 * needs: test
 * Defends: INT 0x80 and compatibility mode through the gate, and the descriptors
 * that programs may change.
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#define CALL_exit 1
#define CALL_fork 2
#define CALL_read 3
#define CALL_write 4
#define CALL_getpid 20
#define CALL_kill 37
#define CALL_pipe 42
#define CALL_munmap 91
#define CALL_wait4 114
#define CALL_sched_yield 158
#define CALL_rt_sigaction 174
#define CALL_rt_sigreturn 173
#define CALL_mmap2 192
#define CALL_set_thread_area 243
#define CALL_exit_group 252

static int call6(u32 number, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f)
{
	u32 arguments[] = { number, a, b, c, d, e, f };
	int result;

	/* EBX and EBP are the compiler's: all seven come from memory. */
	__asm__ volatile("push %%ebx; push %%ebp; mov %1, %%ebp; mov 4(%%ebp), %%ebx; mov 8(%%ebp), %%ecx\n"
			 "mov 12(%%ebp), %%edx; mov 16(%%ebp), %%esi; mov 20(%%ebp), %%edi; mov (%%ebp), %%eax\n"
			 "mov 24(%%ebp), %%ebp; int $0x80; pop %%ebp; pop %%ebx"
			 : "=&a"(result) : "r"(arguments) : "ecx", "edx", "esi", "edi", "memory", "cc");
	return result;
}

static int call(u32 number, u32 a, u32 b, u32 c)
{
	return call6(number, a, b, c, 0, 0, 0);
}

static u32 length(const char *text)
{
	u32 n = 0;

	while (text[n])
		n++;
	return n;
}

static void say(const char *text)
{
	call(CALL_write, 1, (u32)text, length(text));
}

static int failures;

static void check(int holds, const char *what)
{
	if (holds)
		return;
	failures++;
	say("FAIL ");
	say(what);
	say("\n");
}

void *memset(void *to, int byte, u32 count)
{
	for (u32 i = 0; i < count; i++)
		((volatile char *)to)[i] = byte;
	return to;
}

static void *map(u32 pages)
{
	return (void *)call6(CALL_mmap2, 0, pages * 4096, 3, 0x22, -1, 0);
}

static void test_registers(void)
{
	u32 seen[6];

	say("- registers across a system call\n");
	for (int i = 0; i < 200; i++) {
		__asm__ volatile("push %%ebx; push %%ebp; push %0\n"
				 "mov %1, %%eax; mov $0x1111, %%ebx; mov $0x2222, %%ecx; mov $0x3333, %%edx\n"
				 "mov $0x4444, %%esi; mov $0x5555, %%edi; mov $0x6666, %%ebp\n"
				 "int $0x80\n"
				 "pop %%eax; mov %%ebx, (%%eax); mov %%ecx, 4(%%eax); mov %%edx, 8(%%eax)\n"
				 "mov %%esi, 12(%%eax); mov %%edi, 16(%%eax); mov %%ebp, 20(%%eax); pop %%ebp; pop %%ebx"
				 : : "r"(seen), "i"(CALL_getpid) : "eax", "ecx", "edx", "esi", "edi", "memory", "cc");
		for (int k = 0; k < 6; k++)
			check(seen[k] == 0x1111u * (k + 1), "a register changed");
	}
	check(call(9999, 0, 0, 0) == -38, "an unknown call");
}

static void test_memory(void)
{
	say("- memory, above 2 GiB too\n");
	u32 *block = map(64);

	check((u32)block < 0xfffff000, "mmap2");
	for (u32 i = 0; i < 64; i++)
		block[i * 1024] = i * 77;
	for (u32 i = 0; i < 64; i++)
		check(block[i * 1024] == i * 77, "content");
	check(call(CALL_munmap, (u32)block, 64 * 4096, 0) == 0, "munmap");
	u32 *high = (u32 *)call6(CALL_mmap2, 0xe0000000, 4096, 3, 0x32, -1, 0);

	check(high == (u32 *)0xe0000000, "a mapping at 3.5 GiB");
	*high = 5;
	check(*high == 5, "content at 3.5 GiB");
}

static void test_fork(void)
{
	volatile u32 *block = map(1);
	int status;

	say("- fork\n");
	for (int i = 0; i < 20; i++) {
		*block = i;
		int child = call(CALL_fork, 0, 0, 0);

		if (!child) {
			*block = 1000;
			call(CALL_exit, 40 + i, 0, 0);
		}
		check(call6(CALL_wait4, child, (u32)&status, 0, 0, 0, 0) == child, "wait");
		check(status == (40 + i) << 8, "exit status");
		check(*block == (u32)i, "memory after fork");
	}
}

/* A frame of a 32-bit signal: where the handler finds what. */
struct context32 {
	u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags, esp_at_signal, ss;
};

struct ucontext32 {
	u32 flags, link, stack[3];
	struct context32 context;
};

static volatile int handled;
static volatile u32 seen_address, seen_trap, seen_cs;

void handler(int signal, u32 *info, struct ucontext32 *context)
{
	handled++;
	seen_address = info[3];
	seen_trap = context->context.trapno;
	seen_cs = context->context.cs;
	if (signal == 11 || signal == 4)
		context->context.eip += 2;
}

void restorer(void);
__asm__(".globl restorer\nrestorer: mov $173, %eax\nint $0x80\n");

static void handle(int signal)
{
	struct {
		void *handler;
		u32 flags;
		void *restorer;
		u32 mask[2];
	} action = { handler, 0x04000004, restorer, { 0, 0 } }; /* SA_RESTORER, SA_SIGINFO */

	check(call6(CALL_rt_sigaction, signal, (u32)&action, 0, 8, 0, 0) == 0, "rt_sigaction");
}

static void test_signals(void)
{
	say("- signals\n");
	handle(10);
	for (int i = 0; i < 100; i++)
		call(CALL_kill, call(CALL_getpid, 0, 0, 0), 10, 0);
	check(handled == 100, "signals by kill");
	check(seen_cs == 0x23, "code segment");
	handle(11);
	__asm__ volatile("movb %%al, (%%ecx)" : : "c"(0x1234) : "memory");
	check(handled == 101 && seen_address == 0x1234 && seen_trap == 14, "a page fault");
	/* Above 4 GiB there is nothing for a 32-bit program, and addresses wrap. */
	handle(4);
	__asm__ volatile("ud2");
	check(handled == 102 && seen_trap == 6, "an undefined instruction");
	__asm__ volatile(".byte 0x90; cli; .byte 0x90" : : : "memory");
	check(handled == 103 && seen_trap == 13, "a privileged instruction");
}

struct user_desc {
	u32 entry, base, limit, flags;
};

static u32 gs_word(void)
{
	u32 word;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(word));
	return word;
}

static void segment_set(u32 *entry, u32 *base)
{
	/* 32-bit, limit in pages, usable */
	struct user_desc descriptor = { *entry, (u32)base, 0xfffff, 0x51 };

	check(call(CALL_set_thread_area, (u32)&descriptor, 0, 0) == 0, "set_thread_area");
	*entry = descriptor.entry;
}

static void test_segments(void)
{
	u32 *block = map(1), entries[3] = { -1, -1, -1 };

	say("- thread-local segments\n");
	for (u32 i = 0; i < 3; i++) {
		block[i * 16] = 0x700 + i;
		segment_set(&entries[i], block + i * 16);
		check(entries[i] == 12 + i, "the GDT's entry");
	}
	for (int round = 0; round < 30; round++)
		for (u32 i = 0; i < 3; i++) {
			__asm__ volatile("mov %w0, %%gs" : : "r"(entries[i] * 8 + 3));
			call(CALL_sched_yield, 0, 0, 0);
			check(gs_word() == 0x700 + i, "content by GS");
		}
	struct user_desc more = { -1, 0, 0xfffff, 0x51 };

	check(call(CALL_set_thread_area, (u32)&more, 0, 0) == -3, "a fourth segment"); /* ESRCH */
	struct user_desc kernels = { 2, 0, 0xfffff, 0x51 };

	check(call(CALL_set_thread_area, (u32)&kernels, 0, 0) == -22, "the kernel's segment");
	say("- segments of several processes\n");
	int ends[2], child;

	call(CALL_pipe, (u32)ends, 0, 0);
	child = call(CALL_fork, 0, 0, 0);
	block[0] = child ? 0xaaaa : 0xbbbb;
	segment_set(&entries[0], block + (child ? 0 : 32));
	block[32] = 0xbbbb;
	for (int i = 0; i < 200; i++) {
		/* Loaded anew: what is kept of the old load would hide a wrong descriptor. */
		__asm__ volatile("mov %w0, %%gs" : : "r"(entries[0] * 8 + 3));
		check(gs_word() == (child ? 0xaaaau : 0xbbbbu), "each process its own");
		call(CALL_sched_yield, 0, 0, 0);
		check(gs_word() == (child ? 0xaaaau : 0xbbbbu), "each process its own, kept");
	}
	if (!child)
		call(CALL_exit_group, failures != 0, 0, 0);
	int status = -1;

	call6(CALL_wait4, child, (u32)&status, 0, 0, 0, 0);
	check(status == 0, "the child's segments");
}

/* Far jumps between the code segments that all programs have. */
static void test_long_mode(void)
{
	u32 low, high;

	say("- into 64-bit code and back\n");
	for (int i = 0; i < 100; i++) {
		__asm__ volatile("ljmp $0x33, $1f\n"
				 ".code64\n"
				 "1: movabs $0x1122334455667788, %%rax\n"
				 "mov %%eax, %%ecx; shr $32, %%rax; mov %%eax, %%edx\n"
				 "push $0x23; lea 2f(%%rip), %%rax; push %%rax; lretq\n"
				 ".code32\n"
				 "2:" : "=c"(low), "=d"(high) : : "eax", "memory", "cc");
		check(low == 0x55667788 && high == 0x11223344, "64-bit registers");
	}
}

static u32 vdso_entry(u32 *stack)
{
	u32 count = *stack++;

	stack += count + 1;     /* arguments and their null */
	while (*stack++)        /* the environment */
		;
	for (; stack[0]; stack += 2)
		if (stack[0] == 32) /* AT_SYSINFO */
			return stack[1];
	return 0;
}

static void test_vdso(u32 *stack)
{
	u32 entry = vdso_entry(stack);
	int result, pid = call(CALL_getpid, 0, 0, 0);

	say("- the vDSO's system call\n");
	if (!entry)
		return; /* there need not be one */
	for (int i = 0; i < 200; i++) {
		__asm__ volatile("call *%1" : "=a"(result) : "r"(entry), "0"(CALL_getpid) : "memory", "cc");
		check(result == pid, "getpid through the vDSO");
	}
}

__attribute__((used)) void program(u32 *stack)
{
	test_registers();
	test_memory();
	test_fork();
	test_signals();
	test_long_mode();
	test_vdso(stack);
	test_segments();
	say(failures ? "FAIL\n" : "PASS\n");
	call(CALL_exit_group, failures != 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax; push %eax; push %eax; push %eax; call program; hlt\n");
