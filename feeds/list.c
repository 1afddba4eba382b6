/*
 * list.c - the frame around the list formats: takes a file in pieces, cuts them
 * into lines, has them read, and counts what becomes of each.
 *
 *   file -> pieces -> lines -> feeds/list_NAME.c -> feeds/list_word.c
 *                                                -> consumer, or a reason
 *
 * Several threads may read one file: each takes the next piece, under the lock,
 * and has a report of it for itself.  These become one in the order of the
 * pieces, so that the whole report is the same however many threads there were.
 * A reader is what one thread has; a reading lives for one file.
 */
#include "feeds/list.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/list_line.h"
#include "feeds/list_sample.h"
#include "feeds/list_source.h"
#include "lib/work.h"

#define PIECE_SIZE        (4 * WEIR_LIST_SAMPLE) /* has to hold the sample, a line */
/* A thread for less than that is not worth its start. */
#define OCTETS_PER_THREAD (2 * PIECE_SIZE)
#define PIECES_PER_THREAD 4 /* so that all end at about the same time */

const struct weir_list_format *const weir_list_formats[WEIR_LIST_FORMATS] = {
	&weir_list_domains,
	&weir_list_hosts,
};

#define FORMAT_NAMES "domains, hosts"

/* The report of a piece whose turn it is not yet. */
struct waiting {
	struct waiting *next;
	uint64_t piece;
	struct weir_list_report report;
};

struct reading {
	const struct weir_list_sink *sink;
	const struct weir_list_format *format; /* NULL: not known yet */
	struct weir_list_report *report;
	struct weir_problem *problem;
	struct weir_list_source source;
	pthread_mutex_t mutex; /* over all that follows, and the source */
	size_t piece_size;
	uint64_t piece_count;  /* taken */
	uint64_t merged_count; /* whose reports are in the whole one */
	struct waiting *waiting;
	bool is_sampled; /* a line that is no comment was seen */
	bool is_for_browsers;
	int error; /* the first one */
};

struct weir_list_reader {
	struct reading *reading;
	unsigned int thread;
	const struct weir_list_format *format;
	bool is_for_browsers;
	struct weir_list_report report; /* of the piece */
	struct weir_list_item item;
	const char *line; /* the current one, as it stands in the file */
	uint64_t piece;
	unsigned long lines_before; /* the piece, if that is known */
	char *text;                 /* piece_size octets */
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
	struct weir_list_report *report = &reader->report;
	unsigned long place = report->refused[reason]++;
	struct weir_list_example *example;

	if (place >= WEIR_LIST_EXAMPLES)
		return;
	example = &report->examples[reason][place];
	example->line = report->line_count;
	example->column = column;
	copy_printable(text, len, example->text, sizeof(example->text));
}

