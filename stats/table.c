/*
 * table.c - statistics as tables for people.
 *
 * Rows of nothing but zeros are left out, except where the zero is the news.
 */
#include <inttypes.h>
#include <time.h>

#include "stats/report.h"

#define COLUMN 24 /* width of the names */

static const struct {
	enum weir_way way;
	const char *text;
	bool is_always; /* shown even if it is 0 */
} ways[] = {
	{ WEIR_WAY_PASSED, "no rule spoke", true },
	{ WEIR_WAY_ALLOWED, "allowed by a rule", true },
	{ WEIR_WAY_BLOCKED_NAME, "blocked, by name", true },
	{ WEIR_WAY_BLOCKED_ALIAS, "blocked, by alias", true },
	{ WEIR_WAY_BOGUS, "bogus, SERVFAIL", false },
	{ WEIR_WAY_RESOLVE_FAILED, "not resolved, SERVFAIL", false },
	{ WEIR_WAY_FAILED_PASS, "weir failed, passed", false },
	{ WEIR_WAY_FAILED_SERVFAIL, "weir failed, SERVFAIL", false },
}, beside[] = {
	{ WEIR_WAY_SHADOW, "shadow: would be blocked", false },
	{ WEIR_WAY_SHELF_HIT, "taken from the shelf", false },
	{ WEIR_WAY_SHELF_STORED, "put on the shelf", false },
	{ WEIR_WAY_EVICTED, "taken out of the cache", false },
	{ WEIR_WAY_INTERNAL, "without a client", false },
};

static void
print_row(FILE *stream, const char *name, uint64_t count, uint64_t of)
{
	(void)fprintf(stream, "  %-*s %12" PRIu64, COLUMN, name, count);
	if (of > 0)
		(void)fprintf(
		    stream, " %6.2f %%", 100.0 * (double)count / (double)of);
	(void)fputc('\n', stream);
}

static void
print_ways(const struct weir_totals *totals, FILE *stream)
{
	uint64_t all = totals->ways[WEIR_WAY_QUERIES], count;
	unsigned int i;

	(void)fprintf(stream, "%-*s %14" PRIu64 "\n", COLUMN, "queries", all);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		count = totals->ways[ways[i].way];
		if (count > 0 || ways[i].is_always)
			print_row(stream, ways[i].text, count, all);
	}
	(void)fputs("  (Unbound's answers from its own cache are not "
		    "counted: none is a blocked one)\n"
		    "beside these\n",
	    stream);
	for (i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		print_row(
		    stream, beside[i].text, totals->ways[beside[i].way], 0);
}

static void
print_actions(const struct weir_totals *totals, FILE *stream)
{
	unsigned int i;

	(void)fputs("\nactions\n", stream);
	for (i = WEIR_ACTION_DEFAULT + 1; i < WEIR_ACTION_COUNT; i++)
		if (totals->actions[i] > 0)
			print_row(
			    stream, weir_action_text(i), totals->actions[i], 0);
}

static void
print_types(const struct weir_totals *totals, FILE *stream)
{
	unsigned int i;

	(void)fprintf(stream, "\n%-*s %14s %12s\n", COLUMN, "types", "queries",
	    "blocked");
	for (i = 0; i < WEIR_TYPE_COUNT; i++)
		if (totals->types[i] > 0 || totals->blocked_types[i] > 0)
			(void)fprintf(stream,
			    "  %-*s %12" PRIu64 " %12" PRIu64 "\n", COLUMN,
			    weir_type_slot_text(i), totals->types[i],
			    totals->blocked_types[i]);
}

/* Text of a status file may hold any octet: none of them moves the cursor. */
static void
print_text(FILE *stream, const char *text, int width)
{
	for (; *text; text++, width--)
		(void)fputc(*text >= ' ' && *text < 0x7f ? *text : '?', stream);
	for (; width > 0; width--)
		(void)fputc(' ', stream);
}

