/*
 * cmd_shadow.c - weir-stat shadow FEED: what to read before a feed in shadow mode
 * is enforced.
 *
 * What it would have blocked, for how many clients, and which of these names are
 * popular: from the events of the history; without one, from what the modules
 * hold.  Their table of names does not tell feeds apart: the database that
 * answers now is asked which feed each of its names is of.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lib/name.h"
#include "stats/database.h"
#include "stats/live.h"
#include "stats/popular.h"
#include "stats/stat.h"
#include "stats/tally.h"
#include "stats/totals.h"

#define SPAN_DEFAULT_S (7 * 86400)
#define ROWS_DEFAULT   50
#define EVENTS_MAX     500000U /* of the history, that are read */

struct report {
	const struct weir_stat *stat;
	const char *feed;
	const struct weir_status *module; /* whose events are read */
	const struct weir_database *database;
	json_t *names;   /* a tally */
	json_t *clients; /* the set of those it would have been blocked for */
	json_t *pairs;   /* the set of "client name" */
	uint64_t count, events;
	bool is_history;
};

/* A client that asked for the name: its row tells how many there are. */
static int
add_client(struct report *report, json_t *row, const char *client)
{
	char pair[WEIR_NAME_TEXT_SIZE + WEIR_CLIENT_TEXT_SIZE + 1];

	(void)snprintf(
	    pair, sizeof(pair), "%s %s", client, weir_tally_text(row, "key"));
	if (json_object_set_new(report->clients, client, json_true()) != 0)
		return WEIR_EMEMORY;
	if (json_object_get(report->pairs, pair))
		return 0;
	return json_object_set_new(report->pairs, pair, json_true()) == 0 &&
		       weir_tally_raise(row, "clients", 1) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

static int
add_record(void *arg, const struct weir_record *record)
{
	struct report *report = arg;
	uint64_t unix_s = record->time_ns / 1000000000;
	char client[WEIR_CLIENT_TEXT_SIZE];
	json_t *row;

	report->events++;
	report->count += record->times;
	(void)weir_client_print(&record->client, client);
	row = weir_tally_add(
	    report->names, record->qname, record->times, unix_s, unix_s);
	if (!row)
		return WEIR_EMEMORY;
	if (!json_object_get(row, "rule") &&
	    (json_object_set_new(row, "rule", weir_stat_string(record->rule)) !=
		    0 ||
		json_object_set_new(
		    row, "category", weir_stat_string(record->category)) != 0))
		return WEIR_EMEMORY;
	return add_client(report, row, client);
}

/* 1 if it has any, 0, or < 0. */
static int
add_history(struct report *report, struct weir_problem *problem)
{
	const struct weir_history_filter filter = { .feed = report->feed,
		.from_unix = weir_stat_since(report->stat, SPAN_DEFAULT_S),
		.until_unix = (uint64_t)time(NULL) + 1,
		.outcome = WEIR_EVENT_SHADOWED,
		.limit = EVENTS_MAX };
	bool is_needed = report->stat->since_s > 0;
	struct weir_history *history;
	int ret;

	ret = weir_stat_history(report->stat, is_needed, &history);
	if (ret <= 0)
		return ret < 0 || is_needed ? WEIR_EMISSING : 0;
	ret = weir_history_events(
	    history, &filter, add_record, report, problem);
	weir_history_close(history);
	if (ret != 0)
		return ret;
	return is_needed || report->events > 0;
}

static int
add_event(void *arg, const struct weir_event *event)
{
	struct report *report = arg;
	char feed[WEIR_FEED_NAME_SIZE], text[WEIR_NAME_TEXT_SIZE];
	char client[WEIR_CLIENT_TEXT_SIZE];
	struct weir_name name;
	json_t *row;

	weir_live_feed(report->module, event->feed, feed);
	if (event->outcome != WEIR_EVENT_SHADOWED ||
	    strcmp(feed, report->feed) != 0 ||
	    weir_name_from_wire(event->qname, event->qname_len, &name) != 0)
		return 0;
	weir_name_print(&name, text);
	(void)weir_client_print(&event->client, client);
	row = json_object_get(report->names, text);
	/* Counted in the table already, if it is there. */
	if (!row)
		row = weir_tally_add(report->names, text, 1,
		    event->time_ns / 1000000000, event->time_ns / 1000000000);
	else if (json_is_true(json_object_get(row, "recent")) &&
		 weir_tally_raise(row, "count", 1) != 0)
		row = NULL;
	if (!row)
		return WEIR_EMEMORY;
	if (weir_tally_get(row, "count") == 1 && !json_object_get(row, "rule"))
		(void)json_object_set_new(row, "recent", json_true());
	return add_client(report, row, client);
}

/* Whether the feed would have decided, and which name it lists. */
static bool
is_of_feed(const struct report *report, const struct weir_name *name,
    char listed[WEIR_NAME_TEXT_SIZE])
{
	const struct weir_database *database = report->database;
	struct weir_matches matches;
	struct weir_verdict verdict;

	if (weir_generation_lookup(&database->files, name, &matches) <= 0 ||
	    weir_policy_decide(database->policy, &matches, (uint32_t)time(NULL),
		&verdict) != 0 ||
	    !verdict.shadow.is_set || verdict.decided.is_set)
		return false;
	weir_name_print_from(name, verdict.shadow.label, listed);
	return strcmp(weir_database_feed(database, verdict.shadow.entry.feed),
		   report->feed) == 0;
}

static int
add_table(struct report *report)
{
	const struct weir_stat *stat = report->stat;
	char text[WEIR_NAME_TEXT_SIZE], listed[WEIR_NAME_TEXT_SIZE];
	const struct weir_live_row *from;
	struct weir_live_top top;
	struct weir_name name;
	unsigned int i;
	json_t *row;
	int ret;

	ret = weir_live_read(
	    stat->modules, stat->module_count, WEIR_TOP_SHADOW_NAMES, &top);
	if (ret != WEIR_OK)
		return ret;
	for (i = 0; i < top.row_count && ret == WEIR_OK; i++) {
		from = &top.rows[i];
		if (weir_name_from_wire(from->key, from->key_len, &name) != 0 ||
		    !is_of_feed(report, &name, listed))
			continue;
		weir_name_print(&name, text);
		row = weir_tally_add(report->names, text, from->count,
		    from->first_unix, from->last_unix);
		if (!row || weir_tally_raise(row, "error", from->error) != 0 ||
		    json_object_set_new(
			row, "rule", weir_stat_string(listed)) != 0)
			ret = WEIR_EMEMORY;
	}
	weir_live_done(&top);
	return ret;
}

static int
add_counter(struct report *report)
{
	struct weir_totals totals;
	unsigned int i;
	int ret = WEIR_OK;

	weir_totals_init(&totals);
	for (i = 0; i < report->stat->module_count && ret == WEIR_OK; i++)
		ret = weir_totals_add(&totals, &report->stat->modules[i]);
	for (i = 0; i < totals.feed_count; i++)
		if (strcmp(totals.feeds[i].name, report->feed) == 0)
			report->count +=
			    totals.feeds[i].counts[WEIR_FEED_SHADOWED];
	weir_totals_done(&totals);
	return ret;
}

static int
add_live(struct report *report)
{
	const struct weir_stat *stat = report->stat;
	uint64_t sequence, missed;
	unsigned int i;
	int ret;

	ret = add_counter(report);
	if (ret == WEIR_OK)
		ret = add_table(report);
	for (i = 0; i < stat->module_count && ret == WEIR_OK; i++) {
		sequence = 0;
		report->module = &stat->modules[i];
		ret = weir_status_recent(
		    report->module, &sequence, &missed, add_event, report);
	}
	return ret;
}

static const struct weir_sheet_column columns[] = {
	{ "count", "queries", WEIR_SHEET_NUMBER, false, false },
	{ "error", "too high by", WEIR_SHEET_NUMBER, false, true },
	{ "clients", "clients", WEIR_SHEET_NUMBER, false, false },
	{ "rank", "popular", WEIR_SHEET_NUMBER, false, true },
	{ "key", "name", WEIR_SHEET_TEXT, true, false },
	{ "rule", "listed as", WEIR_SHEET_TEXT, true, true },
	{ "category", "category", WEIR_SHEET_TEXT, false, true },
	{ "last", "last", WEIR_SHEET_TIME, false, true },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static void
print_popular(json_t *document, const struct weir_screen *screen)
{
	json_t *popular = json_object_get(document, "popular");

	if (!json_is_integer(popular)) {
		(void)fputs("no popular-file in weir.yaml: which of them are "
			    "popular is not known\n",
		    screen->stream);
		return;
	}
	if (json_integer_value(popular) == 0) {
		(void)fputs("none of them is popular\n", screen->stream);
		return;
	}
	weir_screen_begin(screen, WEIR_COLOUR_RED);
	(void)fprintf(screen->stream,
	    "%lld of them popular: look at these before you enforce it\n",
	    (long long)json_integer_value(popular));
	weir_screen_end(screen);
}

static void
print(json_t *document, const struct weir_screen *screen)
{
	json_t *rows = json_object_get(document, "rows");
	bool is_history = strcmp(weir_tally_text(document, "from"),
			      "history") == 0;
	char since[WEIR_SHEET_TIME_SIZE];
	unsigned long long count, names, clients;

	count = (unsigned long long)weir_tally_get(document, "count");
	names = (unsigned long long)weir_tally_get(document, "names");
	clients = (unsigned long long)weir_tally_get(document, "clients");
	weir_sheet_time((long long)weir_tally_get(document, "since"), since);
	if (strcmp(weir_tally_text(document, "mode"), "shadow") != 0)
		(void)fprintf(screen->stream,
		    "feed %s is not in shadow mode now\n",
		    weir_tally_text(document, "feed"));
	(void)fprintf(screen->stream,
	    "feed %s, since %s%s\n%llu %s would have been blocked\n",
	    weir_tally_text(document, "feed"),
	    is_history ? since : "the modules started",
	    json_is_true(json_object_get(document, "is_cut"))
		? " (the newest events alone)"
		: "",
	    count, count == 1 ? "query" : "queries");
	(void)fprintf(screen->stream, "%s%llu %s, %llu %s%s\n",
	    is_history ? "" : "at least ", names, names == 1 ? "name" : "names",
	    clients, clients == 1 ? "client" : "clients",
	    is_history ? "" : " (of recent queries)");
	if (json_array_size(rows) == 0)
		return;
	print_popular(document, screen);
	(void)fputc('\n', screen->stream);
	weir_sheet_print(rows, columns, COLUMN_COUNT, screen);
}

/* The member "popular": of all names, not only of those shown. */
static json_t *
mark_popular(const struct weir_stat *stat, json_t *rows)
{
	struct weir_settings *settings = weir_stat_settings(stat, false);
	struct weir_problem problem = { "" };
	json_t *marked = NULL;
	unsigned int count;
	int ret;

	if (settings && settings->guard.popular_file) {
		ret = weir_popular_mark(
		    settings->guard.popular_file, rows, &count, &problem);
		if (ret == 0)
			marked = json_integer((json_int_t)count);
		else
			weir_log_error("%s", problem.text[0] != '\0'
						 ? problem.text
						 : weir_error_text(ret));
	}
	weir_settings_free(settings);
	return marked ? marked : json_null();
}

/* Popular ones first: they are why one reads this. */
static json_t *
choose_rows(json_t *rows, size_t limit)
{
	json_t *chosen = json_array(), *row;
	unsigned int round;
	size_t i;

	for (round = 0; round < 2; round++)
		json_array_foreach(rows, i, row)
		{
			bool is_popular = json_object_get(row, "rank") != NULL;

			(void)json_object_del(row, "recent");
			if (is_popular == (round == 0) &&
			    json_array_size(chosen) < limit)
				(void)json_array_append(chosen, row);
		}
	json_decref(rows);
	return chosen;
}

static int
show(struct report *report, const char *mode)
{
	const struct weir_stat *stat = report->stat;
	size_t names = json_object_size(report->names);
	size_t clients = json_object_size(report->clients);
	json_t *rows, *popular;

	rows = weir_tally_rows(report->names, UINT32_MAX);
	json_decref(report->clients);
	json_decref(report->pairs);
	popular = mark_popular(stat, rows);
	rows = choose_rows(rows, stat->count > 0 ? stat->count : ROWS_DEFAULT);
	return weir_stat_print(stat,
	    json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:b, s:o, s:o}",
		"feed", report->feed, "mode", mode, "from",
		report->is_history ? "history" : "status", "since",
		report->is_history
		    ? weir_stat_number(weir_stat_since(stat, SPAN_DEFAULT_S))
		    : json_null(),
		"count", weir_stat_number(report->count), "names",
		(json_int_t)names, "clients", (json_int_t)clients, "is_cut",
		(int)(report->events >= EVENTS_MAX), "popular", popular, "rows",
		rows),
	    columns, COLUMN_COUNT, print);
}

