/*
 * db.c - reads a database file: open once, look up without a system call.
 *
 * Between the loader that wrote the file and the policy that decides.  A
 * lookup hashes the name once, asks the filter about each ancestor, and goes
 * to the B+tree only for those that may be there.
 *
 * Everything read is checked before it is used: sizes against the file, set
 * places against the record of sets.  What LMDB's own pages say is proven by
 * weir_db_check, which the loader runs before it publishes a file.
 */
#include "lib/db.h"

#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/filter.h"

#define SET_HEAD_BYTES 4

struct reader {
	MDB_txn *txn;
	MDB_cursor *cursor;
};

struct weir_db {
	MDB_env *env;
	MDB_dbi dbi;
	uint64_t size;
	struct weir_db_header header;
	struct weir_policy policy;
	const uint8_t *filter; /* aligned blocks */
	const uint8_t *sets;
	unsigned int reader_count;
	struct reader readers[];
};

/* LMDB calls this instead of abort(): the caller sees a failed lookup. */
static void
ignore_assert(MDB_env *env, const char *message)
{
	(void)env;
	(void)message;
}

static int
get_meta(const struct weir_db *db, const char *name, MDB_val *ret_value)
{
	char bytes[WEIR_META_SIZE + 1];
	MDB_val key = { WEIR_META_SIZE, bytes };

	memcpy(bytes, name, sizeof(bytes));
	return mdb_get(db->readers[0].txn, db->dbi, &key, ret_value) == 0
		   ? WEIR_OK
		   : WEIR_EFORMAT;
}

/* The blocks begin where 64 divides the address: one cache line for each. */
static const uint8_t *
filter_blocks(const MDB_val *value, uint64_t block_count)
{
	uintptr_t at = (uintptr_t)value->mv_data;
	size_t padding = (WEIR_FILTER_ALIGN - at % WEIR_FILTER_ALIGN) %
			 WEIR_FILTER_ALIGN;

	if (block_count == 0 ||
	    block_count > value->mv_size / WEIR_FILTER_BLOCK_SIZE ||
	    value->mv_size - block_count * WEIR_FILTER_BLOCK_SIZE < padding)
		return NULL;
	return (const uint8_t *)value->mv_data + padding;
}

static int
read_meta(struct weir_db *db, const char *path, struct weir_problem *problem)
{
	MDB_val value;
	int error;

	if (get_meta(db, WEIR_META_HEADER, &value) != WEIR_OK)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: not a weir database (no header)", path);
	error = weir_db_header_decode(
	    value.mv_data, value.mv_size, &db->header);
	if (error)
		return weir_problem_set(problem, error,
		    error == WEIR_EVERSION
			? "%s: a database of another version of weir; run "
			  "weir-load apply"
			: "%s: the header is damaged",
		    path);
	if (db->header.kind != WEIR_DB_BASE)
		return weir_problem_set(problem, WEIR_EVERSION,
		    "%s: not a base: a later version of weir wrote it", path);
	if (db->header.name_count > WEIR_DB_NAMES_MAX)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the header counts too many names", path);
	if (get_meta(db, WEIR_META_FILTER, &value) != WEIR_OK ||
	    !(db->filter = filter_blocks(
		  &value, db->header.filter_block_count)))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the filter is missing or too short", path);
	if (get_meta(db, WEIR_META_SETS, &value) != WEIR_OK ||
	    value.mv_size != db->header.sets_len)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the entry sets are missing or cut", path);
	db->sets = value.mv_data;
	if (get_meta(db, WEIR_META_POLICY, &value) != WEIR_OK ||
	    weir_policy_decode(value.mv_data, value.mv_size, &db->policy) !=
		WEIR_OK)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the policy is missing or damaged", path);
	return WEIR_OK;
}

/* The tree's last page must lie in the file: reading behind its end would end
 * the process. */
static int
check_extent(const struct weir_db *db)
{
	MDB_envinfo info;
	MDB_stat stat;

	if (mdb_env_info(db->env, &info) != 0 ||
	    mdb_env_stat(db->env, &stat) != 0)
		return WEIR_EFORMAT;
	if ((uint64_t)info.me_last_pgno >= db->size / stat.ms_psize)
		return WEIR_EFORMAT;
	return WEIR_OK;
}

