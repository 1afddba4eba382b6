/*
 * cmd_name.c - weir-stat name: who asked for a name (or one below it), when
 * first, when last; which feed has it; and who had resolved it before a feed
 * listed it.
 *
 * From all that can be read: the history, the status files, the database.  What
 * is not there is left out, and the report says so.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lib/name.h"
#include "stats/database.h"
#include "stats/live.h"
#include "stats/stat.h"
#include "stats/tally.h"

#define ROWS_DEFAULT 50
#define PART_ROWS    100U            /* of a part, for people */
#define RESOLVED_MAX WEIR_TALLY_KEYS /* the first ones */

struct report {
	const struct weir_stat *stat;
	struct weir_name name;
	char name_text[WEIR_NAME_TEXT_SIZE];
	json_t *clients;        /* a tally: who was blocked */
	json_t *entries;        /* of the database; NULL: it cannot be read */
	json_t *resolved;       /* NULL: no history */
	uint64_t resolved_more; /* that are not in it */
	uint64_t counts[WEIR_EVENT_OUTCOME_COUNT];
	uint64_t first_unix;    /* event that a rule spoke of; 0: none */
	uint64_t listed_unix;   /* since when it is listed; 0: not known */
	bool is_listed_by_feed; /* the feed says since when */
};

static bool
is_below(const struct weir_name *name, const struct weir_name *top)
{
	unsigned int skip;

	if (name->label_count < top->label_count)
		return false;
	skip = name->offset[name->label_count - top->label_count];
	return name->len - skip == top->len &&
	       memcmp(name->wire + skip, top->wire, top->len) == 0;
}

/* Clients of the status files' table. */
static int
add_live(struct report *report)
{
	const struct weir_stat *stat = report->stat;
	char text[WEIR_CLIENT_TEXT_SIZE];
	const struct weir_live_row *row;
	struct weir_client client;
	struct weir_live_top top;
	struct weir_name name;
	json_t *added;
	unsigned int i;
	int ret;

	ret = weir_live_read(
	    stat->modules, stat->module_count, WEIR_TOP_CLIENT_NAMES, &top);
	if (ret != WEIR_OK)
		return ret;
	for (i = 0; i < top.row_count && ret == WEIR_OK; i++) {
		row = &top.rows[i];
		if (!weir_client_of_key(row->key, row->key_len, &client) ||
		    weir_name_from_wire(row->key + WEIR_CLIENT_KEY_SIZE,
			row->key_len - WEIR_CLIENT_KEY_SIZE, &name) != 0 ||
		    !is_below(&name, &report->name))
			continue;
		(void)weir_client_print(&client, text);
		added = weir_tally_add(report->clients, text, row->count,
		    row->first_unix, row->last_unix);
		if (!added || weir_tally_raise(added, "error", row->error) != 0)
			ret = WEIR_EMEMORY;
		report->counts[WEIR_EVENT_BLOCKED] += row->count;
	}
	weir_live_done(&top);
	return ret;
}

static int
add_record(void *arg, const struct weir_record *record)
{
	struct report *report = arg;
	uint64_t unix_s = record->time_ns / 1000000000;
	char client[WEIR_CLIENT_TEXT_SIZE];
	json_t *row;

	if (record->outcome >= WEIR_EVENT_OUTCOME_COUNT)
		return 0;
	report->counts[record->outcome] += record->times;
	if (record->outcome == WEIR_EVENT_PASSED)
		return 0;
	if (report->first_unix == 0 || unix_s < report->first_unix)
		report->first_unix = unix_s;
	(void)weir_client_print(&record->client, client);
	row = weir_tally_add(report->clients,
	    weir_tally_key(report->clients, client),
	    record->outcome == WEIR_EVENT_BLOCKED ? record->times : 0, unix_s,
	    unix_s);
	/* The newest comes first. */
	if (row && !json_object_get(row, "feed") &&
	    json_object_set_new(row, "feed", weir_stat_string(record->feed)) !=
		0)
		row = NULL;
	if (row && record->outcome != WEIR_EVENT_BLOCKED &&
	    weir_tally_raise(row, weir_event_outcome_text(record->outcome),
		record->times) != 0)
		row = NULL;
	return row ? 0 : WEIR_EMEMORY;
}

