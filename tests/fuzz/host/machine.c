/* SPDX-License-Identifier: GPL-2.0-only */
/* See machine.h. Domains are made as boot/loader.c makes them. */

#include "suite.h"
#include "machine.h"

#include "fake_cpu.h"
#include "ipc/port.h"
#include "mm/page.h"
#include "oracle.h"
#include "ports.h"
#include "snapshot.h"
#include "vm/domain.h"

#define KERNEL	(PT + 0)
#define USER	(PT + 1)
#define USER2	(PT + 2)

/* An operation on the real space and the model. */
static void op(struct model *m, u64 code, u64 gfn, u64 index, u64 count, u64 value)
{
	const u64 word = rb_op_word(code, gfn, index, count);
	u64 copy = value;

	assert_int_equal(table_apply(m->space, NULL, word, &value), RB_OK);
	assert_int_equal(oracle_apply(m, 0, word, &copy), 0);
}

/* Tables of both halves: a page and a large page in each, a second user root, and one table of each level that is not linked. */
static void build_tables(struct model *m)
{
	const u64 data = m->space->chunk_map[0] * CHUNK_BYTES;
	mfn_t root;

	op(m, RB_OP_TYPE, KERNEL, 0, 3, 4);
	assert_int_equal(root_make_kernel(m->space, (gfn_t){ KERNEL }), RB_OK);
	assert_int_equal(oracle_make_kernel(m, KERNEL), 0);
	for (u64 half = 0; half < 2; half++) {
		const u64 first = half ? 508 + PT : 3 + PT;

		op(m, RB_OP_TYPE, first, 0, 1, 3);
		op(m, RB_OP_TYPE, first + 1, 0, 1, 2);
		op(m, RB_OP_TYPE, first + 2, 0, 1, 1);
		op(m, RB_OP_LINK, half ? KERNEL : USER, half ? 511 : 0, 1, first);
		op(m, RB_OP_LINK, first, 0, 1, first + 1);
		op(m, RB_OP_LINK, first + 1, 0, 1, first + 2);
		op(m, RB_OP_SET, first + 1, 1, 1, data | 0xe7);
		op(m, RB_OP_SET, first + 2, 0, 4, data | 0x67);
	}
	op(m, RB_OP_TYPE, PT + 7, 0, 1, 3);
	op(m, RB_OP_TYPE, PT + 8, 0, 1, 2);
	op(m, RB_OP_TYPE, PT + 9, 0, 1, 1);
	assert_int_equal(root_find(m->space, (gfn_t){ USER2 }, &root), RB_OK);
}

static void make_vcpu(struct domain *d, u32 id)
{
	struct model *m = &oracle.model[d->id];
	struct vcpu *v = d->vcpus[id];
	const u64 root = id == 2 ? USER2 : USER;
	void *page, *queue;

	assert_int_equal(space_data(&d->space, id * PAGE_BYTES * 34, PAGE_BYTES, &page), RB_OK);
	assert_int_equal(space_data(&d->space, (id + 4) * PAGE_BYTES * 34, PAGE_BYTES, &queue), RB_OK);
	m->vcpu[id].root = NOBODY;
	m->vcpu[id].cpu = NOBODY;
	/* One is left to be started by a call. */
	if (d->id == 0 && id == 2)
		return;
	v->page = page;
	v->queue = queue;
	assert_int_equal(root_hold(&d->space, (gfn_t){ root }, &v->user_root), RB_OK);
	m->vcpu[id] = (struct model_vcpu){ .exists = true, .root = oracle_find(m, root), .cpu = NOBODY };
	vcpu_start_state(v, RB_GATE_END + 0x1000, RB_GATE_END + 0x9000, 0);
	/* As if it had called vcpu_set_entry. */
	v->user_entry = RB_GATE_END + 0x2000;
	v->kernel_entry = RB_GATE_END + 0x3000;
	v->range_start = RB_GATE_END + 0x4000;
	v->range_end = RB_GATE_END + 0x4010;
	v->emergency_sp = RB_GATE_END + 0x8000;
	v->page->kernel_sp = RB_GATE_END + 0x7000;
	vcpu_start(v);
}

static void make_domain(void)
{
	const struct domain_shape shape = {
		.chunk_count = WORLD_CHUNKS, .pt_first = WORLD_PT_FIRST, .pt_quota = WORLD_PT_QUOTA, .vcpu_count = VCPUS,
	};
	struct domain *d;

	assert_int_equal(domain_create(&shape, &d), RB_OK);
	world_add_chunks(&d->space);
	assert_true(ports_create(d));
	oracle_add(&oracle.model[d->id], &d->space);
	build_tables(&oracle.model[d->id]);
	for (u32 id = 0; id < VCPUS; id++)
		make_vcpu(d, id);
	d->is_built = d->is_started = true;
	domain_unpause(d);
}

/* Variables of the code under test and of the fake machine: the Makefile puts them into these sections. */
extern u8 __start_core_data[], __stop_core_data[], __start_core_bss[], __stop_core_bss[], __start_oracle_bss[], __stop_oracle_bss[];

void machine_make(void)
{
	fake_machine_start();
	fake_print_quiet = true;
	fake_cpus_start(true);
	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++)
		fake_cpu_start(cpu, &world.cpu[cpu]);
	memset(&oracle, 0, sizeof(oracle));
	oracle.machine.physical_bits = FAKE_PHYSICAL_BITS;
	oracle.machine.chunk_count = FAKE_CHUNKS;
	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++)
		oracle.gate[cpu] = world.cpu[cpu].page[256];
	make_domain();
	make_domain();
	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++)
		fake_cpu_run(cpu);
	assert_true(fake_cpus_interrupt());
	ports_start();

	snapshot_add(fake_memory, FAKE_CHUNKS * CHUNK_BYTES);
	snapshot_add((void *)GATE, 0x100000);
	snapshot_add(__start_core_data, (size_t)(__stop_core_data - __start_core_data));
	snapshot_add(__start_core_bss, (size_t)(__stop_core_bss - __start_core_bss));
	snapshot_add(__start_oracle_bss, (size_t)(__stop_oracle_bss - __start_oracle_bss));
}
