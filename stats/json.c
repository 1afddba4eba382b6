/*
 * json.c - statistics as one JSON object.
 *
 * The shape stands in weir-stat(1) and is stable: members are added, none is
 * renamed or taken away.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "stats/report.h"

/* Puts the value there and takes it over, NULL included: what could not be
 * made makes the whole fail, once, in weir_json_print. */
static int
put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new_nocheck(object, name, value);
}

/* What JSON's readers could not take is their largest number. */
static json_int_t
amount(uint64_t value)
{
	return value < INT64_MAX ? (json_int_t)value : INT64_MAX;
}

static json_t *
number(uint64_t value)
{
	return json_integer(amount(value));
}

/* Text of a status file may hold any octet; JSON takes UTF-8 only. */
static json_t *
string(const char *text, size_t size)
{
	char clean[512];
	size_t i;

	for (i = 0; i < size && i + 1 < sizeof(clean) && text[i]; i++)
		clean[i] = (char)(text[i] >= ' ' && text[i] < 0x7f ? text[i]
								   : '?');
	clean[i] = '\0';
	return json_string(clean);
}

/* A path may be no UTF-8 either; it is longer. */
static json_t *
path(const char *text)
{
	char *clean = strdup(text);
	json_t *string = NULL;

	if (clean) {
		weir_text_clean(clean);
		string = json_string(clean);
	}
	free(clean);
	return string;
}

/* The name of a counter as a key: blocked_name. */
static int
put_count(json_t *object, const char *name, uint64_t count)
{
	char key[32];
	size_t i;

	for (i = 0; name[i] && i + 1 < sizeof(key); i++)
		key[i] = (char)(name[i] == '-' ? '_' : name[i]);
	key[i] = '\0';
	return put(object, key, number(count));
}

