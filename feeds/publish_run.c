/*
 * publish_run.c - sorted lines: mapped, searched, merged.
 */
#include "feeds/publish_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"

#define TEXT_STEP 65536

static int
text_reserve(struct weir_publish_text *text, size_t more)
{
	size_t size = text->size;
	char *grown;

	if (text->size - text->len >= more)
		return 0;
	while (size - text->len < more)
		size = size == 0 ? TEXT_STEP : size * 2;
	grown = realloc(text->data, size);
	if (grown == NULL)
		return WEIR_EMEMORY;
	text->data = grown;
	text->size = size;
	return 0;
}

int
weir_publish_text_add(
    struct weir_publish_text *text, const char *data, size_t len)
{
	int ret = text_reserve(text, len);

	if (ret < 0)
		return ret;
	if (len > 0)
		memcpy(text->data + text->len, data, len);
	text->len += len;
	return 0;
}

int
weir_publish_text_line(
    struct weir_publish_text *text, char sign, const char *entry, size_t len)
{
	int ret = text_reserve(text, len + 2);
	char *at;

	if (ret < 0)
		return ret;
	at = text->data + text->len;
	*at++ = sign;
	memcpy(at, entry, len);
	at[len] = '\n';
	text->len += len + 2;
	return 0;
}

void
weir_publish_text_free(struct weir_publish_text *text)
{
	free(text->data);
	*text = (struct weir_publish_text){ NULL, 0, 0 };
}

static int
map(int fd, uint64_t len, struct weir_publish_run *run)
{
	static const size_t word = sizeof(WEIR_FEED_HEADER) - 1;
	const char *line;
	void *data;

	data = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return WEIR_ESYSTEM;
	run->map = data;
	run->map_len = run->len = (size_t)len;
	run->text = data;
	if (run->text[run->len - 1] != '\n')
		return WEIR_EFORMAT;
	if (run->len > word && memcmp(run->text, WEIR_FEED_HEADER, word) == 0) {
		line = memchr(run->text, '\n', run->len);
		run->len -= (size_t)(line + 1 - run->text);
		run->text = line + 1;
	}
	return 0;
}

int
weir_publish_run_open(const char *path, uint64_t len,
    struct weir_publish_run *ret_run, struct weir_problem *problem)
{
	struct weir_publish_run run = { NULL, 0, NULL, 0 };
	int fd = -1, ret;
	off_t size;

	ret = weir_file_open(path, &fd);
	if (ret == 0) {
		size = lseek(fd, 0, SEEK_END);
		ret = len == 0 || size < 0 || (uint64_t)size != len
			  ? WEIR_EFORMAT
			  : map(fd, len, &run);
		(void)close(fd);
	}
	if (ret == 0) {
		*ret_run = run;
		return 0;
	}
	weir_publish_run_close(&run);
	return weir_problem_set(problem, ret, "%s: %s", path,
	    ret == WEIR_ESYSTEM ? strerror(errno) : weir_error_text(ret));
}

void
weir_publish_run_close(struct weir_publish_run *run)
{
	if (run->map != NULL)
		(void)munmap(run->map, run->map_len);
	*run = (struct weir_publish_run){ NULL, 0, NULL, 0 };
}

int
weir_publish_run_search(const struct weir_publish_run *run, const char *name,
    size_t name_len, struct weir_feed_line *ret_line)
{
	const char *low = run->text, *high, *line, *before, *end;
	struct weir_feed_line found;
	int order;

	if (run->len == 0)
		return 0;
	high = low + run->len;

	/* Between low and high, both at beginnings of lines. */
	while (low < high) {
		line = low + (high - low) / 2;
		before = memrchr(low, '\n', (size_t)(line - low));
		line = before == NULL ? low : before + 1;
		end = memchr(line, '\n', (size_t)(high - line));
		weir_publish_line(line, (size_t)(end - line), &found);
		order = weir_feed_line_compare(
		    name, name_len, found.name, found.name_len);
		if (order == 0) {
			*ret_line = found;
			return 1;
		}
		if (order < 0)
			high = line;
		else
			low = end + 1;
	}
	return 0;
}

static void
step(struct weir_publish_merge *merge, unsigned int i)
{
	const char *at = merge->cursors[i].at, *stop;
	size_t left = (size_t)(merge->cursors[i].end - at);

	stop = left == 0 ? NULL : memchr(at, '\n', left);
	if (stop == NULL) {
		merge->cursors[i].is_end = true;
		return;
	}
	weir_publish_line(at, (size_t)(stop - at), &merge->cursors[i].line);
	merge->cursors[i].at = stop + 1;
}

void
weir_publish_merge_init(struct weir_publish_merge *merge)
{
	merge->count = 0;
}

void
weir_publish_merge_add(
    struct weir_publish_merge *merge, const struct weir_publish_run *run)
{
	unsigned int i = merge->count;

	if (run->text == NULL || run->len == 0)
		return;
	merge->count++;
	merge->cursors[i].at = run->text;
	merge->cursors[i].end = run->text + run->len;
	merge->cursors[i].is_end = false;
	step(merge, i);
}

int
weir_publish_merge_next(
    struct weir_publish_merge *merge, struct weir_feed_line *ret_line)
{
	struct weir_feed_line least = { .name = NULL };
	unsigned int i, same = 0;
	int order;

	for (i = 0; i < merge->count; i++) {
		const struct weir_feed_line *line = &merge->cursors[i].line;

		if (merge->cursors[i].is_end)
			continue;
		order = least.name == NULL
			    ? -1
			    : weir_feed_line_compare(line->name, line->name_len,
				  least.name, least.name_len);
		if (order > 0)
			continue;
		/* The later, the newer. */
		same = order == 0 ? same | 1U << i : 1U << i;
		least = *line;
	}
	if (least.name == NULL)
		return 0;
	for (i = 0; i < merge->count; i++)
		if ((same & 1U << i) != 0)
			step(merge, i);
	*ret_line = least;
	return 1;
}

int
weir_publish_merge_text(struct weir_publish_merge *merge, bool is_set,
    uint64_t max, struct weir_publish_text *text)
{
	struct weir_feed_line line;
	int ret = 0;

	while (ret == 0 && weir_publish_merge_next(merge, &line) == 1) {
		if (is_set && !line.is_listed)
			continue;
		ret = weir_publish_text_line(text, line.is_listed ? '+' : '-',
		    line.entry, line.entry_len);
		if (ret == 0 && text->len > max)
			ret = WEIR_ELIMIT;
	}
	return ret;
}
