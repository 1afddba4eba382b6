/*
 * history_year.c - a span of events that never were, in a history.
 *
 *   history_year FILE DAYS PER_HOUR SIZE_MB
 *
 * Writes PER_HOUR events for each hour of the last DAYS days, with the clock
 * that they would have had, and counts for itself what it sends.  Then it asks
 * the history: totals of each day and outcome must be the same, to the last
 * event; of the last seven days no name's count may be too low, or too high by
 * more than it says; the file may never have been larger than SIZE_MB.  Prints
 * the figures; exit code 1: something is wrong.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "stats/history.h"

#define DAY_S   86400ULL
#define NAMES   20000U
#define CLIENTS 300U
#define ROUNDS  7

struct span {
	const char *path;
	uint64_t begin, days, per_hour, size;
	uint64_t (*sent)[WEIR_EVENT_OUTCOME_COUNT]; /* of a day */
	uint64_t names[NAMES];                      /* blocked, last 7 days */
	uint64_t largest;
	uint64_t random;
	unsigned int day; /* of what is read, or the round */
	unsigned int rows;
	int fault;
};

static struct weir_problem problem;

static uint64_t
next(struct span *span, uint64_t below)
{
	span->random = span->random * 6364136223846793005ULL +
		       1442695040888963407ULL;
	return (span->random >> 33) % below;
}

static int
fail(const char *what)
{
	(void)fprintf(stderr, "history_year: %s: %s\n", what, problem.text);
	return 1;
}

static int
add(struct span *span, struct weir_history *history, uint64_t unix_s)
{
	static const uint8_t outcomes[] = { WEIR_EVENT_BLOCKED,
		WEIR_EVENT_BLOCKED, WEIR_EVENT_BLOCKED, WEIR_EVENT_SHADOWED,
		WEIR_EVENT_ALLOWED, WEIR_EVENT_PASSED };
	/* A few come often, most seldom. */
	uint64_t at = next(span, NAMES), name = at * at / NAMES * at / NAMES;
	uint64_t client = next(span, CLIENTS);
	char qname[64], domain[64];
	struct weir_record record = { .time_ns = unix_s * 1000000000ULL,
		.outcome = outcomes[next(span, sizeof(outcomes))],
		.transport = WEIR_TRANSPORT_UDP,
		.rcode = 3,
		.qtype = next(span, 3) ? 1 : 28,
		.client = { .family = 4, .prefix = 32 },
		.qname = qname,
		.rule = domain,
		.domain = domain,
		.feed = name % 3 ? "malware" : "ads",
		.category = "phishing",
		.action = "nxdomain",
		.times = 1 };
	uint64_t day = (unix_s - span->begin) / DAY_S;

	snprintf(qname, sizeof(qname), "n%" PRIu64 ".d%" PRIu64 ".example",
	    name, name / 4);
	snprintf(domain, sizeof(domain), "d%" PRIu64 ".example", name / 4);
	record.client.address[0] = 10;
	record.client.address[2] = (uint8_t)(client >> 8);
	record.client.address[3] = (uint8_t)client;
	span->sent[day][record.outcome]++;
	if (record.outcome == WEIR_EVENT_BLOCKED && day + 7 >= span->days)
		span->names[name]++;
	return weir_history_add(history, &record);
}

static uint64_t
size_of(const char *path, const char *suffix)
{
	char file[4096];
	struct stat about;

	snprintf(file, sizeof(file), "%s%s", path, suffix);
	return stat(file, &about) == 0 ? (uint64_t)about.st_size : 0;
}

static int
fill(struct span *span)
{
	struct weir_history_limits limits = { span->size, 30, 7, 400, 30 };
	uint64_t hour, i, now, size;
	struct weir_history *history;

	if (weir_history_open(span->path, &limits, &history, &problem) != 0 ||
	    weir_history_flush(history, span->begin, &problem) != 0)
		return fail(span->path);
	for (hour = 0; hour < span->days * 24; hour++)
		for (i = 0; i < span->per_hour; i++) {
			now = span->begin + hour * 3600 +
			      i * 3600 / span->per_hour;
			if (add(span, history, now) != 0)
				return fail("an event");
			if (i + 1 < span->per_hour && i % 1000 != 999)
				continue;
			if (weir_history_flush(history, now, &problem) != 0)
				return fail("a flush");
			size = size_of(span->path, "") +
			       size_of(span->path, "-wal") +
			       size_of(span->path, "-shm");
			if (size > span->largest)
				span->largest = size;
		}
	if (weir_history_lost_count(history) > 0)
		return fail("events were lost");
	weir_history_close(history);
	return 0;
}

