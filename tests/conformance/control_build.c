/* SPDX-License-Identifier: GPL-2.0-only */
/* The control family, third part: a domain is built, runs, is paused, and goes on. */
#include "domains.h"

#define TOP_OFFSET 0xffffffff80000000ul

void image_reset(void)
{
	domains_destroy();
}

/* A page of ours with this image. */
static uint64_t image_page(struct rb_domain_image image)
{
	static uint64_t page;

	if (!page)
		page = guest_page();
	*(struct rb_domain_image *)guest_pointer(page) = image;
	return page;
}

/* ---------------- domain_build */

/* Leaves the registers that it begins with, but for RBX and RAX, behind the mailbox; RDI, RSP and the sum of the others first. */
PROGRAM(begin_program, "mov %rdi, 256(%rbx); mov %rsp, 264(%rbx)\n\t"
	"or %rcx, %rax; or %rdx, %rax; or %rsi, %rax; or %rbp, %rax; or %r8, %rax; or %r9, %rax; or %r10, %rax; or %r11, %rax\n\t"
	"or %r12, %rax; or %r13, %rax; or %r14, %rax; or %r15, %rax; mov %rax, 272(%rbx)\n\t"
	/* What start_info's first word, the chunk map's first entry, the CPUID table's first word and a page table of the reserve read as. */
	"mov (%rdi), %rax; mov %rax, 280(%rbx)\n\t"
	"mov 40(%rdi), %rax; mov (%rax), %eax; mov %rax, 288(%rbx)\n\t"
	"mov %cs, %eax; and $3, %eax; mov %rax, 296(%rbx)\n\t"
	"1: incq 88(%rbx)\n\t" PROGRAM_YIELD "jmp 1b");
_Static_assert(offsetof(struct rb_start_info, chunk_map) == 40, "as begin_program has it");

TEST("domain_build.as_boot", "The domain finds what the boot protocol says of a domain made at boot.")
{
	static struct rb_start_info info;
	static uint64_t began[6];
	uint64_t child = child_with(begin_program, begin_program_end, child_image()), direct = GUEST_DIRECT_BASE;
	static struct rb_vcpu_page page;

	must(rb_domain_unpause(child));
	child_turns(child);
	must(guest_domain_read(child, CHILD_BOOT, &info, sizeof(info)));
	must(guest_domain_read(child, CHILD_MAILBOX + 256, began, sizeof(began)));
	must(guest_domain_read(child, CHILD_BOOT + 2 * GUEST_PAGE, &page, sizeof(page)));
	/* Its first registers, what it can read, its mode. */
	expect_equal(began[0], direct + CHILD_BOOT);
	expect_equal(began[1], 0);
	expect_equal(began[2], 0);
	expect_equal(began[3], RB_ABI_MAGIC);
	expect(began[4] < info.machine_chunk_count, "no chunk of the machine: %#lx", began[4]);
	expect_equal(began[5], 1);
	expect(page.events_enabled == 0 && page.vcpu_id == 0 && page.run_state != RB_RUN_STATE_OFFLINE, "vCPU page");
	/* What every domain of this machine is told. */
	expect(info.magic == RB_ABI_MAGIC && info.abi_major == guest_start->abi_major && info.abi_minor == guest_start->abi_minor, "magic, version");
	expect(info.features == guest_start->features && info.tsc_khz == guest_start->tsc_khz && info.xcr0_mask == guest_start->xcr0_mask, "machine");
	expect(info.wall_seconds == guest_start->wall_seconds && info.wall_nanoseconds == guest_start->wall_nanoseconds, "wall clock");
	expect(info.cpuid_table == guest_start->cpuid_table && info.cpuid_count == guest_start->cpuid_count, "CPUID");
	expect(info.chunk_map == guest_start->chunk_map && info.machine_map == guest_start->machine_map &&
	       info.machine_chunk_count == guest_start->machine_chunk_count, "maps");
	/* What it is told of itself. */
	expect(info.domain_id == child && info.vcpu_count == 1 && info.chunk_count == CHILD_CHUNKS && info.direct_base == direct, "domain");
	expect(info.image_start == CHILD_IMAGE && info.image_bytes == GUEST_PAGE && !info.module_start && !info.module_bytes, "image");
	expect(info.boot_start == CHILD_BOOT && info.boot_bytes == 4 * GUEST_PAGE, "boot pages");
	expect(info.command_line == direct + CHILD_BOOT + GUEST_PAGE, "command line");
	expect(info.vcpu_page == CHILD_BOOT + 2 * GUEST_PAGE && info.queue_page == CHILD_BOOT + 3 * GUEST_PAGE, "vCPU page, queue page");
	expect_equal(info.memory_count, 3);
	expect(info.memory[0].first_chunk == 0 && info.memory[0].count == CHILD_RESERVE && info.memory[0].present == CHILD_RESERVE &&
	       info.memory[0].kind == RB_MEMORY_KIND_RAM, "memory below the reserve");
	expect(info.memory[1].first_chunk == CHILD_RESERVE && info.memory[1].count == 4 && info.memory[1].present == 1 &&
	       info.memory[1].kind == RB_MEMORY_KIND_PAGETABLE, "the reserve");
	expect(info.memory[2].first_chunk == CHILD_CHUNKS && info.memory[2].count == 0 && info.memory[2].kind == RB_MEMORY_KIND_RAM, "memory above it");
	expect(info.kernel_root / 512 == CHILD_RESERVE && info.user_root / 512 == CHILD_RESERVE && info.kernel_root != info.user_root, "roots");
	expect(info.pt_first_free > info.kernel_root && info.pt_first_free > info.user_root && info.pt_first_free / 512 == CHILD_RESERVE, "pt_first_free");
	/* Calls take these as what they are. */
	expect_equal(child_call(child_running(1), RB_HC_ROOT_LOAD, info.user_root), RB_OK);
}

