/* SPDX-License-Identifier: GPL-2.0-only */
/* The examples of the reference (abi/source), compiled as they are shown, and run. */
#include "conformance.h"
#include "examples.h"

#define EXAMPLE(name) expect(example_##name(), "it returned false")

TEST("info_version.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(info_version);
}

TEST("info_features.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(info_features);
}

TEST("info_call.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(info_call);
}

TEST("info_counter.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(info_counter);
}

TEST("console_write.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(console_write);
}

TEST("console_read.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(console_read);
}

TEST("pt_update.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(pt_update);
}

TEST("pt_batch.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(pt_batch);
}

TEST("root_load.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(root_load);
}

TEST("pt_reserve_grow.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(pt_reserve_grow);
}

TEST("tlb_flush.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(tlb_flush);
}

TEST("event_send.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(event_send);
}

TEST("port_alloc.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(port_alloc);
}

TEST("port_bind.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(port_bind);
}

TEST("port_set_target.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(port_set_target);
}

TEST("port_send.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(port_send);
}

TEST("port_mask.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(port_mask);
}

TEST("port_close.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(port_close);
}

TEST("timer_set.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(timer_set);
}

TEST("sched_block.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(sched_block);
}

TEST("sched_wait.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(sched_wait);
}

TEST("sched_yield.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(sched_yield);
}

TEST("vcpu_set_entry.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_entry);
}

TEST("vcpu_set_gs.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_gs);
}

TEST("vcpu_set_page.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_page);
}

TEST("vcpu_set_queue.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_queue);
}

TEST("vcpu_set_descriptor.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_descriptor);
}

TEST("vcpu_set_debug.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_debug);
}

TEST("vcpu_set_xcr0.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_xcr0);
}

TEST("vcpu_set_tsc_aux.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_set_tsc_aux);
}

TEST("shutdown.example", "The example does what it shows: it returns true.", .alone = true)
{
	ends(OFF(0), "no domain is left");
	EXAMPLE(shutdown);
}

TEST("debug_check.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(debug_check);
}

TEST("op.NOP.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(op_NOP);
}

TEST("op.TYPE.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(op_TYPE);
}

TEST("op.SET.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(op_SET);
}

TEST("op.LINK.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(op_LINK);
}

TEST("op.AND.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(op_AND);
}

TEST("op.XCHG.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(op_XCHG);
}

TEST("op.FLUSH.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(op_FLUSH);
}

TEST("vcpu_stop.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(vcpu_stop);
}

TEST("vcpu_start.example", "The example does what it shows: it returns true.", .hypervisor = "vcpus=2")
{
	EXAMPLE(vcpu_start);
}

TEST("domain_create.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_create);
}

TEST("domain_populate.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_populate);
}

TEST("domain_write.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_write);
}

TEST("domain_read.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_read);
}

TEST("domain_build.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_build);
}

TEST("domain_unpause.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_unpause);
}

TEST("domain_pause.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_pause);
}

TEST("domain_destroy.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_destroy);
}

TEST("domain_set_share.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_set_share);
}

TEST("domain_info.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(domain_info);
}

TEST("machine_info.example", "The example does what it shows: it returns true.")
{
	EXAMPLE(machine_info);
}
