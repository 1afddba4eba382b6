/*
 * sync_folder.c - a repository in a folder, for weir-sync import.
 *
 * The folder may come from anywhere (a stick, a share): what is read from it is
 * looked at like what a server says.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/sync_feed.h"
#include "lib/file.h"

static int
tell(struct weir_problem *problem, int error, const char *path, size_t max)
{
	if (error == WEIR_ELIMIT)
		return weir_problem_set(
		    problem, error, "%s: longer than %zu octets", path, max);
	if (error == WEIR_EMEMORY)
		return weir_problem_set(problem, error, "out of memory");
	return weir_problem_set(problem, WEIR_ESYSTEM, "%s: %s", path,
	    error == WEIR_EFORMAT ? "not a regular file" : strerror(errno));
}

static int
get(void *arg, const char *path, size_t max, char **ret_data, size_t *ret_len,
    struct weir_problem *problem)
{
	const struct weir_sync_folder *folder = arg;
	char *full = weir_path_join(folder->path, path);
	int error = WEIR_EMEMORY;

	if (full != NULL)
		error = weir_file_read(full, max, ret_data, ret_len);
	if (error == 0)
		error = 1;
	else if (error == WEIR_EMISSING)
		error = 0;
	else
		error = tell(problem, error, full, max);
	free(full);
	return error;
}

/* Copies at most `max` octets; WEIR_ELIMIT: there are more. */
static int
copy(int from, int to, uint64_t max, uint64_t *ret_len)
{
	char buffer[65536];
	uint64_t len = 0;
	ssize_t got;

	while ((got = read(from, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return WEIR_ESYSTEM;
		if (len + (uint64_t)got > max)
			return WEIR_ELIMIT;
		if (pwrite(to, buffer, (size_t)got, (off_t)len) != got)
			return WEIR_ESYSTEM;
		len += (uint64_t)got;
	}
	*ret_len = len;
	return 1;
}

static int
get_file(void *arg, const char *path, uint64_t max, int fd, uint64_t *ret_len,
    struct weir_problem *problem)
{
	const struct weir_sync_folder *folder = arg;
	char *full = weir_path_join(folder->path, path);
	int from = -1, error = WEIR_EMEMORY;

	if (full != NULL)
		error = weir_file_open(full, &from);
	if (error == 0)
		error = copy(from, fd, max, ret_len);
	if (from >= 0)
		(void)close(from);
	if (error == WEIR_EMISSING)
		error = 0;
	else if (error < 0)
		error = tell(problem, error, full, max);
	free(full);
	return error;
}

void
weir_sync_folder_transport(
    struct weir_sync_folder *folder, struct weir_tuf_transport *ret_transport)
{
	ret_transport->arg = folder;
	ret_transport->get = get;
	ret_transport->get_file = get_file;
}
