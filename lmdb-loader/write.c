/*
 * write.c - writes a database file: the only user of lmdb.h in this folder.
 *
 * Between a stream, which gives the keys in order, and store.c, which publishes
 * the file.  Keys are appended in order, so that every page is full and the
 * file is as small as it can be.  Transactions are short, so that the pages
 * not yet written stay few however long the list is.  Nothing reads the file
 * before it is whole: no lock file, and one fsync at the end.
 *
 * Order of the records: names, filter, header, policy, sets (lib/format.h).
 * The header holds the checksum of all of them; so the checksum is computed
 * from what will be written before the header is.
 */
#include "lmdb-loader/write.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/filter.h"
#include "lmdb-loader/write_names.h"

#define NAMES_PER_TXN 50000 /* about 2 MB of pages */
/* A value with pages of its own begins behind LMDB's page head. */
#define USUAL_PADDING 48

struct writer {
	const char *path;
	struct weir_problem *problem;
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *txn;
	struct weir_checksum checksum;
	struct weir_db_header header;
	MDB_cursor *cursor;     /* while names are put */
	unsigned int txn_count; /* names in the transaction */
	uint64_t put_count;     /* names */
	struct weir_progress *progress;
	struct weir_write_names names;
	uint8_t *filter; /* blocks, at USUAL_PADDING in a record's value */
	uint8_t *policy;
	size_t policy_len;
};

static int
fail(const struct writer *writer, int mdb_error)
{
	int error = WEIR_ESYSTEM;

	if (mdb_error == ENOMEM)
		error = WEIR_EMEMORY;
	else if (mdb_error == MDB_KEYEXIST) /* MDB_APPEND: not in order */
		error = WEIR_EFORMAT;
	/* LMDB's word for a write that fell short. */
	return weir_problem_set(writer->problem, error, "%s: %s%s",
	    writer->path, mdb_strerror(mdb_error),
	    mdb_error == EIO ? " (is the file system full?)" : "");
}

/* More than the names, filter and policy can need: it is address space, not
 * disk. */
static size_t
map_size(const struct weir_stream *stream, const struct writer *writer)
{
	return ((size_t)stream->key_octets * 2 + (size_t)stream->count * 64 +
		   (size_t)writer->header.filter_block_count *
		       WEIR_FILTER_BLOCK_SIZE * 2 +
		   writer->policy_len + ((size_t)64 << 20)) &
	       ~((size_t)(1U << 20) - 1);
}

static int
open_env(struct writer *writer, const struct weir_stream *stream)
{
	int ret;

	ret = mdb_env_create(&writer->env);
	if (ret != 0) {
		writer->env = NULL;
		return fail(writer, ret);
	}
	ret = mdb_env_set_mapsize(writer->env, map_size(stream, writer));
	if (ret == 0)
		ret = mdb_env_open(writer->env, writer->path,
		    MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0644);
	return ret == 0 ? 0 : fail(writer, ret);
}

static int
begin(struct writer *writer)
{
	int ret;

	ret = mdb_txn_begin(writer->env, NULL, 0, &writer->txn);
	if (ret != 0) {
		writer->txn = NULL;
		return fail(writer, ret);
	}
	ret = mdb_dbi_open(writer->txn, NULL, 0, &writer->dbi);
	return ret == 0 ? 0 : fail(writer, ret);
}

static int
commit(struct writer *writer)
{
	MDB_txn *txn = writer->txn;
	int ret;

	writer->txn = NULL; /* gone, whatever the commit says */
	ret = mdb_txn_commit(txn);
	return ret == 0 ? 0 : fail(writer, ret);
}

/* LMDB takes what it only reads by pointers that are not const. */
static MDB_val
value_of(const void *data, size_t len)
{
	MDB_val value;

	value.mv_size = len;
	memcpy(&value.mv_data, &data, sizeof(data));
	return value;
}

static int
put(struct writer *writer, const void *key, size_t key_len, const void *data,
    size_t len, unsigned int flags)
{
	MDB_val mdb_key = value_of(key, key_len);
	MDB_val mdb_data = value_of(data, len);
	int ret;

	ret = mdb_put(writer->txn, writer->dbi, &mdb_key, &mdb_data, flags);
	return ret == 0 ? 0 : fail(writer, ret);
}

static int
begin_names(struct writer *writer)
{
	int ret = begin(writer);

	if (ret < 0)
		return ret;
	ret = mdb_cursor_open(writer->txn, writer->dbi, &writer->cursor);
	return ret == 0 ? 0 : fail(writer, ret);
}

static int
commit_names(struct writer *writer)
{
	mdb_cursor_close(writer->cursor);
	writer->cursor = NULL;
	return commit(writer);
}

