/*
 * list_source.c - a list file in pieces of whole lines.
 */
#include "feeds/list_source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/list_line.h"
#include "lib/file.h"

static int
system_problem(
    const struct weir_list_source *source, struct weir_problem *problem)
{
	return weir_problem_set(problem,
	    errno == ENOENT ? WEIR_EMISSING : WEIR_ESYSTEM, "%s: %s",
	    source->path, strerror(errno));
}

int
weir_list_source_open(struct weir_list_source *source, const char *path,
    struct weir_problem *problem)
{
	struct stat info;
	int error, fd = -1;

	memset(source, 0, sizeof(*source));
	source->path = path;
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
		error = weir_feed_merge_open(path, &source->merge, problem);
		if (error == 0)
			weir_feed_merge_progress(
			    source->merge, &source->done, &source->total);
		return error;
	}
	error = weir_file_open(path, &fd);
	if (error == WEIR_EFORMAT)
		return weir_problem_set(
		    problem, error, "%s: not a regular file", path);
	if (error != 0)
		return system_problem(source, problem);
	if (fstat(fd, &info) == 0 && info.st_size > 0)
		source->total = (uint64_t)info.st_size;
	error = weir_list_unpack_open(fd, path, &source->unpack, problem);
	if (error != 0)
		close(fd);
	return error;
}

void
weir_list_source_close(struct weir_list_source *source)
{
	weir_list_unpack_close(source->unpack);
	weir_feed_merge_close(source->merge);
	source->unpack = NULL;
	source->merge = NULL;
}

/* What was looked at comes first. */
static void
take_head(struct weir_list_source *source, char *text, size_t size, size_t *len)
{
	size_t more = source->head_len - source->head_at;

	if (more > size - *len)
		more = size - *len;
	memcpy(text + *len, source->head + source->head_at, more);
	source->head_at += more;
	*len += more;
}

/* The next lines of a feed's state, which come whole. */
static int
fill_merged(
    struct weir_list_source *source, char *text, size_t size, size_t *len)
{
	size_t got = 0;

	while (!source->is_end && size - *len >= WEIR_FEED_LINE_SIZE) {
		source->is_end = weir_feed_merge_next(source->merge,
				     text + *len, size - *len, &got) != 1;
		*len += got;
		source->text_done += got;
	}
	weir_feed_merge_progress(source->merge, &source->done, &source->total);
	return 0;
}

/* Fills `text` up, from *len on. */
static int
fill(struct weir_list_source *source, char *text, size_t size, size_t *len,
    struct weir_problem *problem)
{
	size_t got = 0;
	int error;

	if (source->merge != NULL)
		return fill_merged(source, text, size, len);
	take_head(source, text, size, len);
	while (!source->is_end && *len < size) {
		error = weir_list_unpack_read(
		    source->unpack, text + *len, size - *len, &got, problem);
		if (error != 0)
			return error;
		source->is_end = got == 0;
		*len += got;
		source->text_done += got;
		source->done = weir_list_unpack_done(source->unpack);
		if (source->text_done > WEIR_LIST_SIZE)
			return weir_problem_set(problem, WEIR_ELIMIT,
			    "%s: larger than %llu octets", source->path,
			    WEIR_LIST_SIZE);
	}
	return 0;
}

int
weir_list_source_peek(struct weir_list_source *source, const char **ret_text,
    size_t *ret_len, struct weir_problem *problem)
{
	size_t len = 0;
	int error;

	error = fill(source, source->head, sizeof(source->head), &len, problem);
	source->head_len = len;
	*ret_text = source->head;
	*ret_len = len;
	return error;
}

static bool
is_end_of_line(char octet)
{
	return octet == '\n' || octet == '\r';
}

/* Where the text begins that nobody has seen: behind the LF of a CR LF, and
 * behind a long line. */
static size_t
skip_seen(struct weir_list_source *source, const char *text, size_t len)
{
	size_t at = 0;

	if (source->is_in_long_line) {
		at = weir_list_line_length(text, len);
		if (at == len)
			return len;
		source->is_in_long_line = false;
		source->is_after_cr = text[at++] == '\r';
	}
	if (at < len) {
		at += source->is_after_cr && text[at] == '\n';
		source->is_after_cr = false;
	}
	return at;
}

/* Where the last whole line ends.  What is left goes before the next piece, or
 * is told as a line too long. */
static size_t
cut(struct weir_list_source *source, const char *text, size_t at, size_t len)
{
	size_t end = len;

	if (source->is_end && source->head_at == source->head_len)
		return len;
	while (end > at && !is_end_of_line(text[end - 1]))
		end--;
	source->is_after_cr = end > at && end == len && text[end - 1] == '\r';
	if (len - end > WEIR_LINE_SIZE) {
		source->is_in_long_line = true;
		return len;
	}
	source->rest_len = len - end;
	memcpy(source->rest, text + end, source->rest_len);
	return end;
}

int
weir_list_source_next(struct weir_list_source *source, char *text, size_t size,
    const char **ret_piece, size_t *ret_len, struct weir_problem *problem)
{
	size_t len, at, end;
	int error;

	while (!source->is_end || source->head_at < source->head_len) {
		len = source->rest_len;
		memcpy(text, source->rest, len);
		source->rest_len = 0;
		error = fill(source, text, size, &len, problem);
		if (error != 0)
			return error;
		if (source->is_document) {
			*ret_piece = text;
			*ret_len = len;
			return len > 0;
		}
		at = skip_seen(source, text, len);
		end = cut(source, text, at, len);
		if (end > at) {
			*ret_piece = text + at;
			*ret_len = end - at;
			return 1;
		}
	}
	return 0;
}
