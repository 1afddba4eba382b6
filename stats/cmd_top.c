/*
 * cmd_top.c - weir-stat top: the most frequent of what was blocked, since the
 * modules started (from the status files) or of a span of time (from the
 * history).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lib/name.h"
#include "stats/live.h"
#include "stats/stat.h"
#include "stats/totals.h"

#define ROWS_DEFAULT 20

/* By the numbers of enum weir_history_kind. */
static const struct {
	const char *name, *heading;
	int blocked, shadowed; /* of enum weir_status_top; -1: no table */
} kinds[WEIR_HISTORY_KIND_COUNT] = {
	[WEIR_HISTORY_NAMES] = { "names", "name", WEIR_TOP_NAMES,
	    WEIR_TOP_SHADOW_NAMES },
	[WEIR_HISTORY_DOMAINS] = { "domains", "domain", WEIR_TOP_DOMAINS, -1 },
	[WEIR_HISTORY_CLIENTS] = { "clients", "client", WEIR_TOP_CLIENTS,
	    WEIR_TOP_SHADOW_CLIENTS },
	[WEIR_HISTORY_FEEDS] = { "feeds", "feed", -1, -1 },
	[WEIR_HISTORY_CATEGORIES] = { "categories", "category", -1, -1 },
	[WEIR_HISTORY_TYPES] = { "types", "type", -1, -1 },
};

