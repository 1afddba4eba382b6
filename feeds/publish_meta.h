/*
 * publish_meta.h - TUF metadata as a publisher makes them (specification
 * 1.0.34, section 4).
 */
#ifndef WEIR_FEEDS_PUBLISH_META_H
#define WEIR_FEEDS_PUBLISH_META_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/key_file.h"
#include "feeds/publish_state.h"
#include "lib/error.h"

/* How long they hold; and what is left of it when they are signed anew. */
#define WEIR_PUBLISH_ROOT_S      (365 * 86400)
#define WEIR_PUBLISH_TARGETS_S   (7 * 86400)
#define WEIR_PUBLISH_SNAPSHOT_S  86400
#define WEIR_PUBLISH_TIMESTAMP_S 3600

#define WEIR_PUBLISH_ROOT_KEYS 3
#define WEIR_PUBLISH_THRESHOLD 2

/** Which keys stand for which roles in a root. */
struct weir_publish_roles {
	struct weir_tuf_key root[WEIR_PUBLISH_ROOT_KEYS];
	struct weir_tuf_key online[WEIR_KEY_ROLE_COUNT]; /* [0] is not used */
};

/* The part that is signed; NULL: no memory. */
json_t *weir_publish_meta_root(const char *feed, int64_t version,
    int64_t expires_unix, const struct weir_publish_roles *roles);
/** The targets of the state. */
json_t *weir_publish_meta_targets(const struct weir_publish_state *state,
    int64_t version, int64_t expires_unix);
/** Names the targets, or the snapshot, of the state. */
json_t *weir_publish_meta_snapshot(const struct weir_publish_state *state,
    int64_t version, int64_t expires_unix);
json_t *weir_publish_meta_timestamp(const struct weir_publish_state *state,
    int64_t version, int64_t expires_unix);

/** Signs it with the keys, takes it, and prints the whole document; malloced.
 *  WEIR_EMEMORY. */
int weir_publish_meta_sign(json_t *is_signed, struct weir_key_file *const *keys,
    unsigned int count, char **ret_text, size_t *ret_len) WEIR_CHECKED;

/** Reads a root of ours: its roles, its version and end.  Not whether it is
 *  signed.  WEIR_EFORMAT: it is none that weir-feed makes. */
int weir_publish_meta_read_root(const char *text, size_t len, const char *feed,
    struct weir_publish_roles *ret_roles, int64_t *ret_version,
    int64_t *ret_expires_unix, struct weir_problem *problem) WEIR_CHECKED;

#endif
