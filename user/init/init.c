// SPDX-License-Identifier: MIT
/*
 * init: process 1 of a guest started by `sysgate run`.
 *
 * Owns the guest's side of the launcher's protocol (docs/launcher-protocol.md): it mounts the kernel's file
 * systems, reads /.sysgate/run, starts the one program with its streams, reaps whatever is left to it,
 * reports how the program ended on the control port and powers the machine off. It knows nothing that only
 * Sysgate has, so that it runs on Linux as well.
 *
 * Invariants: every descriptor that init opens for itself is close-on-exec and at least KEEP_FD, so that 0 to
 * 2 are the program's alone; init keeps its copies of the program's streams open until the machine stops, so
 * that no port is closed (and its queue dropped) while the host has not read it all. One thread, no locks.
 */
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/reboot.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>
#include <asm/ioctls.h>
#include <asm/termios.h>
#include "sys.h"
#include "text.h"

#define KEEP_FD          10
#define PORT_TRIES       5000 /* of a millisecond each: Linux adds the ports from a work queue */
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_RUN   126
#define STATUS_FAILED    125

/* What /.sysgate/run says. Every string points into the file's text, which stays mapped. */
struct run {
	const char *exec;
	const char *cwd;
	const char **argv;
	const char **envp;
	const char *fd[3];
	unsigned int uid, gid;
	unsigned short rows, columns;
};

static int control = -1;

static void power_off(void)
{
	sys(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF, 0);
	sys(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, 0);
	sys(exit_group, STATUS_FAILED); /* the kernel panics: the launcher shows its console */
}

static void write_all(int fd, const char *text, size_t len)
{
	while (len) {
		long n = sys(write, fd, text, len);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= n;
	}
}

/* Sends one line to the launcher: WORD and up to two numbers (negative: left out), then TEXT. */
static void report(const char *word, long first, long second, const char *text)
{
	struct line line = { 0 };

	line_add(&line, word);
	if (first >= 0)
		line_add_number(&line, first);
	if (second >= 0)
		line_add_number(&line, second);
	if (text) {
		line_add(&line, " ");
		line_add(&line, text);
	}
	line_add(&line, "\n");
	write_all(control, line.text, line.len);
}

/* Something without which no program can be started: says so where it can and stops the machine. */
static __attribute__((noreturn)) void give_up(const char *what, long err)
{
	struct line line = { 0 };
	long console = sys(open, "/dev/console", O_WRONLY | O_NOCTTY, 0);

	if (control >= 0)
		report("error", STATUS_FAILED, -err, what);
	line_add(&line, "sysgate init: ");
	line_add(&line, what);
	line_add(&line, ": errno");
	line_add_number(&line, -err);
	line_add(&line, "\n");
	write_all(console >= 0 ? console : 2, line.text, line.len);
	power_off();
	__builtin_unreachable();
}

static void mount_at(const char *type, const char *dir, const char *options)
{
	sys(mkdir, dir, 0755);
	/* A kernel without one of these still runs most programs: what is needed is found missing below. */
	sys(mount, type, dir, type, 0, options);
}

static void mount_all(void)
{
	mount_at("proc", "/proc", NULL);
	mount_at("sysfs", "/sys", NULL);
	mount_at("devtmpfs", "/dev", NULL);
	mount_at("devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666");
	mount_at("tmpfs", "/dev/shm", "mode=1777");
	sys(mkdir, "/tmp", 0);
	sys(chmod, "/tmp", 01777); /* not by mkdir: init's umask is the kernel's */
	sys(symlink, "/proc/self/fd", "/dev/fd");
	sys(symlink, "/proc/self/fd/0", "/dev/stdin");
	sys(symlink, "/proc/self/fd/1", "/dev/stdout");
	sys(symlink, "/proc/self/fd/2", "/dev/stderr");
}

/*
 * Opens a device of the launcher's, which may still be about to appear. Returns a descriptor out of the
 * program's way.
 */
static int open_device(const char *path, int flags)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	long fd, kept;

	for (int i = 0;; i++) {
		fd = sys(open, path, flags | O_NOCTTY | O_CLOEXEC, 0);
		if (fd >= 0 || i == PORT_TRIES || (fd != -ENOENT && fd != -ENODEV && fd != -ENXIO))
			break;
		sys(nanosleep, &pause, NULL);
	}
	if (fd < 0)
		give_up(path, fd);
	kept = sys(fcntl, fd, F_DUPFD_CLOEXEC, KEEP_FD);
	if (kept < 0)
		give_up(path, kept);
	sys(close, fd);
	return kept;
}

static void *get_pages(size_t size)
{
	long at = sys(mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at < 0 && at > -4096)
		give_up("memory", at);
	return (void *)at;
}

