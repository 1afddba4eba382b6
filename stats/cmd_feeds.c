/*
 * cmd_feeds.c - weir-stat feeds: what each feed is good for.
 *
 * Counts of the modules; mode and age; with --entries, a walk over the whole
 * database: how many names each feed has, and how many no other feed has.  With
 * --since as well, how many of these were asked for, by the history.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/log.h"
#include "lib/name.h"
#include "stats/database.h"
#include "stats/stat.h"
#include "stats/tally.h"
#include "stats/totals.h"

struct walk {
	const struct weir_policy *policy;
	uint64_t entries[WEIR_FEEDS], alone[WEIR_FEEDS];
};

/* The rules that were hit: those of each feed. */
struct hits {
	const struct weir_database *database;
	json_t *seen; /* the set of "feed rule" */
	uint64_t counts[WEIR_FEEDS];
};

static int
add_record(void *arg, const struct weir_db_record *record)
{
	struct walk *walk = arg;
	unsigned int i, feeds = 0, last = 0;
	struct weir_entry entry;

	for (i = 0; i < record->entry_count; i++) {
		if (weir_entry_decode(
			record->entries + i * WEIR_ENTRY_BYTES, &entry) != 0)
			return WEIR_EFORMAT;
		if (entry.feed >= walk->policy->feed_count)
			continue;
		walk->entries[entry.feed]++;
		/* Of the others, those that the configuration names count. */
		if (entry.feed >= WEIR_FEED_FIRST) {
			feeds++;
			last = entry.feed;
		}
	}
	if (feeds == 1)
		walk->alone[last]++;
	return 0;
}

/* Whether the database has the rule still. */
static bool
has_rule(const struct hits *hits, const char *rule, unsigned int feed)
{
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_db_record record;
	struct weir_entry entry;
	struct weir_name name;
	size_t key_len;
	unsigned int i;

	if (weir_name_parse(rule, strlen(rule), &name) != 0)
		return false;
	key_len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
	if (weir_generation_get(
		&hits->database->files, key, key_len, &record) != 1)
		return false;
	for (i = 0; i < record.entry_count; i++)
		if (weir_entry_decode(
			record.entries + i * WEIR_ENTRY_BYTES, &entry) == 0 &&
		    entry.feed == feed)
			return true;
	return false;
}

static int
add_hit(void *arg, const struct weir_record *record)
{
	char key[WEIR_FEED_NAME_SIZE + WEIR_NAME_TEXT_SIZE + 1];
	struct hits *hits = arg;
	int feed = weir_policy_find_feed(hits->database->policy, record->feed);

	if (feed < 0 || record->rule[0] == '\0')
		return 0;
	(void)snprintf(key, sizeof(key), "%s %s", record->feed, record->rule);
	if (json_object_get(hits->seen, key))
		return 0;
	if (has_rule(hits, record->rule, (unsigned int)feed))
		hits->counts[feed]++;
	return json_object_set_new_nocheck(hits->seen, key, json_true()) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

/* The exit code, after saying what is wrong. */
static int
read_hits(const struct weir_stat *stat, struct hits *hits)
{
	const struct weir_history_filter filter = {
		.from_unix = weir_stat_since(stat, 0),
		.until_unix = (uint64_t)time(NULL) + 1,
		.outcome = -1,
		.limit = UINT32_MAX
	};
	struct weir_problem problem = { "" };
	struct weir_history *history;
	int ret;

	if (weir_stat_history(stat, true, &history) <= 0)
		return WEIR_EXIT_FAILED;
	hits->seen = json_object();
	ret = weir_history_events(history, &filter, add_hit, hits, &problem);
	weir_history_close(history);
	json_decref(hits->seen);
	if (ret == 0)
		return 0;
	weir_log_error("%s",
	    problem.text[0] != '\0' ? problem.text : weir_error_text(ret));
	return WEIR_EXIT_FAILED;
}

/* When the feed's file, or the state of a signed feed, changed last; 0. */
static uint64_t
changed_unix(const struct weir_settings *settings, const char *feed)
{
	char path[WEIR_PATH_SIZE + 16];
	struct stat info;
	unsigned int i;

	for (i = 0; settings && i < settings->feed_count; i++) {
		const struct weir_feed_settings *of = &settings->feeds[i];

		if (strcmp(of->name, feed) != 0 || !of->file)
			continue;
		(void)snprintf(path, sizeof(path), "%s%s", of->file,
		    of->origin == WEIR_ORIGIN_SIGNED ? "/state.json" : "");
		if (stat(path, &info) == 0 && info.st_mtime > 0)
			return (uint64_t)info.st_mtime;
	}
	return 0;
}

static const uint64_t *
counts_of(const struct weir_totals *totals, const char *feed)
{
	static const uint64_t none[WEIR_FEED_COUNT];
	unsigned int i;

	for (i = 0; i < totals->feed_count; i++)
		if (strcmp(totals->feeds[i].name, feed) == 0)
			return totals->feeds[i].counts;
	return none;
}

static json_t *
describe(const struct weir_stat *stat, const struct weir_feed *feed,
    const uint64_t *counts, uint64_t changed)
{
	const char *mode = weir_mode_text(feed->mode);

	(void)stat;
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "key",
	    weir_stat_string(feed->name), "mode", mode ? mode : "?", "blocked",
	    weir_stat_number(counts[WEIR_FEED_BLOCKED]), "allowed",
	    weir_stat_number(counts[WEIR_FEED_ALLOWED]), "shadowed",
	    weir_stat_number(counts[WEIR_FEED_SHADOWED]), "changed",
	    weir_stat_number(changed));
}

