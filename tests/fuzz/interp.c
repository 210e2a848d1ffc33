// SPDX-License-Identifier: MIT
/*
 * The guest side of "sysgate fuzz diff": init of a machine that runs the programs in /programs, one after
 * the other, and prints one hash per program (or, when the first line asks for it, every line of the record).
 *
 * Each program runs in a forked child, chrooted into a freshly made folder on a tmpfs, for a second at most.
 * What it did is recorded in shared memory, with no system call in between: result, errno and output buffers
 * of each call, then the state of the process (probe.c's part below) and the folder as the parent sees it.
 * The text format is described in diff, whose Program class writes it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CALLS 16
#define MAX_ARGS 6
#define BUFFER_SIZE 0x8000ul
#define BUFFERS ((char *)0x30000000)
#define ARENA 0x20000000ul /* where programs map */
#define ARENA_PAGES 16
#define LOG_SIZE (256 * 1024)
#define LIMIT_MS 1000
#define FILL 0x5a

struct arg {
	char kind;	  /* the first letter of the token */
	unsigned long value;
	unsigned char *buffer;
	size_t size;
	const char *masks; /* "~offset-size" ... */
	unsigned int parts[8], count;
};

static struct {
	size_t used;
	char text[LOG_SIZE];
} *record;
static long results[MAX_CALLS];

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	size_t room = LOG_SIZE - record->used;
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(record->text + record->used, room, fmt, ap);
	va_end(ap);
	record->used += (size_t)n < room ? (size_t)n : room - 1;
}

static uint32_t hash(uint32_t h, const void *data, size_t size)
{
	for (const unsigned char *p = data, *end = p + size; p < end; p++)
		h = (h ^ *p) * 16777619u;
	return h;
}

#define HASH_START 2166136261u

/* --- arguments --- */

static size_t from_hex(unsigned char *to, const char **text)
{
	size_t n = 0;
	unsigned int byte;

	while (sscanf(*text, "%2x", &byte) == 1 && **text != '~' && **text != ' ') {
		to[n++] = (unsigned char)byte;
		*text += 2;
	}
	return n;
}

static void parse_vector(struct arg *a, const char *text)
{
	struct iovec *vector = (struct iovec *)a->buffer;
	unsigned char *data = a->buffer + 512;

	for (text++; a->count < 8 && *text && *text != ' '; text += *text == ',') {
		char *end;
		a->parts[a->count] = (unsigned int)strtoul(text, &end, 16);
		vector[a->count] = (struct iovec){ data, a->parts[a->count] };
		data += a->parts[a->count++];
		text = end;
	}
	a->size = (size_t)(data - a->buffer);
	for (size_t i = 512; i < a->size; i++)
		a->buffer[i] = a->masks[0] == 'i' ? (unsigned char)('a' + i % 26) : FILL;
}

static void parse_edge(struct arg *a, unsigned long size)
{
	/* The last page of the buffer goes away; what is left of the argument lies right before it. */
	unsigned char *edge = a->buffer + BUFFER_SIZE - 4096;

	munmap(edge, 4096);
	a->buffer = edge - size;
	a->size = size;
	memset(a->buffer, FILL, size);
}

static void parse_arg(struct arg *a, const char *text, int call, int index)
{
	unsigned int of, which, place;

	*a = (struct arg){ .kind = *text++, .masks = "" };
	a->buffer = (unsigned char *)BUFFERS + (size_t)(call * MAX_ARGS + index) * BUFFER_SIZE;
	switch (a->kind) {
	case 'i':
		a->value = strtoul(text, NULL, 16);
		return;
	case 'p':
		a->value = (unsigned long)getpid();
		return;
	case 'r':
		a->value = (unsigned long)results[strtoul(text, NULL, 10) % MAX_CALLS];
		return;
	case 'k':
		if (sscanf(text, "%u.%u.%u", &of, &which, &place) != 3)
			return;
		a->value = (unsigned long)((int *)(BUFFERS + (of * MAX_ARGS + which) * BUFFER_SIZE))[place];
		return;
	case 't':
	case 'x':
		a->size = from_hex(a->buffer, &text);
		a->masks = text;
		break;
	case 'o':
		a->size = strtoul(text, (char **)&text, 16);
		memset(a->buffer, FILL, a->size);
		a->masks = text;
		break;
	case 'w':
		a->size = strtoul(text, NULL, 16);
		for (size_t i = 0; i < a->size; i++)
			a->buffer[i] = (unsigned char)('a' + i % 26);
		break;
	case 'e':
		parse_edge(a, strtoul(text, NULL, 16));
		break;
	case 'v':
		a->masks = text;
		parse_vector(a, text);
		break;
	}
	a->value = (unsigned long)a->buffer;
}