static void run_take(struct run *run, const char *key, const char *value, size_t *arg, size_t *env)
{
	if (text_equal(key, "arg"))
		run->argv[(*arg)++] = value;
	else if (text_equal(key, "env"))
		run->envp[(*env)++] = value;
	else if (text_equal(key, "exec"))
		run->exec = value;
	else if (text_equal(key, "cwd"))
		run->cwd = value;
	else if (text_equal(key, "uid"))
		run->uid = text_number(&value);
	else if (text_equal(key, "gid"))
		run->gid = text_number(&value);
	else if (text_equal(key, "rows"))
		run->rows = text_number(&value);
	else if (text_equal(key, "columns"))
		run->columns = text_number(&value);
	else if (text_equal(key, "fd0") || text_equal(key, "fd1") || text_equal(key, "fd2"))
		run->fd[key[2] - '0'] = value;
}

/* Reads /.sysgate/run (records `key=value`, each ended by a NUL byte) and takes /.sysgate away. */
static void run_read(struct run *run)
{
	long fd = sys(open, "/.sysgate/run", O_RDONLY | O_CLOEXEC, 0);
	long size = fd < 0 ? fd : sys(lseek, fd, 0, 2 /* SEEK_END */);
	size_t arg = 0, env = 0, records = 1;
	char *text;

	if (size < 0)
		give_up("/.sysgate/run", size);
	text = get_pages(size + 1);
	for (long got = 0, n; got < size; got += n) {
		n = sys(pread64, fd, text + got, size - got, got);
		if (n <= 0)
			give_up("/.sysgate/run", n ? n : -EIO);
	}
	sys(close, fd);
	for (long i = 0; i < size; i++)
		records += !text[i];
	run->argv = get_pages(2 * (records + 1) * sizeof(char *));
	run->envp = run->argv + records + 1;
	for (char *at = text; at < text + size; at += text_len(at) + 1) {
		char *value = at;

		while (*value && *value != '=')
			value++;
		if (!*value)
			continue;
		*value = 0;
		run_take(run, at, value + 1, &arg, &env);
		at = value + 1;
	}
	if (!run->exec || !arg)
		give_up("/.sysgate/run", -EINVAL);
	sys(unlink, "/.sysgate/run");
	sys(unlink, "/.sysgate/init");
	sys(rmdir, "/.sysgate");
}

/*
 * The program's path was not found on the host (--root, --initrd): looks along the guest's PATH as execvp(3)
 * does.
 */
static long exec_search(struct run *run)
{
	const char *path = NULL;
	long result = -ENOENT;

	for (const char **env = run->envp; *env; env++) {
		if (text_starts(*env, "PATH="))
			path = *env + 5;
	}
	while (path && *path) {
		struct line file = { 0 };
		size_t len = 0;
		long err;

		while (path[len] && path[len] != ':')
			len++;
		line_add_bytes(&file, path, len);
		line_add(&file, len ? "/" : "./");
		line_add(&file, run->exec);
		path += len + (path[len] == ':');
		if (file.len >= sizeof(file.text) - 1)
			continue;
		err = sys(execve, file.text, run->argv, run->envp);
		if (err == -ENOENT || err == -ENOTDIR)
			continue;
		result = err;
		if (err != -EACCES)
			break;
	}
	return result;
}

static void child_streams(const struct run *run, const int fd[3], int tty)
{
	for (int i = 0; i < 3; i++) {
		if (text_equal(run->fd[i], "closed"))
			sys(close, i);
		else
			sys(dup3, fd[i], i, 0);
	}
	sys(setsid);
	if (tty >= 0)
		sys(ioctl, tty, TIOCSCTTY, 0);
}

/*
 * Becomes the program, or tells the launcher why not and ends. Init's own exit line that follows is not read.
 */