static int
add_entries(json_t *row, const struct walk *walk, const struct hits *hits,
    unsigned int feed)
{
	uint64_t entries = walk->entries[feed], hit = hits->counts[feed];

	if (json_object_set_new(row, "entries", weir_stat_number(entries)) !=
		0 ||
	    json_object_set_new(
		row, "alone", weir_stat_number(walk->alone[feed])) != 0 ||
	    json_object_set_new(row, "shared",
		weir_stat_number(feed < WEIR_FEED_FIRST
				     ? 0
				     : entries - walk->alone[feed])) != 0)
		return WEIR_EMEMORY;
	if (!hits->database)
		return 0;
	return json_object_set_new(row, "hit", weir_stat_number(hit)) == 0 &&
		       json_object_set_new(
			   row, "never", weir_stat_number(entries - hit)) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

static const struct weir_sheet_column columns[] = {
	{ "key", "feed", WEIR_SHEET_TEXT, true, false },
	{ "mode", "mode", WEIR_SHEET_TEXT, false, false },
	{ "blocked", "blocked", WEIR_SHEET_NUMBER, false, false },
	{ "shadowed", "shadowed", WEIR_SHEET_NUMBER, false, true },
	{ "allowed", "allowed", WEIR_SHEET_NUMBER, false, true },
	{ "entries", "entries", WEIR_SHEET_NUMBER, false, true },
	{ "alone", "only here", WEIR_SHEET_NUMBER, false, true },
	{ "shared", "shared", WEIR_SHEET_NUMBER, false, true },
	{ "hit", "hit", WEIR_SHEET_NUMBER, false, true },
	{ "never", "never hit", WEIR_SHEET_NUMBER, false, true },
	{ "changed", "age", WEIR_SHEET_AGE, false, true },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static json_t *
make_rows(const struct weir_stat *stat, const struct weir_database *database,
    const struct weir_totals *totals, const struct walk *walk,
    const struct hits *hits)
{
	struct weir_settings *settings = weir_stat_settings(stat, false);
	const struct weir_feed *feed;
	json_t *rows = json_array(), *row;
	unsigned int i;

	for (i = 0; i < database->policy->feed_count && rows; i++) {
		feed = &database->policy->feeds[i];
		row = describe(stat, feed, counts_of(totals, feed->name),
		    changed_unix(settings, feed->name));
		if ((stat->has_entries &&
			add_entries(row, walk, hits, i) != 0) ||
		    json_array_append(rows, row) != 0) {
			json_decref(rows);
			rows = NULL;
		}
		json_decref(row);
	}
	weir_settings_free(settings);
	return rows;
}

static int
show(const struct weir_stat *stat, const struct weir_database *database,
    const struct weir_totals *totals)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	struct hits *hits = calloc(1, sizeof(*hits));
	int ret = walk && hits ? 0 : WEIR_EMEMORY;
	json_t *rows;

	if (ret == 0 && stat->has_entries) {
		walk->policy = database->policy;
		ret = weir_generation_walk(
		    &database->files, NULL, add_record, walk);
	}
	if (ret < 0)
		weir_log_error("%s", ret == WEIR_EMEMORY
					 ? weir_error_text(ret)
					 : "the database is damaged "
					   "(weir-load check)");
	if (ret == 0 && stat->has_entries && stat->since_s > 0) {
		hits->database = database;
		ret = read_hits(stat, hits);
	}
	if (ret == 0) {
		rows = make_rows(stat, database, totals, walk, hits);
		ret = weir_stat_print(stat,
		    json_pack("{s:I, s:I, s:o}", "generation",
			(json_int_t)database->current.generation, "created",
			(json_int_t)database->current.created_unix, "rows",
			rows),
		    columns, COLUMN_COUNT, NULL);
	} else {
		ret = WEIR_EXIT_FAILED;
	}
	free(walk);
	free(hits);
	return ret;
}

int
weir_cmd_feeds(const struct weir_stat *stat)
{
	struct weir_database database;
	struct weir_totals totals;
	unsigned int i;
	int ret = 0;

	if (stat->since_s > 0 && !stat->has_entries)
		return weir_stat_usage(
		    "feeds --since goes with --entries: which of them were "
		    "hit; counts of a span: top feeds --since");
	if (weir_database_open(stat, true, &database) != 1)
		return WEIR_EXIT_FAILED;
	weir_totals_init(&totals);
	for (i = 0; i < stat->module_count && ret == 0; i++)
		ret = weir_totals_add(&totals, &stat->modules[i]);
	if (ret == 0) {
		ret = show(stat, &database, &totals);
	} else {
		weir_log_error("%s", weir_error_text(ret));
		ret = WEIR_EXIT_FAILED;
	}
	weir_totals_done(&totals);
	weir_database_close(&database);
	return ret;
}
