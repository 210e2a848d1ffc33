// SPDX-License-Identifier: MIT
/* Identity across execve: set-uid and set-gid files, capabilities, AT_SECURE, no_new_privs, and files of procfs. */
#include "harness.h"

#include <elf.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>

struct caps {
	uint64_t effective, permitted, inheritable;
};

static struct caps get_caps(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	CHECK_OK(syscall(SYS_capget, &head, d));
	return (struct caps){ d[0].effective | (uint64_t)d[1].effective << 32,
			      d[0].permitted | (uint64_t)d[1].permitted << 32,
			      d[0].inheritable | (uint64_t)d[1].inheritable << 32 };
}

static int set_caps(struct caps c)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ c.effective, c.permitted, c.inheritable },
		{ c.effective >> 32, c.permitted >> 32, c.inheritable >> 32 },
	};

	return syscall(SYS_capset, &head, d);
}

#define BIT(cap) (1ULL << (cap))

/* The value of a line of /proc/self/status, as hexadecimal. */
static uint64_t status(const char *field)
{
	const char *line = strstr(get_file("/proc/self/status"), field);

	CHECK(line);
	return strtoull(line + strlen(field) + 1, NULL, 16);
}

TEST(root_has_all_capabilities)
{
	struct caps c = get_caps();

	CHECK_EQ(c.effective, c.permitted);
	CHECK_EQ(c.inheritable, 0);
	CHECK_EQ(status("CapEff:"), c.effective);
	CHECK_EQ(status("CapBnd:"), c.permitted);
	CHECK_EQ(c.effective, BIT(41) - 1);
}

TEST(leaving_root_loses_capabilities)
{
	CHECK_OK(setresuid(1000, 1000, 1000));
	struct caps c = get_caps();
	CHECK_EQ(c.effective, 0);
	CHECK_EQ(c.permitted, 0);
}

TEST(effective_root_only_switches_effective)
{
	CHECK_OK(setresuid(-1, 1000, -1));
	struct caps c = get_caps();
	CHECK_EQ(c.effective, 0);
	CHECK(c.permitted != 0);
	CHECK_OK(setresuid(-1, 0, -1));
	CHECK_EQ(get_caps().effective, c.permitted);
}

TEST(keepcaps_keeps_permitted_only)
{
	uint64_t all = get_caps().permitted;

	CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
	CHECK_OK(setresuid(1000, 1000, 1000));
	struct caps c = get_caps();
	CHECK_EQ(c.permitted, all);
	CHECK_EQ(c.effective, 0);
	c.effective = BIT(CAP_SETUID);
	CHECK_OK(set_caps(c));
	CHECK_OK(setresuid(0, 0, 0));
	CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
}

TEST(no_setuid_fixup_keeps_everything)
{
	uint64_t all = get_caps().permitted;

	CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_EQ(get_caps().effective, all);
	CHECK_EQ(prctl(PR_GET_SECUREBITS), SECBIT_NO_SETUID_FIXUP);
}

TEST(securebits_locks)
{
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, 0x1000), EPERM);
	CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED));
	CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 1), EPERM);
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, 0), EPERM);
	CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT));
	become(1000);
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT), EPERM);
}

TEST(setfsuid_moves_the_file_capabilities)
{
	syscall(SYS_setfsuid, 1000);
	CHECK_EQ(get_caps().effective & BIT(CAP_DAC_OVERRIDE), 0);
	CHECK_EQ(get_caps().effective & BIT(CAP_CHOWN), 0);
	CHECK(get_caps().effective & BIT(CAP_SETUID));
	syscall(SYS_setfsuid, 0);
	CHECK(get_caps().effective & BIT(CAP_DAC_OVERRIDE));
}

TEST(capset_rules)
{
	struct caps c = get_caps(), all = c;

	c.effective &= ~BIT(CAP_KILL);
	CHECK_OK(set_caps(c));
	CHECK_OK(set_caps(all));
	c.inheritable = BIT(CAP_KILL);
	CHECK_OK(set_caps(c));
	c.permitted &= ~BIT(CAP_CHOWN);
	CHECK_ERRNO(set_caps(c), EPERM);
	c.effective &= ~BIT(CAP_CHOWN);
	CHECK_OK(set_caps(c));
	CHECK_ERRNO(set_caps(all), EPERM);
	CHECK_EQ(get_caps().permitted, c.permitted);
}

