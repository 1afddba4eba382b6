/*
 * sort.c - keys in order, each with its set of entries: the parts together.
 *
 * compile.c fills it from lists; write.c and diff.c read its stream.
 *
 *   names -> sort_part.c, a part for each thread -> runs -> sort_merge.c
 *         -> one run -> stream
 *
 * The memory: a quarter is for the parts, half for the blocks of runs, the rest
 * for what merging and writing take.
 */
#include "lmdb-loader/sort.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"
#include "lib/work.h"
#include "lmdb-loader/intern.h"
#include "lmdb-loader/sort_merge.h"
#include "lmdb-loader/sort_part.h"
#include "lmdb-loader/sort_run.h"

#define PART_MEMORY_MIN ((size_t)256 << 10)
#define PART_MEMORY_MAX \
	((size_t)12 << 20) /* 200 000 names: no more is gained */
#define RUNS_MIN    8      /* merged at once */
#define EPOCH_SHIFT 32

struct weir_sort_part {
	struct weir_sort *sort;
	struct weir_part part;
	uint8_t last_entry[WEIR_ENTRY_BYTES]; /* most are like the one before */
	uint32_t last_place;
	bool has_last;
};

struct weir_sort {
	struct weir_stream stream; /* first: next() is handed it */
	struct weir_sort_options options;
	struct weir_run_store store;
	struct weir_sort_part *own; /* of weir_sort_add */
	struct weir_intern entries; /* as they came: sets of one */
	struct weir_run *runs;
	size_t run_count, run_size;
	uint64_t name_count;   /* in runs */
	uint64_t epoch;        /* marks so far */
	pthread_mutex_t mutex; /* over entries and runs */
	struct weir_run final;
	struct weir_intern sets[WEIR_WORK_THREADS];
	struct weir_run_reader reader;
};

int
weir_sort_new_bounded(
    const struct weir_sort_options *options, struct weir_sort **ret_sort)
{
	struct weir_sort *sort;
	unsigned int i;

	if (sodium_init() < 0)
		return WEIR_ESYSTEM;
	sort = calloc(1, sizeof(*sort));
	if (sort == NULL)
		return WEIR_EMEMORY;
	sort->options = *options;
	if (sort->options.memory == 0)
		sort->options.memory = UINT64_MAX;
	if (sort->options.thread_count < 1)
		sort->options.thread_count = 1;
	weir_run_store_init(
	    &sort->store, options->folder, sort->options.memory / 2);
	(void)pthread_mutex_init(&sort->mutex, NULL);
	weir_intern_init(&sort->entries);
	for (i = 0; i < WEIR_WORK_THREADS; i++)
		weir_intern_init(&sort->sets[i]);
	*ret_sort = sort;
	return 0;
}

int
weir_sort_new(struct weir_sort **ret_sort)
{
	struct weir_sort_options options = { .thread_count = 1 };

	return weir_sort_new_bounded(&options, ret_sort);
}

void
weir_sort_free(struct weir_sort *sort)
{
	size_t i;

	if (sort == NULL)
		return;
	weir_sort_part_free(sort->own);
	for (i = 0; i < sort->run_count; i++)
		weir_run_done(&sort->store, &sort->runs[i]);
	free(sort->runs);
	weir_run_reader_done(&sort->reader);
	weir_run_done(&sort->store, &sort->final);
	weir_intern_done(&sort->entries);
	for (i = 0; i < WEIR_WORK_THREADS; i++)
		weir_intern_done(&sort->sets[i]);
	weir_run_store_done(&sort->store);
	(void)pthread_mutex_destroy(&sort->mutex);
	free(sort);
}

int
weir_sort_problem(const struct weir_sort *sort, struct weir_problem *problem)
{
	if (sort->store.error < 0 && problem != NULL)
		*problem = sort->store.problem;
	return sort->store.error;
}

/* --- parts --------------------------------------------------------------- */

int
weir_sort_part_new(struct weir_sort *sort, struct weir_sort_part **ret_part)
{
	struct weir_sort_part *part = calloc(1, sizeof(*part));
	uint64_t memory = sort->options.memory / 4 / sort->options.thread_count;

	if (part == NULL)
		return weir_run_store_fail(
		    &sort->store, WEIR_EMEMORY, "out of memory");
	if (memory < PART_MEMORY_MIN)
		memory = PART_MEMORY_MIN;
	if (memory > PART_MEMORY_MAX)
		memory = PART_MEMORY_MAX;
	part->sort = sort;
	weir_part_init(&part->part, (size_t)memory);
	*ret_part = part;
	return 0;
}

