// SPDX-License-Identifier: MIT
/* File capabilities: the attribute security.capability, what execve(2) makes of it, and what takes it away. */
#include "harness.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

#define NAME     "security.capability"
#define BIT(cap) (1ULL << (cap))
#define ALL      (BIT(41) - 1)
#define EFFECT   VFS_CAP_FLAGS_EFFECTIVE

static struct vfs_ns_cap_data value(uint32_t magic, uint64_t permitted, uint64_t inheritable, uint32_t root)
{
	return (struct vfs_ns_cap_data){ .magic_etc = magic,
					 .data = { { permitted, inheritable },
						   { permitted >> 32, inheritable >> 32 } },
					 .rootid = root };
}

static void grant(const char *path, uint64_t permitted, uint64_t inheritable, uint32_t flags)
{
	struct vfs_ns_cap_data v = value(VFS_CAP_REVISION_2 | flags, permitted, inheritable, 0);

	CHECK_OK(setxattr(path, NAME, &v, XATTR_CAPS_SZ_2, 0));
}

TEST(value_is_checked)
{
	struct vfs_ns_cap_data v = value(VFS_CAP_REVISION_2, 1, 0, 0), back = { 0 };

	put_file("f", "");
	CHECK_ERRNO(setxattr("f", NAME, &v, XATTR_CAPS_SZ_2 - 1, 0), EINVAL);
	CHECK_ERRNO(setxattr("f", NAME, &v, XATTR_CAPS_SZ_3, 0), EINVAL);
	CHECK_ERRNO(setxattr("f", NAME, &v, 3, 0), EINVAL);
	v.magic_etc = VFS_CAP_REVISION_1;
	CHECK_ERRNO(setxattr("f", NAME, &v, XATTR_CAPS_SZ_1, 0), EINVAL);
	v.magic_etc = 0x05000000;
	CHECK_ERRNO(setxattr("f", NAME, &v, XATTR_CAPS_SZ_2, 0), EINVAL);
	CHECK_ERRNO(getxattr("f", NAME, &back, sizeof(back)), ENODATA);
	grant("f", BIT(CAP_KILL), BIT(40), EFFECT);
	CHECK_EQ(getxattr("f", NAME, NULL, 0), XATTR_CAPS_SZ_2);
	CHECK_EQ(getxattr("f", NAME, &back, sizeof(back)), XATTR_CAPS_SZ_2);
	v = value(VFS_CAP_REVISION_2 | EFFECT, BIT(CAP_KILL), BIT(40), 0);
	CHECK_MEM(&back, &v, XATTR_CAPS_SZ_2);
	CHECK_ERRNO(getxattr("f", NAME, &back, XATTR_CAPS_SZ_2 - 1), ERANGE);
}

TEST(revision_3_names_a_root)
{
	struct vfs_ns_cap_data v = value(VFS_CAP_REVISION_3, 1, 0, 0), back = { 0 };

	put_file("f", "");
	CHECK_OK(setxattr("f", NAME, &v, XATTR_CAPS_SZ_3, 0));
	/* Ours is told in the older form. */
	CHECK_EQ(getxattr("f", NAME, &back, sizeof(back)), XATTR_CAPS_SZ_2);
	CHECK_EQ(back.magic_etc, VFS_CAP_REVISION_2);
	v.rootid = 1000;
	CHECK_OK(setxattr("f", NAME, &v, XATTR_CAPS_SZ_3, 0));
	CHECK_EQ(getxattr("f", NAME, &back, sizeof(back)), XATTR_CAPS_SZ_3);
	CHECK_MEM(&back, &v, sizeof(v));
}

TEST(cap_setfcap_is_needed)
{
	struct vfs_ns_cap_data v = value(VFS_CAP_REVISION_2, 1, 0, 0);

	put_file("f", "");
	CHECK_OK(chmod(".", 0777));
	grant("f", 1, 0, 0);
	become(1000);
	put_file("mine", "");
	CHECK_ERRNO(setxattr("mine", NAME, &v, XATTR_CAPS_SZ_2, 0), EPERM);
	CHECK_ERRNO(setxattr("mine", NAME, &v, 3, 0), EINVAL);
	CHECK_EQ(getxattr("f", NAME, NULL, 0), XATTR_CAPS_SZ_2);
}

static bool has_caps(const char *path)
{
	if (getxattr(path, NAME, NULL, 0) >= 0)
		return true;
	CHECK_EQ(errno, ENODATA);
	return false;
}

