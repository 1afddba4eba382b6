/*
 * file.c - reading a small file whole, and replacing one safely.
 *
 * A replacement is the commit of everything weir publishes, so each step that
 * can fail is looked at, close(2) included: some file systems tell there, and
 * only there, that the data did not arrive.
 */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536

/* The three texts as one, malloced. */
static char *
joined(const char *first, const char *second, const char *third)
{
	size_t size = strlen(first) + strlen(second) + strlen(third) + 1;
	char *text = malloc(size);

	if (text != NULL)
		snprintf(text, size, "%s%s%s", first, second, third);
	return text;
}

/* The file's size is a hint only: it may grow while we read, and what lies in
 * /proc has none. */
static size_t
first_size(int fd, size_t max)
{
	struct stat info;
	size_t size = READ_STEP;

	if (fstat(fd, &info) == 0 && info.st_size > 0)
		size = (unsigned long long)info.st_size > max
			   ? max
			   : (size_t)info.st_size;
	return size + 2; /* one to see a longer file, one for the NUL */
}

static int
read_all(int fd, size_t max, char **ret_data, size_t *ret_len)
{
	size_t size = first_size(fd, max), len = 0;
	char *data = malloc(size), *more;
	ssize_t got;

	if (data == NULL)
		return WEIR_EMEMORY;
	for (;;) {
		if (len + 1 == size) {
			more = realloc(data, size * 2);
			if (more == NULL) {
				free(data);
				return WEIR_EMEMORY;
			}
			data = more;
			size *= 2;
		}
		got = read(fd, data + len, size - 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
		if (len > max) {
			free(data);
			return WEIR_ELIMIT;
		}
	}
	if (got < 0) {
		free(data);
		return WEIR_ESYSTEM;
	}
	data[len] = '\0';
	*ret_data = data;
	*ret_len = len;
	return 0;
}

int
weir_file_open(const char *path, int *ret_fd)
{
	/* Not to wait for the other end of a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;

	if (fd < 0)
		return errno == ENOENT ? WEIR_EMISSING : WEIR_ESYSTEM;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return WEIR_EFORMAT;
	}
	*ret_fd = fd;
	return 0;
}

int
weir_file_size(const char *path, uint64_t *ret_size)
{
	struct stat info;

	if (stat(path, &info) != 0)
		return errno == ENOENT ? WEIR_EMISSING : WEIR_ESYSTEM;
	if (!S_ISREG(info.st_mode))
		return WEIR_EFORMAT;
	*ret_size = (uint64_t)info.st_size;
	return 0;
}

int
weir_file_read(const char *path, size_t max, char **ret_data, size_t *ret_len)
{
	int fd, error, saved;

	error = weir_file_open(path, &fd);
	if (error != 0)
		return error;
	error = read_all(fd, max, ret_data, ret_len);
	saved = errno;
	close(fd);
	errno = saved;
	return error;
}

static int
write_all(int fd, const char *data, size_t len)
{
	ssize_t done;

	while (len > 0) {
		done = write(fd, data, len);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return WEIR_ESYSTEM;
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

static int
write_file(const char *path, const void *data, size_t len)
{
	int fd, error = WEIR_ESYSTEM, saved;

	fd = open(path,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    0644);
	if (fd < 0)
		return WEIR_ESYSTEM;
	/* The umask has no say in who may read what we publish. */
	if (fchmod(fd, 0644) == 0 && write_all(fd, data, len) == 0 &&
	    fsync(fd) == 0)
		error = 0;
	saved = errno;
	if (close(fd) != 0 && error == 0) {
		saved = errno;
		error = WEIR_ESYSTEM;
	}
	errno = saved;
	return error;
}

int
weir_file_replace(
    const char *folder, const char *file, const void *data, size_t len)
{
	char *path = weir_path_join(folder, file);
	char *temporary = path == NULL ? NULL : joined(path, "", ".tmp");
	int error = WEIR_EMEMORY, saved;

	if (temporary == NULL)
		goto out;
	error = write_file(temporary, data, len);
	if (error == 0 && rename(temporary, path) != 0)
		error = WEIR_ESYSTEM;
	if (error != 0) {
		saved = errno;
		unlink(temporary);
		errno = saved;
		goto out;
	}
	error = weir_folder_sync(folder);
out:
	free(temporary);
	free(path);
	return error;
}

int
weir_folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = 0, saved;

	if (fd < 0)
		return errno == ENOENT ? WEIR_EMISSING : WEIR_ESYSTEM;
	if (fsync(fd) != 0)
		error = WEIR_ESYSTEM;
	saved = errno;
	close(fd);
	errno = saved;
	return error;
}

char *
weir_path_join(const char *folder, const char *file)
{
	size_t len = strlen(folder);
	bool has_slash = len > 0 && folder[len - 1] == '/';

	return joined(folder, has_slash ? "" : "/", file);
}