static int
begin_readers(struct weir_db *db, unsigned int reader_count)
{
	unsigned int i;

	for (i = 0; i < reader_count; i++) {
		struct reader *reader = &db->readers[i];

		if (mdb_txn_begin(db->env, NULL, MDB_RDONLY, &reader->txn) != 0)
			return WEIR_EFORMAT;
		db->reader_count = i + 1;
		if (i == 0 && mdb_dbi_open(reader->txn, NULL, 0, &db->dbi))
			return WEIR_EFORMAT;
		if (mdb_cursor_open(reader->txn, db->dbi, &reader->cursor))
			return WEIR_EFORMAT;
	}
	return WEIR_OK;
}

int
weir_db_open(const char *path, unsigned int reader_count,
    uint64_t expected_size, struct weir_db **ret_db,
    struct weir_problem *problem)
{
	struct weir_db *db = NULL;
	struct stat st;
	int error, mdb;

	if (reader_count < 1 || reader_count > WEIR_READERS_MAX)
		return weir_problem_set(problem, WEIR_ELIMIT,
		    "%s: %u readers are too many", path, reader_count);
	if (stat(path, &st) != 0)
		return weir_problem_set(problem, WEIR_EMISSING, "%s: %m", path);
	if (!S_ISREG(st.st_mode) || st.st_size < 4096 ||
	    (expected_size != 0 && (uint64_t)st.st_size != expected_size))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: %lld octets, not the file that was published", path,
		    (long long)st.st_size);
	db = calloc(1, sizeof(*db) + reader_count * sizeof(db->readers[0]));
	if (!db)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: out of memory", path);
	db->size = (uint64_t)st.st_size;
	if ((mdb = mdb_env_create(&db->env)) != 0 ||
	    (mdb = mdb_env_set_assert(db->env, ignore_assert)) != 0 ||
	    (mdb = mdb_env_set_mapsize(db->env, (size_t)db->size)) != 0 ||
	    (mdb = mdb_env_open(db->env, path,
		 MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS |
		     MDB_NORDAHEAD,
		 0)) != 0) {
		error = weir_problem_set(
		    problem, WEIR_EFORMAT, "%s: %s", path, mdb_strerror(mdb));
		goto out;
	}
	error = check_extent(db);
	if (!error)
		error = begin_readers(db, reader_count);
	if (error) {
		(void)weir_problem_set(
		    problem, error, "%s: cut or damaged", path);
		goto out;
	}
	error = read_meta(db, path, problem);
out:
	if (error)
		weir_db_close(db);
	else
		*ret_db = db;
	return error;
}

void
weir_db_close(struct weir_db *db)
{
	unsigned int i;

	if (!db)
		return;
	for (i = 0; i < db->reader_count; i++) {
		if (db->readers[i].cursor)
			mdb_cursor_close(db->readers[i].cursor);
		mdb_txn_abort(db->readers[i].txn);
	}
	if (db->env)
		mdb_env_close(db->env);
	free(db);
}

const struct weir_db_header *
weir_db_header(const struct weir_db *db)
{
	return &db->header;
}

const struct weir_policy *
weir_db_policy(const struct weir_db *db)
{
	return &db->policy;
}

/* The set that a name's value points to. */
static int
set_of(const struct weir_db *db, const MDB_val *value,
    const uint8_t **ret_entries, unsigned int *ret_count)
{
	uint64_t at;
	unsigned int count;

	if (value->mv_size != 4)
		return WEIR_EFORMAT;
	at = (uint64_t)weir_bytes_get32(value->mv_data) * WEIR_SET_UNIT;
	if (at + SET_HEAD_BYTES > db->header.sets_len)
		return WEIR_EFORMAT;
	count = weir_bytes_get16(db->sets + at);
	if (count == 0 || count > WEIR_ENTRIES_PER_KEY ||
	    at + SET_HEAD_BYTES + (uint64_t)count * WEIR_ENTRY_BYTES >
		db->header.sets_len)
		return WEIR_EFORMAT;
	*ret_entries = db->sets + at + SET_HEAD_BYTES;
	*ret_count = count;
	return WEIR_OK;
}

