/* SPDX-License-Identifier: GPL-2.0-only */
/* See guest.h. */
#include "guest.h"

#include <err.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fake.h"
#include "lib/ensure.h"
#include "dev/time.h"
#include "mm/page.h"
#include "mm/table.h"
#include "x86/direct.h"

struct domain guest_domain;
struct vcpu guest_vcpu;
struct space guest_other;

struct cpu cpus[CPUS_MAX];
struct cpu_features cpu_features;
u32 cpu_count = 1;
static struct live_root live;

/* It stands. */
u64 time_now_ns(void)
{
	return 1000;
}

static void space_make(struct space *space, u16 owner)
{
	ENSURE(space_init(space, owner, 16, 8, 3) == RB_OK);
	for (u32 chunk = 0; chunk < 3; chunk++)
		ENSURE(space_add_chunk(space, chunk, CHUNK_DATA) == RB_OK);
	for (u32 chunk = 8; chunk < 10; chunk++)
		ENSURE(space_add_chunk(space, chunk, CHUNK_PAGETABLE) == RB_OK);
}

/* Memory that is free or zero need not be there: fewer pages for each trial's process to share. */
static void memory_forget(void)
{
	for (u32 chunk = 0; chunk < FAKE_CHUNKS; chunk++)
		if (chunks[chunk].owner != OWNER_HYPERVISOR && madvise(fake_memory + chunk_address(chunk), CHUNK_BYTES, MADV_DONTNEED))
			err(2, "madvise");
}

u64 guest_machine(const struct space *space, u64 gfn)
{
	mfn_t mfn;

	ENSURE(space_gfn_to_mfn(space, (gfn_t){ gfn }, &mfn));
	return mfn.raw << PAGE_SHIFT;
}

void guest_start(void)
{
	struct cpu *cpu = &cpus[0];

	fake_machine_start();
	if (mmap((void *)GATE, 0x100000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void *)GATE)
		err(2, "the place of the gate");
	space_make(&guest_domain.space, OWNER_DOMAIN);
	space_make(&guest_other, OWNER_DOMAIN + 1);
	memory_forget();

	guest_vcpu.domain = &guest_domain;
	guest_vcpu.user_root = NO_MFN;
	guest_vcpu.page = direct_pointer(guest_machine(&guest_domain.space, 1));
	guest_vcpu.queue = direct_pointer(guest_machine(&guest_domain.space, 2));
	run_group_init(&guest_domain.group, RUN_WEIGHT, 0);
	run_init(&guest_vcpu.run, &guest_domain.group, 1);
	run_start(&guest_vcpu.run, 0, 0);
	ENSURE(run_pick(0, 0) == &guest_vcpu.run);
	guest_vcpu.user_entry = guest_vcpu.kernel_entry = RB_GATE_END;
	memset(guest_vcpu.page, 0, PAGE_BYTES);
	memset(guest_vcpu.queue, 0, PAGE_BYTES);
	guest_domain.vcpus[0] = &guest_vcpu;
	guest_domain.vcpu_count = 1;

	cpu->trusted = (struct gate_trusted *)GATE_TRUSTED;
	cpu->scratch = (struct gate_scratch *)GATE_SCRATCH;
	cpu->trusted->cpu = cpu;
	cpu->current = cpu->loaded = &guest_vcpu;
	cpu->live = &live;
	live_root_init(&live, (mfn_t){ direct_address(page_alloc()) >> PAGE_SHIFT });
	live_root_switch_space(&live, &guest_domain.space, NO_MFN);
}

u64 digest_add(u64 digest, u64 value)
{
	return (digest ^ value) * 0x9e3779b97f4a7c15 + (digest >> 29);
}

static u64 digest_words(u64 digest, const void *memory, u64 bytes)
{
	const u64 *words = memory;

	for (u64 i = 0; i < bytes / 8; i++)
		if (words[i])
			digest = digest_add(digest, words[i] ^ i << 40);
	return digest;
}

u64 guest_digest(void)
{
	const struct space *s = &guest_domain.space;
	const u64 counters[] = { s->pt_ops, s->pt_refused, s->frames_typed, s->frames_linked, s->root_loads, live.flush_owed };
	u64 digest = digest_words(1, counters, sizeof(counters));

	for (u32 chunk = 8; chunk < 10; chunk++) {
		const u64 at = guest_machine(s, (u64)chunk * FRAMES_PER_CHUNK);

		digest = digest_words(digest, direct_pointer(at), CHUNK_BYTES);
		digest = digest_words(digest, chunks[at / CHUNK_BYTES].frames, PAGE_BYTES);
	}
	return digest_words(digest, live.page, PAGE_BYTES);
}

void guest_try(void (*run)(void *argument, void *result), void *argument, void *result, u64 bytes)
{
	static u8 *shared;
	int status;
	pid_t pid;

	if (!shared)
		shared = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || bytes > PAGE_BYTES)
		errx(2, "no page for a trial's result");
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		run(argument, result);
		memcpy(shared, result, bytes);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		errx(2, "a trial broke off, status %#x", status);
	memcpy(result, shared, bytes);
}