TEST("domain_build.name", "The domain has the name that the image says, up to its first zero byte.")
{
	struct rb_domain_image image = child_image();
	uint64_t child = child_new(1);

	memcpy(image.name, "a name of thirty-one characters", 32);
	accepted(rb_domain_build(child, image_page(image)));
	expect(!memcmp(domain_look(child)->name, image.name, 32), "%s", (const char *)domain_look(child)->name);
	must(guest_domain_destroy(child));
	child = child_new(1);
	expect_equal(domain_look(child)->name[0], 0);
	memcpy(image.name, "short", 6);
	accepted(rb_domain_build(child, image_page(image)));
	expect(!memcmp(domain_look(child)->name, "short", 6), "%s", (const char *)domain_look(child)->name);
}

TEST("domain_build.paused", "The domain is PAUSED: vCPU 0 begins when it is unpaused.")
{
	uint64_t child = child_new(1);

	accepted(rb_domain_build(child, image_page(child_image())));
	expect_equal(domain_look(child)->state, RB_DOMAIN_STATE_PAUSED);
	for (unsigned i = 0; i < 100; i++)
		must(rb_sched_yield());
	expect(child_look(child).turns == 0 && domain_look(child)->spent[RB_RUN_STATE_RUNNING] == 0, "it ran");
	must(rb_domain_unpause(child));
	child_turns(child);
}

TEST("domain_build.PERM.caller", "the caller is not the control domain")
{
	uint64_t other = child_new(1);

	refused_to_child(RB_HC_DOMAIN_BUILD, other, CHILD_FREE);
	accepted(rb_domain_build(other, image_page(child_image())));
}

TEST("domain_build.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_BUILD, ARGUMENTS(NO_DOMAIN, 0), BAD({ 1, 64 }, { 1, 1 }, { 1, 1ul << 52 }, { 1, ~0ul }),
	       GOOD({ 0, ~0ul }, { 1, 128 }, { 1, (1ul << 52) - 128 }));
}

/* A child's image, but for one field, is refused; one of which the field is right is taken. */
#define BAD_IMAGE(member, ...) ({								\
	uint64_t _child = child_new(1);								\
	struct rb_domain_image _image = child_image();						\
	const uint64_t _bad[] = { __VA_ARGS__ };						\
												\
	for EACH(_i, _bad) {									\
		_image.member = _bad[_i];							\
		(void)image_page(_image);							\
		refused_there(RB_INVAL, rb_domain_build(_child, image_page(_image)));		\
	}											\
	accepted(rb_domain_build(_child, image_page(child_image()))); })

