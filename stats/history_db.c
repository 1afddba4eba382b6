/*
 * history_db.c - SQLite from C: the history's statements, and its transactions.
 *
 * The journal is bounded here: a transaction begins only if the journal is well
 * below its maximum, and holds a bounded number of changes.  A reader that does
 * not let go of an old state keeps the journal from being emptied; then nothing
 * is written until it is gone.
 */
#include "stats/history_db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/limits.h"

#define BATCH_MIN 16U
#define BATCH_MAX 4000U

const unsigned int weir_history_span_s[WEIR_HISTORY_SPAN_COUNT] = { 3600,
	86400 };

#define TEXT_FIND(table) "SELECT id, used FROM " table " WHERE key = ?1"
#define TEXT_ADD(table)  "INSERT INTO " table " (key, used) VALUES (?1, ?2)"
#define TEXT_USE(table)  "UPDATE " table " SET used = ?2 WHERE id = ?1"
#define TEXT_TRIM(table)                                           \
	"DELETE FROM " table " WHERE id IN (SELECT id FROM " table \
	" WHERE used < ?1 LIMIT ?2)"
#define SUM(column, number) \
	column " = min(" column " + " number ", " WEIR_HISTORY_COUNT_SQL ")"
#define TOTALS_ADD(table)                                                    \
	"INSERT INTO " table " (begin, blocked, shadowed, allowed, passed, " \
	"lost) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (begin) DO "      \
	"UPDATE SET " SUM("blocked", "?2") ", " SUM(                         \
	    "shadowed", "?3") ", " SUM("allowed", "?4") ", " SUM("passed",   \
	    "?5") ", " SUM("lost", "?6")
#define TOTALS_TRIM(table)                                               \
	"DELETE FROM " table " WHERE begin IN (SELECT begin FROM " table \
	" WHERE begin < ?1 ORDER BY begin LIMIT ?2)"

