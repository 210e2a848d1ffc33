/* SPDX-License-Identifier: MIT */
/*
 * What the tracer knows about a call number: its name, its metadata and how each argument prints.
 * The tables are generated: syscall_desc.c from abi/decode.tbl, flag_tables.c from abi/flags/.
 */
#pragma once

#include "kernel/gate/syscall.h"

/* The words of abi/decode.tbl; _OUT is ">", filled by the call and printed when it returns. */
enum arg_kind_id {
	K_INT,
	K_UINT,
	K_LONG,
	K_HEX,
	K_OCT,
	K_PTR,
	K_FD,
	K_DFD,
	K_PID,
	K_SIG,
	K_UID,
	K_DEV,
	K_STR,
	K_PATH,
	K_IN,
	K_FLAGS,
	K_MODE,
	K_MODE_OPT,
	K_NONE,
	K_TIMESPEC,
	K_TIMEVAL,
	K_TIMESPEC2,
	K_TIMEVAL2,
	K_ITIMERVAL,
	K_ITIMERSPEC,
	K_SIGSET,
	K_SIGACTION,
	K_IOVEC,
	K_ARGV,
	K_ENVP,
	K_RLIMIT,
	K_SOCKADDR,
	K_EPOLL_EVENT,
	K_FDSET,
	K_LOFF,
	K_CPUSET,
	K_HEX_OPT,
	K_FCNTL,
	K_FUTEX_TIME,
	K_FUTEX_PTR,
	K_FUTEX_VAL3,
	K_FIRST_OUT,
	K_OUT = K_FIRST_OUT,
	K_TIMESPEC_OUT,
	K_TIMEVAL_OUT,
	K_ITIMERVAL_OUT,
	K_ITIMERSPEC_OUT,
	K_SIGSET_OUT,
	K_SIGACTION_OUT,
	K_IOVEC_OUT,
	K_RLIMIT_OUT,
	K_SOCKADDR_OUT,
	K_EPOLL_EVENT_OUT,
	K_LOFF_OUT,
	K_INT_OUT,
	K_PAIR_OUT,
	K_WSTATUS_OUT,
	K_POLLFD_OUT,
	K_STAT_OUT,
	K_UTSNAME_OUT,
	K_STATX_OUT,
	K_DENTS_OUT,
	K_IOCTL_OUT,
	K_REM_OUT,
	K_RUSAGE_OUT,
	K_SIGINFO_OUT,
	K_CPUSET_OUT,
	K_PRCTL_OUT,
	K_STR_OUT
};

#define AUX_NONE 255

struct arg_kind {
	u8 kind;
	u8 aux; /* a flag table, or the argument that holds the size or count */
	bool narrow; /* a 32-bit type: what is in the upper half of the register means nothing */
};

struct syscall_desc {
	const char *name; /* NULL: a number without a call */
	const struct syscall_meta *meta; /* NULL: not implemented */
	const struct arg_kind *kinds; /* nargs of them */
	const char *absent; /* why it is not implemented */
	u8 nargs;
	/* K_INT, K_PTR, K_HEX, K_OCT; K_NONE: does not return; K_SIGSET: returns from a signal handler */
	u8 result;
};

extern const struct syscall_desc syscall_desc_x64[];
extern const struct syscall_desc syscall_desc_ia32[];

struct flag_name {
	u32 value;
	const char *name;
	const char *text; /* errno: the words of strerror(3) */
};

struct flag_table {
	const char *name;
	bool bits; /* a set of bits, else an enumeration */
	bool octal; /* bits without a name print in octal */
	u32 mask; /* of the enumeration inside a bit word */
	const char *zero; /* how no bits at all prints; NULL: "0" */
	const struct flag_name *names;
	u32 nr_names;
	const struct flag_name *fields; /* values of the bits in mask */
	u32 nr_fields;
};

extern const struct flag_table flag_tables[];