int
weir_db_lookup(const struct weir_db *db, unsigned int reader,
    const struct weir_name *name, struct weir_matches *ret_matches)
{
	uint64_t hashes[WEIR_NAME_LABELS + 1];
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t bytes[WEIR_KEY_SIZE];
	unsigned int labels, count, labels_all = name->label_count;
	bool has_key = false;
	MDB_val key, value;
	int error;

	ret_matches->count = 0;
	weir_filter_hash_name(db->header.filter_key, name, hashes);
	for (labels = 1; labels <= labels_all; labels++)
		weir_filter_prefetch(
		    db->filter, db->header.filter_block_count, hashes[labels]);
	for (labels = labels_all; labels > 0; labels--) {
		struct weir_match *match;

		if (!weir_filter_has(db->filter, db->header.filter_block_count,
			hashes[labels]))
			continue;
		if (!has_key) {
			(void)weir_name_to_key(
			    name, WEIR_TRIGGER_QNAME, bytes, ends);
			has_key = true;
		}
		key.mv_data = bytes;
		key.mv_size = ends[labels];
		error = mdb_cursor_get(
		    db->readers[reader].cursor, &key, &value, MDB_SET_KEY);
		if (error == MDB_NOTFOUND)
			continue;
		if (error != 0)
			return WEIR_EFORMAT;
		match = &ret_matches->items[ret_matches->count];
		if (set_of(db, &value, &match->entries, &count) != WEIR_OK)
			return WEIR_EFORMAT;
		match->entry_count = (uint16_t)count;
		match->label = (uint8_t)(labels_all - labels);
		ret_matches->count++;
	}
	return ret_matches->count > 0;
}

int
weir_db_walk(const struct weir_db *db, const struct weir_name *top,
    int (*each)(void *arg, const uint8_t *key, size_t key_len,
	const uint8_t *entries, unsigned int entry_count),
    void *arg)
{
	MDB_cursor *cursor = db->readers[0].cursor;
	uint8_t first[WEIR_KEY_SIZE] = { WEIR_TRIGGER_QNAME };
	MDB_val key = { 1, first }, value;
	size_t top_len = 1;
	const uint8_t *entries;
	unsigned int count;
	int mdb, error;

	if (top)
		top_len = key.mv_size = weir_name_to_key(
		    top, WEIR_TRIGGER_QNAME, first, NULL);
	for (mdb = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	     mdb == 0; mdb = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		if (key.mv_size < top_len ||
		    memcmp(key.mv_data, first, top_len) != 0)
			return WEIR_OK;
		if (set_of(db, &value, &entries, &count) != WEIR_OK)
			return WEIR_EFORMAT;
		error = each(arg, key.mv_data, key.mv_size, entries, count);
		if (error)
			return error;
	}
	return mdb == MDB_NOTFOUND ? WEIR_OK : WEIR_EFORMAT;
}

int
weir_db_checksum(const struct weir_db *db, uint8_t ret_sum[WEIR_CHECKSUM_BYTES])
{
	MDB_cursor *cursor = db->readers[0].cursor;
	uint8_t header[WEIR_HEADER_BYTES];
	struct weir_checksum sum;
	MDB_val key, value;
	int mdb;

	weir_checksum_init(&sum);
	for (mdb = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); mdb == 0;
	     mdb = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		const void *data = value.mv_data;
		size_t len = value.mv_size;

		if (key.mv_size == WEIR_META_SIZE &&
		    memcmp(key.mv_data, WEIR_META_FILTER, 2) == 0) {
			data = db->filter;
			len = db->header.filter_block_count *
			      WEIR_FILTER_BLOCK_SIZE;
		} else if (key.mv_size == WEIR_META_SIZE &&
			   memcmp(key.mv_data, WEIR_META_HEADER, 2) == 0) {
			weir_db_header_encode(&db->header, header);
			memset(header + WEIR_HEADER_BYTES - WEIR_CHECKSUM_BYTES,
			    0, WEIR_CHECKSUM_BYTES);
			data = header;
		}
		weir_checksum_add(&sum, key.mv_data, key.mv_size, data, len);
	}
	if (mdb != MDB_NOTFOUND)
		return WEIR_EFORMAT;
	weir_checksum_done(&sum, ret_sum);
	return WEIR_OK;
}
