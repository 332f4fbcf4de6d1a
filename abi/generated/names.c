/* SPDX-License-Identifier: MIT */
/* generated from abi/source - do not edit */
/* Names of calls, statuses, counters and page-table operations. See names.h. */

#include "names.h"

const char *rb_call_name(uint64_t nr)
{
	switch (nr) {
	case RB_HC_INFO_VERSION:
		return "info_version";
	case RB_HC_INFO_FEATURES:
		return "info_features";
	case RB_HC_INFO_CALL:
		return "info_call";
	case RB_HC_INFO_COUNTER:
		return "info_counter";
	case RB_HC_CONSOLE_WRITE:
		return "console_write";
	case RB_HC_CONSOLE_READ:
		return "console_read";
	case RB_HC_PT_UPDATE:
		return "pt_update";
	case RB_HC_PT_BATCH:
		return "pt_batch";
	case RB_HC_ROOT_LOAD:
		return "root_load";
	case RB_HC_PT_RESERVE_GROW:
		return "pt_reserve_grow";
	case RB_HC_TLB_FLUSH:
		return "tlb_flush";
	case RB_HC_EVENT_SEND:
		return "event_send";
	case RB_HC_PORT_ALLOC:
		return "port_alloc";
	case RB_HC_PORT_BIND:
		return "port_bind";
	case RB_HC_PORT_SET_TARGET:
		return "port_set_target";
	case RB_HC_PORT_SEND:
		return "port_send";
	case RB_HC_PORT_MASK:
		return "port_mask";
	case RB_HC_PORT_CLOSE:
		return "port_close";
	case RB_HC_TIMER_SET:
		return "timer_set";
	case RB_HC_SCHED_BLOCK:
		return "sched_block";
	case RB_HC_SCHED_YIELD:
		return "sched_yield";
	case RB_HC_VCPU_SET_ENTRY:
		return "vcpu_set_entry";
	case RB_HC_VCPU_SET_GS:
		return "vcpu_set_gs";
	case RB_HC_VCPU_SET_PAGE:
		return "vcpu_set_page";
	case RB_HC_VCPU_SET_QUEUE:
		return "vcpu_set_queue";
	case RB_HC_VCPU_SET_DESCRIPTOR:
		return "vcpu_set_descriptor";
	case RB_HC_VCPU_SET_DEBUG:
		return "vcpu_set_debug";
	case RB_HC_VCPU_SET_XCR0:
		return "vcpu_set_xcr0";
	case RB_HC_VCPU_SET_TSC_AUX:
		return "vcpu_set_tsc_aux";
	case RB_HC_SHUTDOWN:
		return "shutdown";
	case RB_HC_DEBUG_CHECK:
		return "debug_check";
	case RB_HC_VCPU_START:
		return "vcpu_start";
	case RB_HC_VCPU_STOP:
		return "vcpu_stop";
	case RB_HC_SCHED_WAIT:
		return "sched_wait";
	case RB_HC_DOMAIN_CREATE:
		return "domain_create";
	case RB_HC_DOMAIN_POPULATE:
		return "domain_populate";
	case RB_HC_DOMAIN_WRITE:
		return "domain_write";
	case RB_HC_DOMAIN_READ:
		return "domain_read";
	case RB_HC_DOMAIN_BUILD:
		return "domain_build";
	case RB_HC_DOMAIN_UNPAUSE:
		return "domain_unpause";
	case RB_HC_DOMAIN_PAUSE:
		return "domain_pause";
	case RB_HC_DOMAIN_DESTROY:
		return "domain_destroy";
	case RB_HC_DOMAIN_SET_SHARE:
		return "domain_set_share";
	case RB_HC_DOMAIN_INFO:
		return "domain_info";
	case RB_HC_MACHINE_INFO:
		return "machine_info";
	default:
		return "?";
	}
}

const char *rb_status_name(int64_t status)
{
	switch (status) {
	case RB_OK:
		return "OK";
	case RB_NOSYS:
		return "NOSYS";
	case RB_PERM:
		return "PERM";
	case RB_INVAL:
		return "INVAL";
	case RB_NOENT:
		return "NOENT";
	case RB_OWNER:
		return "OWNER";
	case RB_TYPE:
		return "TYPE";
	case RB_BUSY:
		return "BUSY";
	case RB_NOSPACE:
		return "NOSPACE";
	case RB_AGAIN:
		return "AGAIN";
	default:
		return "?";
	}
}

const char *rb_counter_name(uint64_t counter)
{
	switch (counter) {
	case RB_COUNTER_ENTRIES:
		return "entries";
	case RB_COUNTER_HYPERCALLS:
		return "hypercalls";
	case RB_COUNTER_INTERRUPTS:
		return "interrupts";
	case RB_COUNTER_EXCEPTIONS:
		return "exceptions";
	case RB_COUNTER_EVENTS:
		return "events";
	case RB_COUNTER_RESTARTS:
		return "restarts";
	case RB_COUNTER_TIMER_EVENTS:
		return "timer_events";
	case RB_COUNTER_PT_OPS:
		return "pt_ops";
	case RB_COUNTER_PT_REFUSED:
		return "pt_refused";
	case RB_COUNTER_ROOT_LOADS:
		return "root_loads";
	case RB_COUNTER_FRAMES_TOTAL:
		return "frames_total";
	case RB_COUNTER_FRAMES_TYPED:
		return "frames_typed";
	case RB_COUNTER_FRAMES_LINKED:
		return "frames_linked";
	case RB_COUNTER_BLOCKS:
		return "blocks";
	default:
		return "?";
	}
}

const char *rb_op_name(uint64_t op)
{
	switch (op) {
	case RB_OP_NOP:
		return "NOP";
	case RB_OP_TYPE:
		return "TYPE";
	case RB_OP_SET:
		return "SET";
	case RB_OP_LINK:
		return "LINK";
	case RB_OP_AND:
		return "AND";
	case RB_OP_XCHG:
		return "XCHG";
	case RB_OP_FLUSH:
		return "FLUSH";
	default:
		return "?";
	}
}
