/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the vCPU family: what the calling vCPU's kernel sets up for itself. */
#include "abi/generated/dispatch.h"
#include "vm/domain.h"
#include "x86/descriptor.h"
#include "x86/fpu.h"
#include "x86/instruction.h"

enum rb_status hc_vcpu_start(struct vcpu *v, const struct hc_vcpu_start_args *a)
{
	struct vcpu *target = domain_vcpu(v->domain, a->vcpu);
	struct vcpu_start start = { .ip = a->ip, .sp = a->sp, .argument = a->argument, .root = { a->root } };
	enum rb_status status;

	if (!target)
		return RB_NOENT;
	status = space_data(&v->domain->space, a->page, PAGE_BYTES, (void **)&start.page);
	if (status != RB_OK)
		return status;
	return vcpu_start_at(target, &start);
}

enum rb_status hc_vcpu_stop(struct vcpu *v)
{
	return vcpu_end(v);
}

enum rb_status hc_vcpu_set_entry(struct vcpu *v, const struct hc_vcpu_set_entry_args *a)
{
	if (a->range_end < a->range_start)
		return RB_INVAL;

	v->user_entry = a->user_entry;
	v->kernel_entry = a->kernel_entry;
	v->range_start = a->range_start;
	v->range_end = a->range_end;
	v->emergency_sp = a->emergency_sp;
	vcpu_load_entry(v);
	return RB_OK;
}

enum rb_status hc_vcpu_set_gs(struct vcpu *v, const struct hc_vcpu_set_gs_args *a)
{
	v->kernel_gs = a->base;
	vcpu_load_entry(v);
	return RB_OK;
}

enum rb_status hc_vcpu_set_page(struct vcpu *v, const struct hc_vcpu_set_page_args *a)
{
	void *page;
	enum rb_status status = space_data(&v->domain->space, a->address, PAGE_BYTES, &page);

	if (status != RB_OK)
		return status;

	vcpu_move_page(v, page);
	return RB_OK;
}

enum rb_status hc_vcpu_set_queue(struct vcpu *v, const struct hc_vcpu_set_queue_args *a)
{
	void *page;
	enum rb_status status = space_data(&v->domain->space, a->address, PAGE_BYTES, &page);

	if (status != RB_OK)
		return status;

	v->queue = page;
	return RB_OK;
}

enum rb_status hc_vcpu_set_descriptor(struct vcpu *v, const struct hc_vcpu_set_descriptor_args *a)
{
	if (!descriptor_is_guest_data(a->descriptor))
		return RB_INVAL;

	v->descriptors[nospec_index(a->slot, VCPU_DESCRIPTORS)] = a->descriptor ? a->descriptor | DESCRIPTOR_ACCESSED : 0;
	vcpu_load_descriptors(v);
	return RB_OK;
}

/* A breakpoint address: nothing of the hypervisor's, whatever its length. */
static bool debug_address_is_valid(u64 address)
{
	return is_canonical(address) && (address >= RB_GATE_END || address < RB_GATE_START);
}

#define DR7_ENABLES	0x3fful		/* local and global, exact */
#define DR7_FIXED	0x400ul
#define DR7_CONDITIONS	0xffff0000ul
#define CONDITION_IO	2

static bool debug_control_is_valid(u64 value)
{
	if (value & ~(DR7_ENABLES | DR7_FIXED | DR7_CONDITIONS))
		return false;
	for (u32 i = 0; i < 4; i++) {
		if ((value >> (16 + 4 * i) & 3) == CONDITION_IO)
			return false;
	}
	return true;
}

enum rb_status hc_vcpu_set_debug(struct vcpu *v, const struct hc_vcpu_set_debug_args *a)
{
	if (a->index < 4 ? !debug_address_is_valid(a->value) : a->index != 7 || !debug_control_is_valid(a->value))
		return RB_INVAL;

	if (a->index < 4)
		v->debug[nospec_index(a->index, 4)] = a->value;
	else
		v->debug_control = a->value | DR7_FIXED;
	vcpu_load_debug(v);
	return RB_OK;
}

enum rb_status hc_vcpu_set_xcr0(struct vcpu *v, const struct hc_vcpu_set_xcr0_args *a)
{
	if (!xcr0_is_valid(a->value))
		return RB_INVAL;

	v->xcr0 = a->value;
	xcr0_write(a->value);
	return RB_OK;
}

enum rb_status hc_vcpu_set_tsc_aux(struct vcpu *v, const struct hc_vcpu_set_tsc_aux_args *a)
{
	v->tsc_aux = (u32)a->value;
	msr_write(MSR_TSC_AUX, a->value);
	return RB_OK;
}
