/* SPDX-License-Identifier: GPL-2.0-only */
/* See fake_cpu.h. */

#include "fake_cpu.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "abi/generated/ringbolt.h"
#include "dev/console.h"
#include "dev/lapic.h"
#include "dev/machine.h"
#include "dev/pic.h"
#include "dev/serial.h"
#include "dev/time.h"
#include "fake.h"
#include "lib/ensure.h"
#include "mm/page.h"
#include "tlb.h"
#include "vm/domain.h"
#include "vm/entry.h"
#include "x86/direct.h"
#include "x86/instruction.h"
#include "x86/seal.h"

struct cpu cpus[CPUS_MAX];
u32 cpu_count;
struct cpu_features cpu_features;
struct time_scale time_scale = { .tsc_khz = 1000000, .mul = 0x80000000, .shift = 1 };
const char cpu_idle_wait[1], cpu_idle_end[1];

struct fake_cpu fake_cpu[FAKE_CPUS];
u64 fake_time_ns, fake_timer_ns[FAKE_CPUS];
u32 fake_typed, fake_bad_stacks;
bool fake_is_off;

/* Out of the hypervisor where it waits or stops. */
static jmp_buf way_out;

/* ---------------------------------------------------------------- instructions */

static struct fake_cpu *here(void)
{
	return &fake_cpu[this_cpu()->id];
}

u64 msr_read(u32 msr)
{
	return msr == MSR_TSC_AUX ? here()->tsc_aux : 0;
}

void msr_write(u32 msr, u64 value)
{
	ENSURE(msr == MSR_TSC_AUX || msr == MSR_PRED_CMD);
	if (msr == MSR_TSC_AUX) {
		ENSURE(value >> 32 == 0);
		here()->tsc_aux = value;
	} else {
		here()->predictor_flushes++;
	}
}

u64 cr2_read(void) { return here()->cr2; }
u64 dr6_read(void) { return here()->dr6; }
void dr6_write(u64 value) { here()->dr6 = value; }

/* The upper half must be zero, or the processor faults. */
void dr7_write(u64 value)
{
	ENSURE(value >> 32 == 0);
	here()->dr7 = value;
}

void debug_addresses_write(const u64 address[4])
{
	memcpy(here()->dr, address, sizeof(here()->dr));
}

void segments_read(struct segments *s) { *s = here()->segments; }

/* What would fault at CPL 0: a selector of a slot that is empty, or of ring 0 or 1's code; a base that is not canonical. */
static void selector_check(u16 selector)
{
	const u64 descriptor = this_cpu()->gdt[selector / 8 % GDT_ENTRIES];

	if (selector < 4)
		return;
	ENSURE(selector / 8 < GDT_ENTRIES && !(selector & 4));
	ENSURE(descriptor & 1ul << 47);
}

void segments_write(const struct segments *s)
{
	selector_check(s->ds);
	selector_check(s->es);
	selector_check(s->fs);
	selector_check(s->gs);
	ENSURE(is_canonical(s->fs_base) && is_canonical(s->gs_base));
	here()->segments = *s;
}

void extended_state_save(void *area) { memcpy((u8 *)area + 576, here()->extended, sizeof(here()->extended)); }
void extended_state_load(const void *area) { memcpy(here()->extended, (const u8 *)area + 576, sizeof(here()->extended)); }

/* What XSETBV refuses: SDM vol. 1, 13.3. */
void xcr0_write(u64 value)
{
	ENSURE((value & 1) && !(value & ~cpu_features.xcr0));
	ENSURE(!(value & 4) || (value & 2));
	ENSURE(!(value & 0xe0) || ((value & 0xe0) == 0xe0 && (value & 4)));
	here()->xcr0 = value;
}

/* Of the hypervisor's PCID, where the processor has it: then the guest's translations stay. */
void page_invalidate(u64 va)
{
	ENSURE(va % PAGE_BYTES == 0);
}

struct cpuid;
/* ---------------------------------------------------------------- devices */

u64 time_now_ns(void) { return fake_time_ns; }
void time_arm(u64 deadline_ns) { fake_timer_ns[this_cpu()->id] = deadline_ns; }
void lapic_eoi(void) { }
void pic_eoi(u32 irq) { (void)irq; }
u64 time_wall_start_ns(void) { return 1000000000ul; }

/* Three bytes an interrupt, now and then the key that changes whose they are. */
bool serial_receive(u8 *byte)
{
	fake_typed++;
	*byte = fake_typed % 16 == 7 ? 0x1d : (u8)('a' + fake_typed % 26);
	return fake_typed % 4;
}

void console_lock(void) { }
void console_unlock(void) { }
void console_share(void) { }
bool console_is_mid_line(void) { return false; }
void console_put(const char *text) { (void)text; }