static json_t *
named(const uint64_t *counts, unsigned int count,
    const char *(*text)(unsigned int))
{
	json_t *object = json_object();
	unsigned int i;
	int failed = 0;

	for (i = 0; i < count; i++)
		if (text(i))
			failed |= put_count(object, text(i), counts[i]);
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

/* The actions that can decide: "default" is none of them. */
static const char *
action_text(unsigned int action)
{
	return action == WEIR_ACTION_DEFAULT ? NULL : weir_action_text(action);
}

static json_t *
types(const struct weir_totals *totals)
{
	json_t *object = json_object();
	unsigned int i;
	int failed = 0;

	for (i = 0; i < WEIR_TYPE_COUNT; i++)
		failed |= put(object, weir_type_slot_text(i),
		    json_pack("{s:I, s:I}", "queries", amount(totals->types[i]),
			"blocked", amount(totals->blocked_types[i])));
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
feeds(const struct weir_totals *totals)
{
	json_t *array = json_array();
	unsigned int i;
	int failed = 0;

	for (i = 0; i < totals->feed_count; i++) {
		const struct weir_totals_feed *feed = &totals->feeds[i];
		json_t *name = string(feed->name, sizeof(feed->name));

		failed |= json_array_append_new(array,
		    json_pack("{s:o, s:I, s:I, s:I}", "name", name, "blocked",
			amount(feed->counts[WEIR_FEED_BLOCKED]), "allowed",
			amount(feed->counts[WEIR_FEED_ALLOWED]), "shadowed",
			amount(feed->counts[WEIR_FEED_SHADOWED])));
	}
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *
categories(const struct weir_totals *totals)
{
	json_t *array = json_array();
	unsigned int i;
	int failed = 0;

	for (i = 0; i < totals->category_count; i++) {
		const struct weir_totals_category *category =
		    &totals->categories[i];

		failed |= json_array_append_new(array,
		    json_pack("{s:o, s:I, s:I, s:I}", "name",
			string(category->name, sizeof(category->name)),
			"blocked",
			amount(category->counts[WEIR_CATEGORY_BLOCKED]),
			"allowed",
			amount(category->counts[WEIR_CATEGORY_ALLOWED]),
			"shadowed",
			amount(category->counts[WEIR_CATEGORY_SHADOWED])));
	}
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *
outcomes(const struct weir_totals *totals)
{
	json_t *object = json_object();
	unsigned int i;
	int failed = 0;

	for (i = 0; i < WEIR_EVENT_OUTCOME_COUNT; i++) {
		const uint64_t(*of)[WEIR_BY_COUNT] = totals->outcomes[i];

		failed |= put(object, weir_event_outcome_text(i),
		    json_pack("{s:I, s:I, s:I, s:I}", "cache_name",
			amount(of[WEIR_FROM_CACHE][WEIR_BY_NAME]),
			"cache_alias",
			amount(of[WEIR_FROM_CACHE][WEIR_BY_ALIAS]),
			"network_name",
			amount(of[WEIR_FROM_NETWORK][WEIR_BY_NAME]),
			"network_alias",
			amount(of[WEIR_FROM_NETWORK][WEIR_BY_ALIAS])));
	}
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
work(const struct weir_totals *totals)
{
	json_t *object = json_object(), *buckets = json_array();
	unsigned int i;
	int failed = 0;

	for (i = 0; i < WEIR_STATUS_WORK_BUCKETS; i++)
		failed |= json_array_append_new(
		    buckets, number(totals->work_ns[i]));
	if (failed) {
		json_decref(buckets);
		buckets = NULL;
	}
	if (put(object, "queries", number(weir_totals_timed(totals))) ||
	    put(object, "sum_ns", number(totals->work_sum_ns)) ||
	    put(object, "buckets", buckets)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *
events(const struct weir_totals *totals)
{
	return json_pack("{s:I, s:I, s:I}", "made",
	    amount(totals->events_pushed + totals->events_lost), "recorded",
	    amount(totals->events_recorded), "lost",
	    amount(totals->events_lost));
}

static json_t *
counts(const struct weir_totals *totals)
{
	json_t *object = json_object();

	if (put(object, "ways",
		named(totals->ways, WEIR_WAY_COUNT, weir_way_text)) ||
	    put(object, "actions",
		named(totals->actions, WEIR_ACTION_COUNT, action_text)) ||
	    put(object, "types", types(totals)) ||
	    put(object, "feeds", feeds(totals)) ||
	    put(object, "categories", categories(totals)) ||
	    put(object, "transports",
		named(totals->transports, WEIR_TRANSPORT_COUNT,
		    weir_transport_text)) ||
	    put(object, "outcomes", outcomes(totals)) ||
	    put(object, "work", work(totals)) ||
	    put(object, "events", events(totals))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Upwards, so that 0 means none. */
static json_int_t
us_of_ns(uint64_t ns)
{
	return amount((ns + 999) / 1000);
}

static json_t *
sweep(struct weir_status_header *header)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "finished", amount(atomic_load(&header->sweeps)), "looked_at",
	    amount(atomic_load(&header->sweep_entries)), "removed",
	    amount(atomic_load(&header->sweep_removed)), "us",
	    amount(atomic_load(&header->sweep_us)), "table_hold_max_us",
	    us_of_ns(atomic_load(&header->sweep_table_max_ns)),
	    "table_hold_running_max_us",
	    us_of_ns(atomic_load(&header->sweep_table_running_max_ns)),
	    "bins_hold_max_us",
	    us_of_ns(atomic_load(&header->sweep_bins_max_ns)),
	    "bins_hold_running_max_us",
	    us_of_ns(atomic_load(&header->sweep_bins_running_max_ns)),
	    "holds_preempted",
	    amount(atomic_load(&header->sweep_holds_preempted)));
}

static json_t *
dnstap(struct weir_status_header *header)
{
	const char *reader = weir_status_dnstap_text(
	    atomic_load(&header->dnstap));

	return json_pack("{s:s, s:I, s:I, s:I}", "reader",
	    reader ? reader : "unknown", "sent",
	    amount(atomic_load(&header->dnstap_sent)), "lost",
	    amount(atomic_load(&header->dnstap_lost)), "connects",
	    amount(atomic_load(&header->dnstap_connects)));
}

static json_t *
module(const struct weir_status *status, const struct weir_totals *totals)
{
	struct weir_status_header *header = status->header;
	json_t *object = json_object();
	char problem[sizeof(header->problem)];

	weir_status_get_problem(status, problem, sizeof(problem));
	if (put(object, "pid", json_integer(header->pid)) ||
	    put(object, "unbound",
		string(header->unbound_version,
		    sizeof(header->unbound_version))) ||
	    put(object, "weir",
		string(header->weir_version, sizeof(header->weir_version))) ||
	    put(object, "workers", json_integer(status->workers)) ||
	    put(object, "started", number(header->started_unix)) ||
	    put(object, "inits", number(atomic_load(&header->inits))) ||
	    put(object, "generation",
		number(atomic_load(&header->generation))) ||
	    put(object, "serial",
		number(atomic_load(&header->serial_current))) ||
	    put(object, "acknowledged",
		json_boolean(weir_totals_is_acknowledged(status))) ||
	    put(object, "serial_acknowledged",
		number(atomic_load(&header->serial_acknowledged))) ||
	    put(object, "acknowledged_ms",
		number(atomic_load(&header->acknowledged_unix_ms))) ||
	    put(object, "failures", number(atomic_load(&header->failures))) ||
	    put(object, "problem", string(problem, sizeof(problem))) ||
	    put(object, "sweep", sweep(header)) ||
	    put(object, "dnstap", dnstap(header)) ||
	    put(object, "counts", counts(totals))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *
modules(const struct weir_report *report)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < report->module_count; i++)
		if (json_array_append_new(
			array, module(&report->modules[i],
				   &report->module_totals[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

int
weir_json_print(const struct weir_report *report, FILE *stream)
{
	json_t *object = json_object();
	int error = WEIR_EMEMORY;

	if (put(object, "status", path(report->folder)) ||
	    put(object, "modules", modules(report)) ||
	    put(object, "total", counts(report->sum)))
		goto out;
	error = WEIR_ESYSTEM;
	if (json_dumpf(object, stream, JSON_INDENT(2)) == 0 &&
	    fputc('\n', stream) != EOF && fflush(stream) == 0)
		error = WEIR_OK;
out:
	json_decref(object);
	return error;
}
