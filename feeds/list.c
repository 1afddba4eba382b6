/*
 * list.c - the frame around the list formats: reads a file in pieces, cuts it
 * into lines, has them read, and counts what becomes of each.
 *
 *   file -> pieces -> lines -> feeds/list_NAME.c -> feeds/list_word.c
 *                                                -> consumer, or a reason
 *
 * Lines end with LF, CR LF or CR alone.  One thread; a reader lives for one
 * file.
 */
#include "feeds/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

#include "feeds/list_line.h"
#include "feeds/list_sample.h"

#define PIECE_SIZE (4 * WEIR_LIST_SAMPLE) /* has to hold the sample, a line */

const struct weir_list_format *const weir_list_formats[WEIR_LIST_FORMATS] = {
	&weir_list_domains,
	&weir_list_hosts,
};

#define FORMAT_NAMES "domains, hosts"

struct weir_list_reader {
	const char *path;
	const struct weir_list_format *format; /* NULL: not known yet */
	int (*each)(void *arg, const struct weir_list_item *item);
	void (*show)(void *arg, uint64_t done, uint64_t total);
	void *arg;
	struct weir_list_report *report;
	struct weir_problem *problem;
	struct weir_list_item item;
	const char *line; /* the current one, as it stands in the file */
	int fd;
	uint64_t done, total; /* octets of the file */
	size_t len;           /* octets in the piece */
	bool is_end;          /* the file has no more */
	bool is_sampled;      /* a line that is no comment was seen */
	bool is_for_browsers;
	bool is_line_too_long; /* and its end is still to come */
	bool is_after_cr;      /* an LF would belong to the line before */
	char piece[PIECE_SIZE];
};

static const struct {
	const char *text, *word;
} reasons[WEIR_LIST_REASON_COUNT] = {
	[WEIR_LIST_NOT_A_NAME] = { "not a name", "not-a-name" },
	[WEIR_LIST_TOO_LONG] = { "too long", "too-long" },
	[WEIR_LIST_BAD_IDN] = { "not a name in any script", "bad-idn" },
	[WEIR_LIST_ADDRESS] = { "an address, not a name", "address" },
	[WEIR_LIST_SINGLE_LABEL] = { "a top-level name", "single-label" },
	[WEIR_LIST_LOCAL_NAME] = { "a name of the machine itself",
	    "local-name" },
	[WEIR_LIST_WILDCARD] = { "a * elsewhere than in front", "wildcard" },
	[WEIR_LIST_URL] = { "a URL, not a name", "url" },
	[WEIR_LIST_NOT_THIS_FORMAT] = { "a rule of another format",
	    "not-this-format" },
	[WEIR_LIST_NEVER_BLOCK] = { "on the never-block list", "never-block" },
};

const char *
weir_list_reason_text(unsigned int reason)
{
	return reason < WEIR_LIST_REASON_COUNT ? reasons[reason].text : NULL;
}

const char *
weir_list_reason_word(unsigned int reason)
{
	return reason < WEIR_LIST_REASON_COUNT ? reasons[reason].word : NULL;
}

static const struct weir_list_format *
format_called(const char *name)
{
	size_t i;

	for (i = 0; i < WEIR_LIST_FORMATS; i++)
		if (strcmp(weir_list_formats[i]->name, name) == 0)
			return weir_list_formats[i];
	return NULL;
}

int
weir_list_format_is_known(const char *name)
{
	return strcmp(name, "auto") == 0 || format_called(name) != NULL;
}

const char *
weir_list_format_names(void)
{
	return "auto, " FORMAT_NAMES;
}

bool
weir_list_is_for_browsers(const struct weir_list_reader *reader)
{
	return reader->is_for_browsers;
}

int
weir_list_item(struct weir_list_reader *reader, const struct weir_name *name,
    unsigned int scope)
{
	reader->report->entry_count++;
	reader->item.name = *name;
	reader->item.scope = (uint8_t)scope;
	reader->item.line = reader->report->line_count;
	return reader->each(reader->arg, &reader->item);
}

/* The beginning of a text, with \xHH for what cannot be shown. */
static void
copy_printable(const char *text, size_t len, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char octet;
	size_t i, at = 0;

	for (i = 0; i < len && at + 5 < size; i++) {
		octet = (unsigned char)text[i];
		if (octet >= 0x20 && octet < 0x7f) {
			out[at++] = text[i];
			continue;
		}
		out[at++] = '\\';
		out[at++] = 'x';
		out[at++] = digits[octet >> 4];
		out[at++] = digits[octet & 15];
	}
	out[at] = '\0';
}

static void
refuse_at(struct weir_list_reader *reader, enum weir_list_reason reason,
    unsigned int column, const char *text, size_t len)
{
	struct weir_list_report *report = reader->report;
	unsigned long place = report->refused[reason]++;
	struct weir_list_example *example;

	if (place >= WEIR_LIST_EXAMPLES)
		return;
	example = &report->examples[reason][place];
	example->line = report->line_count;
	example->column = column;
	copy_printable(text, len, example->text, sizeof(example->text));
}

void
weir_list_refuse(struct weir_list_reader *reader, enum weir_list_reason reason,
    const char *text, size_t len)
{
	refuse_at(
	    reader, reason, (unsigned int)(text - reader->line) + 1, text, len);
}

