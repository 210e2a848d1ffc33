/* SPDX-License-Identifier: MIT */
/*
 * The guest side of "sysgate fuzz diff", in common: programs, their actors, and the record of what they did.
 *
 * A program is a list of steps, each done by one actor: actor 0 is the process that runs the program, others
 * are processes or threads that a step starts.  An actor does a step when `turn` has come to it, so that the
 * order is the program's; a step "in the background" hands the turn on before its call, which may then sleep
 * until a later step wakes it.  Actors run under SCHED_FIFO, a later one with a higher priority, on the one
 * CPU of the machine: who runs when several could is the same on every kernel.
 *
 * Everything in struct shared is in memory that all processes of a program share.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_STEPS    24
#define MAX_ARGS     6
#define MAX_ACTORS   4
#define SLOT_SIZE    2048
#define TREE_SIZE    32768
#define EDGES        6
#define BUFFERS_SIZE 0x80000ul
#define BUFFERS      ((unsigned char *)0x30000000)
#define EDGE_PAGES   ((unsigned char *)0x31000000)
#define MAX_FDS      67 /* descriptors that the final state looks at */

struct slot {
	unsigned int used;
	char text[SLOT_SIZE - sizeof(unsigned int)];
};

struct step {
	char kind; /* c: a call, b: one in the background, f: fork, t: thread, w: wait */
	unsigned char actor;
	const char *text;
};

struct shared {
	unsigned int turn; /* the next step that may begin; a futex */
	unsigned int progress;
	unsigned int buffers_used, edges_used;
	long results[MAX_STEPS];
	unsigned char *where[MAX_STEPS][MAX_ARGS]; /* the buffers of the calls */
	pid_t pids[MAX_ACTORS];
	struct slot steps[MAX_STEPS], states[MAX_ACTORS], signals[MAX_ACTORS];
	unsigned int tree_used;
	char tree[TREE_SIZE];
};

extern struct shared *shared;
extern int my_actor; /* of this process; a thread's own is its stack's (actor_here) */

/* record.c: text that grows in a slot; what does not fit is dropped.  Formats: %s %c %ld %lu %lx %lo. */
void note(struct slot *slot, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t format(char *to, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
uint32_t hash(uint32_t h, const void *data, size_t size);
#define HASH_START 2166136261u
/* The name of a process in a record: self, an actor, or just a pid. */
const char *pid_name(pid_t pid);

/* call.c: does the call in `text` for step `number` and records it. */
void run_call(unsigned int number, const char *text);
unsigned long parse_hex(const char **text);
unsigned long parse_dec(const char **text);
int actor_here(void);

/* state.c: what a process and the folder look like afterwards. */
void note_process(struct slot *slot);
void note_arena(struct slot *slot);
/* Describes what is in the folder open as `dir`; with `take_down`, deletes it too. */
void walk_tree(int dir, bool take_down);
