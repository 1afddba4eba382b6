/*
 * cmd_client.c - weir-stat client: what was blocked for a client, or for those
 * of a network.
 *
 * Since the modules started: from their table of clients and names.  Of a span of
 * time: from the events of the history.
 */
#include <stdio.h>
#include <time.h>

#include "lib/log.h"
#include "stats/live.h"
#include "stats/stat.h"
#include "stats/tally.h"

#define ROWS_DEFAULT 20
#define LAST_DEFAULT 10

struct report {
	const struct weir_stat *stat;
	struct weir_client client;
	const struct weir_status *module; /* whose events are read */
	json_t *names;                    /* a tally */
	json_t *last;                     /* its last events, newest first */
	uint64_t counts[WEIR_EVENT_OUTCOME_COUNT], error;
};

/* How often each name was blocked for it. */
static int
add_names(struct report *report)
{
	const struct weir_stat *stat = report->stat;
	char text[WEIR_NAME_TEXT_SIZE];
	const struct weir_live_row *from;
	struct weir_client client;
	struct weir_live_top top;
	json_t *row;
	unsigned int i;
	int ret;

	ret = weir_live_read(
	    stat->modules, stat->module_count, WEIR_TOP_CLIENT_NAMES, &top);
	if (ret != WEIR_OK)
		return ret;
	for (i = 0; i < top.row_count && ret == WEIR_OK; i++) {
		from = &top.rows[i];
		if (!weir_client_of_key(from->key, from->key_len, &client) ||
		    !weir_stat_client_meets(&client, &report->client))
			continue;
		weir_live_text(WEIR_TOP_CLIENT_NAMES, from, text);
		row = weir_tally_add(report->names, text, from->count,
		    from->first_unix, from->last_unix);
		if (!row || weir_tally_raise(row, "error", from->error) != 0)
			ret = WEIR_EMEMORY;
	}
	weir_live_done(&top);
	return ret;
}

/* How often at all. */
static int
add_counts(struct report *report, unsigned int table, uint64_t *count)
{
	struct weir_client client;
	struct weir_live_top top;
	unsigned int i;
	int ret;

	ret = weir_live_read(
	    report->stat->modules, report->stat->module_count, table, &top);
	if (ret != WEIR_OK)
		return ret;
	for (i = 0; i < top.row_count; i++) {
		if (!weir_client_of_key(
			top.rows[i].key, top.rows[i].key_len, &client) ||
		    !weir_stat_client_meets(&client, &report->client))
			continue;
		*count += top.rows[i].count;
		if (table == WEIR_TOP_CLIENTS)
			report->error += top.rows[i].error;
	}
	weir_live_done(&top);
	return WEIR_OK;
}

static int
add_last(void *arg, const struct weir_event *event)
{
	struct report *report = arg;
	json_t *object;

	if (!weir_stat_client_meets(&event->client, &report->client))
		return 0;
	object = weir_live_event(report->module, event);
	(void)json_object_set_new(object, "time",
	    json_integer((json_int_t)(event->time_ns / 1000000000)));
	if (json_array_insert_new(report->last, 0, object) != 0)
		return WEIR_EMEMORY;
	(void)json_array_remove(report->last, LAST_DEFAULT);
	return 0;
}

static int
add_live(struct report *report)
{
	const struct weir_stat *stat = report->stat;
	uint64_t sequence, missed;
	unsigned int i;
	int ret;

	ret = add_names(report);
	if (ret == WEIR_OK)
		ret = add_counts(report, WEIR_TOP_CLIENTS,
		    &report->counts[WEIR_EVENT_BLOCKED]);
	if (ret == WEIR_OK)
		ret = add_counts(report, WEIR_TOP_SHADOW_CLIENTS,
		    &report->counts[WEIR_EVENT_SHADOWED]);
	for (i = 0; i < stat->module_count && ret == WEIR_OK; i++) {
		sequence = 0;
		report->module = &stat->modules[i];
		ret = weir_status_recent(
		    report->module, &sequence, &missed, add_last, report);
	}
	return ret;
}

