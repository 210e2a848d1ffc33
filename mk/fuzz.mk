# SPDX-License-Identifier: MIT
# Parsers under libFuzzer (tests/fuzz/parsers): each TARGET.c with the kernel's or the launcher's sources that its
# head names.  clang only: libFuzzer is its.

PARSER_DIR  := tests/fuzz/parsers
PARSER_OUT  := $(O)/tests/fuzz
PARSER_SRC  := $(filter-out $(PARSER_DIR)/machine.c $(PARSER_DIR)/launcher.c,$(sort $(wildcard $(PARSER_DIR)/*.c)))
PARSERS     := $(patsubst $(PARSER_DIR)/%.c,$(PARSER_OUT)/%,$(PARSER_SRC))
PARSER_SAN  := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-sanitize=alignment,function \
	       -fno-omit-frame-pointer -O1 -g
# What a kernel file includes is the kernel's: no header of the C library but the compiler's own.
PARSER_KFLAGS = -std=gnu11 -ffreestanding -nostdinc -fno-strict-aliasing -fwrapv -I. -I$(O)/gen \
	-isystem $(shell clang -print-file-name=include) -isystem $(UAPI) -include tests/unit/rename.h \
	-include $(PARSER_DIR)/privileged.h -include kernel/base/base.h -Wall -Wno-unused-function \
	-Wno-address-of-packed-member -Wno-initializer-overrides -Wno-gnu-variable-sized-type-not-at-end $(PARSER_SAN)
PARSER_HFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -include $(PARSER_DIR)/launcher.h -Wall -Wno-unused-function \
	$(PARSER_SAN)
# What a target cannot reach need not exist: a call of it would jump to address 0.
PARSER_LIBS := -no-pie -Wl,--unresolved-symbols=ignore-all

parser_sources = $(shell sed -n 's/.*fuzz-sources: *//p' $(PARSER_DIR)/$(1).c)
parser_objects = $(patsubst %.c,$(PARSER_OUT)/obj/%.o,$(call parser_sources,$(1)) $(PARSER_DIR)/$(1).c \
	$(if $(filter host_%,$(1)),$(PARSER_DIR)/launcher.c,$(PARSER_DIR)/machine.c tests/unit/shim.c))

PARSER_LIBS_host_elf := -lelf -lz

$(PARSER_OUT)/obj/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	@clang -std=gnu11 $(PARSER_SAN) -Wall -Wextra -MMD -MP -c -o $@ $<
$(PARSER_OUT)/obj/host/%.o: host/%.c
	@mkdir -p $(@D)
	@clang $(PARSER_HFLAGS) -MMD -MP -c -o $@ $<
$(PARSER_OUT)/obj/$(PARSER_DIR)/host_%.o: $(PARSER_DIR)/host_%.c
	@mkdir -p $(@D)
	@clang $(PARSER_HFLAGS) -MMD -MP -c -o $@ $<
$(PARSER_OUT)/obj/$(PARSER_DIR)/launcher.o: $(PARSER_DIR)/launcher.c
	@mkdir -p $(@D)
	@clang $(PARSER_HFLAGS) -MMD -MP -c -o $@ $<
$(PARSER_OUT)/obj/gen/%.o: $(O)/gen/%.c
	@mkdir -p $(@D)
	@clang $(PARSER_KFLAGS) -MMD -MP -c -o $@ $<
$(PARSER_OUT)/obj/%.o: %.c | $(UAPI)/.stamp $(GEN_HDRS) $(GEN_SRCS)
	@mkdir -p $(@D)
	@clang $(PARSER_KFLAGS) -MMD -MP -c -o $@ $<

define parser_rule
$(PARSER_OUT)/$(1): $(call parser_objects,$(1))
	@echo "  CC    $$@"
	@clang -fsanitize=fuzzer,address,undefined $(PARSER_LIBS) -o $$@ $$^ $(PARSER_LIBS_$(1))
endef
$(foreach p,$(notdir $(PARSERS)),$(eval $(call parser_rule,$(p))))

-include $(shell find $(PARSER_OUT)/obj -name '*.d' 2>/dev/null)

.PHONY: parsers
parsers: $(PARSERS)
