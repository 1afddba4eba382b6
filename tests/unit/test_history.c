/*
 * test_history.c - the history: what goes in comes out, and the limits hold.
 */
#include "stats/history.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define BEGIN UINT64_C(1704067200) /* 2024-01-01 00:00:00 UTC */
#define S     UINT64_C(1000000000)

static const struct weir_history_limits large = { 1ULL << 30, 30, 7, 400, 30 };
static struct scratch scratch;
static struct weir_problem problem;
static char path[SCRATCH_FOLDER_SIZE + 16];

static struct weir_history *
open_at(const struct weir_history_limits *limits, uint64_t now_unix)
{
	struct weir_history *history = NULL;

	ck_assert_msg(weir_history_open(path, limits, &history, &problem) == 0,
	    "%s", problem.text);
	ck_assert_int_eq(weir_history_flush(history, now_unix, &problem), 0);
	return history;
}

static struct weir_history *
begin(uint64_t now_unix)
{
	scratch_init(&scratch);
	snprintf(path, sizeof(path), "%s/history.db", scratch.folder);
	return open_at(&large, now_unix);
}

static void
end(struct weir_history *history)
{
	weir_history_close(history);
	scratch_done(&scratch);
}

static struct weir_record
record_of(uint64_t unix_s, const char *qname, unsigned int client,
    unsigned int outcome)
{
	struct weir_record record = { .time_ns = unix_s * S,
		.outcome = (uint8_t)outcome,
		.transport = WEIR_TRANSPORT_TLS,
		.rcode = 3,
		.qtype = 28,
		.client = { .family = 4, .prefix = 32 },
		.qname = qname,
		.rule = "bad.example",
		.domain = "bad.example",
		.feed = "malware",
		.category = "c2",
		.action = "nxdomain",
		.is_from_cache = true,
		.times = 1 };

	record.client.address[0] = 10;
	record.client.address[2] = (uint8_t)(client >> 8);
	record.client.address[3] = (uint8_t)client;
	return record;
}

static void
add(struct weir_history *history, uint64_t unix_s, const char *qname,
    unsigned int client, unsigned int outcome)
{
	struct weir_record record = record_of(unix_s, qname, client, outcome);

	ck_assert_int_eq(weir_history_add(history, &record), 0);
}

static void
flush(struct weir_history *history, uint64_t now_unix)
{
	ck_assert_msg(weir_history_flush(history, now_unix, &problem) == 0,
	    "%s", problem.text);
}

/* Rows as text, one a line. */
static char text[65536];

static int
print_row(void *arg, const struct weir_history_row *row)
{
	size_t len = strlen(text);

	(void)arg;
	snprintf(text + len, sizeof(text) - len,
	    "%s%s%s %" PRIu64 " %" PRIu64 "\n", row->key,
	    row->name[0] ? " " : "", row->name, row->count, row->error);
	return 0;
}

static const char *
top(struct weir_history *history, unsigned int kind, bool is_shadow,
    uint64_t from, uint64_t until, unsigned int limit)
{
	text[0] = '\0';
	ck_assert_msg(weir_history_top(history, kind, is_shadow, from, until,
			  limit, print_row, NULL, &problem) == 0,
	    "%s", problem.text);
	return text;
}

static int
print_step(void *arg, const struct weir_history_step *step)
{
	size_t len = strlen(text);

	(void)arg;
	snprintf(text + len, sizeof(text) - len,
	    "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    " lost %" PRIu64 "\n",
	    step->begin_unix - BEGIN, step->counts[0], step->counts[1],
	    step->counts[2], step->counts[3], step->lost);
	return 0;
}

static const char *
steps(struct weir_history *history, uint64_t from, uint64_t until,
    unsigned int step_s)
{
	text[0] = '\0';
	ck_assert_msg(weir_history_time(history, from, until, step_s,
			  print_step, NULL, &problem) == 0,
	    "%s", problem.text);
	return text;
}

static int
print_event(void *arg, const struct weir_record *record)
{
	char client[WEIR_CLIENT_TEXT_SIZE];
	size_t len = strlen(text);

	(void)arg;
	weir_client_print(&record->client, client);
	snprintf(text + len, sizeof(text) - len,
	    "%" PRIu64 " %s %s %s/%s/%s/%s %u %u %u %u%s%s x%u\n",
	    record->time_ns / S - BEGIN, client, record->qname, record->rule,
	    record->feed, record->category, record->action, record->outcome,
	    record->transport, record->rcode, record->qtype,
	    record->is_alias ? " alias" : "",
	    record->is_from_cache ? " cache" : "", record->times);
	return 0;
}

static const char *
events(struct weir_history *history, const struct weir_history_filter *filter)
{
	text[0] = '\0';
	ck_assert_msg(weir_history_events(
			  history, filter, print_event, NULL, &problem) == 0,
	    "%s", problem.text);
	return text;
}