static int
find_kind(const char *name)
{
	int i;

	for (i = 0; i < WEIR_HISTORY_KIND_COUNT; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return i;
	return -1;
}

static int
add_row(json_t *rows, const char *key, uint64_t count, uint64_t error,
    uint64_t first_unix, uint64_t last_unix)
{
	return json_array_append_new(rows,
	    json_pack("{s:o, s:o, s:o, s:o, s:o}", "key", weir_stat_string(key),
		"count", weir_stat_number(count), "error",
		weir_stat_number(error), "first", weir_stat_number(first_unix),
		"last", weir_stat_number(last_unix)));
}

/* From a top table. */
static int
add_table(const struct weir_stat *stat, unsigned int table, unsigned int limit,
    json_t *rows)
{
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_live_top top;
	unsigned int i;
	int ret;

	ret = weir_live_read(stat->modules, stat->module_count, table, &top);
	if (ret != WEIR_OK)
		return ret;
	for (i = 0; i < top.row_count && i < limit && ret == 0; i++) {
		weir_live_text(table, &top.rows[i], text);
		ret = add_row(rows, text, top.rows[i].count, top.rows[i].error,
		    top.rows[i].first_unix, top.rows[i].last_unix);
	}
	weir_live_done(&top);
	return ret == 0 ? WEIR_OK : WEIR_EMEMORY;
}

/* A row of a counter. */
struct counted {
	const char *name;
	uint64_t count;
};

static int
compare_counted(const void *left, const void *right)
{
	const struct counted *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return strcmp(a->name, b->name);
}

static unsigned int
take_counters(const struct weir_totals *totals, int kind, bool is_shadow,
    struct counted *items)
{
	unsigned int i, count = 0;

	if (kind == WEIR_HISTORY_TYPES)
		for (i = 0; i < WEIR_TYPE_COUNT; i++)
			items[count++] = (struct counted){
				weir_type_slot_text(i), totals->blocked_types[i]
			};
	if (kind == WEIR_HISTORY_FEEDS)
		for (i = 0; i < totals->feed_count; i++)
			items[count++] = (struct counted){
				totals->feeds[i].name,
				totals->feeds[i]
				    .counts[is_shadow ? WEIR_FEED_SHADOWED
						      : WEIR_FEED_BLOCKED]
			};
	if (kind == WEIR_HISTORY_CATEGORIES)
		for (i = 0; i < totals->category_count; i++)
			items[count++] = (struct counted){
				totals->categories[i].name,
				totals->categories[i]
				    .counts[is_shadow ? WEIR_CATEGORY_SHADOWED
						      : WEIR_CATEGORY_BLOCKED]
			};
	return count;
}

static int
add_counters(
    const struct weir_stat *stat, int kind, unsigned int limit, json_t *rows)
{
	struct weir_totals totals;
	struct counted *items;
	unsigned int count, i;
	int ret = 0;

	weir_totals_init(&totals);
	for (i = 0; i < stat->module_count && ret == 0; i++)
		ret = weir_totals_add(&totals, &stat->modules[i]);
	items = calloc(
	    (size_t)totals.feed_count + totals.category_count + WEIR_TYPE_COUNT,
	    sizeof(*items));
	if (items && ret == 0) {
		count = take_counters(&totals, kind, stat->is_shadow, items);
		qsort(items, count, sizeof(*items), compare_counted);
		for (i = 0; i < count && i < limit && ret == 0; i++)
			if (items[i].count > 0)
				ret = add_row(rows,
				    items[i].name[0] != '\0' ? items[i].name
							     : "(none)",
				    items[i].count, 0, 0, 0);
	}
	if (!items || ret != 0)
		ret = WEIR_EMEMORY;
	free(items);
	weir_totals_done(&totals);
	return ret;
}

static int
add_history_row(void *arg, const struct weir_history_row *row)
{
	return add_row(arg, row->key[0] != '\0' ? row->key : "(none)",
		   row->count, row->error, row->first_unix, row->last_unix) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

/* The exit code, after saying what is wrong. */
static int
add_history(
    const struct weir_stat *stat, int kind, unsigned int limit, json_t *rows)
{
	struct weir_problem problem = { "" };
	struct weir_history *history;
	int ret;

	if (weir_stat_history(stat, true, &history) <= 0)
		return WEIR_EXIT_FAILED;
	ret = weir_history_top(history, (unsigned int)kind, stat->is_shadow,
	    weir_stat_since(stat, 0), (uint64_t)time(NULL) + 1, limit,
	    add_history_row, rows, &problem);
	weir_history_close(history);
	if (ret == 0)
		return WEIR_EXIT_DONE;
	weir_log_error("%s",
	    problem.text[0] != '\0' ? problem.text : weir_error_text(ret));
	return WEIR_EXIT_FAILED;
}

static int
add_live(
    const struct weir_stat *stat, int kind, unsigned int limit, json_t *rows)
{
	int table = stat->is_shadow ? kinds[kind].shadowed
				    : kinds[kind].blocked;
	int ret;

	if (stat->module_count == 0)
		return weir_stat_say_none(stat);
	if (table >= 0)
		ret = add_table(stat, (unsigned int)table, limit, rows);
	else
		ret = add_counters(stat, kind, limit, rows);
	if (ret == 0)
		return WEIR_EXIT_DONE;
	weir_log_error("%s", weir_error_text(ret));
	return WEIR_EXIT_FAILED;
}

static void
print(json_t *document, const struct weir_screen *screen)
{
	const char *kind = json_string_value(json_object_get(document, "kind"));
	json_t *rows = json_object_get(document, "rows");
	struct weir_sheet_column columns[] = {
		{ "count", "count", WEIR_SHEET_NUMBER, false, false },
		{ "error", "too high by", WEIR_SHEET_NUMBER, false, true },
		{ "key", kinds[find_kind(kind)].heading, WEIR_SHEET_TEXT, true,
		    false },
		{ "last", "last", WEIR_SHEET_TIME, false, true },
		{ "count", "", WEIR_SHEET_BAR, false, false },
	};

	if (json_array_size(rows) > 0)
		weir_sheet_print(rows, columns,
		    sizeof(columns) / sizeof(columns[0]), screen);
	else
		(void)fputs("nothing so far\n", screen->stream);
}

static const struct weir_sheet_column csv[] = {
	{ "key", "key", WEIR_SHEET_TEXT, false, false },
	{ "count", "count", WEIR_SHEET_NUMBER, false, false },
	{ "error", "error", WEIR_SHEET_NUMBER, false, false },
	{ "first", "first", WEIR_SHEET_TIME, false, false },
	{ "last", "last", WEIR_SHEET_TIME, false, false },
};

int
weir_cmd_top(const struct weir_stat *stat)
{
	const char *name = stat->arg_count > 0 ? stat->args[0] : "names";
	unsigned int limit = stat->count > 0 ? stat->count : ROWS_DEFAULT;
	int kind = find_kind(name), code;
	json_t *rows;

	if (kind < 0)
		return weir_stat_usage("%s: not one of names, domains, "
				       "clients, feeds, categories, types",
		    name);
	if (stat->is_shadow && stat->since_s == 0 &&
	    (kind == WEIR_HISTORY_DOMAINS || kind == WEIR_HISTORY_TYPES))
		return weir_stat_usage(
		    "top %s --shadow: only the history knows; add --since",
		    name);
	rows = json_array();
	code = stat->since_s > 0 ? add_history(stat, kind, limit, rows)
				 : add_live(stat, kind, limit, rows);
	if (code != WEIR_EXIT_DONE) {
		json_decref(rows);
		return code;
	}
	return weir_stat_print(stat,
	    json_pack("{s:s, s:b, s:o, s:o}", "kind", name, "shadow",
		(int)stat->is_shadow, "since",
		stat->since_s > 0 ? weir_stat_number(weir_stat_since(stat, 0))
				  : json_null(),
		"rows", rows),
	    csv, sizeof(csv) / sizeof(csv[0]), print);
}
