/*
 * sync_sandbox.h - takes rights away from the process that fetches and parses.
 *
 * It may read what its user may read (certificates, resolv.conf, weir.yaml), and
 * write below one folder.  It may start no program and gain no right.  By
 * Landlock (landlock(7)), for which the kernel needs 5.13; without it the rest
 * holds, and `weir-sync status` says that this is missing.
 */
#ifndef WEIR_FEEDS_SYNC_SANDBOX_H
#define WEIR_FEEDS_SYNC_SANDBOX_H

#include <stdbool.h>

#include "lib/error.h"

struct weir_sync_sandbox {
	int landlock; /* its version; 0: the kernel has none */
	bool has_no_new_privileges;
};

/** For this thread and those that it starts; there is no way back.
 *  WEIR_ESYSTEM: the folder cannot be opened, or the kernel refuses. */
int weir_sync_sandbox_enter(const char *folder,
    struct weir_sync_sandbox *ret_sandbox,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
