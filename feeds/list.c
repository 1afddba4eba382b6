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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/feed_merge.h"
#include "feeds/list_line.h"
#include "feeds/list_sample.h"
#include "feeds/list_source.h"
#include "feeds/list_walk.h"
#include "lib/work.h"

#define PIECE_SIZE        (4 * WEIR_LIST_SAMPLE) /* has to hold the sample, a line */
/* A thread for less than that is not worth its start. */
#define OCTETS_PER_THREAD (2 * PIECE_SIZE)
#define PIECES_PER_THREAD 4 /* so that all end at about the same time */

const struct weir_list_format *const weir_list_formats[WEIR_LIST_FORMATS] = {
	&weir_list_wildcard, /* before domains, which takes its lines too */
	&weir_list_domains,
	&weir_list_hosts,
	&weir_list_dnsmasq,
	&weir_list_unbound,
	&weir_list_bind,
	&weir_list_tpl,
	&weir_list_privoxy,
	&weir_list_adblock,
	&weir_list_rpz,
	&weir_list_stix,
	&weir_list_misp,
	&weir_list_json,
	&weir_list_csv,
	&weir_list_feed,
	NULL,
};

static char format_names[256] = "auto";
static pthread_once_t format_names_once = PTHREAD_ONCE_INIT;

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
	bool has_url_pieces;
	void *state; /* of a format that has one, and the one who reads it */
	const struct weir_list_reader *owner;
	int error; /* the first one */
};

struct weir_list_reader {
	struct reading *reading;
	unsigned int thread;
	const struct weir_list_format *format;
	bool is_for_browsers;
	struct weir_list_report report; /* of the piece */
	const char *line; /* the current one, as it stands in the file */
	size_t line_len;
	void *state; /* the format's */
	uint64_t piece;
	unsigned long lines_before; /* the piece, if that is known */
	char *text;                 /* piece_size octets */
};

static const struct weir_list_format *
format_called(const char *name)
{
	size_t i;

	for (i = 0; weir_list_formats[i] != NULL; i++)
		if (strcmp(weir_list_formats[i]->name, name) == 0)
			return weir_list_formats[i];
	return NULL;
}

int
weir_list_format_is_known(const char *name)
{
	return strcmp(name, "auto") == 0 || format_called(name) != NULL;
}

int
weir_list_format_has_confidence(const char *name)
{
	const struct weir_list_format *format = format_called(name);

	return format == NULL || format->has_confidence;
}

static void
make_format_names(void)
{
	size_t i, len = strlen(format_names);

	for (i = 0; weir_list_formats[i] != NULL; i++)
		len += (size_t)snprintf(format_names + len,
		    sizeof(format_names) - len, ", %s",
		    weir_list_formats[i]->name);
}

const char *
weir_list_format_names(void)
{
	(void)pthread_once(&format_names_once, make_format_names);
	return format_names;
}

bool
weir_list_is_for_browsers(const struct weir_list_reader *reader)
{
	return reader->is_for_browsers;
}

bool
weir_list_has_url_pieces(const struct weir_list_reader *reader)
{
	return reader->reading->has_url_pieces;
}

void
weir_list_comment(struct weir_list_reader *reader)
{
	reader->report.comment_count++;
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
	struct weir_list_item item = WEIR_LIST_ITEM(name);

	item.scope = (uint8_t)scope;
	return weir_list_give(reader, &item, NULL, 0);
}

int
weir_list_give(struct weir_list_reader *reader, struct weir_list_item *item,
    const char *text, size_t len)
{
	const struct weir_list_sink *sink = reader->reading->sink;
	char name[2 + WEIR_NAME_TEXT_SIZE] = "*.";
	int ret;

	item->line = weir_list_line_number(reader);
	ret = sink->each(sink->arg, reader->thread, item);
	if (ret > WEIR_LIST_REFUSED(0) ||
	    ret <= WEIR_LIST_REFUSED(WEIR_LIST_REASON_COUNT)) {
		reader->report.entry_count++;
		return ret;
	}
	if (text == NULL) {
		len = 2 + weir_name_print(item->name, name + 2);
		text = name;
		if (item->scope != WEIR_SCOPE_SUBDOMAINS) {
			text += 2;
			len -= 2;
		}
	}
	weir_list_refuse(reader,
	    (enum weir_list_reason)(WEIR_LIST_REFUSED(0) - ret), text, len);
	return 0;
}

const struct weir_list_options *
weir_list_options(const struct weir_list_reader *reader)
{
	static const struct weir_list_options none;
	const struct weir_list_options *options =
	    reader->reading->sink->options;

	return options != NULL ? options : &none;
}

void *
weir_list_state(struct weir_list_reader *reader)
{
	return reader->state;
}