static int
collect(struct report *report)
{
	struct weir_problem problem = { "" };
	int ret;

	ret = add_history(report, &problem);
	report->is_history = ret == 1;
	if (ret == 0)
		ret = add_live(report);
	if (ret >= 0)
		return 0;
	if (problem.text[0] != '\0' || ret != WEIR_EMISSING)
		weir_log_error("%s", problem.text[0] != '\0'
					 ? problem.text
					 : weir_error_text(ret));
	json_decref(report->names);
	json_decref(report->clients);
	json_decref(report->pairs);
	return WEIR_EXIT_FAILED;
}

int
weir_cmd_shadow(const struct weir_stat *stat)
{
	struct report report = { .stat = stat, .feed = stat->args[0] };
	struct weir_database database;
	const char *mode;
	int feed, ret;

	if (weir_database_open(stat, true, &database) != 1)
		return WEIR_EXIT_FAILED;
	feed = weir_policy_find_feed(database.policy, report.feed);
	if (feed < 0) {
		weir_database_close(&database);
		return weir_stat_usage(
		    "%s: no such feed in the database", report.feed);
	}
	mode = weir_mode_text(database.policy->feeds[feed].mode);
	report.database = &database;
	report.names = json_object();
	report.clients = json_object();
	report.pairs = json_object();
	ret = collect(&report);
	if (ret == 0)
		ret = show(&report, mode ? mode : "?");
	weir_database_close(&database);
	return ret;
}