#define GOOD_IMAGE(...) ({									\
	uint64_t _child = child_new(1);								\
	struct rb_domain_image _image = child_image();						\
												\
	__VA_ARGS__;										\
	accepted(rb_domain_build(_child, image_page(_image)));					\
	must(guest_domain_destroy(_child)); })

TEST("domain_build.INVAL.image_empty", "image_end is not above image_start")
{
	BAD_IMAGE(image_end, CHILD_IMAGE, CHILD_IMAGE - 1, 0);
	BAD_IMAGE(image_start, CHILD_IMAGE + GUEST_PAGE, CHILD_IMAGE + GUEST_PAGE + 1, ~0ul, ~0ul - GUEST_PAGE);
}

TEST("domain_build.INVAL.image_beyond", "the image ends beyond the domain's chunks")
{
	/* The reserve in front, so that the last chunk can be the image's. */
	struct rb_domain_image image = child_image();
	uint64_t id;

	must(rb_domain_create(8, 0, 4, 1, &id));
	must(guest_domain_populate(id, 0, 1));
	must(guest_domain_populate(id, 4, 4));
	image.image_start = 5 * GUEST_CHUNK;
	image.entry = TOP_OFFSET + image.image_start;
	image.boot_start = 4 * GUEST_CHUNK;
	for (uint64_t beyond = 1; beyond; beyond <<= 7) {
		image.image_end = 8 * GUEST_CHUNK + beyond;
		refused_there(RB_INVAL, rb_domain_build(id, image_page(image)));
	}
	image.image_end = ~0ul;
	refused_there(RB_INVAL, rb_domain_build(id, image_page(image)));
	image.image_end = 8 * GUEST_CHUNK;
	accepted(rb_domain_build(id, image_page(image)));
}

TEST("domain_build.INVAL.image_reserve", "the image has bytes in the page-table reserve")
{
	BAD_IMAGE(image_end, CHILD_RESERVE * GUEST_CHUNK + 1, CHILD_CHUNKS * GUEST_CHUNK);
	GOOD_IMAGE(_image.image_end = CHILD_RESERVE * GUEST_CHUNK);
	/* All of it in a chunk of the reserve that is not there. */
	GOOD_IMAGE(_image.image_start = CHILD_IMAGE);
	{
		uint64_t child = child_new(1);
		struct rb_domain_image image = child_image();

		image.image_start = (CHILD_CHUNKS - 1) * GUEST_CHUNK;
		image.image_end = image.image_start + GUEST_PAGE;
		image.entry = TOP_OFFSET + image.image_start;
		refused_there(RB_INVAL, rb_domain_build(child, image_page(image)));
	}
}

TEST("domain_build.INVAL.image_offset", "image_offset is no multiple of 2 MiB")
{
	BAD_IMAGE(image_offset, TOP_OFFSET + 1, TOP_OFFSET + GUEST_PAGE, TOP_OFFSET + GUEST_CHUNK / 2);
	GOOD_IMAGE(_image.image_offset += GUEST_CHUNK, _image.entry += GUEST_CHUNK);
}

TEST("domain_build.INVAL.image_range", "image_offset does not map the image between GATE_END and the end of the address space")
{
	uint64_t child = child_new(1);
	static const uint64_t starts[] = { 0, CHILD_IMAGE, 1ul << 46, RB_GATE_END - GUEST_CHUNK, 0x7fffffe00000, 0xffff800000000000, ~0ul - CHILD_IMAGE };
	struct rb_domain_image image = child_image();

	/* Where the image's first byte would be. */
	for EACH(i, starts) {
		image.image_offset = (starts[i] - CHILD_IMAGE) & ~(GUEST_CHUNK - 1);
		if (image.image_offset + CHILD_IMAGE >= RB_GATE_END)
			continue;
		image.entry = image.image_offset + CHILD_IMAGE;
		refused_there(RB_INVAL, rb_domain_build(child, image_page(image)));
	}
	/* From the last chunk of the address space over its end. */
	image.image_offset = -GUEST_CHUNK - CHILD_IMAGE;
	image.entry = -GUEST_CHUNK;
	image.image_end = CHILD_IMAGE + GUEST_CHUNK + 1;
	refused_there(RB_INVAL, rb_domain_build(child, image_page(image)));
	image.image_end = CHILD_IMAGE + GUEST_CHUNK;
	accepted(rb_domain_build(child, image_page(image)));
	GOOD_IMAGE(_image.image_offset = RB_GATE_END - CHILD_IMAGE, _image.entry = RB_GATE_END);
}