static const char *
resolved(struct weir_history *history, const char *name)
{
	text[0] = '\0';
	ck_assert_msg(weir_history_resolved(
			  history, name, print_row, NULL, &problem) == 0,
	    "%s", problem.text);
	return text;
}

static int64_t
ask_sql(const char *sql)
{
	sqlite3 *sqlite;
	sqlite3_stmt *statement;
	int64_t number;

	ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(sqlite);
	return number;
}

static void
change_sql(const char *sql)
{
	sqlite3 *sqlite;

	ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sqlite);
}

/* The minutes of the hour in which a history begins, when that hour is over; when
 * some are gone, the hour has all. */
START_TEST(the_first_hour_has_its_minutes)
{
	struct weir_history *history = begin(BEGIN + 2500);

	add(history, BEGIN + 2520, "bad.example", 1, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 3000, "bad.example", 1, WEIR_EVENT_BLOCKED);
	flush(history, BEGIN + 3100);
	add(history, BEGIN + 3700, "bad.example", 1, WEIR_EVENT_BLOCKED);
	flush(history, BEGIN + 3800);
	ck_assert_str_eq(steps(history, BEGIN + 1800, BEGIN + 7200, 60),
	    "2520 1 0 0 0 lost 0\n3000 1 0 0 0 lost 0\n"
	    "3660 1 0 0 0 lost 0\n");
	flush(history, BEGIN + 4000);
	ck_assert_int_eq(ask_sql("DELETE FROM minute WHERE begin = "
				 "(SELECT min(begin) FROM minute) RETURNING 1"),
	    1);
	ck_assert_str_eq(steps(history, BEGIN + 1800, BEGIN + 7200, 60),
	    "0 2 0 0 0 lost 0\n3660 1 0 0 0 lost 0\n");
	weir_history_close(history);
}
END_TEST

START_TEST(what_goes_in_comes_out)
{
	struct weir_history *history = begin(BEGIN), *reader;
	struct weir_history_filter any = {
		.until_unix = BEGIN + 9999, .outcome = -1, .limit = 10
	};
	struct weir_record record = record_of(
	    BEGIN + 130, "Cdn.\\.x.example.", 2, WEIR_EVENT_BLOCKED);

	add(history, BEGIN + 1, "www.bad.example", 1, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 2, "www.bad.example", 1, WEIR_EVENT_SHADOWED);
	add(history, BEGIN + 61, "good.example", 1, WEIR_EVENT_ALLOWED);
	add(history, BEGIN + 62, "other.example", 3, WEIR_EVENT_PASSED);
	record.times = 5;
	record.is_alias = true;
	record.is_from_cache = false;
	record.client.family = 6;
	record.client.prefix = 56;
	ck_assert_int_eq(weir_history_add(history, &record), 0);
	ck_assert_int_eq(weir_history_lost(history, (BEGIN + 130) * S, 7), 0);
	flush(history, BEGIN + 140);
	ck_assert_int_eq(weir_history_open_read(path, &reader, &problem), 0);
	ck_assert_str_eq(steps(reader, BEGIN, BEGIN + 3600, 60),
	    "0 1 1 0 0 lost 0\n60 0 0 1 1 lost 0\n120 5 0 0 0 lost 7\n");
	ck_assert_str_eq(
	    steps(reader, BEGIN + 60, BEGIN + 120, 3600), "0 0 0 1 1 lost 0\n");
	ck_assert_str_eq(events(reader, &any),
	    "130 a00:2::/56 cdn.\\.x.example "
	    "bad.example/malware/c2/nxdomain 0 3 3 28 alias x5\n"
	    "61 10.0.0.1 good.example bad.example/malware/c2/nxdomain "
	    "2 3 3 28 cache x1\n"
	    "2 10.0.0.1 www.bad.example bad.example/malware/c2/nxdomain "
	    "1 3 3 28 cache x1\n"
	    "1 10.0.0.1 www.bad.example bad.example/malware/c2/nxdomain "
	    "0 3 3 28 cache x1\n");
	ck_assert_str_eq(
	    top(reader, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 200, 9),
	    "cdn.\\.x.example 5 0\nwww.bad.example 1 0\n");
	ck_assert_str_eq(
	    top(reader, WEIR_HISTORY_CLIENTS, true, BEGIN, BEGIN + 200, 9),
	    "10.0.0.1 1 0\n");
	ck_assert_str_eq(
	    top(reader, WEIR_HISTORY_TYPES, false, BEGIN, BEGIN + 200, 9),
	    "AAAA 6 0\n");
	ck_assert_str_eq(
	    top(reader, WEIR_HISTORY_FEEDS, false, BEGIN, BEGIN + 200, 9),
	    "malware 6 0\n");
	ck_assert_str_eq(
	    top(reader, WEIR_HISTORY_CATEGORIES, false, BEGIN, BEGIN + 1, 9),
	    "c2 6 0\n");
	ck_assert_str_eq(top(reader, WEIR_HISTORY_DOMAINS, false, BEGIN + 3600,
			     BEGIN + 7200, 9),
	    "");
	ck_assert_str_eq(resolved(reader, "example"),
	    "a00:2::/56 cdn.\\.x.example 0 0\n"
	    "10.0.0.1 www.bad.example 0 0\n10.0.0.1 good.example 0 0\n"
	    "10.0.0.3 other.example 0 0\n");
	weir_history_close(reader);
	end(history);
}
END_TEST

