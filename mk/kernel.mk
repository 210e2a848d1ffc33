# SPDX-License-Identifier: MIT
# The kernel: every .c and .S under kernel/ but unit tests; linked twice, the second time with its own symbol table.

UAPI := $(O)/uapi

KFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdlib -nostdinc -fno-pic -fno-pie -fno-stack-protector \
	  -fno-strict-aliasing -fno-omit-frame-pointer -fno-common -fno-asynchronous-unwind-tables \
	  -fno-delete-null-pointer-checks -fwrapv \
	  -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fcf-protection=none \
	  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter \
	  -Wno-missing-field-initializers -Wno-sign-compare -Werror
KFLAGS += -isystem $(shell $(CC) -print-file-name=include) -isystem $(UAPI) -I. -I$(O)/gen -include kernel/base/base.h
ifneq (,$(findstring clang,$(CC)))
KFLAGS += -Wno-address-of-packed-member -Wno-initializer-overrides -Wno-gnu-variable-sized-type-not-at-end
else
KFLAGS += -Wjump-misses-init -Wcast-function-type -fno-tree-loop-distribute-patterns -mpreferred-stack-boundary=3 -fconserve-stack
endif
ifdef DEBUG
# Pointers of programs are null and wrap round at their will, and the copy refuses what comes of it: arithmetic on them is
# no fault (null, pointer-overflow).  One of the kernel's own faults, since its shadow has no canonical address.
KFLAGS += -DCONFIG_DEBUG -fsanitize=undefined -fno-sanitize=alignment,null,pointer-overflow
# A call for each access would halve the text, but a third of TCG's time went into finding where the calls return to.
ASAN := -fsanitize=kernel-address
SHADOW_OFFSET := 0xdffffc0000000000
ifneq (,$(findstring clang,$(CC)))
KFLAGS += -fno-sanitize=function
ASAN += $(addprefix -mllvm -asan-,mapping-offset=$(SHADOW_OFFSET) instrumentation-with-call-threshold=100000 \
	stack=1 globals=1 use-after-scope=1)
else
ASAN += -fasan-shadow-offset=$(SHADOW_OFFSET) -fsanitize-address-use-after-scope \
	$(addprefix --param asan-,instrumentation-with-call-threshold=100000 stack=1 globals=1)
endif
endif
# What the checks themselves run through, and what works on memory that nobody else may touch.
NO_ASAN := kernel/debug/asan.c kernel/debug/memcheck.c kernel/debug/quarantine.c kernel/mm/slab.c \
	   kernel/arch/$(ARCH)/shadow.c