static const char *const sql[STATEMENT_COUNT] = {
	[STATEMENT_TEXT_FIND + WEIR_HISTORY_NAME] = TEXT_FIND("name"),
	[STATEMENT_TEXT_FIND + WEIR_HISTORY_CLIENT] = TEXT_FIND("client"),
	[STATEMENT_TEXT_FIND + WEIR_HISTORY_REASON] = TEXT_FIND("reason"),
	[STATEMENT_TEXT_FIND + WEIR_HISTORY_WORD] = TEXT_FIND("word"),
	[STATEMENT_TEXT_ADD + WEIR_HISTORY_NAME] = TEXT_ADD("name"),
	[STATEMENT_TEXT_ADD + WEIR_HISTORY_CLIENT] = TEXT_ADD("client"),
	[STATEMENT_TEXT_ADD + WEIR_HISTORY_REASON] = TEXT_ADD("reason"),
	[STATEMENT_TEXT_ADD + WEIR_HISTORY_WORD] = TEXT_ADD("word"),
	[STATEMENT_TEXT_USE + WEIR_HISTORY_NAME] = TEXT_USE("name"),
	[STATEMENT_TEXT_USE + WEIR_HISTORY_CLIENT] = TEXT_USE("client"),
	[STATEMENT_TEXT_USE + WEIR_HISTORY_REASON] = TEXT_USE("reason"),
	[STATEMENT_TEXT_USE + WEIR_HISTORY_WORD] = TEXT_USE("word"),
	[STATEMENT_TEXT_TRIM + WEIR_HISTORY_NAME] = TEXT_TRIM("name"),
	[STATEMENT_TEXT_TRIM + WEIR_HISTORY_CLIENT] = TEXT_TRIM("client"),
	[STATEMENT_TEXT_TRIM + WEIR_HISTORY_REASON] = TEXT_TRIM("reason"),
	[STATEMENT_TEXT_TRIM + WEIR_HISTORY_WORD] = TEXT_TRIM("word"),
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_META] = "UPDATE meta SET flushed = ?1, is_open = ?2",
	[STATEMENT_PAGES] = "PRAGMA page_count",
	[STATEMENT_PAGES_FREE] = "PRAGMA freelist_count",
	[STATEMENT_VACUUM] = "PRAGMA incremental_vacuum(256)",
	[STATEMENT_EVENT_ADD] =
	    "INSERT OR IGNORE INTO event (id, name, client, reason, qtype, "
	    "flags, rcode, times) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[STATEMENT_EVENT_LAST] =
	    "SELECT max(id) FROM event WHERE id BETWEEN ?1 AND ?2",
	[STATEMENT_RESOLVED_ADD] =
	    "INSERT INTO resolved (name, client, first, last) VALUES (?1, ?2, "
	    "?3, ?3) ON CONFLICT (name, client) DO UPDATE SET "
	    "first = min(first, ?3), last = max(last, ?3)",
	[STATEMENT_MINUTE_ADD] = TOTALS_ADD("minute"),
	[STATEMENT_HOUR_ADD] = TOTALS_ADD("hour"),
	[STATEMENT_LIST_FIND] =
	    "SELECT id, floor, is_open FROM list WHERE span = ?1 AND "
	    "kind = ?2 AND is_shadow = ?3 AND begin = ?4",
	[STATEMENT_LIST_ADD] =
	    "INSERT INTO list (span, kind, is_shadow, begin, floor, is_open) "
	    "VALUES (?1, ?2, ?3, ?4, 0, 1)",
	[STATEMENT_LIST_REOPEN] =
	    "INSERT INTO open (list, key, count, error, first, last) "
	    "SELECT list, word.key, count, error, first, last FROM top "
	    "JOIN word ON word.id = top.word WHERE list = ?1",
	[STATEMENT_LIST_REOPEN_CLEAR] = "DELETE FROM top WHERE list = ?1",
	[STATEMENT_LIST_STATE] =
	    "UPDATE list SET floor = max(floor, ?2), is_open = ?3 "
	    "WHERE id = ?1",
	[STATEMENT_LIST_DUE] =
	    "SELECT id, span, begin FROM list WHERE is_open = 1 AND "
	    "begin + span <= ?1 LIMIT 1",
	[STATEMENT_OPEN_KEYS] = "SELECT count(*) FROM open WHERE list = ?1",
	[STATEMENT_OPEN_COUNT] = "UPDATE open SET " SUM(
	    "count", "?3") ", first = min(first, ?4), "
			   "last = max(last, ?4) WHERE list = ?1 AND key = ?2",
	[STATEMENT_OPEN_ADD] =
	    "INSERT INTO open (list, key, count, error, first, last) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
	[STATEMENT_OPEN_FLOOR] =
	    "SELECT count FROM open WHERE list = ?1 ORDER BY count DESC "
	    "LIMIT 1 OFFSET ?2",
	[STATEMENT_OPEN_CUT] =
	    "DELETE FROM open WHERE list = ?1 AND key IN (SELECT key FROM "
	    "open WHERE list = ?1 ORDER BY count DESC, key LIMIT -1 OFFSET ?2)",
	[STATEMENT_OPEN_CLEAR] = "DELETE FROM open WHERE list = ?1",
	[STATEMENT_CLOSE_WORDS] =
	    "INSERT INTO word (key, used) SELECT key, ?2 FROM open "
	    "WHERE list = ?1 ON CONFLICT (key) DO UPDATE SET "
	    "used = max(used, excluded.used)",
	[STATEMENT_CLOSE_TOP] =
	    "INSERT INTO top (list, word, count, error, first, last) "
	    "SELECT list, word.id, count, error, first, last FROM open "
	    "JOIN word ON word.key = open.key WHERE list = ?1",
	[STATEMENT_EVENT_GONE] =
	    "INSERT INTO gone SELECT name FROM event WHERE id < ?1 "
	    "ORDER BY id LIMIT ?2",
	[STATEMENT_EVENT_TRIM] =
	    "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE "
	    "id < ?1 ORDER BY id LIMIT ?2)",
	[STATEMENT_EVENT_OLDEST] = "SELECT min(id) FROM event",
	[STATEMENT_RESOLVED_GONE] =
	    "INSERT INTO gone SELECT name FROM resolved WHERE last < ?1 "
	    "LIMIT ?2",
	[STATEMENT_GONE_TRIM] =
	    "DELETE FROM name WHERE id IN (SELECT name FROM gone) AND NOT "
	    "EXISTS (SELECT 1 FROM event WHERE event.name = name.id) AND NOT "
	    "EXISTS (SELECT 1 FROM resolved WHERE resolved.name = name.id)",
	[STATEMENT_GONE_CLEAR] = "DELETE FROM gone",
	[STATEMENT_RESOLVED_TRIM] =
	    "DELETE FROM resolved WHERE (name, client) IN (SELECT name, client "
	    "FROM resolved WHERE last < ?1 LIMIT ?2)",
	[STATEMENT_RESOLVED_OLDEST] = "SELECT min(last) FROM resolved",
	[STATEMENT_MINUTE_TRIM] = TOTALS_TRIM("minute"),
	[STATEMENT_MINUTE_OLDEST] = "SELECT min(begin) FROM minute",
	[STATEMENT_HOUR_TRIM] = TOTALS_TRIM("hour"),
	[STATEMENT_HOUR_OLDEST] = "SELECT min(begin) FROM hour",
	[STATEMENT_LIST_OLDEST] =
	    "SELECT begin, id FROM list WHERE span = ?1 ORDER BY begin LIMIT 1",
	[STATEMENT_LIST_TRIM_OPEN] = "DELETE FROM open WHERE list = ?1",
	[STATEMENT_LIST_TRIM_TOP] = "DELETE FROM top WHERE list = ?1",
	[STATEMENT_LIST_TRIM] = "DELETE FROM list WHERE id = ?1",
	[STATEMENT_GAP_TRIM] = "DELETE FROM gap WHERE end < ?1",
};

