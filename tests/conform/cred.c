// SPDX-License-Identifier: MIT
/* Identities and capabilities: setuid(2) family, groups, fsuid, capget/capset, securebits, reboot(2). */
#include "harness.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/reboot.h>

static void check_uids(uid_t real, uid_t effective, uid_t saved)
{
	uid_t r, e, s;

	CHECK_OK(getresuid(&r, &e, &s));
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
}

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	CHECK_OK(syscall(SYS_capget, &h, d));
	return d[0].effective | (uint64_t)d[1].effective << 32;
}

TEST(starts_as_root)
{
	check_uids(0, 0, 0);
	CHECK_EQ(getgid(), 0);
	CHECK(effective_caps() >> 40 == 1 || effective_caps() >> 37);
}

TEST(setuid_as_root_sets_all_three)
{
	CHECK_OK(setuid(1000));
	check_uids(1000, 1000, 1000);
	CHECK_EQ(effective_caps(), 0);
	CHECK_ERRNO(setuid(0), EPERM);
	CHECK_OK(setuid(1000));
}

TEST(setuid_as_user_sets_effective_only)
{
	CHECK_OK(setresuid(1000, 1000, 1001));
	CHECK_OK(setuid(1001));
	check_uids(1000, 1001, 1001);
	CHECK_OK(setuid(1000));
	check_uids(1000, 1000, 1001);
	CHECK_ERRNO(setuid(1002), EPERM);
}

TEST(seteuid_and_back)
{
	CHECK_OK(seteuid(1000));
	check_uids(0, 1000, 0);
	CHECK_EQ(effective_caps(), 0);
	CHECK_OK(seteuid(0));
	CHECK(effective_caps() != 0);
}

TEST(setreuid_rules)
{
	CHECK_OK(setreuid(1000, 1001));
	check_uids(1000, 1001, 1001);
	CHECK_OK(setreuid(1001, 1000));
	check_uids(1001, 1000, 1000);
	CHECK_ERRNO(setreuid(7, -1), EPERM);
	CHECK_OK(setreuid(-1, -1));
}

TEST(setresuid_rules)
{
	CHECK_OK(setresuid(1, 2, 3));
	CHECK_OK(setresuid(3, 1, 2));
	check_uids(3, 1, 2);
	CHECK_ERRNO(setresuid(4, -1, -1), EPERM);
	CHECK_ERRNO(setresuid(-1, -1, 4), EPERM);
	check_uids(3, 1, 2);
	CHECK_ERRNO(syscall(SYS_getresuid, bad_pointer(), bad_pointer(), bad_pointer()), EFAULT);
}

TEST(group_ids)
{
	gid_t r, e, s;

	CHECK_OK(setresgid(5, 6, 7));
	CHECK_OK(getresgid(&r, &e, &s));
	CHECK(r == 5 && e == 6 && s == 7);
	CHECK_OK(setgid(9));
	CHECK_OK(getresgid(&r, &e, &s));
	CHECK(r == 9 && e == 9 && s == 9);
	become(1000);
	CHECK_ERRNO(setgid(9), EPERM);
	CHECK_ERRNO(setregid(9, 9), EPERM);
}

TEST(supplementary_groups)
{
	gid_t list[3] = { 30, 10, 20 }, back[3];

	CHECK_OK(setgroups(3, list));
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_ERRNO(getgroups(2, back), EINVAL);
	CHECK_ERRNO(getgroups(-1, back), EINVAL);
	CHECK_EQ(getgroups(3, back), 3);
	CHECK_EQ(back[0], 10);
	CHECK_EQ(back[2], 30);
	CHECK_ERRNO(setgroups(70000, list), EINVAL);
	CHECK_ERRNO(syscall(SYS_setgroups, 3, bad_pointer()), EFAULT);
	put_file("f", "x");
	CHECK_OK(chown("f", 0, 20));
	CHECK_OK(chmod("f", 0640));
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(setgroups(0, NULL), EPERM);
}

TEST(file_system_ids)
{
	put_file("f", "x");
	CHECK_OK(chmod("f", 0600));
	CHECK_EQ(setfsuid(1000), 0);
	CHECK_EQ(setfsuid(-1), 1000);
	CHECK_ERRNO(open("f", O_RDONLY), EACCES);
	CHECK_EQ(setfsuid(0), 1000);
	CHECK_OK(open("f", O_RDONLY));
	CHECK_EQ(setfsgid(5), 0);
	CHECK_EQ(setfsgid(-1), 5);
}

