/*
 * sweep.c - walks Unbound's message cache after a swap.  See sweep.h.
 */
#include "module/sweep.h"

#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "module/judge.h"
#include "module/shelf.h"

/* A bin holds one message on average, its hash is keyed by Unbound.  What one
 * hold copies is a few thousand octets of cold memory: some microseconds. */
#define BINS_AT_ONCE    32
#define ENTRIES_AT_ONCE 96
#define TARGETS_SIZE    16384 /* octets of alias targets in one hold */
#define LINE_SIZE       64    /* of the processor's caches */
#define RRSETS          4     /* of a message, asked for before they are read */

/* What takes longer is looked into: did we lose the processor? */
#define LONG_NS 20000

/* After so much work we rest, so that a worker that waits for this processor
 * waits no longer than that. */
#define BURST_NS 800000
#define NAP_NS   20000

/* A message's key and alias targets, copied out of the cache. */
struct item {
	hashvalue_type hash;
	struct query_info key; /* its name is in sweep.octets */
	/* Not NULL: has aliases, is still read-locked. */
	struct msgreply_entry *locked;
	bool is_doomed; /* needs no judging, goes */
	size_t targets; /* in sweep.octets: a length octet, a name, ... */
	size_t targets_len;
	uint64_t gate_hash; /* of the name */
};

struct sweep {
	struct weir_module *module;
	const struct weir_snapshot *snapshot;
	uint32_t now_unix;
	struct weir_sweep_report *report;
	int error;
	uint64_t burst_began_ns;
	uint64_t hold_began_ns, hold_ended_ns;
	long preemptions; /* of this thread, when we looked last */
	unsigned int item_count;
	struct item *current; /* whose targets are copied */
	struct msgreply_entry *found[ENTRIES_AT_ONCE];
	struct item items[ENTRIES_AT_ONCE];
	size_t octets_len;
	uint8_t octets[ENTRIES_AT_ONCE * WEIR_NAME_SIZE + TARGETS_SIZE];
};

static uint64_t
clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
nap_ns(long ns)
{
	struct timespec nap = { 0, ns };

	(void)nanosleep(&nap, NULL);
}

/* Whether all have come by in time. */
static bool
wait_for_stores(struct weir_module *module, uint64_t serial)
{
	uint64_t end = clock_ns() + WEIR_SWEEP_GRACE_MS * 1000000ULL;
	unsigned int i;

	for (i = 0; i < module->worker_count; i++) {
		for (;;) {
			uint64_t storing = atomic_load(
			    &module->workers[i].storing);

			if (storing == 0 || storing == serial)
				break;
			if (clock_ns() >= end)
				return false;
			nap_ns(200000);
		}
	}
	return true;
}

/* How often this thread has lost the processor against its will. */
static long
preemptions(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

static void
note_hold(struct sweep *sweep, struct weir_sweep_holds *holds, uint64_t ns)
{
	long lost;

	if (ns > holds->max_ns)
		holds->max_ns = ns;
	if (ns >= LONG_NS) {
		lost = preemptions();
		if (lost != sweep->preemptions) {
			sweep->preemptions = lost;
			sweep->report->preempted++;
			return;
		}
	}
	if (ns > holds->running_max_ns)
		holds->running_max_ns = ns;
}

/* What copying a message touches is five cache misses in a row, and as many of
 * the page table.  So a batch goes through them in step: each round asks for
 * what the next one reads, for all messages. */
static void
send_for(const void *at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += LINE_SIZE)
		__builtin_prefetch((const char *)at + i);
}

static void
send_for_entry(const struct lruhash_entry *at)
{
	send_for((const char *)at - offsetof(struct msgreply_entry, entry),
	    sizeof(struct msgreply_entry));
}

/* Lists the entries of one bin; false if not all found a place. */
static bool
find_in_bin(struct sweep *sweep, const struct lruhash_bin *bin)
{
	const struct lruhash_entry *at;
	struct msgreply_entry *entry;

	for (at = bin->overflow_list; at; at = at->overflow_next) {
		if (at->overflow_next)
			send_for_entry(at->overflow_next);
		if (sweep->item_count == ENTRIES_AT_ONCE)
			return false;
		entry = at->key;
		/* Unbound parses none that is longer. */
		if (entry->key.qname_len > WEIR_NAME_SIZE)
			continue;
		sweep->found[sweep->item_count++] = entry;
	}
	return true;
}

/* Lists the entries of the bins.  Returns how many are wholly listed: the first
 * in any case. */
static size_t
find_entries(struct sweep *sweep, const struct lruhash_bin *bins, size_t count)
{
	unsigned int before;
	size_t i;

	for (i = 0; i < count; i++)
		if (bins[i].overflow_list)
			send_for_entry(bins[i].overflow_list);
	sweep->item_count = 0;
	for (i = 0; i < count; i++) {
		before = sweep->item_count;
		if (find_in_bin(sweep, &bins[i]))
			continue;
		if (i > 0)
			sweep->item_count = before;
		break;
	}
	return i;
}

