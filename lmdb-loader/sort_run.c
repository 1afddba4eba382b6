/*
 * sort_run.c - runs: sorted keys, packed, in memory or in a file.
 */
#include "lmdb-loader/sort_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/name.h"

#define ITEM_MAX     (2 + WEIR_KEY_SIZE + 5)
#define FIRST_BLOCKS 4

void
weir_run_store_init(
    struct weir_run_store *store, const char *folder, uint64_t memory_size)
{
	memset(store, 0, sizeof(*store));
	(void)pthread_mutex_init(&store->mutex, NULL);
	store->folder = folder;
	store->memory_size = memory_size;
	store->fd = -1;
}

void
weir_run_store_done(struct weir_run_store *store)
{
	if (store->fd >= 0)
		(void)close(store->fd);
	(void)pthread_mutex_destroy(&store->mutex);
}

int
weir_run_store_fail(struct weir_run_store *store, int error, const char *text)
{
	(void)pthread_mutex_lock(&store->mutex);
	if (store->error == 0) {
		store->error = error;
		if (store->folder != NULL)
			(void)weir_problem_set(&store->problem, error, "%s: %s",
			    store->folder, text);
		else
			(void)weir_problem_set(
			    &store->problem, error, "%s", text);
	}
	(void)pthread_mutex_unlock(&store->mutex);
	return error;
}

