/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a guest kernel's ELF file. Where a segment goes is its physical address (p_paddr); its virtual address is not looked at,
 * because a kernel may give segments that it copies itself any address (Linux's per-CPU data is at 0). The notes stand among others.
 *
 * The file comes from whoever starts the machine, but nothing in it is taken for granted: every offset and length is checked
 * against the file before it is used.
 */
#include "boot/elf.h"
#include "lib/string.h"
#include "ringbolt.h"

#define PT_LOAD		1
#define PT_NOTE		4
#define TYPE_EXEC	2
#define TYPE_DYN	3
#define MACHINE_X86_64	62
#define ADDRESS_LIMIT	(1ul << 46)	/* of guest-physical addresses */

struct elf_header {
	u8 identity[16];
	u16 type, machine;
	u32 version;
	u64 entry, program_headers, section_headers;
	u32 flags;
	u16 header_bytes, program_header_bytes, program_header_count;
	u16 section_header_bytes, section_header_count, section_names;
};

struct elf_program_header {
	u32 type, flags;
	u64 offset, virtual, physical, file_bytes, memory_bytes, align;
};

struct elf_note {
	u32 name_bytes, content_bytes, type;
};

/* Which notes were seen: one bit per type. */
#define NOTES_NEEDED (1u << RB_NOTE_ABI | 1u << RB_NOTE_ENTRY | 1u << RB_NOTE_IMAGE_OFFSET | 1u << RB_NOTE_DIRECT_BASE)

static bool is_inside(u64 start, u64 bytes, u64 limit)
{
	return start <= limit && bytes <= limit - start;
}

static const struct elf_header *header_of(const struct kernel *kernel)
{
	return (const struct elf_header *)kernel->file;
}

static const struct elf_program_header *program_header(const struct kernel *kernel, u32 i)
{
	return (const struct elf_program_header *)(kernel->file + header_of(kernel)->program_headers) + i;
}

static const char *check_header(const struct kernel *kernel)
{
	static const u8 identity[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };	/* 64 bits, little-endian, version 1 */
	const struct elf_header *header = header_of(kernel);
	u32 i;

	if (kernel->file_bytes < sizeof(*header) || memcmp(header->identity, identity, sizeof(identity)) != 0)
		return "it is not a 64-bit ELF file (a bzImage must be unpacked to vmlinux)";
	if (header->machine != MACHINE_X86_64 || (header->type != TYPE_EXEC && header->type != TYPE_DYN))
		return "it is not an x86-64 executable";
	if (header->program_header_bytes != sizeof(struct elf_program_header) || header->program_headers % 8 ||
	    !is_inside(header->program_headers, header->program_header_count * sizeof(struct elf_program_header), kernel->file_bytes))
		return "its program headers are not in the file";
	for (i = 0; i < header->program_header_count; i++)
		if (!is_inside(program_header(kernel, i)->offset, program_header(kernel, i)->file_bytes, kernel->file_bytes))
			return "a segment is not in the file";
	return NULL;
}

static u32 read_u32(const u8 *from)
{
	u32 value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static u64 read_u64(const u8 *from)
{
	u64 value;

	memcpy(&value, from, sizeof(value));
	return value;
}

/* One of our notes. Its bit, or 0 when it is none that we know. */
static u32 note_read(struct kernel *kernel, u32 type, const u8 *content, u32 bytes)
{
	if (bytes != 8)
		return 0;
	if (type == RB_NOTE_ABI) {
		kernel->abi_major = read_u32(content);
		kernel->abi_minor = read_u32(content + 4);
	} else if (type == RB_NOTE_ENTRY) {
		kernel->entry = read_u64(content);
	} else if (type == RB_NOTE_IMAGE_OFFSET) {
		kernel->image_offset = read_u64(content);
	} else if (type == RB_NOTE_DIRECT_BASE) {
		kernel->direct_base = read_u64(content);
	} else {
		return 0;
	}
	return 1u << type;
}

/* The notes of one PT_NOTE segment. A note that does not fit ends it. */
static u32 notes_read(struct kernel *kernel, const struct elf_program_header *segment)
{
	const u8 *notes = kernel->file + segment->offset;
	u64 align = segment->align == 8 ? 8 : 4, offset = 0;
	u32 seen = 0;

	while (is_inside(offset, sizeof(struct elf_note), segment->file_bytes)) {
		u32 name_bytes = read_u32(notes + offset), content_bytes = read_u32(notes + offset + 4), type = read_u32(notes + offset + 8);
		u64 name = offset + sizeof(struct elf_note);
		u64 content = ALIGN_UP(name + name_bytes, align);

		if (!is_inside(content, content_bytes, segment->file_bytes))
			break;
		if (name_bytes == sizeof(RB_NOTE_OWNER) && memcmp(notes + name, RB_NOTE_OWNER, sizeof(RB_NOTE_OWNER)) == 0)
			seen |= note_read(kernel, type, notes + content, content_bytes);
		offset = ALIGN_UP(content + content_bytes, align);
	}
	return seen;
}

static const char *check_notes(const struct kernel *kernel)
{
	if (kernel->abi_major != RB_ABI_MAJOR || kernel->abi_minor > RB_ABI_MINOR)
		return "it was built for another version of the interface";
	if (kernel->direct_base % (1ul << 39) || kernel->direct_base < RB_GATE_END)
		return "its DIRECT_BASE is no multiple of 512 GiB from GATE_END on";
	if (kernel->image_offset % CHUNK_BYTES || kernel->start + kernel->image_offset < RB_GATE_END ||
	    kernel->end - 1 + kernel->image_offset < kernel->start + kernel->image_offset)
		return "its IMAGE_OFFSET is no multiple of 2 MiB, or does not put the image above GATE_END";
	if (kernel->entry < RB_GATE_END || kernel->entry - kernel->image_offset < kernel->start ||
	    kernel->entry - kernel->image_offset >= kernel->end)
		return "its ENTRY is not in the image";
	return NULL;
}

bool kernel_next_segment(const struct kernel *kernel, u32 *position, struct kernel_segment *segment)
{
	while (*position < header_of(kernel)->program_header_count) {
		const struct elf_program_header *header = program_header(kernel, (*position)++);

		if (header->type != PT_LOAD || header->memory_bytes == 0)
			continue;
		*segment = (struct kernel_segment){
			.start = header->physical,
			.content = kernel->file + header->offset,
			.file_bytes = header->file_bytes,
			.memory_bytes = header->memory_bytes,
		};
		return true;
	}
	return false;
}

static const char *measure(struct kernel *kernel)
{
	struct kernel_segment segment;
	u32 position = 0;

	kernel->start = ADDRESS_LIMIT;
	kernel->end = 0;
	while (kernel_next_segment(kernel, &position, &segment)) {
		if (segment.file_bytes > segment.memory_bytes || !is_inside(segment.start, segment.memory_bytes, ADDRESS_LIMIT))
			return "a segment has no sensible size or address";
		kernel->start = MIN(kernel->start, segment.start);
		kernel->end = MAX(kernel->end, segment.start + segment.memory_bytes);
	}
	return kernel->end ? NULL : "it has nothing to load";
}

const char *kernel_parse(struct kernel *kernel, const void *file, u64 bytes)
{
	const char *refusal;
	u32 seen = 0, i;

	*kernel = (struct kernel){ .file = file, .file_bytes = bytes };
	refusal = check_header(kernel);
	if (!refusal)
		refusal = measure(kernel);
	if (refusal)
		return refusal;
	for (i = 0; i < header_of(kernel)->program_header_count; i++)
		if (program_header(kernel, i)->type == PT_NOTE)
			seen |= notes_read(kernel, program_header(kernel, i));
	if (!seen)
		return "it has no Ringbolt notes: it was not built as a Ringbolt guest";
	if ((seen & NOTES_NEEDED) != NOTES_NEEDED)
		return "a Ringbolt note is missing (ABI, ENTRY, IMAGE_OFFSET, DIRECT_BASE are needed)";
	return check_notes(kernel);
}
