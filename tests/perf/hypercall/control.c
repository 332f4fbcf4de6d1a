/* SPDX-License-Identifier: GPL-2.0-only */
/* The control family: each call on a small domain that is made for it. */
#include "measure.h"

#define CHUNKS	9u
#define RESERVE	5u
#define ROUNDS	64u

static uint64_t id, out, page;

#define BODY(name, call) static long name(void *argument) { return call; }

BODY(domain_create, rb_domain_create(CHUNKS, RESERVE, CHUNKS - RESERVE, 1, &id))
BODY(domain_populate, rb_domain_populate(id, 0, 1, &out))
BODY(domain_write, rb_domain_write(id, 0, page, (uint64_t)argument))
BODY(domain_read, rb_domain_read(id, 0, page, (uint64_t)argument))
BODY(domain_build, rb_domain_build(id, page))
BODY(domain_unpause, rb_domain_unpause(guest_start->domain_id))
BODY(domain_pause, rb_domain_pause(id))
BODY(domain_destroy, rb_domain_destroy(id))
BODY(domain_set_share, rb_domain_set_share(guest_start->domain_id, 100, 0))
BODY(domain_info, rb_domain_info(guest_start->domain_id, page, &out))
BODY(machine_info, rb_machine_info(page))

static void create(void *argument)
{
	guest_must(domain_create(NULL));
}

static void destroy(void *argument)
{
	guest_must(guest_domain_destroy(id));
}

static void fill(void *argument)
{
	create(NULL);
	guest_must(guest_domain_populate(id, 0, RESERVE + 1));
	*(struct rb_domain_image *)guest_pointer(page) = (struct rb_domain_image){
		.entry = GUEST_IMAGE_OFFSET + GUEST_CHUNK,
		.image_offset = GUEST_IMAGE_OFFSET,
		.direct_base = GUEST_DIRECT_BASE,
		.image_start = GUEST_CHUNK,
		.image_end = GUEST_CHUNK + GUEST_PAGE,
		.boot_start = 2 * GUEST_CHUNK,
	};
}

static const struct work works[] = {
	{ .call = "domain_create", .variant = "9 chunks, 1 vCPU", .body = domain_create, .rounds = ROUNDS, .finish = destroy },
	{ .call = "domain_populate", .variant = "1 chunk", .body = domain_populate, .rounds = ROUNDS, .prepare = create, .finish = destroy },
	{ .call = "domain_write", .variant = "64 bytes", .body = domain_write, .argument = (void *)64, .rounds = ROUNDS, .prepare = fill, .finish = destroy },
	{ .call = "domain_write", .variant = "4096 bytes", .body = domain_write, .argument = (void *)4096, .rounds = ROUNDS, .prepare = fill, .finish = destroy },
	{ .call = "domain_read", .variant = "64 bytes", .body = domain_read, .argument = (void *)64, .rounds = ROUNDS, .prepare = fill, .finish = destroy },
	{ .call = "domain_read", .variant = "4096 bytes", .body = domain_read, .argument = (void *)4096, .rounds = ROUNDS, .prepare = fill, .finish = destroy },
	{ .call = "domain_build", .variant = "6 chunks", .body = domain_build, .rounds = ROUNDS, .prepare = fill, .finish = destroy },
	{ .call = "domain_unpause", .variant = "it runs", .body = domain_unpause },
	{ .call = "domain_pause", .variant = "it is paused", .body = domain_pause, .rounds = ROUNDS, .prepare = create, .finish = destroy },
	{ .call = "domain_destroy", .variant = "without memory", .body = domain_destroy, .rounds = ROUNDS, .prepare = create },
	{ .call = "domain_destroy", .variant = "6 chunks", .body = domain_destroy, .rounds = ROUNDS, .prepare = fill },
	{ .call = "domain_set_share", .variant = "-", .body = domain_set_share },
	{ .call = "domain_info", .variant = "1 vCPU", .body = domain_info },
	{ .call = "machine_info", .variant = "-", .body = machine_info },
};

void measure_control(void)
{
	page = guest_page();
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		measure(&works[i]);
}
