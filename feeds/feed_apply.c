/*
 * feed_apply.c - the lines of a payload: checked, counted, compared.
 *
 * A delta walks with one place in each file of the state, and looks from there:
 * names come in order, so that what is passed over is never seen again.
 */
#include "feeds/feed_apply.h"

#include <errno.h>
#include <string.h>

#include "feeds/feed_file.h"
#include "feeds/feed_text.h"
#include "lib/work.h"

/* A thread for less than that is not worth its start. */
#define OCTETS_PER_PART (4U << 20)
#define PARTS           64

/* Where checking stopped; lines are counted only then. */
static int
refuse(const struct weir_feed_file *file, size_t at, const char *why,
    struct weir_problem *problem)
{
	size_t len = weir_feed_text_line(file->text, file->text_len, at), i;
	unsigned long line = 1;
	char shown[80];

	for (i = 0; i < at; i++)
		line += file->text[i] == '\n';
	for (i = 0; i < len && i < sizeof(shown) - 1; i++) {
		shown[i] = file->text[at + i];
		if (shown[i] < ' ' || shown[i] > '~')
			shown[i] = '?';
	}
	shown[i] = '\0';
	return weir_problem_set(problem, WEIR_EFORMAT, "%s %s:%lu: %s: %s",
	    file->header.feed, weir_feed_kind_text(file->header.kind), line,
	    why, shown);
}

/* The line at *at, of its one form and behind the one before it (name NULL:
 * none); *at is behind it then.  What is wrong, or NULL. */
static const char *
next_line(
    const struct weir_feed_file *file, size_t *at, struct weir_feed_line *line)
{
	struct weir_feed_line before = *line;
	size_t len = weir_feed_text_line(file->text, file->text_len, *at);
	const char *why;

	if (weir_feed_line_parse(file->text + *at, len, line, &why) < 0)
		return why;
	if (before.name != NULL &&
	    weir_feed_line_compare(
		before.name, before.name_len, line->name, line->name_len) >= 0)
		return "names out of order";
	*at += len + 1;
	return NULL;
}

/* --- a full -------------------------------------------------------------- */

struct part {
	size_t begin, end;
	struct weir_feed_outcome outcome;
	const char *why; /* NULL: fine */
	size_t wrong_at;
};

struct checking {
	const struct weir_feed_file *file;
	unsigned int count;
	unsigned int next; /* taken by the threads */
	struct part parts[PARTS];
};

static void
check_part(const struct weir_feed_file *file, struct part *part)
{
	struct weir_feed_line line = { .name = NULL };
	size_t at = part->begin;

	while (at < part->end && part->why == NULL) {
		part->wrong_at = at;
		part->why = next_line(file, &at, &line);
		if (part->why == NULL && !line.is_listed)
			part->why = "a name that is not listed, in a full";
		if (part->why != NULL)
			break;
		part->outcome.count++;
		weir_feed_sum_add(
		    &part->outcome.sum, line.entry, line.entry_len);
	}
}

static void
check_parts(void *arg, unsigned int thread)
{
	struct checking *checking = arg;
	unsigned int part;

	(void)thread;
	for (;;) {
		part = __atomic_fetch_add(&checking->next, 1, __ATOMIC_RELAXED);
		if (part >= checking->count)
			return;
		check_part(checking->file, &checking->parts[part]);
	}
}

/* Cuts the lines into parts. */
static void
cut(struct checking *checking)
{
	const struct weir_feed_file *file = checking->file;
	size_t begin = weir_feed_file_begin(file), at = begin, step;

	step = (file->text_len - begin) / PARTS + 1;
	if (step < OCTETS_PER_PART)
		step = OCTETS_PER_PART;
	while (at < file->text_len && checking->count < PARTS) {
		struct part *part = &checking->parts[checking->count++];

		part->begin = at;
		part->end = file->text_len;
		if (file->text_len - at > step && checking->count < PARTS)
			part->end = weir_feed_text_after(
			    file->text, file->text_len, at + step);
		at = part->end;
	}
}

/* The first line of the part stands behind the last of that before. */
static bool
is_in_order(const struct weir_feed_file *file, size_t at)
{
	const char *end = memrchr(file->text, '\n', at - 1);
	size_t before = end != NULL ? (size_t)(end - file->text) + 1 : 0;

	return weir_feed_text_compare(file->text, file->text_len, before,
		   file->text + at + 1,
		   weir_feed_text_name(file->text, file->text_len, at)) < 0;
}

