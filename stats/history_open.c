/*
 * history_open.c - opens and closes the history's file.
 *
 * A writer holds a lock on FILE.lock as long as it lives, whatever way it ends.
 * The meta row says whether the last one closed the file, and when it flushed
 * for the last time: from then until now nothing is known, which is a gap.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/settings.h"
#include "stats/history_db.h"

#define TEXT_TABLE(name)                                                      \
	"CREATE TABLE " name " (id INTEGER PRIMARY KEY, key BLOB NOT NULL "   \
	"UNIQUE, used INTEGER NOT NULL); CREATE INDEX " name "_used ON " name \
	" (used);"
#define TOTALS_TABLE(name)                                                   \
	"CREATE TABLE " name " (begin INTEGER PRIMARY KEY, blocked INTEGER " \
	"NOT NULL, shadowed INTEGER NOT NULL, allowed INTEGER NOT NULL, "    \
	"passed INTEGER NOT NULL, lost INTEGER NOT NULL);"

static const char schema[] = "BEGIN IMMEDIATE;" TEXT_TABLE("name") TEXT_TABLE(
    "client") TEXT_TABLE("reason") TEXT_TABLE("word") TOTALS_TABLE("minute")
    TOTALS_TABLE(
	"hour") "CREATE TABLE event (id INTEGER PRIMARY KEY, name INTEGER NOT "
		"NULL, "
		"client INTEGER NOT NULL, reason INTEGER NOT NULL, qtype "
		"INTEGER NOT NULL, "
		"flags INTEGER NOT NULL, rcode INTEGER NOT NULL, times INTEGER "
		"NOT NULL);"
		"CREATE INDEX event_name ON event (name);"
		"CREATE INDEX event_client ON event (client);"
		"CREATE TABLE resolved (name INTEGER, client INTEGER, first "
		"INTEGER NOT "
		"NULL, last INTEGER NOT NULL, PRIMARY KEY (name, client)) "
		"WITHOUT ROWID;"
		"CREATE INDEX resolved_last ON resolved (last);"
		"CREATE TABLE list (id INTEGER PRIMARY KEY, span INTEGER NOT "
		"NULL, begin "
		"INTEGER NOT NULL, kind INTEGER NOT NULL, is_shadow INTEGER "
		"NOT NULL, "
		"floor INTEGER NOT NULL, is_open INTEGER NOT NULL, "
		"UNIQUE (span, begin, kind, is_shadow));"
		"CREATE INDEX list_open ON list (is_open) WHERE is_open = 1;"
		"CREATE TABLE open (list INTEGER, key BLOB, count INTEGER NOT "
		"NULL, error "
		"INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT "
		"NULL, "
		"PRIMARY KEY (list, key)) WITHOUT ROWID;"
		"CREATE TABLE top (list INTEGER, word INTEGER, count INTEGER "
		"NOT NULL, "
		"error INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER "
		"NOT NULL, "
		"PRIMARY KEY (list, word)) WITHOUT ROWID;"
		"CREATE TABLE gap (begin INTEGER NOT NULL, end INTEGER NOT "
		"NULL, is_killed "
		"INTEGER NOT NULL);"
		"CREATE TABLE meta (flushed INTEGER NOT NULL, is_open INTEGER "
		"NOT NULL);"
		"INSERT INTO meta VALUES (0, 0);"
		"PRAGMA user_version = 1;"
		"COMMIT;";

static uint64_t
clamp(uint64_t value, uint64_t least, uint64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* How the size is shared out.  A quarter, 128 MB at most, is the journal's.  An
 * event changes some nine pages that others do not, at worst; how much a
 * transaction may do is learnt from there (history_db.c). */
static void
set_bounds(struct weir_history *history)
{
	uint64_t size = history->limits.size;
	unsigned int i;

	history->wal_max = clamp(size / 4, 1U << 21, 128U << 20);
	history->page_max = (size - history->wal_max - (64U << 10)) /
			    WEIR_HISTORY_PAGE;
	history->page_high = history->page_max / 100 * 92;
	for (i = 0; i < 2; i++)
		history->batch[i] = (unsigned int)clamp(
		    history->wal_max / 98304, 16, 1000);
	history->open_keys[WEIR_HISTORY_HOUR] = (unsigned int)clamp(
	    size / 50000, 200, 20000);
	history->open_keys[WEIR_HISTORY_DAY] =
	    2 * history->open_keys[WEIR_HISTORY_HOUR];
	history->top_keys[WEIR_HISTORY_HOUR] = (unsigned int)clamp(
	    size >> 22, 25, 250);
	history->top_keys[WEIR_HISTORY_DAY] =
	    4 * history->top_keys[WEIR_HISTORY_HOUR];
}