/* A file that has no name, or has one only until this returns. */
static int
open_nameless(const char *folder)
{
	char *path;
	int fd = -1;

	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* Not every file system has O_TMPFILE.  What a crash leaves here ends
	 * in .tmp: the next weir-load removes it. */
	if (asprintf(&path, "%s/sort.XXXXXX.tmp", folder) < 0)
		return -1;
	fd = mkostemps(path, 4, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	free(path);
	return fd;
}

/* Whether the block may stay in memory; if not, where it goes in the file. */
static int
find_room(struct weir_run_store *store, size_t len, bool *ret_is_in_memory,
    uint64_t *ret_offset)
{
	int ret = 0;

	(void)pthread_mutex_lock(&store->mutex);
	*ret_is_in_memory = store->folder == NULL ||
			    store->memory_used + len <= store->memory_size;
	if (*ret_is_in_memory) {
		store->memory_used += len;
	} else {
		if (store->fd < 0)
			store->fd = open_nameless(store->folder);
		if (store->fd < 0)
			ret = WEIR_ESYSTEM;
		*ret_offset = store->file_len;
		store->file_len += len;
	}
	(void)pthread_mutex_unlock(&store->mutex);
	return ret < 0 ? weir_run_store_fail(store, ret, strerror(errno)) : 0;
}

static int
write_at(struct weir_run_store *store, const uint8_t *bytes, size_t len,
    uint64_t offset)
{
	ssize_t put;

	while (len > 0) {
		put = pwrite(store->fd, bytes, len, (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return weir_run_store_fail(store, WEIR_ESYSTEM,
			    strerror(put < 0 ? errno : ENOSPC));
		bytes += put;
		offset += (uint64_t)put;
		len -= (size_t)put;
	}
	return 0;
}

static int
read_at(
    struct weir_run_store *store, uint8_t *bytes, size_t len, uint64_t offset)
{
	ssize_t got;

	while (len > 0) {
		got = pread(store->fd, bytes, len, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return weir_run_store_fail(store, WEIR_ESYSTEM,
			    strerror(got < 0 ? errno : EIO));
		bytes += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

static void
free_bytes(struct weir_run_store *store, struct weir_run_block *block)
{
	if (block->bytes == NULL)
		return;
	free(block->bytes);
	block->bytes = NULL;
	(void)pthread_mutex_lock(&store->mutex);
	store->memory_used -= block->len;
	(void)pthread_mutex_unlock(&store->mutex);
}

void
weir_run_done(struct weir_run_store *store, struct weir_run *run)
{
	size_t i;

	for (i = 0; i < run->block_count; i++) {
		free_bytes(store, run->blocks[i]);
		free(run->blocks[i]);
	}
	free(run->blocks);
	memset(run, 0, sizeof(*run));
}

static int
grow(struct weir_run *run, size_t more)
{
	struct weir_run_block **blocks;
	size_t size = run->block_size == 0 ? FIRST_BLOCKS : run->block_size;

	if (run->block_size - run->block_count >= more)
		return 0;
	while (size - run->block_count < more)
		size *= 2;
	blocks = reallocarray(
	    run->blocks, size, sizeof(struct weir_run_block *));
	if (blocks == NULL)
		return WEIR_EMEMORY;
	run->blocks = blocks;
	run->block_size = size;
	return 0;
}

int
weir_run_join(struct weir_run *run, struct weir_run *more)
{
	int ret = grow(run, more->block_count);

	if (ret < 0)
		return ret;
	memcpy(run->blocks + run->block_count, more->blocks,
	    more->block_count * sizeof(struct weir_run_block *));
	run->block_count += more->block_count;
	run->count += more->count;
	run->key_octets += more->key_octets;
	free(more->blocks);
	memset(more, 0, sizeof(*more));
	return 0;
}

/* Hands the block over to the run: as it is, or by way of the file. */
static int
put_block(struct weir_run_writer *writer)
{
	struct weir_run_block *block;
	bool is_in_memory;
	uint8_t *bytes;
	int ret;

	block = calloc(1, sizeof(*block) + writer->first_len);
	if (block == NULL || grow(writer->run, 1) < 0) {
		free(block);
		return weir_run_store_fail(
		    writer->store, WEIR_EMEMORY, "out of memory");
	}
	block->len = (uint32_t)writer->len;
	block->table = writer->table;
	block->key_len = (uint8_t)writer->first_len;
	memcpy(block->key, writer->first, writer->first_len);
	ret = find_room(
	    writer->store, writer->len, &is_in_memory, &block->offset);
	if (ret == 0 && !is_in_memory)
		ret = write_at(
		    writer->store, writer->block, writer->len, block->offset);
	if (ret < 0) {
		free(block);
		return ret;
	}
	if (is_in_memory) {
		bytes = realloc(writer->block, writer->len);
		block->bytes = bytes != NULL ? bytes : writer->block;
		writer->block = NULL;
	}
	writer->len = 0;
	writer->run->blocks[writer->run->block_count++] = block;
	return 0;
}

int
weir_run_put_key(struct weir_run_writer *writer, const uint8_t *key,
    size_t key_len, size_t common)
{
	uint8_t *at;
	int ret;

	if (writer->len + ITEM_MAX > WEIR_RUN_BLOCK) {
		ret = put_block(writer);
		if (ret < 0)
			return ret;
	}
	if (writer->block == NULL) {
		writer->block = malloc(WEIR_RUN_BLOCK);
		if (writer->block == NULL)
			return weir_run_store_fail(
			    writer->store, WEIR_EMEMORY, "out of memory");
	}
	if (writer->len == 0) {
		common = 0;
		memcpy(writer->first, key, key_len);
		writer->first_len = key_len;
	}
	at = writer->block + writer->len;
	at[0] = (uint8_t)common;
	at[1] = (uint8_t)(key_len - common);
	memcpy(at + 2, key + common, key_len - common);
	writer->len += 2 + key_len - common;
	writer->run->count++;
	writer->run->key_octets += key_len;
	return 0;
}

void
weir_run_put_place(struct weir_run_writer *writer, uint32_t place)
{
	for (; place >= 0x80; place >>= 7)
		writer->block[writer->len++] = (uint8_t)(place | 0x80);
	writer->block[writer->len++] = (uint8_t)place;
}

int
weir_run_finish(struct weir_run_writer *writer)
{
	int ret = writer->store->error;

	if (writer->len > 0 && ret == 0)
		ret = put_block(writer);
	free(writer->block);
	writer->block = NULL;
	writer->len = 0;
	return ret;
}

/* The first block that begins with the key or one behind it. */
static size_t
block_from(const struct weir_run *run, const uint8_t *key, size_t key_len)
{
	size_t low = 0, high = run->block_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (weir_name_compare_keys(run->blocks[middle]->key,
			run->blocks[middle]->key_len, key, key_len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
weir_run_reader_init(struct weir_run_reader *reader,
    struct weir_run_store *store, const struct weir_run *run,
    const struct weir_run_block *from, const struct weir_run_block *to,
    bool is_last_time)
{
	memset(reader, 0, sizeof(*reader));
	reader->store = store;
	reader->run = run;
	reader->block_end = run->block_count;
	if (from != NULL) {
		/* The key may stand in the block before, too. */
		reader->block = block_from(run, from->key, from->key_len);
		reader->free_from = reader->block;
		reader->block -= reader->block > 0;
	}
	reader->free_to = reader->block_end;
	if (to != NULL) {
		reader->to = to->key;
		reader->to_len = to->key_len;
		reader->block_end = block_from(run, to->key, to->key_len);
		reader->free_to = reader->block_end;
		reader->free_to -= reader->free_to > 0;
	}
	if (!is_last_time)
		reader->free_to = 0;
}

void
weir_run_reader_done(struct weir_run_reader *reader)
{
	free(reader->buffer);
	reader->buffer = NULL;
}

/* The next block; the one before is done with. 1, 0, < 0. */
static int
open_block(struct weir_run_reader *reader)
{
	struct weir_run_block *block;
	size_t before = reader->block - 1;
	int ret = 0;

	if (reader->at != NULL && before >= reader->free_from &&
	    before < reader->free_to)
		free_bytes(reader->store, reader->run->blocks[before]);
	if (reader->block >= reader->block_end)
		return 0;
	block = reader->run->blocks[reader->block++];
	reader->at = block->bytes;
	if (block->bytes == NULL) {
		if (reader->buffer == NULL)
			reader->buffer = malloc(WEIR_RUN_BLOCK);
		if (reader->buffer == NULL)
			return weir_run_store_fail(
			    reader->store, WEIR_EMEMORY, "out of memory");
		ret = read_at(
		    reader->store, reader->buffer, block->len, block->offset);
		reader->at = reader->buffer;
	}
	reader->end = reader->at + block->len;
	reader->table = block->table;
	return ret < 0 ? ret : 1;
}

/* At the beginning of a block stands the whole key; how much of it the one
 * before has, is found out here. */
static int
first_common(
    const struct weir_run_reader *reader, const uint8_t *key, size_t key_len)
{
	size_t len = key_len < reader->key_len ? key_len : reader->key_len;
	size_t at = 0;

	while (at < len && reader->key[at] == key[at])
		at++;
	return (int)at;
}

static void
read_place(struct weir_run_reader *reader)
{
	unsigned int shift = 7;
	uint32_t place = *reader->at++, octet;

	if (place >= 0x80) {
		place &= 0x7f;
		do {
			octet = *reader->at++;
			place |= (octet & 0x7f) << shift;
			shift += 7;
		} while (octet >= 0x80);
	}
	reader->place = place;
}

int
weir_run_next(struct weir_run_reader *reader)
{
	size_t common, rest;
	int ret;

	if (reader->at == reader->end) {
		ret = open_block(reader);
		if (ret <= 0) {
			reader->common = -1;
			return ret;
		}
		reader->common = first_common(
		    reader, reader->at + 2, reader->at[1]);
	} else {
		reader->common = reader->at[0];
	}
	common = reader->at[0];
	rest = reader->at[1];
	memcpy(reader->key + common, reader->at + 2, rest);
	reader->key_len = common + rest;
	reader->at += 2 + rest;
	read_place(reader);
	/* Only its last block can reach over the end of a range. */
	if (reader->to != NULL && reader->block == reader->block_end &&
	    weir_name_compare_keys(reader->key, reader->key_len, reader->to,
		reader->to_len) >= 0) {
		reader->at = reader->end;
		reader->block = reader->block_end;
		reader->common = -1;
		return 0;
	}
	return 1;
}
