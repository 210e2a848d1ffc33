// SPDX-License-Identifier: MIT
/*
 * The kernel's command line: look-ups, the words that go to init, the table of virtio devices.  Every string
 * that init gets lies inside the kernel's copy, in an array that ends with NULL; a value is cut to its buffer.
 * fuzz-sources: kernel/base/cmdline.c kernel/task/init.c kernel/base/string.c
 */
#include "kernel/arch/arch.h"
#include "kernel/base/cmdline.h"
#include "kernel/gate/trace.h"
#include "kernel/fs/fd.h"
#include "kernel/task/init.h"
#include "kernel/task/internal.h"
#include "kernel/drv/virtio_mmio.c"
#include "tests/fuzz/parsers/fuzz.h"

char boot_cmdline[4096];
struct task *init_task;

static void *init_arg;

int file_open(int dfd, const char *path, int flags, umode_t mode, struct file **out)
{
	return -ENOENT;
}

void trace_start(void)
{
}

int fd_install_new(struct file **f, int flags)
{
	return -EMFILE;
}

void file_put(struct file *f)
{
}

struct files *files_create(void)
{
	static u64 something;

	return (struct files *)&something;
}

void wake_up_new(struct task *t)
{
}

int kthread_spawn(void (*fn)(void *), void *arg, const char *name, pid_t want, struct task **out)
{
	*out = current;
	init_arg = arg;
	fn(arg);
	return 0;
}

static u32 check_words(const char *const *words, u32 most)
{
	u32 n = 0;

	for (; words[n]; n++) {
		CHECK(n < most);
		CHECK(strlen(words[n]) < sizeof(boot_cmdline));
	}
	return n;
}

int kernel_execve(const char *path, const char *const *argv, const char *const *envp)
{
	CHECK(argv[0] == path && strlen(path) < 256);
	CHECK(check_words(argv, 33) >= 1);
	CHECK(check_words(envp, 34) >= 2);
	for (u32 i = 0; envp[i]; i++)
		CHECK(strchr(envp[i], '='));
	return 0;
}

volatile void *ioremap(u64 phys, size_t size)
{
	CHECK(phys && size);
	return NULL;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 room = take_u8(&in);
	char *text = take_text(&in), *value = kmalloc((size_t)room + 1, 0);

	(void)!strscpy(boot_cmdline, text, sizeof(boot_cmdline));
	if (cmdline_get("console", value, (size_t)room + 1)) {
		CHECK(strlen(value) <= room && strstr(boot_cmdline, value));
		CHECK(!strchr(value, ' ') && !strchr(value, '\n'));
	}
	CHECK(!cmdline_has("quiet") || strstr(boot_cmdline, "quiet"));
	init_start();
	kfree(init_arg);
	virtio_mmio_init();
	kfree(value);
	kfree(text);
	return 0;
}
