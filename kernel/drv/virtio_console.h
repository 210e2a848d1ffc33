/* SPDX-License-Identifier: MIT */
/* The launcher's ports, for the kernel's own use. */
#pragma once

/* Writes all of buf to port nr (5: trace); false when there is no such port.  Sleeps. */
bool console_port_write(unsigned nr, const void *buf, size_t size);
