# SPDX-License-Identifier: MIT
# The launcher and the guest's init. The launcher is linked statically: it starts at every run, and loading
# the shared libraries behind libarchive takes longer than all it does.

VERSION ?= 0.1.0
PREFIX  ?= /usr/local

HOST_CC     ?= gcc
HOST_CFLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE -DSYSGATE_VERSION='"$(VERSION)"' -Wall -Wextra -Wshadow \
	       -Wstrict-prototypes -Wmissing-prototypes -Werror
HOST_LIBS   := -larchive -lelf -lz -lm
HOST_OBJ    := $(patsubst host/%.c,$(O)/host/obj/%.o,$(wildcard host/*.c))

INIT_CFLAGS := -std=gnu11 -O2 -ffreestanding -nostdlib -fno-pie -fno-stack-protector -fcf-protection=none \
	       -fno-asynchronous-unwind-tables -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror
# Else gcc turns the loops of memset() and memcpy() into calls of themselves.
ifeq (,$(findstring clang,$(CC)))
INIT_CFLAGS += -fno-tree-loop-distribute-patterns
endif

host: $(O)/host/sysgate $(O)/user/init

$(O)/host/obj/%.o: host/%.c mk/host.mk
	@mkdir -p $(@D)
	@echo '  CC  $<'
	$(Q)$(HOST_CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(O)/host/sysgate: $(HOST_OBJ)
	@echo '  LD  $@'
	$(Q)$(HOST_CC) -static -o $@ $^ $(HOST_LIBS)

$(O)/user/init: user/init/init.c user/init/text.c user/init/text.h user/init/sys.h mk/host.mk
	@mkdir -p $(@D)
	@echo '  CC  $@'
	$(Q)$(CC) $(INIT_CFLAGS) -static -Wl,--build-id=none -Wl,-z,noexecstack -s -o $@ \
		user/init/init.c user/init/text.c

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/sysgate
	install -m 755 $(O)/host/sysgate $(DESTDIR)$(PREFIX)/bin/sysgate
	install -m 644 $(KERNEL) $(DESTDIR)$(PREFIX)/lib/sysgate/sysgate.elf
	install -m 755 $(O)/user/init $(DESTDIR)$(PREFIX)/lib/sysgate/init

.PHONY: install
-include $(wildcard $(O)/host/obj/*.d)