TEST("domain_build.INVAL.entry", "entry is not in the image")
{
	BAD_IMAGE(entry, TOP_OFFSET + CHILD_IMAGE - 1, TOP_OFFSET + CHILD_IMAGE + GUEST_PAGE, GUEST_DIRECT_BASE + CHILD_IMAGE, CHILD_IMAGE, 0, ~0ul, 1ul << 63);
	GOOD_IMAGE(_image.entry = TOP_OFFSET + CHILD_IMAGE + GUEST_PAGE - 1);
}

TEST("domain_build.INVAL.direct_base", "direct_base is no multiple of 512 GiB")
{
	BAD_IMAGE(direct_base, GUEST_DIRECT_BASE + GUEST_CHUNK, GUEST_DIRECT_BASE + 1, GUEST_DIRECT_BASE + (1ul << 38));
	GOOD_IMAGE(_image.direct_base += 1ul << 39);
}

TEST("domain_build.INVAL.direct_range", "the domain's chunks do not fit at direct_base between GATE_END and the end of the address space")
{
	struct rb_domain_image image = child_image();
	uint64_t id;

	BAD_IMAGE(direct_base, 0, 1ul << 39, 1ul << 46, 0xffff800000000000, RB_GATE_END - (1ul << 39));
	GOOD_IMAGE(_image.direct_base = -1ul << 39, _image.image_offset = RB_GATE_END, _image.entry = RB_GATE_END + CHILD_IMAGE);
	/* One chunk more than 512 GiB at the end of the address space. */
	must(rb_domain_create((1ul << 39) / GUEST_CHUNK + 1, CHILD_RESERVE, 4, 1, &id));
	must(guest_domain_populate(id, 0, CHILD_RESERVE + 1));
	image.direct_base = -1ul << 39;
	image.image_offset = RB_GATE_END;
	image.entry = RB_GATE_END + CHILD_IMAGE;
	refused_there(RB_INVAL, rb_domain_build(id, image_page(image)));
	image.direct_base -= 1ul << 39;
	accepted(rb_domain_build(id, image_page(image)));
}

TEST("domain_build.INVAL.module", "the module ends beyond the domain's chunks")
{
	uint64_t child = child_new(1), end = CHILD_CHUNKS * GUEST_CHUNK;
	struct rb_domain_image image = child_image();
	static const uint64_t modules[][2] = {
		{ CHILD_FREE, CHILD_CHUNKS * GUEST_CHUNK - CHILD_FREE + 1 }, { CHILD_CHUNKS * GUEST_CHUNK, 1 }, { ~0ul, 1 }, { ~0ul, 2 }, { CHILD_FREE, ~0ul },
		{ CHILD_FREE, -CHILD_FREE }, { 1ul << 63, 1ul << 63 },
	};

	for EACH(i, modules) {
		image.module_start = modules[i][0];
		image.module_bytes = modules[i][1];
		refused_there(RB_INVAL, rb_domain_build(child, image_page(image)));
	}
	image.module_start = CHILD_FREE;
	image.module_bytes = end - CHILD_FREE;
	accepted(rb_domain_build(child, image_page(image)));
}

TEST("domain_build.INVAL.boot_start", "boot_start is no multiple of 4096")
{
	BAD_IMAGE(boot_start, CHILD_BOOT + 1, CHILD_BOOT + 64, CHILD_BOOT + GUEST_PAGE / 2, ~0ul);
}

