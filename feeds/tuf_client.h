/*
 * tuf_client.h - the client's side of TUF: what is trusted, and how new
 * metadata come to be (specification 1.0.34, section 5; no delegations).
 *
 *   folder ──open──► trusted root, checked against itself
 *   refresh: N+1.root.json ... ──► timestamp ──► N.snapshot ──► N.targets
 *   fetch:   a target that the trusted targets name ──► a file, hash compared
 *
 * What is trusted lies in one folder, as the octets that were served:
 * root.json, timestamp.json, snapshot.json, targets.json.  Each file is replaced
 * as a whole once it has passed all checks, so whatever interrupts a refresh,
 * the next one goes on from there.  A refusal leaves what was there.
 *
 * Nothing here knows the network: a transport brings the files.  Nothing reads
 * the clock: the caller says what time it is, once for each refresh.
 */
#ifndef WEIR_FEEDS_TUF_CLIENT_H
#define WEIR_FEEDS_TUF_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/tuf_key.h"
#include "lib/error.h"

/* Limits; what has 4 keys and 4 targets has a tenth of it. */
#define WEIR_TUF_ROOT_SIZE      65536U
#define WEIR_TUF_TIMESTAMP_SIZE 16384U
#define WEIR_TUF_SNAPSHOT_SIZE  65536U
#define WEIR_TUF_TARGETS_SIZE   262144U
#define WEIR_TUF_SIGNATURES     64
#define WEIR_TUF_KEYS           64
#define WEIR_TUF_ROLE_KEYS      16
#define WEIR_TUF_TARGETS        64
#define WEIR_TUF_ROOTS          256 /* new ones in one refresh */
#define WEIR_TUF_NAME_SIZE      129 /* of a target, with NUL */

/** Brings files of a repository.  Paths are relative to its base:
 *  "metadata/2.root.json", "targets/feed/HASH.head". */
struct weir_tuf_transport {
	void *arg;
	/** At most `max` octets; malloced, the caller frees them.  1; 0: the
	 *  repository does not have it (404, 403); WEIR_ELIMIT: longer than
	 *  that; WEIR_ESYSTEM: could not be fetched. */
	int (*get)(void *arg, const char *path, size_t max, char **ret_data,
	    size_t *ret_len, struct weir_problem *problem);
	/** The same, written to a file descriptor from its beginning. */
	int (*get_file)(void *arg, const char *path, uint64_t max, int fd,
	    uint64_t *ret_len, struct weir_problem *problem);
};

/** How a refresh ended; the words stand in `weir-sync status`. */
enum weir_tuf_outcome {
	WEIR_TUF_NEW,         /* something is trusted that was not before */
	WEIR_TUF_SAME,        /* nothing is: the timestamp is the one we have */
	WEIR_TUF_UNREACHABLE, /* something could not be fetched */
	WEIR_TUF_ROLLBACK,    /* older than what is trusted */
	WEIR_TUF_EXPIRED,     /* past its date */
	WEIR_TUF_INVALID, /* not signed, not as announced, or not metadata */
	WEIR_TUF_LOCAL    /* the folder cannot be read or written */
};

/** "new", "same", "unreachable", "rollback" ...: never NULL. */
const char *weir_tuf_outcome_text(unsigned int outcome);

/** One entry of the trusted targets. */
struct weir_tuf_target {
	char name[WEIR_TUF_NAME_SIZE];
	uint64_t length;
	char sha256[WEIR_TUF_HEX_SIZE];
	char sha512[WEIR_TUF_SHA512_SIZE]; /* "": not said */
	json_t *custom;                    /* NULL: none; the client's */
};

struct weir_tuf_client;

/** Makes a root the first one that is trusted: it must be one that its own keys
 *  sign.  Writes FOLDER/root.json; there must be none yet (WEIR_EBUSY). */
int weir_tuf_client_init(const char *folder, const char *root, size_t root_len,
    struct weir_problem *problem) WEIR_CHECKED;

/** Reads what is trusted.  `feed`: the name that the signed data of root and
 *  targets must have in "weir": {"v": 1, "feed": NAME}, and timestamp and
 *  snapshot if they have "weir"; NULL: any.  A stored timestamp,
 *  snapshot or targets that does not verify (keys were changed) counts as not
 *  there.  The folder is kept as a pointer.  WEIR_EMISSING: no root.json. */
int weir_tuf_client_open(const char *folder, const char *feed,
    struct weir_tuf_client **ret_client,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_tuf_client_close(struct weir_tuf_client *client);

/** One update cycle.  0: *ret_outcome is NEW or SAME.  Else negative, the
 *  outcome says which way, the problem what: "timestamp.json: version 3 is older
 *  than 5, which is trusted".  `max_expired_s`: metadata may have been expired
 *  for so long (air gaps); 0 in earnest. */
int weir_tuf_client_refresh(struct weir_tuf_client *client,
    const struct weir_tuf_transport *transport, int64_t now_unix,
    int64_t max_expired_s, enum weir_tuf_outcome *ret_outcome,
    struct weir_problem *problem) WEIR_CHECKED;

/** What is trusted now: version, 0 if none; and when it expires. */
struct weir_tuf_version {
	int64_t version;
	int64_t expires_unix;
};
struct weir_tuf_versions {
	struct weir_tuf_version root, timestamp, snapshot, targets;
};
void weir_tuf_client_versions(
    const struct weir_tuf_client *client, struct weir_tuf_versions *ret);

/** The trusted targets: count, and one by place, or by name.  Pointers live
 *  until the next refresh.  An entry whose name has another form than
 *  [a-z0-9._/-]{1,128} without empty parts, "." and "..", or which has no
 *  SHA-256, is none of them: it can be neither found nor fetched. */
unsigned int weir_tuf_client_target_count(const struct weir_tuf_client *client);
const struct weir_tuf_target *weir_tuf_client_target(
    const struct weir_tuf_client *client, unsigned int place);
const struct weir_tuf_target *
weir_tuf_client_find(const struct weir_tuf_client *client, const char *name);

/** Fetches a target to the descriptor (empty, open for reading and writing), and
 *  compares length and hash.  What does not fit must not be looked at.
 *  WEIR_ECHECKSUM, WEIR_ELIMIT; WEIR_EMISSING: 404; WEIR_ESYSTEM. */
int weir_tuf_client_fetch(const struct weir_tuf_client *client,
    const struct weir_tuf_transport *transport,
    const struct weir_tuf_target *target, int fd,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
