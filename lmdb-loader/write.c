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
#include "lib/entry.h"
#include "lib/filter.h"
#include "lib/limits.h"
#include "lmdb-loader/intern.h"

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
	uint64_t announced;      /* keys, at most */
	struct weir_intern sets; /* the record "s" */
	/* The set before: most are like it. */
	uint8_t last_set[WEIR_SET_HEAD_BYTES +
			 WEIR_ENTRIES_PER_KEY * WEIR_ENTRY_BYTES];
	size_t last_len;
	uint32_t last_place;
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
	return weir_problem_set(writer->problem, error, "%s: %s", writer->path,
	    mdb_strerror(mdb_error));
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

/* The value of a key: the place of its set. */
static int
place_of(struct writer *writer, const struct weir_stream_item *item,
    uint32_t *ret_place)
{
	size_t len = (size_t)item->entry_count * WEIR_ENTRY_BYTES;
	uint8_t *set = writer->last_set;
	int ret;

	if (item->entry_count == 0 && writer->header.kind == WEIR_DB_OVERLAY) {
		*ret_place = WEIR_TOMBSTONE;
		return 0;
	}
	if (item->entry_count == 0 || item->entry_count > WEIR_ENTRIES_PER_KEY)
		return weir_problem_set(writer->problem, WEIR_EFORMAT,
		    "%s: a key with %u entries", writer->path,
		    item->entry_count);
	if (len + WEIR_SET_HEAD_BYTES != writer->last_len ||
	    memcmp(set + WEIR_SET_HEAD_BYTES, item->entries, len) != 0) {
		memset(set, 0, WEIR_SET_HEAD_BYTES);
		weir_bytes_put16(set, (uint16_t)item->entry_count);
		memcpy(set + WEIR_SET_HEAD_BYTES, item->entries, len);
		writer->last_len = len + WEIR_SET_HEAD_BYTES;
		ret = weir_intern_add(
		    &writer->sets, set, writer->last_len, &writer->last_place);
		if (ret < 0)
			return weir_problem_set(writer->problem, ret,
			    "%s: sets of entries: %s", writer->path,
			    weir_error_text(ret));
	}
	*ret_place = writer->last_place;
	return 0;
}

/* One name: record, filter, checksum. */
static int
write_name(struct writer *writer, const struct weir_stream_item *item)
{
	struct weir_name name;
	uint8_t value[WEIR_VALUE_BYTES];
	uint32_t place = 0;
	int ret;

	if (weir_name_from_key(item->key, item->key_len, &name) < 0)
		return weir_problem_set(writer->problem, WEIR_EFORMAT,
		    "%s: a key that is no name", writer->path);
	if (writer->header.name_count++ >= writer->announced)
		return weir_problem_set(writer->problem, WEIR_ELIMIT,
		    "%s: more keys than announced", writer->path);
	ret = place_of(writer, item, &place);
	if (ret < 0)
		return ret;
	weir_filter_add(writer->filter, writer->header.filter_block_count,
	    weir_filter_hash(
		writer->header.filter_key, item->key, item->key_len));
	weir_bytes_put32(value, place);
	weir_checksum_add(
	    &writer->checksum, item->key, item->key_len, value, sizeof(value));
	return put(
	    writer, item->key, item->key_len, value, sizeof(value), MDB_APPEND);
}

static int
write_names(struct writer *writer, struct weir_stream *stream,
    struct weir_progress *progress)
{
	struct weir_stream_item item;
	uint64_t done = 0;
	int ret, more;

	ret = begin(writer);
	while (ret == 0 && (more = stream->next(stream, &item)) != 0) {
		ret = more < 0 ? weir_problem_set(writer->problem, more,
				     "%s: the sorted keys cannot be read: %s",
				     writer->path, weir_error_text(more))
			       : write_name(writer, &item);
		if (ret == 0 && ++done % NAMES_PER_TXN == 0) {
			ret = commit(writer);
			if (ret == 0)
				ret = begin(writer);
			if (progress != NULL)
				weir_progress_show(progress, done);
		}
	}
	return ret == 0 ? commit(writer) : ret;
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
	size_t size = map_size(stream, writer) + writer->sets.len * 2;
	int ret;

	ret = mdb_env_set_mapsize(writer->env, size);
	return ret == 0 ? 0 : fail(writer, ret);
}

static int
write_meta(struct writer *writer)
{
	uint8_t header[WEIR_HEADER_BYTES];
	const uint8_t *sets = writer->sets.bytes;
	int ret;

	if (sets == NULL) /* no entries at all */
		sets = header;
	writer->header.sets_len = writer->sets.len;
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
		    writer->sets.len, MDB_APPEND);
	return ret == 0 ? commit(writer) : ret;
}

/* Header, empty filter, encoded policy. */
static int
prepare(struct writer *writer, const struct weir_stream *stream,
    const struct weir_policy *policy, const struct weir_write_options *options)
{
	struct weir_db_header *header = &writer->header;
	uint8_t *value;
	int ret;

	writer->announced = stream->count;
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
	weir_intern_init(&writer->sets);
	weir_checksum_init(&writer->checksum);
	value = calloc(
	    1, (size_t)header->filter_block_count * WEIR_FILTER_BLOCK_SIZE +
		   WEIR_FILTER_ALIGN);
	if (value == NULL)
		return weir_problem_set(writer->problem, WEIR_EMEMORY,
		    "%s: out of memory for the filter", writer->path);
	writer->filter = value + USUAL_PADDING;
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
	if (writer->txn != NULL)
		mdb_txn_abort(writer->txn);
	if (writer->env != NULL)
		mdb_env_close(writer->env);
	if (writer->filter != NULL)
		free(writer->filter - USUAL_PADDING);
	free(writer->policy);
	weir_intern_done(&writer->sets);
}

int
weir_write_db(const char *path, struct weir_stream *stream,
    const struct weir_policy *policy, const struct weir_write_options *options,
    struct weir_progress *progress, struct weir_db_header *ret_header,
    struct weir_problem *problem)
{
	struct writer writer = { .path = path, .problem = problem };
	int ret;

	if (sodium_init() < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "libsodium does not start");
	ret = prepare(&writer, stream, policy, options);
	if (ret == 0)
		ret = open_env(&writer, stream);
	if (ret == 0)
		ret = write_names(&writer, stream, progress);
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
