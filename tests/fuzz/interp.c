// SPDX-License-Identifier: MIT
/*
 * Init of a machine that runs the programs in /programs, one after the other, and prints one hash per program
 * (or, when the first line asks for it, the record).  grammar.py writes the text format, fuzz.h says how a
 * program runs.
 *
 * Each program runs in a forked child.  Its folder is looked at afterwards, and described and made anew only when it
 * is no longer what it was at first.  A program in which nobody has done anything for STUCK_MS is stuck: init has
 * the lowest priority, so that it would not run if anybody could.
 */
#include "actors.h"
#include "fuzz.h"
#include "world.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#define STUCK_MS   60
#define STACK_SIZE 65536

#define WORLD_FILES 13
#define WORLD_MTIME 1000000000l /* of all in a fresh folder: what is written to has another */

struct world {
	unsigned int uid;
	int dir; /* the folder */
	int files[WORLD_FILES];
	struct stat fresh[WORLD_FILES];
};

struct shared *shared;
int my_actor;
static struct step steps[MAX_STEPS];
static unsigned int step_count;
static bool many; /* more than one actor */
static char stacks[MAX_ACTORS][STACK_SIZE] __attribute__((aligned(16)));
static struct world worlds[] = { { .uid = 0, .dir = -1 }, { .uid = 1000, .dir = -1 } };

/* --- actors --- */

int actor_here(void)
{
	char here;
	unsigned long at = (unsigned long)&here - (unsigned long)stacks;

	return at < sizeof(stacks) ? (int)(at / STACK_SIZE) : my_actor;
}

static void await_turn(unsigned int number)
{
	if (many)
		actor_await(&shared->turn, number);
}

static void pass_turn(unsigned int number)
{
	if (many)
		actor_pass(&shared->turn, number);
	else
		shared->turn = number; /* signal handlers say when */
}

static void run_actor(int me);

static int thread_main(void *me)
{
	run_actor((int)(long)me);
	raw(SYS_exit, 0, 0, 0, 0);
	return 0;
}

static void start_actor(unsigned int number, bool thread)
{
	const char *text = steps[number].text;
	unsigned long actor = parse_dec(&text) % MAX_ACTORS;
	long pid;

	if (thread) {
		pid = clone(thread_main, stacks[actor] + STACK_SIZE,
			    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
			    (void *)actor);
	} else {
		pid = raw(SYS_fork, 0, 0, 0, 0);
		if (!pid) {
			my_actor = (int)actor;
			run_actor(my_actor);
			note_process(&shared->states[actor]);
			_exit((int)actor);
		}
	}
	shared->results[number] = pid;
	if (pid > 0) {
		shared->pids[actor] = (pid_t)pid;
		actor_priority((pid_t)pid, (int)actor); /* it runs now, up to its first turn */
	}
	note(&shared->steps[number], "%s\n", pid > 0 ? "started" : "not started");
}

static void wait_for_actor(unsigned int number)
{
	const char *text = steps[number].text;
	int status = 0;
	pid_t pid = shared->pids[parse_dec(&text) % MAX_ACTORS];
	long got = raw(SYS_wait4, (unsigned long)pid, (unsigned long)&status, __WALL, 0);

	shared->results[number] = got;
	note(&shared->steps[number], "%s %lx\n", got < 0 ? strerrorname_np((int)-got) : pid_name((pid_t)got),
	     (unsigned long)(status & ~0x80)); /* whether cores are dumped is a matter of set-up */
}

static void run_actor(int me)
{
	for (unsigned int i = 0; i < step_count; i++) {
		const struct step *step = &steps[i];

		if (step->actor != me)
			continue;
		await_turn(i);
		__atomic_add_fetch(&shared->progress, 1, __ATOMIC_SEQ_CST);
		if (step->kind == 'b')
			pass_turn(i + 1);
		if (step->kind == 'c' || step->kind == 'b')
			run_call(i, step->text);
		else if (step->kind == 'w')
			wait_for_actor(i);
		else
			start_actor(i, step->kind == 't');
		if (step->kind != 'b')
			pass_turn(i + 1);
	}
}

/* --- one program --- */

static void child_main(unsigned int uid)
{
	sigset_t none;

	setsid();
	shared->pids[0] = getpid();
	actor_priority(0, 0);
	world_enter(uid);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	run_actor(0);
	await_turn(step_count);
	note_process(&shared->states[0]);
	note_arena(&shared->states[0]);
	_exit(0);
}