START_TEST(events_can_be_chosen)
{
	static const struct {
		struct weir_history_filter filter;
		const char *seconds;
	} rows[] = {
		{ { .name = "a.example" }, "4 2 1" },
		{ { .name = "A.Example." }, "4 2 1" },
		{ { .name = "x.a.example" }, "2" },
		{ { .name = "example" }, "5 4 3 2 1" },
		{ { .name = "" }, "5 4 3 2 1" },
		{ { .name = "ample" }, "" },
		{ { .client = "10.0.0.2" }, "3 2" },
		{ { .client = "10.0.0.0/24" }, "3 2 1" },
		{ { .client = "10.0.0.0/8", .limit = 2 }, "5 4" },
		{ { .client = "::/0" }, "" },
		{ { .feed = "malware" }, "5 4 3 2 1" },
		{ { .feed = "malwar" }, "" },
		{ { .feed = "c2" }, "" },
		{ { .feed = "bad.example" }, "" },
		{ { .outcome = WEIR_EVENT_ALLOWED }, "5" },
		{ { .from_unix = BEGIN + 2, .until_unix = BEGIN + 4 }, "3 2" },
		{ { .name = "a.example", .client = "10.0.0.2" }, "2" },
	};
	struct weir_history *history = begin(BEGIN);
	char found[64], *line, *save;
	size_t i;

	add(history, BEGIN + 1, "a.example", 1, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 2, "x.a.example", 2, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 3, "aa.example", 2, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 4, "a.example", 257, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 5, "a-b.example", 258, WEIR_EVENT_ALLOWED);
	flush(history, BEGIN + 6);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weir_history_filter filter = rows[i].filter;

		if (filter.until_unix == 0)
			filter.until_unix = UINT64_MAX;
		if (filter.limit == 0)
			filter.limit = 100;
		if (filter.outcome == 0)
			filter.outcome = -1;
		events(history, &filter);
		found[0] = '\0';
		for (line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			sprintf(found + strlen(found), "%s%.*s",
			    found[0] ? " " : "", (int)strcspn(line, " "), line);
		ck_assert_msg(strcmp(found, rows[i].seconds) == 0,
		    "row %zu: %s, not %s", i, found, rows[i].seconds);
	}
	end(history);
}
END_TEST

START_TEST(closed_lists_are_cut_and_say_by_how_much)
{
	static const struct weir_history_limits small = { 8 << 20, 30, 7, 400,
		30 };
	struct weir_history *history = begin(BEGIN);
	char name[64];
	unsigned int i, j;

	weir_history_close(history);
	history = open_at(&small, BEGIN);
	/* 25 keys of an hour, 100 of a day are kept. */
	for (i = 0; i < 150; i++)
		for (j = 0; j <= i; j++) {
			snprintf(name, sizeof(name), "n%u.example", i);
			add(history, BEGIN + 10, name, 1, WEIR_EVENT_BLOCKED);
		}
	flush(history, BEGIN + 3000);
	ck_assert_str_eq(
	    top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 3600, 2),
	    "n149.example 150 0\nn148.example 149 0\n");
	flush(history, BEGIN + 3600 + 200);
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM top JOIN list ON id = "
				 "list WHERE kind = 0"),
	    25);
	add(history, BEGIN + 3900, "n149.example", 1, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 3900, "n1.example", 1, WEIR_EVENT_BLOCKED);
	flush(history, BEGIN + 4000);
	/* n125 has been cut off: it came 126 times. */
	ck_assert_str_eq(
	    top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 7200, 2),
	    "n149.example 151 0\nn148.example 149 0\n");
	ck_assert_ptr_nonnull(strstr(
	    top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 7200, 99),
	    "n1.example 126 125\n"));
	/* One that comes late: to a list that is closed. */
	add(history, BEGIN + 20, "n149.example", 1, WEIR_EVENT_BLOCKED);
	add(history, BEGIN + 20, "n2.example", 1, WEIR_EVENT_BLOCKED);
	flush(history, BEGIN + 4050);
	ck_assert_str_eq(
	    top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 3600, 1),
	    "n149.example 151 0\n");
	ck_assert_ptr_nonnull(strstr(
	    top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 3600, 99),
	    "n2.example 126 125\n"));
	/* The day's list has its own. */
	flush(history, BEGIN + 86400 + 200);
	ck_assert_str_eq(
	    top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 86400, 1),
	    "n149.example 152 0\n");
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM open"), 0);
	end(history);
}
END_TEST

