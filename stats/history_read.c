/*
 * history_read.c - asks the history.
 *
 * Each question is one statement, made for it and thrown away: its rows are of
 * one state of the file, and its journal is let go of at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"
#include "stats/history_db.h"

struct query {
	struct weir_history *history;
	sqlite3_stmt *statement;
	int place;
	int code; /* the first that is not SQLITE_OK */
};

static void
query_init(struct query *query, struct weir_history *history, const char *sql)
{
	memset(query, 0, sizeof(*query));
	query->history = history;
	query->code = sqlite3_prepare_v2(
	    history->sqlite, sql, -1, &query->statement, NULL);
}

/* The statement may do without the last ones. */
static bool
query_takes(struct query *query)
{
	query->place++;
	return query->code == SQLITE_OK &&
	       query->place <= sqlite3_bind_parameter_count(query->statement);
}

static void
query_number(struct query *query, uint64_t number)
{
	if (query_takes(query))
		query->code = sqlite3_bind_int64(query->statement, query->place,
		    number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

static void
query_bytes(struct query *query, const void *bytes, size_t len)
{
	if (query_takes(query))
		query->code = sqlite3_bind_blob64(
		    query->statement, query->place, bytes, len, SQLITE_STATIC);
}

/* A row?  Else it is over, or has failed. */
static bool
query_next(struct query *query)
{
	if (query->code == SQLITE_OK || query->code == SQLITE_ROW)
		query->code = sqlite3_step(query->statement);
	return query->code == SQLITE_ROW;
}

static uint64_t
query_column(const struct query *query, int column)
{
	sqlite3_int64 value = sqlite3_column_int64(query->statement, column);

	return value < 0 ? 0 : (uint64_t)value;
}

/* A key, as text in memory of the caller's. */
static void
query_text(const struct query *query, int column, char *text, size_t size)
{
	const void *bytes = sqlite3_column_blob(query->statement, column);
	int len = sqlite3_column_bytes(query->statement, column);

	if (len < 0 || !bytes)
		len = 0;
	if ((size_t)len >= size)
		len = (int)size - 1;
	if (len > 0)
		memcpy(text, bytes, (size_t)len);
	text[len] = '\0';
}

static int
query_done(struct query *query, int ended, struct weir_problem *problem)
{
	int ret = ended;

	if (query->code != SQLITE_OK && query->code != SQLITE_ROW &&
	    query->code != SQLITE_DONE) {
		ret = weir_history_fail(query->history, query->code);
		if (problem)
			*problem = query->history->problem;
	}
	(void)sqlite3_finalize(query->statement);
	return ret;
}

/* Days that lie wholly in the span and are closed; hours for the rest. */
static const char top_sql[] =
    "WITH day AS (SELECT id, begin, floor FROM list WHERE span = 86400 AND "
    "kind = ?1 AND is_shadow = ?2 AND is_open = 0 AND begin >= ?3 AND "
    "begin + 86400 <= ?4), "
    "part AS (SELECT id, floor FROM day UNION ALL SELECT id, floor FROM list "
    "WHERE span = 3600 AND kind = ?1 AND is_shadow = ?2 AND begin >= ?3 AND "
    "begin < ?4 AND begin - begin % 86400 NOT IN (SELECT begin FROM day)), "
    "row AS (SELECT word.key, min(count, " WEIR_HISTORY_COUNT_SQL ") - floor "
    "AS count, error - floor AS error, "
    "first, last FROM part JOIN top ON top.list = part.id JOIN word ON "
    "word.id = top.word UNION ALL SELECT key, "
    "min(count, " WEIR_HISTORY_COUNT_SQL ") - floor, error - floor, "
    "first, last FROM part JOIN open ON open.list = part.id) "
    "SELECT key, sum(count) + (SELECT coalesce(sum(floor), 0) FROM part) AS "
    "counts, sum(error) + (SELECT coalesce(sum(floor), 0) FROM part), "
    "min(first), max(last) FROM row GROUP BY key ORDER BY counts DESC, key "
    "LIMIT ?5";

int
weir_history_top(struct weir_history *history, unsigned int kind,
    bool is_shadow, uint64_t from_unix, uint64_t until_unix, unsigned int limit,
    int (*each)(void *arg, const struct weir_history_row *row), void *arg,
    struct weir_problem *problem)
{
	char key[WEIR_HISTORY_KEY_SIZE];
	struct weir_history_row row = { .key = key, .name = "" };
	struct query query;
	int ended = 0;

	query_init(&query, history, top_sql);
	query_number(&query, kind);
	query_number(&query, is_shadow);
	query_number(&query, from_unix - from_unix % 3600);
	query_number(&query, until_unix);
	query_number(&query, limit);
	while (ended == 0 && query_next(&query)) {
		query_text(&query, 0, key, sizeof(key));
		row.count = query_column(&query, 1);
		row.error = query_column(&query, 2);
		row.first_unix = query_column(&query, 3);
		row.last_unix = query_column(&query, 4);
		ended = each(arg, &row);
	}
	return query_done(&query, ended, problem);
}

#define SUM(column) \
	"CAST(sum(min(" column ", " WEIR_HISTORY_COUNT_SQL ")) AS INTEGER), "

/* Minutes as far back as they go, from a full hour on; hours before.  The hour
 * of the first minute is one of those, if its minutes are all that it has: else
 * what came in the first hour of a history would stand at its beginning. */
static const char time_sql[] =
    "WITH first AS (SELECT min(begin) AS at, min(begin) / 3600 * 3600 AS hour "
    "FROM minute), "
    "edge AS (SELECT coalesce(CASE WHEN (SELECT total(blocked + shadowed + "
    "allowed + passed + lost) FROM minute WHERE begin < hour + 3600) = "
    "(SELECT total(blocked + shadowed + allowed + passed + lost) FROM hour "
    "WHERE begin = first.hour) THEN hour ELSE (at + 3599) / 3600 * 3600 END, "
    "?2) AS at FROM first), "
    "part AS (SELECT minute.* FROM minute, edge WHERE begin >= at AND "
    "begin >= ?1 - ?1 % 60 AND begin < ?2 UNION ALL SELECT hour.* FROM hour, "
    "edge WHERE begin < at AND begin >= ?1 - ?1 % 3600 AND begin < ?2) "
    "SELECT begin - begin % ?3 AS step, " SUM("blocked") SUM("shadowed")
	SUM("allowed") SUM("passed") SUM("lost") "0 FROM part GROUP BY step "
						 "ORDER BY step";

int
weir_history_time(struct weir_history *history, uint64_t from_unix,
    uint64_t until_unix, unsigned int step_s,
    int (*each)(void *arg, const struct weir_history_step *step), void *arg,
    struct weir_problem *problem)
{
	struct weir_history_step step;
	struct query query;
	unsigned int i;
	int ended = 0;

	query_init(&query, history, time_sql);
	query_number(&query, from_unix);
	query_number(&query, until_unix);
	query_number(&query, step_s > 0 ? step_s : 1);
	while (ended == 0 && query_next(&query)) {
		step.begin_unix = query_column(&query, 0);
		for (i = 0; i < WEIR_EVENT_OUTCOME_COUNT; i++)
			step.counts[i] = query_column(&query, 1 + (int)i);
		step.lost = query_column(&query, 5);
		ended = each(arg, &step);
	}
	return query_done(&query, ended, problem);
}

int
weir_history_gaps(struct weir_history *history, uint64_t from_unix,
    uint64_t until_unix,
    int (*each)(void *arg, const struct weir_history_gap *gap), void *arg,
    struct weir_problem *problem)
{
	struct weir_history_gap gap;
	struct query query;
	int ended = 0;

	query_init(&query, history,
	    "SELECT begin, end, is_killed FROM gap WHERE end > ?1 AND "
	    "begin < ?2 ORDER BY begin");
	query_number(&query, from_unix);
	query_number(&query, until_unix);
	while (ended == 0 && query_next(&query)) {
		gap.begin_unix = query_column(&query, 0);
		gap.end_unix = query_column(&query, 1);
		gap.is_killed = query_column(&query, 2) != 0;
		ended = each(arg, &gap);
	}
	return query_done(&query, ended, problem);
}

/* A name as a key, and the range of those below it. */
struct range {
	char from[WEIR_NAME_TEXT_SIZE + 1], until[WEIR_NAME_TEXT_SIZE + 1];
	size_t len;
};

static void
make_range(const char *name, struct range *range)
{
	range->len = weir_history_reverse(name, strlen(name), range->from);
	memcpy(range->until, range->from, range->len);
	range->from[range->len] = '.';
	range->until[range->len] = '/';
}

#define NAMES                                                                \
	"(SELECT id FROM name WHERE key = ?1 UNION ALL SELECT id FROM name " \
	"WHERE key >= ?2 AND key < ?3)"

static void
query_range(struct query *query, const struct range *range)
{
	query_bytes(query, range->from, range->len);
	query_bytes(query, range->from, range->len + 1);
	query_bytes(query, range->until, range->len + 1);
}

/* Whether one of two networks lies in the other. */
static bool
overlaps(const struct weir_client *one, const struct weir_client *other)
{
	unsigned int bits = one->prefix < other->prefix ? one->prefix
							: other->prefix;
	size_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00U >> bits % 8);

	if (one->family != other->family || one->family == 0 || bits > 128 ||
	    memcmp(one->address, other->address, whole) != 0)
		return false;
	return mask == 0 || whole >= sizeof(one->address) ||
	       ((one->address[whole] ^ other->address[whole]) & mask) == 0;
}

/* SQL: overlaps(a client's key, another's). */
static void
sql_overlaps(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct weir_client clients[2];
	int i;

	for (i = 0; i < count && i < 2; i++)
		weir_history_client_decode(sqlite3_value_blob(values[i]),
		    (size_t)sqlite3_value_bytes(values[i]), &clients[i]);
	sqlite3_result_int(context, overlaps(&clients[0], &clients[1]));
}

/* SQL: feed_is(a reason's key, a feed's name). */
static void
sql_feed_is(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct weir_record record = { 0 };
	const uint8_t *key = sqlite3_value_blob(values[0]);
	const void *feed = sqlite3_value_blob(values[1]);
	size_t len = (size_t)sqlite3_value_bytes(values[1]);

	(void)count;
	weir_history_reason_decode(
	    key, (size_t)sqlite3_value_bytes(values[0]), &record);
	sqlite3_result_int(context, strlen(record.feed) == len && len > 0 &&
					memcmp(record.feed, feed, len) == 0);
}

static int
add_functions(struct weir_history *history)
{
	static const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
	int code;

	code = sqlite3_create_function(history->sqlite, "overlaps", 2, flags,
	    NULL, sql_overlaps, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_create_function(history->sqlite, "feed_is", 2,
		    flags, NULL, sql_feed_is, NULL, NULL);
	return code == SQLITE_OK ? WEIR_OK : weir_history_fail(history, code);
}

static int
read_event(const struct query *query,
    int (*each)(void *arg, const struct weir_record *record), void *arg)
{
	char key[WEIR_NAME_TEXT_SIZE], qname[WEIR_NAME_TEXT_SIZE];
	struct weir_record record = { .domain = "" };
	uint64_t flags = query_column(query, 5);

	record.time_ns = (query_column(query, 0) >> 20) * 1000000;
	query_text(query, 1, key, sizeof(key));
	(void)weir_history_reverse(key, strlen(key), qname);
	record.qname = qname;
	weir_history_client_decode(sqlite3_column_blob(query->statement, 2),
	    (size_t)sqlite3_column_bytes(query->statement, 2), &record.client);
	weir_history_reason_decode(sqlite3_column_blob(query->statement, 3),
	    (size_t)sqlite3_column_bytes(query->statement, 3), &record);
	record.qtype = (uint16_t)query_column(query, 4);
	record.outcome = flags & 7;
	record.transport = flags >> 3 & 31;
	record.is_from_cache = flags >> 8 & 1;
	record.rcode = (uint8_t)query_column(query, 6);
	record.times = (uint32_t)query_column(query, 7);
	return each(arg, &record);
}

/* The statement: only the conditions that there are, so that an index can be
 * used. */
static void
event_sql(const struct weir_history_filter *filter, bool has_name, char *text,
    size_t size)
{
	(void)snprintf(text, size,
	    "SELECT event.id, name.key, client.key, reason.key, qtype, flags, "
	    "rcode, times FROM event CROSS JOIN name ON name.id = event.name "
	    "CROSS JOIN client ON client.id = event.client CROSS JOIN reason "
	    "ON reason.id = event.reason WHERE event.id >= ?4 AND "
	    "event.id < ?5%s%s%s%s ORDER BY event.id DESC LIMIT ?6",
	    has_name ? " AND event.name IN " NAMES : "",
	    filter->client ? " AND event.client IN (SELECT id FROM client "
			     "WHERE overlaps(key, ?7))"
			   : "",
	    filter->feed ? " AND event.reason IN (SELECT id FROM reason WHERE "
			   "feed_is(key, ?8))"
			 : "",
	    filter->outcome >= 0 ? " AND (flags & 7) = ?9" : "");
}

static uint64_t
event_id(uint64_t unix_s)
{
	return unix_s > UINT32_MAX * 4ULL ? INT64_MAX : unix_s * 1000 << 20;
}

int
weir_history_events(struct weir_history *history,
    const struct weir_history_filter *filter,
    int (*each)(void *arg, const struct weir_record *record), void *arg,
    struct weir_problem *problem)
{
	struct weir_client client = { 0 };
	uint8_t client_key[18];
	const char *feed = filter->feed ? filter->feed : "";
	char text[1536];
	struct range range;
	struct query query;
	size_t client_len;
	int ended = 0;

	if (filter->client &&
	    !weir_history_client_parse(filter->client, &client))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: it is no address", filter->client);
	if (add_functions(history) != WEIR_OK) {
		*problem = history->problem;
		return WEIR_EMEMORY;
	}
	make_range(filter->name ? filter->name : "", &range);
	client_len = weir_history_client_encode(&client, client_key);
	event_sql(filter, range.len > 0, text, sizeof(text));
	query_init(&query, history, text);
	query_range(&query, &range);
	query_number(&query, event_id(filter->from_unix));
	query_number(&query, event_id(filter->until_unix));
	query_number(&query, filter->limit);
	query_bytes(&query, client_key, client_len);
	query_bytes(&query, feed, strlen(feed));
	query_number(
	    &query, filter->outcome >= 0 ? (uint64_t)filter->outcome : 0);
	while (ended == 0 && query_next(&query))
		ended = read_event(&query, each, arg);
	return query_done(&query, ended, problem);
}

int
weir_history_resolved(struct weir_history *history, const char *name,
    int (*each)(void *arg, const struct weir_history_row *row), void *arg,
    struct weir_problem *problem)
{
	char key[WEIR_NAME_TEXT_SIZE], text[WEIR_NAME_TEXT_SIZE];
	char client_text[WEIR_CLIENT_TEXT_SIZE];
	struct weir_history_row row = { .key = client_text, .name = text };
	struct weir_client client;
	struct range range;
	struct query query;
	int ended = 0;

	make_range(name, &range);
	query_init(&query, history,
	    "SELECT name.key, client.key, first, last FROM resolved JOIN name "
	    "ON name.id = resolved.name JOIN client ON client.id = "
	    "resolved.client WHERE resolved.name IN " NAMES
	    " ORDER BY first, name.key, client.key");
	query_range(&query, &range);
	while (ended == 0 && query_next(&query)) {
		query_text(&query, 0, key, sizeof(key));
		(void)weir_history_reverse(key, strlen(key), text);
		weir_history_client_decode(
		    sqlite3_column_blob(query.statement, 1),
		    (size_t)sqlite3_column_bytes(query.statement, 1), &client);
		(void)weir_client_print(&client, client_text);
		row.first_unix = query_column(&query, 2) * 3600;
		row.last_unix = query_column(&query, 3) * 3600;
		ended = each(arg, &row);
	}
	return query_done(&query, ended, problem);
}