/* Waits for init's child to end, as long as anybody does anything.  False: the program was stuck. */
static bool wait_for_program(pid_t child, int *status)
{
	struct timespec limit = { 0, STUCK_MS * 1000000l };
	unsigned int progress = 0;
	sigset_t child_ended;

	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	while (waitpid(child, status, WNOHANG) != child) {
		if (sigtimedwait(&child_ended, NULL, &limit) >= 0)
			continue;
		/* A child that has not begun has not got the processor yet: nobody runs before init but actors. */
		if (progress && shared->progress == progress) {
			kill(-1, SIGKILL);
			waitpid(child, status, 0);
			return false;
		}
		progress = shared->progress;
	}
	return true;
}

static void reset_shared(void)
{
	shared->turn = shared->progress = shared->buffers_used = shared->edges_used = 0;
	shared->tree_used = 0;
	memset(shared->pids, 0, sizeof(shared->pids));
	memset(shared->where, 0, sizeof(shared->where));
	for (int i = 0; i < MAX_STEPS; i++)
		shared->steps[i].used = 0;
	for (int i = 0; i < MAX_ACTORS; i++)
		shared->states[i].used = shared->signals[i].used = 0;
}

/* Moves a descriptor out of the way of programs. */
static int put_aside(int fd)
{
	int aside = fcntl(fd, F_DUPFD_CLOEXEC, WORLD_WORK_FD);

	world_must(fd >= 0 && aside >= 0, "put_aside");
	close(fd);
	return aside;
}

static const char *const world_files[WORLD_FILES] = { "f",      "d/g", "ro",    "locked/h", "sticky/s",
						      "l",      "dl",  "x",     "loop",     "fifo",
						      "locked", "d",   "sticky" };

static void clear_attributes(int dir)
{
	char list[512];

	for (ssize_t n; (n = flistxattr(dir, list, sizeof(list))) > 0;)
		for (ssize_t at = 0; at < n; at += (ssize_t)strlen(list + at) + 1)
			world_must(!fremovexattr(dir, list + at), list + at);
}

/* Fills the folder, and remembers what it looks like. */
static void make_world(struct world *w)
{
	static const struct timespec times[2] = { { WORLD_MTIME, 0 }, { WORLD_MTIME, 0 } };

	fchdir(w->dir);
	fchmod(w->dir, 0755);
	clear_attributes(w->dir);
	world_make(".", w->uid);
	for (int i = 0; i < WORLD_FILES; i++) {
		utimensat(w->dir, world_files[i], times, AT_SYMLINK_NOFOLLOW);
		if (w->files[i])
			close(w->files[i]);
		w->files[i] = put_aside(openat(w->dir, world_files[i], O_PATH | O_NOFOLLOW));
		fstat(w->files[i], &w->fresh[i]);
	}
	utimensat(w->dir, ".", times, 0);
}

/* Whether nobody has changed anything.  Times of the last change of state are of no use: they have the grain of ticks. */
static bool is_fresh(const struct world *w)
{
	struct stat st;

	fstat(w->dir, &st);
	if (flistxattr(w->dir, NULL, 0) > 0)
		return false;
	if (st.st_mode != (S_IFDIR | 0755) || st.st_uid != w->uid || st.st_gid != w->uid ||
	    st.st_mtim.tv_sec != WORLD_MTIME)
		return false;
	for (int i = 0; i < WORLD_FILES; i++) {
		const struct stat *was = &w->fresh[i];
		char path[32];

		fstat(w->files[i], &st);
		if (st.st_mode != was->st_mode || st.st_uid != was->st_uid || st.st_gid != was->st_gid ||
		    st.st_nlink != was->st_nlink || st.st_size != was->st_size ||
		    st.st_blocks != was->st_blocks || st.st_mtim.tv_sec != WORLD_MTIME ||
		    st.st_mtim.tv_nsec || st.st_atim.tv_sec < 100)
			return false;
		path[format(path, sizeof(path) - 1, "%s", world_files[i])] = 0;
		if (llistxattr(path, NULL, 0) > 0)
			return false;
	}
	return true;
}

/* Describes the folder in the record when it has changed (or always, if asked to); then replaces it. */
static void look_at_world(struct world *w, bool verbose)
{
	bool fresh = is_fresh(w);

	if (fresh && !verbose)
		return;
	lseek(w->dir, 0, SEEK_SET);
	walk_tree(w->dir, !fresh);
	if (!fresh)
		make_world(w);
}

static void first_world(struct world *w, const char *path)
{
	mkdir(path, 0755);
	w->dir = put_aside(open(path, O_RDONLY | O_DIRECTORY));
	make_world(w);
}

static void run_program(unsigned int uid, bool verbose)
{
	struct world *w = &worlds[uid != 0];
	int status;

	reset_shared();
	fchdir(w->dir);
	pid_t child = fork();
	if (!child)
		child_main(uid);
	bool ended = wait_for_program(child, &status);
	note(&shared->states[0], ended ? "ended %lx\n" : "stuck\n", (unsigned long)(status & ~0x80));
	if (many) {
		kill(-1, SIGKILL);
		while (wait(NULL) > 0)
			;
	}
	fchdir(w->dir);
	look_at_world(w, verbose);
}