/* Reads them, as a line would, and is busy now and then. */
size_t console_put_some(const void *bytes, size_t count)
{
	static u32 busy;

	for (size_t i = 0; i < count; i++)
		(void)((const volatile u8 *)bytes)[i];
	return ++busy % 8 ? count : count / 2;
}

static void machine_off(void) __attribute__((noreturn));
static void machine_off(void)
{
	fake_is_off = true;
	longjmp(way_out, 1);
}

void machine_poweroff(int code)
{
	(void)code;
	machine_off();
}

void machine_reboot(void)
{
	machine_off();
}

void enter_guest(void)
{
	panic("enter_guest on the host");
}

/* The CPU is parked here; fake_cpu_run goes on as if an interrupt had come. */
void cpu_idle(void)
{
	here()->place = FAKE_IDLE;
	longjmp(way_out, 1);
}

/* ---------------------------------------------------------------- a CPU */

#define GATE_BYTES	0x100000ul
#define GATE_INDEX(va)	(((va) >> PAGE_SHIFT) & 511)

void fake_cpus_start(bool has_pcid)
{
	static bool is_mapped;

	if (!is_mapped && mmap((void *)GATE, GATE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0)
			  != (void *)GATE)
		abort();
	is_mapped = true;
	cpu_features = (struct cpu_features){
		.pcid = has_pcid,
		.xsave = true,
		.ibpb = true,
		.xcr0 = 0xe7,
		.xsave_bytes = 2696,
		.address_bits = FAKE_PHYSICAL_BITS,
	};
	cpu_count = 0;
	fake_is_off = false;
	fake_time_ns = 1000000;
	fake_typed = fake_bad_stacks = 0;
	tlb_start();
}

static void *page_need(void)
{
	void *page = page_alloc();

	ENSURE(page);
	return page;
}

/* The words of this CPU's gate where the hypervisor looks for them. */
static void become(u32 id)
{
	*(struct cpu **)(GATE_TRUSTED + offsetof(struct gate_trusted, cpu)) = &cpus[id];
}

void fake_cpu_start(u32 id, struct live_root *live)
{
	struct cpu *cpu = &cpus[id];
	u64 *live_page = page_need(), *slot = page_need(), *level2 = page_need(), *level1 = page_need();
	const u64 pcid = cpu_features.pcid;

	*cpu = (struct cpu){ .id = id, .apic_id = id, .live = live };
	fake_cpu[id] = (struct fake_cpu){ .place = FAKE_NOWHERE, .dr6 = 0xffff0ff0 };
	cpu->gdt = page_need();
	cpu->trusted = page_need();
	cpu->scratch = page_need();
	level2[0] = direct_address(level1) | 3;
	slot[0] = direct_address(level2) | 3;
	live_page[256] = direct_address(slot) | 0x23;	/* a walk sets accessed */
	level1[GATE_INDEX(GATE_GDT)] = direct_address(cpu->gdt) | 1;
	level1[GATE_INDEX(GATE_TRUSTED)] = direct_address(cpu->trusted) | 1;
	level1[GATE_INDEX(GATE_SCRATCH)] = direct_address(cpu->scratch) | 3;
	cpu->vcpu_page_entry = &level1[GATE_INDEX(GATE_VCPU_PAGE)];
	*cpu->vcpu_page_entry = direct_address(page_need()) | 3;
	cpu->window_entry = &slot[(WINDOW_CHUNK_MAP >> 30) & 511];
	/* Present data and code segments, as far as selectors are looked at. */
	for (u32 selector = SEL_KERNEL_CS; selector <= SEL_USER_CS; selector += 8)
		cpu->gdt[selector / 8] = 0x00cf93000000ffff;
	live_root_init(live, (mfn_t){ direct_address(live_page) >> PAGE_SHIFT });
	cpu->noflush = pcid ? CR3_NOFLUSH : 0;
	cpu->guest_cr3 = direct_address(live_page) | pcid;
	cpu->trusted->cpu = cpu;
	cpu->trusted->floor = ~0ul;
	cpu->trusted->poison = GATE_POISON;
	cpu_count++;
}

/* ---------------------------------------------------------------- in and out */

/* To the hypervisor root: without PCID, whatever was remembered goes. */
static void go_in(u32 id)
{
	become(id);
	if (!cpu_features.pcid)
		tlb_flush(id);
}

/* MOV to CR3 with the guest's root. */
static void guest_cr3_load(u32 id)
{
	const u64 cr3 = cpus[id].trusted->regs->guest_cr3;

	ENSURE((cr3 & ~CR3_NOFLUSH) == cpus[id].guest_cr3);
	if (!(cr3 & CR3_NOFLUSH)) {
		fake_cpu[id].flushed = true;
		tlb_flush(id);
	}
}

