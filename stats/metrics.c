/*
 * metrics.c - the families that modules count.
 *
 * One label is common to all of them: `module`, the status file's name without
 * its end.  They are not added up: when one of two resolvers starts anew, the sum
 * would fall, and Prometheus would take all of it as new.
 */
#include "stats/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "stats/stat.h"
#include "stats/totals.h"

/* Bounds of the histogram: 2^7 ns (128 ns) to 2^24 ns (17 ms). */
#define BUCKET_FIRST 7U
#define BUCKET_LAST  24U

#define MODULE_SIZE 64

/* A module, and what its workers counted. */
struct counted {
	const struct weir_status *status;
	struct weir_totals totals;
	char name[MODULE_SIZE];
};

struct run {
	struct weir_metrics_out out;
	struct counted *items;
	unsigned int count;
};

void
weir_metrics_family(struct weir_metrics_out *out, const char *name,
    const char *type, const char *unit, const char *help)
{
	bool is_plain = out->format == WEIR_METRICS_PLAIN;
	const char *end = "";

	out->family = name;
	/* The older format knows samples' names only, and no info. */
	if (is_plain && strcmp(type, "counter") == 0)
		end = "_total";
	if (is_plain && strcmp(type, "info") == 0) {
		end = "_info";
		type = "gauge";
	}
	(void)fprintf(out->stream, "# HELP %s%s %s\n# TYPE %s%s %s\n", name,
	    end, help, name, end, type);
	if (!is_plain && unit[0] != '\0')
		(void)fprintf(out->stream, "# UNIT %s %s\n", name, unit);
}

/* Out of another process's file: what it may be is printed, the rest is not. */
static void
print_value(FILE *stream, const char *value)
{
	json_t *string = weir_stat_string(value ? value : "?");
	const char *clean = string ? json_string_value(string) : "?";

	for (; *clean != '\0'; clean++) {
		if (*clean == '\\' || *clean == '"')
			(void)fputc('\\', stream);
		(void)fputc(*clean, stream);
	}
	json_decref(string);
}

static void
print_labels(FILE *stream, va_list args)
{
	const char *label, *value;
	bool is_first = true;

	while ((label = va_arg(args, const char *)) != NULL) {
		value = va_arg(args, const char *);
		(void)fprintf(stream, "%c%s=\"", is_first ? '{' : ',', label);
		print_value(stream, value);
		(void)fputc('"', stream);
		is_first = false;
	}
	if (!is_first)
		(void)fputc('}', stream);
}

void
weir_metrics_number(
    struct weir_metrics_out *out, const char *suffix, uint64_t value, ...)
{
	va_list args;

	(void)fprintf(out->stream, "%s%s", out->family, suffix);
	va_start(args, value);
	print_labels(out->stream, args);
	va_end(args);
	(void)fprintf(out->stream, " %" PRIu64 "\n", value);
}

void
weir_metrics_real(
    struct weir_metrics_out *out, const char *suffix, double value, ...)
{
	va_list args;

	(void)fprintf(out->stream, "%s%s", out->family, suffix);
	va_start(args, value);
	print_labels(out->stream, args);
	va_end(args);
	(void)fprintf(out->stream, " %.17g\n", value);
}

