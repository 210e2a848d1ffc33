// SPDX-License-Identifier: MIT
/* Job control as a user sees it: an interactive shell (busybox ash) on a pseudo-terminal. */
#include "harness.h"

#include <sys/ioctl.h>
#include <termios.h>

#define SHELL "/bin/busybox"

static int master;
static pid_t shell;
static char said[16384];
static size_t said_len;

/* Collects what the terminal prints until `text` shows up. */
static void expect(const char *text)
{
	long long deadline = now_ns() + 4000000000LL * patience();
	struct pollfd p = { master, POLLIN, 0 };
	char *found;

	while (!(found = strstr(said, text))) {
		if (now_ns() > deadline)
			FAIL("no \"%s\" in \"%s\"", text, said);
		if (poll(&p, 1, 100) == 1) {
			ssize_t n = read(master, said + said_len, sizeof(said) - 1 - said_len);

			if (n < 0)
				FAIL("no \"%s\" before the hang-up: %s", text, strerrorname_np(errno));
			said_len += n;
			said[said_len] = 0;
		}
	}
	said_len -= found + strlen(text) - said;
	memmove(said, found + strlen(text), said_len + 1);
}

/* The first `size - 1` bytes of a file of process p; false when it is gone. */
static bool read_proc(pid_t p, const char *file, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", p, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = 0;
	return true;
}

/* Waits until `count` processes of jobs have begun their programs and are in one of these states of proc(5). */
static void wait_jobs(int count, const char *states)
{
	for (int found = 0; found < count;) {
		sleep_ms(2);
		found = 0;
		for (pid_t p = shell + 1; p < shell + 20; p++) {
			char text[256], now = 0;
			pid_t group = getpgid(p);

			if (group <= 0 || group == shell || !read_proc(p, "cmdline", text, sizeof(text)) ||
			    !strcmp(text, "sh") || !read_proc(p, "stat", text, sizeof(text)))
				continue;
			found += sscanf(text, "%*d (%*[^)]) %c", &now) == 1 && strchr(states, now);
		}
	}
}

static void type_text(const char *text)
{
	CHECK_EQ(write(master, text, strlen(text)), strlen(text));
}

static void start_shell(void)
{
	char name[64];
	int n, unlock = 0;

	if (access(SHELL, X_OK))
		skip("no " SHELL);
	master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
	CHECK_OK(ioctl(master, TIOCSPTLCK, &unlock));
	CHECK_OK(ioctl(master, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	shell = CHECK_OK(fork());
	if (!shell) {
		int tty;

		setsid();
		tty = open(name, O_RDWR);
		for (int fd = 0; fd < 3; fd++)
			dup2(tty, fd);
		setenv("PS1", "ready> ", 1);
		setenv("TERM", "dumb", 1);
		execl(SHELL, "sh", "-i", NULL);
		_exit(127);
	}
	expect("ready> ");
}

TEST(command_runs_and_prints)
{
	start_shell();
	type_text("echo sum $((40 + 2))\n");
	expect("sum 42\r\n");
	expect("ready> ");
}

TEST(exit_status_reaches_the_parent)
{
	start_shell();
	type_text("exit 7\n");
	CHECK_EQ(wait_status(shell), 7 << 8);
}

TEST(end_of_file_ends_the_shell)
{
	start_shell();
	type_text("\004");
	CHECK_EQ(wait_status(shell), 0);
}

TEST(interrupt_kills_the_foreground_job_only)
{
	start_shell();
	type_text("busybox sleep 100; echo status $?\n");
	wait_jobs(1, "S");
	type_text("\003");
	expect("ready> ");
	type_text("echo alive\n");
	expect("alive\r\n");
}

TEST(suspend_and_resume)
{
	start_shell();
	type_text("/bin/busybox cat\n");
	expect("cat\r\n");
	wait_jobs(1, "S");
	type_text("\032");
	expect("Stopped");
	expect("ready> ");
	type_text("fg\n");
	wait_jobs(1, "S");
	type_text("hello\n");
	expect("hello\r\nhello\r\n");
	type_text("\004");
	expect("ready> ");
}

TEST(background_job_that_reads_is_stopped)
{
	start_shell();
	type_text("/bin/busybox cat &\n");
	expect("ready> ");
	wait_jobs(1, "T");
	type_text("jobs\n");
	expect("Stopped");
	type_text("kill %1\n");
	expect("ready> ");
}

TEST(background_job_writes_freely)
{
	start_shell();
	type_text("(/bin/busybox sleep 0.1; echo back-ground) &\n");
	expect("\r\n");
	expect("back-ground\r\n");
}

TEST(pipeline_is_one_group)
{
	start_shell();
	type_text("/bin/busybox cat | /bin/busybox cat | /bin/busybox sleep 100\n");
	wait_jobs(3, "SD"); /* D: Linux holds the pipe's lock while the first one reads the terminal */
	type_text("\003");
	expect("ready> ");
	type_text("jobs; echo none-left\n");
	expect("none-left\r\n");
}

TEST(quit_and_its_status)
{
	start_shell();
	type_text("/bin/busybox sleep 100\n");
	wait_jobs(1, "S");
	type_text("\034");
	expect("Quit");
	expect("ready> ");
	type_text("echo status $?\n");
	expect("status 131\r\n");
}

TEST(wait_for_background_jobs)
{
	start_shell();
	type_text("/bin/busybox sleep 0.1 & /bin/busybox sleep 0.2 & wait; echo all done\n");
	expect("\r\n");
	expect("all done\r\n");
}

TEST(stty_settings_stay)
{
	start_shell();
	type_text("/bin/busybox stty rows 33 cols 44; /bin/busybox stty size\n");
	expect("33 44\r\n");
	type_text("/bin/busybox stty -a\n");
	expect("intr = ^C");
	expect("icanon");
}

TEST(hang_up_ends_the_shell_and_its_jobs)
{
	start_shell();
	type_text("/bin/busybox sleep 100\n");
	wait_jobs(1, "S");
	close(master);
	CHECK(wait_status(shell) != 0);
}

TEST(redirections_and_here_documents)
{
	start_shell();
	type_text("echo one > f; echo two >> f; /bin/busybox wc -l < f\n");
	expect("\r\n");
	expect("2\r\n");
	type_text("/bin/busybox cat << END\nwith $((1 + 1))\nEND\n");
	expect("with 2\r\n");
}

TEST(trap_runs_on_a_signal)
{
	start_shell();
	type_text("trap 'echo trap''ped' USR1; kill -USR1 $$\n");
	expect("trapped\r\n");
	type_text("trap\n");
	expect("USR1");
}
