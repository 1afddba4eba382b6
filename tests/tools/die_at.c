/*
 * die_at.c - preloaded: ends the process at the n-th call that changes files,
 * before it is made ($WEIR_DIE_AT; 0 or nothing: never).  Counts open for
 * writing, write, rename, unlink, ftruncate, fsync.  $WEIR_DIE_HALF=1: half of a
 * write is made first.  $WEIR_DIE_FAIL=1: the call fails instead, as if the disk
 * were full or broken, and the process goes on.  $WEIR_DIE_COUNT: a file to which the count is written at
 * the end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#pragma GCC visibility push(default)
int open(const char *path, int flags, ...);
ssize_t write(int fd, const void *data, size_t len);
int rename(const char *from, const char *to);
int unlink(const char *path);
int fsync(int fd);
#pragma GCC visibility pop

static unsigned long calls;

/* Whether this is the one. */
static bool
is_last(void)
{
	const char *at = getenv("WEIR_DIE_AT");

	calls++;
	return at != NULL && calls == strtoul(at, NULL, 10);
}

/* Ends the process, or says that the call is to fail. */
static bool
fails(void)
{
	const char *fail = getenv("WEIR_DIE_FAIL");

	if (!is_last())
		return false;
	if (fail == NULL || fail[0] != '1')
		_exit(99);
	errno = ENOSPC;
	return true;
}

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

__attribute__((destructor)) static void
tell(void)
{
	const char *path = getenv("WEIR_DIE_COUNT");
	FILE *stream = path != NULL ? fopen(path, "w") : NULL;

	if (stream == NULL)
		return;
	(void)fprintf(stream, "%lu\n", calls);
	(void)fclose(stream);
}

int
open(const char *path, int flags, ...)
{
	int (*next)(const char *, int,
	    ...) = (int (*)(const char *, int, ...))real("open");
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	if ((flags & O_ACCMODE) != O_RDONLY && fails())
		return -1;
	return next(path, flags, mode);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	ssize_t (*next)(int, const void *,
	    size_t) = (ssize_t(*)(int, const void *, size_t))real("write");
	const char *half = getenv("WEIR_DIE_HALF");

	if (half != NULL && half[0] == '1') {
		if (!is_last())
			return next(fd, data, len);
		(void)!next(fd, data, len / 2);
		_exit(99);
	}
	return fails() ? -1 : next(fd, data, len);
}

int
rename(const char *from, const char *to)
{
	int (*next)(const char *,
	    const char *) = (int (*)(const char *, const char *))real("rename");

	if (fails())
		return -1;
	return next(from, to);
}

int
unlink(const char *path)
{
	int (*next)(const char *) = (int (*)(const char *))real("unlink");

	if (fails())
		return -1;
	return next(path);
}

int
fsync(int fd)
{
	int (*next)(int) = (int (*)(int))real("fsync");

	if (fails())
		return -1;
	return next(fd);
}
