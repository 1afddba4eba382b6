/*
 * feed_file.c - one payload of a signed feed's state, as a file and mapped.
 */
#include "feeds/feed_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/feed_text.h"
#include "lib/file.h"

/* The file's octets; it stays mapped when it is unlinked. */
static int
map(int fd, const char *path, struct weir_feed_file *file,
    struct weir_problem *problem)
{
	struct stat info;
	void *text;

	if (fstat(fd, &info) != 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", path, strerror(errno));
	if (info.st_size <= 0 || (uint64_t)info.st_size != file->raw)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: has %lld octets, not %llu", path,
		    (long long)info.st_size, (unsigned long long)file->raw);
	text = mmap(NULL, (size_t)file->raw, PROT_READ, MAP_SHARED, fd, 0);
	if (text == MAP_FAILED)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", path, strerror(errno));
	file->text = text;
	file->text_len = (size_t)file->raw;
	return 0;
}

static int
check_header(const char *path, const struct weir_feed_file *file,
    struct weir_problem *problem)
{
	char text[WEIR_FEED_LINE_SIZE];
	size_t len = weir_feed_header_print(&file->header, text);

	if (file->text_len < len || memcmp(file->text, text, len) != 0)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:1: not the header that was announced: %.*s", path,
		    (int)len - 1, text);
	if (file->text[file->text_len - 1] != '\n')
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the last line has no end", path);
	return 0;
}

int
weir_feed_file_map(struct weir_feed_file *file, const char *folder,
    const char *as, struct weir_problem *problem)
{
	char *path = weir_path_join(folder, as != NULL ? as : file->name);
	int fd, ret = WEIR_EMEMORY;

	file->text = NULL;
	if (path == NULL)
		return weir_problem_set(problem, ret, "out of memory");
	ret = weir_file_open(path, &fd);
	if (ret < 0) {
		(void)weir_problem_set(problem, ret, "%s: %s", path,
		    ret == WEIR_ESYSTEM ? strerror(errno)
					: weir_error_text(ret));
		free(path);
		return ret;
	}
	ret = map(fd, path, file, problem);
	close(fd);
	if (ret == 0)
		ret = check_header(path, file, problem);
	if (ret < 0)
		weir_feed_file_unmap(file);
	free(path);
	return ret;
}

void
weir_feed_file_unmap(struct weir_feed_file *file)
{
	if (file->text != NULL)
		(void)munmap((void *)(uintptr_t)file->text, file->text_len);
	file->text = NULL;
	file->text_len = 0;
}

size_t
weir_feed_file_begin(const struct weir_feed_file *file)
{
	return weir_feed_text_after(file->text, file->text_len, 0);
}

bool
weir_feed_file_is_name(const char *name)
{
	size_t len = strcspn(name, "."), all = strlen(name);

	return len > 0 && all > len &&
	       all < sizeof(((struct weir_feed_file *)NULL)->name) &&
	       strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz-") == len &&
	       weir_feed_kind_parse(name + len + 1) >= 0;
}