int
weir_history_fail(struct weir_history *history, int code)
{
	int error = WEIR_ESYSTEM;
	const char *what;

	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		history->is_damaged = true;
		error = WEIR_EFORMAT;
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		error = WEIR_EBUSY;
		break;
	case SQLITE_NOMEM:
		error = WEIR_EMEMORY;
		break;
	default:
		break;
	}
	what = history->sqlite ? sqlite3_errmsg(history->sqlite)
			       : sqlite3_errstr(code);
	/* A writer puts it aside, and says that. */
	if (error == WEIR_EFORMAT && history->lock_fd < 0)
		return weir_problem_set(&history->problem, error,
		    "%s: it is damaged (%.96s); weir-stat record puts it aside "
		    "when it meets the damage, and begins anew",
		    history->path, what);
	return weir_problem_set(
	    &history->problem, error, "%s: %s", history->path, what);
}

void
weir_history_reset(
    struct weir_history *history, enum weir_history_statement statement)
{
	(void)sqlite3_reset(history->statements[statement]);
}

uint64_t
weir_history_column(struct weir_history *history,
    enum weir_history_statement statement, int column)
{
	sqlite3_int64 value = sqlite3_column_int64(
	    history->statements[statement], column);

	return value < 0 ? 0 : (uint64_t)value;
}

static int
bind(sqlite3_stmt *statement, const char *types, va_list args)
{
	const void *bytes;
	int place, code = SQLITE_OK;
	size_t len;

	for (place = 1; *types && code == SQLITE_OK; types++, place++) {
		if (*types == 'i') {
			code = sqlite3_bind_int64(
			    statement, place, va_arg(args, int64_t));
			continue;
		}
		bytes = va_arg(args, const void *);
		len = va_arg(args, size_t);
		code = sqlite3_bind_blob64(
		    statement, place, bytes, len, SQLITE_STATIC);
	}
	return code;
}

static int
run(struct weir_history *history, enum weir_history_statement statement,
    const char *types, va_list args)
{
	sqlite3_stmt **place = &history->statements[statement];
	int code = SQLITE_OK;

	if (!*place)
		code = sqlite3_prepare_v3(history->sqlite, sql[statement], -1,
		    SQLITE_PREPARE_PERSISTENT, place, NULL);
	if (code == SQLITE_OK)
		code = bind(*place, types, args);
	if (code == SQLITE_OK)
		code = sqlite3_step(*place);
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE) {
		weir_history_reset(history, statement);
		return WEIR_OK;
	}
	code = weir_history_fail(history, code);
	if (*place)
		weir_history_reset(history, statement);
	return code;
}

int
weir_history_run(struct weir_history *history,
    enum weir_history_statement statement, const char *types, ...)
{
	va_list args;
	int ret;

	va_start(args, types);
	ret = run(history, statement, types, args);
	va_end(args);
	return ret;
}

int
weir_history_number(struct weir_history *history, uint64_t otherwise,
    uint64_t *ret_number, enum weir_history_statement statement,
    const char *types, ...)
{
	uint64_t number = otherwise;
	va_list args;
	int ret;

	va_start(args, types);
	ret = run(history, statement, types, args);
	va_end(args);
	if (ret < 0)
		return ret;
	if (ret == 1) {
		if (sqlite3_column_type(history->statements[statement], 0) !=
		    SQLITE_NULL)
			number = weir_history_column(history, statement, 0);
		weir_history_reset(history, statement);
	}
	*ret_number = number;
	return WEIR_OK;
}

