/*
 * snapshot.h - one generation, opened: what a query sees from start to end.
 *
 * The current snapshot is one pointer.  A worker takes it without a lock: it
 * writes the pointer into its hazard slot, looks whether it is still current,
 * and works; the housekeeper replaces the pointer and closes the old snapshot
 * when no slot holds it any more (M. Michael: Hazard Pointers, 2004).  Nobody
 * waits but the housekeeper.
 */
#ifndef WEIR_MODULE_SNAPSHOT_H
#define WEIR_MODULE_SNAPSHOT_H

#include <stdint.h>

#include "lib/current.h"
#include "lib/db.h"
#include "module/module.h"

struct weir_snapshot {
	struct weir_current current;
	struct weir_db *db;
	const struct weir_policy *policy; /* of db */
	uint16_t feed_slots[WEIR_FEEDS];  /* in the status file */
	unsigned int sweep_reader;        /* the housekeeper's reader of db */
};

/** Proves and opens the generation that `current` names.  Housekeeper only. */
int weir_snapshot_open(struct weir_module *module,
    const struct weir_current *current, struct weir_snapshot **ret_snapshot,
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
