/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of hypervisor/dev/io.h: a serial port that takes everything. io_sent: the bytes that went out. */
#pragma once

#include "lib/types.h"

#define IO_SCRATCH	0x3ff
#define IO_STATUS	0x3fd
#define IO_DATA		0x3f8

extern u8 io_sent[256];
extern u32 io_sent_count;

static inline u8 io_read8(u16 port)
{
	if (port == IO_SCRATCH)
		return 0x5a;
	return port == IO_STATUS ? 0x60 : 0;	/* empty and idle, nothing received */
}

static inline void io_write8(u16 port, u8 value)
{
	if (port == IO_DATA && io_sent_count < ARRAY_COUNT(io_sent))
		io_sent[io_sent_count++] = value;
}