static __attribute__((noreturn)) void child_main(struct run *run, const int fd[3], int tty)
{
	unsigned long none = 0;
	long err;

	child_streams(run, fd, tty);
	sys(rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	err = sys(chdir, run->cwd);
	if (err < 0) {
		report("error", STATUS_FAILED, -err, run->cwd);
		sys(exit_group, STATUS_FAILED);
	}
	if (run->uid || run->gid) {
		err = sys(setgroups, 0, NULL);
		if (!err)
			err = sys(setgid, run->gid);
		if (!err)
			err = sys(setuid, run->uid);
		if (err) {
			report("error", STATUS_FAILED, -err, "--user");
			sys(exit_group, STATUS_FAILED);
		}
	}
	err = text_has(run->exec, '/') ? sys(execve, run->exec, run->argv, run->envp) : exec_search(run);
	report("error", err == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN, -err, run->exec);
	sys(exit_group, STATUS_NOT_RUN);
	__builtin_unreachable();
}

/*
 * Opens what each of the program's streams is connected to; *tty_out is the terminal, or -1 when none is
 * used.
 */
static void open_streams(const struct run *run, int fd[3], int *tty_out)
{
	static const char *const port[3] = { "/dev/vport0p1", "/dev/vport0p2", "/dev/vport0p3" };
	int tty = -1;

	for (int i = 0; i < 3; i++) {
		fd[i] = -1;
		if (text_equal(run->fd[i], "tty")) {
			if (tty < 0)
				tty = open_device("/dev/hvc0", O_RDWR);
			fd[i] = tty;
		} else if (text_equal(run->fd[i], "port")) {
			fd[i] = open_device(port[i], i ? O_WRONLY : O_RDONLY);
		} else if (text_equal(run->fd[i], "stdout")) {
			fd[i] = fd[1];
		}
	}
	if (tty >= 0) {
		struct winsize size = { .ws_row = run->rows, .ws_col = run->columns };

		sys(ioctl, tty, TIOCSWINSZ, &size);
		sys(fchown, tty, run->uid, run->gid);
	}
	*tty_out = tty;
}

static void control_line(const char *line, long child, int tty)
{
	if (text_starts(line, "signal ")) {
		line += 7;
		sys(kill, child, text_number(&line));
	} else if (text_starts(line, "winsize ") && tty >= 0) {
		struct winsize size = { 0 };

		line += 8;
		size.ws_row = text_number(&line);
		size.ws_col = text_number(&line);
		sys(ioctl, tty, TIOCSWINSZ, &size);
	} else if (text_equal(line, "stop")) {
		power_off();
	}
}

/* Takes what the launcher sent. False when the port is of no more use. */
static int control_read(long child, int tty)
{
	static struct line pending;
	char bytes[256];
	long n = sys(read, control, bytes, sizeof(bytes));

	if (n == -EINTR || n == -EAGAIN)
		return 1;
	for (long i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			line_add_bytes(&pending, bytes + i, 1);
			continue;
		}
		control_line(pending.text, child, tty);
		pending = (struct line){ 0 };
	}
	return n > 0;
}

static void on_child(int sig)
{
	(void)sig; /* only there to interrupt ppoll */
}

/*
 * Reaps every process that ends until the program does; returns its wait status. SIGCHLD is blocked but in
 * ppoll.
 */
static int wait_for(long child, int tty)
{
	struct pollfd poll = { .fd = control, .events = POLLIN };
	unsigned long none = 0;
	int options = WNOHANG;

	for (;;) {
		int status;
		long pid = sys(wait4, -1, &status, options, NULL), n;

		if (pid == child)
			return status;
		if (pid > 0 || pid == -EINTR)
			continue;
		if (pid < 0)
			give_up("wait4", pid);
		n = sys(ppoll, &poll, 1, NULL, &none, sizeof(none));
		if (n > 0 && !control_read(child, tty))
			poll.fd = -1;
		else if (n < 0 && n != -EINTR)
			options = 0; /* a port that cannot be polled: wait alone still works */
	}
}

/* The C library's wrappers do this for others: return from a handler to rt_sigreturn. */
extern void init_restorer(void);
__asm__(".pushsection .text\n"
	"init_restorer:\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	".popsection\n");

static void watch_children(void)
{
	struct sigaction action = { 0 };
	unsigned long set = 1ul << (SIGCHLD - 1);

	action.sa_handler = on_child;
	action.sa_flags = SA_RESTORER;
	action.sa_restorer = init_restorer;
	sys(rt_sigprocmask, SIG_BLOCK, &set, NULL, sizeof(set));
	sys(rt_sigaction, SIGCHLD, &action, NULL, sizeof(set));
}

__attribute__((used, noreturn)) static void init_main(void)
{
	static struct run run = { .cwd = "/", .fd = { "closed", "closed", "closed" } };
	int fd[3], tty, status;
	long child;

	mount_all();
	control = open_device("/dev/vport0p4", O_RDWR);
	run_read(&run);
	open_streams(&run, fd, &tty);
	report("ready", -1, -1, NULL);
	watch_children();
	child = sys(fork);
	if (child < 0)
		give_up("fork", child);
	if (!child)
		child_main(&run, fd, tty);
	status = wait_for(child, tty);
	if (status & 0x7f)
		report("signal", status & 0x7f, -1, NULL);
	else
		report("exit", (status >> 8) & 0xff, -1, NULL);
	power_off();
	__builtin_unreachable();
}

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	and $-16, %rsp\n"
	"	call init_main\n");