int
weir_list_word(struct weir_list_reader *reader, const char *text, size_t len,
    struct weir_name *ret_name)
{
	int reason = weir_list_judge(text, len, ret_name);

	if (reason == 0)
		return 1;
	weir_list_refuse(
	    reader, (enum weir_list_reason)(reason - 1), text, len);
	return 0;
}

/* Looks at the whole lines of the piece.  A piece of nothing but comments says
 * nothing; then the next one is asked. */
static int
recognise(struct weir_list_reader *reader)
{
	struct weir_list_sample sample;

	weir_list_sample_take(reader->piece, reader->len, &sample);
	if (sample.line_count == 0)
		return 0;
	reader->is_sampled = true;
	reader->is_for_browsers = weir_list_sample_is_for_browsers(&sample);
	if (reader->format == NULL && !reader->is_for_browsers)
		reader->format = weir_list_sample_format(&sample);
	if (reader->format == NULL)
		return weir_problem_set(reader->problem, WEIR_EFORMAT,
		    "%s: its beginning looks like none of the formats that "
		    "weir knows (" FORMAT_NAMES ")",
		    reader->path);
	return 0;
}

static int
take_line(struct weir_list_reader *reader, const char *line, size_t len)
{
	struct weir_list_report *report = reader->report;

	if (reader->is_line_too_long) {
		reader->is_line_too_long = false;
		return 0;
	}
	report->line_count++;
	reader->line = line;
	if (len > WEIR_LINE_SIZE) {
		refuse_at(reader, WEIR_LIST_TOO_LONG, 0, line, len);
		return 0;
	}
	if (!weir_list_line_trim(&line, &len)) {
		report->comment_count++;
		return 0;
	}
	return reader->format->line(reader, line, len);
}

/* Hands all whole lines of the piece on; what is left moves to its front. */
static int
take_piece(struct weir_list_reader *reader)
{
	const char *at = reader->piece, *end = reader->piece + reader->len;
	size_t len;
	int error = 0;

	while (at < end && error == 0) {
		if (reader->is_after_cr && *at == '\n')
			at++;
		reader->is_after_cr = false;
		len = weir_list_line_length(at, (size_t)(end - at));
		if (at + len == end && (len == 0 || !reader->is_end))
			break;
		reader->is_after_cr = at + len < end && at[len] == '\r';
		error = take_line(reader, at, len);
		at += len + (at + len < end);
	}
	len = (size_t)(end - at);
	if (len > WEIR_LINE_SIZE) {
		/* Its end is not in sight: count it now, forget it. */
		if (!reader->is_line_too_long)
			error = take_line(reader, at, len);
		reader->is_line_too_long = true;
		len = 0;
	}
	memmove(reader->piece, at, len);
	reader->len = len;
	return error;
}

static int
system_problem(const struct weir_list_reader *reader)
{
	return weir_problem_set(reader->problem,
	    errno == ENOENT ? WEIR_EMISSING : WEIR_ESYSTEM, "%s: %s",
	    reader->path, strerror(errno));
}

/* Fills the piece up. */
static int
fill(struct weir_list_reader *reader)
{
	ssize_t got;

	while (!reader->is_end && reader->len < sizeof(reader->piece)) {
		got = read(reader->fd, reader->piece + reader->len,
		    sizeof(reader->piece) - reader->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return system_problem(reader);
		reader->is_end = got == 0;
		reader->len += (size_t)got;
		reader->done += (uint64_t)got;
		if (reader->done > WEIR_LIST_SIZE)
			return weir_problem_set(reader->problem, WEIR_ELIMIT,
			    "%s: larger than %llu octets", reader->path,
			    WEIR_LIST_SIZE);
	}
	return 0;
}

static int
read_all(struct weir_list_reader *reader)
{
	int error = 0;

	while (error == 0 && !reader->is_end) {
		error = fill(reader);
		if (error == 0 && !reader->is_sampled)
			error = recognise(reader);
		if (error == 0)
			error = take_piece(reader);
		if (error == 0 && reader->show != NULL)
			reader->show(reader->arg, reader->done, reader->total);
	}
	return error;
}

int
weir_list_read(const char *path, const char *format,
    int (*each)(void *arg, const struct weir_list_item *item),
    void (*show)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct weir_list_report *ret_report, struct weir_problem *problem)
{
	struct weir_list_reader *reader = calloc(1, sizeof(*reader));
	struct stat info;
	int error;

	memset(ret_report, 0, sizeof(*ret_report));
	if (reader == NULL)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: out of memory", path);
	reader->path = path;
	reader->format = format_called(format);
	reader->each = each;
	reader->show = show;
	reader->arg = arg;
	reader->report = ret_report;
	reader->problem = problem;
	error = weir_file_open(path, &reader->fd);
	if (error != 0) {
		error = error == WEIR_EFORMAT
			    ? weir_problem_set(problem, error,
				  "%s: not a regular file", path)
			    : system_problem(reader);
		goto out;
	}
	if (fstat(reader->fd, &info) == 0 && info.st_size > 0)
		reader->total = (uint64_t)info.st_size;
	error = read_all(reader);
	close(reader->fd);
	strcpy(ret_report->format,
	    reader->format == NULL ? "auto" : reader->format->name);
out:
	free(reader);
	return error;
}