static void
print_feeds(const struct weir_totals *totals, FILE *stream)
{
	unsigned int i;

	(void)fprintf(stream, "\n%-*s %14s %12s %12s\n", COLUMN, "feeds",
	    "blocked", "allowed", "shadowed");
	for (i = 0; i < totals->feed_count; i++) {
		const struct weir_totals_feed *feed = &totals->feeds[i];
		const uint64_t *counts = feed->counts;

		/* Slot 0: feeds for which there was no slot left. */
		if (i == 0 && counts[WEIR_FEED_BLOCKED] == 0 &&
		    counts[WEIR_FEED_ALLOWED] == 0 &&
		    counts[WEIR_FEED_SHADOWED] == 0)
			continue;
		(void)fputs("  ", stream);
		print_text(stream, feed->name, COLUMN);
		(void)fprintf(stream,
		    " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n",
		    counts[WEIR_FEED_BLOCKED], counts[WEIR_FEED_ALLOWED],
		    counts[WEIR_FEED_SHADOWED]);
	}
}

static void
print_categories(const struct weir_totals *totals, FILE *stream)
{
	unsigned int i;

	(void)fprintf(stream, "\n%-*s %14s %12s %12s\n", COLUMN, "categories",
	    "blocked", "allowed", "shadowed");
	for (i = 0; i < totals->category_count; i++) {
		const struct weir_totals_category *category =
		    &totals->categories[i];
		const uint64_t *counts = category->counts;

		if (counts[WEIR_CATEGORY_BLOCKED] == 0 &&
		    counts[WEIR_CATEGORY_ALLOWED] == 0 &&
		    counts[WEIR_CATEGORY_SHADOWED] == 0)
			continue;
		(void)fputs("  ", stream);
		print_text(stream,
		    category->name[0] ? category->name : "(none)", COLUMN);
		(void)fprintf(stream,
		    " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n",
		    counts[WEIR_CATEGORY_BLOCKED],
		    counts[WEIR_CATEGORY_ALLOWED],
		    counts[WEIR_CATEGORY_SHADOWED]);
	}
}

static void
print_transports(const struct weir_totals *totals, FILE *stream)
{
	unsigned int i;

	(void)fputs("\ntransports\n", stream);
	for (i = 0; i < WEIR_TRANSPORT_COUNT; i++)
		if (totals->transports[i] > 0)
			print_row(stream, weir_transport_text(i),
			    totals->transports[i],
			    totals->ways[WEIR_WAY_QUERIES]);
}

/* How many of an outcome asked no server, and how many were about an alias. */
static void
print_outcomes(const struct weir_totals *totals, FILE *stream)
{
	unsigned int i;

	(void)fprintf(stream, "\n%-*s %14s %12s %12s\n", COLUMN, "outcomes",
	    "queries", "from cache", "by alias");
	for (i = 0; i < WEIR_EVENT_OUTCOME_COUNT; i++) {
		const uint64_t(*of)[WEIR_BY_COUNT] = totals->outcomes[i];

		(void)fprintf(stream,
		    "  %-*s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n",
		    COLUMN, weir_event_outcome_text(i),
		    weir_totals_outcome(totals, i),
		    of[WEIR_FROM_CACHE][WEIR_BY_NAME] +
			of[WEIR_FROM_CACHE][WEIR_BY_ALIAS],
		    of[WEIR_FROM_CACHE][WEIR_BY_ALIAS] +
			of[WEIR_FROM_NETWORK][WEIR_BY_ALIAS]);
	}
	print_row(stream, "events made",
	    totals->events_pushed + totals->events_lost, 0);
	print_row(stream, "events lost", totals->events_lost, 0);
	if (totals->dnstap_count + totals->dnstap_sent == 0)
		return;
	print_row(stream, "dnstap frames sent", totals->dnstap_sent, 0);
	print_row(stream, "dnstap frames lost", totals->dnstap_lost, 0);
}