/* More keys than a list counts: no count is too low, none too high by more than
 * it says. */
START_TEST(open_lists_are_bounded)
{
	static const struct weir_history_limits small = { 10 << 20, 30, 7, 400,
		30 };
	struct weir_history *history = begin(BEGIN);
	char name[64], *line, *save;
	unsigned int counts[3000] = { 0 }, i, key, known;
	uint64_t count, error, value = 1;

	weir_history_close(history);
	history = open_at(&small, BEGIN);
	for (i = 0; i < 20000; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		key = (unsigned int)(value >> 33) % 3000;
		key = (unsigned int)((uint64_t)key * key * key / 9000000);
		counts[key]++;
		snprintf(name, sizeof(name), "k%u.example", key);
		add(history, BEGIN + i / 10, name, 1, WEIR_EVENT_BLOCKED);
	}
	flush(history, BEGIN + 2010);
	ck_assert_int_lt(
	    ask_sql("SELECT max(n) FROM (SELECT count(*) AS n FROM "
		    "open GROUP BY list)"),
	    1000);
	top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 3600, 3000);
	known = 0;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save), known++) {
		ck_assert_int_eq(
		    sscanf(line, "k%u.example %" SCNu64 " %" SCNu64, &key,
			&count, &error),
		    3);
		ck_assert_msg(
		    counts[key] <= count && count - error <= counts[key],
		    "%s: %u", line, counts[key]);
		if (known == 0)
			ck_assert_uint_eq(key, 0);
	}
	ck_assert_uint_gt(known, 100);
	end(history);
}
END_TEST

START_TEST(what_is_old_goes)
{
	static const struct weir_history_limits limits = { 64 << 20, 2, 1, 4,
		3 };
	struct weir_history *history = begin(BEGIN);
	struct weir_history_filter any = {
		.until_unix = UINT64_MAX, .outcome = -1, .limit = 1000
	};
	char name[64];
	uint64_t now;
	unsigned int day;

	weir_history_close(history);
	history = open_at(&limits, BEGIN);
	for (day = 0; day < 10; day++) {
		now = BEGIN + day * 86400ULL + 60;
		flush(history, now);
		snprintf(name, sizeof(name), "d%u.example", day);
		add(history, now, name, day, WEIR_EVENT_BLOCKED);
		add(history, now, "always.example", 99, WEIR_EVENT_BLOCKED);
		flush(history, now + 1);
	}
	flush(history, now + 100);
	events(history, &any);
	ck_assert_ptr_nonnull(strstr(text, "d9.example"));
	ck_assert_ptr_nonnull(strstr(text, "d8.example"));
	ck_assert_ptr_null(strstr(text, "d7.example"));
	resolved(history, "example");
	ck_assert_ptr_nonnull(strstr(text, "d6.example"));
	ck_assert_ptr_null(strstr(text, "d5.example"));
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM minute"), 1);
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM hour"), 4);
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM name"), 5);
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM client"), 5);
	top(history, WEIR_HISTORY_NAMES, false, BEGIN, now, 100);
	ck_assert_ptr_nonnull(strstr(text, "d6.example 1 0\n"));
	ck_assert_ptr_null(strstr(text, "d3.example"));
	ck_assert_int_eq(
	    ask_sql("SELECT count(*) FROM word WHERE key LIKE 'd3.%'"), 0);
	/* What was not referred to any more, and comes again. */
	add(history, now + 101, "d1.example", 1, WEIR_EVENT_BLOCKED);
	flush(history, now + 102);
	ck_assert_ptr_nonnull(
	    strstr(resolved(history, "d1.example"), "10.0.0.1"));
	end(history);
}
END_TEST

static uint64_t
size_of(const char *suffix)
{
	char file[sizeof(path) + 8];
	struct stat about;

	snprintf(file, sizeof(file), "%s%s", path, suffix);
	return stat(file, &about) == 0 ? (uint64_t)about.st_size : 0;
}

/* Names that come once, for ever: the worst that can be; a hundred of them each
 * so many seconds. */
