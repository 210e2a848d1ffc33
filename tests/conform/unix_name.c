// SPDX-License-Identifier: MIT
/* Addresses of Unix sockets: paths and their permissions, abstract names, names the kernel invents. */
#include "sock.h"

static void check_name(int s, const struct address *want)
{
	struct sockaddr_un un;
	socklen_t size = sizeof(un);

	CHECK_OK(getsockname(s, (void *)&un, &size));
	CHECK_EQ(size, want->size);
	CHECK_MEM(&un, &want->un, size);
}

TEST(bind_makes_a_node)
{
	struct address a = path_address("node");
	struct stat st;
	int s;

	umask(027);
	s = bound_socket(SOCK_STREAM, &a);
	CHECK_OK(stat("node", &st));
	CHECK_EQ(st.st_mode, S_IFSOCK | 0750);
	CHECK_EQ(st.st_nlink, 1);
	check_name(s, &a);
	CHECK_ERRNO(open("node", O_RDWR), ENXIO);
}

TEST(mode_of_the_socket_is_the_mode_of_the_node)
{
	struct address a = path_address("node");
	int s = new_socket(SOCK_STREAM);
	struct stat st;

	CHECK_OK(fchmod(s, 0640));
	CHECK_OK(try_bind(s, &a));
	CHECK_OK(stat("node", &st));
	CHECK_EQ(st.st_mode, S_IFSOCK | 0640);
}

TEST(a_path_that_is_taken)
{
	struct address a = path_address("taken"), slash = path_address("new/"),
		       none = path_address("no/where");
	int s = new_socket(SOCK_STREAM);

	put_file("taken", "");
	CHECK_ERRNO(try_bind(s, &a), EADDRINUSE);
	CHECK_OK(unlink("taken"));
	CHECK_OK(symlink("elsewhere", "taken"));
	CHECK_ERRNO(try_bind(s, &a), EADDRINUSE);
	CHECK_ERRNO(try_bind(s, &slash), ENOENT);
	CHECK_ERRNO(try_bind(s, &none), ENOENT);
	a = path_address("/");
	CHECK_ERRNO(try_bind(s, &a), EADDRINUSE);
	a = path_address("taken/x");
	CHECK_ERRNO(try_bind(s, &a), ENOENT);
}

TEST(bound_twice)
{
	struct address a = path_address("one"), b = path_address("two"), c = abstract_address("c");
	int s = bound_socket(SOCK_STREAM, &a);

	CHECK_ERRNO(try_bind(s, &b), EINVAL);
	CHECK_ERRNO(access("two", F_OK), ENOENT);
	CHECK_ERRNO(try_bind(s, &c), EINVAL);
	CHECK_ERRNO(try_bind(s, &a), EADDRINUSE);
	b.size = 2;
	CHECK_OK(try_bind(s, &b)); /* autobind of a socket with a name: nothing to do */
	check_name(s, &a);
}

TEST(permission_to_make_the_node)
{
	struct address a = path_address("dir/node");

	CHECK_OK(mkdir("dir", 0755));
	become(1000);
	CHECK_ERRNO(try_bind(new_socket(SOCK_STREAM), &a), EACCES);
}

TEST(permission_to_connect_is_to_write)
{
	struct address a = path_address("node");

	listener(SOCK_STREAM, &a, 5);
	CHECK_OK(chmod("node", 0444));
	CHECK_OK(chmod(".", 0755));
	JOIN(CHILD({
		become(1000);
		CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), EACCES);
	}));
	CHECK_OK(chmod("node", 0222));
	JOIN(CHILD({
		become(1000);
		CHECK_OK(try_connect(new_socket(SOCK_STREAM), &a));
	}));
	CHECK_OK(chmod(".", 0700));
	become(1000);
	CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), EACCES);
}

