# SPDX-License-Identifier: MIT
# How guest kernels are compiled and linked. ROOT is the top of the source tree.

CC	:= gcc

# No vector state and no red zone: events use the kernel's stack. Linked in the upper 2 GiB, hence -mcmodel=kernel.
GUEST_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -mgeneral-regs-only -mno-red-zone -mcmodel=kernel -fno-pic -fno-pie \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing \
	-fno-delete-null-pointer-checks -fno-tree-loop-distribute-patterns -fno-ident \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -Wstrict-prototypes -Wvla \
	-Wa,--noexecstack -I$(ROOT)/abi/generated -I$(ROOT)/guest-lib
GUEST_LDFLAGS := -nostdlib -static -no-pie -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none -Wl,--fatal-warnings \
	-Wl,-T,$(ROOT)/guest-lib/guest.lds
