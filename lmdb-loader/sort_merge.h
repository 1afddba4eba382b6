/*
 * sort_merge.h - few runs out of many, by several threads.
 *
 * The keys are cut into ranges; each thread merges one range of all runs.
 */
#ifndef WEIR_LMDB_LOADER_SORT_MERGE_H
#define WEIR_LMDB_LOADER_SORT_MERGE_H

#include <stddef.h>

#include "lib/error.h"
#include "lib/log.h"
#include "lib/policy.h"
#include "lib/work.h"
#include "lmdb-loader/intern.h"
#include "lmdb-loader/sort_run.h"

struct weir_merge_job {
	struct weir_run_store *store;
	unsigned int thread_count;
	struct weir_progress *progress; /* NULL, or counts items */
	uint64_t done;                  /* items, of earlier jobs */
	/* Where places of entries lead; sets of one. */
	const struct weir_intern *entries;
	/* WEIR_WORK_THREADS tables; NULL: keys that are the same stay apart,
	 * each with its entry.  Otherwise each key comes once, its place that
	 * of its set in the table of its block. */
	struct weir_intern *sets;
	const struct weir_policy *policy; /* NULL: not known */
};

/** Merges runs, which are sorted by what came first, into one and empties them.
 *  What is wrong stands in the store. */
int weir_merge_runs(struct weir_merge_job *job, struct weir_run *runs,
    size_t run_count, struct weir_run *ret_run) WEIR_CHECKED;

#endif
