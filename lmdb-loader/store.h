/*
 * store.h - the database folder: generations, and which one holds.
 *
 * lib/current.h says what lies in it.  One weir-load at a time changes it,
 * under a lock; readers need none.
 */
#ifndef WEIR_LMDB_LOADER_STORE_H
#define WEIR_LMDB_LOADER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/current.h"
#include "lib/error.h"
#include "lib/generation.h"

/** Why the last compaction has failed, in the database folder; not there if it
 *  has not. */
#define WEIR_COMPACT_PROBLEM      "compact.problem"
#define WEIR_COMPACT_PROBLEM_SIZE 4096

struct weir_store {
	char *folder;
	int lock_fd; /* -1: opened to read */
	bool has_current;
	struct weir_current current;
};

/** Opens to read.  A folder or `current` that is not there is no failure;
 *  a `current` that cannot be read is: WEIR_EFORMAT, WEIR_EVERSION. */
int weir_store_open(const char *folder, struct weir_store *ret_store,
    struct weir_problem *problem) WEIR_CHECKED;

/** Opens to change: makes the folder, takes the lock (waits wait_ms for it at
 *  most, then WEIR_EBUSY: *problem says who has it), removes what a crash has
 *  left over.  A `current` that is damaged is told in *problem and taken for
 *  none: the next publish replaces it. */
int weir_store_lock(const char *folder, unsigned int wait_ms,
    struct weir_store *ret_store, struct weir_problem *problem) WEIR_CHECKED;
void weir_store_close(struct weir_store *store);

/** Takes a lock in the folder as weir_store_lock does; closing *ret_fd gives it
 *  back.  A lock's file that root makes belongs to the folder's owner. */
int weir_store_flock(const char *folder, const char *file, unsigned int wait_ms,
    int *ret_fd, struct weir_problem *problem) WEIR_CHECKED;

/** FOLDER/N.SUFFIX, malloced; NULL without memory. */
char *weir_store_path(
    const struct weir_store *store, uint64_t generation, const char *suffix);

/** The numbers of all generations, ascending; malloced. */
int weir_store_list(const struct weir_store *store, uint64_t **ret_generations,
    unsigned int *ret_count) WEIR_CHECKED;

/** Reads N.generation.  WEIR_EMISSING: "FOLDER: there is no generation N". */
int weir_store_read(const struct weir_store *store, uint64_t generation,
    struct weir_current *ret_text, struct weir_problem *problem) WEIR_CHECKED;

/** Opens a generation's files; is_proven: after a proof that their octets are
 *  those that were published (lib/proof.h). */
int weir_store_open_generation(const struct weir_store *store,
    const struct weir_current *text, bool is_proven,
    struct weir_generation *ret_generation,
    struct weir_problem *problem) WEIR_CHECKED;

/** Proves a generation's files and reads all of them: 0, or what is wrong. */
int weir_store_check(const struct weir_store *store,
    const struct weir_current *text, struct weir_problem *problem) WEIR_CHECKED;

/** A generation that is to be. */
struct weir_store_draft {
	uint64_t generation;
	const char *base_file; /* in the folder; NULL: the current base stays */
	const char *overlay_file;               /* NULL: no overlay */
	struct weir_current_file base, overlay; /* by weir_store_prove */
	uint64_t name_count;                    /* of both together */
	/* The local rules are in it as FOLDER/local.rules has them (rules.h);
	 * else as they are in the current generation. */
	bool has_local_rules;
	/* NULL, or an older generation that is to hold again with a new
	 * overlay: it keeps its number and its base. */
	const struct weir_current *again;
};

/** Reads a new file whole, as a reader will: what `current` will say of it, all
 *  but the name. */
int weir_store_prove(const struct weir_store *store, const char *file,
    struct weir_current_file *ret_file,
    struct weir_problem *problem) WEIR_CHECKED;

/* With the lock: */

/** The number that the next generation, or the next overlay, gets. */
int weir_store_next(
    const struct weir_store *store, uint64_t *ret_generation) WEIR_CHECKED;

/** Gives the draft's files their names and makes it current.  A kill at any
 *  instruction leaves the old one or the new one. */
int weir_store_publish(struct weir_store *store,
    const struct weir_store_draft *draft,
    struct weir_problem *problem) WEIR_CHECKED;

/** Makes an older (or newer) generation current, after it was proved whole. */
int weir_store_rollback(struct weir_store *store, uint64_t generation,
    struct weir_problem *problem) WEIR_CHECKED;

/** Removes all but the `keep` generations that were current last; never
 *  the current one.  Of those with the lists of the next newer one
 *  (weir_report_lists_of) the newest `keep` stay besides.
 *  What cannot be removed is tried again the next time. */
void weir_store_prune(const struct weir_store *store, unsigned int keep);

#endif