ifdef EXAMPLES
KFLAGS += -DCONFIG_EXAMPLES
endif
ifdef COVERAGE
ifneq (,$(findstring clang,$(CC)))
$(error COVERAGE=1 counts with libgcov, which is gcc's)
endif
KFLAGS += -DCONFIG_COVERAGE
COUNTERS := -fprofile-arcs -ftest-coverage -fprofile-update=atomic -fprofile-info-section
# libgcov refers to what arc counters never use: merging in memory, and memory for lists.
LIBS := --defsym=__gcov_merge_add=abort --defsym=mmap=abort $(shell $(CC) -print-file-name=libgcov.a)
endif

# A change of options rebuilds what depends on them.
$(O)/flags: FORCE
	$(Q)mkdir -p $(O); echo '$(CC) $(KFLAGS) $(ASAN) $(COUNTERS)' | cmp -s - $@ || echo '$(CC) $(KFLAGS) $(ASAN) $(COUNTERS)' > $@

# Only linux/, asm/ and asm-generic/ of the UAPI headers are visible to the kernel.
$(UAPI)/.stamp:
	$(Q)mkdir -p $(UAPI)
	$(Q)ln -sfn /usr/include/linux $(UAPI)/linux
	$(Q)ln -sfn /usr/include/asm-generic $(UAPI)/asm-generic
	$(Q)ln -sfn /usr/include/x86_64-linux-gnu/asm $(UAPI)/asm
	$(Q)touch $@

KSRC := $(shell find kernel -name '*.c' ! -name '*_test.c' ! -name 'asm-offsets.c' ! -path '*/vdso/*' | sort)
ifndef EXAMPLES
KSRC := $(filter-out kernel/syscalls/examples.c,$(KSRC))
endif
KSRC := $(filter-out $(if $(DEBUG),kernel/debug/coverage.c,kernel/debug/% kernel/arch/$(ARCH)/shadow.c),$(KSRC)) \
	$(if $(COVERAGE),kernel/debug/coverage.c)
KASM := $(shell find kernel -name '*.S' ! -name '*.lds.S' ! -path '*/vdso/*' | sort)
KOBJ = $(KSRC:%.c=$(OBJ)/%.o) $(KASM:%.S=$(OBJ)/%.S.o) $(patsubst $(O)/gen/%.c,$(OBJ)/gen/%.o,$(GEN_SRCS)) $(KOBJ_EXTRA)
LDS  := kernel/arch/$(ARCH)/kernel.lds

PRE  = $(UAPI)/.stamp $(O)/flags $(GEN_HDRS) $(O)/gen/asm-offsets.h

$(OBJ)/%.o: %.c | $(UAPI)/.stamp
	@mkdir -p $(@D)
	@echo '  CC  $<'
	$(Q)$(CC) $(KFLAGS) $(ASAN) $(COUNTERS) -MMD -MP -c $< -o $@
$(OBJ)/kernel/debug/%.o: private COUNTERS :=
$(NO_ASAN:%.c=$(OBJ)/%.o): private ASAN :=
$(OBJ)/gen/%.o: $(O)/gen/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) $(ASAN) -MMD -MP -c $< -o $@
$(OBJ)/%.S.o: %.S $(O)/gen/asm-offsets.h
	@mkdir -p $(@D)
	@echo '  AS  $<'
	$(Q)$(CC) $(subst -include kernel/base/base.h,,$(KFLAGS)) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

# Structure offsets for assembly: "->NAME value" marks in the compiler's output.
$(O)/gen/asm-offsets.h: kernel/arch/$(ARCH)/asm-offsets.c $(UAPI)/.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) -MMD -MF $(O)/gen/asm-offsets.d -MT $@ -S $< -o $(O)/gen/asm-offsets.s
	$(Q)sed -n 's/.*->\([A-Z0-9_]*\) \$$*\(-*[0-9]*\).*/#define \1 \2/p' $(O)/gen/asm-offsets.s > $@

# For tools/check: what is compiled with these options.
list-sources:
	@echo $(KSRC)
.PHONY: list-sources

# `make objs DIR=kernel/mm` compiles one room.
objs: $(patsubst %,$(OBJ)/%.o,$(basename $(shell find $(DIR) -name '*.c' ! -name '*_test.c' ! -name 'asm-offsets.c' ! -path '*/vdso/*' 2>/dev/null)))

LINK := ld -m elf_x86_64 -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments -T $(LDS)

$(O)/$(ARCH)/sysgate.pre: $(KOBJ) $(LDS)
	@echo '  LD  $@'
	$(Q)echo 'const char ksym_blob[1] __attribute__((section(".ksyms"))) = {0}; const unsigned long ksym_count = 0;' > $(O)/gen/ksym0.c
	$(Q)$(CC) $(KFLAGS) -w -include stddef.h -c $(O)/gen/ksym0.c -o $(O)/gen/ksym0.o
	$(Q)$(LINK) -o $@ $(KOBJ) $(O)/gen/ksym0.o $(LIBS)

$(KERNEL): $(O)/$(ARCH)/sysgate.pre tools/gen/ksyms.py
	@echo '  LD  $@'
	$(Q)nm -nS --defined-only $< | python3 tools/gen/ksyms.py > $(O)/gen/ksym1.S
	$(Q)$(CC) -c $(O)/gen/ksym1.S -o $(O)/gen/ksym1.o
	$(Q)$(LINK) -o $@ $(KOBJ) $(O)/gen/ksym1.o $(LIBS)

kernel: $(KERNEL)

$(KOBJ): $(O)/flags $(GEN_HDRS)
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null) $(O)/gen/asm-offsets.d
