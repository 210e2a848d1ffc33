// SPDX-License-Identifier: MIT
/* execve(2), execveat(2): what is kept, what is reset, #!, and the refusals.  The program run is /init. */
#include "harness.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

/*
 * The tests need a program to execute.  /init --list ends with status 0 and prints names; anything it does
 * not know ends with status 2 (see runner.c).
 */
#define PROGRAM "/init"

static char *const no_env[] = { NULL };

static int run_program(const char *path, const char *arg)
{
	char *argv[] = { "prog", (char *)arg, NULL };
	pid_t child = CHILD(execve(path, argv, no_env); _exit(100 + (errno & 63)));

	return wait_status(child);
}

static void copy_file(const char *from, const char *to, int mode)
{
	char buf[8192];
	ssize_t n;
	int in = CHECK_OK(open(from, O_RDONLY)), out = CHECK_OK(open(to, O_WRONLY | O_CREAT | O_TRUNC, mode));

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(out, buf, n), n);
	close(in);
	close(out);
}

TEST(runs_a_program)
{
	CHECK_EQ(run_program(PROGRAM, "--list"), 0);
	CHECK_EQ(run_program(PROGRAM, "--nonsense"), 2 << 8);
}

TEST(path_refusals)
{
	char *argv[] = { "x", NULL };

	put_file("plain", "hello");
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERRNO(execve("missing", argv, no_env), ENOENT);
	CHECK_ERRNO(execve("", argv, no_env), ENOENT);
	CHECK_ERRNO(execve("plain", argv, no_env), EACCES);
	CHECK_ERRNO(execve("plain/x", argv, no_env), ENOTDIR);
	CHECK_ERRNO(execve("d", argv, no_env), EACCES);
	CHECK_ERRNO(execve(bad_pointer(), argv, no_env), EFAULT);
	CHECK_ERRNO(execve(PROGRAM, bad_pointer(), no_env), EFAULT);
	CHECK_ERRNO(execve(PROGRAM, argv, bad_pointer()), EFAULT);
}

TEST(unknown_format_is_enoexec)
{
	char *argv[] = { "x", NULL };

	put_file("text", "hello world\n");
	put_file("empty", "");
	put_file("half", "\177ELF\2\1\1");
	CHECK_OK(chmod("text", 0755));
	CHECK_OK(chmod("empty", 0755));
	CHECK_OK(chmod("half", 0755));
	CHECK_ERRNO(execve("text", argv, no_env), ENOEXEC);
	CHECK_ERRNO(execve("empty", argv, no_env), ENOEXEC);
	CHECK_ERRNO(execve("half", argv, no_env), ENOEXEC);
}

TEST(foreign_machine_is_enoexec)
{
	Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			 .e_type = ET_EXEC,
			 .e_machine = EM_AARCH64,
			 .e_version = EV_CURRENT };
	char *argv[] = { "x", NULL };
	int fd = CHECK_OK(open("arm", O_WRONLY | O_CREAT, 0755));

	CHECK_EQ(write(fd, &h, sizeof(h)), sizeof(h));
	close(fd);
	CHECK_ERRNO(execve("arm", argv, no_env), ENOEXEC);
}

TEST(missing_interpreter_is_enoent)
{
	char *argv[] = { "x", NULL };

	put_file("script", "#!/no/such/interpreter\n");
	CHECK_OK(chmod("script", 0755));
	CHECK_ERRNO(execve("script", argv, no_env), ENOENT);
}

TEST(script_runs_its_interpreter)
{
	put_file("script", "#!" PROGRAM " --list\n");
	CHECK_OK(chmod("script", 0755));
	/* The script's path is added as an argument, which the program does not take: status 2. */
	CHECK_EQ(run_program("./script", NULL), 2 << 8);
	put_file("script", "#! \t" PROGRAM "\n");
	CHECK_EQ(run_program("./script", NULL), 2 << 8);
	put_file("script", "#!\n");
	CHECK_EQ(run_program("./script", NULL), (100 + ENOEXEC) << 8);
}

TEST(script_chain_is_limited)
{
	char *argv[] = { "x", NULL };
	char text[64], name[16];

	put_file("s0", "#!" PROGRAM "\n");
	CHECK_OK(chmod("s0", 0755));
	for (int i = 1; i <= 6; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		snprintf(text, sizeof(text), "#!./s%d\n", i - 1);
		put_file(name, text);
		CHECK_OK(chmod(name, 0755));
	}
	CHECK_EQ(run_program("./s4", NULL), 2 << 8);
	CHECK_ERRNO(execve("./s6", argv, no_env), ELOOP);
}

TEST(program_being_written_is_text_busy)
{
	char *argv[] = { "x", NULL };
	int fd;

	copy_file(PROGRAM, "prog", 0755);
	fd = CHECK_OK(open("prog", O_WRONLY));
	CHECK_ERRNO(execve("prog", argv, no_env), ETXTBSY);
	close(fd);
	CHECK_EQ(run_program("./prog", "--list"), 0);
}

TEST(only_execute_permission_is_enough)
{
	copy_file(PROGRAM, "prog", 0755);
	CHECK_OK(chmod("prog", 0111));
	CHECK_OK(chown("prog", 5, 5));
	become(1000);
	CHECK_EQ(run_program("./prog", "--list"), 0);
	CHECK_ERRNO(open("prog", O_RDONLY), EACCES);
}

