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
 *  put aside with a word in the problem and begun anew. */
int weir_history_open(const char *path,
    const struct weir_history_limits *limits, struct weir_history **ret_history,
    struct weir_problem *problem) WEIR_CHECKED;
/** For readers.  WEIR_EMISSING. */
int weir_history_open_read(const char *path, struct weir_history **ret_history,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_history_close(struct weir_history *history);

/** Takes an event; it is safe on disk after the next flush. */
int weir_history_add(struct weir_history *history,
    const struct weir_record *record) WEIR_CHECKED;
/** What is to be told of a gap: events that were lost before they came. */
int weir_history_lost(struct weir_history *history, uint64_t time_ns,
    uint64_t count) WEIR_CHECKED;
/** Commits; and, if it is time, closes hours, and lets go of what is old. */
int weir_history_flush(struct weir_history *history, uint64_t now_unix,
    struct weir_problem *problem) WEIR_CHECKED;

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
	const char *key; /* name, client ... */
	uint64_t count, error;
	uint64_t first_unix, last_unix;
};

/** The most frequent of a span of time, blocked ones (or shadowed ones), at most
 *  `limit`, the first first; `each` other than 0 ends it. */
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

/** Events of a name (and what is below it), a client, or a feed; NULL: any; the
 *  newest first. */
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

/** Who resolved the name, blocked or not: a row for each client and name, with
 *  first and last time (to the hour). */
int weir_history_resolved(struct weir_history *history, const char *name,
    int (*each)(void *arg, const struct weir_history_row *row), void *arg,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