/* A number that a PRAGMA or a SELECT gives. */
static int
ask(struct weir_history *history, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int code;

	code = sqlite3_prepare_v2(history->sqlite, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	*ret_number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0)
					 : 0;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		(void)weir_history_fail(history, code);
	(void)sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? WEIR_OK
	       : history->is_damaged                     ? WEIR_EFORMAT
							 : WEIR_ESYSTEM;
}

/* What stands in the schema calls nothing. */
static void
distrust(struct weir_history *history)
{
	(void)sqlite3_db_config(
	    history->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(
	    history->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
}

/* Whose file it is: ours, nobody's yet (*ret_is_new), or another's. */
static int
check_owner(struct weir_history *history, bool *ret_is_new)
{
	int64_t owner, version, tables, others;
	int ret;

	ret = ask(history, "PRAGMA application_id", &owner);
	if (ret == WEIR_OK)
		ret = ask(history, "PRAGMA user_version", &version);
	if (ret == WEIR_OK)
		ret = ask(
		    history, "SELECT count(*) FROM sqlite_schema", &tables);
	if (ret == WEIR_OK)
		ret = ask(history,
		    "SELECT count(*) FROM sqlite_schema WHERE type NOT IN "
		    "('table', 'index')",
		    &others);
	if (ret != WEIR_OK)
		return ret;
	*ret_is_new = tables == 0;
	if (tables == 0)
		return WEIR_OK;
	if (owner != WEIR_HISTORY_APPLICATION)
		return weir_problem_set(&history->problem, WEIR_EFORMAT,
		    "%s: it is a database of another program", history->path);
	if (version != WEIR_HISTORY_VERSION)
		return weir_problem_set(&history->problem, WEIR_EVERSION,
		    "%s: it is a history of version %lld, not of %d",
		    history->path, (long long)version, WEIR_HISTORY_VERSION);
	if (others > 0)
		return weir_problem_set(&history->problem, WEIR_EFORMAT,
		    "%s: it has views or triggers, as no history has",
		    history->path);
	return WEIR_OK;
}

static int
prepare(struct weir_history *history)
{
	struct stat about;
	char text[512];
	bool is_new;
	int ret;

	if (sqlite3_open_v2(history->path, &history->sqlite,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK)
		return weir_history_fail(
		    history, sqlite3_errcode(history->sqlite));
	distrust(history);
	(void)sqlite3_busy_timeout(history->sqlite, 100);
	ret = check_owner(history, &is_new);
	if (ret != WEIR_OK)
		return ret;
	(void)snprintf(text, sizeof(text),
	    "%sPRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
	    "PRAGMA secure_delete = OFF; PRAGMA cache_size = -32000; "
	    "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = %llu; "
	    "PRAGMA max_page_count = %llu;",
	    is_new ? "PRAGMA page_size = 4096; "
		     "PRAGMA auto_vacuum = INCREMENTAL; "
		     "PRAGMA application_id = 0x77656972; "
		   : "",
	    (unsigned long long)history->wal_max / 2,
	    (unsigned long long)history->page_max);
	ret = weir_history_exec(history, text);
	if (ret == WEIR_OK && is_new)
		ret = weir_history_exec(history, schema);
	if (ret == WEIR_OK) /* history_trim.c's own */
		ret = weir_history_exec(
		    history, "CREATE TEMP TABLE gone (name INTEGER)");
	if (ret == WEIR_OK && stat(history->path, &about) != 0)
		ret = weir_problem_set(&history->problem, WEIR_ESYSTEM,
		    "%s: %s", history->path, strerror(errno));
	if (ret == WEIR_OK) {
		history->device = about.st_dev;
		history->inode = about.st_ino;
	}
	return ret;
}

static void
finish(struct weir_history *history)
{
	weir_history_finalize(history);
	(void)sqlite3_close(history->sqlite);
	history->sqlite = NULL;
}

/* FILE.damaged, in place of an older one; its journal goes with it. */
static int
put_aside(struct weir_history *history)
{
	static const char *const parts[] = { "-wal", "-shm", "" };
	char from[4096], to[4096];
	size_t i;
	int error = 0;

	finish(history);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (snprintf(from, sizeof(from), "%s%s", history->path,
			parts[i]) >= (int)sizeof(from) ||
		    snprintf(to, sizeof(to), "%s.damaged%s", history->path,
			parts[i]) >= (int)sizeof(to))
			return WEIR_ELIMIT;
		if (rename(from, to) != 0 && parts[i][0] == '\0')
			error = errno;
	}
	if (error == 0)
		return WEIR_OK;
	return weir_problem_set(&history->problem, WEIR_ESYSTEM,
	    "%s: it is damaged, and cannot be put aside: %s", history->path,
	    strerror(error));
}

static int
lock(struct weir_history *history)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s.lock", history->path) >=
	    (int)sizeof(path))
		return weir_problem_set(&history->problem, WEIR_ELIMIT,
		    "%s: the path is too long", history->path);
	history->is_ours = access(path, F_OK) == 0;
	history->lock_fd = open(
	    path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (history->lock_fd < 0)
		return weir_problem_set(&history->problem, WEIR_ESYSTEM,
		    "%s: %s", path, strerror(errno));
	if (flock(history->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return WEIR_OK;
	return weir_problem_set(&history->problem,
	    errno == EWOULDBLOCK ? WEIR_EBUSY : WEIR_ESYSTEM, "%s: %s", path,
	    errno == EWOULDBLOCK ? "another process writes this history"
				 : strerror(errno));
}

/* What is not known since the last writer (one that has written nothing only
 * makes the gap longer); the problem says it if that one was
 * killed. */
static int
take_up(struct weir_history *history, struct weir_problem *problem)
{
	int64_t flushed, is_open, now = (int64_t)time(NULL);
	char text[512];
	int ret;

	ret = ask(history, "SELECT flushed FROM meta", &flushed);
	if (ret == WEIR_OK)
		ret = ask(history, "SELECT is_open FROM meta", &is_open);
	if (ret == WEIR_OK && flushed > 0)
		history->seen_unix = (uint64_t)flushed;
	if (ret != WEIR_OK || flushed == 0 || flushed > now)
		return ret;
	(void)snprintf(text, sizeof(text),
	    "BEGIN IMMEDIATE; UPDATE gap SET end = %lld, is_killed = "
	    "max(is_killed, %lld) WHERE end >= %lld; INSERT INTO gap SELECT "
	    "%lld, %lld, %lld WHERE changes() = 0; "
	    "UPDATE meta SET flushed = %lld, is_open = 0; COMMIT;",
	    (long long)now, (long long)is_open, (long long)flushed,
	    (long long)flushed, (long long)now, (long long)is_open,
	    (long long)now);
	ret = weir_history_exec(history, text);
	/* A full disk: it is told another time. */
	if (ret == WEIR_ESYSTEM) {
		(void)sqlite3_exec(
		    history->sqlite, "ROLLBACK", NULL, NULL, NULL);
		ret = WEIR_OK;
	}
	if (ret == WEIR_OK && is_open && problem->text[0] == '\0')
		(void)weir_problem_set(problem, WEIR_OK,
		    "%s: the last writer was ended; events of the %lld seconds "
		    "since its last flush are missing",
		    history->path, (long long)(now - flushed));
	return ret;
}

/* No writer of ours was ever here: the path may be a mistake, and the file
 * somebody's. */
static int
refuse(struct weir_history *history)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s.lock", history->path);
	(void)unlink(path);
	return weir_problem_set(&history->problem, WEIR_EFORMAT,
	    "%s: it is no history of weir's, or one that is damaged and was "
	    "moved here: move it away, or name another file",
	    history->path);
}

static int
open_write(struct weir_history *history, struct weir_problem *problem)
{
	int ret = lock(history);

	if (ret == WEIR_OK)
		ret = weir_history_cache_init(history);
	if (ret != WEIR_OK)
		return ret;
	ret = prepare(history);
	if (ret == WEIR_OK)
		ret = take_up(history, problem);
	if (ret != WEIR_EFORMAT || !history->is_damaged)
		return ret;
	if (!history->is_ours)
		return refuse(history);
	ret = put_aside(history);
	if (ret != WEIR_OK)
		return ret;
	history->is_damaged = false;
	(void)weir_problem_set(problem, WEIR_OK,
	    "%s: it is damaged; it is %s.damaged now, and a new one is begun",
	    history->path, history->path);
	return prepare(history);
}

static struct weir_history *
make(const char *path)
{
	struct weir_history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	history->lock_fd = -1;
	history->path = strdup(path);
	if (history->path)
		return history;
	free(history);
	return NULL;
}

int
weir_history_open(const char *path, const struct weir_history_limits *limits,
    struct weir_history **ret_history, struct weir_problem *problem)
{
	struct weir_history *history;
	int ret;

	problem->text[0] = '\0';
	if (limits->size < WEIR_HISTORY_SIZE_MIN)
		return weir_problem_set(problem, WEIR_ELIMIT,
		    "%s: a history needs %llu MB at least", path,
		    WEIR_HISTORY_SIZE_MIN >> 20);
	history = make(path);
	if (!history)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: out of memory", path);
	history->limits = *limits;
	set_bounds(history);
	ret = open_write(history, problem);
	if (ret == WEIR_OK) {
		*ret_history = history;
		return WEIR_OK;
	}
	*problem = history->problem;
	history->is_damaged = false; /* it is not ours to put aside */
	weir_history_close(history);
	return ret;
}

static int
open_reader(struct weir_history *history, const char *uri)
{
	static const char quick[] =
	    "PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;";
	bool is_new;
	int ret;

	finish(history);
	history->is_damaged = false;
	if (sqlite3_open_v2(uri, &history->sqlite,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
		NULL) != SQLITE_OK)
		return weir_history_fail(
		    history, sqlite3_errcode(history->sqlite));
	distrust(history);
	(void)sqlite3_busy_timeout(history->sqlite, 2000);
	ret = weir_history_exec(history, quick);
	if (ret == WEIR_OK)
		ret = check_owner(history, &is_new);
	if (ret == WEIR_OK && is_new)
		ret = weir_problem_set(&history->problem, WEIR_EMISSING,
		    "%s: there is nothing in it yet", history->path);
	return ret;
}

/* "file:" and the path, as a URI wants it. */
static char *
make_uri(const char *path, const char *query)
{
	size_t size = 3 * strlen(path) + strlen(query) + 8;
	char *uri = malloc(size), *at = uri;

	if (!uri)
		return NULL;
	at += sprintf(at, path[0] == '/' ? "file://" : "file:");
	for (; *path; path++)
		at += sprintf(at,
		    *path == '%' || *path == '?' || *path == '#' ? "%%%02X"
								 : "%c",
		    (unsigned char)*path);
	(void)strcpy(at, query);
	return uri;
}

/* Whoever may not write in the folder cannot make a journal's index; but if no
 * writer runs and none left a journal, the file lies still. */
static int
open_read(struct weir_history *history)
{
	char *uri = make_uri(history->path, "");
	int ret = WEIR_EMEMORY;

	if (uri)
		ret = open_reader(history, uri);
	free(uri);
	if (ret != WEIR_ESYSTEM || weir_history_wal_size(history) > 0)
		return ret;
	uri = make_uri(history->path, "?immutable=1");
	if (uri)
		ret = open_reader(history, uri);
	free(uri);
	return ret;
}

int
weir_history_open_read(const char *path, struct weir_history **ret_history,
    struct weir_problem *problem)
{
	struct weir_history *history;
	int ret;

	problem->text[0] = '\0';
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return weir_problem_set(
		    problem, WEIR_EMISSING, "%s: there is no history", path);
	history = make(path);
	if (!history)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: out of memory", path);
	ret = open_read(history);
	if (ret == WEIR_OK) {
		*ret_history = history;
		return WEIR_OK;
	}
	*problem = history->problem;
	weir_history_close(history);
	return ret;
}

void
weir_history_close(struct weir_history *history)
{
	if (!history)
		return;
	if (history->lock_fd >= 0 && history->sqlite && history->now_unix > 0 &&
	    weir_history_flush(history, history->now_unix, NULL) == WEIR_OK &&
	    weir_history_begin(history) == WEIR_OK) {
		if (weir_history_run(history, STATEMENT_META, "ii",
			(int64_t)history->now_unix, (int64_t)0) == WEIR_OK)
			(void)!weir_history_commit(
			    history, WEIR_HISTORY_ADDING);
		else
			weir_history_rollback(history);
	}
	finish(history);
	if (history->lock_fd >= 0 && history->is_damaged)
		(void)!put_aside(history);
	weir_history_cache_done(history);
	if (history->lock_fd >= 0)
		close(history->lock_fd);
	free(history->path);
	free(history);
}
