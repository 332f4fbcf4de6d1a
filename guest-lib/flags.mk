# SPDX-License-Identifier: MIT
# How guest kernels are compiled and linked. ROOT is the top of the source tree.

CC	:= gcc

# What every guest needs; also in ringbolt-guest.pc. No vector state and no red zone: events use the kernel's stack. Linked in the upper
# 2 GiB, hence -mcmodel=kernel. Sections that guest.lds has no place for are refused: nobody would set them up (thread-local variables, exceptions).
GUEST_NEEDS := -ffreestanding -mgeneral-regs-only -mno-red-zone -mcmodel=kernel -fno-pic -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables
GUEST_LINK := -nostdlib -static -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none -Wl,--orphan-handling=error

# And how those of this tree are. The last but one is GCC's: clang never makes loops into calls of memset in freestanding code.
GUEST_CFLAGS := -std=gnu11 -O2 -g $(GUEST_NEEDS) -fcf-protection=none -fno-strict-aliasing -fno-delete-null-pointer-checks \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -Wstrict-prototypes -Wvla \
	-Wa,--noexecstack $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns -fno-ident) \
	-I$(ROOT)/abi/generated -I$(ROOT)/guest-lib
GUEST_LDFLAGS := $(GUEST_LINK) -Wl,--fatal-warnings -Wl,-T,$(ROOT)/guest-lib/guest.lds