TEST(ambient_set)
{
	struct caps c = get_caps();

	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM);
	c.inheritable = BIT(CAP_KILL);
	CHECK_OK(set_caps(c));
	CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 1);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 0);
	CHECK_EQ(status("CapAmb:"), BIT(CAP_KILL));
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 64, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, 9, CAP_KILL, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0), EINVAL);
	c.inheritable = 0;
	CHECK_OK(set_caps(c));
	CHECK_EQ(status("CapAmb:"), 0);
}

TEST(ambient_is_lost_with_root)
{
	struct caps c = get_caps();

	c.inheritable = BIT(CAP_KILL);
	CHECK_OK(set_caps(c));
	CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_EQ(status("CapAmb:"), 0);
}

TEST(bounding_set_drops_for_good)
{
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_KILL), 1);
	CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_KILL));
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_KILL), 0);
	CHECK_ERRNO(prctl(PR_CAPBSET_READ, 64), EINVAL);
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, 64), EINVAL);
	struct caps c = get_caps();
	CHECK(c.permitted & BIT(CAP_KILL));
	c.inheritable = BIT(CAP_KILL);
	CHECK_ERRNO(set_caps(c), EPERM);
	become(1000);
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, CAP_CHOWN), EPERM);
}

TEST(no_new_privs_is_one_way)
{
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_EQ(status("NoNewPrivs:"), 1);
	JOIN(CHILD(CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1)));
}

TEST(files_of_another_user_in_proc_are_closed)
{
	static const char *const secret[] = { "environ", "auxv", "maps", "fd", "exe", "cwd" };
	char path[64], buf[64];
	int gate[2];

	CHECK_OK(pipe(gate));
	pid_t victim = CHILD(char c; (void)read(gate[0], &c, 1));
	become(1000);
	for (unsigned i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)victim, secret[i]);
		if (!strcmp(secret[i], "exe") || !strcmp(secret[i], "cwd"))
			CHECK_ERRNO(readlink(path, buf, sizeof(buf)), EACCES);
		else
			CHECK_ERRNO(open(path, O_RDONLY), EACCES);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)victim);
	CHECK_OK(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)victim);
	CHECK_OK(open(path, O_RDONLY));
	CHECK_ERRNO(kill(victim, 0), EPERM);
	CHECK_OK(write(gate[1], "x", 1));
}

TEST(files_of_proc_belong_to_the_effective_user)
{
	struct stat st;

	pid_t pid = CHILD(become(1000); CHECK_OK(prctl(PR_SET_DUMPABLE, 1)); CHECK_OK(stat("/proc/self/stat", &st));
			  CHECK_EQ(st.st_uid, 1000); CHECK_EQ(st.st_gid, 1000); CHECK_OK(stat("/proc/self", &st));
			  CHECK_EQ(st.st_uid, 1000));
	JOIN(pid);
}

TEST(undumpable_process_belongs_to_root)
{
	struct stat st;

	CHECK_OK(setresgid(1000, 1000, 1000));
	CHECK_OK(setresuid(1000, 1000, 1000));
	/* Changing the identity made it undumpable (fs.suid_dumpable is 0). */
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	CHECK_OK(stat("/proc/self/stat", &st));
	CHECK_EQ(st.st_uid, 0);
	CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
	CHECK_OK(stat("/proc/self/stat", &st));
	CHECK_EQ(st.st_uid, 1000);
	CHECK_ERRNO(prctl(PR_SET_DUMPABLE, 2), EINVAL);
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
	static char buf[65536];
	int in = CHECK_OK(open(from, O_RDONLY)), out = CHECK_OK(open(to, O_WRONLY | O_CREAT, 0755));
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(out, buf, n), n);
	close(in);
	close(out);
	CHECK_OK(chmod(to, mode));
}

/* Runs ourselves from file `prog` as user 1000 for one of the "seen_" tests below. */
static int run_copy(const char *prog, const char *seen, bool user)
{
	char name[128];
	pid_t pid;

	snprintf(name, sizeof(name), "setuid.%s%s", seen, ABI_SUFFIX);
	pid = CHECK_OK(fork());
	if (!pid) {
		CHECK_OK(chmod(".", 0777));
		if (user)
			become(1000);
		CHECK_OK(setenv("SEEN", "1", 1));
		execl(prog, prog, "--run", name, NULL);
		_exit(77);
	}
	return wait_status(pid);
}

