/*
 * sweep.h - walks Unbound's message cache after a swap and removes every
 * message of which the new policy speaks.
 *
 * Unbound's table locks are spinlocks: a worker that wants one burns its
 * processor until we let go.  So nothing is judged under a lock.  A few bins at
 * a time:
 *
 *   1. under the table's lock, copy out the keys of their messages.  Only who
 *      holds that lock changes a bin's list, so the bins' own locks are not
 *      needed (lruhash.h: overflow_next is covered by hashlock and binlock);
 *      an entry that is in the list cannot be freed.  A message with aliases
 *      stays read-locked;
 *   2. without the table's lock, copy out the targets of those aliases, as
 *      Unbound does when it answers from the cache; unlock;
 *   3. with no lock at all, judge the copies;
 *   4. remove what is to go by Unbound's own function.
 *
 * Lock order, as everywhere in Unbound: table, entry, RRsets.  Unbound itself
 * waits for an entry while it holds the table (lruhash_insert), and for RRsets
 * while it holds an entry (worker.c).
 *
 * A message that is replaced between 1 and 4 was judged by the new policy when
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
 * to storing it takes microseconds, and longer only means that the worker is
 * idle.
 *
 * SERVFAIL messages go too: they do not tell which aliases led to them, and are
 * kept for seconds only.
 *
 * Each hold of locks in 1 and 2 is timed, from the table's lock to the last
 * entry's; what Unbound's own function holds in 4 is not.  If the kernel gives
 * our processor to another thread meanwhile, the hold is as long as that thread
 * runs, whatever we do: getrusage(2) tells these apart.  Neither SCHED_BATCH nor
 * another time slice made them fewer; holding locks for a smaller part of the
 * time does.
 */
#ifndef WEIR_MODULE_SWEEP_H
#define WEIR_MODULE_SWEEP_H

#include "module/snapshot.h"

struct weir_sweep_report {
	uint64_t entries; /* messages looked at */
	uint64_t removed;
	uint64_t us;          /* duration */
	uint64_t hold_max_ns; /* longest time that locks were held */
	/* ... of those in which we did not lose the processor */
	uint64_t hold_running_max_ns;
	uint64_t holds_preempted; /* how often we lost it in a hold */
};

/** Housekeeper only.  0; 1 if it was broken off because the module stops; < 0
 *  if the database is damaged (then everything that could not be judged was
 *  removed). */
int weir_sweep(struct weir_module *module, const struct weir_snapshot *snapshot,
    struct weir_sweep_report *ret_report) WEIR_CHECKED;

#endif
