/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/ringbolt: the control domain's tools make calls of the control family with it.
 *
 * A file has a buffer, mmap()ed from offset 0, RINGBOLT_BUFFER_BYTES long: memory that calls can be given by its guest-physical address, which
 * RINGBOLT_IOC_BUFFER tells. Structures and bytes go through it.
 */
#ifndef _UAPI_ASM_X86_RINGBOLT_H
#define _UAPI_ASM_X86_RINGBOLT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RINGBOLT_BUFFER_BYTES 65536

struct ringbolt_call {
	__u64 number;		/* a call of the control family */
	__u64 argument[6];
	__s64 status;		/* written: what the call said, */
	__u64 result;		/* and its result */
};

/* Makes a call. EPERM: not of the control family. What the hypervisor says is in status, not in errno. */
#define RINGBOLT_IOC_CALL	_IOWR('R', 0xb0, struct ringbolt_call)
/* The guest-physical address of the buffer. */
#define RINGBOLT_IOC_BUFFER	_IOR('R', 0xb1, __u64)

#endif
