// SPDX-License-Identifier: MIT
/*
 * QEMU gets nothing by name that could be left behind: the initramfs, the serial line and the ports are
 * descriptors. It runs in a session of its own, so that ^C at the terminal is the launcher's to handle, and
 * under QEMU's own seccomp filter, since the guest is not trusted.
 *
 * The terminal's port is QEMU's standard input and output: unlike a socket, a pipe takes a MiB however small
 * the writes are, and QEMU drops what a console port writes when the other side is full.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf.h"
#include "machine.h"

#define QEMU    "qemu-system-x86_64"
#define SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
#define MiB     (1ull << 20)

/* Linux's boot protocol: "HdrS" at this offset of a bzImage. */
#define BZIMAGE_MAGIC_AT 0x202

void machine_check_kernel(const char *kernel, uint64_t initrd_size, uint64_t memory)
{
	char head[BZIMAGE_MAGIC_AT + 4];
	long size = file_head(kernel, head, sizeof(head));
	struct elf_info info;
	const char *wrong;
	uint64_t needed;

	if (size < 0)
		die(STATUS_FAILED, "the kernel %s: %s", kernel, strerror(errno));
	if (size == sizeof(head) && !memcmp(head + BZIMAGE_MAGIC_AT, "HdrS", 4))
		return;
	if (size < 4 || memcmp(head,
			       "\x7f"
			       "ELF",
			       4))
		die(STATUS_FAILED, "the kernel %s is neither an ELF file nor a Linux bzImage", kernel);
	wrong = elf_read(kernel, &info);
	if (wrong)
		die(STATUS_FAILED, "the kernel %s %s", kernel, wrong);
	if (!info.has_pvh_entry)
		die(STATUS_FAILED, "the kernel %s has no PVH entry note: QEMU cannot start it", kernel);
	/* Beside the archive its files go into a tmpfs, which may fill half of what is left (as on Linux). */
	needed = info.memory_size + initrd_size + 2 * initrd_size + MiB / 2;
	if (memory < needed)
		die(STATUS_FAILED,
		    "--mem %lluK is too little: the kernel and the packed files alone take %lluK",
		    (unsigned long long)memory >> 10, (unsigned long long)needed >> 10);
}

/* Not every /dev/kvm that opens can run a guest: the CPU must offer it too, and a VM be made. */
static bool kvm_works(void)
{
	char text[8192] = "", *flags;
	long size = file_head("/proc/cpuinfo", text, sizeof(text) - 1);
	int kvm, vm = -1;

	flags = size > 0 ? strstr(text, "\nflags") : NULL;
	if (!flags)
		return false;
	flags[1 + strcspn(flags + 1, "\n")] = 0;
	if (!strstr(flags, " vmx") && !strstr(flags, " svm"))
		return false;
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return false;
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) == KVM_API_VERSION)
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm >= 0)
		close(vm);
	close(kvm);
	return vm >= 0;
}

static void add_machine(struct strings *c, const struct options *o)
{
	bool kvm = !strcmp(o->accel, "kvm") || (!strcmp(o->accel, "auto") && kvm_works());

	strings_add(c, "-M");
	/* Without ACPI microvm starts from a firmware of a few thousand instructions. */
	if (!strcmp(o->machine, "microvm"))
		strings_add(c, "microvm,acpi=off,pit=on,pic=on,rtc=on");
	else
		strings_add(c, o->machine);
	strings_add(c, "-accel");
	strings_add(c, kvm ? "kvm" : "tcg");
	strings_add(c, "-cpu");
	strings_add(c, "max");
	strings_add(c, "-m");
	if (o->memory % MiB)
		strings_format(c, "%lluk", (unsigned long long)o->memory >> 10);
	else
		strings_format(c, "%llu", (unsigned long long)(o->memory / MiB));
	strings_add(c, "-smp");
	strings_format(c, "%u", o->cpus);
	strings_add(c, "-nodefaults");
	strings_add(c, "-no-user-config");
	strings_add(c, "-display");
	strings_add(c, "none");
	strings_add(c, "-no-reboot");
	strings_add(c, "-sandbox");
	strings_add(c, SANDBOX);
}

static void add_kernel(struct strings *c, const struct options *o, const char *kernel, int initrd)
{
	strings_add(c, "-kernel");
	strings_add(c, kernel);
	strings_add(c, "-initrd");
	strings_format(c, "/proc/self/fd/%d", initrd);
	strings_add(c, "-append");
	strings_format(c, "console=ttyS0 rdinit=/.sysgate/init panic=-1%s%s%s%s", o->verbose ? "" : " quiet",
		       o->trace ? " trace=port,exec" : "", o->append ? " " : "", o->append ? o->append : "");
}

