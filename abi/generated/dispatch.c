/* SPDX-License-Identifier: MIT */
/* generated from abi/source - do not edit */
/*
 * From registers to a handler: choose by number, check what needs no state, call.
 * Responsible for nothing that looks at the domain. Compile with -fno-jump-tables: then no branch is indirect.
 */

#include "dispatch.h"

/* Bits 63:47 are the same. */
static inline int is_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static inline enum rb_status call_info_version(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	if (arg[0] | arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_info_version(v, result);
}

static inline enum rb_status call_info_features(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t index = arg[0];
	const struct hc_info_features_args a = { .index = index };

	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_info_features(v, &a, result);
}

static inline enum rb_status call_info_call(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t number = arg[0];
	const struct hc_info_call_args a = { .number = number };

	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_info_call(v, &a, result);
}

static inline enum rb_status call_info_counter(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t counter = arg[0];
	const struct hc_info_counter_args a = { .counter = counter };

	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_info_counter(v, &a, result);
}

static inline enum rb_status call_console_write(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t address = arg[0];
	const uint64_t bytes = arg[1];
	const struct hc_console_write_args a = { .address = address, .bytes = bytes };

	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (address >> 52)
		return RB_INVAL;
	if (bytes > 4096)
		return RB_INVAL;
	return hc_console_write(v, &a, result);
}

static inline enum rb_status call_console_read(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t address = arg[0];
	const uint64_t bytes = arg[1];
	const struct hc_console_read_args a = { .address = address, .bytes = bytes };

	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (address >> 52)
		return RB_INVAL;
	if (bytes > 4096)
		return RB_INVAL;
	return hc_console_read(v, &a, result);
}

static inline enum rb_status call_pt_update(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t word0 = arg[0];
	const uint64_t value0 = arg[1];
	const uint64_t word1 = arg[2];
	const uint64_t value1 = arg[3];
	const uint64_t word2 = arg[4];
	const uint64_t value2 = arg[5];
	const struct hc_pt_update_args a = { .word0 = word0, .value0 = value0, .word1 = word1, .value1 = value1, .word2 = word2, .value2 = value2 };

	return hc_pt_update(v, &a, result);
}

static inline enum rb_status call_pt_batch(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t first = arg[0];
	const uint64_t count = arg[1];
	const struct hc_pt_batch_args a = { .first = first, .count = count };

	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (first > 255)
		return RB_INVAL;
	if (count > 256)
		return RB_INVAL;
	return hc_pt_batch(v, &a, result);
}

static inline enum rb_status call_root_load(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t root = arg[0];
	const struct hc_root_load_args a = { .root = root };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (root >> 40)
		return RB_INVAL;
	return hc_root_load(v, &a);
}

static inline enum rb_status call_pt_reserve_grow(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	if (arg[0] | arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_pt_reserve_grow(v, result);
}

static inline enum rb_status call_tlb_flush(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t vcpu_mask = arg[0];
	const uint64_t scope = arg[1];
	const uint64_t address = arg[2];
	const uint64_t pages = arg[3];
	const struct hc_tlb_flush_args a = { .vcpu_mask = vcpu_mask, .scope = (enum rb_tlb_scope)scope, .address = address, .pages = pages };

	(void)result;
	if (arg[4] | arg[5])
		return RB_INVAL;
	if (scope > RB_TLB_SCOPE_RANGE)
		return RB_INVAL;
	if (address & 0xfff)
		return RB_INVAL;
	return hc_tlb_flush(v, &a);
}

static inline enum rb_status call_event_send(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t vcpu_mask = arg[0];
	const uint64_t vector = arg[1];
	const struct hc_event_send_args a = { .vcpu_mask = vcpu_mask, .vector = vector };

	(void)result;
	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (vector < 32)
		return RB_INVAL;
	if (vector > 255)
		return RB_INVAL;
	return hc_event_send(v, &a);
}

static inline enum rb_status call_port_alloc(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const struct hc_port_alloc_args a = { .domain = domain };

	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (domain > 0xffff)
		return RB_INVAL;
	return hc_port_alloc(v, &a, result);
}

static inline enum rb_status call_port_bind(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const uint64_t port = arg[1];
	const struct hc_port_bind_args a = { .domain = domain, .port = port };

	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (domain > 0xffff)
		return RB_INVAL;
	if (port > 1023)
		return RB_INVAL;
	return hc_port_bind(v, &a, result);
}

static inline enum rb_status call_port_set_target(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t port = arg[0];
	const uint64_t vcpu = arg[1];
	const uint64_t vector = arg[2];
	const struct hc_port_set_target_args a = { .port = port, .vcpu = vcpu, .vector = vector };

	(void)result;
	if (arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (port > 1023)
		return RB_INVAL;
	if (vcpu > 63)
		return RB_INVAL;
	if (vector < 32)
		return RB_INVAL;
	if (vector > 255)
		return RB_INVAL;
	return hc_port_set_target(v, &a);
}

static inline enum rb_status call_port_send(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t port = arg[0];
	const struct hc_port_send_args a = { .port = port };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (port > 1023)
		return RB_INVAL;
	return hc_port_send(v, &a);
}

static inline enum rb_status call_port_mask(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t port = arg[0];
	const uint64_t masked = arg[1];
	const struct hc_port_mask_args a = { .port = port, .masked = masked };

	(void)result;
	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (port > 1023)
		return RB_INVAL;
	if (masked > 1)
		return RB_INVAL;
	return hc_port_mask(v, &a);
}

static inline enum rb_status call_port_close(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t port = arg[0];
	const struct hc_port_close_args a = { .port = port };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (port > 1023)
		return RB_INVAL;
	return hc_port_close(v, &a);
}

static inline enum rb_status call_timer_set(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t deadline_ns = arg[0];
	const struct hc_timer_set_args a = { .deadline_ns = deadline_ns };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_timer_set(v, &a);
}

static inline enum rb_status call_sched_block(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	(void)result;
	if (arg[0] | arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_sched_block(v);
}

static inline enum rb_status call_sched_yield(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	(void)result;
	if (arg[0] | arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_sched_yield(v);
}

static inline enum rb_status call_vcpu_set_entry(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t user_entry = arg[0];
	const uint64_t kernel_entry = arg[1];
	const uint64_t range_start = arg[2];
	const uint64_t range_end = arg[3];
	const uint64_t emergency_sp = arg[4];
	const struct hc_vcpu_set_entry_args a = { .user_entry = user_entry, .kernel_entry = kernel_entry, .range_start = range_start, .range_end = range_end, .emergency_sp = emergency_sp };

	(void)result;
	if (arg[5])
		return RB_INVAL;
	if (user_entry < RB_GATE_END)
		return RB_INVAL;
	if (kernel_entry < RB_GATE_END)
		return RB_INVAL;
	if (range_start && range_start < RB_GATE_END)
		return RB_INVAL;
	if (range_end && range_end < RB_GATE_END)
		return RB_INVAL;
	if (emergency_sp && emergency_sp < RB_GATE_END)
		return RB_INVAL;
	return hc_vcpu_set_entry(v, &a);
}

static inline enum rb_status call_vcpu_set_gs(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t base = arg[0];
	const struct hc_vcpu_set_gs_args a = { .base = base };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (!is_canonical(base))
		return RB_INVAL;
	return hc_vcpu_set_gs(v, &a);
}

static inline enum rb_status call_vcpu_set_page(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t address = arg[0];
	const struct hc_vcpu_set_page_args a = { .address = address };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (address >> 52)
		return RB_INVAL;
	if (address & 0xfff)
		return RB_INVAL;
	return hc_vcpu_set_page(v, &a);
}

static inline enum rb_status call_vcpu_set_queue(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t address = arg[0];
	const struct hc_vcpu_set_queue_args a = { .address = address };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (address >> 52)
		return RB_INVAL;
	if (address & 0xfff)
		return RB_INVAL;
	return hc_vcpu_set_queue(v, &a);
}

static inline enum rb_status call_vcpu_set_descriptor(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t slot = arg[0];
	const uint64_t descriptor = arg[1];
	const struct hc_vcpu_set_descriptor_args a = { .slot = slot, .descriptor = descriptor };

	(void)result;
	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (slot > 3)
		return RB_INVAL;
	return hc_vcpu_set_descriptor(v, &a);
}

static inline enum rb_status call_vcpu_set_debug(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t index = arg[0];
	const uint64_t value = arg[1];
	const struct hc_vcpu_set_debug_args a = { .index = index, .value = value };

	(void)result;
	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (index > 7)
		return RB_INVAL;
	return hc_vcpu_set_debug(v, &a);
}

static inline enum rb_status call_vcpu_set_xcr0(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t value = arg[0];
	const struct hc_vcpu_set_xcr0_args a = { .value = value };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_vcpu_set_xcr0(v, &a);
}

static inline enum rb_status call_vcpu_set_tsc_aux(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t value = arg[0];
	const struct hc_vcpu_set_tsc_aux_args a = { .value = value };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (value > 0xffffffff)
		return RB_INVAL;
	return hc_vcpu_set_tsc_aux(v, &a);
}

static inline enum rb_status call_shutdown(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t reason = arg[0];
	const uint64_t code = arg[1];
	const struct hc_shutdown_args a = { .reason = (enum rb_shutdown_reason)reason, .code = code };

	(void)result;
	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (reason > RB_SHUTDOWN_REASON_CRASH)
		return RB_INVAL;
	if (code > 255)
		return RB_INVAL;
	return hc_shutdown(v, &a);
}

static inline enum rb_status call_debug_check(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	if (arg[0] | arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_debug_check(v, result);
}

static inline enum rb_status call_vcpu_start(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t vcpu = arg[0];
	const uint64_t ip = arg[1];
	const uint64_t sp = arg[2];
	const uint64_t argument = arg[3];
	const uint64_t root = arg[4];
	const uint64_t page = arg[5];
	const struct hc_vcpu_start_args a = { .vcpu = vcpu, .ip = ip, .sp = sp, .argument = argument, .root = root, .page = page };

	(void)result;
	if (vcpu > 63)
		return RB_INVAL;
	if (ip < RB_GATE_END)
		return RB_INVAL;
	if (!is_canonical(sp))
		return RB_INVAL;
	if (root >> 40)
		return RB_INVAL;
	if (page >> 52)
		return RB_INVAL;
	if (page & 0xfff)
		return RB_INVAL;
	return hc_vcpu_start(v, &a);
}

static inline enum rb_status call_vcpu_stop(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	(void)result;
	if (arg[0] | arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_vcpu_stop(v);
}

static inline enum rb_status call_sched_wait(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	(void)result;
	if (arg[0] | arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_sched_wait(v);
}

static inline enum rb_status call_domain_create(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t chunks = arg[0];
	const uint64_t pt_first = arg[1];
	const uint64_t pt_quota = arg[2];
	const uint64_t vcpus = arg[3];
	const struct hc_domain_create_args a = { .chunks = chunks, .pt_first = pt_first, .pt_quota = pt_quota, .vcpus = vcpus };

	if (arg[4] | arg[5])
		return RB_INVAL;
	if (chunks < 1)
		return RB_INVAL;
	if (chunks > 0x100000)
		return RB_INVAL;
	if (pt_first > 0xfffff)
		return RB_INVAL;
	if (pt_quota < 1)
		return RB_INVAL;
	if (pt_quota > 16384)
		return RB_INVAL;
	if (vcpus < 1)
		return RB_INVAL;
	if (vcpus > 64)
		return RB_INVAL;
	return hc_domain_create(v, &a, result);
}

static inline enum rb_status call_domain_populate(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const uint64_t first = arg[1];
	const uint64_t count = arg[2];
	const struct hc_domain_populate_args a = { .domain = domain, .first = first, .count = count };

	if (arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (count < 1)
		return RB_INVAL;
	if (count > 8192)
		return RB_INVAL;
	return hc_domain_populate(v, &a, result);
}

static inline enum rb_status call_domain_write(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const uint64_t to = arg[1];
	const uint64_t from = arg[2];
	const uint64_t bytes = arg[3];
	const struct hc_domain_write_args a = { .domain = domain, .to = to, .from = from, .bytes = bytes };

	(void)result;
	if (arg[4] | arg[5])
		return RB_INVAL;
	if (to >> 52)
		return RB_INVAL;
	if (from >> 52)
		return RB_INVAL;
	if (bytes > 4096)
		return RB_INVAL;
	return hc_domain_write(v, &a);
}

static inline enum rb_status call_domain_read(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const uint64_t from = arg[1];
	const uint64_t to = arg[2];
	const uint64_t bytes = arg[3];
	const struct hc_domain_read_args a = { .domain = domain, .from = from, .to = to, .bytes = bytes };

	(void)result;
	if (arg[4] | arg[5])
		return RB_INVAL;
	if (from >> 52)
		return RB_INVAL;
	if (to >> 52)
		return RB_INVAL;
	if (bytes > 4096)
		return RB_INVAL;
	return hc_domain_read(v, &a);
}

static inline enum rb_status call_domain_build(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const uint64_t image = arg[1];
	const struct hc_domain_build_args a = { .domain = domain, .image = image };

	(void)result;
	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (image >> 52)
		return RB_INVAL;
	if (image & 0x7f)
		return RB_INVAL;
	return hc_domain_build(v, &a);
}

static inline enum rb_status call_domain_unpause(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const struct hc_domain_unpause_args a = { .domain = domain };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_domain_unpause(v, &a);
}

static inline enum rb_status call_domain_pause(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const struct hc_domain_pause_args a = { .domain = domain };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_domain_pause(v, &a);
}

static inline enum rb_status call_domain_destroy(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const struct hc_domain_destroy_args a = { .domain = domain };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	return hc_domain_destroy(v, &a);
}

static inline enum rb_status call_domain_set_share(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const uint64_t weight = arg[1];
	const uint64_t cap = arg[2];
	const struct hc_domain_set_share_args a = { .domain = domain, .weight = weight, .cap = cap };

	(void)result;
	if (arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (weight < 1)
		return RB_INVAL;
	if (weight > 10000)
		return RB_INVAL;
	if (cap > 6400)
		return RB_INVAL;
	return hc_domain_set_share(v, &a);
}

static inline enum rb_status call_domain_info(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t domain = arg[0];
	const uint64_t info = arg[1];
	const struct hc_domain_info_args a = { .domain = domain, .info = info };

	if (arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (info >> 52)
		return RB_INVAL;
	if (info & 0xff)
		return RB_INVAL;
	return hc_domain_info(v, &a, result);
}

static inline enum rb_status call_machine_info(struct vcpu *v, const uint64_t arg[6], uint64_t *result)
{
	const uint64_t info = arg[0];
	const struct hc_machine_info_args a = { .info = info };

	(void)result;
	if (arg[1] | arg[2] | arg[3] | arg[4] | arg[5])
		return RB_INVAL;
	if (info >> 52)
		return RB_INVAL;
	if (info & 0x3f)
		return RB_INVAL;
	return hc_machine_info(v, &a);
}

enum rb_status hypercall_dispatch(struct vcpu *v, uint64_t nr, const uint64_t arg[6], uint64_t *result)
{
	*result = 0;
	if (nr == RB_HC_PT_UPDATE)
		return call_pt_update(v, arg, result);
	if (nr == RB_HC_PT_BATCH)
		return call_pt_batch(v, arg, result);
	if (nr == RB_HC_ROOT_LOAD)
		return call_root_load(v, arg, result);
	switch (nr) {
	case RB_HC_INFO_VERSION:
		return call_info_version(v, arg, result);
	case RB_HC_INFO_FEATURES:
		return call_info_features(v, arg, result);
	case RB_HC_INFO_CALL:
		return call_info_call(v, arg, result);
	case RB_HC_INFO_COUNTER:
		return call_info_counter(v, arg, result);
	case RB_HC_CONSOLE_WRITE:
		return call_console_write(v, arg, result);
	case RB_HC_CONSOLE_READ:
		return call_console_read(v, arg, result);
	case RB_HC_PT_RESERVE_GROW:
		return call_pt_reserve_grow(v, arg, result);
	case RB_HC_TLB_FLUSH:
		return call_tlb_flush(v, arg, result);
	case RB_HC_EVENT_SEND:
		return call_event_send(v, arg, result);
	case RB_HC_PORT_ALLOC:
		return call_port_alloc(v, arg, result);
	case RB_HC_PORT_BIND:
		return call_port_bind(v, arg, result);
	case RB_HC_PORT_SET_TARGET:
		return call_port_set_target(v, arg, result);
	case RB_HC_PORT_SEND:
		return call_port_send(v, arg, result);
	case RB_HC_PORT_MASK:
		return call_port_mask(v, arg, result);
	case RB_HC_PORT_CLOSE:
		return call_port_close(v, arg, result);
	case RB_HC_TIMER_SET:
		return call_timer_set(v, arg, result);
	case RB_HC_SCHED_BLOCK:
		return call_sched_block(v, arg, result);
	case RB_HC_SCHED_YIELD:
		return call_sched_yield(v, arg, result);
	case RB_HC_VCPU_SET_ENTRY:
		return call_vcpu_set_entry(v, arg, result);
	case RB_HC_VCPU_SET_GS:
		return call_vcpu_set_gs(v, arg, result);
	case RB_HC_VCPU_SET_PAGE:
		return call_vcpu_set_page(v, arg, result);
	case RB_HC_VCPU_SET_QUEUE:
		return call_vcpu_set_queue(v, arg, result);
	case RB_HC_VCPU_SET_DESCRIPTOR:
		return call_vcpu_set_descriptor(v, arg, result);
	case RB_HC_VCPU_SET_DEBUG:
		return call_vcpu_set_debug(v, arg, result);
	case RB_HC_VCPU_SET_XCR0:
		return call_vcpu_set_xcr0(v, arg, result);
	case RB_HC_VCPU_SET_TSC_AUX:
		return call_vcpu_set_tsc_aux(v, arg, result);
	case RB_HC_SHUTDOWN:
		return call_shutdown(v, arg, result);
	case RB_HC_DEBUG_CHECK:
		return call_debug_check(v, arg, result);
	case RB_HC_VCPU_START:
		return call_vcpu_start(v, arg, result);
	case RB_HC_VCPU_STOP:
		return call_vcpu_stop(v, arg, result);
	case RB_HC_SCHED_WAIT:
		return call_sched_wait(v, arg, result);
	case RB_HC_DOMAIN_CREATE:
		return call_domain_create(v, arg, result);
	case RB_HC_DOMAIN_POPULATE:
		return call_domain_populate(v, arg, result);
	case RB_HC_DOMAIN_WRITE:
		return call_domain_write(v, arg, result);
	case RB_HC_DOMAIN_READ:
		return call_domain_read(v, arg, result);
	case RB_HC_DOMAIN_BUILD:
		return call_domain_build(v, arg, result);
	case RB_HC_DOMAIN_UNPAUSE:
		return call_domain_unpause(v, arg, result);
	case RB_HC_DOMAIN_PAUSE:
		return call_domain_pause(v, arg, result);
	case RB_HC_DOMAIN_DESTROY:
		return call_domain_destroy(v, arg, result);
	case RB_HC_DOMAIN_SET_SHARE:
		return call_domain_set_share(v, arg, result);
	case RB_HC_DOMAIN_INFO:
		return call_domain_info(v, arg, result);
	case RB_HC_MACHINE_INFO:
		return call_machine_info(v, arg, result);
	default:
		return RB_NOSYS;
	}
}

uint32_t hypercall_since(uint64_t nr)
{
	if (nr <= RB_HC_MACHINE_INFO)
		return 0x10000;
	return 0;
}