TEST("domain_build.INVAL.boot_pages", "a boot page is not in a DATA chunk that is present")
{
	uint64_t id;
	struct rb_domain_image image = child_image();

	/* The reserve, the first and the last byte of it; beyond the end. */
	BAD_IMAGE(boot_start, CHILD_RESERVE * GUEST_CHUNK, CHILD_RESERVE * GUEST_CHUNK - 3 * GUEST_PAGE, (CHILD_RESERVE + 1) * GUEST_CHUNK,
		  CHILD_CHUNKS * GUEST_CHUNK, 1ul << 51, -GUEST_PAGE, -4 * GUEST_PAGE);
	GOOD_IMAGE(_image.boot_start = CHILD_RESERVE * GUEST_CHUNK - 4 * GUEST_PAGE);
	/* Over two chunks, of which the second is missing. */
	id = domain_new(CHILD_CHUNKS);
	must(guest_domain_populate(id, 0, 4));
	must(guest_domain_populate(id, CHILD_RESERVE, 1));
	image.boot_start = 4 * GUEST_CHUNK - GUEST_PAGE;
	refused_there(RB_INVAL, rb_domain_build(id, image_page(image)));
	must(guest_domain_populate(id, 4, 1));
	accepted(rb_domain_build(id, image_page(image)));
}

TEST("domain_build.INVAL.reserved", "a reserved field is not zero")
{
	BAD_IMAGE(reserved0[0], 1, 1ul << 63);
	BAD_IMAGE(reserved0[3], 1, 1ul << 63);
}

TEST("domain_build.NOENT.no_domain", "there is no such domain")
{
	uint64_t child = child_new(1), page = image_page(child_image());

	must(guest_domain_destroy(child));
	refused_there(RB_NOENT, rb_domain_build(child, page));
	refused_there(RB_NOENT, rb_domain_build(64, page));
	refused_there(RB_NOENT, rb_domain_build(1ul << 32, page));
	refused_there(RB_NOENT, rb_domain_build(~0ul, page));
}

TEST("domain_build.NOENT.no_memory", "no chunk of the caller is present at `image`")
{
	uint64_t child = child_new(1);

	refused_there(RB_NOENT, rb_domain_build(child, BEYOND));
	refused_there(RB_NOENT, rb_domain_build(child, (1ul << 52) - 128));
}

TEST("domain_build.TYPE.not_data", "the chunk at `image` is not DATA")
{
	uint64_t child = child_new(1);

	refused_there(RB_TYPE, rb_domain_build(child, OUR_TABLES));
}

TEST("domain_build.BUSY.built", "the domain was built")
{
	uint64_t page = image_page(child_image()), built = child_built(1), running = child_running(1);

	refused_there(RB_BUSY, rb_domain_build(built, page));
	refused_there(RB_BUSY, rb_domain_build(running, page));
	refused_there(RB_BUSY, rb_domain_build(SELF, page));
}

TEST("domain_build.BUSY.ended", "the domain has ended")
{
	uint64_t id = domain_new(20000), page = image_page(child_image());

	refused(RB_AGAIN, rb_domain_destroy(id));
	refused_there(RB_BUSY, rb_domain_build(id, page));
}

TEST("domain_build.NOSPACE.reserve", "the reserve has too few chunks for the first page tables")
{
	uint64_t page = image_page(child_image()), id = domain_new(CHILD_CHUNKS);

	must(guest_domain_populate(id, 0, CHILD_RESERVE));
	refused_there(RB_NOSPACE, rb_domain_build(id, page));
	/* It can only be destroyed. */
	refused_there(RB_BUSY, rb_domain_build(id, page));
	refused_there(RB_BUSY, rb_domain_populate(id, CHILD_RESERVE, 1, &result));
	refused_there(RB_INVAL, rb_domain_unpause(id));
	accepted(guest_domain_destroy(id));
}

/* ---------------- domain_unpause */

TEST("domain_unpause.begins", "vCPU 0 of a domain that was built begins at the image's entry.")
{
	struct rb_domain_image image = child_image();
	uint64_t child, first;

	/* In the middle of the image; what is in front of it would end the domain. */
	image.entry += 64;
	child = child_new(2);
	must(guest_domain_write(child, CHILD_IMAGE + 64, begin_program, (size_t)(begin_program_end - begin_program)));
	must(guest_domain_write(child, CHILD_IMAGE, "\x0f\x0b\x0f\x0b", 4));
	must(rb_domain_build(child, image_page(image)));
	accepted(rb_domain_unpause(child));
	child_turns(child);
	must(guest_domain_read(child, CHILD_MAILBOX + 256, &first, 8));
	expect_equal(first, GUEST_DIRECT_BASE + CHILD_BOOT);
	expect_equal(domain_look(child)->state, RB_DOMAIN_STATE_LIVE);
}