TEST(root_needs_one_execute_bit)
{
	char *argv[] = { "x", NULL };

	copy_file(PROGRAM, "prog", 0644);
	CHECK_ERRNO(execve("prog", argv, no_env), EACCES);
	CHECK_OK(chmod("prog", 0001));
	CHECK_EQ(run_program("./prog", "--list"), 0);
}

TEST(cloexec_descriptors_are_closed)
{
	int fds[2];
	char c;

	CHECK_OK(pipe2(fds, O_CLOEXEC));
	pid_t child = CHILD(close(fds[0]); execl(PROGRAM, "x", "--nonsense", NULL); _exit(99));
	close(fds[1]);
	CHECK_EQ(read(fds[0], &c, 1), 0);
	CHECK_EQ(wait_status(child), 2 << 8);
}

TEST(descriptors_without_cloexec_stay)
{
	char buf[64] = "";
	int fds[2];

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(dup2(fds[1], 1); execl(PROGRAM, "x", "--list", NULL); _exit(99));
	close(fds[1]);
	CHECK(read(fds[0], buf, 8) == 8);
	close(fds[0]);
	wait_status(child);
}

TEST(vfork_parent_resumes_at_exec)
{
	pid_t child = vfork();

	if (!child) {
		execl(PROGRAM, "x", "--list", NULL);
		_exit(99);
	}
	CHECK_EQ(wait_status(child), 0);
}

TEST(argument_list_limits)
{
	static char big[200000];
	char *argv[] = { "x", big, NULL };

	memset(big, 'a', sizeof(big) - 1);
	CHECK_ERRNO(execve(PROGRAM, argv, no_env), E2BIG);
	big[131071] = 0;
	CHECK_EQ(wait_status(CHILD(execve(PROGRAM, argv, no_env); _exit(99))), 2 << 8);
}

TEST(empty_argv_gets_one_empty_string)
{
	char *none[] = { NULL };

	CHECK_EQ(wait_status(CHILD(execve(PROGRAM, none, no_env); _exit(99))), 2 << 8);
}

TEST(execveat_by_descriptor)
{
	char *argv[] = { "x", "--list", NULL };
	int fd = CHECK_OK(open(PROGRAM, O_PATH | O_CLOEXEC));

	CHECK_EQ(wait_status(CHILD(syscall(SYS_execveat, fd, "", argv, no_env, AT_EMPTY_PATH); _exit(99))),
		 0);
	CHECK_ERRNO(syscall(SYS_execveat, fd, "", argv, no_env, 0), ENOENT);
	CHECK_ERRNO(syscall(SYS_execveat, AT_FDCWD, "x", argv, no_env, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_execveat, -1, "x", argv, no_env, 0), EBADF);
	CHECK_OK(symlink(PROGRAM, "l"));
	CHECK_ERRNO(syscall(SYS_execveat, AT_FDCWD, "l", argv, no_env, AT_SYMLINK_NOFOLLOW), ELOOP);
}

TEST(handlers_reset_ignored_stay)
{
	/* SIGUSR1 ignored and SIGTERM caught before exec: afterwards ignored and default. */
	int fds[2];
	char buf[16];

	CHECK_OK(pipe(fds));
	put_file("script", "#!" PROGRAM "\n");
	pid_t child = CHILD(signal(SIGUSR1, SIG_IGN); catch_signal(SIGTERM, 0); dup2(fds[1], 1);
			    close(fds[0]); char *argv[] = { "x", "--list", NULL };
			    execve(PROGRAM, argv, no_env); _exit(99));
	close(fds[1]);
	CHECK(read(fds[0], buf, 1) == 1);
	/* The program is blocked on the full pipe, so it lives still. */
	CHECK_OK(kill(child, SIGUSR1));
	sleep_ms(5);
	CHECK_OK(kill(child, SIGTERM));
	int status = wait_status(child);
	CHECK(status == SIGTERM || status == 0);
}

TEST(setuid_bit_gives_identity_and_secure_flag)
{
	copy_file(PROGRAM, "prog", 0755);
	CHECK_OK(chown("prog", 7, 8));
	CHECK_OK(chmod("prog", 06755));
	become(1000);
	/* The kernel drops the bits for a process that promised never to gain privilege. */
	CHECK_EQ(run_program("./prog", "--list"), 0);
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(run_program("./prog", "--list"), 0);
}

TEST(auxiliary_vector_of_this_process)
{
	CHECK_EQ(getauxval(AT_PAGESZ), PAGE);
	CHECK_EQ(getauxval(AT_UID), 0);
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK_EQ(getauxval(AT_CLKTCK), 100);
	CHECK(getauxval(AT_RANDOM) != 0);
	CHECK(getauxval(AT_PHDR) != 0);
	CHECK(getauxval(AT_PHNUM) > 0);
	CHECK(getauxval(AT_ENTRY) != 0);
	CHECK(getauxval(AT_SYSINFO_EHDR) != 0);
	CHECK(getauxval(AT_EXECFN) != 0);
	CHECK(getauxval(AT_PLATFORM) != 0);
	CHECK_STR((char *)getauxval(AT_PLATFORM), sizeof(long) == 8 ? "x86_64" : "i686");
}

static void *exec_in_thread(void *unused)
{
	execl(PROGRAM, "x", "--nonsense", NULL);
	return NULL;
}

TEST(exec_in_a_thread_replaces_the_process)
{
	pid_t child = CHILD(pthread_t t; pthread_create(&t, NULL, exec_in_thread, NULL); for (;;) pause());

	CHECK_EQ(wait_status(child), 2 << 8);
}
