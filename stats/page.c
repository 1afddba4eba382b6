/*
 * page.c - the files and the JSON of the page, but for explain.
 *
 * Nothing is kept between calls: each opens the status files of the modules that
 * run then.  So a thread for each connection needs no lock.
 */
#include "stats/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/name.h"
#include "stats/live.h"
#include "stats/report.h"

#define TOP_ROWS    10U
#define EVENTS_MAX  200U
#define MODULES_MAX 16U
#define DAY_S       86400U
#define HOUR_S      3600U

struct call {
	const struct weir_page *page;
	const struct weir_web_call *web;
	struct weir_status *modules;
	unsigned int count;
};

static json_t *
give_top(const struct call *call)
{
	static const struct {
		const char *name;
		unsigned int table;
	} kinds[] = { { "names", WEIR_TOP_NAMES },
		{ "domains", WEIR_TOP_DOMAINS },
		{ "clients", WEIR_TOP_CLIENTS } };
	const char *kind = weir_web_parameter(call->web, "kind");
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_live_top top;
	json_t *rows;
	unsigned int i, k;

	for (k = 0; k < 3 && (!kind || strcmp(kind, kinds[k].name) != 0); k++)
		;
	if (k == 3 || weir_live_read(call->modules, call->count, kinds[k].table,
			  &top) != WEIR_OK)
		return NULL;
	rows = json_array();
	for (i = 0; i < top.row_count && i < TOP_ROWS; i++) {
		weir_live_text(kinds[k].table, &top.rows[i], text);
		(void)json_array_append_new(rows,
		    json_pack("{s:o, s:o, s:o}", "key", weir_stat_string(text),
			"count", weir_stat_number(top.rows[i].count), "last",
			weir_stat_number(top.rows[i].last_unix)));
	}
	weir_live_done(&top);
	return json_pack("{s:o}", "rows", rows);
}

static int
add_step(json_t *rows, uint64_t begin_unix, uint64_t blocked, uint64_t shadowed)
{
	return json_array_append_new(rows,
	    json_pack("{s:o, s:o, s:o}", "begin", weir_stat_number(begin_unix),
		"blocked", weir_stat_number(blocked), "shadowed",
		weir_stat_number(shadowed)));
}

