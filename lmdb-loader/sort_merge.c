/*
 * sort_merge.c - few runs out of many, by several threads.
 *
 * A tree of losers (D. Knuth, TAOCP 3, 5.4.1) that knows how many octets each
 * key shares with the one that was taken last (W. Ng, K. Kakehi: Merging
 * String Sequences by Longest Common Prefixes, 2008).  Of two keys the one that
 * shares more is the smaller one; only if they share as many, their octets
 * decide, and those from there on alone.  So that most comparisons look at no
 * octet, and a key that shares all of itself is the one before once more.
 */
#include "lmdb-loader/sort_merge.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/entry.h"
#include "lib/format.h"
#include "lib/limits.h"
#include "lib/name.h"

#define ITEMS_PER_THREAD 65536 /* fewer are not worth one */
#define SHOW_EVERY       16384

/* One thread's tree. */
struct merger {
	size_t count;
	struct weir_run_reader *readers;
	unsigned int *losers; /* [0]: the winner */
};

/* What all threads look at. */
struct shared {
	struct weir_merge_job *job;
	struct weir_run *runs;
	size_t run_count;
	unsigned int range_count;
	/* ranges[i] begins with the first key of cuts[i], up to cuts[i + 1]. */
	const struct weir_run_block *cuts[WEIR_WORK_THREADS + 1];
	struct weir_run out[WEIR_WORK_THREADS];
	atomic_uint next_range;
	atomic_ullong done;
	atomic_bool has_failed;
};

/* One thread's range: makes one set of all entries of a key. */
struct folder {
	struct weir_run_writer writer;
	const struct weir_intern *entries;
	const struct weir_policy *policy; /* NULL: not known */
	struct weir_intern *sets;
	bool has_key;
	uint32_t first; /* the place of its first entry */
	bool is_set;    /* it has more than that one */
	uint8_t set[WEIR_SET_HEAD_BYTES +
		    (WEIR_ENTRIES_PER_KEY + 1) * WEIR_ENTRY_BYTES];
	/* Most are like the one before. */
	bool has_last;
	uint32_t last_first, last_place;
};

/* --- the tree ------------------------------------------------------------ */

/* The first octet in which they differ, from `at` on; they have room behind
 * their ends to be read in words. */
static int
common_octets(const struct weir_run_reader *a, const struct weir_run_reader *b,
    size_t at, size_t len)
{
	uint64_t x, y;

	for (; at < len; at += 8) {
		memcpy(&x, a->key + at, 8);
		memcpy(&y, b->key + at, 8);
		if (x != y) {
			x = le64toh(x ^ y);
			at += (size_t)__builtin_ctzll(x) / 8;
			break;
		}
	}
	return (int)(at < len ? at : len);
}

/* Which of two goes first. The other one then says what it shares with it. */
static unsigned int
play(struct merger *merger, unsigned int one, unsigned int two,
    unsigned int *ret_loser)
{
	struct weir_run_reader *a = &merger->readers[one];
	struct weir_run_reader *b = &merger->readers[two];
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	bool is_one_first;
	int common;

	if (a->common != b->common) {
		is_one_first = a->common > b->common;
	} else if (a->common < 0) {
		is_one_first = one < two;
	} else {
		common = common_octets(a, b, (size_t)a->common, len);
		if ((size_t)common < len)
			is_one_first = a->key[common] < b->key[common];
		else if (a->key_len != b->key_len)
			is_one_first = a->key_len < b->key_len;
		else
			is_one_first = one < two;
		*(is_one_first ? &b->common : &a->common) = common;
	}
	*ret_loser = is_one_first ? two : one;
	return is_one_first ? one : two;
}

/* The winner of the games below a node; leaves are count to 2 * count - 1. */
static unsigned int
play_all(struct merger *merger, size_t node)
{
	unsigned int left, right;

	if (node >= merger->count)
		return (unsigned int)(node - merger->count);
	left = play_all(merger, 2 * node);
	right = play_all(merger, 2 * node + 1);
	return play(merger, left, right, &merger->losers[node]);
}

