/* SPDX-License-Identifier: GPL-2.0-only */
/* The vCPUs' one-shot timers and the time slice, on the CPU's one timer. */
#pragma once

#include "vm/vcpu.h"

/* A vCPU's deadline changes; zero: none. */
void timer_set(struct vcpu *v, u64 deadline_ns);
/* The CPU's timer went off: raise what is due, arm for what is next. */
void timer_expire(struct cpu *cpu);
/* Arm the CPU's timer for the next deadline of the vCPUs on it. */
void timer_arm(struct cpu *cpu);