TEST(paths_that_lead_to_no_socket)
{
	struct address a = path_address("file");
	int s = new_socket(SOCK_STREAM);

	CHECK_ERRNO(try_connect(s, &a), ENOENT);
	put_file("file", "");
	CHECK_ERRNO(try_connect(s, &a), ECONNREFUSED);
	CHECK_OK(mknod("node", S_IFSOCK | 0777, 0));
	a = path_address("node");
	CHECK_ERRNO(try_connect(s, &a), ECONNREFUSED);
	a = path_address("file/x");
	CHECK_ERRNO(try_connect(s, &a), ENOTDIR);
}

TEST(type_must_agree)
{
	struct address a = path_address("node");

	listener(SOCK_STREAM, &a, 1);
	CHECK_ERRNO(try_connect(new_socket(SOCK_DGRAM), &a), EPROTOTYPE);
	CHECK_ERRNO(try_connect(new_socket(SOCK_SEQPACKET), &a), EPROTOTYPE);
	CHECK_ERRNO(sendto(new_socket(SOCK_DGRAM), "x", 1, 0, (void *)&a.un, a.size), EPROTOTYPE);
}

TEST(the_node_may_be_renamed_and_linked)
{
	struct address a = path_address("node"), b = path_address("moved"), c = path_address("linked"),
		       d = path_address("soft");
	int l = listener(SOCK_STREAM, &a, 5);

	CHECK_OK(rename("node", "moved"));
	connected_socket(SOCK_STREAM, &b);
	CHECK_OK(link("moved", "linked"));
	connected_socket(SOCK_STREAM, &c);
	CHECK_OK(symlink("linked", "soft"));
	connected_socket(SOCK_STREAM, &d);
	check_name(l, &a);
	CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), ENOENT);
}

TEST(the_node_outlives_the_socket)
{
	struct address a = path_address("node");
	int s = listener(SOCK_STREAM, &a, 1);

	close(s);
	CHECK_OK(access("node", F_OK));
	CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), ECONNREFUSED);
	CHECK_ERRNO(try_bind(new_socket(SOCK_STREAM), &a), EADDRINUSE);
	CHECK_OK(unlink("node"));
	CHECK_OK(try_bind(new_socket(SOCK_STREAM), &a));
}

TEST(a_path_without_nul)
{
	struct address a = path_address("abcdef"), want = path_address("abc"), full;
	struct stat st;
	char name[128];
	socklen_t size = sizeof(name);
	int s;

	a.size = PATH_OFF + 3;
	s = bound_socket(SOCK_DGRAM, &a);
	CHECK_OK(stat("abc", &st));
	check_name(s, &want);
	full.un.sun_family = AF_UNIX;
	memset(full.un.sun_path, 'p', sizeof(full.un.sun_path));
	full.size = sizeof(full.un);
	s = bound_socket(SOCK_DGRAM, &full);
	CHECK_OK(getsockname(s, (void *)name, &size));
	CHECK_EQ(size, 111);
	CHECK_EQ(name[110], 0);
	CHECK_EQ(strlen(name + 2), 108);
	CHECK_OK(try_connect(new_socket(SOCK_DGRAM), &full));
}

TEST(bytes_after_the_nul_do_not_count)
{
	struct address a = path_address("abc"), want = path_address("abc");

	memcpy(a.un.sun_path + 4, "rubbish", 7);
	a.size = PATH_OFF + 11;
	check_name(bound_socket(SOCK_DGRAM, &a), &want);
}

TEST(abstract_names)
{
	struct address a = abstract_address("name"), longer = a, shorter = a;
	int s = bound_socket(SOCK_DGRAM, &a);

	check_name(s, &a);
	CHECK_ERRNO(try_bind(new_socket(SOCK_DGRAM), &a), EADDRINUSE);
	longer.size++;
	CHECK_OK(try_bind(new_socket(SOCK_DGRAM), &longer)); /* a NUL more is another name */
	shorter.size--;
	CHECK_ERRNO(try_connect(new_socket(SOCK_DGRAM), &shorter), ECONNREFUSED);
	CHECK_OK(try_connect(new_socket(SOCK_DGRAM), &a));
	close(s);
	CHECK_ERRNO(try_connect(new_socket(SOCK_DGRAM), &a), ECONNREFUSED);
	CHECK_OK(try_bind(new_socket(SOCK_DGRAM), &a));
}

