# SPDX-License-Identifier: MIT
# What tools/gen/syscalls.py makes of abi/ and of the SYSCALL_DEFINEs.  One run writes all files and touches only
# those that changed, so a change of a call's body rebuilds nothing else.

GEN_TOOL := $(wildcard tools/gen/*.py)
GEN_SRCS := $(addprefix $(O)/gen/,syscall_table_x86_64.c syscall_table_ia32.c syscall_desc.c flag_tables.c)
GEN_HDRS := $(O)/gen/syscall_nr.h $(O)/gen/flag_ids.h
GEN_OBJS := $(patsubst $(O)/gen/%.c,$(OBJ)/gen/%.o,$(GEN_SRCS))
GEN_FROM := $(GEN_TOOL) tests/gate/recipes.tbl $(wildcard abi/*.tbl abi/flags/*.txt) $(shell grep -rl --include=*.c SYSCALL_DEFINE kernel)

$(O)/gen/.stamp: $(GEN_FROM) $(O)/flags
	@mkdir -p $(@D)
	@echo '  GEN $(O)/gen'
	$(Q)python3 tools/gen/syscalls.py generate $(O)/gen $(if $(EXAMPLES),--examples)
	$(Q)touch $@
$(GEN_SRCS) $(GEN_HDRS) $(O)/gen/abi.json $(O)/gen/user/syscall_nr.h $(O)/gen/user/syscall_stubs.h \
	$(O)/gen/tests/gate_calls.h: $(O)/gen/.stamp ;

# kernel.mk was read before the variables above had a value.
$(KOBJ) $(GEN_OBJS): $(GEN_HDRS)
$(KASM:%.S=$(OBJ)/%.S.o): $(GEN_HDRS)
$(GEN_OBJS): $(O)/flags
$(O)/$(ARCH)/sysgate.pre: $(GEN_OBJS)

# ---- user programs: the stub library has headers only; 64- and 32-bit, static -------------------------------
USER_LIB_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -static -Iuser/lib -I$(O)/gen/user
EXAMPLE_PROGS := $(patsubst user/examples/%.c,$(O)/user/examples/%,$(wildcard user/examples/*.c))

$(O)/user/examples/%: user/examples/%.c user/lib/syscall.h $(O)/gen/.stamp
	@mkdir -p $(@D)
	@echo '  CC  $@'
	$(Q)gcc $(USER_LIB_CFLAGS) $< -o $@
	$(Q)gcc -m32 $(USER_LIB_CFLAGS) $< -o $@.32

examples: $(EXAMPLE_PROGS)
ifdef EXAMPLES
all: examples
endif

# ---- gate tests ---------------------------------------------------------------------------------------------
GATE_TEST_SRC := $(wildcard tests/gate/*.c)
GATE_CFLAGS := -std=gnu11 -O1 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-result -Wno-nonnull -Werror -static -pthread -I$(O)/gen/tests -Itests/gate

$(O)/tests/gate64: $(GATE_TEST_SRC) $(wildcard tests/gate/*.h) $(O)/gen/.stamp
	@mkdir -p $(@D)
	@echo '  CC  $@'
	$(Q)gcc $(GATE_CFLAGS) $(GATE_TEST_SRC) -o $@
$(O)/tests/gate32: $(GATE_TEST_SRC) $(wildcard tests/gate/*.h) $(O)/gen/.stamp
	@mkdir -p $(@D)
	@echo '  CC  $@'
	$(Q)gcc -m32 $(GATE_CFLAGS) $(GATE_TEST_SRC) -o $@

gate-tests: $(O)/tests/gate64 $(O)/tests/gate32
.PHONY: examples gate-tests
