/* SPDX-License-Identifier: MIT */
/* The kernel log: a ring of the last bytes printed, read by syslog(2) and /dev/kmsg. */
#pragma once

#define LOG_SIZE 16384

/* Copies the last `size` bytes of the log (fewer when there are fewer) to buf; the number copied. */
size_t log_read_tail(char *buf, size_t size);
size_t log_size(void); /* bytes in the ring */
void log_write(const char *s, size_t len); /* to the ring and, unless quiet, to the console */
void panic_mode_enter(void); /* from here on nothing is quiet, no lock is taken, no access checked */