void
weir_sort_part_free(struct weir_sort_part *part)
{
	if (part == NULL)
		return;
	weir_part_done(&part->part);
	free(part);
}

/* The place of an entry, as a set of one. */
static int
entry_place(struct weir_sort_part *part, const struct weir_entry *entry,
    uint32_t *ret_place)
{
	uint8_t set[WEIR_SET_HEAD_BYTES + WEIR_ENTRY_BYTES] = { 1 };
	uint8_t *encoded = set + WEIR_SET_HEAD_BYTES;
	struct weir_sort *sort = part->sort;
	int ret;

	weir_entry_encode(entry, encoded);
	if (!part->has_last ||
	    memcmp(encoded, part->last_entry, WEIR_ENTRY_BYTES) != 0) {
		(void)pthread_mutex_lock(&sort->mutex);
		ret = weir_intern_add(
		    &sort->entries, set, sizeof(set), &part->last_place);
		(void)pthread_mutex_unlock(&sort->mutex);
		if (ret < 0)
			return weir_run_store_fail(
			    &sort->store, ret, weir_error_text(ret));
		memcpy(part->last_entry, encoded, WEIR_ENTRY_BYTES);
		part->has_last = true;
	}
	*ret_place = part->last_place;
	return 0;
}

static int
grow_runs(struct weir_sort *sort)
{
	size_t size = sort->run_size == 0 ? 16 : sort->run_size * 2;
	struct weir_run *runs;

	if (sort->run_count < sort->run_size)
		return 0;
	runs = reallocarray(sort->runs, size, sizeof(*runs));
	if (runs == NULL)
		return WEIR_EMEMORY;
	sort->runs = runs;
	sort->run_size = size;
	return 0;
}

/* Takes a run over; WEIR_DB_NAMES_MAX bounds what is in all of them. */
static int
keep_run(struct weir_sort *sort, struct weir_run *run)
{
	int ret;

	(void)pthread_mutex_lock(&sort->mutex);
	ret = grow_runs(sort);
	if (ret == 0 && sort->name_count + run->count > WEIR_DB_NAMES_MAX)
		ret = WEIR_ELIMIT;
	if (ret == 0) {
		sort->name_count += run->count;
		sort->runs[sort->run_count++] = *run;
	}
	(void)pthread_mutex_unlock(&sort->mutex);
	if (ret == 0)
		return 0;
	weir_run_done(&sort->store, run);
	return weir_run_store_fail(&sort->store, ret, weir_error_text(ret));
}

static int
part_to_run(struct weir_sort_part *part, uint64_t stretch)
{
	struct weir_sort *sort = part->sort;
	struct weir_run run;
	int ret;

	if (part->part.count == 0)
		return 0;
	ret = weir_part_run(&part->part, &sort->store, &run);
	if (ret < 0)
		return ret;
	run.order = sort->epoch << EPOCH_SHIFT | stretch;
	return keep_run(sort, &run);
}

int
weir_sort_part_add(struct weir_sort_part *part, uint64_t stretch,
    const uint8_t *key, size_t key_len, const struct weir_entry *entry)
{
	uint32_t place = 0;
	int ret;

	if (key_len == 0 || key_len >= WEIR_KEY_SIZE ||
	    entry->feed >= WEIR_FEEDS)
		return WEIR_EFORMAT;
	ret = entry_place(part, entry, &place);
	if (ret < 0)
		return ret;
	ret = weir_part_put(&part->part, key, key_len, place);
	if (ret == 0) { /* full */
		ret = part_to_run(part, stretch);
		if (ret == 0)
			ret = weir_part_put(&part->part, key, key_len, place);
	}
	if (ret < 0)
		return weir_run_store_fail(
		    &part->sort->store, ret, weir_error_text(ret));
	return 0;
}

int
weir_sort_part_end(struct weir_sort_part *part, uint64_t stretch)
{
	return part_to_run(part, stretch);
}

/* --- the whole ----------------------------------------------------------- */

int
weir_sort_add(struct weir_sort *sort, const uint8_t *key, size_t key_len,
    const struct weir_entry *entry)
{
	int ret;

	if (sort->own == NULL) {
		ret = weir_sort_part_new(sort, &sort->own);
		if (ret < 0)
			return ret;
	}
	return weir_sort_part_add(sort->own, 0, key, key_len, entry);
}