static void
add_sum(struct weir_feed_sum *sum, const struct weir_feed_sum *more)
{
	sum->low += more->low;
	sum->high += more->high + (sum->low < more->low);
}

int
weir_feed_apply_full(const struct weir_feed_file *file,
    struct weir_feed_outcome *ret_outcome, struct weir_problem *problem)
{
	struct checking checking = { .file = file };
	struct weir_feed_outcome outcome = { .count = 0 };
	struct part *part;
	unsigned int i;

	cut(&checking);
	if (checking.count == 1)
		check_parts(&checking, 0);
	else
		weir_work_run(weir_work_thread_count(), check_parts, &checking);
	for (i = 0; i < checking.count; i++) {
		part = &checking.parts[i];
		if (i > 0 && part->why == NULL &&
		    !is_in_order(file, part->begin)) {
			part->why = "names out of order";
			part->wrong_at = part->begin;
		}
		if (part->why != NULL)
			return refuse(file, part->wrong_at, part->why, problem);
		outcome.count += part->outcome.count;
		add_sum(&outcome.sum, &part->outcome.sum);
	}
	*ret_outcome = outcome;
	return 0;
}

/* --- a delta ------------------------------------------------------------- */

struct comparing {
	const struct weir_feed_state *state;
	size_t at[WEIR_FEED_FILES]; /* in each file of the state */
	FILE *add, *del;
	struct weir_feed_outcome *outcome;
};

/* The entry that the name has, NULL: none. */
static const char *
find_entry(struct comparing *comparing, const struct weir_feed_line *line,
    size_t *ret_len)
{
	const struct weir_feed_file *file;
	unsigned int i = comparing->state->file_count;
	size_t at;

	while (i-- > 0) {
		file = &comparing->state->files[i];
		at = weir_feed_text_seek(file->text, file->text_len,
		    comparing->at[i], line->name, line->name_len);
		comparing->at[i] = at;
		if (at >= file->text_len ||
		    weir_feed_text_compare(file->text, file->text_len, at,
			line->name, line->name_len) != 0)
			continue;
		if (file->text[at] != '+')
			return NULL;
		*ret_len = weir_feed_text_line(file->text, file->text_len, at) -
			   1;
		return file->text + at + 1;
	}
	return NULL;
}

static void
put_line(FILE *stream, const char *entry, size_t len)
{
	(void)fputc('+', stream);
	(void)fwrite(entry, 1, len, stream);
	(void)fputc('\n', stream);
}

static void
compare_line(struct comparing *comparing, const struct weir_feed_line *line)
{
	struct weir_feed_outcome *outcome = comparing->outcome;
	const char *was;
	size_t was_len = 0;

	was = find_entry(comparing, line, &was_len);
	if (was == NULL && !line->is_listed)
		return;
	if (was != NULL && line->is_listed && was_len == line->entry_len &&
	    memcmp(was, line->entry, was_len) == 0)
		return;
	if (was != NULL) {
		weir_feed_sum_take(&outcome->sum, was, was_len);
		outcome->count--;
	}
	if (line->is_listed) {
		weir_feed_sum_add(&outcome->sum, line->entry, line->entry_len);
		outcome->count++;
		put_line(comparing->add, line->entry, line->entry_len);
	} else {
		put_line(comparing->del, line->name, line->name_len);
	}
	outcome->added += was == NULL;
	outcome->removed += !line->is_listed;
	outcome->changed += was != NULL && line->is_listed;
}

int
weir_feed_apply_delta(const struct weir_feed_state *state,
    const struct weir_feed_file *delta, FILE *add, FILE *del,
    struct weir_feed_outcome *outcome, struct weir_problem *problem)
{
	struct comparing comparing = {
		.state = state, .add = add, .del = del, .outcome = outcome
	};
	struct weir_feed_line line = { .name = NULL };
	size_t at = weir_feed_file_begin(delta), before;
	const char *why;
	unsigned int i;

	for (i = 0; i < state->file_count; i++)
		comparing.at[i] = weir_feed_file_begin(&state->files[i]);
	while (at < delta->text_len) {
		before = at;
		why = next_line(delta, &at, &line);
		if (why != NULL)
			return refuse(delta, before, why, problem);
		compare_line(&comparing, &line);
	}
	if (ferror(add) || ferror(del))
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "the changes cannot be written: %s", strerror(errno));
	return 0;
}
