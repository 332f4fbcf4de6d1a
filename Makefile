# SPDX-License-Identifier: GPL-2.0-only
# The commands of the project; "make help" lists them. What each part needs to
# know about building itself is in its own folder.

.DEFAULT_GOAL := hypervisor

# Debian 12 packages: everything that building, running and testing need.
DEPS := gcc libc6-dev make bc bison flex libelf-dev patch xz-utils cpio python3 \
	linux-source-6.12 busybox-static qemu-system-x86 libyajl-dev
# What only the tests need: unit tests, a look into images, the second processor model, boot loaders, load, the compilers that users of the guest library may have.
CHECK_DEPS := libcmocka-dev python3-pyelftools bochs bochs-term bochsbios vgabios bsdutils grub-common grub-pc-bin grub-efi-amd64-bin ovmf xorriso mtools stress-ng \
	g++ clang libclang-rt-14-dev pkgconf spin
# What the kernel's own selftests are built with (tests/linux/kselftest).
CHECK_DEPS += gcc-multilib libcap-dev libnuma-dev liburing-dev
# What the reference is built with; and what tests look at it with.
DOCS_DEPS := python3-sphinx python3-myst-parser furo graphviz
CHECK_DEPS += $(DOCS_DEPS) chromium chromium-driver python3-selenium fonts-dejavu-core mandoc man-db

JOBS := -j$(shell nproc)
ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help deps check-deps docs-deps docs hypervisor linux initramfs run native check bench install uninstall clean

help:
	@echo 'make run        build everything and boot Linux on Ringbolt to a shell (QEMU)'
	@echo 'make native     boot the same Linux without Ringbolt'
	@echo 'make check      run all tests; the last line counts them'
	@echo 'make bench      what operations cost natively, on Ringbolt and on Xen: build/bench/ (HISTORY=DIR keeps results)'
	@echo 'make            build the hypervisor: build/ringbolt.elf, build/release/'
	@echo 'make linux      build the patched Linux kernel: build/linux/'
	@echo 'make docs       build the reference: build/docs/html/index.html, build/docs/man/'
	@echo 'make initramfs  build the test image: build/initramfs.cpio.gz'
	@echo 'make install    install the guest library (PREFIX, LIBDIR, DESTDIR: guest-lib/README.md); make uninstall'
	@echo 'make deps       install the Debian packages that are missing (check-deps: those of the tests too)'
	@echo 'make clean      remove build/ (not the cache of Linux kernels)'

# $(1): packages; those that are missing are installed.
install = missing=$$(for package in $(1); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q ' installed$$' || echo $$package; done); \
	if [ -n "$$missing" ]; then \
		echo "Installing" $$missing; \
		$(ROOT) apt-get update && \
		DEBIAN_FRONTEND=noninteractive $(ROOT) apt-get install -y --no-install-recommends $$missing; \
	fi

deps:
	@$(call install,$(DEPS))
check-deps: deps
	@$(call install,$(CHECK_DEPS))
docs-deps:
	@$(call install,$(DOCS_DEPS))

hypervisor: | deps
	@$(MAKE) --no-print-directory -C hypervisor $(JOBS) all

linux: | deps
	@mkdir -p build
	@result=$$(guest-patches/build) && ln -sfnT "$$result" build/linux

initramfs: build/initramfs.cpio.gz
build/initramfs.cpio.gz: tools/initramfs/build $(shell find tools/initramfs/root -type f) build/tools/image/usr/sbin/rb | deps
	@tools/initramfs/build $@ build/tools/image
build/tools/image/usr/sbin/rb: $(wildcard tools/rb/* hypervisor/boot/elf.[ch] hypervisor/boot/layout.[ch]) | deps
	@$(MAKE) --no-print-directory -C tools/rb
	@install -D build/tools/rb $@

docs: | docs-deps
	@$(MAKE) --no-print-directory -C docs

run: hypervisor linux initramfs
	@tools/run-qemu

native: linux initramfs
	@tools/run-qemu --native

check: check-deps hypervisor linux initramfs
	@tests/run

bench: hypervisor linux initramfs
	@tools/bench run --xen $(if $(HISTORY),--history $(HISTORY))
# Nothing but the guest library is used outside of this tree.
install uninstall:
	@$(MAKE) --no-print-directory -C guest-lib $@

clean:
	rm -rf build
