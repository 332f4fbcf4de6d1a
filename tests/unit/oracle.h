/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second, naive hypervisor beside the real one: what each domain's tables hold, as plain arrays, and what each operation
 * must answer and do, from the text of the interface. It keeps no states, parents or counts of links: whether a table is
 * linked is found out by looking through all tables; what a CPU must show, by copying.
 *
 * It follows every frame of the reserve, and compares after a step those that were ever typed: all others must be free, which
 * the count of frames in use tells. The random test keeps to a pool of frames (the first of the reserve, and those at the
 * borders of its chunks), so that they meet often.
 */
#pragma once

#include "spec.h"
#include "world.h"

enum {
	POOL = 26,
	FRAMES = WORLD_PT_QUOTA * 512,
	VCPUS = 3,
	NOBODY = -1,
};

struct model_frame {
	u64 gfn;
	int level;		/* 0: free */
	u64 entry[PT_ENTRIES];
};

struct model_vcpu {
	bool exists;
	int root;		/* a frame, or NOBODY */
	int cpu;		/* or NOBODY */
};

struct model {
	struct space *space;	/* the real one */
	u16 owner;
	u32 pt_present;
	int kernel;		/* a frame, or NOBODY */
	struct model_frame frame[FRAMES];
	int used[FRAMES], used_count;	/* frames that were ever typed */
	struct model_vcpu vcpu[VCPUS];
	u64 ops, refused, loads;
};

struct oracle {
	struct spec_machine machine;
	struct model model[2];
	bool flush[WORLD_CPUS];		/* flush_owed after this step, if it was clear before */
	u64 gate[WORLD_CPUS];		/* what slot 256 of a live root must hold */
};

extern struct oracle oracle;

/* Both models as after world_start. */
void oracle_start(void);
/* A domain that was made anew. */
void oracle_add(struct model *m, struct space *space);
/* And one that ended. */
void oracle_remove(struct model *m);
/* The reserve got a chunk. */
void oracle_grow(struct model *m);

/* A frame by its guest frame number, or NOBODY: it does not exist. */
int oracle_find(const struct model *m, u64 gfn);
/* The nth frame of the pool. */
int oracle_pool(int n);
bool oracle_exists(const struct model *m, u64 gfn);
u64 oracle_address(const struct model *m, int frame);
bool oracle_is_linked(const struct model *m, int frame);

/* Do an operation; which statuses are right. *value as the real one returns it. */
status_set oracle_apply(struct model *m, int cpu, u64 word, u64 *value);
status_set oracle_load(struct model *m, int vcpu, u64 gfn);
status_set oracle_make_kernel(struct model *m, u64 gfn);
/* May gfn be a vCPU's user root? */
status_set oracle_hold(struct model *m, u64 gfn);

/* The vCPU on a CPU, or NOBODY. */
int oracle_on_cpu(const struct model *m, int cpu);

/* The frames' memory and records, live roots, flushes owed, counters; fails the test if they differ. */
void oracle_compare(void);
/* As the processor walks from a CPU's live root: I-2, I-3, I-7; and what it may remember from now on until it is flushed (I-4). */
void oracle_walk(int cpu);
/* How many leaves, and tables of each level, the walks have reached. */
extern u64 oracle_reached[4];
/* A CPU was flushed. */
void oracle_forget(int cpu);
/* What the CPUs remember is still true. */
void oracle_check_remembered(void);
