/*
 * snapshot.h - one generation, opened: what a query sees from start to end.
 *
 * The current snapshot is one pointer.  A worker takes it without a lock: it
 * writes the pointer into its hazard slot, looks whether it is still current,
 * and works; the housekeeper replaces the pointer and closes the old snapshot
 * when no slot holds it any more (M. Michael: Hazard Pointers, 2004).  Nobody
 * waits but the housekeeper.
 *
 * Proof: files of up to WEIR_PROVE_FIRST octets, overlays as a rule, are proven
 * before they are used.  To read a larger base whole takes longer than a
 * resolver may take to start, or a change to come into force; the reader follows
 * nothing in it unchecked (lib/tree.h), so it is used at once and proven by the
 * housekeeper meanwhile (keeper.c), once for all generations that share it.
 */
#ifndef WEIR_MODULE_SNAPSHOT_H
#define WEIR_MODULE_SNAPSHOT_H

#include <stdint.h>

#include "lib/current.h"
#include "lib/generation.h"
#include "module/module.h"

struct weir_snapshot {
	struct weir_current current;
	struct weir_generation files;
	const struct weir_policy *policy; /* of files */
	/* In the status file. */
	uint16_t feed_slots[WEIR_FEEDS], category_slots[WEIR_CATEGORIES];
};

/** Whether the base is to be proven before it is used. */
enum weir_snapshot_proof {
	WEIR_SNAPSHOT_PROVE_SMALL, /* see above */
	WEIR_SNAPSHOT_PROVE_ALL    /* it has failed once */
};

/** Opens the generation that `current` names; its base is shared with `before`,
 *  if that has the same (then it is not proven again).  Housekeeper only. */
int weir_snapshot_open(struct weir_module *module,
    const struct weir_current *current, const struct weir_snapshot *before,
    enum weir_snapshot_proof proof, struct weir_snapshot **ret_snapshot,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_snapshot_close(struct weir_snapshot *snapshot);

/** Worker: takes the current snapshot, NULL if there is none. */
const struct weir_snapshot *
weir_snapshot_acquire(struct weir_module *module, struct weir_worker *worker);
void weir_snapshot_release(struct weir_worker *worker);

/** Housekeeper: makes it the current one; returns the one before. */
struct weir_snapshot *weir_snapshot_publish(
    struct weir_module *module, struct weir_snapshot *snapshot);

/** Housekeeper: whether a worker still uses it. */
bool weir_snapshot_is_used(
    struct weir_module *module, const struct weir_snapshot *snapshot);

#endif