static int
add_resolved(void *arg, const struct weir_history_row *row)
{
	struct report *report = arg;

	if (json_array_size(report->resolved) >= RESOLVED_MAX) {
		report->resolved_more++;
		return 0;
	}
	return json_array_append_new(
		   report->resolved, json_pack("{s:o, s:o, s:I, s:I}", "client",
					 weir_stat_string(row->key), "name",
					 weir_stat_string(row->name), "first",
					 (json_int_t)row->first_unix, "last",
					 (json_int_t)row->last_unix)) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

static int
add_history(struct report *report, struct weir_history *history,
    struct weir_problem *problem)
{
	const struct weir_history_filter filter = { .name = report->name_text,
		.from_unix = report->stat->since_s > 0
				 ? weir_stat_since(report->stat, 0)
				 : 0,
		.until_unix = (uint64_t)time(NULL) + 1,
		.outcome = -1,
		.limit = UINT32_MAX };
	int ret;

	ret = weir_history_events(
	    history, &filter, add_record, report, problem);
	report->resolved = json_array();
	if (ret == 0)
		ret = weir_history_resolved(
		    history, report->name_text, add_resolved, report, problem);
	return ret;
}

/* Since when it is listed: as a feed says; else since a rule first spoke of it. */
static void
find_listed(struct report *report)
{
	uint64_t first;
	json_t *entry;
	size_t i;

	json_array_foreach(report->entries, i, entry)
	{
		first = weir_tally_get(entry, "first_seen");
		if (first > 0 &&
		    (report->listed_unix == 0 || first < report->listed_unix))
			report->listed_unix = first;
	}
	report->is_listed_by_feed = report->listed_unix > 0;
	if (report->listed_unix == 0)
		report->listed_unix = report->first_unix;
}

/* Of those who resolved it, who did so before it was listed.  Times of the
 * history are full hours: the hour in which it was listed does not count. */
static json_t *
before_listed(const struct report *report)
{
	json_t *before = json_array(), *row;
	size_t i;

	json_array_foreach(report->resolved, i,
	    row) if (weir_tally_get(row, "first") + 3600 <=
		     report->listed_unix)(void) json_array_append(before, row);
	return before;
}

static const struct weir_sheet_column columns[] = {
	/* The end of an address alone would be another one's, too. */
	{ "key", "client", WEIR_SHEET_TEXT, false, false },
	{ "count", "blocked", WEIR_SHEET_NUMBER, false, false },
	{ "error", "too high by", WEIR_SHEET_NUMBER, false, true },
	{ "shadowed", "shadowed", WEIR_SHEET_NUMBER, false, true },
	{ "allowed", "allowed", WEIR_SHEET_NUMBER, false, true },
	{ "first", "first", WEIR_SHEET_TIME, false, true },
	{ "last", "last", WEIR_SHEET_TIME, false, true },
	{ "feed", "feed", WEIR_SHEET_TEXT, false, true },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static const struct weir_sheet_column entry_columns[] = {
	{ "feed", "feed", WEIR_SHEET_TEXT, false, false },
	{ "listed", "lists", WEIR_SHEET_TEXT, true, false },
	{ "mode", "mode", WEIR_SHEET_TEXT, false, false },
	{ "action", "action", WEIR_SHEET_TEXT, false, false },
	{ "category", "category", WEIR_SHEET_TEXT, false, true },
	{ "first_seen", "first seen", WEIR_SHEET_TIME, false, true },
	{ "valid_until", "until", WEIR_SHEET_TIME, false, true },
	{ "verdict", "", WEIR_SHEET_TEXT, true, false },
};

static const struct weir_sheet_column resolved_columns[] = {
	{ "client", "client", WEIR_SHEET_TEXT, false, false },
	{ "name", "name", WEIR_SHEET_TEXT, true, false },
	{ "first", "first hour", WEIR_SHEET_TIME, false, true },
	{ "last", "last hour", WEIR_SHEET_TIME, false, true },
};

static void
print_part(const char *heading, json_t *rows,
    const struct weir_sheet_column *of, unsigned int count, const char *none,
    const struct weir_screen *screen)
{
	json_t *shown, *row;
	size_t i;

	weir_screen_begin(screen, WEIR_COLOUR_YELLOW);
	(void)fprintf(screen->stream, "\n%s\n", heading);
	weir_screen_end(screen);
	if (json_array_size(rows) == 0) {
		(void)fprintf(screen->stream, "%s\n", none);
		return;
	}
	shown = json_array();
	json_array_foreach(rows, i, row) if (i < PART_ROWS)(void)
	    json_array_append(shown, row);
	weir_sheet_print(shown, of, count, screen);
	json_decref(shown);
	if (json_array_size(rows) > PART_ROWS)
		(void)fprintf(screen->stream, "... and %zu more (--json)\n",
		    json_array_size(rows) - PART_ROWS);
}

static void
print_more(json_t *document, const struct weir_screen *screen)
{
	uint64_t more = weir_tally_get(document, "resolved_more");

	if (more > 0)
		(void)fprintf(screen->stream,
		    "%llu more resolved it, later than the first %u: ask for a "
		    "name below it\n",
		    (unsigned long long)more, RESOLVED_MAX);
}

static void
print_before(json_t *document, const struct weir_screen *screen)
{
	json_t *before = json_object_get(document, "before_listed");
	char heading[160], when[WEIR_SHEET_TIME_SIZE];

	weir_sheet_time((long long)weir_tally_get(document, "listed"), when);
	if (!json_is_array(before)) {
		(void)fputs("\nno history: who resolved it is not known\n",
		    screen->stream);
		return;
	}
	if (when[0] == '\0') {
		print_part("resolved by", json_object_get(document, "resolved"),
		    resolved_columns, 4, "nobody, as far back as is known",
		    screen);
		print_more(document, screen);
		return;
	}
	(void)snprintf(heading, sizeof(heading),
	    "resolved before it was listed\n%s %s",
	    json_is_true(json_object_get(document, "listed_by_feed"))
		? "a feed lists it since"
		: "a rule first spoke of it at",
	    when);
	print_part(heading, before, resolved_columns, 4,
	    "by nobody, as far back as is known", screen);
	print_more(document, screen);
}

/* Of a name of which no feed speaks: that, or how it was blocked all the same. */
static void
print_never(json_t *document, const struct weir_screen *screen)
{
	json_t *entries = json_object_get(document, "entries");

	if (!json_is_array(entries) || json_array_size(entries) > 0)
		return;
	if (json_array_size(json_object_get(document, "rows")) == 0)
		(void)fputs("never listed, as far as is known: no feed has it "
			    "now, no rule spoke of it\n",
		    screen->stream);
	else
		(void)fputs(
		    "no feed lists it now: it was listed then, or names "
		    "below it are,\n"
		    "or its answer led to a listed name (\"by alias\" "
		    "in weir-stat tail)\n",
		    screen->stream);
}

static void
print(json_t *document, const struct weir_screen *screen)
{
	json_t *counts = json_object_get(document, "counts");
	char first[WEIR_SHEET_TIME_SIZE];

	weir_sheet_time((long long)weir_tally_get(document, "first"), first);
	(void)fprintf(screen->stream,
	    "%s and what is below it\n%llu blocked, %llu shadowed, %llu "
	    "allowed\n",
	    weir_tally_text(document, "name"),
	    (unsigned long long)weir_tally_get(counts, "blocked"),
	    (unsigned long long)weir_tally_get(counts, "shadowed"),
	    (unsigned long long)weir_tally_get(counts, "allowed"));
	if (first[0] != '\0')
		(void)fprintf(
		    screen->stream, "a rule first spoke of it at %s\n", first);
	print_never(document, screen);
	if (json_is_array(json_object_get(document, "entries")))
		print_part("in the database",
		    json_object_get(document, "entries"), entry_columns,
		    sizeof(entry_columns) / sizeof(entry_columns[0]),
		    "no feed lists it", screen);
	print_part(strcmp(weir_tally_text(document, "from"), "history") == 0
		       ? "who asked, from the history"
		       : "who was blocked, since the modules started",
	    json_object_get(document, "rows"), columns, COLUMN_COUNT, "nobody",
	    screen);
	print_before(document, screen);
}

static json_t *
describe(struct report *report, bool is_history)
{
	const struct weir_stat *stat = report->stat;
	json_t *before = report->resolved ? before_listed(report) : json_null();

	return json_pack(
	    "{s:s, s:s, s:{s:I, s:I, s:I, s:I}, s:I, s:I, s:b, s:o, s:o, s:o, "
	    "s:o, s:o}",
	    "name", report->name_text, "from",
	    is_history ? "history" : "status", "counts", "blocked",
	    (json_int_t)report->counts[WEIR_EVENT_BLOCKED], "shadowed",
	    (json_int_t)report->counts[WEIR_EVENT_SHADOWED], "allowed",
	    (json_int_t)report->counts[WEIR_EVENT_ALLOWED], "passed",
	    (json_int_t)report->counts[WEIR_EVENT_PASSED], "first",
	    (json_int_t)report->first_unix, "listed",
	    (json_int_t)report->listed_unix, "listed_by_feed",
	    (int)report->is_listed_by_feed, "entries",
	    report->entries ? report->entries : json_null(), "rows",
	    weir_tally_rows(
		report->clients, stat->count > 0 ? stat->count : ROWS_DEFAULT),
	    "resolved", report->resolved ? report->resolved : json_null(),
	    "before_listed", before, "resolved_more",
	    weir_stat_number(report->resolved_more));
}

/* Events of the history; without one, or before it has any, those of the status
 * files. */
static int
add_events(struct report *report, bool *ret_is_history)
{
	const struct weir_stat *stat = report->stat;
	struct weir_problem problem = { "" };
	struct weir_history *history;
	int ret;

	*ret_is_history = false;
	ret = weir_stat_history(stat, stat->since_s > 0, &history);
	if (ret < 0 || (ret == 0 && stat->since_s > 0))
		return WEIR_EXIT_FAILED;
	if (ret == 1) {
		ret = add_history(report, history, &problem);
		weir_history_close(history);
		*ret_is_history = json_object_size(report->clients) > 0 ||
				  stat->since_s > 0;
	} else if (stat->module_count == 0) {
		return weir_stat_say_none(stat);
	}
	if (ret == 0 && !*ret_is_history)
		ret = add_live(report);
	if (ret == 0)
		return 0;
	weir_log_error("%s",
	    problem.text[0] != '\0' ? problem.text : weir_error_text(ret));
	return WEIR_EXIT_FAILED;
}

int
weir_cmd_name(const struct weir_stat *stat)
{
	struct report report = { .stat = stat };
	struct weir_database database;
	bool is_history;
	int ret;

	ret = weir_stat_name(stat->args[0], &report.name);
	if (ret != 0)
		return ret;
	weir_name_print(&report.name, report.name_text);
	report.clients = json_object();
	ret = add_events(&report, &is_history);
	if (ret != 0) {
		json_decref(report.clients);
		json_decref(report.resolved);
		return ret;
	}
	if (weir_database_open(stat, false, &database) == 1) {
		report.entries = weir_database_entries(&database, &report.name);
		weir_database_close(&database);
	}
	find_listed(&report);
	return weir_stat_print(
	    stat, describe(&report, is_history), columns, COLUMN_COUNT, print);
}
