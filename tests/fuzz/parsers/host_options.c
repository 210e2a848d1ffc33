// SPDX-License-Identifier: MIT
/*
 * The launcher's command line: one argument a line.  Whatever it says, it is refused with a status of the
 * launcher or becomes options within their limits.
 * fuzz-sources: host/util.c
 */
#include "host/options.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options o;
	static char *argv[64];
	int argc = 0, ended;

	argv[argc++] = "sysgate";
	for (char *p = strtok(round_text(data, size), "\n"); p && argc < 63; p = strtok(NULL, "\n"))
		argv[argc++] = p;
	argv[argc] = NULL;
	optind = 0;
	if (!(ended = setjmp(round_end))) {
		options_read(&o, "run", argc, argv);
		CHECK(o.cpus >= 1 && o.cpus <= MAX_CPUS && o.memory >= MiB && o.memory <= MAX_MEMORY);
		CHECK(*o.argv && *o.cwd == '/' && o.timeout >= 0 && o.timeout <= 1e9);
		for (size_t i = 0; i < o.env.count; i++)
			CHECK(strchr(o.env.at[i], '='));
	}
	CHECK(ended <= 1 || ended - 1 == STATUS_FAILED);
	round_release();
	return 0;
}