/* The winner was taken and has its next key. */
static void
replay(struct merger *merger)
{
	unsigned int winner = merger->losers[0];
	size_t node;

	for (node = (winner + merger->count) / 2; node > 0; node /= 2)
		winner = play(merger, winner, merger->losers[node],
		    &merger->losers[node]);
	merger->losers[0] = winner;
}

static void
merger_done(struct merger *merger)
{
	size_t i;

	for (i = 0; i < merger->count; i++)
		weir_run_reader_done(&merger->readers[i]);
	free(merger->readers);
	free(merger->losers);
}

static int
merger_init(
    struct merger *merger, const struct shared *shared, unsigned int range)
{
	const struct weir_run_block *from = shared->cuts[range];
	struct weir_run_reader *reader;
	size_t i;
	int ret;

	merger->readers = calloc(shared->run_count, sizeof(*merger->readers));
	merger->losers = calloc(shared->run_count, sizeof(*merger->losers));
	merger->count = shared->run_count;
	if (merger->readers == NULL || merger->losers == NULL) {
		merger->count = 0;
		return weir_run_store_fail(
		    shared->job->store, WEIR_EMEMORY, "out of memory");
	}
	for (i = 0; i < merger->count; i++) {
		reader = &merger->readers[i];
		weir_run_reader_init(reader, shared->job->store,
		    &shared->runs[i], from, shared->cuts[range + 1], true);
		do
			ret = weir_run_next(reader);
		while (ret == 1 && from != NULL &&
		       weir_name_compare_keys(reader->key, reader->key_len,
			   from->key, from->key_len) < 0);
		if (ret < 0)
			return ret;
		if (ret == 1)
			reader->common = 0;
	}
	merger->losers[0] = play_all(merger, 1);
	return 0;
}

/* --- folding ------------------------------------------------------------- */

static bool
counts(const struct weir_policy *policy, const struct weir_entry *entry)
{
	return policy == NULL || entry->feed >= policy->feed_count ||
	       weir_feed_counts(&policy->feeds[entry->feed], entry);
}

/* What is encoded here was checked when it came in.  Of entries that do not
 * count the first one stays, until one comes that does: put together they might
 * have one's category and the other's confidence, and count. */
static void
merge(const struct weir_policy *policy, uint8_t *slot, const uint8_t *encoded)
{
	struct weir_entry first, second;
	bool does_second_count;

	if (memcmp(slot, encoded, WEIR_ENTRY_BYTES) == 0 ||
	    weir_entry_decode(slot, &first) < 0 ||
	    weir_entry_decode(encoded, &second) < 0)
		return;
	does_second_count = counts(policy, &second);
	if (!counts(policy, &first)) {
		if (does_second_count)
			weir_entry_encode(&second, slot);
	} else if (does_second_count) {
		weir_entry_merge(&first, &second, &first);
		weir_entry_encode(&first, slot);
	}
}

/* Puts an encoded entry into the set, at its feed's place. */
static void
set_put(const struct weir_policy *policy, uint8_t *set, const uint8_t *encoded)
{
	unsigned int count = weir_intern_entry_count(set), at;
	unsigned int feed = weir_bytes_get16(encoded), there;
	uint8_t *slot = set + WEIR_SET_HEAD_BYTES;

	for (at = 0; at < count; at++, slot += WEIR_ENTRY_BYTES) {
		there = weir_bytes_get16(slot);
		if (there == feed) {
			merge(policy, slot, encoded);
			return;
		}
		if (there > feed)
			break;
	}
	memmove(slot + WEIR_ENTRY_BYTES, slot,
	    (size_t)(count - at) * WEIR_ENTRY_BYTES);
	memcpy(slot, encoded, WEIR_ENTRY_BYTES);
	weir_bytes_put16(set, (uint16_t)(count + 1));
}

