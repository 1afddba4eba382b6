/*
 * history.h - what `weir-stat record` keeps, and how it is asked: an SQLite file.
 *
 *   dnstap frames ──tap.h──► struct weir_record ──history_write──► minutes,
 *       hours' top lists, block events, who resolved what
 *   weir-stat top, time, name ..., the page ──history_read──► rows
 *
 * One writer, `record`; any number of readers (WAL).  Every time is in Unix
 * seconds, UTC.  The file never grows past its limit: the oldest goes first,
 * events before totals.
 *
 * Whatever happens to the writer, the file holds all flushes up to some moment
 * and nothing else: events are there together with the totals and lists that
 * count them, or not at all.
 */
#ifndef WEIR_STATS_HISTORY_H
#define WEIR_STATS_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/event.h"

/** One event as it comes from a dnstap stream: names instead of slots.  Texts
 *  are NUL-terminated and the owner's of the frame. */
struct weir_record {
	uint64_t time_ns;
	uint8_t outcome;   /* enum weir_event_outcome */
	uint8_t transport; /* enum weir_transport */
	uint8_t rcode;
	uint16_t qtype;
	struct weir_client client;
	const char *qname;    /* text */
	const char *rule;     /* the listed name; "" */
	const char *domain;   /* registrable domain of qname; "" */
	const char *feed;     /* "" */
	const char *category; /* "" */
	const char *action;   /* "nxdomain" ...; "" */
	bool is_alias, is_from_cache;
	uint32_t times; /* 1; more if the sender put several together */
};

struct weir_history;

struct weir_history_limits {
	uint64_t size;              /* octets of the file, journal included */
	unsigned int event_days;    /* block events */
	unsigned int minute_days;   /* totals of minutes */
	unsigned int hour_days;     /* totals and top lists of hours */
	unsigned int resolved_days; /* who resolved what */
};

/** Opens for writing, creates; one at a time (WEIR_EBUSY).  A damaged file is
 *  put aside (FILE.damaged) and begun anew; what is a database of somebody else,
 *  or no database and never had a writer of ours (whose FILE.lock stays), is
 *  refused (WEIR_EFORMAT), and one of a newer weir (WEIR_EVERSION).
 *  WEIR_ELIMIT: a size below WEIR_HISTORY_SIZE_MIN (lib/settings.h).  If it is opened, the
 *  problem is empty or holds something to be told: that a file was put aside;
 *  that its last writer was killed, and since when events are missing. */
int weir_history_open(const char *path,
    const struct weir_history_limits *limits, struct weir_history **ret_history,
    struct weir_problem *problem) WEIR_CHECKED;
/** For readers.  WEIR_EMISSING. */
int weir_history_open_read(const char *path, struct weir_history **ret_history,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_history_close(struct weir_history *history);

/** Takes an event; whatever becomes of the process, it is safe after the next
 *  flush (and some two minutes later from a power cut).  A time that is over
 *  an hour ahead of the last flush's or over a day behind it becomes that one.
 *  What could not be written (a full disk) is counted as lost, and the next call
 *  tries anew; the flush that follows says why.  The minute counts it as lost as
 *  soon as there is room again. */
int weir_history_add(struct weir_history *history,
    const struct weir_record *record) WEIR_CHECKED;
/** What is to be told of a gap: events that were lost before they came. */
int weir_history_lost(struct weir_history *history, uint64_t time_ns,
    uint64_t count) WEIR_CHECKED;
/** Commits; and, if it is time, closes hours, and lets go of what is old (not
 *  before the clock is believed, if it leapt ahead by days: after an hour).  On
 *  failure the history can go on being used; but for WEIR_EFORMAT: the file is
 *  damaged, and weir_history_close puts it aside; and WEIR_EMISSING: its name is
 *  another file's now, or nobody's, and nobody would find what is written. */
int weir_history_flush(struct weir_history *history, uint64_t now_unix,
    struct weir_problem *problem) WEIR_CHECKED;
/** Events that were lost since it was opened: told of, or not written. */
uint64_t weir_history_lost_count(const struct weir_history *history);

enum weir_history_kind {
	WEIR_HISTORY_NAMES,
	WEIR_HISTORY_DOMAINS,
	WEIR_HISTORY_CLIENTS,
	WEIR_HISTORY_FEEDS,
	WEIR_HISTORY_CATEGORIES,
	WEIR_HISTORY_TYPES,
	WEIR_HISTORY_KIND_COUNT
};

struct weir_history_row {
	const char *key;  /* name, client ... */
	const char *name; /* weir_history_resolved: what it resolved; "" */
	uint64_t count, error;
	uint64_t first_unix, last_unix;
};

/** The most frequent of a span of time, blocked ones (or shadowed ones), at most
 *  `limit`, the first first; `each` other than 0 ends it, and is returned.
 *  The span is widened to whole hours.  As in lib/top.h a count is never too low
 *  and too high by `error` at most: lists of the past are cut (a key that was
 *  not among the most frequent of an hour may have come as often as the last
 *  that was). */
int weir_history_top(struct weir_history *history, unsigned int kind,
    bool is_shadow, uint64_t from_unix, uint64_t until_unix, unsigned int limit,
    int (*each)(void *arg, const struct weir_history_row *row), void *arg,
    struct weir_problem *problem) WEIR_CHECKED;

/** Totals in steps of `step_s`: one call for each step that has any. */
struct weir_history_step {
	uint64_t begin_unix;
	uint64_t counts[WEIR_EVENT_OUTCOME_COUNT];
	uint64_t lost;
};
int weir_history_time(struct weir_history *history, uint64_t from_unix,
    uint64_t until_unix, unsigned int step_s,
    int (*each)(void *arg, const struct weir_history_step *step), void *arg,
    struct weir_problem *problem) WEIR_CHECKED;

/** Spans of which nothing is known, the first first: no writer ran. */
struct weir_history_gap {
	uint64_t begin_unix, end_unix;
	bool is_killed; /* the writer did not end, it was ended */
};
int weir_history_gaps(struct weir_history *history, uint64_t from_unix,
    uint64_t until_unix,
    int (*each)(void *arg, const struct weir_history_gap *gap), void *arg,
    struct weir_problem *problem) WEIR_CHECKED;

/** Events of a name (and what is below it), a client (or a network: all that
 *  overlaps it), or a feed; NULL: any; the newest first.  The registrable domain
 *  is not kept with them: "".  Times are to the millisecond. */
struct weir_history_filter {
	const char *name, *client, *feed;
	uint64_t from_unix, until_unix;
	int outcome; /* -1: any */
	unsigned int limit;
};
int weir_history_events(struct weir_history *history,
    const struct weir_history_filter *filter,
    int (*each)(void *arg, const struct weir_record *record), void *arg,
    struct weir_problem *problem) WEIR_CHECKED;

/** Who resolved the name or one below it, blocked or not, as far as it came to
 *  be known (blocked, shadowed and allowed ones, samples of the others): a row
 *  for each client and name, with first and last time (the hours' beginnings;
 *  count and error are 0). */
int weir_history_resolved(struct weir_history *history, const char *name,
    int (*each)(void *arg, const struct weir_history_row *row), void *arg,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
