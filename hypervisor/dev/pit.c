/* SPDX-License-Identifier: GPL-2.0-only */
/* The 8254's channel 2: the one that is wired to the loudspeaker and raises no interrupt. */
#include "dev/pit.h"
#include "dev/io.h"

#define CHANNEL_2	0x42
#define COMMAND		0x43
#define SPEAKER		0x61

#define COMMAND_COUNT	0xb0	/* channel 2, both bytes, mode 0: count down once */
#define COMMAND_LATCH	0x80	/* channel 2: hold the count for reading */
#define SPEAKER_GATE	0x01
#define SPEAKER_SOUND	0x02
#define SPEAKER_OUTPUT	0x20	/* of channel 2: in mode 0, high from zero on */

void pit_start(void)
{
	io_write8(SPEAKER, (io_read8(SPEAKER) & ~SPEAKER_SOUND) | SPEAKER_GATE);
	io_write8(COMMAND, COMMAND_COUNT);
	io_write8(CHANNEL_2, 0xff);
	io_write8(CHANNEL_2, 0xff);
}

u16 pit_read(void)
{
	u16 low;

	io_write8(COMMAND, COMMAND_LATCH);
	low = io_read8(CHANNEL_2);
	return low | io_read8(CHANNEL_2) << 8;
}

bool pit_has_passed_zero(void)
{
	return io_read8(SPEAKER) & SPEAKER_OUTPUT;
}