int
weir_history_exec(struct weir_history *history, const char *text)
{
	int code = sqlite3_exec(history->sqlite, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? WEIR_OK : weir_history_fail(history, code);
}

uint64_t
weir_history_wal_size(const struct weir_history *history)
{
	char path[4096];
	struct stat about;

	if (snprintf(path, sizeof(path), "%s-wal", history->path) >=
		(int)sizeof(path) ||
	    stat(path, &about) != 0)
		return 0;
	return (uint64_t)about.st_size;
}

/* The journal is emptied as soon as it is half full.  Readers may be in the way:
 * then it is tried again. */
static int
bound_wal(struct weir_history *history)
{
	if (weir_history_wal_size(history) <= history->wal_max / 2)
		return WEIR_OK;
	(void)sqlite3_wal_checkpoint_v2(
	    history->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (weir_history_wal_size(history) <= history->wal_max / 2)
		return WEIR_OK;
	return weir_problem_set(&history->problem, WEIR_EBUSY,
	    "%s: its journal is full: somebody has been reading for too long, "
	    "or the disk is full",
	    history->path);
}

int
weir_history_begin(struct weir_history *history)
{
	int ret;

	if (history->is_begun)
		return WEIR_OK;
	/* The problem is still that of the failure. */
	if (history->is_stuck)
		return WEIR_EBUSY;
	ret = bound_wal(history);
	if (ret == WEIR_OK)
		ret = weir_history_run(history, STATEMENT_BEGIN, "");
	history->is_begun = ret == WEIR_OK;
	history->is_stuck = ret != WEIR_OK;
	return ret;
}

/* What was known of tables is known no more. */
void
weir_history_rollback(struct weir_history *history)
{
	struct weir_problem problem = history->problem;

	history->is_stuck = true; /* each try is dear on a full disk */
	history->lost += history->batch_events;
	history->pending_lost += history->batch_events + history->batch_lost;
	history->batch_used = 0;
	history->batch_events = history->batch_lost = 0;
	if (!history->is_begun)
		return;
	/* SQLite may have rolled back by itself: a full disk. */
	if (!sqlite3_get_autocommit(history->sqlite))
		(void)!weir_history_run(history, STATEMENT_ROLLBACK, "");
	history->problem = problem;
	history->is_begun = false;
	history->minute_begin = 0;
	history->minute_lost = 0;
	memset(history->minute_counts, 0, sizeof(history->minute_counts));
	memset(history->lists, 0, sizeof(history->lists));
	weir_history_cache_clear(history);
}

/* How much a transaction may do, by what the last one wrote: an eighth of the
 * journal is well, a quarter is too much. */
static void
learn_batch(struct weir_history *history, enum weir_history_work work)
{
	unsigned int *batch = &history->batch[work];
	uint64_t written;
	int pages, most;

	if (sqlite3_db_status(history->sqlite, SQLITE_DBSTATUS_CACHE_WRITE,
		&pages, &most, 1) != SQLITE_OK ||
	    pages < 0)
		return;
	written = (uint64_t)pages * WEIR_HISTORY_PAGE;
	if (written < history->wal_max / 8 && *batch < BATCH_MAX)
		*batch += *batch / 4;
	else if (written > history->wal_max / 4 && *batch > BATCH_MIN)
		*batch /= 2;
}

int
weir_history_commit(struct weir_history *history, enum weir_history_work work)
{
	int ret;

	if (!history->is_begun)
		return WEIR_OK;
	ret = weir_history_run(history, STATEMENT_COMMIT, "");
	if (ret != WEIR_OK) {
		weir_history_rollback(history);
		return ret;
	}
	history->is_begun = false;
	history->batch_used = 0;
	history->batch_events = history->batch_lost = 0;
	learn_batch(history, work);
	(void)!bound_wal(history);
	return WEIR_OK;
}

void
weir_history_finalize(struct weir_history *history)
{
	unsigned int i;

	for (i = 0; i < STATEMENT_COUNT; i++) {
		(void)sqlite3_finalize(history->statements[i]);
		history->statements[i] = NULL;
	}
}