/* Counts in a register only. */
PROGRAM(count_program, "1: inc %r12; mov %r12, 88(%rbx); jmp 1b");

TEST("domain_unpause.resumes", "vCPUs go on where they were when the domain was paused.")
{
	uint64_t child = child_with(count_program, count_program_end, child_image()), turns, later;

	must(rb_domain_unpause(child));
	for (unsigned i = 0; i < 20; i++) {
		child_turns(child);
		must(guest_domain_pause(child));
		must(rb_sched_yield());
		turns = child_look(child).turns;
		accepted(rb_domain_unpause(child));
		while ((later = child_look(child).turns) == turns)
			must(rb_sched_yield());
		expect(later > turns, "%lu after %lu", later, turns);
	}
}

/*
 * Binds to our port, whose number is behind the mailbox; its vector is 0x40. Sets entry points, waits with events enabled; counts the event that comes. The stack is
 * in CHILD_FREE.
 */
#define NO_MORE "xor %r10d, %r10d; xor %r8d, %r8d; xor %r9d, %r9d; syscall\n\t"
PROGRAM(event_program, "mov $13, %eax; xor %edi, %edi; mov 272(%rbx), %rsi; xor %edx, %edx; " NO_MORE
	"mov $14, %eax; mov %rdx, %rdi; xor %esi, %esi; mov $0x40, %edx; " NO_MORE
	"mov %rax, 256(%rbx); movabs $0xffff888000801000, %rsp\n\t"
	"mov $21, %eax; lea 2f(%rip), %rdi; mov %rdi, %rsi; xor %edx, %edx; " NO_MORE
	"or %rax, 256(%rbx); incq 88(%rbx); mov $19, %eax; xor %edi, %edi; xor %esi, %esi; xor %edx, %edx; " NO_MORE "ud2\n\t"
	"2: incq 264(%rbx)\n\t"
	"1: incq 88(%rbx)\n\t" PROGRAM_YIELD "jmp 1b");
_Static_assert(RB_HC_PORT_BIND == 13 && RB_HC_PORT_SET_TARGET == 14 && RB_HC_VCPU_SET_ENTRY == 21 && RB_HC_SCHED_BLOCK == 19, "as event_program has it");
_Static_assert(GUEST_DIRECT_BASE + CHILD_FREE + GUEST_PAGE == 0xffff888000801000, "as event_program has it");

TEST("domain_unpause.events", "Vectors that were raised while it was paused are delivered.")
{
	uint64_t child = child_with(event_program, event_program_end, child_image()), port, found[2];
	static struct rb_vcpu_page page;

	must(rb_port_alloc(child, &port));
	must(guest_domain_write(child, CHILD_MAILBOX + 272, &port, 8));
	must(rb_domain_unpause(child));
	do {
		must(rb_sched_yield());
		must(guest_domain_read(child, CHILD_BOOT + 2 * GUEST_PAGE, &page, sizeof(page)));
	} while (page.run_state != RB_RUN_STATE_BLOCKED);
	must(guest_domain_pause(child));
	must(rb_port_send(port));
	for (unsigned i = 0; i < 100; i++)
		must(rb_sched_yield());
	must(guest_domain_read(child, CHILD_MAILBOX + 256, found, sizeof(found)));
	expect(found[0] == RB_OK && found[1] == 0, "status %lu, %lu events", found[0], found[1]);
	accepted(rb_domain_unpause(child));
	child_turns(child);
	must(guest_domain_read(child, CHILD_MAILBOX + 256, found, sizeof(found)));
	expect_equal(found[1], 1);
}

TEST("domain_unpause.PERM.caller", "the caller is not the control domain")
{
	uint64_t other = child_built(1);

	refused_to_child(RB_HC_DOMAIN_UNPAUSE, other);
	refused_to_child(RB_HC_DOMAIN_UNPAUSE, other + 1);
	accepted(rb_domain_unpause(other));
}

TEST("domain_unpause.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_UNPAUSE, ARGUMENTS(NO_DOMAIN), GOOD({ 0, ~0ul }));
}

TEST("domain_unpause.INVAL.not_built", "the domain was not built")
{
	uint64_t id = domain_new(16), child = child_new(1);

	refused_there(RB_INVAL, rb_domain_unpause(id));
	refused_there(RB_INVAL, rb_domain_unpause(child));
}

