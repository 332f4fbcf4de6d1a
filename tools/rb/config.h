/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's configuration: a JSON object in a file. */
#pragma once

#include <stdint.h>

struct config {
	char *name;
	char *kernel;		/* files */
	char *module;		/* NULL: none */
	char *command;		/* the kernel's command line */
	uint64_t memory;	/* bytes */
	uint64_t vcpus, weight, cap;
	uint64_t ptres, ptquota;	/* chunks; zero: by the memory */
};

/* Reads a file. What is wrong in it ends the program with a message that says where. */
struct config config_read(const char *path);
