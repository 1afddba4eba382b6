/*
 * publish_set.c - what changes a feed's set, written down as runs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/publish.h"
#include "lib/file.h"

int
weir_publish_write_run(struct weir_publish *publish,
    struct weir_publish_file *file, struct weir_publish_run *run,
    const struct weir_publish_text *text, struct weir_problem *problem)
{
	char name[32], *path;
	int ret;

	weir_publish_run_close(run);
	file->number = 0;
	file->len = text->len;
	if (text->len == 0)
		return 0;
	file->number = ++publish->next.next_number;
	(void)snprintf(name, sizeof(name), "%" PRIu64 ".run", file->number);
	ret = weir_file_replace(publish->private, name, text->data, text->len);
	if (ret < 0)
		return weir_publish_fail(problem, ret, publish->private, name);
	path = weir_path_join(publish->private, name);
	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	ret = weir_publish_run_open(path, text->len, run, problem);
	free(path);
	return ret;
}

/* A place is empty from now on, at the end of the one before. */
static void
empty(struct weir_publish *publish, unsigned int place)
{
	weir_publish_run_close(&publish->runs[place]);
	publish->next.runs[place].number = 0;
	publish->next.runs[place].len = 0;
}

/* Puts what one place has to the one before it, and leaves it empty. */
static int
move(struct weir_publish *publish, unsigned int place,
    struct weir_problem *problem)
{
	struct weir_publish_file *to = &publish->next.runs[place - 1];
	struct weir_publish_file *from = &publish->next.runs[place];
	struct weir_publish_run *to_run = &publish->runs[place - 1];
	struct weir_publish_text text = { NULL, 0, 0 };
	struct weir_publish_merge merge;
	uint64_t number = to->number, len = to->len;
	int ret = 0;

	*to = *from;
	if (from->number == 0) {
		to->number = number;
		to->len = len;
	} else if (number == 0) {
		*to_run = publish->runs[place];
		publish->runs[place] =
		    (struct weir_publish_run){ .text = NULL };
	} else {
		weir_publish_merge_init(&merge);
		weir_publish_merge_add(&merge, to_run);
		weir_publish_merge_add(&merge, &publish->runs[place]);
		ret = weir_publish_merge_text(&merge, false, UINT64_MAX, &text);
		if (ret < 0)
			(void)weir_problem_set(problem, ret, "out of memory");
		else
			ret = weir_publish_write_run(
			    publish, to, to_run, &text, problem);
		weir_publish_text_free(&text);
	}
	empty(publish, place);
	return ret;
}

/* Whether a cut is due; a clock before the last one begins to wait anew. */
static bool
is_due(int64_t *last_unix, int64_t now_unix, int64_t every_s)
{
	if (*last_unix > now_unix)
		*last_unix = now_unix;
	if (now_unix - *last_unix < every_s)
		return false;
	*last_unix = now_unix;
	return true;
}

int
weir_publish_cut(struct weir_publish *publish, struct weir_problem *problem)
{
	struct weir_publish_state *next = &publish->next;
	int64_t now_unix = publish->now_ms / 1000;
	bool is_day;
	int ret;

	if (!is_due(&next->minute_unix, now_unix, WEIR_PUBLISH_MINUTE_S))
		return 0;
	is_day = is_due(&next->day_unix, now_unix, WEIR_PUBLISH_DAY_S);
	if (is_due(&next->hour_unix, now_unix, WEIR_PUBLISH_HOUR_S) || is_day) {
		ret = move(publish, WEIR_PUBLISH_LAST_HOUR, problem);
		if (ret == 0)
			ret = move(publish, WEIR_PUBLISH_HOUR, problem);
		if (ret < 0)
			return ret;
	}
	if (is_day) {
		next->from = next->runs[WEIR_PUBLISH_DAY_BEFORE].to;
		empty(publish, WEIR_PUBLISH_DAY_BEFORE);
		ret = move(publish, WEIR_PUBLISH_DAY, problem);
		if (ret < 0)
			return ret;
		publish->is_full_due = true;
	}
	ret = move(publish, WEIR_PUBLISH_LAST_MINUTE, problem);
	return ret < 0 ? ret : move(publish, WEIR_PUBLISH_MINUTE, problem);
}

/* What is being found out about a change. */
struct change {
	struct weir_publish *publish;
	struct weir_publish_text text; /* lines of names that change */
	uint64_t count;
	struct weir_feed_sum sum;
};