static void
fold_entry(struct folder *folder, uint32_t place)
{
	if (!folder->is_set) {
		if (place == folder->first)
			return;
		memset(folder->set, 0, WEIR_SET_HEAD_BYTES);
		set_put(folder->policy, folder->set,
		    weir_intern_set(folder->entries, folder->first) +
			WEIR_SET_HEAD_BYTES);
		folder->is_set = true;
	}
	set_put(folder->policy, folder->set,
	    weir_intern_set(folder->entries, place) + WEIR_SET_HEAD_BYTES);
}

/* The key at work has all its entries. */
static int
fold_end(struct folder *folder)
{
	const uint8_t *set = folder->set;
	uint32_t place = folder->last_place;
	int ret;

	if (!folder->has_key)
		return 0;
	if (folder->is_set || !folder->has_last ||
	    folder->first != folder->last_first) {
		if (!folder->is_set)
			set = weir_intern_set(folder->entries, folder->first);
		ret = weir_intern_add(folder->sets, set,
		    WEIR_SET_HEAD_BYTES +
			(size_t)weir_intern_entry_count(set) * WEIR_ENTRY_BYTES,
		    &place);
		if (ret < 0)
			return weir_run_store_fail(
			    folder->writer.store, ret, weir_error_text(ret));
	}
	if (!folder->is_set) {
		folder->has_last = true;
		folder->last_first = folder->first;
		folder->last_place = place;
	}
	weir_run_put_place(&folder->writer, place);
	folder->has_key = folder->is_set = false;
	return 0;
}

/* One item in the order of the keys. */
static int
fold(
    struct folder *folder, const struct weir_run_reader *item, size_t *last_len)
{
	int ret;

	if (folder->has_key && item->key_len == *last_len &&
	    (size_t)item->common == *last_len) {
		fold_entry(folder, item->place);
		return 0;
	}
	ret = fold_end(folder);
	if (ret == 0)
		ret = weir_run_put_key(&folder->writer, item->key,
		    item->key_len, (size_t)item->common);
	folder->has_key = ret == 0;
	folder->first = item->place;
	*last_len = item->key_len;
	return ret;
}

/* --- the ranges ---------------------------------------------------------- */

/* Only the caller's thread speaks. */
static void
count_done(struct shared *shared, unsigned int thread, uint64_t count)
{
	uint64_t done = atomic_fetch_add(&shared->done, count) + count;

	if (thread == 0 && shared->job->progress != NULL)
		weir_progress_show(shared->job->progress, done);
}

static int
merge_items(struct shared *shared, struct merger *merger, struct folder *folder,
    unsigned int thread)
{
	size_t last_len = 0, count = 0;
	struct weir_run_reader *item;
	int ret = 0;

	while (ret == 0) {
		item = &merger->readers[merger->losers[0]];
		if (item->common < 0)
			break;
		if (folder->sets != NULL) {
			ret = fold(folder, item, &last_len);
		} else {
			ret = weir_run_put_key(&folder->writer, item->key,
			    item->key_len, (size_t)item->common);
			if (ret == 0)
				weir_run_put_place(
				    &folder->writer, item->place);
		}
		if (ret == 0)
			ret = weir_run_next(item);
		if (ret >= 0)
			replay(merger);
		if (++count % SHOW_EVERY == 0) {
			count_done(shared, thread, SHOW_EVERY);
			if (atomic_load(&shared->has_failed))
				return WEIR_ESYSTEM;
		}
		ret = ret < 0 ? ret : 0;
	}
	if (ret == 0 && folder->sets != NULL)
		ret = fold_end(folder);
	return ret;
}

