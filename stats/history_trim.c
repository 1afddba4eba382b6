/*
 * history_trim.c - what leaves the history: what is too old, and the oldest if
 * the file is too large.
 *
 * In small transactions: each may change no more than the journal holds.  After
 * a while the rest waits for the next flush, unless there is no room left.
 *
 * The order, when room is needed: events and who resolved what, the oldest first,
 * with the names that nothing else speaks of; then top lists of hours; of days;
 * totals of minutes; of hours.  Another text goes when everything of its last
 * hour has gone.
 */
#include <string.h>

#include "lib/log.h"
#include "stats/history_db.h"

#define EVERY_S 60
#define STEP_NS 200000000ULL /* of one flush, if there is no hurry */
#define DAY_S   86400ULL

static uint64_t
changes(const struct weir_history *history)
{
	int count = sqlite3_changes(history->sqlite);

	return count > 0 ? (uint64_t)count : 0;
}

static uint64_t
event_id(uint64_t unix_s)
{
	return unix_s * 1000 << 20;
}

/* The hour of the oldest of what refers to names; that of now: nothing does. */
static int
oldest_detail(struct weir_history *history, uint64_t *ret_hour)
{
	uint64_t event, hour;
	int ret;

	ret = weir_history_number(
	    history, UINT64_MAX, &event, STATEMENT_EVENT_OLDEST, "");
	if (ret == WEIR_OK)
		ret = weir_history_number(
		    history, UINT64_MAX, &hour, STATEMENT_RESOLVED_OLDEST, "");
	if (ret != WEIR_OK)
		return ret;
	if (event != UINT64_MAX && (event >> 20) / 3600000 < hour)
		hour = (event >> 20) / 3600000;
	*ret_hour = hour;
	return WEIR_OK;
}

static int
trim_texts(struct weir_history *history, uint64_t hour, uint64_t *count)
{
	unsigned int i;
	int ret = WEIR_OK;

	if (hour > history->now_unix / 3600)
		hour = history->now_unix / 3600;
	for (i = 0; i < WEIR_HISTORY_WORD && ret == WEIR_OK; i++) {
		ret = weir_history_run(history, STATEMENT_TEXT_TRIM + i, "ii",
		    (int64_t)hour,
		    (int64_t)history->batch[WEIR_HISTORY_TRIMMING]);
		*count += ret == WEIR_OK ? changes(history) : 0;
	}
	return ret;
}

/* Part of the events before a time, and of the resolved ones before an hour;
 * and the texts of which nothing is left. */
static int
trim_detail(struct weir_history *history, uint64_t event_unix,
    uint64_t resolved_hour, uint64_t *ret_count)
{
	uint64_t count = 0, hour;
	int ret;

	ret = weir_history_run(history, STATEMENT_EVENT_TRIM, "ii",
	    (int64_t)event_id(event_unix),
	    (int64_t)history->batch[WEIR_HISTORY_TRIMMING]);
	count += ret == WEIR_OK ? changes(history) : 0;
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_RESOLVED_TRIM, "ii",
		    (int64_t)resolved_hour,
		    (int64_t)history->batch[WEIR_HISTORY_TRIMMING]);
	count += ret == WEIR_OK ? changes(history) : 0;
	if (ret == WEIR_OK)
		ret = oldest_detail(history, &hour);
	if (ret == WEIR_OK)
		ret = trim_texts(history, hour, &count);
	if (count > 0)
		weir_history_cache_clear(history);
	*ret_count = count;
	return ret;
}

/* For room, and so also within an hour, in which a flood of names may have come:
 * notes the names that the next trim_detail takes events from; and lets those go
 * that nothing refers to any more. */
static int
note_names(
    struct weir_history *history, uint64_t event_unix, uint64_t resolved_hour)
{
	int64_t batch = (int64_t)history->batch[WEIR_HISTORY_TRIMMING];
	int ret = weir_history_run(history, STATEMENT_EVENT_GONE, "ii",
	    (int64_t)event_id(event_unix), batch);

	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_RESOLVED_GONE, "ii",
		    (int64_t)resolved_hour, batch);
	return ret;
}