/* The record types are read unlocked: if an RRset was replaced meanwhile, its
 * id has changed, the message is dead for Unbound too, and rrset_array_lock
 * fails. */
static void
copy_entry(struct sweep *sweep, struct item *item, struct msgreply_entry *entry)
{
	const struct reply_info *rep = entry->entry.data;

	item->hash = entry->entry.hash;
	item->key = entry->key;
	item->key.local_alias = NULL;
	item->key.qname = sweep->octets + sweep->octets_len;
	memcpy(item->key.qname, entry->key.qname, item->key.qname_len);
	sweep->octets_len += item->key.qname_len;
	item->is_doomed = FLAGS_GET_RCODE(rep->flags) == LDNS_RCODE_SERVFAIL;
	item->targets_len = 0;
	item->locked = NULL;
	if (!item->is_doomed && weir_judge_has_alias(rep)) {
		lock_rw_rdlock(&entry->entry.lock);
		item->locked = entry;
	}
}

/* The bins are locked. */
static void
copy_entries(struct sweep *sweep)
{
	const struct reply_info *rep;
	unsigned int i;

	for (i = 0; i < sweep->item_count; i++) {
		rep = sweep->found[i]->entry.data;
		send_for(rep, sizeof(*rep) + LINE_SIZE);
		send_for(sweep->found[i]->key.qname, LINE_SIZE);
	}
	for (i = 0; i < sweep->item_count; i++) {
		rep = sweep->found[i]->entry.data;
		if (rep->an_numrrsets > 0)
			send_for(&rep->rrsets[0]->rk, LINE_SIZE);
	}
	sweep->octets_len = 0;
	for (i = 0; i < sweep->item_count; i++)
		copy_entry(sweep, &sweep->items[i], sweep->found[i]);
}

static int
copy_target(void *arg, const uint8_t *wire, size_t len)
{
	struct sweep *sweep = arg;
	struct item *item = sweep->current;

	if (len > WEIR_NAME_SIZE ||
	    sizeof(sweep->octets) - sweep->octets_len < 1 + len) {
		item->is_doomed = true;
		return WEIR_ELIMIT;
	}
	sweep->octets[sweep->octets_len] = (uint8_t)len;
	memcpy(sweep->octets + sweep->octets_len + 1, wire, len);
	sweep->octets_len += 1 + len;
	item->targets_len += 1 + len;
	return WEIR_OK;
}

static void
copy_targets(struct sweep *sweep, struct item *item)
{
	struct reply_info *rep = item->locked->entry.data;

	item->targets = sweep->octets_len;
	sweep->current = item;
	if (rrset_array_lock(rep->ref, rep->rrset_count, 0)) {
		(void)weir_judge_each_target(rep, copy_target, sweep);
		rrset_array_unlock(rep->ref, rep->rrset_count);
	}
	lock_rw_unlock(&item->locked->entry.lock);
}

/* The keys of RRsets are never freed, the rest is only asked for. */
static void
copy_all_targets(struct sweep *sweep)
{
	const struct reply_info *rep;
	struct msgreply_entry *locked;
	unsigned int i;
	size_t j;

	for (i = 0; i < sweep->item_count; i++) {
		locked = sweep->items[i].locked;
		rep = locked ? locked->entry.data : NULL;
		for (j = 0; rep && j < rep->rrset_count && j < RRSETS; j++)
			send_for(rep->rrsets[j], sizeof(*rep->rrsets[j]));
	}
	for (i = 0; i < sweep->item_count; i++) {
		locked = sweep->items[i].locked;
		rep = locked ? locked->entry.data : NULL;
		for (j = 0; rep && j < rep->an_numrrsets && j < RRSETS; j++)
			send_for(rep->rrsets[j]->entry.data,
			    sizeof(struct packed_rrset_data) + 2 * LINE_SIZE);
	}
	for (i = 0; i < sweep->item_count; i++)
		if (sweep->items[i].locked)
			copy_targets(sweep, &sweep->items[i]);
}

/* Locks some bins from `first` on.  Their number; 0: there is no such bin. */
static size_t
lock_bins(struct sweep *sweep, struct lruhash *table, size_t first,
    struct lruhash_bin **ret_bins)
{
	size_t count = 0, i;
	uint64_t began_ns;

	lock_quick_lock(&table->lock);
	began_ns = clock_ns();
	/* A table that grows meanwhile waits for our bins. */
	*ret_bins = table->array + first;
	if (first < table->size)
		count = table->size - first;
	if (count > BINS_AT_ONCE)
		count = BINS_AT_ONCE;
	for (i = 0; i < count; i++)
		lock_quick_lock(&(*ret_bins)[i].lock);
	lock_quick_unlock(&table->lock);
	sweep->hold_began_ns = began_ns;
	note_hold(sweep, &sweep->report->tables, clock_ns() - began_ns);
	return count;
}

