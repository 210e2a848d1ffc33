# SPDX-License-Identifier: MIT
# Sysgate: `make help` lists the targets.  Rooms add theirs in mk/*.mk.
O    ?= build
ARCH := x86_64
CC   := gcc
V    ?= 0
Q    := $(if $(filter 1,$(V)),,@)

.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

all: kernel host

KERNEL  := $(O)/$(ARCH)/sysgate.elf
OBJ     := $(O)/$(ARCH)/obj

include mk/kernel.mk
-include $(filter-out mk/kernel.mk,$(wildcard mk/*.mk))

test: all
	$(Q)./sysgate test
check:
	$(Q)./sysgate check
bench: all
	$(Q)./sysgate bench

clean:
	rm -rf $(O)

help:
	@echo 'make              the kernel ($(KERNEL)) and the launcher ($(O)/host/sysgate)'
	@echo 'make test         the whole suite            make check   style and static checks'
	@echo 'make bench        exact costs beside Linux   make install PREFIX=/usr/local'
	@echo 'make DEBUG=1      checks inside the kernel   make EXAMPLES=1  foo() and silly_copy()'
	@echo 'make COVERAGE=1   counts lines: ./sysgate test --coverage'
	@echo 'make CC=clang     the other compiler         make V=1     show commands'

.PHONY: all kernel host test check bench clean help objs FORCE
