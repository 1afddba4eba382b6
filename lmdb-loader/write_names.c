/*
 * write_names.c - the records of names, ready to be put into a file.
 *
 *   stream -> batches, in a thread of their own -> ring -> the caller
 */
#include "lmdb-loader/write_names.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/filter.h"
#include "lib/name.h"
#include "lib/work.h"

#define NAMES_FOR_TWO 50000 /* fewer are not worth a thread */
#define RING_SIZE     4
#define RECORD_MAX    (4 + WEIR_NAME_SIZE + 4 + WEIR_VALUE_BYTES)
#define FETCH_AHEAD   16

struct pipe {
	struct weir_write_names *names;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* Batches made and batches put: the ring holds those between. */
	uint64_t made, put;
	bool is_end;  /* no more will be made */
	bool is_over; /* no more will be put */
	int error;    /* of the maker */
	struct weir_write_batch *ring;
};

static int
refuse(struct weir_write_names *names, int error, const char *what)
{
	return weir_problem_set(
	    &names->problem, error, "%s: %s", names->path, what);
}

/* The value of a key: the place of its set. */
static int
place_of(struct weir_write_names *names, const struct weir_stream_item *item,
    uint32_t *ret_place)
{
	size_t len = (size_t)item->entry_count * WEIR_ENTRY_BYTES;
	uint8_t *set = names->last_set;
	int ret;

	if (item->entry_count == 0 && names->header->kind == WEIR_DB_OVERLAY) {
		*ret_place = WEIR_TOMBSTONE;
		return 0;
	}
	if (item->entry_count == 0)
		return refuse(names, WEIR_EFORMAT, "a key without entries");
	if (item->entry_count > WEIR_ENTRIES_PER_KEY)
		return refuse(
		    names, WEIR_EFORMAT, "a key with too many entries");
	if (len + WEIR_SET_HEAD_BYTES != names->last_len ||
	    memcmp(set + WEIR_SET_HEAD_BYTES, item->entries, len) != 0) {
		memset(set, 0, WEIR_SET_HEAD_BYTES);
		weir_bytes_put16(set, (uint16_t)item->entry_count);
		memcpy(set + WEIR_SET_HEAD_BYTES, item->entries, len);
		names->last_len = len + WEIR_SET_HEAD_BYTES;
		ret = weir_intern_add(
		    &names->sets, set, names->last_len, &names->last_place);
		if (ret < 0)
			return refuse(names, ret, weir_error_text(ret));
	}
	*ret_place = names->last_place;
	return 0;
}

/* Its own, and that of its ancestor for the gate, if the key before had another
 * one. */
static void
add_hashes_of(struct weir_write_names *names, struct weir_write_batch *batch,
    const struct weir_stream_item *item)
{
	const uint8_t *filter_key = names->header->filter_key;
	size_t len = weir_filter_gate_len(item->key, item->key_len);

	batch->hashes[batch->count++] = weir_filter_hash(
	    filter_key, item->key, item->key_len);
	if (len == 0 || (len == names->gate_len &&
			    memcmp(names->gate_key, item->key, len) == 0))
		return;
	memcpy(names->gate_key, item->key, len);
	names->gate_len = len;
	batch->gate_hashes[batch->gate_count++] = weir_filter_hash(
	    filter_key, item->key, len);
}

static int
add_record(struct weir_write_names *names, struct weir_write_batch *batch,
    const struct weir_stream_item *item)
{
	uint8_t *at = batch->bytes + batch->len;
	uint32_t place = 0;
	int ret;

	if (!weir_name_is_key(item->key, item->key_len))
		return refuse(names, WEIR_EFORMAT, "a key that is no name");
	if (names->count++ >= names->stream->count)
		return refuse(names, WEIR_ELIMIT, "more keys than announced");
	ret = place_of(names, item, &place);
	if (ret < 0)
		return ret;
	weir_bytes_put32(at, (uint32_t)item->key_len);
	memcpy(at + 4, item->key, item->key_len);
	weir_bytes_put32(at + 4 + item->key_len, WEIR_VALUE_BYTES);
	weir_bytes_put32(at + 8 + item->key_len, place);
	batch->len += 8 + item->key_len + WEIR_VALUE_BYTES;
	add_hashes_of(names, batch, item);
	return 0;
}

/* The blocks of a large filter lie in no cache: they are asked for ahead. */
static void
add_hashes(struct weir_write_names *names, const struct weir_write_batch *batch)
{
	uint64_t blocks = names->header->filter_block_count;
	unsigned int i, ahead = 0;
	struct weir_filter filter;

	weir_filter_init(
	    &filter, names->filter, blocks, names->header->filter_key);
	for (i = 0; i < batch->count; i++) {
		for (; ahead < batch->count && ahead < i + FETCH_AHEAD; ahead++)
			weir_filter_prefetch(&filter, batch->hashes[ahead]);
		weir_filter_add(names->filter, blocks, batch->hashes[i]);
	}
	for (i = 0; i < batch->gate_count; i++)
		weir_filter_add_gate(
		    names->filter, blocks, batch->gate_hashes[i]);
}