static int
put_names(void *arg, const struct weir_write_batch *batch)
{
	struct writer *writer = arg;
	const uint8_t *at = batch->bytes;
	MDB_val key, value;
	unsigned int i;
	int ret;

	for (i = 0; i < batch->count; i++) {
		key = value_of(at + 4, weir_bytes_get32(at));
		at += 4 + key.mv_size;
		value = value_of(at + 4, WEIR_VALUE_BYTES);
		at += 4 + WEIR_VALUE_BYTES;
		ret = mdb_cursor_put(writer->cursor, &key, &value, MDB_APPEND);
		if (ret != 0)
			return fail(writer, ret);
	}
	writer->put_count += batch->count;
	if (writer->progress != NULL)
		weir_progress_show(writer->progress, writer->put_count);
	writer->txn_count += batch->count;
	if (writer->txn_count < NAMES_PER_TXN)
		return 0;
	writer->txn_count = 0;
	ret = commit_names(writer);
	return ret == 0 ? begin_names(writer) : ret;
}

static int
write_names(struct writer *writer)
{
	struct weir_write_names *names = &writer->names;
	int ret;

	ret = begin_names(writer);
	if (ret == 0) {
		ret = weir_write_names_run(names, put_names, writer);
		if (ret < 0 && names->problem.text[0] != '\0')
			*writer->problem = names->problem;
	}
	if (ret == 0)
		ret = commit_names(writer);
	writer->header.name_count = names->count;
	return ret;
}

/* Where the filter's value lies in the map decides on its padding, and that is
 * known after the commit only. */
static int
filter_padding(struct writer *writer, size_t *ret_padding)
{
	MDB_val key = value_of(WEIR_META_FILTER, WEIR_META_SIZE), data;
	MDB_txn *txn;
	int ret;

	ret = mdb_txn_begin(writer->env, NULL, MDB_RDONLY, &txn);
	if (ret != 0)
		return fail(writer, ret);
	ret = mdb_get(txn, writer->dbi, &key, &data);
	if (ret == 0)
		*ret_padding = (WEIR_FILTER_ALIGN - (uintptr_t)data.mv_data %
							WEIR_FILTER_ALIGN) %
			       WEIR_FILTER_ALIGN;
	mdb_txn_abort(txn);
	return ret == 0 ? 0 : fail(writer, ret);
}

/* A large filter has pages of its own and lies right at once.  A small one
 * shares a page with names: it is written a second time, over the first, where
 * its page tells.  Later records do not move it: appending never splits a page
 * in the middle. */
static int
write_filter(struct writer *writer)
{
	size_t blocks_len = (size_t)writer->header.filter_block_count *
			    WEIR_FILTER_BLOCK_SIZE;
	size_t len = blocks_len + WEIR_FILTER_ALIGN - 1;
	uint8_t *value = writer->filter - USUAL_PADDING;
	size_t padding = USUAL_PADDING;
	int ret;

	ret = begin(writer);
	if (ret == 0)
		ret = put(writer, WEIR_META_FILTER, WEIR_META_SIZE, value, len,
		    MDB_APPEND);
	if (ret == 0)
		ret = commit(writer);
	if (ret == 0)
		ret = filter_padding(writer, &padding);
	if (ret < 0 || padding == USUAL_PADDING)
		return ret;
	memmove(value + padding, value + USUAL_PADDING, blocks_len);
	ret = begin(writer);
	if (ret == 0)
		ret = put(
		    writer, WEIR_META_FILTER, WEIR_META_SIZE, value, len, 0);
	if (ret == 0)
		ret = commit(writer);
	return ret;
}

/* The checksum of all, in the order of the keys. */
static void
sum_up(struct writer *writer, const uint8_t *sets)
{
	struct weir_checksum *sum = &writer->checksum;
	uint8_t header[WEIR_HEADER_BYTES];

	weir_db_header_encode(&writer->header, header);
	weir_checksum_add(sum, WEIR_META_FILTER, WEIR_META_SIZE, writer->filter,
	    (size_t)writer->header.filter_block_count * WEIR_FILTER_BLOCK_SIZE);
	weir_checksum_add(
	    sum, WEIR_META_HEADER, WEIR_META_SIZE, header, sizeof(header));
	weir_checksum_add(sum, WEIR_META_POLICY, WEIR_META_SIZE, writer->policy,
	    writer->policy_len);
	weir_checksum_add(sum, WEIR_META_SETS, WEIR_META_SIZE, sets,
	    (size_t)writer->header.sets_len);
	weir_checksum_done(sum, writer->header.checksum);
}

/* How long the sets are is known only now. */
static int
grow_map(struct writer *writer, const struct weir_stream *stream)
{
	size_t size = map_size(stream, writer) + writer->names.sets.len * 2;
	int ret;

	ret = mdb_env_set_mapsize(writer->env, size);
	return ret == 0 ? 0 : fail(writer, ret);
}

