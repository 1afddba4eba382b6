/*
 * list.c - the frame around the list formats: reads a file in pieces, cuts it
 * into lines, finds out what it is, and counts what becomes of each line.
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

#define PIECE_SIZE (4 * WEIR_LIST_SAMPLE) /* has to hold the sample, a line */
/* Of lines that speak for a format, against those that speak against it. */
#define AUTO_SHARE 2

static const struct weir_list_format *const formats[] = {
	&weir_list_domains,
	&weir_list_hosts,
};

#define FORMAT_NAMES "domains, hosts"
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

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

	for (i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
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

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\v' || octet == '\f';
}

size_t
weir_list_next_word(const char **text, size_t *len, const char **ret_word)
{
	const char *at = *text, *end = *text + *len, *word;

	while (at < end && is_blank(*at))
		at++;
	word = at;
	while (at < end && !is_blank(*at))
		at++;
	*text = at;
	*len = (size_t)(end - at);
	if (word < at && (*word == '#' || *word == ';' || *word == '!'))
		return 0;
	*ret_word = word;
	return (size_t)(at - word);
}

/* Takes a byte order mark (lists are often several files put together, so it
 * may stand anywhere) and the blanks off a line.  Whether something is left
 * that is no comment. */
static bool
trim(const char **line, size_t *len)
{
	const char *at = *line, *end = *line + *len;

	if (end - at >= 3 && memcmp(at, "\357\273\277", 3) == 0)
		at += 3;
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	*line = at;
	*len = (size_t)(end - at);
	return at < end && *at != '#' && *at != ';' && *at != '!';
}

/* The length of the line that begins at text; all of it if no end is there. */
static size_t
line_length(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && text[at] != '\n' && text[at] != '\r')
		at++;
	return at;
}

/* What a line says of lists for browsers: 2 for their header, 1 for a rule
 * that only they have. */
static int
browser_sign(const char *line, size_t len)
{
	static const struct {
		const char *text;
		int sign;
	} signs[] = {
		{ "[Adblock", 2 },
		{ "[uBlock", 2 },
		{ "||", 1 },
		{ "@@", 1 },
	};
	size_t i, size;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size = strlen(signs[i].text);
		if (len > size && memcmp(line, signs[i].text, size) == 0)
			return signs[i].sign;
	}
	return 0;
}

/* What the lines of a sample say. */
struct sample {
	unsigned long line_count; /* without comments */
	unsigned long browser_rules;
	bool has_browser_header;
	unsigned long spoke_for[FORMAT_COUNT], spoke_against[FORMAT_COUNT];
};

static void
take_sample(const char *text, size_t len, struct sample *sample)
{
	const char *line;
	size_t size, line_len, i;
	int said;

	memset(sample, 0, sizeof(*sample));
	while (len > 0) {
		line = text;
		size = line_len = line_length(text, len);
		text += size + (size < len);
		len -= size + (size < len);
		if (!trim(&line, &line_len))
			continue;
		sample->line_count++;
		if (line_len > WEIR_LINE_SIZE)
			continue;
		said = browser_sign(line, line_len);
		sample->browser_rules += said == 1;
		sample->has_browser_header |= said == 2;
		for (i = 0; i < FORMAT_COUNT; i++) {
			said = formats[i]->recognise(line, line_len);
			sample->spoke_for[i] += said > 0;
			sample->spoke_against[i] += said < 0;
		}
	}
}

/* The place of the format for which most lines speak. */
static size_t
best_place(const struct sample *sample)
{
	size_t i, best = 0;

	for (i = 1; i < FORMAT_COUNT; i++)
		if (sample->spoke_for[i] > sample->spoke_for[best])
			best = i;
	return best;
}

/* `auto`: the format that explains the sample, NULL for none. */
static const struct weir_list_format *
choose(const struct sample *sample)
{
	size_t best = best_place(sample);

	if (sample->spoke_for[best] == 0 ||
	    sample->spoke_against[best] * AUTO_SHARE > sample->spoke_for[best])
		return NULL;
	return formats[best];
}

/* The next stretch of whole lines to look at. */
static size_t
window(const char *text, size_t len)
{
	size_t at = len;

	if (len <= WEIR_LIST_SAMPLE)
		return len;
	for (at = WEIR_LIST_SAMPLE; at > 0; at--)
		if (text[at - 1] == '\n' || text[at - 1] == '\r')
			return at;
	return len;
}

/* Looks at the whole lines of the piece, from the first that is no comment.
 * A piece of nothing but comments says nothing; then the next one is asked. */
static int
recognise(struct weir_list_reader *reader)
{
	struct sample sample = { .line_count = 0 };
	size_t at = 0, size;

	while (at < reader->len && sample.line_count == 0) {
		size = window(reader->piece + at, reader->len - at);
		take_sample(reader->piece + at, size, &sample);
		at += size;
	}
	if (sample.line_count == 0)
		return 0;
	reader->is_sampled = true;
	/* Some lists hold bare names first and rules for browsers behind. */
	reader->is_for_browsers = sample.has_browser_header ||
				  sample.browser_rules >
				      sample.spoke_for[best_place(&sample)];
	if (reader->format == NULL && !reader->is_for_browsers)
		reader->format = choose(&sample);
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
	if (!trim(&line, &len)) {
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
		len = line_length(at, (size_t)(end - at));
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
	reader->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0) {
		error = system_problem(reader);
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