/* --- what a call did --- */

static void note_bytes(const char *label, unsigned char *data, size_t size)
{
	size_t used = size;

	while (used && data[used - 1] == FILL)
		used--;
	note("  %s %zu:%08x ", label, used, hash(HASH_START, data, size));
	for (size_t i = 0; i < used && i < 160; i++)
		note("%02x", data[i]);
	note("\n");
}

static void note_buffer(int index, struct arg *a)
{
	char label[8];
	unsigned int from, size;
	const char *mask = a->masks;

	snprintf(label, sizeof(label), "arg%d", index);
	if (a->kind == 'v') {
		if (a->masks[0] == 'o')
			note_bytes(label, a->buffer + 512, a->size - 512);
		return;
	}
	if (!strchr("oxe", a->kind))
		return;
	unsigned char copy[BUFFER_SIZE];
	memcpy(copy, a->buffer, a->size);
	for (; *mask == '~' && sscanf(mask, "~%u-%u", &from, &size) == 2; mask += 1 + strcspn(mask + 1, "~"))
		if (from + size <= a->size)
			memset(copy + from, FILL, size);
	note_bytes(label, copy, a->size);
}

/* Directory entries: names and types in order; inode numbers and offsets are each kernel's own. */
static void note_entries(unsigned char *data, long size)
{
	for (long at = 0; at < size;) {
		unsigned short length = *(unsigned short *)(data + at + 16);
		note("  entry %u %u %s\n", length, data[at + 18], (char *)data + at + 19);
		if (!length)
			break;
		at += length;
	}
}

static void run_call(int call, const char *line)
{
	struct arg args[MAX_ARGS] = { 0 };
	char mode;
	long nr;
	int used, count = 0;

	if (sscanf(line, "%ld %c%n", &nr, &mode, &used) != 2)
		return;
	for (const char *at = line + used; *at == ' ' && count < MAX_ARGS; count++) {
		parse_arg(&args[count], at + 1, call, count);
		at += 1 + strcspn(at + 1, " ");
	}
	long value = syscall(nr, args[0].value, args[1].value, args[2].value, args[3].value, args[4].value,
			     args[5].value);
	int error = value == -1 ? errno : 0;

	results[call] = value;
	if (error)
		note("call %d: %s\n", call, strerrorname_np(error) ? strerrorname_np(error) : "errno?");
	else if (mode == 'A' && (unsigned long)value > 0x10000 && (unsigned long)value - ARENA > 0x100000)
		note("call %d: address\n", call);
	else if (mode == 'P' && value > 0)
		note("call %d: %s\n", call, value == getpid() ? "self" : "pid");
	else
		note("call %d: %ld\n", call, value);
	for (int i = 0; i < count; i++)
		if (mode == 'd' && i == 1)
			note_entries(args[1].buffer, args[1].kind == 'o' ? value : 0);
		else
			note_buffer(i, &args[i]);
}

/* --- the state left behind --- */