static int
write_meta(struct writer *writer)
{
	uint8_t header[WEIR_HEADER_BYTES];
	const uint8_t *sets = writer->names.sets.bytes;
	int ret;

	if (sets == NULL) /* no entries at all */
		sets = header;
	writer->header.sets_len = writer->names.sets.len;
	sum_up(writer, sets);
	ret = write_filter(writer); /* it moves the blocks: after the sum */
	if (ret < 0)
		return ret;
	weir_db_header_encode(&writer->header, header);
	ret = begin(writer);
	if (ret == 0)
		ret = put(writer, WEIR_META_HEADER, WEIR_META_SIZE, header,
		    sizeof(header), MDB_APPEND);
	if (ret == 0)
		ret = put(writer, WEIR_META_POLICY, WEIR_META_SIZE,
		    writer->policy, writer->policy_len, MDB_APPEND);
	if (ret == 0)
		ret = put(writer, WEIR_META_SETS, WEIR_META_SIZE, sets,
		    writer->names.sets.len, MDB_APPEND);
	return ret == 0 ? commit(writer) : ret;
}

/* Header, empty filter, encoded policy. */
static int
prepare(struct writer *writer, struct weir_stream *stream,
    const struct weir_policy *policy, const struct weir_write_options *options)
{
	struct weir_db_header *header = &writer->header;
	uint8_t *value;
	int ret;

	header->version = WEIR_DB_VERSION;
	header->kind = options->kind;
	header->filter_block_count = weir_filter_block_count(stream->count);
	header->created_unix = options->created_unix;
	strncpy(header->builder, "weir " WEIR_VERSION, WEIR_BUILDER_BYTES - 1);
	randombytes_buf(header->filter_key, sizeof(header->filter_key));
	if (options->base != NULL) {
		memcpy(header->filter_key, options->base->filter_key,
		    sizeof(header->filter_key));
		memcpy(
		    header->base, options->base->checksum, WEIR_CHECKSUM_BYTES);
	}
	weir_intern_init(&writer->names.sets);
	weir_checksum_init(&writer->checksum);
	value = calloc(
	    1, (size_t)header->filter_block_count * WEIR_FILTER_BLOCK_SIZE +
		   WEIR_FILTER_ALIGN);
	if (value == NULL)
		return weir_problem_set(writer->problem, WEIR_EMEMORY,
		    "%s: out of memory for the filter", writer->path);
	writer->filter = value + USUAL_PADDING;
	writer->names.path = writer->path;
	writer->names.stream = stream;
	writer->names.header = header;
	writer->names.filter = writer->filter;
	writer->names.checksum = &writer->checksum;
	ret = weir_policy_encode(policy, &writer->policy, &writer->policy_len);
	if (ret < 0)
		return weir_problem_set(writer->problem, ret,
		    "%s: the policy cannot be encoded: %s", writer->path,
		    weir_error_text(ret));
	return 0;
}

static int
sync_file(const struct writer *writer)
{
	int fd, ret;

	ret = mdb_env_sync(writer->env, 1);
	if (ret != 0)
		return fail(writer, ret);
	fd = open(writer->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(writer, errno);
	/* Whatever the umask was: the resolver's user reads it. */
	if (fchmod(fd, 0644) != 0 || fsync(fd) != 0)
		ret = fail(writer, errno);
	close(fd);
	return ret;
}

static void
writer_done(struct writer *writer)
{
	if (writer->cursor != NULL)
		mdb_cursor_close(writer->cursor);
	if (writer->txn != NULL)
		mdb_txn_abort(writer->txn);
	if (writer->env != NULL)
		mdb_env_close(writer->env);
	if (writer->filter != NULL)
		free(writer->filter - USUAL_PADDING);
	free(writer->policy);
	weir_intern_done(&writer->names.sets);
}

int
weir_write_db(const char *path, struct weir_stream *stream,
    const struct weir_policy *policy, const struct weir_write_options *options,
    struct weir_progress *progress, struct weir_db_header *ret_header,
    struct weir_problem *problem)
{
	struct writer writer = {
		.path = path, .problem = problem, .progress = progress
	};
	int ret;

	if (sodium_init() < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "libsodium does not start");
	ret = prepare(&writer, stream, policy, options);
	if (ret == 0)
		ret = open_env(&writer, stream);
	if (ret == 0)
		ret = write_names(&writer);
	if (ret == 0)
		ret = grow_map(&writer, stream);
	if (ret == 0)
		ret = write_meta(&writer);
	if (ret == 0)
		ret = sync_file(&writer);
	if (ret == 0)
		*ret_header = writer.header;
	writer_done(&writer);
	return ret;
}
