/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to the list of processors: root pointer (from the loader, or found in the BIOS area), root table, MADT. The firmware is trusted,
 * but its tables may be broken: each is used only if its length is sane and its bytes add up to zero.
 */
#include "boot/acpi.h"
#include "boot/boot_info.h"
#include "lib/print.h"
#include "lib/string.h"
#include "x86/direct.h"

#define REACH		(4ul << 30)
#define TABLE_BYTES_MAX	(1u << 20)
#define EBDA_SEGMENT	0x40eul		/* word: real-mode segment of the extended BIOS data area */
#define BIOS_START	0xe0000ul
#define BIOS_END	0x100000ul
#define RSDP_STEP	16

#define ENTRY_LAPIC	0
#define ENTRY_X2APIC	9
#define CPU_ENABLED	1u

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 bytes;		/* from revision 2 on */
	u64 xsdt;
	u8 extended_checksum;
	u8 reserved[3];
} __attribute__((packed));

struct table {
	char signature[4];
	u32 bytes;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __attribute__((packed));

struct madt {
	struct table header;
	u32 lapic, flags;
	u8 entries[];
} __attribute__((packed));

#define RSDP1_BYTES 20

static bool adds_up(const void *from, u32 bytes)
{
	const u8 *byte = from;
	u8 sum = 0;

	while (bytes--)
		sum += *byte++;
	return sum == 0;
}

static bool is_rsdp(const void *pointer)
{
	return memcmp(pointer, "RSD PTR ", 8) == 0 && adds_up(pointer, RSDP1_BYTES);
}

static const struct rsdp *rsdp_search(u64 start, u64 end)
{
	for (; start + sizeof(struct rsdp) <= end; start += RSDP_STEP)
		if (is_rsdp(direct_pointer(start)))
			return direct_pointer(start);
	return NULL;
}

static const struct rsdp *rsdp_find(void)
{
	u64 ebda = (u64)*(const u16 *)direct_pointer(EBDA_SEGMENT) << 4;
	const struct rsdp *rsdp = NULL;

	if (boot_info.rsdp_bytes >= RSDP1_BYTES)
		return is_rsdp(boot_info.rsdp) ? (const void *)boot_info.rsdp : NULL;
	if (ebda >= 0x400 && ebda < 0xa0000)
		rsdp = rsdp_search(ebda, ebda + 1024);
	return rsdp ? rsdp : rsdp_search(BIOS_START, BIOS_END);
}

/* The table at a machine address, if it is in reach and sound. */
static const struct table *table_at(u64 maddr)
{
	const struct table *table = direct_pointer(maddr);

	if (maddr == 0 || maddr > REACH - TABLE_BYTES_MAX)
		return NULL;
	if (table->bytes < sizeof(*table) || table->bytes > TABLE_BYTES_MAX || !adds_up(table, table->bytes))
		return NULL;
	return table;
}

/* Entries of the root table have 4 bytes (RSDT) or 8 (XSDT). */
static const struct madt *madt_find(const struct table *root, u32 entry_bytes)
{
	const u8 *entry = (const u8 *)(root + 1), *end = (const u8 *)root + root->bytes;

	for (; entry + entry_bytes <= end; entry += entry_bytes) {
		u64 maddr = 0;
		const struct table *table;

		memcpy(&maddr, entry, entry_bytes);
		table = table_at(maddr);
		if (table && memcmp(table->signature, "APIC", 4) == 0 && table->bytes >= sizeof(struct madt))
			return (const void *)table;
	}
	return NULL;
}

static void cpu_add(u32 id, u32 flags)
{
	if (!(flags & CPU_ENABLED))
		return;
	if (boot_info.cpu_count == BOOT_CPUS) {
		print("acpi: more than %u processors, one is not used\n", BOOT_CPUS);
		return;
	}
	boot_info.cpu_ids[boot_info.cpu_count++] = id;
}

static void madt_read(const struct madt *madt)
{
	const u8 *entry = madt->entries, *end = (const u8 *)madt + madt->header.bytes;

	/* An entry begins with its type and its length. */
	while (entry + 2 <= end && entry[1] >= 2 && entry + entry[1] <= end) {
		u32 id, flags;

		if (entry[0] == ENTRY_LAPIC && entry[1] >= 8) {
			memcpy(&flags, entry + 4, 4);
			cpu_add(entry[3], flags);
		} else if (entry[0] == ENTRY_X2APIC && entry[1] >= 16) {
			memcpy(&id, entry + 4, 4);
			memcpy(&flags, entry + 8, 4);
			cpu_add(id, flags);
		}
		entry += entry[1];
	}
}

void acpi_read_cpus(void)
{
	const struct rsdp *rsdp = rsdp_find();
	const struct table *root = NULL;
	const struct madt *madt;
	u32 entry_bytes = 8;

	if (rsdp && rsdp->revision >= 2 && (!boot_info.rsdp_bytes || boot_info.rsdp_bytes >= sizeof(*rsdp)))
		root = table_at(rsdp->xsdt);
	if (rsdp && !root) {
		root = table_at(rsdp->rsdt);
		entry_bytes = 4;
	}
	madt = root ? madt_find(root, entry_bytes) : NULL;
	if (madt)
		madt_read(madt);
	else
		print("acpi: no list of processors: the boot processor alone is used\n");
}
