/*
 * history_top.c - the top lists of hours and days.
 *
 * An open list counts each key, up to a bound; when there are twice as many, the
 * rarest half goes, and `floor` remembers how often one of those may have come:
 * what comes anew begins there (the idea of Space-Saving, in batches, so that a
 * count is never too low).  When its time is over the list is cut to the few
 * that are worth years, and its keys become words.  An event that comes late
 * opens it again.
 */
#include <string.h>

#include "stats/history_db.h"

/* An event of an hour may come that much later. */
#define GRACE_S 120

static int
cut(struct weir_history *history, int64_t id, unsigned int keep, bool is_open)
{
	uint64_t floor;
	int ret;

	ret = weir_history_number(
	    history, 0, &floor, STATEMENT_OPEN_FLOOR, "ii", id, (int64_t)keep);
	if (ret == WEIR_OK && floor > 0)
		ret = weir_history_run(
		    history, STATEMENT_OPEN_CUT, "ii", id, (int64_t)keep);
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_LIST_STATE, "iii", id,
		    (int64_t)floor, (int64_t)is_open);
	return ret;
}

static int
reopen(struct weir_history *history, int64_t id)
{
	int ret = weir_history_run(history, STATEMENT_LIST_REOPEN, "i", id);

	if (ret == WEIR_OK)
		ret = weir_history_run(
		    history, STATEMENT_LIST_REOPEN_CLEAR, "i", id);
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_LIST_STATE, "iii", id,
		    (int64_t)0, (int64_t)1);
	return ret;
}

/* The list of that time: it is looked up when the hour changes. */
static int
find(struct weir_history *history, unsigned int span, unsigned int kind,
    bool is_shadow, uint64_t begin, struct weir_history_list *list)
{
	struct weir_history_list found = { .begin = begin };
	bool is_open = true;
	int ret;

	ret = weir_history_run(history, STATEMENT_LIST_FIND, "iiii",
	    (int64_t)weir_history_span_s[span], (int64_t)kind,
	    (int64_t)is_shadow, (int64_t)begin);
	if (ret < 0)
		return ret;
	if (ret == 1) {
		found.id = (int64_t)weir_history_column(
		    history, STATEMENT_LIST_FIND, 0);
		found.floor = weir_history_column(
		    history, STATEMENT_LIST_FIND, 1);
		is_open = weir_history_column(
			      history, STATEMENT_LIST_FIND, 2) != 0;
		weir_history_reset(history, STATEMENT_LIST_FIND);
		ret = is_open ? WEIR_OK : reopen(history, found.id);
		if (ret == WEIR_OK)
			ret = weir_history_number(history, 0, &found.keys,
			    STATEMENT_OPEN_KEYS, "i", found.id);
	} else {
		ret = weir_history_run(history, STATEMENT_LIST_ADD, "iiii",
		    (int64_t)weir_history_span_s[span], (int64_t)kind,
		    (int64_t)is_shadow, (int64_t)begin);
		found.id = sqlite3_last_insert_rowid(history->sqlite);
	}
	if (ret == WEIR_OK)
		*list = found;
	return ret;
}

static int
add(struct weir_history *history, unsigned int span,
    struct weir_history_list *list, const char *key, uint64_t times,
    uint64_t time_unix)
{
	size_t len = strlen(key);
	int ret;

	ret = weir_history_run(history, STATEMENT_OPEN_COUNT, "ibii", list->id,
	    key, len, (int64_t)times, (int64_t)time_unix);
	if (ret != WEIR_OK || sqlite3_changes(history->sqlite) > 0)
		return ret;
	ret = weir_history_run(history, STATEMENT_OPEN_ADD, "ibiii", list->id,
	    key, len, (int64_t)(list->floor + times), (int64_t)list->floor,
	    (int64_t)time_unix);
	if (ret != WEIR_OK || ++list->keys < 2ULL * history->open_keys[span])
		return ret;
	ret = cut(history, list->id, history->open_keys[span], true);
	list->begin = 0; /* read it anew */
	return ret;
}

int
weir_history_count(struct weir_history *history, unsigned int kind,
    bool is_shadow, const char *key, uint64_t times, uint64_t time_unix)
{
	struct weir_history_list *list;
	uint64_t begin;
	unsigned int i;
	int ret = WEIR_OK;

	for (i = 0; i < WEIR_HISTORY_SPAN_COUNT && ret == WEIR_OK; i++) {
		list = &history->lists[i][kind][is_shadow];
		begin = time_unix - time_unix % weir_history_span_s[i];
		if (list->begin != begin || begin == 0)
			ret = find(history, i, kind, is_shadow, begin, list);
		if (ret == WEIR_OK)
			ret = add(history, i, list, key, times, time_unix);
	}
	return ret;
}

static int
close_list(
    struct weir_history *history, int64_t id, uint64_t span, uint64_t begin)
{
	unsigned int i = span == 3600 ? WEIR_HISTORY_HOUR : WEIR_HISTORY_DAY;
	int ret = cut(history, id, history->top_keys[i], false);

	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_CLOSE_WORDS, "ii", id,
		    (int64_t)(begin / 3600));
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_CLOSE_TOP, "i", id);
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_OPEN_CLEAR, "i", id);
	return ret;
}

int
weir_history_close_lists(struct weir_history *history)
{
	uint64_t id, span, begin;
	int ret;

	for (;;) {
		ret = weir_history_run(history, STATEMENT_LIST_DUE, "i",
		    (int64_t)(history->now_unix - GRACE_S));
		if (ret != 1)
			return ret;
		id = weir_history_column(history, STATEMENT_LIST_DUE, 0);
		span = weir_history_column(history, STATEMENT_LIST_DUE, 1);
		begin = weir_history_column(history, STATEMENT_LIST_DUE, 2);
		weir_history_reset(history, STATEMENT_LIST_DUE);
		memset(history->lists, 0, sizeof(history->lists));
		ret = close_list(history, (int64_t)id, span, begin);
		if (ret != WEIR_OK)
			return ret;
	}
}
