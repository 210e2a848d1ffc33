# SPDX-License-Identifier: MIT
# The vDSO images: user code, linked on its own and embedded in the kernel.

VDSO_SRC := kernel/arch/x86_64/vdso
VDSO_OUT := $(O)/$(ARCH)/vdso
VDSO_OBJ := $(OBJ)/$(VDSO_SRC)/blob.o
KOBJ_EXTRA += $(VDSO_OBJ)
$(O)/$(ARCH)/sysgate.pre: $(VDSO_OBJ)

VDSO_CFLAGS := -std=gnu11 -O2 -fPIC -ffreestanding -nostdinc -fno-stack-protector -fno-builtin \
	-fcf-protection=none -fasynchronous-unwind-tables -fno-plt -fvisibility=default -mgeneral-regs-only \
	-Wall -Wextra -Werror -Wno-unused-parameter \
	-isystem $(shell $(CC) -print-file-name=include) -isystem $(UAPI) -Ikernel/arch/x86_64
VDSO_LDFLAGS := -shared -nostdlib -Bsymbolic --hash-style=both --build-id=none --eh-frame-hdr -z noexecstack \
	-z max-page-size=4096 --no-undefined -T $(VDSO_SRC)/vdso.lds
VDSO_DEPS := $(wildcard $(VDSO_SRC)/*.h) kernel/arch/x86_64/vdso.h $(VDSO_SRC)/vdso.lds $(UAPI)/.stamp \
	$(O)/flags mk/vdso.mk

$(VDSO_OUT)/%-64.o: $(VDSO_SRC)/%.c $(VDSO_DEPS)
	@mkdir -p $(@D)
	$(Q)$(CC) -m64 $(VDSO_CFLAGS) -c $< -o $@
$(VDSO_OUT)/%-64.o: $(VDSO_SRC)/%.S $(VDSO_DEPS)
	@mkdir -p $(@D)
	$(Q)$(CC) -m64 -c $< -o $@
$(VDSO_OUT)/%-32.o: $(VDSO_SRC)/%.c $(VDSO_DEPS)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 $(VDSO_CFLAGS) -c $< -o $@
$(VDSO_OUT)/%-32.o: $(VDSO_SRC)/%.S $(VDSO_DEPS)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -c $< -o $@

$(VDSO_OUT)/vdso64.so: $(VDSO_OUT)/vdso64-64.o $(VDSO_OUT)/note-64.o $(VDSO_SRC)/vdso64.map
	@echo '  LD  $@'
	$(Q)ld -m elf_x86_64 $(VDSO_LDFLAGS) -soname linux-vdso.so.1 \
		--version-script=$(VDSO_SRC)/vdso64.map -o $@ $(filter %.o,$^)
$(VDSO_OUT)/vdso32.so: $(VDSO_OUT)/vdso32-32.o $(VDSO_OUT)/vdso32-call-32.o $(VDSO_OUT)/note-32.o \
		$(VDSO_SRC)/vdso32.map
	@echo '  LD  $@'
	$(Q)ld -m elf_i386 $(VDSO_LDFLAGS) -soname linux-gate.so.1 \
		--version-script=$(VDSO_SRC)/vdso32.map -o $@ $(filter %.o,$^)

# What is embedded has no local symbols; their addresses go into the header.
$(VDSO_OUT)/%.stripped: $(VDSO_OUT)/%.so
	$(Q)objcopy -S $< $@
$(VDSO_OUT)/vdso-offsets.h: $(VDSO_OUT)/vdso32.so
	$(Q)nm $< | sed -n \
		's/^\([0-9a-f]*\) [tT] \(__kernel_[a-z_]*\|vdso32_[a-z]*\)$$/#define VDSO32_\2 0x\1/p' > $@

$(VDSO_OBJ): $(VDSO_SRC)/blob.S $(VDSO_OUT)/vdso64.stripped $(VDSO_OUT)/vdso32.stripped \
		$(VDSO_OUT)/vdso-offsets.h
	@mkdir -p $(@D)
	@echo '  AS  $<'
	$(Q)$(CC) -I$(VDSO_OUT) -DVDSO64_IMAGE='"$(VDSO_OUT)/vdso64.stripped"' \
		-DVDSO32_IMAGE='"$(VDSO_OUT)/vdso32.stripped"' -c $< -o $@