static int
merge_range(struct shared *shared, unsigned int range, unsigned int thread)
{
	struct weir_merge_job *job = shared->job;
	struct folder *folder = calloc(1, sizeof(*folder));
	struct merger merger = { 0 };
	int ret, finished;

	if (folder == NULL)
		return weir_run_store_fail(
		    job->store, WEIR_EMEMORY, "out of memory");
	folder->writer.store = job->store;
	folder->writer.run = &shared->out[range];
	folder->writer.table = (uint16_t)range;
	folder->entries = job->entries;
	folder->policy = job->policy;
	folder->sets = job->sets != NULL ? &job->sets[range] : NULL;
	ret = merger_init(&merger, shared, range);
	if (ret == 0)
		ret = merge_items(shared, &merger, folder, thread);
	finished = weir_run_finish(&folder->writer);
	merger_done(&merger);
	free(folder);
	return ret < 0 ? ret : finished;
}

static void
work(void *arg, unsigned int thread)
{
	struct shared *shared = arg;
	unsigned int range;

	while ((range = atomic_fetch_add(&shared->next_range, 1)) <
	       shared->range_count)
		if (merge_range(shared, range, thread) < 0)
			atomic_store(&shared->has_failed, true);
}

static int
compare_blocks(const void *a, const void *b)
{
	const struct weir_run_block *left = *(struct weir_run_block *const *)a;
	const struct weir_run_block *right = *(struct weir_run_block *const *)b;

	return weir_name_compare_keys(
	    left->key, left->key_len, right->key, right->key_len);
}

/* Where the ranges begin: so that each has as many blocks as the others.
 * Ranges that begin with the same key would be none. */
static int
cut(struct shared *shared, unsigned int range_count)
{
	const struct weir_run_block **all, *last = NULL;
	size_t count = 0, at = 0, i;

	for (i = 0; i < shared->run_count; i++)
		count += shared->runs[i].block_count;
	all = reallocarray(NULL, count + 1, sizeof(struct weir_run_block *));
	if (all == NULL)
		return weir_run_store_fail(
		    shared->job->store, WEIR_EMEMORY, "out of memory");
	for (i = 0; i < shared->run_count; i++) {
		memcpy(all + at, shared->runs[i].blocks,
		    shared->runs[i].block_count *
			sizeof(struct weir_run_block *));
		at += shared->runs[i].block_count;
	}
	qsort(all, count, sizeof(struct weir_run_block *), compare_blocks);
	shared->range_count = 1;
	for (i = 1; i < range_count; i++) {
		last = all[count * i / range_count];
		if (shared->cuts[shared->range_count - 1] != NULL &&
		    compare_blocks(
			&last, &shared->cuts[shared->range_count - 1]) == 0)
			continue;
		shared->cuts[shared->range_count++] = last;
	}
	free(all);
	return 0;
}

int
weir_merge_runs(struct weir_merge_job *job, struct weir_run *runs,
    size_t run_count, struct weir_run *ret_run)
{
	struct shared shared = { .job = job,
		.runs = runs,
		.run_count = run_count,
		.done = job->done };
	uint64_t count = 0, threads;
	size_t i;
	int ret = 0;

	memset(ret_run, 0, sizeof(*ret_run));
	if (run_count == 0)
		return 0;
	for (i = 0; i < run_count; i++)
		count += runs[i].count;
	threads = count / ITEMS_PER_THREAD + 1;
	if (threads > job->thread_count)
		threads = job->thread_count;
	ret = cut(&shared, (unsigned int)threads);
	if (ret == 0)
		weir_work_run(shared.range_count, work, &shared);
	job->done += count;
	ret_run->order = runs[0].order;
	for (i = 0; i < shared.range_count && ret == 0; i++)
		ret = weir_run_join(ret_run, &shared.out[i]);
	for (i = 0; i < shared.range_count; i++)
		weir_run_done(job->store, &shared.out[i]);
	for (i = 0; i < run_count; i++)
		weir_run_done(job->store, &runs[i]);
	return ret < 0
		   ? weir_run_store_fail(job->store, ret, weir_error_text(ret))
		   : job->store->error;
}