static void note_process(void)
{
	unsigned int a, b, c;
	struct rlimit limit;
	uint64_t set = 0;
	char path[4096];

	syscall(SYS_getresuid, &a, &b, &c);
	note("uids %u %u %u", a, b, c);
	syscall(SYS_getresgid, &a, &b, &c);
	note(" gids %u %u %u groups %d umask %o\n", a, b, c, getgroups(0, NULL), umask(0));
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
	note("blocked %lx", set);
	syscall(SYS_rt_sigpending, &set, 8);
	note(" pending %lx cwd %s\n", set, syscall(SYS_getcwd, path, sizeof(path)) < 0 ? "?" : path);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		/* Those two follow from the size of the machine's memory as each kernel counts it. */
		if (i != RLIMIT_NPROC && i != RLIMIT_SIGPENDING && !getrlimit(i, &limit))
			note("%lx/%lx ", limit.rlim_cur, limit.rlim_max);
	note("limits\n");
}

static void note_fds(void)
{
	for (int fd = 0; fd < 130; fd++) {
		struct stat st;
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0)
			continue;
		memset(&st, 0, sizeof(st));
		fstat(fd, &st);
		note("fd %d: cloexec %d flags %o mode %o position %ld size %ld\n", fd, flags,
		     fcntl(fd, F_GETFL), st.st_mode, lseek(fd, 0, SEEK_CUR), (long)st.st_size);
	}
}

/* Which arena pages can be read and written: asked through calls, so that nothing can kill us here. */
static void note_arena(void)
{
	uint64_t set;

	note("arena ");
	for (int i = 0; i < ARENA_PAGES; i++) {
		void *page = (void *)(ARENA + (unsigned long)i * 4096);
		int mapped = !msync(page, 4096, MS_ASYNC);
		int readable = syscall(SYS_rt_sigprocmask, SIG_BLOCK, page, &set, 8) == 0;
		int writable = syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, page, 8) == 0;
		note("%c", "-mrRwwWW"[mapped | readable << 1 | writable << 2]);
	}
	note("\n");
}

static int not_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
}

static void note_file(const char *path, struct stat *st)
{
	static char data[65536];

	note("file %s mode %o links %lu owner %u.%u size %ld blocks %ld", path, st->st_mode,
	     (unsigned long)st->st_nlink, st->st_uid, st->st_gid, (long)st->st_size, (long)st->st_blocks);
	if (S_ISREG(st->st_mode)) {
		int fd = open(path, O_RDONLY);
		ssize_t n = read(fd, data, sizeof(data));
		note(" data %08x", n > 0 ? hash(HASH_START, data, (size_t)n) : 0);
		close(fd);
	} else if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlink(path, data, sizeof(data));
		note(" to %.*s", (int)(n < 100 ? n : 100), data);
	} else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		note(" device %u:%u", major(st->st_rdev), minor(st->st_rdev));
	}
	note("\n");
}

/* Describes and deletes what is below `path`. */
static void take_down(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, not_dots, alphasort);

	for (int i = 0; i < n; i++) {
		char name[8192];
		struct stat st;

		snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name);
		if (!lstat(name, &st)) {
			note_file(name, &st);
			if (S_ISDIR(st.st_mode))
				take_down(name);
			else
				unlink(name);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	rmdir(path);
}

/* --- one program --- */

static void make_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);

	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	fchmod(fd, mode);
	close(fd);
}

static void make_folder(unsigned int uid)
{
	static const char *const owned[] = { "p", "p/f", "p/d", "p/d/g", "p/fifo" };

	umask(0);
	mkdir("p", 0755);
	mkdir("p/d", 0755);
	mkdir("p/sticky", 01777);
	mkdir("p/locked", 0700);
	make_file("p/f", "the quick brown fox", 0644);
	make_file("p/d/g", "", 0666);
	make_file("p/ro", "read only", 0444);
	make_file("p/locked/h", "hidden", 0600);
	make_file("p/sticky/s", "stuck", 0666);
	if (symlink("f", "p/l") || symlink("d", "p/dl") || symlink("nowhere", "p/x") || symlink("loop", "p/loop"))
		perror("symlink");
	mkfifo("p/fifo", 0644);
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		if (chown(owned[i], uid, uid))
			perror("chown");
}

static char *next_line(char *line)
{
	char *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = 0;
	return end + 1;
}

