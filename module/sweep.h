/*
 * sweep.h - walks Unbound's message cache after a swap and removes every
 * message of which the new policy speaks.
 *
 * Bin by bin: for each of the cache's tables, take the table's lock, take the
 * bin's lock, release the table's lock, look at the bin's few entries, release.
 * A table that grows meanwhile moves entries from bin i to i or behind the old
 * end, so walking on to the new end misses none.  What is to go is removed
 * afterwards by Unbound's own function.
 *
 * When the sweep is done, no message that the new policy changes is left; and
 * none comes in later, for whatever is stored after the swap was judged by the
 * new policy (query.h).  One gap is left to close: a worker that judged an
 * upstream answer just before the swap and stores it just after.  Such a worker
 * shows the serial in weir_worker.storing, set before it takes the snapshot; the
 * sweep waits for it to come by again, WEIR_SWEEP_GRACE_MS at most: from judging
 * to storing it takes microseconds, and longer only means that the worker is
 * idle.
 *
 * SERVFAIL messages go too: they do not tell which aliases led to them, and are
 * kept for seconds only.
 */
#ifndef WEIR_MODULE_SWEEP_H
#define WEIR_MODULE_SWEEP_H

#include "module/snapshot.h"

struct weir_sweep_report {
	uint64_t entries; /* messages looked at */
	uint64_t removed;
	uint64_t us; /* duration */
};

/** Housekeeper only.  0; 1 if it was broken off because the module stops; < 0
 *  if the database is damaged (then everything that could not be judged was
 *  removed). */
int weir_sweep(struct weir_module *module, const struct weir_snapshot *snapshot,
    struct weir_sweep_report *ret_report) WEIR_CHECKED;

#endif