static void
print_work(const struct weir_totals *totals, FILE *stream)
{
	uint64_t timed = weir_totals_timed(totals);

	if (timed == 0)
		return;
	(void)fprintf(stream,
	    "\nweir's own time for a query: %.1f us in the mean, below %.1f us "
	    "for half of them, %.1f us for 99 of 100\n",
	    (double)totals->work_sum_ns / (double)timed / 1000.0,
	    (double)(weir_totals_work_quantile(totals, 500) + 1) / 1000.0,
	    (double)(weir_totals_work_quantile(totals, 990) + 1) / 1000.0);
}

/* What the lists, tail and dnstap do not have. */
static void
print_lost(const struct weir_totals *totals, FILE *stream)
{
	if (totals->events_lost > 0)
		(void)fprintf(stream,
		    "\n%" PRIu64 " of %" PRIu64 " events are in no list: more "
		    "than max-events, or than was taken in time\n",
		    totals->events_lost,
		    totals->events_pushed + totals->events_lost);
}

static void
print_time(FILE *stream, uint64_t unix_s)
{
	time_t when = (time_t)unix_s;
	struct tm tm;
	char text[32] = "?";

	if (gmtime_r(&when, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &tm);
	(void)fputs(text, stream);
}

static void
print_module(const struct weir_status *status, const struct weir_totals *totals,
    FILE *stream)
{
	struct weir_status_header *header = status->header;
	uint64_t serial = atomic_load(&header->serial_current);
	char version[sizeof(header->unbound_version) + 1] = "";
	char problem[sizeof(header->problem)];

	(void)snprintf(version, sizeof(version), "%.*s",
	    (int)sizeof(header->unbound_version), header->unbound_version);
	(void)fprintf(stream, "  pid %ld: Unbound ", (long)header->pid);
	print_text(stream, version, 0);
	(void)fprintf(stream, ", %u %s, since ", status->workers,
	    status->workers == 1 ? "thread" : "threads");
	print_time(stream, header->started_unix);
	(void)fprintf(stream, "\n    %" PRIu64 " %s, %" PRIu64 " blocked\n",
	    totals->ways[WEIR_WAY_QUERIES],
	    totals->ways[WEIR_WAY_QUERIES] == 1 ? "query" : "queries",
	    weir_totals_blocked(totals));
	if (serial == 0)
		(void)fputs("    no database yet\n", stream);
	else
		(void)fprintf(stream,
		    "    generation %" PRIu64 ", serial %" PRIu64 ", %s\n",
		    atomic_load(&header->generation), serial,
		    weir_totals_is_acknowledged(status)
			? "acknowledged"
			: "not yet acknowledged");
	(void)fprintf(stream,
	    "    last sweep: %" PRIu64 " of %" PRIu64
	    " cached answers removed in %.1f ms, a table locked for %.1f us "
	    "at most\n",
	    atomic_load(&header->sweep_removed),
	    atomic_load(&header->sweep_entries),
	    (double)atomic_load(&header->sweep_us) / 1000.0,
	    (double)atomic_load(&header->sweep_table_max_ns) / 1000.0);
	weir_status_get_problem(status, problem, sizeof(problem));
	if (problem[0]) {
		(void)fputs("    problem: ", stream);
		print_text(stream, problem, 0);
		(void)fputc('\n', stream);
	}
}

int
weir_table_print(const struct weir_report *report, FILE *stream)
{
	unsigned int i;

	print_ways(report->sum, stream);
	print_actions(report->sum, stream);
	print_types(report->sum, stream);
	print_feeds(report->sum, stream);
	print_categories(report->sum, stream);
	print_transports(report->sum, stream);
	print_outcomes(report->sum, stream);
	print_work(report->sum, stream);
	print_lost(report->sum, stream);
	(void)fputs("\nmodules\n", stream);
	for (i = 0; i < report->module_count; i++)
		print_module(
		    &report->modules[i], &report->module_totals[i], stream);
	return fflush(stream) == 0 && !ferror(stream) ? WEIR_OK : WEIR_ESYSTEM;
}
