# SPDX-License-Identifier: MIT
# Guest programs and initramfs images of the tests and the benchmark.  Included by the top Makefile;
# O is the output folder.  Nothing here needs the network.

CONFORM_DIR := tests/conform
CONFORM_SRC := $(filter-out %/runner.c %/harness.c %/exhaust.c,$(sort $(wildcard $(CONFORM_DIR)/*.c)))
CONFORM_OUT := $(O)/tests/conform
CONFORM_CFLAGS := -std=gnu11 -O1 -g0 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -pthread \
	-fno-strict-aliasing -fno-toplevel-reorder -fno-pie \
	-Wall -Wextra -Wno-unused-result -Wno-unused-parameter -Wno-clobbered -Wno-nonnull \
	-Wno-stringop-overflow -Wno-stringop-overread -Wno-format-truncation -Werror
CONFORM_OBJ64 := $(patsubst $(CONFORM_DIR)/%.c,$(CONFORM_OUT)/64/%.o,$(CONFORM_SRC))
CONFORM_OBJ32 := $(patsubst $(CONFORM_DIR)/%.c,$(CONFORM_OUT)/32/%.o,$(CONFORM_SRC))
CONFORM_COMMON := runner harness exhaust
# The shell of shell.c, which skips its cases without it.
CONFORM_SHELL := $(patsubst %,/bin/busybox=%,$(firstword $(wildcard /bin/busybox /usr/bin/busybox)))

$(CONFORM_OUT)/64/%.o: $(CONFORM_DIR)/%.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@gcc $(CONFORM_CFLAGS) -DFAMILY='"$*"' -MMD -MP -c -o $@ $<

$(CONFORM_OUT)/32/%.o: $(CONFORM_DIR)/%.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@gcc -m32 -msse2 $(CONFORM_CFLAGS) -DFAMILY='"$*"' -MMD -MP -c -o $@ $<

$(CONFORM_OUT)/init: $(CONFORM_OBJ64) $(CONFORM_COMMON:%=$(CONFORM_OUT)/64/%.o)
	@echo "  CC    $@"
	@gcc -static -no-pie -pthread -s -o $@ $^

$(CONFORM_OUT)/ia32: $(CONFORM_OBJ32) $(CONFORM_COMMON:%=$(CONFORM_OUT)/32/%.o)
	@echo "  CC    $@"
	@gcc -m32 -static -no-pie -pthread -s -o $@ $^

$(O)/tests/conform.cpio: $(CONFORM_OUT)/init $(CONFORM_OUT)/ia32 tests/lib/cpio.py
	@python3 tests/lib/cpio.py $@ /init=$(CONFORM_OUT)/init /ia32=$(CONFORM_OUT)/ia32 $(CONFORM_SHELL)

-include $(wildcard $(CONFORM_OUT)/*/*.d)

TEST_IMAGES += $(O)/tests/conform.cpio

.PHONY: test-images
test-images: $(TEST_IMAGES)

# --- the benchmark: bench/run boots this on both kernels ---
# Sorted: rows_amount.c must come first (see there).
BENCH_SRC := bench/ops.c $(sort $(wildcard bench/rows_*.c))
BENCH_OUT := $(O)/bench

$(BENCH_OUT)/init: $(BENCH_SRC) bench/bench.h
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@gcc -std=gnu11 -O2 -D_GNU_SOURCE -static -no-pie -fno-pie -pthread -fno-toplevel-reorder -s \
		-Wall -Wextra -Werror -Wno-unused-result -Wno-stringop-truncation -Wno-clobbered \
		-o $@ $(BENCH_SRC)

$(BENCH_OUT)/tiny: bench/tiny.S
	@mkdir -p $(@D)
	@gcc -nostdlib -static -no-pie -s -Wl,--build-id=none -o $@ $<

$(BENCH_OUT)/entry32: bench/entry32.c
	@mkdir -p $(@D)
	@gcc -m32 -std=gnu11 -O2 -Wall -Wextra -Werror -static -no-pie -fno-pie -s -o $@ $<

$(BENCH_OUT)/hello: bench/hello.S
	@mkdir -p $(@D)
	@gcc -nostdlib -static -no-pie -s -Wl,--build-id=none -o $@ $<

$(O)/bench.cpio: $(BENCH_OUT)/init $(BENCH_OUT)/tiny $(BENCH_OUT)/entry32 tests/lib/cpio.py
	@python3 tests/lib/cpio.py $@ /init=$(BENCH_OUT)/init /tiny=$(BENCH_OUT)/tiny \
		/entry32=$(BENCH_OUT)/entry32

# Counts instructions by address: ./sysgate bench --profile.  Not linked: QEMU has what it calls.
$(BENCH_OUT)/profile.so: bench/profile.c
	@mkdir -p $(@D)
	@gcc -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -o $@ $<

# What the smallest machine has to run.
$(O)/hello.cpio: $(BENCH_OUT)/hello tests/lib/cpio.py
	@python3 tests/lib/cpio.py $@ /init=$<

# --- the debug suite: bugs on purpose ---
$(O)/tests/debug/init: tests/debug/init.c
	@mkdir -p $(@D)
	@gcc -std=gnu11 -O1 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-result -Werror -static -o $@ $<

$(O)/tests/debug.cpio: $(O)/tests/debug/init tests/lib/cpio.py
	@python3 tests/lib/cpio.py $@ /init=$<

# --- programs of tests/apps: dynamic glibc with threads, static musl, int $$0x80 from 64-bit code ---
APPS_OUT := $(O)/tests/apps

$(APPS_OUT)/threads: tests/apps/threads.c
	@mkdir -p $(@D)
	@gcc -O2 -pthread -o $@ $<

$(APPS_OUT)/libc: tests/apps/libc.c
	@mkdir -p $(@D)
	@musl-gcc -static -O2 -o $@ $<

$(APPS_OUT)/int80: tests/apps/int80.c
	@mkdir -p $(@D)
	@gcc -static -no-pie -fno-pie -O1 -o $@ $<

.PHONY: apps
apps: $(APPS_OUT)/threads $(APPS_OUT)/libc $(APPS_OUT)/int80

# --- what tears kernels apart: tests/abuse ---
$(O)/tests/abuse/storm: $(wildcard tests/abuse/*.c) tests/abuse/storm.h
	@mkdir -p $(@D)
	@gcc -static -pthread -O2 -Wall -Wextra -Werror -o $@ $(filter %.c,$^)

.PHONY: abuse
abuse: $(O)/tests/abuse/storm

# --- unit tests: kernel/**/foo_test.c with foo.c, on the host, under the sanitizers ---
UNIT_OUT := $(O)/tests/unit
UNIT_TESTS := $(shell find kernel -name '*_test.c' | sort)
UNIT_EXTRA := $(if $(UNIT_TESTS),$(shell sed -n 's/.*unit-sources: *//p' $(UNIT_TESTS)))
UNIT_KSRC := $(sort $(UNIT_TESTS) $(UNIT_TESTS:%_test.c=%.c) $(UNIT_EXTRA))
UNIT_OBJ := $(UNIT_KSRC:%.c=$(UNIT_OUT)/%.o)
UNIT_SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
UNIT_KFLAGS = -std=gnu11 -O1 -g -ffreestanding -nostdinc -fno-strict-aliasing -fwrapv \
	-isystem $(shell gcc -print-file-name=include) -isystem $(UAPI) -I. -I$(O)/gen \
	-include tests/unit/rename.h -include kernel/base/base.h -Wall -Wno-unused-function $(UNIT_SAN)

$(UNIT_OUT)/kernel/%.o: kernel/%.c tests/unit/unit.h tests/unit/rename.h | $(UAPI)/.stamp $(GEN_HDRS)
	@mkdir -p $(@D)
	@gcc $(UNIT_KFLAGS) -MMD -MP -c -o $@ $<

$(UNIT_OUT)/run: $(UNIT_OBJ) tests/unit/main.c tests/unit/shim.c tests/unit/unit.h
	@echo "  CC    $@"
	@gcc -std=gnu11 -O1 -g $(UNIT_SAN) -Wall -Wextra -o $@ tests/unit/main.c tests/unit/shim.c $(UNIT_OBJ)

-include $(UNIT_OBJ:.o=.d)

.PHONY: unit-runner
unit-runner: $(UNIT_OUT)/run

# --- gate tests: one image per ABI, the program (built by mk/gen.mk) is /init ---
$(O)/tests/gate-64.cpio: $(O)/tests/gate64 tests/lib/cpio.py
	@python3 tests/lib/cpio.py $@ /init=$< /proc=dir /tmp=dir

$(O)/tests/gate-32.cpio: $(O)/tests/gate32 tests/lib/cpio.py
	@python3 tests/lib/cpio.py $@ /init=$< /proc=dir /tmp=dir

# --- the programs whose traces tests/trace reads, for both ABIs ---
$(O)/tests/trace/%: tests/trace/%.c
	@mkdir -p $(@D)
	@gcc -std=gnu11 -O1 -g0 -D_GNU_SOURCE -static -w -o $@ $<
	@gcc -m32 -std=gnu11 -O1 -g0 -D_GNU_SOURCE -static -w -o $@.32 $<

.PHONY: trace-probes
trace-probes: $(O)/tests/trace/probe $(O)/tests/trace/structures
