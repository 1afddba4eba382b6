/*
 * sync_schedule.h - when weir-sync asks again, and what it thinks of a feed.
 *
 * All of it is arithmetic: what time it is and what is random comes from who
 * calls, so that tables can test it.
 *
 *   nothing fetched yet     at once: there is nothing that protects
 *   something is there      a random moment of one poll, at most 1 s: what came
 *                           while nobody looked is news, and a fleet that starts
 *                           together is still spread a little
 *   all well                every poll, give or take a tenth
 *   failed                  the next mirror at once, and when all have failed
 *                           1 s, 2 s, 4 s ..., half of it random, up to a cap:
 *                           30 s if a small file could not be had, as those that
 *                           come back load no server; 5 min for all else
 *   Retry-After             not before, whoever hints
 */
#ifndef WEIR_FEEDS_SYNC_SCHEDULE_H
#define WEIR_FEEDS_SYNC_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define WEIR_SYNC_BACKOFF_MS    1000
#define WEIR_SYNC_CAP_SMALL_MS  30000
#define WEIR_SYNC_CAP_MS        300000
#define WEIR_SYNC_FIRST_MS      1000
#define WEIR_SYNC_DIVERGED_MS   60000 /* a full is taken within that */
#define WEIR_SYNC_HINT_MS       100   /* not more often, whoever hints */
#define WEIR_SYNC_STALE_S       90    /* the publisher signs each 30 s */
#define WEIR_SYNC_CLOCK_SLACK_S 10    /* clocks are set, by so much */
#define WEIR_SYNC_TIMES         1000  /* that are remembered */

/** What a feed is; the words stand in `weir-sync status`. */
enum weir_sync_state {
	WEIR_SYNC_NONE,    /* nothing was fetched yet */
	WEIR_SYNC_FRESH,   /* as new as the publisher says */
	WEIR_SYNC_STALE,   /* nothing newer for too long: warning */
	WEIR_SYNC_REFUSED, /* what is served was refused: critical */
	WEIR_SYNC_EXPIRED, /* what is trusted is past its date: critical */
	WEIR_SYNC_CLOCK,   /* the system's clock is wrong: nothing is judged */
	WEIR_SYNC_FAILING, /* nothing was fetched ever, though asked: critical */
	WEIR_SYNC_STATES
};

/** "none", "fresh" ... */
const char *weir_sync_state_text(unsigned int state);

struct weir_sync_view {
	int64_t now_unix;
	int64_t floor_unix;   /* the newest time that was seen; 0 */
	int64_t newer_unix;   /* when the last newer one came; 0: never */
	int64_t expires_unix; /* 0: does not */
	uint32_t stale_s;
	bool is_refused; /* the last that was served was */
	bool has_failed; /* all mirrors have, the last time they were asked */
};

bool weir_sync_is_clock_wrong(int64_t now_unix, int64_t floor_unix);
enum weir_sync_state weir_sync_judge(const struct weir_sync_view *view);

/** Of a plain list: after so long without an answer it is stale. */
uint32_t weir_sync_list_stale_s(uint32_t every_s);

/** `random`: any 32 bits. */
uint64_t weir_sync_first_ms(uint64_t poll_ms, bool has_data, uint32_t random);
uint64_t weir_sync_poll_ms(uint64_t poll_ms, uint32_t random);
/** `failures`: in a row, of all mirrors; from 1. */
uint64_t
weir_sync_backoff_ms(unsigned int failures, uint64_t cap_ms, uint32_t random);
uint64_t weir_sync_diverged_ms(uint32_t random);

/** The settings' wait and the publisher's: the longer one, in its limits. */
uint64_t weir_sync_longer_ms(uint32_t poll_s, uint32_t publisher_ms);

/** Whether a hint may be followed now, and if so notes it in *last_ms (0: none
 *  was yet). */
bool weir_sync_hint(uint64_t *last_ms, uint64_t now_ms);

/** The last times from signature to enforcement, in milliseconds. */
struct weir_sync_times {
	uint32_t ms[WEIR_SYNC_TIMES];
	unsigned int count, next;
	uint32_t last;
};
void weir_sync_times_add(struct weir_sync_times *times, uint32_t ms);
/** The time that `percent` of them do not exceed; 0 without any. */
uint32_t weir_sync_times_percentile(
    const struct weir_sync_times *times, unsigned int percent);

#endif