/* Copies the messages of some bins from *bin on, and moves it behind them; if
 * that one bin holds too many, it stays.  false: there is no such bin. */
static bool
copy_bins(struct sweep *sweep, struct lruhash *table, size_t *bin)
{
	struct lruhash_bin *bins;
	size_t count = lock_bins(sweep, table, *bin, &bins), i;

	if (count == 0)
		return false;
	*bin += find_entries(sweep, bins, count);
	copy_entries(sweep);
	for (i = 0; i < count; i++)
		lock_quick_unlock(&bins[i].lock);
	copy_all_targets(sweep);
	sweep->hold_ended_ns = clock_ns();
	note_hold(sweep, &sweep->report->bins,
	    sweep->hold_ended_ns - sweep->hold_began_ns);
	return true;
}

static bool
is_name_touched(
    struct sweep *sweep, const uint8_t *wire, size_t len, bool is_alias)
{
	const struct weir_snapshot *snapshot = sweep->snapshot;
	struct weir_decision decision;
	int error;

	weir_judge_init(&decision);
	error = weir_judge_name(
	    snapshot, wire, len, is_alias, sweep->now_unix, &decision);
	if (error)
		sweep->error = error;
	return error != 0 || decision.is_touched;
}

/* Whether the policy speaks of a message. */
static bool
is_touched(struct sweep *sweep, const struct item *item)
{
	const uint8_t *at = sweep->octets + item->targets;
	const uint8_t *end = at + item->targets_len;

	if (weir_generation_gate_has(
		&sweep->snapshot->files, item->gate_hash) &&
	    is_name_touched(sweep, item->key.qname, item->key.qname_len, false))
		return true;
	for (; at < end; at += 1 + *at)
		if (is_name_touched(sweep, at + 1, *at, true))
			return true;
	return false;
}

static void
judge_items(struct sweep *sweep, bool is_all_doomed)
{
	struct slabhash *cache = sweep->module->env->msg_cache;
	unsigned int i;

	for (i = 0; i < sweep->item_count; i++)
		sweep->items[i].gate_hash = weir_generation_gate_hash(
		    &sweep->snapshot->files, sweep->items[i].key.qname,
		    sweep->items[i].key.qname_len);
	for (i = 0; i < sweep->item_count; i++) {
		struct item *item = &sweep->items[i];

		if (weir_shelf_has_key(sweep->module, &item->key) &&
		    !is_all_doomed)
			continue;
		if (!item->is_doomed && !is_all_doomed &&
		    !is_touched(sweep, item))
			continue;
		slabhash_remove(cache, item->hash, &item->key);
		sweep->report->removed++;
	}
	sweep->report->entries += sweep->item_count;
}

/* The processor is given away while we hold no lock. */
static void
rest(struct sweep *sweep)
{
	uint64_t now_ns = clock_ns();
	bool is_nap = now_ns - sweep->burst_began_ns >= BURST_NS;

	if (is_nap)
		nap_ns(NAP_NS);
	/* What was lost here was not lost in a hold. */
	if (is_nap || now_ns - sweep->hold_ended_ns >= LONG_NS)
		sweep->preemptions = preemptions();
	if (is_nap)
		sweep->burst_began_ns = clock_ns();
}

/* false: the module stops. */
static bool
sweep_table(struct sweep *sweep, struct lruhash *table)
{
	size_t bin = 0, before = 0;

	while (copy_bins(sweep, table, &bin)) {
		/* A bin of 48 messages where one is usual: nobody who does not
		 * know the hash's key can make it.  It is thinned out. */
		judge_items(sweep, bin == before);
		before = bin;
		if (atomic_load(&sweep->module->is_stopping))
			return false;
		rest(sweep);
	}
	return true;
}

int
weir_sweep(struct weir_module *module, const struct weir_snapshot *snapshot,
    struct weir_sweep_report *ret_report)
{
	struct slabhash *cache = module->env->msg_cache;
	struct sweep sweep;
	uint64_t began_ns = clock_ns();
	size_t table;

	memset(ret_report, 0, sizeof(*ret_report));
	sweep.module = module;
	sweep.snapshot = snapshot;
	sweep.now_unix = (uint32_t)time(NULL);
	sweep.report = ret_report;
	sweep.error = WEIR_OK;
	ret_report->is_doubtful = !wait_for_stores(
	    module, snapshot->current.serial);
	sweep.burst_began_ns = clock_ns();
	sweep.preemptions = preemptions();
	for (table = 0; table < cache->size; table++)
		if (!sweep_table(&sweep, cache->array[table]))
			return 1;
	ret_report->us = (clock_ns() - began_ns) / 1000;
	return sweep.error;
}
