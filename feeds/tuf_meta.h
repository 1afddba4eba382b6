/*
 * tuf_meta.h - one metadata file of TUF: octets in, what it says out, if it is
 * signed by whom it must be and of the form that it must have.
 *
 * Of one file nothing is known but itself and the root that names its keys.
 * What versions, dates and hashes mean beside those of other files is the
 * business of tuf_refresh.c.
 *
 *   {"signatures": [{"keyid", "sig"} ...],
 *    "signed": {"_type", "spec_version", "version", "expires",
 *      root:      "consistent_snapshot", "keys", "roles", "weir"
 *      timestamp: "meta": {"snapshot.json": {"version", "length", "hashes"}}
 *      snapshot:  "meta": {"targets.json": the same}
 *      targets:   "targets": {NAME: {"length", "hashes", "custom"}}, "weir"}}
 */
#ifndef WEIR_FEEDS_TUF_META_H
#define WEIR_FEEDS_TUF_META_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/tuf_client.h"
#include "feeds/tuf_key.h"
#include "lib/error.h"

/* In the order in which they are refreshed. */
enum weir_tuf_role {
	WEIR_TUF_ROLE_ROOT,
	WEIR_TUF_ROLE_TIMESTAMP,
	WEIR_TUF_ROLE_SNAPSHOT,
	WEIR_TUF_ROLE_TARGETS,
	WEIR_TUF_ROLE_COUNT
};

/** "root", "timestamp", "snapshot", "targets". */
const char *weir_tuf_role_text(enum weir_tuf_role role);
/** How many octets its file may have. */
size_t weir_tuf_role_size(enum weir_tuf_role role);

/** Who signs for a role. */
struct weir_tuf_signers {
	int64_t threshold;
	unsigned int count;
	struct weir_tuf_key keys[WEIR_TUF_ROLE_KEYS];
};

/** What a file says of another one. */
struct weir_tuf_announced {
	int64_t version;
	int64_t length; /* -1: not said */
	bool has_hashes;
	struct weir_tuf_hashes hashes;
};

struct weir_tuf_meta {
	enum weir_tuf_role role;
	json_t *json;
	json_t *is_signed; /* in it */
	int64_t version;
	int64_t expires_unix;
	size_t len; /* of its octets */
	struct weir_tuf_hashes hashes;

	/* Of a root, by role. */
	struct weir_tuf_signers signers[WEIR_TUF_ROLE_COUNT];
	/* By a timestamp the snapshot, by a snapshot the targets. */
	struct weir_tuf_announced announced;
	/* Of targets. */
	struct weir_tuf_target *targets;
	unsigned int target_count;
};

/** Reads a file that must be signed by the role's keys in `root`, and, if it is
 *  a root itself, by its own; `root` NULL: only by its own.  `feed`: the name
 *  that root and targets must have; NULL: any.  `file` is for the problem.
 *  WEIR_EFORMAT, WEIR_EMEMORY; the caller frees *ret_meta. */
int
weir_tuf_meta_read(enum weir_tuf_role role, const char *file, const char *text,
    size_t len, const struct weir_tuf_meta *root, const char *feed,
    struct weir_tuf_meta **ret_meta, struct weir_problem *problem) WEIR_CHECKED;
void weir_tuf_meta_free(struct weir_tuf_meta *meta);

/** Whether enough keys of that root sign it: 0, or WEIR_EFORMAT. */
int weir_tuf_meta_verify(const struct weir_tuf_meta *meta, const char *file,
    const struct weir_tuf_meta *root,
    struct weir_problem *problem) WEIR_CHECKED;

/** Whether octets of that length and those hashes are what was announced: 0, or
 *  WEIR_ECHECKSUM. */
int weir_tuf_announced_compare(const struct weir_tuf_announced *announced,
    const char *file, uint64_t len, const struct weir_tuf_hashes *hashes,
    struct weir_problem *problem) WEIR_CHECKED;

/** Whether a snapshot keeps all files of the one before, none of them older: 0,
 *  or WEIR_EFORMAT. */
int weir_tuf_meta_compare(const struct weir_tuf_meta *snapshot,
    const char *file, const struct weir_tuf_meta *before,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
