/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the CMOS clock. Its registers change under the reader: a reading counts when no update was in progress before it and a
 * second reading says the same.
 */
#include "dev/rtc.h"
#include "dev/io.h"
#include "lib/string.h"

#define INDEX		0x70
#define DATA		0x71

#define SECONDS		0x00
#define MINUTES		0x02
#define HOURS		0x04
#define DAY		0x07
#define MONTH		0x08
#define YEAR		0x09
#define STATUS_A	0x0a
#define STATUS_B	0x0b
#define CENTURY		0x32	/* by convention: where ACPI's FADT nearly always says it is */

#define UPDATING	0x80
#define MODE_24		0x02
#define MODE_BINARY	0x04
#define HOURS_PM	0x80
#define PATIENCE	100000

struct reading {
	u8 seconds, minutes, hours, day, month, year, century;
};

static u8 cmos_read(u8 index)
{
	io_write8(INDEX, index);
	return io_read8(DATA);
}

static struct reading read_once(void)
{
	u32 poll;

	for (poll = 0; poll < PATIENCE; poll++)
		if (!(cmos_read(STATUS_A) & UPDATING))
			break;
	return (struct reading){
		cmos_read(SECONDS), cmos_read(MINUTES), cmos_read(HOURS), cmos_read(DAY), cmos_read(MONTH), cmos_read(YEAR),
		cmos_read(CENTURY),
	};
}

static struct reading read_stable(void)
{
	struct reading first, second;
	u32 tries = 0;

	do {
		first = read_once();
		second = read_once();
	} while (memcmp(&first, &second, sizeof(first)) != 0 && tries++ < 10);
	return second;
}

static u8 from_bcd(u8 byte)
{
	return (byte >> 4) * 10 + (byte & 15);
}

static void decode(struct reading *clock, u8 mode)
{
	bool afternoon = clock->hours & HOURS_PM;

	clock->hours &= 0x7f;
	if (!(mode & MODE_BINARY)) {
		clock->seconds = from_bcd(clock->seconds);
		clock->minutes = from_bcd(clock->minutes);
		clock->hours = from_bcd(clock->hours);
		clock->day = from_bcd(clock->day);
		clock->month = from_bcd(clock->month);
		clock->year = from_bcd(clock->year);
		clock->century = from_bcd(clock->century);
	}
	if (!(mode & MODE_24))
		clock->hours = clock->hours % 12 + (afternoon ? 12 : 0);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. A year begins in March, so that the leap day is its last. */
static u64 days_since_1970(u64 year, u64 month, u64 day)
{
	if (month <= 2)
		year--;
	month = (month + 9) % 12;
	return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719468;
}

u64 rtc_seconds(void)
{
	struct reading clock = read_stable();
	u64 year;

	decode(&clock, cmos_read(STATUS_B));
	if (clock.month < 1 || clock.month > 12 || clock.day < 1 || clock.day > 31)
		return 0;
	year = clock.year + (clock.century == 19 ? 1900 : 2000);
	if (year < 1970)
		return 0;
	return days_since_1970(year, clock.month, clock.day) * 86400 + clock.hours * 3600ul + clock.minutes * 60ul + clock.seconds;
}