static int
check_step(void *arg, const struct weir_history_step *step)
{
	struct span *span = arg;

	span->day = (unsigned int)((step->begin_unix - span->begin) / DAY_S);
	if (memcmp(step->counts, span->sent[span->day], sizeof(step->counts)) !=
		0 ||
	    step->lost > 0)
		span->fault = fail("the totals of a day are not what was sent");
	span->rows++;
	return 0;
}

static int
check_row(void *arg, const struct weir_history_row *row)
{
	struct span *span = arg;
	uint64_t name = strtoull(row->key + 1, NULL, 10);

	if (name >= NAMES || span->names[name] > row->count ||
	    row->count - row->error > span->names[name])
		span->fault = fail("the count of a name is not what was sent");
	if (span->rows++ < 3 && span->day == 0)
		printf("  %s %" PRIu64 " (too high by %" PRIu64
		       " at most), sent %" PRIu64 "\n",
		    row->key, row->count, row->error,
		    name < NAMES ? span->names[name] : 0);
	return 0;
}

static double
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1000.0 + (double)now.tv_nsec / 1e6;
}

static int
check_top(struct span *span)
{
	uint64_t until = span->begin + span->days * DAY_S;
	uint64_t from = span->days > 7 ? until - 7 * DAY_S : span->begin;
	double started, took, worst = 0, first = 0;
	struct weir_history *history;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		span->rows = 0;
		span->day = i; /* shown once */
		started = clock_ms();
		if (weir_history_open_read(span->path, &history, &problem) !=
			0 ||
		    weir_history_top(history, WEIR_HISTORY_NAMES, false, from,
			until, 20, check_row, span, &problem) != 0)
			return fail("the top list");
		weir_history_close(history);
		took = clock_ms() - started;
		first = i == 0 ? took : first;
		worst = took > worst ? took : worst;
		if (span->rows != 20)
			return fail("too few rows");
	}
	printf("top names of 7 days: %.0f ms the first time, %.0f at most\n",
	    first, worst);
	return 0;
}

static int
check(struct span *span)
{
	struct weir_history *history;

	if (weir_history_open_read(span->path, &history, &problem) != 0 ||
	    weir_history_time(history, span->begin,
		span->begin + span->days * DAY_S, DAY_S, check_step, span,
		&problem) != 0)
		return fail("the totals");
	weir_history_close(history);
	if (span->rows != span->days)
		return fail("days are missing");
	if (span->largest > span->size)
		return fail("the file was too large");
	if (check_top(span) != 0)
		return 1;
	printf("%" PRIu64 " days, %" PRIu64
	       " events, all in the totals; %.1f MB at most of %.1f\n",
	    span->days, span->days * 24 * span->per_hour,
	    (double)span->largest / 1048576.0, (double)span->size / 1048576.0);
	return span->fault;
}

int
main(int argc, char **argv)
{
	static struct span span;
	double started;

	if (argc != 5)
		return fail("FILE DAYS PER_HOUR SIZE_MB");
	span.path = argv[1];
	span.days = strtoull(argv[2], NULL, 10);
	span.per_hour = strtoull(argv[3], NULL, 10);
	span.size = strtoull(argv[4], NULL, 10) << 20;
	span.random = 42;
	if (span.days < 1 || span.days > 1000 || span.per_hour < 1)
		return fail("the span");
	span.begin = (uint64_t)time(NULL) / DAY_S * DAY_S - span.days * DAY_S;
	span.sent = calloc(span.days, sizeof(*span.sent));
	if (!span.sent)
		return fail("memory");
	started = clock_ms();
	if (fill(&span) != 0)
		return 1;
	printf("written in %.1f s\n", (clock_ms() - started) / 1000.0);
	return check(&span);
}
