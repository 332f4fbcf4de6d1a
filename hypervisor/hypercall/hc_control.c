/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the control family: the control domain makes, watches and ends the others. It is trusted with their memory and their life, and with nothing of the
 * hypervisor's: what it says is checked like any guest's word.
 *
 * One lock over all of it: whoever makes, builds or destroys a domain is alone in that. No domain but the control domain waits for it.
 */
#include "abi/generated/dispatch.h"
#include "dev/time.h"
#include "ipc/port.h"
#include "lib/string.h"
#include "vm/build.h"
#include "vm/domain.h"

#define CHUNKS_AT_ONCE 8u	/* cleared in one call: about a millisecond */

static struct spinlock control_lock;

/* Around each call: who makes it is the control domain, and alone in it. False: it is not. */
static bool control_enter(const struct vcpu *v)
{
	if (v->domain->id != 0)
		return false;
	spin_lock(&control_lock);
	return true;
}

static enum rb_status control_leave(enum rb_status status)
{
	spin_unlock(&control_lock);
	return status;
}

/* A domain that was not destroyed, or NULL. Caller holds the lock. */
static struct domain *domain_existing(u64 id)
{
	struct domain *d = id < domains_end ? domains[nospec_index(id, DOMAINS_MAX)] : NULL;

	return d && d->exists ? d : NULL;
}

/* ---------------- domain_create, domain_populate, domain_build */

static enum rb_status create(const struct hc_domain_create_args *a, u64 *result)
{
	const struct domain_shape shape = {
		.chunk_count = (u32)a->chunks,
		.pt_first = (u32)a->pt_first,
		.pt_quota = (u32)a->pt_quota,
		.vcpu_count = (u32)a->vcpus,
	};
	struct domain *d;
	enum rb_status status = domain_create(&shape, &d);

	if (status != RB_OK)
		return status;
	if (!ports_create(d)) {
		/* It has never run: this is done at once. */
		while (domain_destroy(d) == RB_AGAIN)
			;
		return RB_NOSPACE;
	}
	*result = d->id;
	return RB_OK;
}

enum rb_status hc_domain_create(struct vcpu *v, const struct hc_domain_create_args *a, u64 *result)
{
	return control_enter(v) ? control_leave(create(a, result)) : RB_PERM;
}

static enum rb_status populate_one(struct space *space, u64 chunk)
{
	const bool reserve = chunk - space->pt_first < space->pt_quota;

	if (chunk >= space->chunk_count)
		return RB_INVAL;
	if (space->chunk_map[nospec_index(chunk, space->chunk_count)] != CHUNK_NONE)
		return RB_BUSY;
	return space_add_chunk(space, (u32)chunk, reserve ? CHUNK_PAGETABLE : CHUNK_DATA);
}

static enum rb_status populate(const struct hc_domain_populate_args *a, u64 *result)
{
	struct domain *d = domain_existing(a->domain);
	enum rb_status status = RB_OK;
	u64 done;

	if (!d)
		return RB_NOENT;
	if (d->is_built || d->ending)
		return RB_BUSY;
	for (done = 0; done < MIN(a->count, CHUNKS_AT_ONCE); done++) {
		status = populate_one(&d->space, a->first + done);
		if (status != RB_OK)
			break;
	}
	*result = done;
	return done ? RB_OK : status;
}

enum rb_status hc_domain_populate(struct vcpu *v, const struct hc_domain_populate_args *a, u64 *result)
{
	return control_enter(v) ? control_leave(populate(a, result)) : RB_PERM;
}

static bool image_has_reserved(const struct rb_domain_image *image)
{
	u64 any = 0;

	for (u32 i = 0; i < ARRAY_COUNT(image->reserved0); i++)
		any |= image->reserved0[i];
	return any;
}

static enum rb_status build_from(const struct hc_domain_build_args *a, const struct rb_domain_image *said)
{
	struct domain *d = domain_existing(a->domain);
	const struct image image = {
		.entry = said->entry,
		.image_offset = said->image_offset,
		.direct_base = said->direct_base,
		.start = said->image_start,
		.end = said->image_end,
		.module_start = said->module_start,
		.module_bytes = said->module_bytes,
		.boot_start = said->boot_start,
	};
	enum rb_status status;