static void
check_size(unsigned int step_s)
{
	static const struct weir_history_limits limits = { 8 << 20, 30, 7, 400,
		30 };
	struct weir_history *history = begin(BEGIN);
	uint64_t size, largest = 0, sum = 0, now = BEGIN;
	char name[128], *line, *save;
	unsigned int i;

	weir_history_close(history);
	history = open_at(&limits, BEGIN);
	for (i = 0; i < 60000; i++) {
		snprintf(name, sizeof(name), "a-long-name-%x%x.bad.example",
		    i * 2654435761U, i);
		add(history, now, name, i % 1000, WEIR_EVENT_BLOCKED);
		if (i % 100 != 99)
			continue;
		now += step_s;
		flush(history, now);
		size = size_of("") + size_of("-wal") + size_of("-shm");
		if (size > largest)
			largest = size;
	}
	ck_assert_uint_le(largest, limits.size);
	ck_assert_uint_gt(largest, limits.size / 2);
	ck_assert_uint_eq(weir_history_lost_count(history), 0);
	/* Events went, totals did not. */
	steps(history, BEGIN, now + 1, 86400);
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		sum += strtoull(strchr(line, ' ') + 1, NULL, 10);
	ck_assert_uint_eq(sum, 60000);
	ck_assert_int_lt(ask_sql("SELECT count(*) FROM event"), 30000);
	ck_assert_int_gt(ask_sql("SELECT count(*) FROM event"), 3000);
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM event WHERE name NOT IN "
				 "(SELECT id FROM name) OR client NOT IN "
				 "(SELECT id FROM client) OR reason NOT IN "
				 "(SELECT id FROM reason)"),
	    0);
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM resolved WHERE name NOT "
				 "IN (SELECT id FROM name)"),
	    0);
	/* The newest is there. */
	ck_assert_int_eq(
	    ask_sql("SELECT (max(id) >> 20) / 1000 FROM event"), now - step_s);
	end(history);
}

START_TEST(the_size_is_kept)
{
	check_size(10);
}
END_TEST

START_TEST(the_size_is_kept_within_an_hour)
{
	check_size(1);
}
END_TEST

START_TEST(a_smaller_limit_makes_the_file_smaller)
{
	static const struct weir_history_limits more = { 64 << 20, 30, 7, 400,
		30 };
	static const struct weir_history_limits less = { 8 << 20, 30, 7, 400,
		30 };
	struct weir_history *history = begin(BEGIN);
	char name[64];
	unsigned int i;

	weir_history_close(history);
	history = open_at(&more, BEGIN);
	for (i = 0; i < 60000; i++) {
		snprintf(name, sizeof(name), "name-%u.bad.example", i);
		add(history, BEGIN + i, name, i % 100, WEIR_EVENT_BLOCKED);
		if (i % 1000 == 999)
			flush(history, BEGIN + i);
	}
	weir_history_close(history);
	ck_assert_uint_gt(size_of(""), 9 << 20);
	history = open_at(&less, BEGIN + 60000);
	for (i = 0; i < 100; i++)
		flush(history, BEGIN + 60000 + i);
	weir_history_close(history);
	ck_assert_uint_le(size_of(""), 8 << 20);
	history = open_at(&less, BEGIN + 60100);
	end(history);
}
END_TEST

START_TEST(one_writes_others_read)
{
	struct weir_history *history = begin(BEGIN), *other = NULL;

	ck_assert_int_eq(
	    weir_history_open(path, &large, &other, &problem), WEIR_EBUSY);
	ck_assert_ptr_null(other);
	add(history, BEGIN + 1, "a.example", 1, WEIR_EVENT_BLOCKED);
	/* A reader sees what is flushed. */
	ck_assert_int_eq(weir_history_open_read(path, &other, &problem), 0);
	ck_assert_str_eq(steps(other, BEGIN, BEGIN + 60, 60), "");
	flush(history, BEGIN + 2);
	ck_assert_str_eq(
	    steps(other, BEGIN, BEGIN + 60, 60), "0 1 0 0 0 lost 0\n");
	weir_history_close(other);
	/* And what the writer leaves behind. */
	weir_history_close(history);
	ck_assert_int_eq(weir_history_open_read(path, &other, &problem), 0);
	ck_assert_str_eq(
	    steps(other, BEGIN, BEGIN + 60, 60), "0 1 0 0 0 lost 0\n");
	weir_history_close(other);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_reader_that_stays_stops_the_writer_not_the_limit)
{
	static const struct weir_history_limits limits = { 8 << 20, 30, 7, 400,
		30 };
	struct weir_history *history = begin(BEGIN);
	sqlite3 *sqlite;
	char name[64];
	uint64_t i, failed = 0, lost;
	struct weir_record record;

	weir_history_close(history);
	history = open_at(&limits, BEGIN);
	ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_exec(sqlite, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL),
	    SQLITE_OK);
	for (i = 0; i < 20000 && failed < 10; i++) {
		snprintf(name, sizeof(name), "n%" PRIu64 ".example", i);
		record = record_of(BEGIN + i, name, 1, WEIR_EVENT_BLOCKED);
		if (weir_history_add(history, &record) != 0)
			failed++;
		if (i % 10 == 9)
			(void)!weir_history_flush(history, BEGIN + i, &problem);
		ck_assert_uint_le(
		    size_of("") + size_of("-wal") + size_of("-shm"), 8 << 20);
	}
	ck_assert_uint_ge(failed, 10);
	lost = weir_history_lost_count(history);
	ck_assert_uint_ge(lost, 10);
	sqlite3_close(sqlite);
	flush(history, BEGIN + i);
	/* All that came is in the totals, or there as lost. */
	ck_assert_int_eq(
	    ask_sql("SELECT sum(blocked) + sum(lost) FROM minute"), (int64_t)i);
	ck_assert_int_eq(ask_sql("SELECT sum(lost) FROM hour"), (int64_t)lost);
	end(history);
}
END_TEST

