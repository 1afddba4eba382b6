/*
 * sweep.h - walks Unbound's message cache after a swap and removes every
 * message of which the new policy speaks.
 *
 * Unbound's locks of tables and bins are spinlocks: a worker that wants one
 * burns its processor until we let go, and one that waits for a bin's lock holds
 * the table's.  So the table is locked for an instant only, and nothing is judged
 * under a lock.  A few bins at a time:
 *
 *   1. under the table's lock, lock the bins;
 *   2. under the bins' locks, copy out the keys of their messages.  Who does not
 *      hold a bin's lock changes neither its list nor which reply an entry has,
 *      and frees none of them (lruhash.c: insert, remove, reclaim, split), so
 *      the entries' own locks are not needed to read what never changes in a
 *      reply.  A message with aliases is read-locked, and stays so;
 *   3. unlock the bins, copy out the targets of those aliases, as Unbound does
 *      when it answers from the cache; unlock;
 *   4. with no lock at all, judge the copies;
 *   5. remove what is to go by Unbound's own function.
 *
 * Lock order, as everywhere in Unbound: table, bin, entry, RRsets.  Unbound
 * itself waits for an entry while it holds table and bin (lruhash_insert), and
 * for RRsets while it holds an entry (worker.c).
 *
 * A message that is replaced between 2 and 5 was judged by the new policy when
 * it was stored: at worst one is removed that could have stayed, and costs a
 * fetch.  So does one with more alias targets than we have room for.  A table
 * that grows meanwhile moves entries from bin i to i or behind the old end, so
 * walking on to the new end misses none.
 *
 * When the sweep is done, no message that the new policy changes is left; and
 * none comes in later, for whatever is stored after the swap was judged by the
 * new policy (query.h).  One gap is left to close: a worker that judged an
 * upstream answer just before the swap and stores it just after.  Such a worker
 * shows the serial in weir_worker.storing, set before it takes the snapshot; the
 * sweep waits for it to come by again, WEIR_SWEEP_GRACE_MS at most: from judging
 * to storing it takes microseconds.  Longer means as a rule that the worker is
 * idle; but one that was kept from the processor for so long between the two
 * may still store what the old policy let through.  So the housekeeper sweeps
 * again soon after (is_doubtful).
 *
 * SERVFAIL messages go too: they do not tell which aliases led to them, and are
 * kept for seconds only.
 *
 * Each hold of locks is timed; what Unbound's own function holds in 5 is not.
 * For the table's lock of step 1 any worker may have to wait, for what is held
 * in 2 and 3 only one that wants a message of those few bins.  If the kernel
 * gives our processor to another thread meanwhile, the hold is as long as that
 * thread runs, whatever we do: getrusage(2) tells these apart.  Neither
 * SCHED_BATCH nor another time slice made them fewer; holding locks for a
 * smaller part of the time does.
 */
#ifndef WEIR_MODULE_SWEEP_H
#define WEIR_MODULE_SWEEP_H

#include "module/snapshot.h"

/** What the holds of a kind of lock took. */
struct weir_sweep_holds {
	uint64_t max_ns;
	uint64_t running_max_ns; /* of those in which we kept the processor */
};

struct weir_sweep_report {
	uint64_t entries; /* messages looked at */
	uint64_t removed;
	uint64_t us;                    /* duration */
	struct weir_sweep_holds tables; /* step 1 */
	struct weir_sweep_holds bins;   /* steps 1 to 3 */
	uint64_t preempted; /* how often we lost the processor in a hold */
	bool is_doubtful;   /* a worker may store by an older policy yet */
};

/** Housekeeper only.  0; 1 if it was broken off because the module stops; < 0
 *  if the database is damaged (then everything that could not be judged was
 *  removed). */
int weir_sweep(struct weir_module *module, const struct weir_snapshot *snapshot,
    struct weir_sweep_report *ret_report) WEIR_CHECKED;

#endif