static void add_port(struct strings *c, enum port port, int fd)
{
	static const char *const names[PORT_COUNT] = {
		"tty", "stdin", "stdout", "stderr", "control", "trace"
	};

	if (fd < 0)
		return;
	strings_add(c, "-chardev");
	if (port == PORT_TTY)
		strings_add(c, "stdio,id=tty,signal=off");
	else
		strings_format(c, "socket,id=%s,fd=%d", names[port], fd);
	strings_add(c, "-device");
	strings_format(c, "%s,nr=%d,chardev=%s,name=sysgate.%s",
		       port == PORT_TTY ? "virtconsole" : "virtserialport", port, names[port], names[port]);
}

struct strings machine_command(const struct options *o, const char *kernel, const struct machine_fds *fds)
{
	struct strings c = { 0 };
	char *qemu = path_search(getenv("PATH"), QEMU);
	bool mmio = !strcmp(o->machine, "microvm");

	if (!qemu)
		die(STATUS_FAILED, QEMU " is not on the PATH (apt-get install qemu-system-x86)");
	strings_add(&c, qemu);
	add_machine(&c, o);
	add_kernel(&c, o, kernel, fds->initrd);
	strings_add(&c, "-chardev");
	strings_format(&c, "file,id=console,path=/proc/self/fd/%d", fds->console);
	strings_add(&c, "-serial");
	strings_add(&c, "chardev:console");
	if (mmio) {
		strings_add(&c, "-global");
		strings_add(&c, "virtio-mmio.force-legacy=false");
	}
	strings_add(&c, "-device");
	strings_format(&c, "%s,max_ports=%d",
		       mmio ? "virtio-serial-device" : "virtio-serial-pci,disable-legacy=on", PORT_COUNT);
	add_port(&c, PORT_TTY, fds->tty_in);
	for (int port = PORT_STDIN; port < PORT_COUNT; port++)
		add_port(&c, port, fds->port[port]);
	if (o->gdb) {
		strings_add(&c, "-S");
		strings_add(&c, "-chardev");
		strings_format(&c, "socket,id=gdb,fd=%d,server=on,wait=off", fds->gdb);
		strings_add(&c, "-gdb");
		strings_add(&c, "chardev:gdb");
	}
	return c;
}

static char *shell_word(const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%";
	char *word;

	if (*text && !text[strspn(text, plain)])
		return copy_text(text);
	word = copy_text("'");
	for (; *text; text++)
		word = *text == '\'' ? format_text("%s'\\''", word) : format_text("%s%c", word, *text);
	return format_text("%s'", word);
}

char *machine_print(const struct strings *command)
{
	char *line = copy_text("");

	for (size_t i = 0; i < command->count; i++)
		line = format_text("%s%s%s", line, i ? " " : "", shell_word(command->at[i]));
	return line;
}

static void keep_across_exec(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

static _Noreturn void child_exec(const struct strings *command, const struct machine_fds *fds, pid_t launcher)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != launcher)
		_exit(STATUS_FAILED); /* it died before the line above */
	setsid();
	signal(SIGPIPE, SIG_DFL);
	/*
	 * Descriptors of the caller's that are none of QEMU's business must not stay open as long as it runs.
	 */
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	dup2(fds->tty_in >= 0 ? fds->tty_in : null, STDIN_FILENO);
	dup2(fds->tty_out >= 0 ? fds->tty_out : fds->messages, STDOUT_FILENO);
	dup2(fds->messages, STDERR_FILENO);
	keep_across_exec(fds->initrd);
	keep_across_exec(fds->console);
	keep_across_exec(fds->gdb);
	for (int port = 0; port < PORT_COUNT; port++)
		keep_across_exec(fds->port[port]);
	execv(command->at[0], command->at);
	dprintf(STDERR_FILENO, "%s: %s\n", command->at[0], strerror(errno));
	_exit(STATUS_FAILED);
}

pid_t machine_start(const struct strings *command, const struct machine_fds *fds)
{
	pid_t launcher = getpid(), pid = fork();

	if (pid < 0)
		die(STATUS_FAILED, "cannot start QEMU: %s", strerror(errno));
	if (!pid)
		child_exec(command, fds, launcher);
	return pid;
}
