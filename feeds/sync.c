/*
 * sync.c - what the parts of weir-sync share: the lock, the settings, the time.
 */
#include "feeds/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feeds/list.h"
#include "lib/file.h"
#include "lib/log.h"

int64_t
weir_sync_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
weir_sync_is_wanted(
    const struct weir_sync *sync, const struct weir_feed_settings *feed)
{
	unsigned int i;

	if (sync->only_feed != NULL)
		return strcmp(sync->only_feed, feed->name) == 0;
	if (!sync->is_once || sync->import_folder != NULL ||
	    sync->arg_count == 0)
		return true;
	for (i = 0; i < sync->arg_count; i++)
		if (strcmp(sync->args[i], feed->name) == 0)
			return true;
	return false;
}

int
weir_sync_read_settings(const char *config, struct weir_settings **ret_settings)
{
	struct weir_settings_formats formats = {
		.is_known = weir_list_format_is_known,
		.names = weir_list_format_names(),
		.has_confidence = weir_list_format_has_confidence
	};
	struct weir_problem problem = { "" };
	int error;

	error = weir_settings_read(config, &formats, ret_settings, &problem);
	if (error != 0)
		weir_log_bare(problem.text);
	return error;
}

/* A lock of fcntl(2): the kernel tells who has it, so no file with a number in
 * it can be out of date.  It ends with the process, and a fork has none of it. */
int
weir_sync_lock(const char *state, int *ret_fd, int32_t *ret_pid,
    struct weir_problem *problem)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = weir_path_join(state, "lock");
	int fd = -1, error = 0;

	if (path != NULL)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		error = weir_problem_set(problem, WEIR_ESYSTEM, "%s/lock: %s",
		    state, strerror(errno));
	} else if (fcntl(fd, F_SETLK, &lock) != 0) {
		*ret_pid = weir_sync_lock_owner(state);
		error = weir_problem_set(problem, WEIR_EBUSY,
		    "%s: weir-sync runs on it already (process %d)", state,
		    (int)*ret_pid);
		(void)close(fd);
	} else {
		*ret_fd = fd;
	}
	free(path);
	return error;
}

int32_t
weir_sync_lock_owner(const char *state)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = weir_path_join(state, "lock");
	int32_t pid = 0;
	int fd = -1;

	if (path != NULL)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
			pid = lock.l_pid;
		(void)close(fd);
	}
	free(path);
	return pid;
}