TEST(capget_versions_and_refusals)
{
	struct __user_cap_header_struct h = { 0, 0 };
	struct __user_cap_data_struct d[2];

	CHECK_ERRNO(syscall(SYS_capget, &h, d), EINVAL);
	CHECK_EQ(h.version, _LINUX_CAPABILITY_VERSION_3);
	h.version = 0;
	CHECK_OK(syscall(SYS_capget, &h, NULL));
	h = (struct __user_cap_header_struct){ _LINUX_CAPABILITY_VERSION_3, -1 };
	CHECK_ERRNO(syscall(SYS_capget, &h, d), EINVAL);
	h.pid = 4000000;
	CHECK_ERRNO(syscall(SYS_capget, &h, d), ESRCH);
	CHECK_ERRNO(syscall(SYS_capget, bad_pointer(), d), EFAULT);
	CHECK_ERRNO(syscall(SYS_capget, NULL, d), EFAULT);
	CHECK_ERRNO(syscall(SYS_capset, NULL, d), EFAULT);
}

TEST(capset_drops_and_cannot_regain)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2], full[2];

	CHECK_OK(syscall(SYS_capget, &h, full));
	memcpy(d, full, sizeof(d));
	d[0].effective &= ~(1u << CAP_SYS_CHROOT);
	CHECK_OK(syscall(SYS_capset, &h, d));
	CHECK_ERRNO(chroot("."), EPERM);
	CHECK_OK(syscall(SYS_capset, &h, full));
	CHECK_OK(chroot("/"));
	d[0].permitted &= ~(1u << CAP_SYS_CHROOT);
	CHECK_OK(syscall(SYS_capset, &h, d));
	CHECK_ERRNO(syscall(SYS_capset, &h, full), EPERM);
	h.pid = 1;
	CHECK_ERRNO(syscall(SYS_capset, &h, d), EPERM);
}

TEST(dac_override_is_what_root_has)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	put_file("f", "x");
	CHECK_OK(chown("f", 5, 5));
	CHECK_OK(chmod("f", 0600));
	CHECK_OK(open("f", O_RDWR));
	CHECK_OK(syscall(SYS_capset, &h, d));
	CHECK_EQ(geteuid(), 0);
	CHECK_ERRNO(open("f", O_RDWR), EACCES);
	CHECK_ERRNO(chmod("f", 0666), EPERM);
	CHECK_ERRNO(kill(1, 0) == 0 ? (errno = EPERM, -1) : -1, EPERM);
}

TEST(keepcaps_keeps_permitted_over_setuid)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_OK(syscall(SYS_capget, &h, d));
	CHECK_EQ(d[0].effective, 0);
	CHECK(d[0].permitted & (1u << CAP_SYS_CHROOT));
	d[0].effective = d[0].permitted;
	CHECK_OK(syscall(SYS_capset, &h, d));
	CHECK_OK(chroot("/"));
}

TEST(bounding_set)
{
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT), 1);
	CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT));
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT), 0);
	CHECK_ERRNO(prctl(PR_CAPBSET_READ, 77), EINVAL);
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, 77), EINVAL);
	become(1000);
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, CAP_CHOWN), EPERM);
}

TEST(reboot_checks_capability_then_magic)
{
	CHECK_ERRNO(syscall(SYS_reboot, 1, 2, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_reboot, 0xfee1dead, 2, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x12345, 0), EINVAL);
	CHECK_OK(reboot(RB_DISABLE_CAD));
	become(1000);
	CHECK_ERRNO(syscall(SYS_reboot, 1, 2, 0, 0), EPERM);
	CHECK_ERRNO(reboot(RB_AUTOBOOT), EPERM);
}

TEST(identity_crosses_fork_and_threads)
{
	CHECK_OK(setresuid(1, 2, 3));
	pid_t child = CHILD(check_uids(1, 2, 3));
	JOIN(child);
}

TEST(privileged_calls_refuse_users)
{
	struct timespec ts = { 0, 0 };
	long lim[2] = { 1 << 20, 1 << 20 };

	put_file("f", "");
	become(1000);
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &ts), EPERM);
	CHECK_ERRNO(sethostname("x", 1), EPERM);
	CHECK_ERRNO(setdomainname("x", 1), EPERM);
	CHECK_ERRNO(syscall(SYS_setrlimit, 7, (long[]){ 1L << 30, 1L << 30 }), EPERM);
	CHECK_ERRNO(chown("f", 1000, 1000), EPERM);
	CHECK_ERRNO(syscall(SYS_mount, "none", ".", "tmpfs", 0, NULL), EPERM);
	CHECK_ERRNO(syscall(SYS_umount2, "/proc", 0), EPERM);
	(void)lim;
}
