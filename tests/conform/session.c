// SPDX-License-Identifier: MIT
/* Process groups and sessions: setpgid(2), getpgid, setsid, getsid, tcsetpgrp, orphaned groups. */
#include "harness.h"

TEST(a_test_leads_its_own_session)
{
	CHECK_EQ(getsid(0), getpid());
	CHECK_EQ(getpgrp(), getpid());
	CHECK_EQ(getpgid(0), getpid());
	CHECK_EQ(getpgid(getpid()), getpid());
}

TEST(setsid_refuses_a_group_leader)
{
	CHECK_ERRNO(setsid(), EPERM);
	pid_t child = CHILD(CHECK_EQ(setsid(), getpid()); CHECK_EQ(getpgrp(), getpid());
			    CHECK_EQ(getsid(0), getpid()); CHECK_ERRNO(setsid(), EPERM));
	JOIN(child);
}

TEST(setpgid_moves_itself_and_children)
{
	pid_t child = CHILD(for (;;) pause());

	CHECK_OK(setpgid(child, 0));
	CHECK_EQ(getpgid(child), child);
	CHECK_OK(setpgid(child, getpid()));
	CHECK_EQ(getpgid(child), getpid());
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(setpgid_refusals)
{
	int ready[2];
	char c;

	CHECK_ERRNO(setpgid(0, -1), EINVAL);
	CHECK_ERRNO(setpgid(-1, 0), EINVAL);
	CHECK_ERRNO(setpgid(4000000, 0), ESRCH);
	CHECK_ERRNO(setpgid(1, 0), ESRCH);
	CHECK_ERRNO(setpgid(0, 0), EPERM);
	pid_t child = CHILD(CHECK_ERRNO(setpgid(0, 4000000), EPERM); CHECK_ERRNO(setpgid(0, 1), EPERM));
	JOIN(child);
	CHECK_OK(pipe(ready));
	child = CHILD(setsid(); CHECK_EQ(write(ready[1], "", 1), 1); for (;;) pause());
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_ERRNO(setpgid(child, 0), EPERM);
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(setpgid_after_exec_is_eacces)
{
	int fds[2];
	char c;

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(dup2(fds[1], 1); execl("/init", "x", "--list", NULL));
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_ERRNO(setpgid(child, 0), EACCES);
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(getters_refuse_unknown_pids)
{
	CHECK_ERRNO(getpgid(4000000), ESRCH);
	CHECK_ERRNO(getsid(4000000), ESRCH);
	CHECK_ERRNO(getsid(-1), ESRCH);
	CHECK_EQ(getsid(1), syscall(SYS_getsid, 1));
}

TEST(group_inherits_and_is_killed_together)
{
	pid_t leader = CHILD(setpgid(0, 0); for (int i = 0; i < 3; i++) if (!fork()) for (;;) pause();
			     CHECK_EQ(getpgrp(), getpid()); for (;;) pause());

	sleep_ms(30);
	CHECK_OK(kill(-leader, SIGTERM));
	CHECK_EQ(wait_status(leader), SIGTERM);
	for (int i = 0; i < 100 && !kill(-leader, 0); i++)
		sleep_ms(2);
	CHECK_ERRNO(kill(-leader, 0), ESRCH);
}

TEST(orphaned_stopped_group_gets_hup_and_cont)
{
	int fds[2];
	char c;

	CHECK_OK(pipe(fds));
	pid_t middle = CHILD(pid_t grandchild = fork(); if (!grandchild) {
		setpgid(0, 0);
		catch_signal(SIGHUP, 0);
		catch_signal(SIGCONT, 0);
		close(fds[0]);
		raise(SIGSTOP);
		sleep_ms(5);
		char got = signal_count[SIGHUP] && signal_count[SIGCONT] ? 'y' : 'n';
		write(fds[1], &got, 1);
		_exit(0);
	} int status;
			     CHECK_EQ(waitpid(grandchild, &status, WUNTRACED), grandchild); _exit(0));
	close(fds[1]);
	JOIN(middle);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
}