static int
trim_names(struct weir_history *history)
{
	int ret = weir_history_run(history, STATEMENT_GONE_TRIM, "");

	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_GONE_CLEAR, "");
	return ret;
}

/* Words go when there is no list as old as they are. */
static int
trim_words(struct weir_history *history)
{
	uint64_t begin, oldest = history->now_unix;
	unsigned int i;
	int ret = WEIR_OK;

	for (i = 0; i < WEIR_HISTORY_SPAN_COUNT && ret == WEIR_OK; i++) {
		ret = weir_history_number(history, history->now_unix, &begin,
		    STATEMENT_LIST_OLDEST, "i",
		    (int64_t)weir_history_span_s[i]);
		if (ret == WEIR_OK && begin < oldest)
			oldest = begin;
	}
	if (ret == WEIR_OK)
		ret = weir_history_run(history,
		    STATEMENT_TEXT_TRIM + WEIR_HISTORY_WORD, "ii",
		    (int64_t)(oldest / 3600),
		    (int64_t)history->batch[WEIR_HISTORY_TRIMMING]);
	return ret;
}

/* The oldest list of a span, if it is older than that. */
static int
trim_list(struct weir_history *history, unsigned int span, uint64_t begin_unix,
    uint64_t *ret_count)
{
	uint64_t begin;
	int64_t id;
	int ret;

	*ret_count = 0;
	ret = weir_history_run(history, STATEMENT_LIST_OLDEST, "i",
	    (int64_t)weir_history_span_s[span]);
	if (ret != 1)
		return ret;
	begin = weir_history_column(history, STATEMENT_LIST_OLDEST, 0);
	id = (int64_t)weir_history_column(history, STATEMENT_LIST_OLDEST, 1);
	weir_history_reset(history, STATEMENT_LIST_OLDEST);
	if (begin >= begin_unix)
		return WEIR_OK;
	memset(history->lists, 0, sizeof(history->lists));
	ret = weir_history_run(history, STATEMENT_LIST_TRIM_OPEN, "i", id);
	if (ret == WEIR_OK)
		ret = weir_history_run(
		    history, STATEMENT_LIST_TRIM_TOP, "i", id);
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_LIST_TRIM, "i", id);
	if (ret == WEIR_OK)
		ret = trim_words(history);
	*ret_count = 1;
	return ret;
}

static int
trim_totals(struct weir_history *history, enum weir_history_statement statement,
    uint64_t begin_unix, uint64_t *ret_count)
{
	int ret = weir_history_run(history, statement, "ii",
	    (int64_t)begin_unix,
	    (int64_t)history->batch[WEIR_HISTORY_TRIMMING]);

	*ret_count = ret == WEIR_OK ? changes(history) : 0;
	return ret;
}

static uint64_t
before(const struct weir_history *history, unsigned int days)
{
	return history->now_unix > days * DAY_S
		   ? history->now_unix - days * DAY_S
		   : 0;
}

/* One step by age; *ret_count 0: there was nothing to do. */
static int
step_age(struct weir_history *history, uint64_t *ret_count)
{
	const struct weir_history_limits *limits = &history->limits;
	uint64_t counts[5] = { 0 };
	int ret;

	ret = trim_detail(history, before(history, limits->event_days),
	    before(history, limits->resolved_days) / 3600, &counts[0]);
	if (ret == WEIR_OK)
		ret = trim_totals(history, STATEMENT_MINUTE_TRIM,
		    before(history, limits->minute_days), &counts[1]);
	if (ret == WEIR_OK)
		ret = trim_totals(history, STATEMENT_HOUR_TRIM,
		    before(history, limits->hour_days), &counts[2]);
	if (ret == WEIR_OK)
		ret = trim_list(history, WEIR_HISTORY_HOUR,
		    before(history, limits->hour_days), &counts[3]);
	if (ret == WEIR_OK)
		ret = trim_list(history, WEIR_HISTORY_DAY,
		    before(history, limits->hour_days + 1), &counts[4]);
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_GAP_TRIM, "i",
		    (int64_t)before(history, limits->hour_days));
	*ret_count = counts[0] + counts[1] + counts[2] + counts[3] + counts[4];
	return ret;
}

