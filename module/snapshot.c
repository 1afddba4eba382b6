/*
 * snapshot.c - opening, taking and replacing generations.
 */
#include "module/snapshot.h"

#include <stdlib.h>

#include "lib/file.h"

int
weir_snapshot_open(struct weir_module *module,
    const struct weir_current *current, struct weir_snapshot **ret_snapshot,
    struct weir_problem *problem)
{
	struct weir_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	char *path = weir_path_join(module->paths.database, current->base);
	unsigned int i;
	int error;

	if (!snapshot || !path) {
		error = weir_problem_set(
		    problem, WEIR_EMEMORY, "out of memory");
		goto out;
	}
	/* LMDB trusts its pages: nothing is opened unproven. */
	error = weir_current_prove(module->paths.database, current, problem);
	if (error)
		goto out;
	/* A reader for each worker, and one for the sweep. */
	error = weir_db_open(path, module->worker_count + 1, current->base_size,
	    &snapshot->db, problem);
	if (error)
		goto out;
	snapshot->current = *current;
	snapshot->policy = weir_db_policy(snapshot->db);
	snapshot->sweep_reader = module->worker_count;
	for (i = 0; i < snapshot->policy->feed_count; i++)
		snapshot->feed_slots[i] = (uint16_t)weir_status_feed_slot(
		    &module->status, snapshot->policy->feeds[i].name, true);
	*ret_snapshot = snapshot;
	snapshot = NULL;
out:
	free(path);
	free(snapshot);
	return error;
}

void
weir_snapshot_close(struct weir_snapshot *snapshot)
{
	if (!snapshot)
		return;
	weir_db_close(snapshot->db);
	free(snapshot);
}

const struct weir_snapshot *
weir_snapshot_acquire(struct weir_module *module, struct weir_worker *worker)
{
	struct weir_snapshot *snapshot;

	do {
		snapshot = atomic_load(&module->current);
		atomic_store(&worker->hazard, snapshot);
	} while (snapshot != atomic_load(&module->current));
	return snapshot;
}

void
weir_snapshot_release(struct weir_worker *worker)
{
	atomic_store_explicit(&worker->hazard, NULL, memory_order_release);
}

struct weir_snapshot *
weir_snapshot_publish(
    struct weir_module *module, struct weir_snapshot *snapshot)
{
	return atomic_exchange(&module->current, snapshot);
}

bool
weir_snapshot_is_used(
    struct weir_module *module, const struct weir_snapshot *snapshot)
{
	unsigned int i;

	for (i = 0; i < module->worker_count; i++)
		if (atomic_load(&module->workers[i].hazard) == snapshot)
			return true;
	return false;
}