	if (!d)
		return RB_NOENT;
	if (d->is_built || d->ending)
		return RB_BUSY;
	if (image_has_reserved(said))
		return RB_INVAL;
	status = domain_build(d, &image);
	/* Tables that were begun stay: it is not built a second time. */
	d->is_built = status != RB_INVAL;
	if (status != RB_OK) {
		d->is_broken = d->is_built;
		return status;
	}
	memcpy(d->name, said->name, RB_NAME_BYTES);
	return RB_OK;
}

static enum rb_status build(struct vcpu *v, const struct hc_domain_build_args *a)
{
	struct rb_domain_image said;
	void *image;
	enum rb_status status = space_data(&v->domain->space, a->image, sizeof(said), &image);
	if (status != RB_OK)
		return status;
	/* Once: it is looked at several times from here on (I-15). */
	memcpy(&said, image, sizeof(said));
	return build_from(a, &said);
}

enum rb_status hc_domain_build(struct vcpu *v, const struct hc_domain_build_args *a)
{
	return control_enter(v) ? control_leave(build(v, a)) : RB_PERM;
}

/* ---------------- domain_write, domain_read */

struct copy {
	u64 domain, there, here, bytes;
	bool is_write;
};

static enum rb_status copy_find(struct vcpu *v, const struct copy *copy, void **there, void **here)
{
	struct domain *d = domain_existing(copy->domain);
	enum rb_status status;

	if (!d)
		return RB_NOENT;
	status = space_data(&d->space, copy->there, copy->bytes, there);
	if (status != RB_OK)
		return status;
	return space_data(&v->domain->space, copy->here, copy->bytes, here);
}

static enum rb_status copy(struct vcpu *v, const struct copy *copy)
{
	void *there, *here;
	enum rb_status status = copy_find(v, copy, &there, &here);

	if (status == RB_OK)
		memcpy(copy->is_write ? there : here, copy->is_write ? here : there, copy->bytes);
	return status;
}

enum rb_status hc_domain_write(struct vcpu *v, const struct hc_domain_write_args *a)
{
	const struct copy wanted = { .domain = a->domain, .there = a->to, .here = a->from, .bytes = a->bytes, .is_write = true };

	return control_enter(v) ? control_leave(copy(v, &wanted)) : RB_PERM;
}

enum rb_status hc_domain_read(struct vcpu *v, const struct hc_domain_read_args *a)
{
	const struct copy wanted = { .domain = a->domain, .there = a->from, .here = a->to, .bytes = a->bytes };

	return control_enter(v) ? control_leave(copy(v, &wanted)) : RB_PERM;
}

/* ---------------- domain_unpause, domain_pause, domain_destroy, domain_set_share */

static enum rb_status unpause(u64 id)
{
	struct domain *d = domain_existing(id);

	if (!d || d->ending)
		return RB_NOENT;
	if (!d->is_built || d->is_broken)
		return RB_INVAL;
	domain_unpause(d);
	return RB_OK;
}

enum rb_status hc_domain_unpause(struct vcpu *v, const struct hc_domain_unpause_args *a)
{
	return control_enter(v) ? control_leave(unpause(a->domain)) : RB_PERM;
}

static enum rb_status pause(const struct vcpu *v, u64 id)
{
	struct domain *d = domain_existing(id);

	if (!d || d->ending)
		return RB_NOENT;
	if (d == v->domain)
		return RB_INVAL;
	domain_pause(d);
	return domain_is_quiet(d) ? RB_OK : RB_AGAIN;
}

enum rb_status hc_domain_pause(struct vcpu *v, const struct hc_domain_pause_args *a)
{
	return control_enter(v) ? control_leave(pause(v, a->domain)) : RB_PERM;
}

static enum rb_status destroy(const struct vcpu *v, u64 id)
{
	struct domain *d = domain_existing(id);
	enum rb_status status;