/* These are parts: alone they have nothing to see. */
TEST(seen_from_setuid_program)
{
	if (!getenv("SEEN"))
		return;
	CHECK_EQ(getuid(), 1000);
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(getauxval(AT_SECURE), 1);
	CHECK_EQ(getauxval(AT_UID), 1000);
	CHECK_EQ(getauxval(AT_EUID), 0);
	CHECK_EQ(get_caps().effective, BIT(41) - 1);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	uid_t r, e, s;
	CHECK_OK(getresuid(&r, &e, &s));
	CHECK_EQ(s, 0);
}

TEST(seen_from_setgid_program)
{
	if (!getenv("SEEN"))
		return;
	CHECK_EQ(getgid(), 1000);
	CHECK_EQ(getegid(), 50);
	CHECK_EQ(getauxval(AT_SECURE), 1);
	CHECK_EQ(get_caps().effective, 0);
}

TEST(seen_from_plain_program)
{
	if (!getenv("SEEN"))
		return;
	CHECK_EQ(geteuid(), 1000);
	CHECK_EQ(getegid(), 1000);
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK_EQ(get_caps().effective, 0);
}

TEST(seen_from_program_for_another_user)
{
	if (!getenv("SEEN"))
		return;
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(geteuid(), 1234);
	CHECK_EQ(get_caps().effective, 0);
	CHECK(get_caps().permitted != 0);
	CHECK_EQ(getauxval(AT_SECURE), 1);
}

TEST(setuid_root_program)
{
	copy_file("/proc/self/exe", "prog", 04755);
	CHECK_EQ(run_copy("./prog", "seen_from_setuid_program", true), 0);
}

TEST(setgid_program)
{
	copy_file("/proc/self/exe", "prog", 0755);
	CHECK_OK(chown("prog", 0, 50));
	CHECK_OK(chmod("prog", 02755));
	CHECK_EQ(run_copy("./prog", "seen_from_setgid_program", true), 0);
}

TEST(setgid_without_group_execute_means_locking)
{
	copy_file("/proc/self/exe", "prog", 0755);
	CHECK_OK(chown("prog", 0, 50));
	CHECK_OK(chmod("prog", 02705));
	CHECK_EQ(run_copy("./prog", "seen_from_plain_program", true), 0);
}

TEST(setuid_program_to_another_user)
{
	copy_file("/proc/self/exe", "prog", 0755);
	CHECK_OK(chown("prog", 1234, 0));
	CHECK_OK(chmod("prog", 04755));
	CHECK_EQ(run_copy("./prog", "seen_from_program_for_another_user", false), 0);
}

TEST(setuid_program_on_a_nosuid_mount)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", MS_NOSUID, "mode=755"));
	copy_file("/proc/self/exe", "m/prog", 04755);
	CHECK_EQ(run_copy("m/prog", "seen_from_plain_program", true), 0);
	CHECK_OK(umount("m"));
}

TEST(setuid_program_under_no_new_privs)
{
	copy_file("/proc/self/exe", "prog", 04755);
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(run_copy("./prog", "seen_from_plain_program", true), 0);
}

TEST(setuid_bit_on_a_script_does_nothing)
{
	char text[300], self[200];
	int status;

	ssize_t n = CHECK_OK(readlink("/proc/self/exe", self, sizeof(self) - 1));
	self[n] = 0;
	snprintf(text, sizeof(text), "#!%s --nothing\n", self);
	put_file("script", text);
	CHECK_OK(chmod("script", 04755));
	status = run_copy("./script", "seen_from_plain_program", true);
	CHECK_EQ(status, 2 << 8);
}

TEST(noexec_mount_refuses_programs)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", MS_NOEXEC, ""));
	copy_file("/proc/self/exe", "m/prog", 0755);
	CHECK_ERRNO(execl("m/prog", "prog", NULL), EACCES);
	CHECK_ERRNO(access("m/prog", X_OK), EACCES);
	int fd = CHECK_OK(open("m/prog", O_RDONLY));
	CHECK((long)mmap(NULL, PAGE, PROT_EXEC, MAP_PRIVATE, fd, 0) == -1 && errno == EPERM);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES);
}

TEST(nodev_mount_refuses_devices)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", MS_NODEV, ""));
	CHECK_OK(mknod("m/null", S_IFCHR | 0666, 0x103));
	CHECK_ERRNO(open("m/null", O_RDWR), EACCES);
	CHECK_OK(open("m/null", O_PATH));
	CHECK_OK(mount("none", "m", NULL, MS_REMOUNT | MS_BIND, NULL));
	CHECK_OK(open("m/null", O_RDWR));
}
