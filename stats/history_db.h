/*
 * history_db.h - the history's file from inside: for stats/history*.c alone.
 *
 * Tables (history_open.c creates them); times are Unix seconds, hours are Unix
 * seconds / 3600:
 *
 *   name, client, reason, word   texts that others refer to by number:
 *       id, key, used            (the last hour in which it was)
 *         name    labels reversed, so that what is below a name is a range
 *         client  family, prefix, 4 or 16 octets of address
 *         reason  rule NUL feed NUL category NUL action NUL alias (0, 1)
 *         word    keys of the lists of the past
 *   event     id = milliseconds << 20 | number; name, client, reason ...
 *   resolved  name, client, first hour, last hour
 *   minute, hour                 totals of the outcomes
 *   list      a top list: span (3600, 86400), begin, kind, shadow, floor
 *     open    its counters while it grows, keys as they are
 *     top     its first ones once it is closed, keys as words
 *   gap       when no writer ran
 *   meta      one row: the last flush; whether a writer is there
 *
 * `used` is never less than the hour of what refers to the text.  So what is
 * older than all that is left is referred to by nothing: that is how texts go.
 */
#ifndef WEIR_STATS_HISTORY_DB_H
#define WEIR_STATS_HISTORY_DB_H

#include <sqlite3.h>
#include <stdio.h>
#include <sys/types.h>

#include "stats/history.h"

#define WEIR_HISTORY_APPLICATION 0x77656972 /* "weir" */
#define WEIR_HISTORY_VERSION     1
#define WEIR_HISTORY_PAGE        4096

/* No count of a row grows beyond that, whatever a sender says of itself: so many
 * of them as a history may have (2^14 hours and minutes) can be added up. */
#define WEIR_HISTORY_COUNT_MAX (1ULL << 48)
#define WEIR_HISTORY_COUNT_SQL "281474976710656"

enum weir_history_table {
	WEIR_HISTORY_NAME,
	WEIR_HISTORY_CLIENT,
	WEIR_HISTORY_REASON,
	WEIR_HISTORY_WORD,
	WEIR_HISTORY_TABLE_COUNT
};

/* Spans of top lists. */
enum weir_history_span {
	WEIR_HISTORY_HOUR,
	WEIR_HISTORY_DAY,
	WEIR_HISTORY_SPAN_COUNT
};
extern const unsigned int weir_history_span_s[WEIR_HISTORY_SPAN_COUNT];

/* Prepared statements: four for each table of texts, then these. */
enum weir_history_statement {
	STATEMENT_TEXT_FIND,
	STATEMENT_TEXT_ADD = STATEMENT_TEXT_FIND + WEIR_HISTORY_TABLE_COUNT,
	STATEMENT_TEXT_USE = STATEMENT_TEXT_ADD + WEIR_HISTORY_TABLE_COUNT,
	STATEMENT_TEXT_TRIM = STATEMENT_TEXT_USE + WEIR_HISTORY_TABLE_COUNT,
	STATEMENT_BEGIN = STATEMENT_TEXT_TRIM + WEIR_HISTORY_TABLE_COUNT,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_META,
	STATEMENT_PAGES,
	STATEMENT_PAGES_FREE,
	STATEMENT_VACUUM,
	STATEMENT_EVENT_ADD,
	STATEMENT_EVENT_LAST,
	STATEMENT_RESOLVED_ADD,
	STATEMENT_MINUTE_ADD,
	STATEMENT_HOUR_ADD,
	STATEMENT_LIST_FIND,
	STATEMENT_LIST_ADD,
	STATEMENT_LIST_REOPEN,
	STATEMENT_LIST_REOPEN_CLEAR,
	STATEMENT_LIST_STATE,
	STATEMENT_LIST_DUE,
	STATEMENT_OPEN_KEYS,
	STATEMENT_OPEN_COUNT,
	STATEMENT_OPEN_ADD,
	STATEMENT_OPEN_FLOOR,
	STATEMENT_OPEN_CUT,
	STATEMENT_OPEN_CLEAR,
	STATEMENT_CLOSE_WORDS,
	STATEMENT_CLOSE_TOP,
	STATEMENT_EVENT_GONE,
	STATEMENT_EVENT_TRIM,
	STATEMENT_EVENT_OLDEST,
	STATEMENT_RESOLVED_GONE,
	STATEMENT_RESOLVED_TRIM,
	STATEMENT_GONE_TRIM,
	STATEMENT_GONE_CLEAR,
	STATEMENT_RESOLVED_OLDEST,
	STATEMENT_MINUTE_TRIM,
	STATEMENT_MINUTE_OLDEST,
	STATEMENT_HOUR_TRIM,
	STATEMENT_HOUR_OLDEST,
	STATEMENT_LIST_OLDEST,
	STATEMENT_LIST_TRIM_OPEN,
	STATEMENT_LIST_TRIM_TOP,
	STATEMENT_LIST_TRIM,
	STATEMENT_GAP_TRIM,
	STATEMENT_COUNT
};

/* Texts whose number is known, and pairs that are written already. */
struct weir_history_cache {
	struct weir_history_known *known[WEIR_HISTORY_TABLE_COUNT];
	struct weir_history_pair *pairs;
};

struct weir_history_list {
	uint64_t begin; /* 0: not known */
	int64_t id;
	uint64_t floor; /* so often may have come what is not in it */
	uint64_t keys;
};

/* What a transaction does. */
enum weir_history_work {
	WEIR_HISTORY_ADDING,
	WEIR_HISTORY_TRIMMING
};