static void
begin(struct change *change, struct weir_publish *publish)
{
	const struct weir_publish_file *last = weir_publish_state_last(
	    &publish->next);

	*change = (struct change){
		.publish = publish, .count = last->count, .sum = last->sum
	};
	publish->added = publish->removed = publish->changed = 0;
}

/* A name had `old` (NULL: nothing) and gets `new`. */
static int
note(struct change *change, const struct weir_feed_line *old,
    const struct weir_feed_line *new)
{
	struct weir_publish *publish = change->publish;

	if (old == NULL && new == NULL)
		return 0;
	if (old != NULL && new != NULL &&
	    old->entry_len ==
		new->entry_len &&memcmp(
		    old->entry, new->entry, new->entry_len) == 0)
		return 0;
	if (old != NULL) {
		weir_feed_sum_take(&change->sum, old->entry, old->entry_len);
		change->count--;
	}
	if (new == NULL) {
		publish->removed++;
		return weir_publish_text_line(
		    &change->text, '-', old->name, old->name_len);
	}
	if (old == NULL)
		publish->added++;
	else
		publish->changed++;
	weir_feed_sum_add(&change->sum, new->entry, new->entry_len);
	change->count++;
	return weir_publish_text_line(
	    &change->text, '+', new->entry, new->entry_len);
}

static void
add_runs(struct weir_publish *publish, struct weir_publish_merge *merge)
{
	unsigned int i;

	weir_publish_merge_init(merge);
	weir_publish_merge_add(merge, &publish->full);
	for (i = 0; i < WEIR_PUBLISH_PLACES; i++)
		weir_publish_merge_add(merge, &publish->runs[i]);
}

int
weir_publish_write_full(struct weir_publish *publish,
    const struct weir_publish_file *last, const struct weir_publish_run *change,
    struct weir_problem *problem)
{
	struct weir_feed_header full = { .kind = WEIR_FEED_FULL,
		.to = last->to };
	struct weir_publish_text text = { NULL, 0, 0 };
	struct weir_publish_merge merge;
	char header[WEIR_FEED_LINE_SIZE];
	int ret;

	strcpy(full.feed, publish->next.feed);
	strcpy(full.gen, publish->next.gen);
	add_runs(publish, &merge);
	if (change != NULL)
		weir_publish_merge_add(&merge, change);
	ret = weir_publish_text_add(
	    &text, header, weir_feed_header_print(&full, header));
	if (ret == 0)
		ret = weir_publish_merge_text(
		    &merge, true, WEIR_FEED_FULL_RAW, &text);
	publish->next.full = *last;
	if (ret < 0)
		(void)weir_problem_set(problem, ret,
		    ret == WEIR_ELIMIT ? "the set is longer than a feed may be"
				       : "out of memory");
	else
		ret = weir_publish_write_run(publish, &publish->next.full,
		    &publish->full, &text, problem);
	weir_publish_text_free(&text);
	return ret;
}

/* Such a change is not worth a delta: the runs begin anew behind a full. */
static int
start_over(struct weir_publish *publish, const struct weir_publish_file *last,
    const struct weir_publish_run *change, struct weir_problem *problem)
{
	unsigned int i;
	int ret = weir_publish_write_full(publish, last, change, problem);

	if (ret < 0)
		return ret;
	for (i = 0; i < WEIR_PUBLISH_PLACES; i++) {
		empty(publish, i);
		publish->next.runs[i] = *last;
	}
	publish->next.from = last->to;
	publish->next.minute_unix = publish->next.hour_unix =
	    publish->next.day_unix = publish->now_ms / 1000;
	return 0;
}

/* The change lies over the last minute's. */
static int
put_over(struct weir_publish *publish, const struct weir_publish_file *last,
    const struct weir_publish_run *change, struct weir_problem *problem)
{
	struct weir_publish_run *run = &publish->runs[WEIR_PUBLISH_MINUTE];
	struct weir_publish_text text = { NULL, 0, 0 };
	struct weir_publish_merge merge;
	int ret;

	weir_publish_merge_init(&merge);
	weir_publish_merge_add(&merge, run);
	weir_publish_merge_add(&merge, change);
	ret = weir_publish_merge_text(&merge, false, UINT64_MAX, &text);
	if (ret < 0)
		(void)weir_problem_set(problem, ret, "out of memory");
	publish->next.runs[WEIR_PUBLISH_MINUTE] = *last;
	if (ret == 0)
		ret = weir_publish_write_run(publish,
		    &publish->next.runs[WEIR_PUBLISH_MINUTE], run, &text,
		    problem);
	weir_publish_text_free(&text);
	return ret;
}