TEST("domain_unpause.NOENT.no_domain", "there is no such domain")
{
	refused_there(RB_NOENT, rb_domain_unpause(SELF + 1));
	refused_there(RB_NOENT, rb_domain_unpause(64));
	refused_there(RB_NOENT, rb_domain_unpause(1ul << 32));
	refused_there(RB_NOENT, rb_domain_unpause(~0ul));
}

TEST("domain_unpause.NOENT.ended", "the domain has ended")
{
	uint64_t child = domain_ended();

	refused_there(RB_NOENT, rb_domain_unpause(child));
}

/* ---------------- domain_pause */

TEST("domain_pause.stopped", "When the status is OK no vCPU of the domain runs, and none will until it is unpaused.")
{
	uint64_t child = child_with(count_program, count_program_end, child_image()), turns;

	must(rb_domain_unpause(child));
	child_turns(child);
	accepted(guest_domain_pause(child));
	turns = child_look(child).turns;
	for (unsigned i = 0; i < 200; i++)
		must(rb_sched_yield());
	guest_delay(20000000);
	expect_equal(child_look(child).turns, turns);
	/* Again it says the same. */
	accepted(rb_domain_pause(child));
	must(rb_domain_unpause(child));
	while (child_look(child).turns == turns)
		must(rb_sched_yield());
}

TEST("domain_pause.states", "A vCPU that wants to run becomes BLOCKED at its next turn, until the domain is unpaused.")
{
	uint64_t child = child_with(count_program, count_program_end, child_image()), before;
	static struct rb_vcpu_page page;

	must(rb_domain_unpause(child));
	child_turns(child);
	must(guest_domain_pause(child));
	for (unsigned i = 0; i < 10; i++)
		must(rb_sched_yield());
	must(guest_domain_read(child, CHILD_BOOT + 2 * GUEST_PAGE, &page, sizeof(page)));
	expect_equal(page.run_state, RB_RUN_STATE_BLOCKED);
	before = domain_look(child)->spent[RB_RUN_STATE_BLOCKED];
	guest_delay(1000000);
	expect(domain_look(child)->spent[RB_RUN_STATE_BLOCKED] >= before + 1000000, "that time is not counted as BLOCKED");
	must(rb_domain_unpause(child));
	child_turns(child);
	must(guest_domain_read(child, CHILD_BOOT + 2 * GUEST_PAGE, &page, sizeof(page)));
	expect(page.run_state == RB_RUN_STATE_RUNNABLE, "run_state %u", page.run_state);
}

TEST("domain_pause.PERM.caller", "the caller is not the control domain")
{
	refused_to_child(RB_HC_DOMAIN_PAUSE, SELF);
	refused_to_child(RB_HC_DOMAIN_PAUSE, SELF + 2);
}

TEST("domain_pause.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_PAUSE, ARGUMENTS(NO_DOMAIN), GOOD({ 0, ~0ul }));
}

TEST("domain_pause.INVAL.own", "it is the calling domain")
{
	refused_there(RB_INVAL, rb_domain_pause(SELF));
}

TEST("domain_pause.NOENT.no_domain", "there is no such domain")
{
	refused_there(RB_NOENT, rb_domain_pause(SELF + 1));
	refused_there(RB_NOENT, rb_domain_pause(64));
	refused_there(RB_NOENT, rb_domain_pause(1ul << 32));
	refused_there(RB_NOENT, rb_domain_pause(~0ul));
}

TEST("domain_pause.NOENT.ended", "the domain has ended")
{
	uint64_t child = domain_ended();

	refused_there(RB_NOENT, rb_domain_pause(child));
}

TEST("domain_pause.AGAIN.running", "a vCPU of the domain is still on a CPU: call again", .cpus = 2)
{
	uint64_t child = child_running(1), again = 0;

	/* One that is on its own CPU just now: it is there nearly all the time. */
	for (unsigned i = 0; i < 100 && !again; i++) {
		child_turns(child);
		again += rb_domain_pause(child) == RB_AGAIN;
		expect_equal(domain_look(child)->state, RB_DOMAIN_STATE_PAUSED);
		accepted(guest_domain_pause(child));
		accepted(rb_domain_unpause(child));
	}
	expect(again, "it was never on a CPU");
}