unsigned long
weir_list_line_number(const struct weir_list_reader *reader)
{
	return reader->lines_before + reader->report.line_count;
}

void
weir_list_set_line(struct weir_list_reader *reader, unsigned long line)
{
	reader->report.line_count = line - reader->lines_before;
}

void
weir_list_refuse(struct weir_list_reader *reader, enum weir_list_reason reason,
    const char *text, size_t len)
{
	const char *line = reader->line;
	unsigned int column = 0;

	if (line != NULL && text >= line && text <= line + reader->line_len)
		column = (unsigned int)(text - line) + 1;
	refuse_at(reader, reason, column, text, len);
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

void
weir_list_refuse_at(struct weir_list_reader *reader,
    enum weir_list_reason reason, unsigned long line, unsigned int column,
    const char *text)
{
	weir_list_set_line(reader, line);
	refuse_at(reader, reason, column, text, strlen(text));
}

int
weir_list_break(struct weir_list_reader *reader, unsigned long line,
    unsigned int column, const char *why)
{
	struct reading *reading = reader->reading;

	if (line == 0)
		return weir_problem_set(reading->problem, WEIR_EFORMAT,
		    "%s: %s", reading->source.path, why);
	weir_list_refuse_at(reader, WEIR_LIST_BROKEN, line, column, why);
	return weir_problem_set(reading->problem, WEIR_EFORMAT, "%s:%lu:%u: %s",
	    reading->source.path, line, column, why);
}

/* What the sample says of the format that was taken, or given. */
static void
note_sample(struct reading *reading, const struct weir_list_sample *sample)
{
	struct weir_list_report *report = reading->report;
	size_t i;

	for (i = 0; weir_list_formats[i] != NULL; i++)
		if (weir_list_formats[i] == reading->format) {
			report->sample_count = sample->line_count;
			report->sample_for = sample->spoke_for[i];
			report->sample_against = sample->spoke_against[i];
		}
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
	reading->has_url_pieces = weir_list_sample_has_url_pieces(&sample);
	if (reading->format == NULL)
		reading->format = weir_list_sample_format(&sample);
	note_sample(reading, &sample);
	if (reading->format != NULL)
		return 0;
	if (sample.odd != NULL)
		copy_printable(sample.odd, sample.odd_len, odd, sizeof(odd));
	return weir_problem_set(reading->problem, WEIR_EFORMAT,
	    "%s: its beginning looks like none of the formats that weir knows "
	    "(%s)%s%s; to read it all the same, name its format",
	    reading->source.path,
	    weir_list_format_names() + sizeof("auto, ") - 1,
	    odd[0] != '\0' ? ", as here: " : "", odd);
}

static int
take_line(struct weir_list_reader *reader, const char *line, size_t len)
{
	struct weir_list_report *report = &reader->report;

	report->line_count++;
	reader->line = line;
	reader->line_len = len;
	if (len > WEIR_LINE_SIZE) {
		refuse_at(reader, WEIR_LIST_TOO_LONG, 0, line, len);
		return 0;
	}
	if (reader->format != NULL && reader->format->has_raw_lines)
		return reader->format->line(reader, line, len);
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

static bool
is_for_one(const struct weir_list_format *format)
{
	return format != NULL &&
	       (format->is_sequential || format->document != NULL);
}

/* A format that has to be read by one thread is this one's from now on. */
static bool
take_state(struct weir_list_reader *reader)
{
	struct reading *reading = reader->reading;
	const struct weir_list_format *format = reading->format;

	if (!is_for_one(format) || reading->owner != NULL)
		return true;
	reading->owner = reader;
	if (format->state_size > 0)
		reading->state = calloc(1, format->state_size);
	reader->state = reading->state;
	return format->state_size == 0 || reading->state != NULL;
}

static void
begin_report(struct weir_list_reader *reader)
{
	reader->piece = reader->reading->piece_count++;
	reader->lines_before = reader->reading->report->line_count;
	memset(&reader->report, 0, sizeof(reader->report));
}

/* The next piece of the file: 1, 0, < 0; under the lock. */
static int
take_piece(
    struct weir_list_reader *reader, const char **ret_text, size_t *ret_len)
{
	struct reading *reading = reader->reading;
	/* What the beginning is taken for does not hang on the piece's size. */
	size_t size = reading->is_sampled ? reading->piece_size : PIECE_SIZE;
	int ret;

	if (reading->error != 0 ||
	    (reading->owner != NULL && reading->owner != reader))
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
	if (!take_state(reader)) {
		reading->error = weir_problem_set(reading->problem,
		    WEIR_EMEMORY, "%s: out of memory", reading->source.path);
		return 0;
	}
	reader->format = reading->format;
	reader->is_for_browsers = reading->is_for_browsers;
	begin_report(reader);
	return 1;
}

/* The piece that was taken; text NULL: what a format has to say at the end. */
static int
read_piece(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct reading *reading = reader->reading;
	const struct weir_list_sink *sink = reading->sink;
	int error = 0, ret;
	uint64_t done;

	if (sink->begin_piece != NULL)
		error = sink->begin_piece(
		    sink->arg, reader->thread, reader->piece);
	if (error == 0 && text == NULL)
		error = reader->format->end(reader, true);
	else if (error == 0 && reader->format != NULL &&
		 reader->format->document != NULL)
		error = reader->format->document(reader, text, len);
	else if (error == 0)
		error = take_lines(reader, text, len);
	if (error == 0 && sink->end_piece != NULL)
		error = sink->end_piece(
		    sink->arg, reader->thread, reader->piece);
	(void)pthread_mutex_lock(&reading->mutex);
	ret = hand_in(reader);
	error = error == 0 ? ret : error;
	done = reading->source.done;
	(void)pthread_mutex_unlock(&reading->mutex);
	if (reader->thread == 0 && sink->show != NULL)
		sink->show(sink->arg, done, reading->source.total);
	return error;
}

/* A thread's work: pieces, until there are no more. */
static int
read_pieces(struct weir_list_reader *reader)
{
	struct reading *reading = reader->reading;
	bool is_owner, is_whole = false;
	const char *text = NULL;
	size_t len = 0;
	int error = 0, more = 1;

	while (error == 0 && more == 1) {
		(void)pthread_mutex_lock(&reading->mutex);
		more = take_piece(reader, &text, &len);
		is_whole = more == 0 && reading->error == 0;
		(void)pthread_mutex_unlock(&reading->mutex);
		if (more == 1)
			error = read_piece(reader, text, len);
	}
	is_owner = reading->owner == reader;
	if (!is_owner || reader->format == NULL || reader->format->end == NULL)
		return error;
	if (error != 0 || !is_whole) {
		(void)reader->format->end(reader, false);
		return error;
	}
	(void)pthread_mutex_lock(&reading->mutex);
	begin_report(reader);
	(void)pthread_mutex_unlock(&reading->mutex);
	reader->line = NULL;
	return read_piece(reader, NULL, 0);
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

	if (is_for_one(reading->format))
		threads = 1;
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

/* A list with `fields:` is a document or a table, whatever its shape. */
static const struct weir_list_format *
format_with_fields(const struct reading *reading, const char *text, size_t len)
{
	const struct weir_list_options *options = reading->sink->options;
	char first = weir_list_walk_first(text, len);

	if (options == NULL || options->fields[WEIR_LIST_FIELD_NAME] == NULL)
		return NULL;
	return first == '{' || first == '[' ? &weir_list_json : &weir_list_csv;
}

/* Some formats are told by the beginning of a file, not by its lines. */
static int
look_at_head(struct reading *reading)
{
	const struct weir_feed_state *state = NULL;
	const char *text;
	size_t len, i;
	int error;

	if (reading->source.merge != NULL) {
		state = weir_feed_merge_state(reading->source.merge);
		strcpy(reading->report->gen, state->gen);
		reading->report->sequence = state->sequence;
		reading->format = &weir_list_feed;
		reading->is_sampled = true;
		return 0;
	}
	error = weir_list_source_peek(
	    &reading->source, &text, &len, reading->problem);
	for (i = 0; error == 0 && reading->format == NULL &&
		    weir_list_formats[i] != NULL;
	     i++)
		if (weir_list_formats[i]->recognise_file != NULL &&
		    weir_list_formats[i]->recognise_file(text, len) == 1)
			reading->format = weir_list_formats[i];
	if (error == 0 && reading->format == NULL)
		reading->format = format_with_fields(reading, text, len);
	reading->source.is_document = reading->format != NULL &&
				      reading->format->document != NULL;
	reading->is_sampled = reading->source.is_document;
	return error;
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
	if (reading.error == 0)
		reading.error = look_at_head(&reading);
	if (reading.error != 0) {
		weir_list_source_close(&reading.source);
		return reading.error;
	}
	(void)pthread_mutex_init(&reading.mutex, NULL);
	weir_work_run(measure(&reading), work, &reading);
	(void)pthread_mutex_destroy(&reading.mutex);
	weir_list_source_close(&reading.source);
	free(reading.state);
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
    const struct weir_list_options *options,
    int (*each)(void *arg, const struct weir_list_item *item),
    void (*show)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct weir_list_report *ret_report, struct weir_problem *problem)
{
	struct simple simple = { each, show, arg };
	struct weir_list_sink sink = { .arg = &simple,
		.each = hand_on,
		.show = show_on,
		.options = options };

	return weir_list_read_by(path, format, &sink, ret_report, problem);
}
