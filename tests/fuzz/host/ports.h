/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A naive second kind of event ports beside the hypervisor's, from the text of the interface: what each call must answer, which vCPU is to
 * see what. Of the choice of a free port's number, any is right.
 */
#pragma once

#include "oracle.h"
#include "vm/domain.h"

void ports_start(void);
/* After a call of domain d: which statuses are right; its effect on the model. */
status_set ports_alloc(u32 d, u64 peer_domain, u64 result, bool is_done);
status_set ports_bind(u32 d, u64 peer_domain, u64 peer_port, u64 result, bool is_done);
status_set ports_set_target(u32 d, u64 port, u64 vcpu, u64 vector);
status_set ports_send(u32 d, u64 port);
status_set ports_mask(u32 d, u64 port, bool masked);
status_set ports_close(u32 d, u64 port);
/* The hypervisor's tables are the model's; fails the test if not. */
void ports_compare(void);

/* A vector was raised: it is pending or was delivered, and the vCPU does not sleep (I-17). */
void raised_check(const struct vcpu *v, u32 vector);
