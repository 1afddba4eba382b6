/*
 * snapshot.c - opening, taking and replacing generations.
 */
#include "module/snapshot.h"

#include <stdlib.h>

#include "lib/proof.h"

/* What is proven before it is used: not a base that is in use. */
static int
prove(const struct weir_module *module, const struct weir_current *current,
    const struct weir_snapshot *before, enum weir_snapshot_proof proof,
    struct weir_problem *problem)
{
	const char *folder = module->paths.database;
	bool is_shared = before &&
			 weir_generation_shares(&before->files, current);
	int error = WEIR_OK;

	if (!is_shared && (proof == WEIR_SNAPSHOT_PROVE_ALL ||
			      current->base.size <= WEIR_PROVE_FIRST))
		error = weir_proof_run(folder, &current->base, problem);
	if (!error && current->has_overlay)
		error = weir_proof_run(folder, &current->overlay, problem);
	return error;
}

int
weir_snapshot_open(struct weir_module *module,
    const struct weir_current *current, const struct weir_snapshot *before,
    enum weir_snapshot_proof proof, struct weir_snapshot **ret_snapshot,
    struct weir_problem *problem)
{
	struct weir_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	unsigned int i;
	int error;

	if (!snapshot)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	error = prove(module, current, before, proof, problem);
	if (!error)
		error = weir_generation_open(module->paths.database, current,
		    before ? &before->files : NULL, &snapshot->files, problem);
	if (error) {
		weir_snapshot_close(snapshot);
		return error;
	}
	snapshot->current = *current;
	snapshot->policy = weir_generation_policy(&snapshot->files);
	for (i = 0; i < snapshot->policy->feed_count; i++)
		snapshot->feed_slots[i] = (uint16_t)weir_status_feed_slot(
		    &module->status, snapshot->policy->feeds[i].name, true);
	for (i = 1; i < snapshot->policy->category_count; i++)
		snapshot->category_slots[i] =
		    (uint16_t)weir_status_category_slot(
			&module->status, snapshot->policy->categories[i], true);
	*ret_snapshot = snapshot;
	return WEIR_OK;
}

void
weir_snapshot_close(struct weir_snapshot *snapshot)
{
	if (!snapshot)
		return;
	weir_generation_close(&snapshot->files);
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