/* --- the programs --- */

/* "P NUMBER UID", then one line per step, then ".": fills in steps; returns what follows. */
static const char *parse_program(const char *text, unsigned int *number, unsigned int *uid)
{
	unsigned int actor = 0;

	text += 2;
	*number = (unsigned int)parse_dec(&text);
	text++;
	*uid = (unsigned int)parse_dec(&text);
	step_count = 0;
	many = false;
	for (text = strchr(text, '\n') + 1; *text != '.'; text = strchr(text, '\n') + 1) {
		const char *rest = text + 2;
		if (*text == 'a')
			actor = (unsigned int)parse_dec(&rest);
		else if (step_count < MAX_STEPS)
			steps[step_count++] = (struct step){ *text, (unsigned char)actor, rest };
		many |= *text == 'f' || *text == 't';
	}
	return strchr(text, '\n') + 1;
}

static void print_slot(const char *what, int index, const struct slot *slot)
{
	if (slot->used)
		printf("%s %d: %.*s", what, index, (int)slot->used, slot->text);
}

static void report(unsigned int number, bool verbose)
{
	uint32_t h = HASH_START;

	for (unsigned int i = 0; i < step_count; i++)
		h = hash(h, shared->steps[i].text, shared->steps[i].used) * 31 + i;
	for (int i = 0; i < MAX_ACTORS; i++) {
		h = hash(h, shared->states[i].text, shared->states[i].used);
		h = hash(h, shared->signals[i].text, shared->signals[i].used);
	}
	if (!verbose)
		h = hash(h, shared->tree, shared->tree_used);
	if (verbose) {
		printf("\nV %u\n", number);
		for (unsigned int i = 0; i < step_count; i++)
			print_slot("step", (int)i, &shared->steps[i]);
		for (int i = 0; i < MAX_ACTORS; i++) {
			print_slot("signals", i, &shared->signals[i]);
			print_slot("actor", i, &shared->states[i]);
		}
		printf("%.*s", (int)shared->tree_used, shared->tree);
	}
	printf("H %u %x\n", number, h);
	fflush(stdout);
}

/* Mapped, not read: so that a fork need not copy its pages. */
static const char *map_programs(void)
{
	struct stat st;
	int fd = open("/programs", O_RDONLY);

	world_must(fd >= 0 && !fstat(fd, &st), "/programs");
	const char *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	world_must(text != MAP_FAILED, "mmap");
	close(fd);
	return text;
}

static void *map(void *where, size_t size)
{
	void *p = mmap(where, size, PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | MAP_SHARED | (where ? MAP_FIXED : 0), -1, 0);

	world_must(p != MAP_FAILED, "mmap");
	return p;
}

static void set_parameter(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC); /* it need not be there */

	if (fd >= 0 && write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		perror(path);
	close(fd);
}

/*
 * Linux keeps a share of the processor for others, by a clock that goes on while the host is busy.  Of what
 * Debian protects in world-writable folders, Sysgate protects hard links only.
 */
static void set_parameters(void)
{
	static const char *const names[] = { "symlinks", "fifos", "regular" };
	char path[64];

	mkdir("/proc", 0755);
	if (mount("proc", "/proc", "proc", 0, ""))
		return;
	set_parameter("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path[format(path, sizeof(path) - 1, "/proc/sys/fs/protected_%s", names[i])] = 0;
		set_parameter(path, "0");
	}
}

static void set_up(void)
{
	sigset_t child_ended;

	shared = map(NULL, sizeof(*shared));
	map(BUFFERS, BUFFERS_SIZE);
	map(EDGE_PAGES, EDGES * 2 * 4096);
	for (int i = 0; i < EDGES; i++)
		munmap(EDGE_PAGES + (i * 2 + 1) * 4096, 4096);
	mkdir("/w", 0755);
	mkdir("/dev", 0755);
	mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
	world_must(!mount("fuzz", "/w", "tmpfs", 0, "size=8m") && !chdir("/w"), "mount");
	/* The machine's console stays open elsewhere, for the results. */
	int console = fcntl(1, F_DUPFD_CLOEXEC, WORLD_WORK_FD), null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	stdout = fdopen(console, "w");
	set_parameters();
	first_world(&worlds[0], "/w/root");
	first_world(&worlds[1], "/w/user");
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, NULL);
}

int main(void)
{
	const char *text = map_programs();
	bool verbose = *text == 'v';
	unsigned int number, uid;

	set_up();
	for (const char *p = strchr(text, '\n') + 1; *p == 'P';) {
		p = parse_program(p, &number, &uid);
		run_program(uid, verbose);
		report(number, verbose);
	}
	printf("END\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
