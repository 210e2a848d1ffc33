/* SPDX-License-Identifier: MIT */
/* What the files of kernel/mm share with each other and nobody else calls. */
#pragma once

#include "kernel/mm/mm.h"
#include "kernel/mm/pagecache.h"

void slab_init(void); /* slab.c; by page_init() */
