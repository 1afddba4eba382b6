/*
 * publish.h - a feed's repository, from the publisher's side.
 *
 *   open ──► cut ──► set or delta ──► commit ──► close
 *
 * open takes the lock, so that one program publishes at a time, and finds out
 * how far one that was ended came.  cut moves the runs on by the clock
 * (publish_state.h).  set and delta write down what changes, as a run.  commit
 * makes payloads and metadata, in the order that lets clients read at any
 * moment: targets, N.targets.json, N.snapshot.json, timestamp.json; until the
 * last one nothing has happened, whatever breaks off.
 *
 * Invariants:
 *   - No version of a document and no sequence number is given to two contents
 *     that somebody may have seen.
 *   - From the full that is published, and from the one before unless a delta was
 *     too long, deltas that are published lead to the last sequence number.
 *   - A file that metadata name lies there as long as these are current, and
 *     WEIR_PUBLISH_LINGER_S more.
 */
#ifndef WEIR_FEEDS_PUBLISH_H
#define WEIR_FEEDS_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/key_file.h"
#include "feeds/publish_list.h"
#include "feeds/publish_meta.h"
#include "feeds/publish_run.h"
#include "feeds/publish_state.h"
#include "lib/error.h"

#define WEIR_PUBLISH_LINGER_S (15 * 60)
#define WEIR_PUBLISH_MINUTE_S 60
#define WEIR_PUBLISH_HOUR_S   3600
#define WEIR_PUBLISH_DAY_S    86400
#define WEIR_PUBLISH_LOCK_MS  30000
#define WEIR_PUBLISH_WARN_S   (30 * 86400) /* before root expires */
#define WEIR_PUBLISH_STATE    "state.json"
#define WEIR_PUBLISH_NEXT     "next.json"

/** Octets; by open those of feed_target.h. */
struct weir_publish_limits {
	uint64_t delta_size, delta_raw;
	uint64_t change_raw; /* a longer change goes into a full at once */
};

struct weir_publish {
	struct weir_publish_limits limits;
	char *folder, *private, *metadata, *payloads; /* folders */
	int lock_fd;
	int64_t now_ms;                  /* read once, by open */
	struct weir_publish_state state; /* as it is published */
	struct weir_publish_state next;  /* as it will be */
	struct weir_publish_run full, runs[WEIR_PUBLISH_PLACES]; /* of next */
	struct weir_publish_roles roles; /* of the root in force */
	struct weir_key_file *keys[WEIR_KEY_ROLE_COUNT]; /* online ones */
	/* While they are rotated: they sign beside those that hold, so that
	 * metadata are good with the root before and with the one after. */
	struct weir_key_file *next_keys[WEIR_KEY_ROLE_COUNT];
	bool is_full_due;
	bool is_forced;    /* sign all metadata anew */
	bool is_recovered; /* what one that was ended has left was there */
	/* The state was lost, or is older than what is published: only a whole
	 * set is of use, with other numbers and another gen. */
	bool is_anew;
	/* What the last set or delta did. */
	uint64_t added, removed, changed;
};

/** DIR/private, DIR/public/metadata, DIR/public/targets/feed: malloced paths.
 *  WEIR_EMEMORY. */
int weir_publish_paths(
    struct weir_publish *publish, const char *folder) WEIR_CHECKED;

/** The clock in Unix milliseconds; WEIR_FEED_NOW in the environment (seconds, or
 *  with a fraction) stands still in its place. */
int64_t weir_publish_now_ms(void);

/** WEIR_EMISSING: no feed was made there; WEIR_EBUSY: another program has it for
 *  longer than WEIR_PUBLISH_LOCK_MS; WEIR_EFORMAT: root keys lie below the
 *  folder, the online keys are not those of the root in force ... */
int weir_publish_open(const char *folder, struct weir_publish *ret_publish,
    struct weir_problem *problem) WEIR_CHECKED;
/** The same; `is_rotation`: without the online keys too, if they were lost. */
int weir_publish_open_for(const char *folder, bool is_rotation,
    struct weir_publish *ret_publish,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_publish_close(struct weir_publish *publish);

/** Reads state.json, and finds out how far one that was ended came; part of open
 *  (publish_recover.c). */
int weir_publish_read_state(
    struct weir_publish *publish, struct weir_problem *problem) WEIR_CHECKED;
/** Reads the newest root into next and roles; part of open. */
int weir_publish_read_root(
    struct weir_publish *publish, struct weir_problem *problem) WEIR_CHECKED;
/** Online keys that lie there as FILE.new, and that the newest root names, take
 *  the place of those before. */
int weir_publish_settle_keys(
    struct weir_publish *publish, struct weir_problem *problem) WEIR_CHECKED;

/** Moves the runs on, if it is time.  A clock that went back begins anew to wait
 *  from there. */
int weir_publish_cut(
    struct weir_publish *publish, struct weir_problem *problem) WEIR_CHECKED;

/** From now on the set is what the list, sorted, has. */
int weir_publish_set(struct weir_publish *publish,
    struct weir_publish_list *list, struct weir_problem *problem) WEIR_CHECKED;
/** The names of `del` are taken out, then the entries of `add` put in, in place
 *  of what these names had.  NULL: none.  Costs what the two have. */
int
weir_publish_delta(struct weir_publish *publish, struct weir_publish_list *add,
    struct weir_publish_list *del, struct weir_problem *problem) WEIR_CHECKED;

/** Makes the payloads that have to be, into next.targets. */
int weir_publish_payloads(
    struct weir_publish *publish, struct weir_problem *problem) WEIR_CHECKED;
/** Payloads, metadata, and then it holds.  Signs timestamp.json in any case. */
int weir_publish_commit(
    struct weir_publish *publish, struct weir_problem *problem) WEIR_CHECKED;

/** Removes what was not current any more for WEIR_PUBLISH_LINGER_S. */
void weir_publish_clean(struct weir_publish *publish);
/** Lets that time begin now for all that is not current. */
void weir_publish_retire_all(struct weir_publish *publish);

/** Writes a run, or a full with its header line, as the file of next's place. */
int weir_publish_write_run(struct weir_publish *publish,
    struct weir_publish_file *file, struct weir_publish_run *run,
    const struct weir_publish_text *text,
    struct weir_problem *problem) WEIR_CHECKED;

/** Writes the set as a new full: the runs, and `change` (NULL: none) over them.
 *  `last`: what it is at its end. */
int weir_publish_write_full(struct weir_publish *publish,
    const struct weir_publish_file *last, const struct weir_publish_run *change,
    struct weir_problem *problem) WEIR_CHECKED;

/** Says what a system call, or another one, failed at. */
int weir_publish_fail(struct weir_problem *problem, int error,
    const char *folder, const char *file);

#endif