static void run_calls(char *text)
{
	int call = 0, status;
	pid_t child;

	for (char *line = text, *next; (next = next_line(line)); line = next) {
		if (*line == 'c') {
			if (call < MAX_CALLS)
				run_call(call++, line + 2);
		} else if (*line == '{') {
			child = fork();
			if (!child)
				continue;
			waitpid(child, &status, 0);
			note("child ended %x\n", status);
			for (line = next; *line != '}'; line = next) {
				next = next_line(line);
				call += *line == 'c';
			}
			next = next_line(line);
		} else if (*line == '}') {
			note_process();
			note_fds();
			_exit(0);
		} else {
			break;
		}
	}
}

static void enter(unsigned int uid)
{
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(open("/dev/null", O_RDWR), fd);
	for (int fd = 3; fd < 10; fd++)
		close(fd);
	if (chroot("p") || chdir("/"))
		_exit(99);
	umask(022);
	if (uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		_exit(98);
}

static void run_program(unsigned int uid, char *text)
{
	struct timespec limit = { LIMIT_MS / 1000, LIMIT_MS % 1000 * 1000000l };
	sigset_t child_ended;
	siginfo_t info = { 0 };
	int status;

	record->used = 0;
	make_folder(uid);
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	pid_t child = fork();
	if (!child) {
		enter(uid);
		sigprocmask(SIG_UNBLOCK, &child_ended, NULL);
		run_calls(text);
		note_process();
		note_fds();
		note_arena();
		_exit(0);
	}
	if (sigtimedwait(&child_ended, &info, &limit) < 0) {
		note("timeout\n");
		kill(child, SIGKILL);
	}
	waitpid(child, &status, 0);
	note("ended %x\n", status & ~0x80); /* no core dumps here: that bit is a matter of set-up */
	kill(-1, SIGKILL);
	while (wait(NULL) > 0)
		;
	sigtimedwait(&child_ended, NULL, &(struct timespec){ 0 });
	umask(0);
	take_down("p");
}

static char *read_programs(void)
{
	struct stat st;
	int fd = open("/programs", O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	char *text = malloc((size_t)st.st_size + 1);
	size_t have = 0;
	for (ssize_t n; (n = read(fd, text + have, (size_t)st.st_size - have)) > 0;)
		have += (size_t)n;
	text[have] = 0;
	close(fd);
	return text;
}

static void *map(void *where, size_t size, int how)
{
	void *p = mmap(where, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | how, -1, 0);

	if (p == MAP_FAILED)
		perror("mmap");
	return p;
}

static void report(unsigned int number, int verbose)
{
	if (!verbose) {
		printf("H %u %08x\n", number, hash(HASH_START, record->text, record->used));
		return;
	}
	record->text[record->used] = 0;
	for (char *line = record->text, *next; (next = next_line(line)); line = next)
		printf("V %u %s\n", number, line);
	printf("H %u -\n", number);
}

int main(void)
{
	sigset_t child_ended;
	unsigned int number, uid;
	char *text = read_programs();

	record = map(NULL, sizeof(*record), MAP_SHARED);
	map(BUFFERS, BUFFER_SIZE * MAX_CALLS * MAX_ARGS, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE);
	mkdir("/w", 0755);
	mkdir("/dev", 0755);
	mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
	if (!text || mount("fuzz", "/w", "tmpfs", 0, "size=64m") || chdir("/w"))
		perror("set-up");
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, NULL);
	int verbose = text && *text == 'v';
	/* P NUMBER UID, then one line per call, then "." */
	for (char *p = text; p && (p = strstr(p, "\nP ")); ) {
		if (sscanf(p, "\nP %u %u", &number, &uid) != 2)
			break;
		char *body = strchr(p + 1, '\n') + 1, *end = strstr(body, "\n.");
		end[1] = '\0';
		run_program(uid, body);
		report(number, verbose);
		end[1] = '.';
		p = end;
		fflush(stdout);
	}
	printf("END\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