uint64_t
weir_sort_mark(struct weir_sort *sort)
{
	/* If it fails, the store says so to whoever comes next. */
	if (sort->own != NULL)
		(void)part_to_run(sort->own, 0);
	return ++sort->epoch;
}

void
weir_sort_undo(struct weir_sort *sort, uint64_t mark)
{
	size_t i, kept = 0;

	if (sort->own != NULL)
		weir_part_clear(&sort->own->part);
	for (i = 0; i < sort->run_count; i++) {
		if (sort->runs[i].order >> EPOCH_SHIFT < mark) {
			sort->runs[kept++] = sort->runs[i];
			continue;
		}
		sort->name_count -= sort->runs[i].count;
		weir_run_done(&sort->store, &sort->runs[i]);
	}
	sort->run_count = kept;
}

/* By order; of one order as they came, which is how one thread made them. */
static void
order_runs(struct weir_sort *sort)
{
	struct weir_run moved;
	size_t i, at;

	for (i = 1; i < sort->run_count; i++) {
		moved = sort->runs[i];
		for (at = i; at > 0 && sort->runs[at - 1].order > moved.order;
		     at--)
			sort->runs[at] = sort->runs[at - 1];
		sort->runs[at] = moved;
	}
}

/* How many runs are merged at once: each may need a block of memory for each
 * thread. */
static size_t
runs_at_once(const struct weir_sort *sort)
{
	uint64_t count = sort->options.memory / 4 / WEIR_RUN_BLOCK /
			 sort->options.thread_count;

	if (count > SIZE_MAX)
		return SIZE_MAX;
	return count < RUNS_MIN ? RUNS_MIN : (size_t)count;
}

/* Neighbours become one, until few enough are left. */
static int
merge_some(struct weir_sort *sort, struct weir_merge_job *job, size_t most)
{
	struct weir_run merged;
	size_t at, count, kept;
	int ret = 0;

	while (ret == 0 && sort->run_count > most) {
		for (at = kept = 0; at < sort->run_count && ret == 0;
		     at += count) {
			count = sort->run_count - at;
			if (count > most)
				count = most;
			ret = weir_merge_runs(
			    job, sort->runs + at, count, &merged);
			if (ret == 0)
				sort->runs[kept++] = merged;
		}
		if (ret == 0)
			sort->run_count = kept;
	}
	return ret;
}

int
weir_sort_finish(struct weir_sort *sort)
{
	struct weir_merge_job job = { .store = &sort->store,
		.thread_count = sort->options.thread_count,
		.policy = sort->options.policy,
		.progress = sort->options.progress,
		.entries = &sort->entries };
	int ret = sort->store.error;

	if (ret == 0 && sort->own != NULL)
		ret = part_to_run(sort->own, 0);
	weir_sort_part_free(sort->own);
	sort->own = NULL;
	if (ret < 0)
		return ret;
	if (job.progress != NULL)
		job.progress->total = sort->name_count;
	order_runs(sort);
	ret = merge_some(sort, &job, runs_at_once(sort));
	if (ret < 0)
		return ret;
	job.sets = sort->sets;
	ret = weir_merge_runs(&job, sort->runs, sort->run_count, &sort->final);
	sort->run_count = 0;
	return ret;
}

uint64_t
weir_sort_count(const struct weir_sort *sort)
{
	return sort->final.count;
}

uint64_t
weir_sort_key_octets(const struct weir_sort *sort)
{
	return sort->final.key_octets;
}

static int
next_item(struct weir_stream *stream, struct weir_stream_item *ret_item)
{
	struct weir_sort *sort = (struct weir_sort *)stream;
	struct weir_run_reader *reader = &sort->reader;
	const uint8_t *set;
	int ret;

	ret = weir_run_next(reader);
	if (ret != 1)
		return ret;
	set = weir_intern_set(&sort->sets[reader->table], reader->place);
	ret_item->key = reader->key;
	ret_item->key_len = reader->key_len;
	ret_item->entries = set + WEIR_SET_HEAD_BYTES;
	ret_item->entry_count = weir_intern_entry_count(set);
	return 1;
}

struct weir_stream *
weir_sort_stream(struct weir_sort *sort)
{
	weir_run_reader_done(&sort->reader);
	weir_run_reader_init(
	    &sort->reader, &sort->store, &sort->final, NULL, NULL, false);
	sort->stream.count = sort->final.count;
	sort->stream.key_octets = sort->final.key_octets;
	sort->stream.next = next_item;
	return &sort->stream;
}