START_TEST(what_is_damaged_is_put_aside)
{
	static const char junk[8192] = "this is no database";
	struct weir_history *history = NULL;
	char aside[sizeof(path) + 16];
	int fd;

	scratch_init(&scratch);
	(void)scratch_write(&scratch, "history.db.lock", "", 0);
	strcpy(path, scratch_write(&scratch, "history.db", junk, sizeof(junk)));
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	ck_assert_int_eq(
	    weir_history_open_read(path, &history, &problem), WEIR_EFORMAT);
	ck_assert_int_eq(
	    weir_history_open(path, &large, &history, &problem), 0);
	ck_assert_ptr_nonnull(strstr(problem.text, "damaged"));
	ck_assert_int_eq(access(aside, F_OK), 0);
	flush(history, BEGIN);
	add(history, BEGIN, "a.example", 1, WEIR_EVENT_BLOCKED);
	weir_history_close(history);
	unlink(aside);
	/* One that is found out on the way. */
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(lseek(fd, 4096, SEEK_SET), 4096);
	while (lseek(fd, 0, SEEK_CUR) < (off_t)size_of(""))
		ck_assert_int_eq(write(fd, junk, 4096), 4096);
	close(fd);
	if (weir_history_open(path, &large, &history, &problem) == 0) {
		struct weir_record record = record_of(
		    BEGIN, "a.example", 1, WEIR_EVENT_BLOCKED);

		(void)!weir_history_add(history, &record);
		(void)!weir_history_flush(history, BEGIN, &problem);
		weir_history_close(history);
	}
	ck_assert_int_eq(access(aside, F_OK), 0);
	ck_assert_int_eq(
	    weir_history_open(path, &large, &history, &problem), 0);
	end(history);
}
END_TEST

START_TEST(what_is_not_ours_is_refused)
{
	struct weir_history *history = begin(BEGIN);
	sqlite3 *sqlite;
	unsigned int i;

	weir_history_close(history);
	ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
	sqlite3_exec(sqlite, "PRAGMA user_version = 99", NULL, NULL, NULL);
	ck_assert_int_eq(
	    weir_history_open(path, &large, &history, &problem), WEIR_EVERSION);
	ck_assert_int_eq(
	    weir_history_open_read(path, &history, &problem), WEIR_EVERSION);
	sqlite3_exec(sqlite, "PRAGMA application_id = 5", NULL, NULL, NULL);
	ck_assert_int_eq(
	    weir_history_open(path, &large, &history, &problem), WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(problem.text, "another program"));
	sqlite3_close(sqlite);
	ck_assert_uint_gt(size_of(""), 0);
	/* A file that was never a history: it stays where it is, however often
	 * that is tried. */
	for (i = 0; i < 2; i++) {
		strcpy(path, scratch_write(&scratch, "hosts", "a text\n", 7));
		ck_assert_int_eq(
		    weir_history_open(path, &large, &history, &problem),
		    WEIR_EFORMAT);
		ck_assert_ptr_nonnull(strstr(problem.text, "no history"));
		ck_assert_uint_eq(size_of(""), 7);
		ck_assert_uint_eq(size_of(".lock"), 0);
		ck_assert_uint_eq(size_of(".damaged"), 0);
	}
	strcat(path, ".none");
	ck_assert_int_eq(
	    weir_history_open_read(path, &history, &problem), WEIR_EMISSING);
	strcat(path, "/x");
	ck_assert_int_eq(
	    weir_history_open(path, &large, &history, &problem), WEIR_ESYSTEM);
	ck_assert_int_gt(strlen(problem.text), 10);
	scratch_done(&scratch);
}
END_TEST

static int
print_gap(void *arg, const struct weir_history_gap *gap)
{
	(void)arg;
	sprintf(text + strlen(text), "%" PRIu64 "%s\n", gap->begin_unix,
	    gap->is_killed ? " killed" : "");
	return 0;
}

