/*
 * sync_sandbox.c - takes rights away from the process that fetches and parses.
 *
 * The C library has no functions for Landlock; its three system calls are
 * called by number.  Rights that this kernel's version does not know yet are
 * left out of the request, which it would refuse otherwise.
 */
#include "feeds/sync_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By number: the headers may be older than the kernel. */
#define REFER    (1ULL << 13) /* version 2 */
#define TRUNCATE (1ULL << 14) /* version 3 */

/* All that changes something, and starting a program. */
#define RIGHTS                                                               \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |        \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |     \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |   \
	    LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Of those, what the state folder needs. */
#define GRANTED                                                            \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |   \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	    LANDLOCK_ACCESS_FS_MAKE_REG)

static uint64_t
newer_rights(int version)
{
	return (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0);
}

static int
restrict_self(const char *folder, int version)
{
	struct landlock_ruleset_attr ruleset = {
		.handled_access_fs = RIGHTS | newer_rights(version)
	};
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = GRANTED | newer_rights(version)
	};
	int fd = -1, error = WEIR_ESYSTEM;

	beneath.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return WEIR_ESYSTEM;
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
	    sizeof(ruleset.handled_access_fs), 0);
	if (fd >= 0 &&
	    syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		&beneath, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, fd, 0) == 0)
		error = 0;
	if (fd >= 0)
		(void)close(fd);
	(void)close(beneath.parent_fd);
	return error;
}

int
weir_sync_sandbox_enter(const char *folder,
    struct weir_sync_sandbox *ret_sandbox, struct weir_problem *problem)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	ret_sandbox->landlock = 0;
	ret_sandbox->has_no_new_privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0,
						 0) == 0;
	if (!ret_sandbox->has_no_new_privileges)
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "rights cannot be given up: %s", strerror(errno));
	if (version < 1) /* not built in, or switched off */
		return 0;
	if (restrict_self(folder, (int)version) != 0)
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "%s: rights cannot be bound to it: %s", folder,
		    strerror(errno));
	ret_sandbox->landlock = (int)version;
	return 0;
}