/* 1: a batch that is full, or the last; 0: there are no more names; < 0. */
static int
make(struct weir_write_names *names, struct weir_write_batch *batch)
{
	struct weir_stream_item item;
	int more = 1, ret = 0;

	batch->count = 0;
	batch->gate_count = 0;
	batch->len = 0;
	while (ret == 0 && batch->count < WEIR_BATCH_NAMES &&
	       WEIR_BATCH_BYTES - batch->len >= RECORD_MAX) {
		more = names->stream->next(names->stream, &item);
		if (more < 0)
			return refuse(
			    names, more, "the sorted keys cannot be read");
		if (more == 0)
			break;
		ret = add_record(names, batch, &item);
	}
	if (ret < 0)
		return ret;
	add_hashes(names, batch);
	weir_checksum_add_records(names->checksum, batch->bytes, batch->len);
	return batch->count > 0;
}

/* --- two threads --------------------------------------------------------- */

static void *
make_all(void *arg)
{
	struct pipe *pipe = arg;
	bool goes_on = true;
	uint64_t number;
	int more;

	for (number = 0; goes_on; number++) {
		(void)pthread_mutex_lock(&pipe->mutex);
		while (number - pipe->put == RING_SIZE && !pipe->is_over)
			(void)pthread_cond_wait(&pipe->changed, &pipe->mutex);
		goes_on = !pipe->is_over;
		(void)pthread_mutex_unlock(&pipe->mutex);
		if (!goes_on)
			break;
		more = make(pipe->names, &pipe->ring[number % RING_SIZE]);
		(void)pthread_mutex_lock(&pipe->mutex);
		goes_on = more == 1;
		pipe->made += more == 1;
		pipe->is_end = more != 1;
		pipe->error = more < 0 ? more : 0;
		(void)pthread_cond_signal(&pipe->changed);
		(void)pthread_mutex_unlock(&pipe->mutex);
	}
	return NULL;
}

static int
put_all(struct pipe *pipe,
    int (*put)(void *arg, const struct weir_write_batch *batch), void *arg)
{
	bool has_one = true;
	uint64_t number;
	int ret = 0;

	for (number = 0; ret == 0; number++) {
		(void)pthread_mutex_lock(&pipe->mutex);
		while (pipe->made == number && !pipe->is_end)
			(void)pthread_cond_wait(&pipe->changed, &pipe->mutex);
		has_one = pipe->made > number;
		(void)pthread_mutex_unlock(&pipe->mutex);
		if (!has_one)
			break;
		ret = put(arg, &pipe->ring[number % RING_SIZE]);
		(void)pthread_mutex_lock(&pipe->mutex);
		pipe->put++;
		pipe->is_over = ret != 0;
		(void)pthread_cond_signal(&pipe->changed);
		(void)pthread_mutex_unlock(&pipe->mutex);
	}
	return ret;
}

/* One after the other. */
static int
run_alone(struct weir_write_names *names, struct weir_write_batch *batch,
    int (*put)(void *arg, const struct weir_write_batch *batch), void *arg)
{
	int ret, put_error = 0;

	do {
		ret = make(names, batch);
		if (ret == 1)
			put_error = put(arg, batch);
	} while (ret == 1 && put_error == 0);
	return put_error != 0 ? put_error : ret;
}

int
weir_write_names_run(struct weir_write_names *names,
    int (*put)(void *arg, const struct weir_write_batch *batch), void *arg)
{
	struct pipe pipe = { .names = names };
	bool is_for_two = names->stream->count >= NAMES_FOR_TWO &&
			  weir_work_thread_count() > 1;
	pthread_t thread;
	int ret;

	pipe.ring = reallocarray(
	    NULL, is_for_two ? RING_SIZE : 1, sizeof(*pipe.ring));
	if (pipe.ring == NULL)
		return refuse(names, WEIR_EMEMORY, "out of memory");
	(void)pthread_mutex_init(&pipe.mutex, NULL);
	(void)pthread_cond_init(&pipe.changed, NULL);
	if (is_for_two && pthread_create(&thread, NULL, make_all, &pipe) == 0) {
		ret = put_all(&pipe, put, arg);
		(void)pthread_join(thread, NULL);
		ret = ret != 0 ? ret : pipe.error;
	} else {
		ret = run_alone(names, pipe.ring, put, arg);
	}
	(void)pthread_cond_destroy(&pipe.changed);
	(void)pthread_mutex_destroy(&pipe.mutex);
	free(pipe.ring);
	return ret;
}