/* The writer is killed between two flushes. */
START_TEST(a_killed_writer_leaves_its_flushes_and_a_gap)
{
	struct weir_history *history = begin(BEGIN);
	uint64_t now = (uint64_t)time(NULL) - 100;
	char expected[64];
	pid_t child;
	int status;

	weir_history_close(history);
	unlink(path);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		history = open_at(&large, now);
		add(history, now, "a.example", 1, WEIR_EVENT_BLOCKED);
		flush(history, now + 1);
		add(history, now, "b.example", 1, WEIR_EVENT_BLOCKED);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(
	    weir_history_open(path, &large, &history, &problem), 0);
	ck_assert_ptr_nonnull(strstr(problem.text, "was ended"));
	text[0] = '\0';
	ck_assert_int_eq(weir_history_gaps(
			     history, 0, UINT64_MAX, print_gap, NULL, &problem),
	    0);
	snprintf(expected, sizeof(expected), "%" PRIu64 " killed\n", now + 1);
	ck_assert_str_eq(text, expected);
	resolved(history, "example");
	ck_assert_ptr_nonnull(strstr(text, "a.example"));
	ck_assert_ptr_null(strstr(text, "b.example"));
	/* A writer that writes nothing makes no other gap. */
	weir_history_close(history);
	ck_assert_int_eq(
	    weir_history_open(path, &large, &history, &problem), 0);
	ck_assert_str_eq(problem.text, "");
	ck_assert_int_eq(ask_sql("SELECT count(*) FROM gap"), 1);
	end(history);
}
END_TEST

START_TEST(any_path_will_do)
{
	static const char *const names[] = { "a b", "100%25?x=1#y", "\"'" };
	struct weir_history *history;
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(
		    path, sizeof(path), "%s//%s", scratch.folder, names[i]);
		history = open_at(&large, BEGIN);
		add(history, BEGIN, "a.example", 1, WEIR_EVENT_BLOCKED);
		weir_history_close(history);
		ck_assert_msg(
		    weir_history_open_read(path, &history, &problem) == 0, "%s",
		    problem.text);
		ck_assert_str_eq(steps(history, BEGIN, BEGIN + 60, 60),
		    "0 1 0 0 0 lost 0\n");
		weir_history_close(history);
	}
	scratch_done(&scratch);
}
END_TEST

/* SQL in the file would be run by whoever reads it: root, and without end. */
START_TEST(a_file_with_a_will_of_its_own_is_refused)
{
	static const char *const extras[] = {
		"DROP TABLE minute; CREATE VIEW minute AS WITH RECURSIVE "
		"n(begin, blocked, shadowed, allowed, passed, lost) AS (SELECT "
		"1, 1, 1, 1, 1, 1 UNION ALL SELECT begin + 1, 1, 1, 1, 1, 1 "
		"FROM n) SELECT * FROM n",
		"CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM "
		"event; END",
	};
	struct weir_history *history;
	size_t i;

	for (i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
		history = begin(BEGIN);
		weir_history_close(history);
		change_sql(extras[i]);
		history = NULL;
		ck_assert_int_eq(
		    weir_history_open_read(path, &history, &problem),
		    WEIR_EFORMAT);
		ck_assert_int_eq(
		    weir_history_open(path, &large, &history, &problem),
		    WEIR_EFORMAT);
		ck_assert_ptr_nonnull(
		    strstr(problem.text, "views or triggers"));
		scratch_done(&scratch);
	}
}
END_TEST

/* A clock that is years ahead for a while takes nothing away; one that stays there
 * is believed, after an hour. */
START_TEST(a_clock_that_leaps_is_not_believed_at_once)
{
	enum {
		YEAR = 365 * 86400
	};
	struct weir_history *history = begin(BEGIN);
	struct weir_history_filter any = {
		.until_unix = UINT64_MAX, .outcome = -1, .limit = 10
	};
	uint64_t now = BEGIN + 10 * YEAR;

	add(history, BEGIN, "a.example", 1, WEIR_EVENT_BLOCKED);
	flush(history, BEGIN + 60);
	flush(history, now);
	flush(history, now + 3599);
	flush(history, BEGIN + 120);
	ck_assert_ptr_nonnull(strstr(events(history, &any), "a.example"));
	ck_assert_str_eq(
	    steps(history, BEGIN, BEGIN + 60, 60), "0 1 0 0 0 lost 0\n");
	flush(history, BEGIN + 4000);
	weir_history_close(history);
	/* The same when it starts. */
	change_sql("UPDATE meta SET flushed = 1704067200");
	history = open_at(&large, now);
	flush(history, now + 60);
	ck_assert_ptr_nonnull(strstr(events(history, &any), "a.example"));
	flush(history, now + 3600);
	ck_assert_str_eq(events(history, &any), "");
	ck_assert_str_eq(steps(history, BEGIN, BEGIN + 60, 60), "");
	end(history);
}
END_TEST

/* Whoever takes the file away under the writer is told of it, and what would go
 * where nobody looks counts as lost. */
