// SPDX-License-Identifier: MIT
/* Raw mode with termios(3). One terminal at most. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "term.h"

static int raw_fd = -1;
static struct termios before, raw;

void term_restore(void)
{
	if (raw_fd >= 0)
		tcsetattr(raw_fd, TCSADRAIN, &before);
	raw_fd = -1;
}

void term_raw(int fd, bool keep_output)
{
	if (tcgetattr(fd, &before))
		return;
	raw = before;
	cfmakeraw(&raw);
	if (keep_output)
		raw.c_oflag = before.c_oflag;
	if (tcsetattr(fd, TCSADRAIN, &raw))
		return;
	raw_fd = fd;
	atexit(term_restore);
}

void term_resume(void)
{
	if (raw_fd >= 0)
		tcsetattr(raw_fd, TCSADRAIN, &raw);
}

void term_size(int fd, unsigned int *rows, unsigned int *columns)
{
	struct winsize size = { 0 };

	ioctl(fd, TIOCGWINSZ, &size);
	*rows = size.ws_row;
	*columns = size.ws_col;
}
