// SPDX-License-Identifier: GPL-2.0-only
/*
 * core - a crash leaves a core file with the right content
 *
 * A child with known memory and registers dies by a fault; /tmp/core-test must be
 * an ELF core with its memory, its registers and its signal; and a core piped
 * to a program must reach it.
 * needs: machine
 * Defends: the kernel's walk over another address space, holes included.
 */
#include "test.h"

#include <elf.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char *block;

static int body_crashes(void *unused)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	(void)unused;
	REQUIRE(setrlimit(RLIMIT_CORE, &unlimited) == 0);
	block[5 * PAGE] = 'c'; /* copied on write; most others are the parent's or absent */
	__asm__ volatile("mov $0x1122334455667788, %%r15; movl $1, (%%rax)" : : "a"(24) : "r15", "memory");
	return 0;
}

static char *file_load(const char *path, size_t *bytes)
{
	struct stat state;
	int file = open(path, O_RDONLY);

	REQUIRE(file >= 0 && fstat(file, &state) == 0);
	char *map = mmap(NULL, state.st_size, PROT_READ, MAP_PRIVATE, file, 0);

	REQUIRE(map != MAP_FAILED);
	close(file);
	*bytes = state.st_size;
	return map;
}

static const Elf64_Phdr *segment_find(const char *core, unsigned type, uintptr_t address)
{
	const Elf64_Ehdr *header = (const void *)core;
	const Elf64_Phdr *segments = (const void *)(core + header->e_phoff);

	for (int i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == type && address - segments[i].p_vaddr < (type == PT_NOTE ? 1 : segments[i].p_memsz))
			return &segments[i];
	return NULL;
}

static const struct elf_prstatus *status_find(const char *core)
{
	const Elf64_Phdr *notes = segment_find(core, PT_NOTE, 0);

	REQUIRE(notes);
	for (size_t at = 0; at < notes->p_filesz;) {
		const Elf64_Nhdr *note = (const void *)(core + notes->p_offset + at);

		if (note->n_type == NT_PRSTATUS)
			return (const void *)((const char *)(note + 1) + (note->n_namesz + 3) / 4 * 4);
		at += sizeof(*note) + (note->n_namesz + 3) / 4 * 4 + (note->n_descsz + 3) / 4 * 4;
	}
	return NULL;
}

static void pattern_set(const char *pattern)
{
	int file = open("/proc/sys/kernel/core_pattern", O_WRONLY);

	REQUIRE(file >= 0);
	REQUIRE(write(file, pattern, strlen(pattern)) == (ssize_t)strlen(pattern));
	close(file);
}

static void crash(void)
{
	int status = child_wait(child_start(body_crashes, NULL));

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && WCOREDUMP(status), "status %#x", status);
}

static void test_file(void)
{
	size_t bytes;

	step("a core file");
	pattern_set("/tmp/core-test");
	crash();
	char *core = file_load("/tmp/core-test", &bytes);

	REQUIRE(bytes > sizeof(Elf64_Ehdr) && !memcmp(core, ELFMAG, SELFMAG));
	CHECK_EQ(((Elf64_Ehdr *)core)->e_type, ET_CORE);
	const Elf64_Phdr *segment = segment_find(core, PT_LOAD, (uintptr_t)block);

	REQUIRE(segment);
	CHECK_EQ(segment->p_filesz, segment->p_memsz);
	const char *dumped = core + segment->p_offset + ((uintptr_t)block - segment->p_vaddr);

	CHECK_EQ(dumped[0], 'a');
	CHECK_EQ(dumped[5 * PAGE], 'c');
	CHECK_EQ(dumped[5 * PAGE + 1], 'b');
	CHECK_EQ(dumped[9 * PAGE], 0);
	const struct elf_prstatus *status = status_find(core);

	REQUIRE(status);
	const unsigned long *registers = (const void *)status->pr_reg; /* as in struct user_regs_struct */

	CHECK_EQ(status->pr_cursig, SIGSEGV);
	CHECK_EQ(registers[0], 0x1122334455667788); /* r15 */
	CHECK_EQ(registers[10], 24);                /* rax */
	munmap(core, bytes);
	unlink("/tmp/core-test");
}

static void test_pipe(void)
{
	struct stat state;

	step("a core piped to a program");
	FILE *script = fopen("/tmp/core-reader", "w");

	REQUIRE(script);
	fprintf(script, "#!/bin/sh\ncat >/tmp/core-piped.part\nmv /tmp/core-piped.part /tmp/core-piped\n");
	fclose(script);
	REQUIRE(chmod("/tmp/core-reader", 0755) == 0);
	pattern_set("|/tmp/core-reader");
	crash();
	for (int i = 0; i < 1000 && stat("/tmp/core-piped", &state); i++)
		sleep_ms(10);
	CHECK(stat("/tmp/core-piped", &state) == 0 && state.st_size > 16 * (long)PAGE);
	unlink("/tmp/core-piped");
	unlink("/tmp/core-reader");
}

int main(void)
{
	block = pages_private(16);
	block[0] = 'a';
	block[5 * PAGE + 1] = 'b';
	test_file();
	test_pipe();
	pattern_set("core");
	return verdict();
}