	if (!d)
		return RB_NOENT;
	if (d == v->domain)
		return RB_INVAL;
	status = domain_destroy(d);
	ports_destroy(d);
	return status;
}

enum rb_status hc_domain_destroy(struct vcpu *v, const struct hc_domain_destroy_args *a)
{
	return control_enter(v) ? control_leave(destroy(v, a->domain)) : RB_PERM;
}

static enum rb_status set_share(const struct hc_domain_set_share_args *a)
{
	struct domain *d = domain_existing(a->domain);

	if (!d || d->ending)
		return RB_NOENT;
	domain_set_share(d, (u32)a->weight, (u32)a->cap);
	return RB_OK;
}

enum rb_status hc_domain_set_share(struct vcpu *v, const struct hc_domain_set_share_args *a)
{
	return control_enter(v) ? control_leave(set_share(a)) : RB_PERM;
}

/* ---------------- domain_info, machine_info */

static u32 domain_state(const struct domain *d)
{
	if (d->ending)
		return RB_DOMAIN_STATE_ENDED;
	if (!d->is_built || d->is_broken)
		return RB_DOMAIN_STATE_NEW;
	return d->is_paused ? RB_DOMAIN_STATE_PAUSED : RB_DOMAIN_STATE_LIVE;
}

static void times_add(struct rb_domain_info *info, struct vcpu *v, u64 now)
{
	struct run_times times;

	run_times(&v->run, &times);
	for (u32 i = 0; i < ARRAY_COUNT(info->spent); i++)
		info->spent[i] += times.state_ns[i];
	if (now > times.since_ns)
		info->spent[times.state] += now - times.since_ns;
}

static void describe(struct rb_domain_info *info, const struct domain *d)
{
	const u64 now = time_now_ns();

	*info = (struct rb_domain_info){
		.id = d->id,
		.state = domain_state(d),
		.reason = d->reason,
		.code = d->code,
		.vcpu_count = d->vcpu_count,
		.weight = d->group.weight,
		.cap = run_group_cap(&d->group),
		.chunk_count = d->space.present,
		.pt_present = d->space.pt_present,
		.pt_quota = d->space.pt_quota,
		.frames_typed = d->space.frames_typed,
		.frames_linked = d->space.frames_linked,
		.hypercalls = d->counters[RB_COUNTER_HYPERCALLS],
	};
	memcpy(info->name, d->name, RB_NAME_BYTES);
	for (u32 i = 0; i < d->vcpu_count; i++)
		times_add(info, d->vcpus[i], now);
}

/* What a call tells, into the caller's memory. */
static enum rb_status tell(struct vcpu *v, u64 address, const void *told, u64 bytes)
{
	void *to;
	enum rb_status status = space_data(&v->domain->space, address, bytes, &to);

	if (status == RB_OK)
		memcpy(to, told, bytes);
	return status;
}

static enum rb_status info(struct vcpu *v, const struct hc_domain_info_args *a, u64 *result)
{
	const struct domain *d = NULL;
	struct rb_domain_info told;
	enum rb_status status;

	for (u64 id = a->domain; id < domains_end && !d; id++)
		d = domain_existing(id);
	if (!d)
		return RB_NOENT;
	describe(&told, d);
	status = tell(v, a->info, &told, sizeof(told));
	if (status == RB_OK)
		*result = d->id;
	return status;
}

enum rb_status hc_domain_info(struct vcpu *v, const struct hc_domain_info_args *a, u64 *result)
{
	return control_enter(v) ? control_leave(info(v, a, result)) : RB_PERM;
}

static enum rb_status machine(struct vcpu *v, const struct hc_machine_info_args *a)
{
	const struct rb_machine_info told = {
		.chunk_count = chunk_count,
		.free_chunks = chunk_free_count(),
		.cpu_count = cpu_count,
		.tsc_khz = time_scale.tsc_khz,
		.system_time = time_now_ns(),
	};

	return tell(v, a->info, &told, sizeof(told));
}

enum rb_status hc_machine_info(struct vcpu *v, const struct hc_machine_info_args *a)
{
	return control_enter(v) ? control_leave(machine(v, a)) : RB_PERM;
}