TEST(changes_of_the_file_take_it_away)
{
	int fd;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_RDWR));
	grant("f", 1, 0, 0);
	CHECK_EQ(write(fd, "", 0), 0);
	CHECK(has_caps("f"));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK(!has_caps("f"));
	grant("f", 1, 0, 0);
	CHECK_OK(chmod("f", 0700));
	CHECK_OK(utimensat(AT_FDCWD, "f", NULL, 0));
	CHECK_OK(link("f", "g"));
	CHECK(has_caps("g"));
	CHECK_OK(chown("f", -1, -1));
	CHECK(!has_caps("f"));
	grant("f", 1, 0, 0);
	CHECK_OK(truncate("f", 3));
	CHECK(!has_caps("f"));
	grant("f", 1, 0, 0);
	CHECK_OK(ftruncate(fd, 1));
	CHECK(!has_caps("f"));
	grant("f", 1, 0, 0);
	CHECK_OK(open("f", O_RDWR | O_TRUNC));
	CHECK(!has_caps("f"));
	grant("f", 1, 0, 0);
	CHECK_OK(posix_fallocate(fd, 0, 100));
	CHECK(!has_caps("f"));
}

TEST(writers_without_privileges_take_it_away_too)
{
	int fd;

	put_file("f", "abc");
	CHECK_OK(chmod("f", 06777));
	fd = CHECK_OK(open("f", O_RDWR));
	grant("f", 1, 0, 0);
	become(1000);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK(!has_caps("f"));
	struct stat st;
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode & 07777, 0777);
}

/* ---- execve(2) ---------------------------------------------------------------------------------------- */

static void copy_self(const char *to)
{
	static char text[65536];
	int in = CHECK_OK(open("/proc/self/exe", O_RDONLY)),
	    out = CHECK_OK(open(to, O_WRONLY | O_CREAT, 0755));
	ssize_t n;

	while ((n = read(in, text, sizeof(text))) > 0)
		CHECK_EQ(write(out, text, n), n);
	close(in);
	close(out);
	CHECK_OK(chmod(".", 0777));
}

static uint64_t status(const char *field)
{
	const char *line = strstr(get_file("/proc/self/status"), field);

	CHECK(line);
	return strtoull(line + strlen(field) + 1, NULL, 16);
}

/* A part of the tests below: run from a file with capabilities, it finds what WANT says. */
TEST(seen_from_the_program)
{
	const char *want = getenv("WANT");
	unsigned long long p, e, a;
	int uid, secure, dumpable;

	if (!want)
		return;
	CHECK_EQ(sscanf(want, "%d %llx %llx %llx %d %d", &uid, &p, &e, &a, &secure, &dumpable), 6);
	CHECK_EQ(geteuid(), uid);
	CHECK_EQ(status("CapPrm:"), p);
	CHECK_EQ(status("CapEff:"), e);
	CHECK_EQ(status("CapAmb:"), a);
	CHECK_EQ(getauxval(AT_SECURE), secure);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), dumpable);
}

struct want {
	int uid;
	uint64_t permitted, effective, ambient;
	int secure;
};

/* Executes the copy of ourselves; ends with the errno when it cannot. */
static void __attribute__((noreturn)) run(const char *path, struct want w)
{
	/* Who has gained something or changed is not to be looked into. */
	bool dumpable = (int)geteuid() == w.uid && (int)getuid() == w.uid &&
			!(w.permitted & ~status("CapPrm:"));
	char text[200];

	snprintf(text, sizeof(text), "%d %llx %llx %llx %d %d", w.uid, (unsigned long long)w.permitted,
		 (unsigned long long)w.effective, (unsigned long long)w.ambient, w.secure, dumpable);
	CHECK_OK(setenv("WANT", text, 1));
	execl(path, path, "--run", "filecap.seen_from_the_program" ABI_SUFFIX, NULL);
	_exit(errno);
}

TEST(permitted_set_is_gained)
{
	copy_self("p");
	grant("p", BIT(CAP_KILL) | BIT(40), 0, 0);
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, BIT(CAP_KILL) | BIT(40), 0, 0, 1 })));
	grant("p", BIT(CAP_KILL), 0, EFFECT);
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, BIT(CAP_KILL), BIT(CAP_KILL), 0, 1 })));
	grant("p", 0, 0, EFFECT);
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, 0, 0, 0, 1 })));
	grant("p", 0, 0, 0);
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, 0, 0, 0, 0 })));
	/* Root has everything anyway. */
	grant("p", BIT(CAP_KILL), 0, 0);
	JOIN(CHILD(run("./p", (struct want){ 0, ALL, ALL, 0, 0 })));
}

static void set_caps(uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ permitted, permitted, inheritable },
		{ permitted >> 32, permitted >> 32, inheritable >> 32 },
	};

	CHECK_OK(syscall(SYS_capset, &head, d));
}