static int
add_record(void *arg, const struct weir_record *record)
{
	struct report *report = arg;
	uint64_t unix_s = record->time_ns / 1000000000;

	if (record->outcome < WEIR_EVENT_OUTCOME_COUNT)
		report->counts[record->outcome] += record->times;
	if (record->outcome == WEIR_EVENT_BLOCKED &&
	    !weir_tally_add(report->names,
		weir_tally_key(report->names, record->qname), record->times,
		unix_s, unix_s))
		return WEIR_EMEMORY;
	if (json_array_size(report->last) >= LAST_DEFAULT)
		return 0;
	return json_array_append_new(report->last,
		   json_pack("{s:I, s:s, s:o, s:o}", "time", (json_int_t)unix_s,
		       "outcome",
		       record->outcome < WEIR_EVENT_OUTCOME_COUNT
			   ? weir_event_outcome_text(record->outcome)
			   : "",
		       "name", weir_stat_string(record->qname), "feed",
		       weir_stat_string(record->feed))) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

static int
add_history(struct report *report, struct weir_problem *problem)
{
	const struct weir_history_filter filter = {
		.client = report->stat->args[0],
		.from_unix = weir_stat_since(report->stat, 0),
		.until_unix = (uint64_t)time(NULL) + 1,
		.outcome = -1,
		.limit = UINT32_MAX
	};
	struct weir_history *history;
	int ret;

	if (weir_stat_history(report->stat, true, &history) <= 0)
		return WEIR_EXIT_FAILED;
	ret = weir_history_events(
	    history, &filter, add_record, report, problem);
	weir_history_close(history);
	return ret;
}

static const struct weir_sheet_column columns[] = {
	{ "count", "blocked", WEIR_SHEET_NUMBER, false, false },
	{ "error", "too high by", WEIR_SHEET_NUMBER, false, true },
	{ "key", "name", WEIR_SHEET_TEXT, true, false },
	{ "first", "first", WEIR_SHEET_TIME, false, true },
	{ "last", "last", WEIR_SHEET_TIME, false, true },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static const struct weir_sheet_column last_columns[] = {
	{ "time", "time", WEIR_SHEET_TIME, false, false },
	{ "outcome", "outcome", WEIR_SHEET_TEXT, false, false },
	{ "name", "name", WEIR_SHEET_TEXT, true, false },
	{ "feed", "feed", WEIR_SHEET_TEXT, false, true },
};

static void
print(json_t *document, const struct weir_screen *screen)
{
	json_t *rows = json_object_get(document, "rows");
	json_t *last = json_object_get(document, "last");
	char since[WEIR_SHEET_TIME_SIZE];

	weir_sheet_time((long long)weir_tally_get(document, "since"), since);
	(void)fprintf(screen->stream,
	    "client %s, since %s\n%llu blocked, %llu would be by feeds in "
	    "shadow mode\n",
	    weir_tally_text(document, "client"),
	    since[0] != '\0' ? since : "the modules started",
	    (unsigned long long)weir_tally_get(document, "blocked"),
	    (unsigned long long)weir_tally_get(document, "shadowed"));
	if (json_array_size(rows) > 0) {
		(void)fputc('\n', screen->stream);
		weir_sheet_print(rows, columns, COLUMN_COUNT, screen);
	}
	if (json_array_size(last) > 0) {
		(void)fputs("\nits last queries\n", screen->stream);
		weir_sheet_print(last, last_columns,
		    sizeof(last_columns) / sizeof(last_columns[0]), screen);
	}
	if (json_array_size(rows) == 0 && json_array_size(last) == 0)
		(void)fputs("nothing is known of it (queries of which no rule "
			    "spoke are kept\n"
			    "only if sample-passed in weir.yaml asks for "
			    "them)\n",
		    screen->stream);
}

int
weir_cmd_client(const struct weir_stat *stat)
{
	unsigned int limit = stat->count > 0 ? stat->count : ROWS_DEFAULT;
	struct report report = { .stat = stat };
	struct weir_problem problem = { "" };
	char text[WEIR_CLIENT_TEXT_SIZE];
	int ret;

	ret = weir_stat_client(stat->args[0], &report.client);
	if (ret != 0)
		return ret;
	if (stat->since_s == 0 && stat->module_count == 0)
		return weir_stat_say_none(stat);
	(void)weir_client_print(&report.client, text);
	report.names = json_object();
	report.last = json_array();
	ret = stat->since_s > 0 ? add_history(&report, &problem)
				: add_live(&report);
	if (ret != 0) {
		if (ret < 0)
			weir_log_error("%s", problem.text[0] != '\0'
						 ? problem.text
						 : weir_error_text(ret));
		json_decref(report.names);
		json_decref(report.last);
		return WEIR_EXIT_FAILED;
	}
	return weir_stat_print(stat,
	    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "client", text,
		"since",
		stat->since_s > 0 ? weir_stat_number(weir_stat_since(stat, 0))
				  : json_null(),
		"blocked", weir_stat_number(report.counts[WEIR_EVENT_BLOCKED]),
		"error", weir_stat_number(report.error), "shadowed",
		weir_stat_number(report.counts[WEIR_EVENT_SHADOWED]), "rows",
		weir_tally_rows(report.names, limit), "last", report.last),
	    columns, COLUMN_COUNT, print);
}