static int
take_step(void *arg, const struct weir_history_step *step)
{
	return add_step(arg, step->begin_unix, step->counts[WEIR_EVENT_BLOCKED],
		   step->counts[WEIR_EVENT_SHADOWED]) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

/* Recent events by the minutes of an hour. */
struct hour {
	uint64_t begin_unix;
	uint64_t counts[60][2];
};

static int
take_minute(void *arg, const struct weir_event *event)
{
	uint64_t time_unix = event->time_ns / 1000000000;
	struct hour *hour = arg;

	if (time_unix < hour->begin_unix ||
	    time_unix >= hour->begin_unix + HOUR_S)
		return 0;
	if (event->outcome == WEIR_EVENT_BLOCKED)
		hour->counts[(time_unix - hour->begin_unix) / 60][0]++;
	if (event->outcome == WEIR_EVENT_SHADOWED)
		hour->counts[(time_unix - hour->begin_unix) / 60][1]++;
	return 0;
}

/* The last day of the history; without one, the hour that recent events tell. */
static json_t *
give_time(const struct call *call)
{
	uint64_t now = (uint64_t)time(NULL), sequence, missed;
	struct weir_problem problem = { "" };
	struct weir_history *history;
	struct hour hour = { (now / 60 + 1) * 60 - HOUR_S, { { 0 } } };
	json_t *rows = json_array();
	unsigned int step_s = 900, i;
	bool has_history = false;

	if (weir_stat_history(call->page->stat, false, &history) > 0) {
		has_history = weir_history_time(history, now - DAY_S, now + 1,
				  step_s, take_step, rows, &problem) == 0;
		weir_history_close(history);
	}
	if (!has_history) {
		(void)json_array_clear(rows);
		step_s = 60;
		for (i = 0; i < call->count; i++) {
			sequence = 0;
			(void)weir_status_recent(&call->modules[i], &sequence,
			    &missed, take_minute, &hour);
		}
		for (i = 0; i < 60; i++)
			(void)add_step(rows, hour.begin_unix + i * 60,
			    hour.counts[i][0], hour.counts[i][1]);
	}
	return json_pack("{s:b, s:i, s:o, s:o, s:o}", "history",
	    (int)has_history, "step", (int)step_s, "begin",
	    weir_stat_number(has_history ? (now - DAY_S) / step_s * step_s
					 : hour.begin_unix),
	    "end", weir_stat_number(now), "rows", rows);
}

struct taken {
	const struct weir_status *module;
	json_t *events;
};

static int
take_event(void *arg, const struct weir_event *event)
{
	struct taken *taken = arg;

	if (json_array_size(taken->events) >= EVENTS_MAX)
		(void)json_array_remove(taken->events, 0);
	return json_array_append_new(
		   taken->events, weir_live_event(taken->module, event)) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

/* The place in a module's events of "PID:STARTED:SEQUENCE,..."; 0: not there. */
static uint64_t
place_of(const char *after, const struct weir_status *module)
{
	char wanted[64];
	const char *found;

	(void)snprintf(wanted, sizeof(wanted), "%d:%" PRIu64 ":",
	    (int)module->header->pid, module->header->process_started);
	for (found = after; found && *found != '\0';
	     found = strchr(found, ',') ? strchr(found, ',') + 1 : NULL)
		if (strncmp(found, wanted, strlen(wanted)) == 0)
			return strtoull(found + strlen(wanted), NULL, 10);
	return 0;
}

static json_t *
give_events(const struct call *call)
{
	const char *after = weir_web_parameter(call->web, "after");
	struct taken taken = { NULL, json_array() };
	uint64_t sequence, missed, all_missed = 0;
	char next[MODULES_MAX * 64] = "";
	size_t len = 0;
	unsigned int i;
	int error = 0;

	for (i = 0; i < call->count && i < MODULES_MAX && error == 0; i++) {
		taken.module = &call->modules[i];
		sequence = place_of(after, taken.module);
		missed = 0;
		error = weir_status_recent(
		    taken.module, &sequence, &missed, take_event, &taken);
		all_missed += missed;
		len += (size_t)snprintf(next + len, sizeof(next) - len,
		    "%s%d:%" PRIu64 ":%" PRIu64, i > 0 ? "," : "",
		    (int)taken.module->header->pid,
		    taken.module->header->process_started, sequence);
	}
	return json_pack("{s:s, s:o, s:o}", "next", next, "missed",
	    weir_stat_number(all_missed), "events", taken.events);
}

/* Of weir-sync's status what the page shows; URLs may hold what is secret. */
static json_t *
give_feeds(const struct call *call)
{
	static const char *const keys[] = { "name", "kind", "state", "newer",
		"names", "failures" };
	json_t *sync = weir_stat_sync(call->page->sync), *feeds = json_array();
	json_t *feed, *shown, *value;
	size_t place, i;

	json_array_foreach(json_object_get(sync, "feeds"), place, feed)
	{
		shown = json_object();
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			value = json_object_get(feed, keys[i]);
			if (value)
				(void)json_object_set(shown, keys[i], value);
		}
		value = json_object_get(
		    json_object_get(feed, "loader"), "held");
		(void)json_object_set_new(
		    shown, "held", json_boolean(json_is_true(value)));
		(void)json_array_append_new(feeds, shown);
	}
	json_decref(sync);
	return json_pack("{s:o}", "feeds", feeds);
}

static void
give_totals(const struct call *call, struct weir_web_answer *ret_answer)
{
	struct weir_totals sum, *each;
	struct weir_report report = { "", call->modules, NULL, call->count,
		&sum };
	FILE *stream = NULL;
	char *text = NULL;
	size_t len = 0;
	unsigned int i;
	int error = 0;

	weir_totals_init(&sum);
	each = calloc((size_t)call->count + 1, sizeof(*each));
	for (i = 0; each && i < call->count && !error; i++)
		error = weir_totals_add(&each[i], &call->modules[i]) ||
			weir_totals_add(&sum, &call->modules[i]);
	report.module_totals = each;
	if (each && !error)
		stream = open_memstream(&text, &len);
	if (stream) {
		error = weir_json_print(&report, stream);
		error = fclose(stream) != 0 || error;
	}
	if (error) {
		free(text);
		text = NULL;
	}
	weir_web_give(ret_answer, "application/json", text, len);
	for (i = 0; each && i < call->count; i++)
		weir_totals_done(&each[i]);
	free(each);
	weir_totals_done(&sum);
}

static void
give_json(json_t *document, struct weir_web_answer *ret_answer)
{
	char *text;

	if (!document) {
		weir_web_say(ret_answer, 400, "that cannot be asked for\n");
		return;
	}
	text = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	weir_web_give(
	    ret_answer, "application/json", text, text ? strlen(text) : 0);
}

static const struct {
	const char *path;
	json_t *(*give)(const struct call *call);
} documents[] = {
	{ "/api/top", give_top },
	{ "/api/time", give_time },
	{ "/api/events", give_events },
	{ "/api/feeds", give_feeds },
};

static void
answer_api(const struct call *call, struct weir_web_answer *ret_answer)
{
	size_t i;

	if (strcmp(call->web->path, "/api/totals") == 0) {
		give_totals(call, ret_answer);
		return;
	}
	for (i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
		if (strcmp(call->web->path, documents[i].path) == 0) {
			give_json(documents[i].give(call), ret_answer);
			return;
		}
	weir_web_say(ret_answer, 404, "no such page\n");
}

void
weir_page_answer(void *arg, const struct weir_web_call *web,
    struct weir_web_answer *ret_answer)
{
	struct call call = { arg, web, NULL, 0 };
	struct weir_problem problem = { "" };
	size_t i;

	for (i = 0; i < weir_page_file_count; i++)
		if (strcmp(web->path, weir_page_files[i].path) == 0) {
			weir_web_say(ret_answer, 200, "");
			ret_answer->type = weir_page_files[i].type;
			ret_answer->text =
			    (const char *)weir_page_files[i].data;
			ret_answer->len = weir_page_files[i].len;
			return;
		}
	if (strcmp(web->path, "/api/explain") == 0) {
		weir_page_explain(
		    arg, weir_web_parameter(web, "name"), ret_answer);
		return;
	}
	if (weir_status_open_all(call.page->stat->folder, &call.modules,
		&call.count, &problem) != 0) {
		weir_web_say(
		    ret_answer, 503, "the status folder cannot be read\n");
		return;
	}
	answer_api(&call, ret_answer);
	for (i = 0; i < call.count; i++)
		weir_status_close(&call.modules[i]);
	free(call.modules);
}
