/* SPDX-License-Identifier: MIT */
/* What the two ABIs' signal calls share after their structures were read. */
#pragma once

#include "kernel/signal/signal.h"

long rt_sigqueueinfo_common(pid_t pid, int sig, siginfo_t *info);
long rt_tgsigqueueinfo_common(pid_t tgid, pid_t tid, int sig, siginfo_t *info);
long pidfd_send_signal_common(int pidfd, int sig, siginfo_t *info,
			      unsigned flags); /* info NULL: as kill(2) */
int sigprocmask_apply(int how, u64 mask); /* of current; -EINVAL */
