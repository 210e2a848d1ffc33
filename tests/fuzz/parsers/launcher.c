// SPDX-License-Identifier: MIT
/* The memory, the end and the file of one round: see launcher.h. */
#undef exit
#undef realloc
#undef free
#undef vasprintf
#undef dprintf
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

jmp_buf round_end;

static void **blocks; /* everything that was allocated and not freed since the round began */
static size_t nr_blocks, room;
static int file = -1;

static void *remember(void *at)
{
	if (nr_blocks == room) {
		room = room ? 2 * room : 64;
		blocks = realloc(blocks, room * sizeof(*blocks));
	}
	return blocks[nr_blocks++] = at;
}

static void forget(const void *at)
{
	for (size_t i = nr_blocks; at && i-- > 0;) {
		if (blocks[i] != at)
			continue;
		blocks[i] = blocks[--nr_blocks];
		return;
	}
}

_Noreturn void round_exit(int status)
{
	longjmp(round_end, status + 1);
}

void *round_realloc(void *at, size_t size)
{
	forget(at);
	return remember(realloc(at, size));
}

void round_free(void *at)
{
	forget(at);
	free(at);
}

int round_vasprintf(char **out, const char *format, va_list args)
{
	int n = vasprintf(out, format, args);

	if (n >= 0)
		remember(*out);
	return n;
}

void round_release(void)
{
	while (nr_blocks)
		free(blocks[--nr_blocks]);
}

const char *round_file(const uint8_t *data, size_t size)
{
	static char path[32];

	if (file < 0)
		file = memfd_create("input", MFD_CLOEXEC);
	if (ftruncate(file, 0) || pwrite(file, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return path;
}

char *round_text(const uint8_t *data, size_t size)
{
	char *text = round_realloc(NULL, size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	return text;
}
