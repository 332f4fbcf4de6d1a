/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Basic types and units. Machine and guest frame numbers are different types, so that one cannot be
 * passed for the other; an address of guest memory can never be dereferenced by accident.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int32_t s32;
typedef int64_t s64;

/* Number of a 4 KiB frame of machine memory. */
typedef struct { u64 raw; } mfn_t;
/* Number of a 4 KiB frame of a domain's guest-physical memory. */
typedef struct { u64 raw; } gfn_t;

#define PAGE_SHIFT 12
#define PAGE_BYTES 4096ul
#define CHUNK_BYTES 0x200000ul
#define FRAMES_PER_CHUNK 512u
#define PT_ENTRIES 512u

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a) (((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a) - 1))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

static inline bool is_canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}
