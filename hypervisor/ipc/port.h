/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event ports: a port of one domain is connected to a port of another; sending marks the peer pending and raises its
 * vector.
 */
#pragma once

#include "vm/domain.h"

enum port_state {
	PORT_FREE,
	PORT_WAITING,		/* allocated for a domain to bind */
	PORT_CONNECTED,
	PORT_UNCONNECTED,	/* its peer was closed, or the domain that was to bind is gone */
};

/* Guarded by the lock of all ports. */
struct port {
	u8 state;
	bool masked;
	bool arrived_masked;	/* something came while masked */
	u8 vector;		/* zero: no target */
	u16 vcpu;
	u16 domain;		/* the peer's, or who may bind */
	u32 peer;		/* the peer's port */
};

/* A new domain's ports, all free. Here, so that a guest is refused one only when all are in use. False: no memory. */
bool ports_create(struct domain *d);
/* Close all and free the table; nothing, if there is none. Once the domain has ended: then no port begins to wait for it. */
void ports_destroy(struct domain *d);
enum rb_status port_alloc(struct domain *d, u64 peer_domain, u64 *port);
enum rb_status port_bind(struct domain *d, u64 peer_domain, u64 peer_port, u64 *port);
enum rb_status port_set_target(struct domain *d, u64 port, u64 vcpu, u64 vector);
enum rb_status port_send(struct domain *d, u64 port);
enum rb_status port_mask(struct domain *d, u64 port, bool masked);
enum rb_status port_close(struct domain *d, u64 port);