/* I-12: what IRETQ loads. */
static void check_return(const struct regs *regs)
{
	const u64 forbidden = RFLAGS_IOPL | RFLAGS_NT | RFLAGS_VM | 3ul << 19;

	ENSURE(regs->cs == SEL_KERNEL_CS || regs->cs == SEL_USER_CS || regs->cs == SEL_USER32_CS);
	ENSURE(regs->cs == SEL_KERNEL_CS ? regs->ss == SEL_KERNEL_SS : regs->ss == SEL_USER_SS || (regs->ss >= SEL_TLS && regs->ss <= SEL_CPU_NUMBER));
	ENSURE((regs->flags & RFLAGS_IF) && !(regs->flags & forbidden));
	ENSURE(is_canonical(regs->rip));
}

/* gate_inject: the event frame, and the guest at its entry point. False: the frame cannot be written. */
static bool inject(u32 id)
{
	struct regs *regs = cpus[id].trusted->regs;
	struct gate_scratch *scratch = cpus[id].scratch;
	struct fake_cpu *fake = &fake_cpu[id];
	const u64 end = scratch->sp & ~15ul;

	if (end < cpus[id].trusted->floor || fake_bad_stacks) {
		if (fake_bad_stacks)
			fake_bad_stacks--;
		regs->reason = REASON_BAD_STACK;
		return false;
	}
	regs->rip = scratch->entry;
	regs->cs = SEL_KERNEL_CS;
	regs->ss = SEL_KERNEL_SS;
	regs->rsp = end - 64;
	regs->flags = RFLAGS_FIXED | RFLAGS_IF;
	cpus[id].current->page->events_enabled = 0;
	if (fake->injected_count < ARRAY_COUNT(fake->injected))
		fake->injected[fake->injected_count++] = (struct fake_injection){ cpus[id].current, scratch->info };
	return true;
}

/* vcpu_leave and what the assembly does after it, until the guest runs. */
static void leave(u32 id)
{
	for (;;) {
		const bool is_injection = vcpu_leave(cpus[id].trusted->regs);

		guest_cr3_load(id);
		if (!is_injection)
			check_return(cpus[id].trusted->regs);
		if (!is_injection || inject(id))
			break;
		go_in(id);
		event_handle(cpus[id].trusted->regs);
	}
	fake_cpu[id].place = FAKE_GUEST;
}

void fake_cpu_run(u32 id)
{
	go_in(id);
	if (!setjmp(way_out))
		leave(id);
}

void fake_hypercall(u32 id, u64 number, const u64 arg[6])
{
	struct regs *regs = cpus[id].trusted->regs;
	struct hypercall_return back;

	go_in(id);
	memcpy((u8 *)regs + REGS_RDI, arg, 6 * sizeof(u64));
	regs->cs = SEL_KERNEL_CS;
	regs->ss = SEL_KERNEL_SS;
	if (setjmp(way_out))
		return;
	back = hypercall_handle(regs, number);
	if (back.status == HYPERCALL_SLOW) {
		regs->reason = REASON_HYPERCALL;
		leave(id);
	} else {
		regs->rax = (u64)back.status;
		regs->rdx = back.result;
		guest_cr3_load(id);
	}
}

void fake_event(u32 id, u64 reason)
{
	struct regs *regs = cpus[id].trusted->regs;

	go_in(id);
	if (setjmp(way_out))
		return;
	if (fake_cpu[id].place == FAKE_GUEST) {
		regs->reason = reason;
		event_handle(regs);
	} else {
		interrupt_while_idle(reason, (u64)cpu_idle_wait);
	}
	leave(id);
}

/*
 * The interrupted CPU is in the hypervisor from now on, as event_handle says first of all, and perhaps waits for a lock of the one that interrupts it.
 * The rest of what it does comes later.
 */
void lapic_send(u32 apic_id, u32 vector)
{
	ENSURE(apic_id < FAKE_CPUS && vector == VECTOR_WAKE);
	fake_cpu[apic_id].is_interrupted = true;
	if (fake_cpu[apic_id].place == FAKE_GUEST)
		vcpu_has_left(&cpus[apic_id]);
}

bool fake_cpus_interrupt(void)
{
	bool is_interrupted = true;

	for (u32 round = 0; round < 8 && is_interrupted; round++) {
		is_interrupted = false;
		for (u32 id = 0; id < FAKE_CPUS && !fake_is_off; id++) {
			if (!fake_cpu[id].is_interrupted)
				continue;
			is_interrupted = true;
			fake_cpu[id].is_interrupted = false;
			fake_event(id, VECTOR_WAKE);
		}
	}
	return !is_interrupted;
}

/* What x86/seal.c looks at is the processor's: nothing here can change it. */
u64 cpu_seal_check(void)
{
	return 0;
}
