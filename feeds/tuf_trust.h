/*
 * tuf_trust.h - what a client trusts: in memory, and in its folder.
 *
 * Between tuf_client.c and tuf_refresh.c; nobody else includes it.
 */
#ifndef WEIR_FEEDS_TUF_TRUST_H
#define WEIR_FEEDS_TUF_TRUST_H

#include <stddef.h>

#include "feeds/tuf_client.h"
#include "feeds/tuf_meta.h"
#include "lib/error.h"

struct weir_tuf_client {
	const char *folder;
	const char *feed; /* NULL: any */
	/* By role; all but root may be NULL. */
	struct weir_tuf_meta *metas[WEIR_TUF_ROLE_COUNT];
};

/** Reads the folder: root must be there and fit; of the others what does not
 *  verify counts as not there. */
int weir_tuf_trust_load(
    struct weir_tuf_client *client, struct weir_problem *problem) WEIR_CHECKED;
void weir_tuf_trust_free(struct weir_tuf_client *client);

/** Stores the octets of a file that has passed all checks, and trusts it from
 *  now on.  On failure the one before stays, and *meta the caller's. */
int
weir_tuf_trust_put(struct weir_tuf_client *client, struct weir_tuf_meta **meta,
    const char *text, size_t len, struct weir_problem *problem) WEIR_CHECKED;

/** After root was changed: forgets what its keys do not sign.  WEIR_EMEMORY: it
 *  could not be told. */
int weir_tuf_trust_forget(
    struct weir_tuf_client *client, struct weir_problem *problem) WEIR_CHECKED;

/** The first root of a folder that has none. */
int weir_tuf_trust_begin(const char *folder, const char *text, size_t len,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