/* One step for room. */
static int
step_size(struct weir_history *history, uint64_t *ret_count)
{
	uint64_t hour;
	int ret = oldest_detail(history, &hour);

	*ret_count = 0;
	if (ret == WEIR_OK && hour != UINT64_MAX) {
		ret = note_names(history, (hour + 1) * 3600, hour + 1);
		if (ret == WEIR_OK)
			ret = trim_detail(
			    history, (hour + 1) * 3600, hour + 1, ret_count);
		if (ret == WEIR_OK)
			ret = trim_names(history);
		if (ret != WEIR_OK || *ret_count > 0)
			return ret;
	}
	if (ret == WEIR_OK && *ret_count == 0)
		ret = trim_list(history, WEIR_HISTORY_HOUR,
		    history->now_unix - 7200, ret_count);
	if (ret == WEIR_OK && *ret_count == 0)
		ret = trim_list(history, WEIR_HISTORY_DAY,
		    history->now_unix - 2 * DAY_S, ret_count);
	if (ret == WEIR_OK && *ret_count == 0)
		ret = trim_totals(history, STATEMENT_MINUTE_TRIM,
		    history->now_unix - 7200, ret_count);
	if (ret == WEIR_OK && *ret_count == 0)
		ret = trim_totals(history, STATEMENT_HOUR_TRIM,
		    history->now_unix - 2 * DAY_S, ret_count);
	return ret;
}

static int
pages(struct weir_history *history, uint64_t *ret_all, uint64_t *ret_used)
{
	uint64_t unused;
	int ret = weir_history_number(history, 0, ret_all, STATEMENT_PAGES, "");

	if (ret == WEIR_OK)
		ret = weir_history_number(
		    history, 0, &unused, STATEMENT_PAGES_FREE, "");
	if (ret == WEIR_OK)
		*ret_used = *ret_all > unused ? *ret_all - unused : 0;
	return ret;
}

static int
in_transaction(struct weir_history *history,
    int (*step)(struct weir_history *history, uint64_t *ret_count),
    uint64_t *ret_count)
{
	int ret = weir_history_begin(history);

	if (ret == WEIR_OK)
		ret = step(history, ret_count);
	if (ret == WEIR_OK)
		return weir_history_commit(history, WEIR_HISTORY_TRIMMING);
	weir_history_rollback(history);
	return ret;
}

static int
by_age(struct weir_history *history)
{
	uint64_t started = weir_clock_ns(), count = 1;
	int ret = WEIR_OK;

	if (history->leapt_unix > 0)
		return WEIR_OK;
	if (history->now_unix >= history->trimmed_unix &&
	    history->now_unix < history->trimmed_unix + EVERY_S)
		return WEIR_OK;
	while (ret == WEIR_OK && count > 0) {
		if (weir_clock_ns() - started > STEP_NS)
			return WEIR_OK; /* the next flush goes on */
		ret = in_transaction(history, step_age, &count);
	}
	if (ret == WEIR_OK)
		history->trimmed_unix = history->now_unix;
	return ret;
}

/* A file of a time when the limit was larger. */
static int
shrink(struct weir_history *history)
{
	int ret = weir_history_begin(history);
	unsigned int i;

	for (i = 0; i < 256 && ret >= 0; i++) {
		ret = weir_history_run(history, STATEMENT_VACUUM, "");
		weir_history_reset(history, STATEMENT_VACUUM);
	}
	if (ret >= 0)
		return weir_history_commit(history, WEIR_HISTORY_TRIMMING);
	weir_history_rollback(history);
	return ret;
}

static int
by_size(struct weir_history *history)
{
	uint64_t started = weir_clock_ns(), count = 1, all = 0, used = 0;
	int ret = pages(history, &all, &used);

	while (ret == WEIR_OK && used > history->page_high && count > 0) {
		if (used < history->page_max &&
		    weir_clock_ns() - started > STEP_NS)
			break;
		ret = in_transaction(history, step_size, &count);
		if (ret == WEIR_OK)
			ret = pages(history, &all, &used);
	}
	if (ret == WEIR_OK && all > history->page_max && all > used)
		ret = shrink(history);
	return ret;
}

int
weir_history_trim(struct weir_history *history)
{
	int ret = by_age(history);

	return ret == WEIR_OK ? by_size(history) : ret;
}
