/*
 * held.h - lists that have shrunk or grown too much, and wait for `weir-load
 * accept`.
 *
 * Kept in held.json of the database folder: of each such feed the digest of its
 * file, so that what is accepted is that very file; replaced as a whole.
 */
#ifndef WEIR_LMDB_LOADER_HELD_H
#define WEIR_LMDB_LOADER_HELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/limits.h"
#include "lib/settings.h"

#define WEIR_HELD_DIGEST_SIZE 65 /* BLAKE2b-256 as text */

struct weir_held_feed {
	char name[WEIR_FEED_NAME_SIZE];
	/* Of the file as it lies there; of a signed feed's state which one it
	 * is: "GEN.SEQUENCE". */
	char digest[WEIR_HELD_DIGEST_SIZE];
	uint64_t before, names; /* in force; of the file */
	uint64_t since_unix;
	bool is_accepted; /* the next apply takes it */
};

struct weir_held {
	unsigned int count;
	struct weir_held_feed feeds[WEIR_FEEDS];
};

/** What waits; nothing if there is no such file.  WEIR_EFORMAT: it is damaged;
 *  then nothing waits. */
int weir_held_load(const char *folder, struct weir_held *ret_held) WEIR_CHECKED;
int
weir_held_save(const char *folder, const struct weir_held *held) WEIR_CHECKED;

/** The feed's, NULL. */
struct weir_held_feed *weir_held_find(struct weir_held *held, const char *name);

/** As it is saved, and shown by `status`. */
json_t *weir_held_describe(const struct weir_held *held);

/** The digest of a list file, packed or not, as it lies there; of a folder which
 *  state of a signed feed it holds. */
int weir_held_digest(const char *path, char *ret_digest) WEIR_CHECKED;
/** "GEN.SEQUENCE", the digest of such a state. */
void
weir_held_print_state(const char *gen, uint64_t sequence, char *ret_digest);
/** Whether it is that of such a state. */
bool weir_held_is_state(const char *digest);
/** Whether what was held is what lies there now: the same file; or any state of
 *  the same beginning, for a signed feed moves on while a person looks at it. */
bool weir_held_is_same(const char *held, const char *now);

/** Whether so many names after so many are too few or too many for the feed:
 *  the key that says so, "max-shrink", "max-grow", or NULL.  A feed without
 *  names may begin with any number; and so few as WEIR_SIZE_FREE come and go. */
const char *weir_held_limit(
    const struct weir_feed_settings *settings, uint64_t before, uint64_t names);

#endif
