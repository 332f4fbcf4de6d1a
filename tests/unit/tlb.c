/* SPDX-License-Identifier: GPL-2.0-only */
/* See tlb.h. */

#include "tlb.h"

#include <stdio.h>
#include "fake_cpu.h"
#include "vm/domain.h"
#include "x86/direct.h"

#define ENTRIES 96

/* A leaf (level 1 or 2: its size), or the way to a table: what an address leads to. */
struct remembered {
	u64 va;			/* first address */
	u64 maddr;
	const struct vcpu *vcpu;	/* whose it was when it was walked, */
	u64 user_root;		/* and in which root */
	u8 level;		/* leaf: of the entry; table: of the table */
	bool is_leaf, is_writable, is_user;
};

static struct {
	struct remembered entry[ENTRIES];
	u32 count;
} tlb[FAKE_CPUS];

static u64 level_bytes(u32 level)
{
	return 1ul << (12 + 9 * (level - 1));
}

void tlb_flush(u32 cpu)
{
	tlb[cpu].count = 0;
}

void tlb_start(void)
{
	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++)
		tlb_flush(cpu);
}

u32 tlb_count(u32 cpu)
{
	return tlb[cpu].count;
}

static void remember(u32 cpu, const struct remembered *r)
{
	for (u32 i = 0; i < tlb[cpu].count; i++) {
		const struct remembered *old = &tlb[cpu].entry[i];

		if (old->va == r->va && old->maddr == r->maddr && old->level == r->level && old->is_leaf == r->is_leaf
		    && old->is_writable == r->is_writable && old->is_user == r->is_user)
			return;
	}
	if (tlb[cpu].count < ENTRIES)
		tlb[cpu].entry[tlb[cpu].count++] = *r;
}

/* The table where a walk begins. */
static struct remembered walk_start(u32 cpu, const struct live_root *live, const struct tlb_access *access)
{
	for (u32 i = 0; i < tlb[cpu].count; i++) {
		const struct remembered *r = &tlb[cpu].entry[i];

		if (!r->is_leaf && r->level == access->start && (access->va - r->va) < level_bytes(r->level + 1u))
			return *r;
	}
	return (struct remembered){ .maddr = live->mfn.raw << PAGE_SHIFT, .level = 4, .is_writable = true, .is_user = true };
}

static void mark(u64 *entry, u64 bits)
{
	if ((*entry & bits) == bits)
		return;
	*entry |= bits;
	tlb_marks(direct_address(entry), bits);
}

bool tlb_touch(u32 cpu, const struct vcpu *v, const struct live_root *live, const struct tlb_access *access, u64 *maddr)
{
	struct remembered r = walk_start(cpu, live, access);
	u32 level = r.level;

	r.vcpu = v;
	r.user_root = live->user_root.raw;
	for (;;) {
		u64 *entry = (u64 *)direct_pointer(r.maddr) + (access->va >> (12 + 9 * (level - 1)) & 511);

		if (!(*entry & ENTRY_PRESENT))
			return false;
		r.is_writable &= (*entry & ENTRY_WRITABLE) != 0;
		r.is_user &= (*entry & ENTRY_USER) != 0;
		r.is_leaf = level == 1 || (*entry & ENTRY_LARGE);
		r.va = access->va & ~(level_bytes(level) - 1);
		r.maddr = *entry & ENTRY_ADDRESS & (r.is_leaf ? ~(level_bytes(level) - 1) : ~0ul);
		r.level = (u8)(r.is_leaf ? level : level - 1);
		if (r.is_leaf) {
			if ((access->write && !r.is_writable) || (access->user && !r.is_user))
				return false;
			mark(entry, ENTRY_ACCESSED | (access->write ? ENTRY_DIRTY : 0));
			remember(cpu, &r);
			*maddr = r.maddr + (access->va & (level_bytes(level) - 1));
			return true;
		}
		mark(entry, ENTRY_ACCESSED);
		remember(cpu, &r);
		level--;
	}
}

/* The hypervisor's own part of an address space: the gate and the windows, whose tables are the hypervisor's. */
static bool is_gate(u64 va)
{
	return va >> 39 == RB_GATE_START >> 39;
}

/* Where the tables lead now: the same level of the same address. */
static u64 walk_now(const struct live_root *live, const struct remembered *r)
{
	u64 maddr = live->mfn.raw << PAGE_SHIFT;

	for (u32 level = 4; level >= (r->is_leaf ? r->level : r->level + 1u); level--)
		maddr = ((u64 *)direct_pointer(maddr))[r->va >> (12 + 9 * (level - 1)) & 511] & ENTRY_ADDRESS;
	return maddr;
}

static const char *check_gate(const struct remembered *r, const struct vcpu *v, const struct live_root *live)
{
	const u32 chunk = (u32)(r->maddr / CHUNK_BYTES);

	if (r->is_user)
		return "I-7: user mode reaches the gate";
	if (r->maddr != walk_now(live, r))
		return "I-1: the gate's text would use what was there before";
	if (r->is_leaf && r->is_writable && chunks[chunk].owner != OWNER_HYPERVISOR && chunks[chunk].tag != v->domain->space.owner)
		return "I-1: the gate shows memory of neither the hypervisor nor the domain";
	return NULL;
}

static const char *check_leaf(const struct remembered *r, const struct vcpu *v)
{
	const struct chunk *chunk = &chunks[r->maddr / CHUNK_BYTES];

	if (r->maddr / CHUNK_BYTES >= chunk_count || chunk->owner != v->domain->space.owner)
		return "I-5: a translation leads to memory that is not the domain's";
	if (r->is_writable && chunk->use != CHUNK_DATA)
		return "I-2: a translation lets the domain write a page table";
	return NULL;
}

static const char *check_table(const struct remembered *r, const struct vcpu *v)
{
	const struct chunk *chunk = &chunks[r->maddr / CHUNK_BYTES];

	if (r->maddr / CHUNK_BYTES >= chunk_count || chunk->owner != v->domain->space.owner || !chunk->frames)
		return "I-3: a remembered table is not in the domain's reserve";
	if (chunk->frames[r->maddr / PAGE_BYTES % FRAMES_PER_CHUNK].level != r->level)
		return "I-4: a remembered table has changed its level";
	return NULL;
}

/* Is part of a large leaf known as a small one too? */
static bool has_two_sizes(u32 cpu, const struct remembered *r)
{
	for (u32 i = 0; i < tlb[cpu].count && r->is_leaf && r->level == 2; i++) {
		const struct remembered *other = &tlb[cpu].entry[i];

		if (other->is_leaf && other->level == 1 && other->va - r->va < CHUNK_BYTES)
			return true;
	}
	return false;
}

const char *tlb_check(u32 cpu, const struct vcpu *v, const struct live_root *live)
{
	for (u32 i = 0; i < tlb[cpu].count; i++) {
		const struct remembered *r = &tlb[cpu].entry[i];
		const char *wrong = NULL;

		if (r->vcpu != v || r->user_root != live->user_root.raw)
			wrong = "I-10: a translation of another vCPU or user root";
		else if (is_gate(r->va))
			wrong = check_gate(r, v, live);
		else
			wrong = r->is_leaf ? check_leaf(r, v) : check_table(r, v);
		if (!wrong && has_two_sizes(cpu, r))
			wrong = "an address is known in a large and in a small page";
		if (wrong) {
			fprintf(stderr, "tlb: CPU %u, %s of level %u: %lx is at %lx%s\n", cpu, r->is_leaf ? "leaf" : "table", r->level,
				r->va, r->maddr, r->is_writable ? ", writable" : "");
			return wrong;
		}
	}
	return NULL;
}