static uint64_t
load(weir_counter *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void
put_ways(struct run *run)
{
	struct weir_metrics_out *out = &run->out;
	const struct counted *item;
	unsigned int way;

	weir_metrics_family(out, "weir_received_queries", "counter", "",
	    "Client queries that reached weir.");
	for (item = run->items; item < run->items + run->count; item++)
		weir_metrics_number(out, "_total",
		    item->totals.ways[WEIR_WAY_QUERIES], "module", item->name,
		    NULL);
	weir_metrics_family(out, "weir_queries", "counter", "",
	    "Client queries by the way they went; each is in one of them.");
	for (item = run->items; item < run->items + run->count; item++)
		for (way = WEIR_WAY_PASSED; way <= WEIR_WAY_FAILED_SERVFAIL;
		     way++)
			weir_metrics_number(out, "_total",
			    item->totals.ways[way], "module", item->name, "way",
			    weir_way_text(way), NULL);
	weir_metrics_family(out, "weir_happenings", "counter", "",
	    "What is counted beside the ways: shadow, shelf-hit and others.");
	for (item = run->items; item < run->items + run->count; item++)
		for (way = WEIR_WAY_SHADOW; way < WEIR_WAY_COUNT; way++)
			weir_metrics_number(out, "_total",
			    item->totals.ways[way], "module", item->name,
			    "kind", weir_way_text(way), NULL);
}

static void
put_actions(struct run *run)
{
	const struct counted *item;
	unsigned int i;

	weir_metrics_family(&run->out, "weir_decided_queries", "counter", "",
	    "Queries that a rule decided, by its action.");
	for (item = run->items; item < run->items + run->count; item++)
		for (i = WEIR_ACTION_DEFAULT + 1; i < WEIR_ACTION_COUNT; i++)
			if (i != WEIR_ACTION_EXCEPT &&
			    i != WEIR_ACTION_CANCELLED)
				weir_metrics_number(&run->out, "_total",
				    item->totals.actions[i], "module",
				    item->name, "action", weir_action_text(i),
				    NULL);
}

static void
put_types(struct run *run, const char *name, const char *help, bool is_blocked)
{
	const struct counted *item;
	unsigned int i;

	weir_metrics_family(&run->out, name, "counter", "", help);
	for (item = run->items; item < run->items + run->count; item++)
		for (i = 0; i < WEIR_TYPE_COUNT; i++)
			weir_metrics_number(&run->out, "_total",
			    is_blocked ? item->totals.blocked_types[i]
				       : item->totals.types[i],
			    "module", item->name, "type",
			    weir_type_slot_text(i), NULL);
}

static void
put_transports(struct run *run)
{
	const struct counted *item;
	unsigned int i;

	weir_metrics_family(&run->out, "weir_transport_queries", "counter", "",
	    "Client queries by how they came.");
	for (item = run->items; item < run->items + run->count; item++)
		for (i = 0; i < WEIR_TRANSPORT_COUNT; i++)
			if (weir_transport_text(i))
				weir_metrics_number(&run->out, "_total",
				    item->totals.transports[i], "module",
				    item->name, "transport",
				    weir_transport_text(i), NULL);
}

static const char *const feed_texts[WEIR_FEED_COUNT] = {
	[WEIR_FEED_BLOCKED] = "blocked",
	[WEIR_FEED_ALLOWED] = "allowed",
	[WEIR_FEED_SHADOWED] = "shadowed",
};
static const char *const category_texts[WEIR_CATEGORY_COUNT] = {
	[WEIR_CATEGORY_BLOCKED] = "blocked",
	[WEIR_CATEGORY_ALLOWED] = "allowed",
	[WEIR_CATEGORY_SHADOWED] = "shadowed",
};

static void
put_feeds(struct run *run)
{
	const struct counted *item;
	unsigned int i, j;

	weir_metrics_family(&run->out, "weir_feed_queries", "counter", "",
	    "Queries that a feed decided, or would have in shadow mode.");
	for (item = run->items; item < run->items + run->count; item++)
		for (i = 0; i < item->totals.feed_count; i++)
			for (j = 0; j < WEIR_FEED_COUNT; j++)
				weir_metrics_number(&run->out, "_total",
				    item->totals.feeds[i].counts[j], "module",
				    item->name, "feed",
				    item->totals.feeds[i].name, "outcome",
				    feed_texts[j], NULL);
	weir_metrics_family(&run->out, "weir_category_queries", "counter", "",
	    "The same by the category of the entry; empty: it has none.");
	for (item = run->items; item < run->items + run->count; item++)
		for (i = 0; i < item->totals.category_count; i++)
			for (j = 0; j < WEIR_CATEGORY_COUNT; j++)
				weir_metrics_number(&run->out, "_total",
				    item->totals.categories[i].counts[j],
				    "module", item->name, "category",
				    item->totals.categories[i].name, "outcome",
				    category_texts[j], NULL);
}

static void
put_outcomes(struct run *run)
{
	static const char *const from_texts[] = { "cache", "network" };
	static const char *const by_texts[] = { "name", "alias" };
	const struct counted *item;
	unsigned int i, from, by;

	weir_metrics_family(&run->out, "weir_outcome_queries", "counter", "",
	    "Client queries by outcome, where the answer came from, and what "
	    "the rule is about.");
	for (item = run->items; item < run->items + run->count; item++)
		for (i = 0; i < WEIR_EVENT_OUTCOME_COUNT; i++)
			for (from = 0; from < WEIR_FROM_COUNT; from++)
				for (by = 0; by < WEIR_BY_COUNT; by++)
					weir_metrics_number(&run->out, "_total",
					    item->totals.outcomes[i][from][by],
					    "module", item->name, "outcome",
					    weir_event_outcome_text(i),
					    "source", from_texts[from], "rule",
					    by_texts[by], NULL);
}

static void
put_work(struct run *run)
{
	struct weir_metrics_out *out = &run->out;
	const struct counted *item;
	unsigned int i;
	uint64_t sum;
	char bound[32];

	weir_metrics_family(out, "weir_work_seconds", "histogram", "seconds",
	    "weir's own time for a client query, without Unbound's.");
	for (item = run->items; item < run->items + run->count; item++) {
		sum = 0;
		for (i = 0; i < WEIR_STATUS_WORK_BUCKETS; i++) {
			sum += item->totals.work_ns[i];
			if (i < BUCKET_FIRST || i > BUCKET_LAST)
				continue;
			(void)snprintf(bound, sizeof(bound), "%.9g",
			    (double)(1ULL << i) * 1e-9);
			weir_metrics_number(out, "_bucket", sum, "module",
			    item->name, "le", bound, NULL);
		}
		weir_metrics_number(out, "_bucket", sum, "module", item->name,
		    "le", "+Inf", NULL);
		weir_metrics_real(out, "_sum",
		    (double)item->totals.work_sum_ns * 1e-9, "module",
		    item->name, NULL);
		weir_metrics_number(
		    out, "_count", sum, "module", item->name, NULL);
	}
}

/* What stands in a module's header.  `scale` divides; 1: the number itself. */
static const struct family {
	const char *name, *type, *unit, *help;
	size_t offset;
	unsigned int scale;
} families[] = {
#define AT(member) offsetof(struct weir_status_header, member)
	{ "weir_reloads", "counter", "",
	    "Times that Unbound loaded the module in this process.", AT(inits),
	    1 },
	{ "weir_generation", "gauge", "",
	    "The database's generation that answers; 0: none.", AT(generation),
	    1 },
	{ "weir_serial", "gauge", "",
	    "Number of the swap whose policy answers; 0: none.",
	    AT(serial_current), 1 },
	{ "weir_acknowledged_serial", "gauge", "",
	    "Number of the last swap of which Unbound's cache is clean.",
	    AT(serial_acknowledged), 1 },
	{ "weir_acknowledged_timestamp_seconds", "gauge", "seconds",
	    "When that was.", AT(acknowledged_unix_ms), 1000 },
	{ "weir_database_failures", "counter", "",
	    "Times that a database could not be opened.", AT(failures), 1 },
	{ "weir_sweeps", "counter", "", "Finished sweeps of Unbound's cache.",
	    AT(sweeps), 1 },
	{ "weir_sweep_entries", "gauge", "",
	    "Messages that the last sweep looked at.", AT(sweep_entries), 1 },
	{ "weir_sweep_removed", "gauge", "",
	    "Messages that the last sweep removed.", AT(sweep_removed), 1 },
	{ "weir_sweep_seconds", "gauge", "seconds",
	    "Duration of the last sweep.", AT(sweep_us), 1000000 },
	{ "weir_sweep_table_hold_seconds", "gauge", "seconds",
	    "The longest time that the last sweep held a cache table's lock.",
	    AT(sweep_table_max_ns), 1000000000 },
	{ "weir_events_recorded", "counter", "",
	    "Events that the module's lists and stream have taken.",
	    AT(events_recorded), 1 },
	{ "weir_dnstap_sent", "counter", "", "Events sent as dnstap frames.",
	    AT(dnstap_sent), 1 },
	{ "weir_dnstap_lost", "counter", "",
	    "Events that found no room in the dnstap queue.", AT(dnstap_lost),
	    1 },
	{ "weir_dnstap_connects", "counter", "",
	    "Connections made to the dnstap reader.", AT(dnstap_connects), 1 },
#undef AT
};

static void
put_header(struct run *run, const struct family *family)
{
	const struct counted *item;
	const char *suffix = strcmp(family->type, "counter") == 0 ? "_total"
								  : "";
	uint64_t value;

	weir_metrics_family(
	    &run->out, family->name, family->type, family->unit, family->help);
	for (item = run->items; item < run->items + run->count; item++) {
		value = load((weir_counter *)((char *)item->status->header +
					      family->offset));
		if (family->scale == 1)
			weir_metrics_number(&run->out, suffix, value, "module",
			    item->name, NULL);
		else
			weir_metrics_real(&run->out, suffix,
			    (double)value / family->scale, "module", item->name,
			    NULL);
	}
}

static void
put_events(struct run *run)
{
	const struct counted *item;

	weir_metrics_family(&run->out, "weir_events_queued", "counter", "",
	    "Events that went into the workers' queues.");
	for (item = run->items; item < run->items + run->count; item++)
		weir_metrics_number(&run->out, "_total",
		    item->totals.events_pushed, "module", item->name, NULL);
	weir_metrics_family(&run->out, "weir_events_lost", "counter", "",
	    "Events over max-events, or that found no room in them.");
	for (item = run->items; item < run->items + run->count; item++)
		weir_metrics_number(&run->out, "_total",
		    item->totals.events_lost, "module", item->name, NULL);
}

/* A text of a fixed size of the header. */
static const char *
fixed(const char *text, size_t size, char *copy)
{
	memcpy(copy, text, size);
	copy[size - 1] = '\0';
	return copy;
}

static void
put_modules(struct run *run)
{
	struct weir_metrics_out *out = &run->out;
	const struct counted *item;
	struct weir_status_header *header;
	char unbound[32], weir[32], problem[256];

	weir_metrics_family(out, "weir_modules", "gauge", "",
	    "Resolvers with weir that run on this machine.");
	weir_metrics_number(out, "", run->count, NULL);
	weir_metrics_family(
	    out, "weir_module", "info", "", "Versions of a running module.");
	for (item = run->items; item < run->items + run->count; item++) {
		header = item->status->header;
		weir_metrics_number(out, "_info", 1, "module", item->name,
		    "weir", fixed(header->weir_version, sizeof(weir), weir),
		    "unbound",
		    fixed(header->unbound_version, sizeof(unbound), unbound),
		    NULL);
	}
	weir_metrics_family(out, "weir_start_timestamp_seconds", "gauge",
	    "seconds", "When the resolver loaded weir first.");
	for (item = run->items; item < run->items + run->count; item++)
		weir_metrics_number(out, "", item->status->header->started_unix,
		    "module", item->name, NULL);
	weir_metrics_family(out, "weir_acknowledged", "gauge", "",
	    "1: what the database folder names answers, and the cache is "
	    "clean.");
	for (item = run->items; item < run->items + run->count; item++)
		weir_metrics_number(out, "",
		    weir_totals_is_acknowledged(item->status), "module",
		    item->name, NULL);
	weir_metrics_family(out, "weir_database_problem", "gauge", "",
	    "1: the last swap was refused; weir-stat says why.");
	for (item = run->items; item < run->items + run->count; item++) {
		weir_status_get_problem(item->status, problem, sizeof(problem));
		weir_metrics_number(
		    out, "", problem[0] != '\0', "module", item->name, NULL);
	}
	weir_metrics_family(out, "weir_dnstap_connected", "gauge", "",
	    "Whether somebody takes the dnstap stream; absent if none is "
	    "wanted.");
	for (item = run->items; item < run->items + run->count; item++) {
		unsigned int state = atomic_load(&item->status->header->dnstap);

		if (state != WEIR_DNSTAP_NONE)
			weir_metrics_number(out, "",
			    state == WEIR_DNSTAP_CONNECTED, "module",
			    item->name, NULL);
	}
}

static void
take_name(const struct weir_status *status, char name[MODULE_SIZE])
{
	const char *slash = strrchr(status->path, '/');
	const char *from = slash ? slash + 1 : status->path;
	size_t len = strcspn(from, ".");

	(void)snprintf(name, MODULE_SIZE, "%.*s",
	    len < MODULE_SIZE ? (int)len : MODULE_SIZE - 1, from);
}

static void
put_all(struct run *run, const struct weir_metrics *metrics)
{
	size_t i;

	put_modules(run);
	put_ways(run);
	put_outcomes(run);
	put_actions(run);
	put_types(run, "weir_type_queries", "Client queries by type.", false);
	put_types(run, "weir_blocked_type_queries",
	    "Blocked client queries by type.", true);
	put_transports(run);
	put_feeds(run);
	put_work(run);
	put_events(run);
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		put_header(run, &families[i]);
	if (metrics->sync)
		weir_metrics_sync(&run->out, metrics->sync, metrics->now_unix);
	if (run->out.format == WEIR_METRICS_OPEN)
		(void)fputs("# EOF\n", run->out.stream);
}

int
weir_metrics_print(const struct weir_metrics *metrics,
    enum weir_metrics_format format, FILE *stream)
{
	struct run run = { .out = { stream, format, "" } };
	int ret = WEIR_OK;
	unsigned int i;

	run.items = calloc(
	    (size_t)metrics->module_count + 1, sizeof(*run.items));
	if (!run.items)
		return WEIR_EMEMORY;
	for (i = 0; i < metrics->module_count && ret == WEIR_OK; i++) {
		struct counted *item = &run.items[run.count++];

		item->status = &metrics->modules[i];
		take_name(item->status, item->name);
		ret = weir_totals_add(&item->totals, item->status);
	}
	if (ret == WEIR_OK) {
		put_all(&run, metrics);
		if (fflush(stream) != 0 || ferror(stream))
			ret = WEIR_ESYSTEM;
	}
	for (i = 0; i < run.count; i++)
		weir_totals_done(&run.items[i].totals);
	free(run.items);
	return ret;
}