/* User 1000 with these capabilities. */
static void become_with(uint64_t permitted, uint64_t inheritable)
{
	CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
	CHECK_OK(setresgid(1000, 1000, 1000));
	CHECK_OK(setresuid(1000, 1000, 1000));
	set_caps(permitted, inheritable);
}

TEST(inheritable_sets_meet)
{
	uint64_t kill = BIT(CAP_KILL), chown = BIT(CAP_CHOWN);

	copy_self("p");
	grant("p", 0, kill, EFFECT);
	JOIN(CHILD(become_with(chown | kill, chown | kill);
		   run("./p", (struct want){ 1000, kill, kill, 0, 1 })));
	JOIN(CHILD(become_with(chown, chown); run("./p", (struct want){ 1000, 0, 0, 0, 1 })));
}

TEST(bounding_set_limits_and_effective_cannot_do_without)
{
	copy_self("p");
	grant("p", BIT(CAP_KILL) | BIT(CAP_CHOWN), 0, 0);
	CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_KILL));
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, BIT(CAP_CHOWN), 0, 0, 1 })));
	grant("p", BIT(CAP_KILL) | BIT(CAP_CHOWN), 0, EFFECT);
	CHECK_EQ(wait_status(CHILD(become(1000); run("./p", (struct want){ 0 }))), EPERM << 8);
	/* Even for root. */
	CHECK_EQ(wait_status(CHILD(run("./p", (struct want){ 0 }))), EPERM << 8);
}

TEST(ambient_set_is_lost)
{
	uint64_t kill = BIT(CAP_KILL), chown = BIT(CAP_CHOWN);

	copy_self("p");
	copy_self("plain");
	grant("p", chown, 0, 0);
	become_with(kill | chown, kill);
	CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
	JOIN(CHILD(run("./plain", (struct want){ 1000, kill, kill, kill, 0 })));
	JOIN(CHILD(run("./p", (struct want){ 1000, chown, 0, 0, 1 })));
}

TEST(set_user_id_root_with_capabilities_gets_just_these)
{
	uint64_t kill = BIT(CAP_KILL);

	copy_self("p");
	CHECK_OK(chmod("p", 04755));
	JOIN(CHILD(become(1000); run("./p", (struct want){ 0, ALL, ALL, 0, 1 })));
	grant("p", kill, 0, 0);
	JOIN(CHILD(become(1000); run("./p", (struct want){ 0, kill, 0, 0, 1 })));
	grant("p", kill, 0, EFFECT);
	JOIN(CHILD(become(1000); run("./p", (struct want){ 0, kill, kill, 0, 1 })));
	/* With real root they do not limit. */
	JOIN(CHILD(run("./p", (struct want){ 0, ALL, ALL, 0, 0 })));
}

TEST(no_new_privs_keeps_to_what_there_was)
{
	uint64_t kill = BIT(CAP_KILL), chown = BIT(CAP_CHOWN);

	copy_self("p");
	grant("p", kill | chown, 0, EFFECT);
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, 0, 0, 0, 1 })));
	JOIN(CHILD(become_with(kill, 0); run("./p", (struct want){ 1000, kill, kill, 0, 1 })));
}

TEST(no_new_privs_takes_the_effective_user_back)
{
	copy_self("p");
	CHECK_OK(setresuid(1000, 0, 0));
	JOIN(CHILD(run("./p", (struct want){ 0, ALL, ALL, 0, 1 })));
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	JOIN(CHILD(run("./p", (struct want){ 1000, ALL, ALL, 0, 1 })));
}

TEST(nosuid_mount_ignores_them)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", MS_NOSUID, "mode=755"));
	copy_self("m/p");
	grant("m/p", BIT(CAP_KILL), 0, EFFECT);
	JOIN(CHILD(become(1000); run("m/p", (struct want){ 1000, 0, 0, 0, 0 })));
	CHECK_OK(umount("m"));
}

TEST(those_for_another_root_do_not_count)
{
	struct vfs_ns_cap_data v = value(VFS_CAP_REVISION_3 | EFFECT, BIT(CAP_KILL), 0, 1000);

	copy_self("p");
	CHECK_OK(setxattr("p", NAME, &v, XATTR_CAPS_SZ_3, 0));
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, 0, 0, 0, 0 })));
	v.rootid = 0;
	CHECK_OK(setxattr("p", NAME, &v, XATTR_CAPS_SZ_3, 0));
	JOIN(CHILD(become(1000); run("./p", (struct want){ 1000, BIT(CAP_KILL), BIT(CAP_KILL), 0, 1 })));
}