/* Takes the change into the runs, and gives it the next number. */
static int
finish(struct change *change, int error, struct weir_problem *problem)
{
	struct weir_publish *publish = change->publish;
	struct weir_publish_state *next = &publish->next;
	struct weir_publish_file last = *weir_publish_state_last(next);
	struct weir_publish_run run = { .text = change->text.data,
		.len = change->text.len };
	bool is_first = last.to == 0;
	int ret = error;

	if (error < 0)
		(void)weir_problem_set(problem, error, "out of memory");
	else if (change->count > WEIR_DB_NAMES_MAX)
		ret = weir_problem_set(problem, WEIR_ELIMIT,
		    "more names than a database may have");
	else if (change->text.len > 0 || is_first) {
		if (last.to < next->sequence_floor)
			last.to = next->sequence_floor;
		last = (struct weir_publish_file){ .to = last.to + 1,
			.at_ms = (uint64_t)publish->now_ms,
			.count = change->count,
			.sum = change->sum };
		ret = is_first || change->text.len > publish->limits.change_raw
			  ? start_over(publish, &last, &run, problem)
			  : put_over(publish, &last, &run, problem);
	}
	weir_publish_text_free(&change->text);
	return ret;
}

int
weir_publish_set(struct weir_publish *publish, struct weir_publish_list *list,
    struct weir_problem *problem)
{
	struct weir_publish_merge merge;
	struct weir_feed_line old, new;
	struct change change;
	int has_old, has_new, order, ret = 0;

	publish->is_anew = false;
	begin(&change, publish);
	add_runs(publish, &merge);
	weir_publish_list_rewind(list);
	/* A name that was taken out is none that the set has. */
	while ((has_old = weir_publish_merge_next(&merge, &old)) == 1 &&
	       !old.is_listed)
		;
	has_new = weir_publish_list_next(list, &new);
	while (ret == 0 && (has_old == 1 || has_new == 1)) {
		order = has_old == 0 ? 1
			: has_new == 0
			    ? -1
			    : weir_feed_line_compare(old.name, old.name_len,
				  new.name, new.name_len);
		ret = note(&change, order <= 0 ? &old : NULL,
		    order >= 0 ? &new : NULL);
		if (order <= 0)
			while ((has_old = weir_publish_merge_next(
				    &merge, &old)) == 1 &&
			       !old.is_listed)
				;
		if (order >= 0)
			has_new = weir_publish_list_next(list, &new);
	}
	return finish(&change, ret, problem);
}

/* What the set has of a name: the newest run that has it says so. */
static bool
look_up(const struct weir_publish *publish, const char *name, size_t len,
    struct weir_feed_line *ret_line)
{
	unsigned int i;

	for (i = WEIR_PUBLISH_PLACES; i-- > 0;)
		if (weir_publish_run_search(
			&publish->runs[i], name, len, ret_line) == 1)
			return ret_line->is_listed;
	return weir_publish_run_search(&publish->full, name, len, ret_line) ==
		   1 &&
	       ret_line->is_listed;
}

int
weir_publish_delta(struct weir_publish *publish, struct weir_publish_list *add,
    struct weir_publish_list *del, struct weir_problem *problem)
{
	struct weir_feed_line added, removed, old;
	struct change change;
	int has_add, has_del, order, ret = 0;
	const struct weir_feed_line *name;

	begin(&change, publish);
	has_add = add != NULL ? weir_publish_list_next(add, &added) : 0;
	has_del = del != NULL ? weir_publish_list_next(del, &removed) : 0;
	while (ret == 0 && (has_add == 1 || has_del == 1)) {
		order = has_add == 0 ? 1
			: has_del == 0
			    ? -1
			    : weir_feed_line_compare(added.name, added.name_len,
				  removed.name, removed.name_len);
		name = order <= 0 ? &added : &removed;
		ret = note(&change,
		    look_up(publish, name->name, name->name_len, &old) ? &old
								       : NULL,
		    order <= 0 ? &added : NULL);
		if (order <= 0)
			has_add = weir_publish_list_next(add, &added);
		if (order >= 0)
			has_del = weir_publish_list_next(del, &removed);
	}
	return finish(&change, ret, problem);
}
