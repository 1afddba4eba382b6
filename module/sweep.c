/*
 * sweep.c - walks Unbound's message cache after a swap.
 *
 * Lock order, as everywhere in Unbound: table, bin, entry, RRsets.
 */
#include "module/sweep.h"

#include <sched.h>
#include <string.h>
#include <time.h>

#include "module/judge.h"
#include "module/shelf.h"

/* Unbound's table and bin locks are spinlocks: a worker that wants one spins
 * until we run again, should we lose the processor while we hold it.  So we
 * keep our ordinary priority, and offer the processor of our own accord every
 * few microseconds, when we hold none. */
#define BINS_AT_ONCE 32

#define DOOMED_SIZE 8 /* of one bin at a time; more: the bin comes again */

/* The key of a message that has to go, copied out of the cache. */
struct doomed {
	hashvalue_type hash;
	struct query_info key;
	uint8_t name[WEIR_NAME_SIZE];
};

struct sweep {
	struct weir_module *module;
	const struct weir_snapshot *snapshot;
	uint32_t now_unix;
	struct weir_sweep_report *report;
	int error;
	unsigned int doomed_count;
	struct doomed doomed[DOOMED_SIZE];
};

static uint64_t
clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
nap_us(long us)
{
	struct timespec nap = { 0, us * 1000 };

	(void)nanosleep(&nap, NULL);
}

static void
wait_for_stores(struct weir_module *module, uint64_t serial)
{
	uint64_t end = clock_us() + WEIR_SWEEP_GRACE_MS * 1000;
	unsigned int i;

	for (i = 0; i < module->worker_count; i++) {
		for (;;) {
			uint64_t storing = atomic_load(
			    &module->workers[i].storing);

			if (storing == 0 || storing == serial)
				break;
			if (clock_us() >= end)
				return;
			nap_us(200);
		}
	}
}

/* Whether the policy speaks of a cached message.  The entry is read-locked. */
static bool
is_touched(struct sweep *sweep, const struct msgreply_entry *entry)
{
	const struct weir_snapshot *snapshot = sweep->snapshot;
	struct reply_info *rep = entry->entry.data;
	struct weir_decision decision;
	int error;

	if (FLAGS_GET_RCODE(rep->flags) == LDNS_RCODE_SERVFAIL)
		return true;
	weir_judge_init(&decision);
	error = weir_judge_name(snapshot, entry->key.qname,
	    entry->key.qname_len, false, sweep->now_unix, &decision);
	/* The record types are read unlocked first: if an RRset was replaced
	 * meanwhile, its id has changed, the message is dead for Unbound too,
	 * and the lock below fails. */
	if (!error && !decision.is_touched && weir_judge_has_alias(rep) &&
	    rrset_array_lock(rep->ref, rep->rrset_count, 0)) {
		error = weir_judge_answer(
		    snapshot, rep, sweep->now_unix, &decision);
		rrset_array_unlock(rep->ref, rep->rrset_count);
	}
	if (error)
		sweep->error = error;
	return error != 0 || decision.is_touched;
}

static void
look_at_bin(struct sweep *sweep, struct lruhash_bin *bin)
{
	struct lruhash_entry *at;

	sweep->doomed_count = 0;
	for (at = bin->overflow_list; at; at = at->overflow_next) {
		const struct msgreply_entry *entry = at->key;
		struct doomed *doomed = &sweep->doomed[sweep->doomed_count];

		if (sweep->doomed_count == DOOMED_SIZE)
			return;
		lock_rw_rdlock(&at->lock);
		sweep->report->entries++;
		if (entry->key.qname_len <= WEIR_NAME_SIZE &&
		    !weir_shelf_has_key(sweep->module, &entry->key) &&
		    is_touched(sweep, entry)) {
			doomed->hash = at->hash;
			doomed->key = entry->key;
			doomed->key.local_alias = NULL;
			doomed->key.qname = doomed->name;
			memcpy(doomed->name, entry->key.qname,
			    entry->key.qname_len);
			sweep->doomed_count++;
		}
		lock_rw_unlock(&at->lock);
	}
}

/* One bin, again as long as it yields more than fits into the list.  false:
 * there is no such bin any more. */
static bool
sweep_bin(struct sweep *sweep, struct lruhash *table, size_t number)
{
	struct slabhash *cache = sweep->module->env->msg_cache;
	struct lruhash_bin *bin;
	unsigned int i;

	do {
		lock_quick_lock(&table->lock);
		if (number >= table->size) {
			lock_quick_unlock(&table->lock);
			return false;
		}
		bin = &table->array[number];
		lock_quick_lock(&bin->lock);
		lock_quick_unlock(&table->lock);
		look_at_bin(sweep, bin);
		lock_quick_unlock(&bin->lock);
		for (i = 0; i < sweep->doomed_count; i++)
			slabhash_remove(cache, sweep->doomed[i].hash,
			    &sweep->doomed[i].key);
		sweep->report->removed += sweep->doomed_count;
	} while (sweep->doomed_count == DOOMED_SIZE);
	return true;
}

int
weir_sweep(struct weir_module *module, const struct weir_snapshot *snapshot,
    struct weir_sweep_report *ret_report)
{
	struct slabhash *cache = module->env->msg_cache;
	struct sweep sweep = { .module = module,
		.snapshot = snapshot,
		.now_unix = (uint32_t)time(NULL),
		.report = ret_report };
	uint64_t started = clock_us();
	size_t table, bin;

	memset(ret_report, 0, sizeof(*ret_report));
	wait_for_stores(module, snapshot->current.serial);
	for (table = 0; table < cache->size; table++) {
		for (bin = 0; sweep_bin(&sweep, cache->array[table], bin);
		     bin++) {
			if (atomic_load(&module->is_stopping))
				return 1;
			if (bin % BINS_AT_ONCE == BINS_AT_ONCE - 1)
				(void)sched_yield();
		}
	}
	ret_report->us = clock_us() - started;
	return sweep.error;
}