TEST(abstract_names_of_two_types)
{
	struct address a = abstract_address("name");

	bound_socket(SOCK_DGRAM, &a);
	CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), ECONNREFUSED);
	listener(SOCK_STREAM, &a, 1);
	connected_socket(SOCK_STREAM, &a);
	connected_socket(SOCK_DGRAM, &a);
}

TEST(a_name_of_the_kernels_choice)
{
	struct address a = { .un.sun_family = AF_UNIX, .size = 2 };
	struct sockaddr_un un, other;
	socklen_t size = sizeof(un);
	int s = new_socket(SOCK_STREAM);

	CHECK_OK(try_bind(s, &a));
	CHECK_OK(getsockname(s, (void *)&un, &size));
	CHECK_EQ(size, 8);
	CHECK_EQ(un.sun_path[0], 0);
	for (int i = 1; i < 6; i++)
		CHECK(strchr("0123456789abcdef", un.sun_path[i]));
	s = bound_socket(SOCK_STREAM, &a);
	size = sizeof(other);
	CHECK_OK(getsockname(s, (void *)&other, &size));
	CHECK(memcmp(&un, &other, 8));
	a.un.sun_family = AF_INET;
	CHECK_ERRNO(try_bind(new_socket(SOCK_STREAM), &a), EINVAL);
}

TEST(passcred_gives_a_name_when_connecting)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 1), s = new_socket(SOCK_STREAM), c;
	struct sockaddr_un un;
	socklen_t size = sizeof(un);

	set_int_option(s, SO_PASSCRED, 1);
	CHECK_OK(try_connect(s, &a));
	c = CHECK_OK(accept(l, (void *)&un, &size));
	CHECK_EQ(size, 8);
	size = sizeof(un);
	CHECK_OK(getsockname(c, (void *)&un, &size));
	CHECK_EQ(size, a.size);
}

TEST(accepted_sockets_inherit_the_name)
{
	struct address a = path_address("node");
	int l = listener(SOCK_STREAM, &a, 1), s = connected_socket(SOCK_STREAM, &a), c;
	struct sockaddr_un un;
	socklen_t size = sizeof(un);

	c = CHECK_OK(accept(l, (void *)&un, &size));
	CHECK_EQ(size, 2);
	check_name(c, &a);
	size = sizeof(un);
	CHECK_OK(getpeername(s, (void *)&un, &size));
	CHECK_EQ(size, a.size);
	close(l);
	CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), ECONNREFUSED);
}

TEST(proc_net_unix_lists_sockets)
{
	struct address a = path_address("listed"), b = abstract_address("listed");
	char want[64];
	const char *text, *line;
	unsigned refs, protocol, flags, type, state;
	unsigned long ino;
	struct stat st;
	int l = listener(SOCK_STREAM, &a, 1);

	bound_socket(SOCK_DGRAM, &b);
	text = get_file("/proc/net/unix");
	CHECK(!strncmp(text, "Num       RefCount Protocol Flags    Type St Inode Path\n", 56));
	line = strstr(text, " listed\n");
	CHECK(line);
	while (line > text && line[-1] != '\n')
		line--;
	CHECK_EQ(sscanf(line, "%*x: %x %x %x %x %x %lu", &refs, &protocol, &flags, &type, &state, &ino), 6);
	CHECK_EQ(refs, 2);
	CHECK_EQ(flags, 0x10000);
	CHECK_EQ(type, SOCK_STREAM);
	CHECK_EQ(state, 1);
	CHECK_OK(fstat(l, &st));
	CHECK_EQ(ino, st.st_ino);
	snprintf(want, sizeof(want), " @%s\n", b.un.sun_path + 1);
	CHECK(strstr(text, want));
}
