/* SPDX-License-Identifier: GPL-2.0-only */
/* See image.h. */
#include "image.h"

#include <elf.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_BYTES	0x100000ul
#define TRAMPOLINE	((u8 *)GATE + 0x80002)	/* a jump out, near enough for five bytes; its address is aligned, as AC may be set */

static const u8 *file;			/* the image */
static const Elf64_Shdr *sections;
static const Elf64_Shdr *text, *symbols;

void image_out(void);
void image_enter(const u8 *place, struct image_regs *regs);

/*
 * image_enter(place, regs): registers from *regs, jump. image_out is where the gate jumps to: registers back to *regs, return from
 * image_enter. What lies between changes RSP as it likes.
 */
asm(	".text\n"
	"image_enter:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, image_rsp(%rip)\n"
	"	mov %rsi, image_regs(%rip)\n"
	"	mov %rdi, %r10\n"
	"	mov 0(%rsi), %rax\n"
	"	mov 8(%rsi), %rcx\n"
	"	mov 16(%rsi), %rdx\n"
	"	mov 24(%rsi), %r11\n"
	"	push 40(%rsi); popfq\n"
	"	mov 32(%rsi), %rsp\n"
	"	jmp *%r10\n"
	"image_out:\n"
	"	mov %rsi, image_rsi(%rip)\n"
	"	mov image_regs(%rip), %rsi\n"
	"	mov %rax, 0(%rsi)\n"
	"	mov %rcx, 8(%rsi)\n"
	"	mov %rdx, 16(%rsi)\n"
	"	mov %r11, 24(%rsi)\n"
	"	mov %rsp, 32(%rsi)\n"
	"	mov image_rsp(%rip), %rsp\n"
	"	pushfq; pop 40(%rsi)\n"
	"	push $2; popfq\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n"
	"	.bss\n"
	"	.balign 8\n"
	"image_rsp:	.quad 0\n"
	"image_regs:	.quad 0\n"
	"image_rsi:	.quad 0\n"
	"	.text\n");

static const Elf64_Shdr *section_find(const Elf64_Ehdr *header, const char *name)
{
	const char *names = (const char *)file + sections[header->e_shstrndx].sh_offset;

	for (u32 i = 0; i < header->e_shnum; i++)
		if (!strcmp(names + sections[i].sh_name, name))
			return &sections[i];
	errx(2, "the image has no section %s", name);
}

void image_load(const char *path)
{
	const int fd = open(path, O_RDONLY);
	const Elf64_Ehdr *header;
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat))
		err(2, "%s", path);
	file = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		err(2, "%s", path);
	close(fd);
	header = (const Elf64_Ehdr *)file;
	if (stat.st_size < (off_t)sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_ident[EI_CLASS] != ELFCLASS64)
		errx(2, "%s: no ELF file of 64 bits", path);
	sections = (const Elf64_Shdr *)(file + header->e_shoff);
	text = section_find(header, ".gate");
	symbols = section_find(header, ".symtab");
	if (mmap((void *)GATE, WINDOW_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
	    != (void *)GATE)
		err(2, "the place of the gate");
	image_restore();
}

void image_restore(void)
{
	static const u8 jump[] = { 0xff, 0x25, 0, 0, 0, 0 };	/* jmp *0(%rip) */
	const u64 out = (u64)image_out;

	memcpy((void *)GATE, file + text->sh_offset, text->sh_size);
	memcpy(TRAMPOLINE, jump, sizeof(jump));
	memcpy(TRAMPOLINE + sizeof(jump), &out, sizeof(out));
}

u8 *image_symbol(const char *name)
{
	const Elf64_Sym *symbol = (const Elf64_Sym *)(file + symbols->sh_offset);
	const char *names = (const char *)file + sections[symbols->sh_link].sh_offset;

	for (u64 i = 0; i < symbols->sh_size / sizeof(*symbol); i++)
		if (!strcmp(names + symbol[i].st_name, name) && symbol[i].st_value - text->sh_addr < text->sh_size)
			return (u8 *)GATE + (symbol[i].st_value - text->sh_addr);
	errx(2, "the gate has no symbol %s", name);
}

void image_leave_at(u8 *place)
{
	const s32 distance = (s32)(TRAMPOLINE - (place + 5));

	place[0] = 0xe9;
	memcpy(place + 1, &distance, sizeof(distance));
}

void image_run(const u8 *place, struct image_regs *regs)
{
	image_enter(place, regs);
}