struct weir_history {
	char *path;
	sqlite3 *sqlite;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct weir_problem problem; /* the last failure, for the flush */
	int lock_fd;                 /* -1: a reader */
	dev_t device;                /* of the file that was opened */
	ino_t inode;

	struct weir_history_limits limits;
	uint64_t page_max;  /* pages of the file */
	uint64_t page_high; /* from here on the oldest goes */
	uint64_t wal_max;   /* octets of the journal */
	/* Events, or deletions of a kind, of one transaction. */
	unsigned int batch[2];
	unsigned int open_keys[WEIR_HISTORY_SPAN_COUNT];
	unsigned int top_keys[WEIR_HISTORY_SPAN_COUNT];

	struct weir_history_cache cache;
	struct weir_history_list lists[WEIR_HISTORY_SPAN_COUNT]
				      [WEIR_HISTORY_KIND_COUNT][2];

	/* What is counted and not yet in the tables. */
	uint64_t minute_begin;
	uint64_t minute_counts[WEIR_EVENT_OUTCOME_COUNT];
	uint64_t minute_lost;

	bool is_begun; /* a transaction is open */
	bool is_damaged;
	bool is_ours;            /* its lock file was there before */
	bool is_stuck;           /* nothing is tried until the next flush */
	unsigned int batch_used; /* calls in it */
	uint64_t batch_events, batch_lost;
	uint64_t pending_lost; /* lost, and no minute counts them yet */
	uint64_t lost;
	uint64_t now_unix;     /* of the last flush; 0: none yet */
	uint64_t seen_unix;    /* the same, that of the last writer at first */
	uint64_t leapt_unix;   /* what the clock leapt to; 0: it is believed */
	uint64_t kept_unix;    /* when the meta row was last written */
	uint64_t trimmed_unix; /* when ages were last looked at */
	uint32_t sequence;     /* low bits of an event's id */
};

/* --- history_db.c: SQLite, from C -------------------------------------------- */

/** Takes down what SQLite says in history->problem; a code of error.h. */
int weir_history_fail(struct weir_history *history, int code);
/** Binds (i: int64_t, b: const void *, size_t) and steps once.  1: a row, whose
 *  columns are there until _reset; 0: done; < 0. */
int weir_history_run(struct weir_history *history,
    enum weir_history_statement statement, const char *types, ...) WEIR_CHECKED;
/** For what gives at most one row with one number: it, or `otherwise`. */
int weir_history_number(struct weir_history *history, uint64_t otherwise,
    uint64_t *ret_number, enum weir_history_statement statement,
    const char *types, ...) WEIR_CHECKED;
uint64_t weir_history_column(struct weir_history *history,
    enum weir_history_statement statement, int column);
void weir_history_reset(
    struct weir_history *history, enum weir_history_statement statement);
/** Several statements without parameters. */
int
weir_history_exec(struct weir_history *history, const char *sql) WEIR_CHECKED;
int weir_history_begin(struct weir_history *history) WEIR_CHECKED;
/** On failure everything since the beginning is gone and counted as lost. */
int weir_history_commit(
    struct weir_history *history, enum weir_history_work work) WEIR_CHECKED;
void weir_history_rollback(struct weir_history *history);
uint64_t weir_history_wal_size(const struct weir_history *history);
void weir_history_finalize(struct weir_history *history);

/* --- history_text.c: keys ---------------------------------------------------- */

#define WEIR_HISTORY_KEY_SIZE 2048 /* a reason: two names, two words */

/** "www.example.com" as "com.example.www", small letters; and back.  The length
 *  (text: WEIR_NAME_TEXT_SIZE or more). */
size_t weir_history_reverse(const char *name, size_t len, char *text);
size_t
weir_history_client_encode(const struct weir_client *client, uint8_t *bytes);
void weir_history_client_decode(
    const uint8_t *bytes, size_t len, struct weir_client *ret_client);
/** "192.0.2.1", "2001:db8::/32"; false: neither. */
bool
weir_history_client_parse(const char *text, struct weir_client *ret_client);
/** "A", "HTTPS", "TYPE1234" (RFC 3597). */
#define WEIR_HISTORY_TYPE_SIZE 16
void weir_history_type_print(unsigned int qtype, char *text);
size_t
weir_history_reason_encode(const struct weir_record *record, uint8_t *bytes);
/** Points the record's texts into the bytes. */
void weir_history_reason_decode(
    const uint8_t *bytes, size_t len, struct weir_record *record);

/* --- history_intern.c -------------------------------------------------------- */

int weir_history_cache_init(struct weir_history *history) WEIR_CHECKED;
void weir_history_cache_clear(struct weir_history *history);
void weir_history_cache_done(struct weir_history *history);
int
weir_history_intern(struct weir_history *history, enum weir_history_table table,
    const void *key, size_t len, uint64_t hour, int64_t *ret_id) WEIR_CHECKED;
int weir_history_resolve(struct weir_history *history, int64_t name,
    int64_t client, uint64_t hour) WEIR_CHECKED;

/* --- history_top.c ----------------------------------------------------------- */

int weir_history_count(struct weir_history *history, unsigned int kind,
    bool is_shadow, const char *key, uint64_t times,
    uint64_t time_unix) WEIR_CHECKED;
/** Closes the lists whose time is over. */
int weir_history_close_lists(struct weir_history *history) WEIR_CHECKED;

/* --- history_trim.c ---------------------------------------------------------- */

/** Lets go of what is too old, and of the oldest if the file is too large. */
int weir_history_trim(struct weir_history *history) WEIR_CHECKED;

#endif
