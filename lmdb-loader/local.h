/*
 * local.h - brings the local rules (rules.h) into a generation.
 *
 * In a generation they are entries of the policy's feeds 0 and 1 that have a
 * first_seen.  It costs what there are of rules, not what there are of names:
 * each is looked up, and what differs goes into the next overlay.
 */
#ifndef WEIR_LMDB_LOADER_LOCAL_H
#define WEIR_LMDB_LOADER_LOCAL_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/generation.h"
#include "lmdb-loader/changes.h"
#include "lmdb-loader/rules.h"
#include "lmdb-loader/store.h"

struct weir_local {
	struct weir_changes changes;      /* against the generation */
	int64_t names;                    /* of all: more, or (below 0) less */
	int64_t entries[WEIR_FEED_FIRST]; /* of the allow and the deny list */
};

/** The entry of a rule. */
void weir_local_entry(
    const struct weir_local_rule *rule, struct weir_entry *ret_entry);

/** Whether the generation has the rule: 1, 0, < 0 if it is damaged. */
int weir_local_is_in(const struct weir_generation *generation,
    const struct weir_local_rule *rule) WEIR_CHECKED;

/** What has to change in the generation so that it has these rules, and no
 *  others of its own: gone are the lists of rules that it may have.  An entry of
 *  weir.yaml stays in place of one of ours.  A rule that has ended is not
 *  brought in, and not worth a change where it is.  WEIR_EFORMAT: the
 *  generation is damaged; WEIR_EMEMORY. */
int weir_local_make(const struct weir_generation *generation,
    const struct weir_rules *rules, const struct weir_rules *const *gone,
    unsigned int gone_count, uint32_t now_unix,
    struct weir_local *ret_local) WEIR_CHECKED;
void weir_local_done(struct weir_local *local);

/** Writes the changes as an overlay and publishes it.  text: the generation that
 *  was looked at; the store's current one gets a successor, another one holds
 *  again under its own number.  rules, if not NULL, become local.rules just
 *  before, and `old` again if that fails. */
int weir_local_publish(struct weir_store *store,
    const struct weir_generation *generation, const struct weir_current *text,
    const struct weir_local *local, const struct weir_rules *rules,
    const struct weir_rules *old, struct weir_problem *problem) WEIR_CHECKED;

/** The rules that the store notes for a generation (N.rules).  One that cannot
 *  be read is said and taken for none. */
void weir_local_read(const struct weir_store *store, uint64_t generation,
    struct weir_rules *ret_rules);

#endif