int
weir_list_item(struct weir_list_reader *reader, const struct weir_name *name,
    unsigned int scope)
{
	const struct weir_list_sink *sink = reader->reading->sink;
	char text[WEIR_NAME_TEXT_SIZE];
	int ret;

	reader->item.name = name;
	reader->item.scope = (uint8_t)scope;
	reader->item.line = reader->lines_before + reader->report.line_count;
	ret = sink->each(sink->arg, reader->thread, &reader->item);
	if (ret != WEIR_LIST_REFUSED) {
		reader->report.entry_count++;
		return ret;
	}
	refuse_at(reader, WEIR_LIST_NEVER_BLOCK, 0, text,
	    weir_name_print(name, text));
	return 0;
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
recognise(struct reading *reading, const char *text, size_t len)
{
	struct weir_list_sample sample;
	char odd[48] = "";

	weir_list_sample_take(text, len, &sample);
	if (sample.line_count == 0)
		return 0;
	reading->is_sampled = true;
	reading->is_for_browsers = weir_list_sample_is_for_browsers(&sample);
	if (reading->format == NULL && !reading->is_for_browsers)
		reading->format = weir_list_sample_format(&sample);
	if (reading->format != NULL)
		return 0;
	if (sample.odd != NULL)
		copy_printable(sample.odd, sample.odd_len, odd, sizeof(odd));
	return weir_problem_set(reading->problem, WEIR_EFORMAT,
	    "%s: its beginning looks like none of the formats that weir knows "
	    "(" FORMAT_NAMES ")%s%s",
	    reading->source.path, odd[0] != '\0' ? ", as here: " : "", odd);
}

static int
take_line(struct weir_list_reader *reader, const char *line, size_t len)
{
	struct weir_list_report *report = &reader->report;

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

static int
take_lines(struct weir_list_reader *reader, const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	bool is_cr;
	int error = 0;

	while (at < end && error == 0) {
		len = weir_list_line_length(at, (size_t)(end - at));
		error = take_line(reader, at, len);
		at += len;
		is_cr = at < end && *at == '\r';
		at += at < end;
		at += is_cr && at < end && *at == '\n';
	}
	return error;
}

/* --- reports in order ---------------------------------------------------- */

/* Puts the report of the next piece behind that of those before it. */
static void
merge_report(struct reading *reading, const struct weir_list_report *report)
{
	struct weir_list_report *whole = reading->report;
	struct weir_list_example *example;
	unsigned long i, place;
	unsigned int reason;

	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++) {
		place = whole->refused[reason];
		for (i = 0; i < report->refused[reason] &&
			    place + i < WEIR_LIST_EXAMPLES;
		     i++) {
			example = &whole->examples[reason][place + i];
			*example = report->examples[reason][i];
			example->line += whole->line_count;
		}
		whole->refused[reason] += report->refused[reason];
	}
	whole->line_count += report->line_count;
	whole->comment_count += report->comment_count;
	whole->entry_count += report->entry_count;
	reading->merged_count++;
}

/* Merges those whose turn has come. */
static void
merge_waiting(struct reading *reading)
{
	struct waiting **at = &reading->waiting, *found;

	while (*at != NULL) {
		if ((*at)->piece != reading->merged_count) {
			at = &(*at)->next;
			continue;
		}
		found = *at;
		*at = found->next;
		merge_report(reading, &found->report);
		free(found);
		at = &reading->waiting;
	}
}

static int
hand_in(struct weir_list_reader *reader)
{
	struct reading *reading = reader->reading;
	struct waiting *waiting;

	if (reader->piece == reading->merged_count) {
		merge_report(reading, &reader->report);
		merge_waiting(reading);
		return 0;
	}
	waiting = malloc(sizeof(*waiting));
	if (waiting == NULL)
		return weir_problem_set(reading->problem, WEIR_EMEMORY,
		    "%s: out of memory", reading->source.path);
	waiting->piece = reader->piece;
	waiting->report = reader->report;
	waiting->next = reading->waiting;
	reading->waiting = waiting;
	return 0;
}

/* --- threads ------------------------------------------------------------- */

/* The next piece of the file: 1, 0, < 0; under the lock. */
static int
take_piece(
    struct weir_list_reader *reader, const char **ret_text, size_t *ret_len)
{
	struct reading *reading = reader->reading;
	/* What the beginning is taken for does not hang on the piece's size. */
	size_t size = reading->is_sampled ? reading->piece_size : PIECE_SIZE;
	int ret;

	if (reading->error != 0)
		return 0;
	ret = weir_list_source_next(&reading->source, reader->text, size,
	    ret_text, ret_len, reading->problem);
	if (ret == 1 && !reading->is_sampled) {
		ret = recognise(reading, *ret_text, *ret_len);
		ret = ret == 0 ? 1 : ret;
	}
	if (ret < 0)
		reading->error = ret;
	if (ret != 1)
		return 0;
	reader->format = reading->format;
	reader->is_for_browsers = reading->is_for_browsers;
	reader->piece = reading->piece_count++;
	reader->lines_before = reading->report->line_count;
	memset(&reader->report, 0, sizeof(reader->report));
	return 1;
}

/* A thread's work: pieces, until there are no more. */
static int
read_pieces(struct weir_list_reader *reader)
{
	struct reading *reading = reader->reading;
	const struct weir_list_sink *sink = reading->sink;
	const char *text = NULL;
	uint64_t done;
	size_t len = 0;
	int error = 0, more;

	while (error == 0) {
		(void)pthread_mutex_lock(&reading->mutex);
		more = take_piece(reader, &text, &len);
		(void)pthread_mutex_unlock(&reading->mutex);
		if (more == 0)
			return 0;
		if (sink->begin_piece != NULL)
			error = sink->begin_piece(
			    sink->arg, reader->thread, reader->piece);
		if (error == 0)
			error = take_lines(reader, text, len);
		if (error == 0 && sink->end_piece != NULL)
			error = sink->end_piece(
			    sink->arg, reader->thread, reader->piece);
		(void)pthread_mutex_lock(&reading->mutex);
		more = hand_in(reader);
		error = error == 0 ? more : error;
		done = reading->source.done;
		(void)pthread_mutex_unlock(&reading->mutex);
		if (reader->thread == 0 && sink->show != NULL)
			sink->show(sink->arg, done, reading->source.total);
	}
	return error;
}

static void
work(void *arg, unsigned int thread)
{
	struct reading *reading = arg;
	struct weir_list_reader *reader = calloc(1, sizeof(*reader));
	int error = WEIR_EMEMORY;

	if (reader != NULL)
		reader->text = malloc(reading->piece_size);
	if (reader != NULL && reader->text != NULL) {
		reader->reading = reading;
		reader->thread = thread;
		error = read_pieces(reader);
	}
	(void)pthread_mutex_lock(&reading->mutex);
	if (error != 0 && reading->error == 0) {
		reading->error = error;
		if (error == WEIR_EMEMORY)
			(void)weir_problem_set(reading->problem, error,
			    "%s: out of memory", reading->source.path);
	}
	(void)pthread_mutex_unlock(&reading->mutex);
	if (reader != NULL)
		free(reader->text);
	free(reader);
}

/* How many threads, and pieces of which size, are worth their while. */
static unsigned int
measure(struct reading *reading)
{
	uint64_t total = reading->source.total, size;
	unsigned int threads = reading->sink->thread_count;

	if (threads > total / OCTETS_PER_THREAD)
		threads = (unsigned int)(total / OCTETS_PER_THREAD);
	if (threads < 1)
		threads = 1;
	size = total / (threads * PIECES_PER_THREAD);
	if (size > reading->sink->piece_size)
		size = reading->sink->piece_size;
	reading->piece_size = size < PIECE_SIZE ? PIECE_SIZE : (size_t)size;
	return threads;
}

int
weir_list_read_by(const char *path, const char *format,
    const struct weir_list_sink *sink, struct weir_list_report *ret_report,
    struct weir_problem *problem)
{
	struct reading reading = { .sink = sink,
		.format = format_called(format),
		.report = ret_report,
		.problem = problem };
	struct waiting *waiting;

	memset(ret_report, 0, sizeof(*ret_report));
	reading.error = weir_list_source_open(&reading.source, path, problem);
	if (reading.error != 0)
		return reading.error;
	(void)pthread_mutex_init(&reading.mutex, NULL);
	weir_work_run(measure(&reading), work, &reading);
	(void)pthread_mutex_destroy(&reading.mutex);
	weir_list_source_close(&reading.source);
	while ((waiting = reading.waiting) != NULL) { /* of a broken reading */
		reading.waiting = waiting->next;
		free(waiting);
	}
	strcpy(ret_report->format,
	    reading.format == NULL ? "auto" : reading.format->name);
	return reading.error;
}

/* --- one thread ---------------------------------------------------------- */

struct simple {
	int (*each)(void *arg, const struct weir_list_item *item);
	void (*show)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

static int
hand_on(void *arg, unsigned int thread, const struct weir_list_item *item)
{
	const struct simple *simple = arg;

	(void)thread;
	return simple->each(simple->arg, item);
}

static void
show_on(void *arg, uint64_t done, uint64_t total)
{
	const struct simple *simple = arg;

	if (simple->show != NULL)
		simple->show(simple->arg, done, total);
}

int
weir_list_read(const char *path, const char *format,
    int (*each)(void *arg, const struct weir_list_item *item),
    void (*show)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct weir_list_report *ret_report, struct weir_problem *problem)
{
	struct simple simple = { each, show, arg };
	struct weir_list_sink sink = {
		.arg = &simple, .each = hand_on, .show = show_on
	};

	return weir_list_read_by(path, format, &sink, ret_report, problem);
}