START_TEST(a_file_that_is_taken_away_is_noticed)
{
	struct weir_history *history = begin(BEGIN);
	char other[sizeof(path) + 8];
	unsigned int i;

	snprintf(other, sizeof(other), "%s.other", path);
	for (i = 0; i < 2; i++) {
		add(history, BEGIN, "a.example", 1, WEIR_EVENT_BLOCKED);
		flush(history, BEGIN + 1);
		add(history, BEGIN + 2, "b.example", 1, WEIR_EVENT_BLOCKED);
		if (i == 0) {
			ck_assert_int_eq(unlink(path), 0);
		} else {
			scratch_write(&scratch, "history.db.other", "x", 0);
			ck_assert_int_eq(rename(other, path), 0);
		}
		ck_assert_int_eq(
		    weir_history_flush(history, BEGIN + 3, &problem),
		    WEIR_EMISSING);
		ck_assert_ptr_nonnull(strstr(problem.text, path));
		ck_assert_ptr_nonnull(strstr(problem.text, "replaced"));
		ck_assert_uint_eq(weir_history_lost_count(history), 1);
		/* It stays so. */
		ck_assert_int_eq(
		    weir_history_flush(history, BEGIN + 4, &problem),
		    WEIR_EMISSING);
		weir_history_close(history);
		history = open_at(&large, BEGIN + 5);
		ck_assert_str_eq(steps(history, BEGIN, BEGIN + 60, 60), "");
	}
	end(history);
}
END_TEST

/* A sender says what it likes of what is missing: it stays a number that can be
 * added up. */
START_TEST(a_liar_makes_no_number_that_cannot_be_added_up)
{
	struct weir_history *history = begin(BEGIN + 7200);
	struct weir_record record = record_of(
	    BEGIN + 3700, "a.example", 1, WEIR_EVENT_BLOCKED);
	unsigned int i;

	add(history, BEGIN, "a.example", 1, WEIR_EVENT_BLOCKED);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(
		    weir_history_lost(
			history, (BEGIN + 3600 + i % 3 * 60) * S, INT64_MAX),
		    0);
	record.times = UINT32_MAX;
	ck_assert_int_eq(weir_history_add(history, &record), 0);
	flush(history, BEGIN + 7200);
	/* Three minutes, each with the most that is counted. */
	ck_assert_str_eq(steps(history, BEGIN, BEGIN + 7200, 86400),
	    "0 4294967296 0 0 0 lost 844424930131968\n");
	ck_assert_str_eq(
	    top(history, WEIR_HISTORY_NAMES, false, BEGIN, BEGIN + 7200, 10),
	    "a.example 4294967296 0\n");
	/* A file of a time when it was otherwise. */
	ck_assert_int_eq(
	    ask_sql("SELECT count(*) FROM hour WHERE typeof(lost) != "
		    "'integer'"),
	    0);
	weir_history_close(history);
	change_sql("UPDATE minute SET lost = 9223372036854775807; "
		   "UPDATE hour SET lost = 1.9e19, blocked = "
		   "9223372036854775807");
	history = open_at(&large, BEGIN + 7200);
	ck_assert_str_eq(steps(history, BEGIN, BEGIN + 7200, 86400),
	    "0 4294967296 0 0 0 lost 1125899906842624\n");
	end(history);
}
END_TEST

START_TEST(times_are_kept_near_the_clock)
{
	static const struct {
		int64_t seconds;
		bool is_kept;
	} rows[] = { { 3600, true }, { 3601, false }, { -86400, true },
		{ -86401, false }, { -1000000, false }, { 0, true } };
	uint64_t now = BEGIN + 86400 * 10ULL;
	struct weir_history *history = begin(now);
	struct weir_history_filter any = {
		.until_unix = UINT64_MAX, .outcome = -1, .limit = 1
	};
	uint64_t when;
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		when = now + (uint64_t)rows[i].seconds;
		snprintf(name, sizeof(name), "n%zu.example", i);
		add(history, when, name, 1, WEIR_EVENT_BLOCKED);
		flush(history, now);
		any.name = name;
		events(history, &any);
		ck_assert_uint_eq(strtoull(text, NULL, 10) + BEGIN,
		    rows[i].is_kept ? when : now);
	}
	end(history);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_first_hour_has_its_minutes,
		what_goes_in_comes_out,
		events_can_be_chosen,
		closed_lists_are_cut_and_say_by_how_much,
		open_lists_are_bounded,
		what_is_old_goes,
		the_size_is_kept,
		the_size_is_kept_within_an_hour,
		a_smaller_limit_makes_the_file_smaller,
		one_writes_others_read,
		a_reader_that_stays_stops_the_writer_not_the_limit,
		what_is_damaged_is_put_aside,
		what_is_not_ours_is_refused,
		a_killed_writer_leaves_its_flushes_and_a_gap,
		any_path_will_do,
		a_file_with_a_will_of_its_own_is_refused,
		a_clock_that_leaps_is_not_believed_at_once,
		a_file_that_is_taken_away_is_noticed,
		a_liar_makes_no_number_that_cannot_be_added_up,
		times_are_kept_near_the_clock,
		NULL,
	};

	return suite_run("history", tests);
}
