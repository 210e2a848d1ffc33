// SPDX-License-Identifier: MIT
/* The checks a shell and execve(2) make, made on the host, where they cost no boot; then packing. */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf.h"
#include "library.h"
#include "program.h"

#define MAX_SCRIPTS 5 /* interpreters of interpreters, as in Linux */
#define HEAD_SIZE   256 /* of a script, as in Linux */

static char *absolute_path(const char *program)
{
	char *real, *path;

	if (*program == '/' && !strstr(program, "/../"))
		return copy_text(program);
	real = realpath(path_folder(program), NULL);
	if (!real)
		return NULL;
	path = format_text("%s/%s", strcmp(real, "/") ? real : "", path_base(program));
	free(real);
	return path;
}

char *program_find(const char *program)
{
	char *path;
	struct stat st;

	if (!strchr(program, '/')) {
		path = *program ? path_search(getenv("PATH"), program) : NULL;
		if (!path)
			die(STATUS_NOT_FOUND, "%s: not found on the PATH", *program ? program : "''");
		program = path;
	}
	path = absolute_path(program);
	if (!path || stat(path, &st))
		die(errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_RUN, "%s: %s",
		    program, strerror(errno));
	if (S_ISDIR(st.st_mode))
		die(STATUS_NOT_RUN, "%s: is a folder", program);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		die(STATUS_NOT_RUN, "%s: is not executable (chmod +x?)", program);
	if (access(path, R_OK))
		die(STATUS_NOT_RUN, "%s: %s", program, strerror(errno));
	return path;
}

bool program_is(const char *path, const char *name)
{
	char *real = realpath(path, NULL);
	bool is = real && !strcmp(path_base(real), name);

	free(real);
	return is;
}

static const char *machine_name(const struct elf_info *info)
{
	switch (info->machine) {
	case EM_AARCH64:
		return "arm64";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return "RISC-V";
	case EM_PPC64:
		return "POWER";
	case EM_S390:
		return "s390";
	case EM_X86_64:
		return "x32";
	default:
		return "another architecture";
	}
}

static void pack_elf(struct image *image, const char *path, const char *library_path)
{
	struct elf_info info;
	const char *wrong = elf_read(path, &info);
	struct stat st;
	char *end;

	if (wrong)
		die(STATUS_NOT_RUN, "%s: %s", path, wrong);
	if (info.machine != (info.is_64 ? EM_X86_64 : EM_386))
		die(STATUS_NOT_RUN, "%s: is for %s; the guest runs x86-64 and i386 programs", path,
		    machine_name(&info));
	if (!info.interpreter)
		return;
	end = image_add_way(image, info.interpreter, &st);
	if (!end)
		die(STATUS_NOT_RUN, "%s: its interpreter %s: %s%s", path, info.interpreter, strerror(errno),
		    info.is_64 ? "" : " (apt-get install libc6-i386?)");
	image_add_file(image, end, end);
	library_pack_all(image, path, &info, library_path);
}

static void pack_any(struct image *image, const char *path, const char *guest_path, const char *library_path,
		     int depth);

/* The program that `env` will look for: its first operand that is no option and no assignment. */
static const char *env_operand(char *words)
{
	for (char *word = strtok(words, " \t"); word; word = strtok(NULL, " \t")) {
		if (*word != '-' && !strchr(word, '='))
			return word;
	}
	return NULL;
}

static void pack_script(struct image *image, const char *path, char *head, const char *guest_path,
			const char *library_path, int depth)
{
	char *interpreter, *rest = head + 2;

	rest[strcspn(rest, "\n")] = 0;
	rest += strspn(rest, " \t");
	interpreter = rest;
	rest += strcspn(rest, " \t");
	if (*rest)
		*rest++ = 0;
	if (!*interpreter)
		die(STATUS_NOT_RUN, "%s: names no interpreter after #!", path);
	if (*interpreter != '/')
		die(STATUS_NOT_RUN, "%s: its interpreter %s is no absolute path", path, interpreter);
	if (access(interpreter, F_OK))
		die(STATUS_NOT_RUN, "%s: its interpreter %s: %s", path, interpreter, strerror(errno));
	interpreter = copy_text(interpreter);
	pack_any(image, interpreter, guest_path, library_path, depth + 1);
	if (!strcmp(path_base(interpreter), "env")) {
		const char *name = env_operand(rest);
		char *found = name ? path_search(guest_path, name) : NULL;

		if (name && !found)
			die(STATUS_NOT_FOUND, "%s: its interpreter %s is not on the guest's PATH (%s)", path,
			    name, guest_path);
		if (found)
			pack_any(image, found, guest_path, library_path, depth + 1);
	}
}

static void pack_any(struct image *image, const char *path, const char *guest_path, const char *library_path,
		     int depth)
{
	char head[HEAD_SIZE + 1] = "";
	struct stat st;
	char *end = image_add_way(image, path, &st);
	long size;

	if (!end || (size = file_head(end, head, HEAD_SIZE)) < 0)
		die(STATUS_NOT_RUN, "%s: %s", path, strerror(errno));
	if (image_has(image, end))
		return;
	if (depth > MAX_SCRIPTS)
		die(STATUS_NOT_RUN, "%s: too many interpreters of interpreters", path);
	image_add_file(image, end, end);
	if (!strncmp(head, "#!", 2))
		pack_script(image, path, head, guest_path, library_path, depth);
	else if (size >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG))
		pack_elf(image, end, library_path);
	else
		die(STATUS_NOT_RUN, "%s: %s", path,
		    size ? "is neither an ELF file nor starts with #!" : "is empty");
}

void program_pack(struct image *image, const char *path, const char *guest_path, const char *library_path)
{
	pack_any(image, path, guest_path, library_path, 0);
}

void program_add(struct image *image, const char *path, const char *guest_path, const char *library_path)
{
	char head[4] = "", *at = absolute_path(path), *end;
	struct stat st;

	end = at ? image_add_way(image, at, &st) : NULL;
	if (!end)
		die(STATUS_FAILED, "--add %s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		image_add_tree(image, end, end);
		return;
	}
	if (!S_ISREG(st.st_mode))
		die(STATUS_FAILED, "--add %s: is neither a file nor a folder", path);
	file_head(end, head, sizeof(head));
	if ((st.st_mode & 0111) && (!memcmp(head, "#!", 2) || !memcmp(head, ELFMAG, SELFMAG)))
		pack_any(image, end, guest_path, library_path, 0);
	else
		image_add_file(image, end, end);
}
