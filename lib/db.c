/*
 * db.c - reads one database file: open once, look up without a system call.
 *
 * Between the loader that wrote the file and lib/generation.c, which asks it
 * about each ancestor of a name.  The filter answers nearly all such questions;
 * only what may be there is looked for in the tree.
 */
#include "lib/db.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/file.h"
#include "lib/filter.h"

#define SET_HEAD_BYTES 4
#define SIZE_MIN       4096

struct weir_db {
	struct weir_tree tree;
	struct weir_filter filter;
	const uint8_t *sets;
	uint64_t sets_len;
	struct weir_db_header header;
	unsigned int share_count;
	void *map;
	uint64_t size;
	struct weir_policy policy;
};

static int
get_meta(
    const struct weir_db *db, const char *name, struct weir_tree_item *ret_item)
{
	return weir_tree_lookup(&db->tree, (const uint8_t *)name,
		   WEIR_META_SIZE, ret_item) == 1
		   ? WEIR_OK
		   : WEIR_EFORMAT;
}

/* The blocks begin where 64 divides the address: one cache line for each. */
static const uint8_t *
filter_blocks(const struct weir_tree_item *item, uint64_t block_count)
{
	uintptr_t at = (uintptr_t)item->data;
	size_t padding = (WEIR_FILTER_ALIGN - at % WEIR_FILTER_ALIGN) %
			 WEIR_FILTER_ALIGN;

	if (block_count == 0 ||
	    block_count > item->len / WEIR_FILTER_BLOCK_SIZE ||
	    item->len - block_count * WEIR_FILTER_BLOCK_SIZE < padding)
		return NULL;
	return item->data + padding;
}

/* The filter is what nearly every look-up needs: the kernel may bring it. */
static void
read_ahead(const struct weir_db *db)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t from = (size_t)(db->filter.blocks - db->tree.map) / page * page;

	(void)madvise((uint8_t *)db->map + from,
	    (size_t)(db->header.filter_block_count * WEIR_FILTER_BLOCK_SIZE),
	    MADV_WILLNEED);
}

static int
read_header(struct weir_db *db, const char *path, struct weir_problem *problem)
{
	struct weir_tree_item item;
	int error;

	if (get_meta(db, WEIR_META_HEADER, &item) != WEIR_OK)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: not a weir database (no header)", path);
	error = weir_db_header_decode(item.data, item.len, &db->header);
	if (error)
		return weir_problem_set(problem, error,
		    error == WEIR_EVERSION
			? "%s: a database of another version of weir; run "
			  "weir-load apply"
			: "%s: the header is damaged",
		    path);
	if (db->header.name_count > WEIR_DB_NAMES_MAX)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the header counts too many names", path);
	return WEIR_OK;
}

static int
read_meta(struct weir_db *db, const char *path, struct weir_problem *problem)
{
	struct weir_tree_item item;
	const uint8_t *blocks;
	int error = read_header(db, path, problem);

	if (error)
		return error;
	if (get_meta(db, WEIR_META_FILTER, &item) != WEIR_OK ||
	    !(blocks = filter_blocks(&item, db->header.filter_block_count)))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the filter is missing or too short", path);
	weir_filter_init(&db->filter, blocks, db->header.filter_block_count,
	    db->header.filter_key);
	read_ahead(db);
	if (get_meta(db, WEIR_META_SETS, &item) != WEIR_OK ||
	    item.len != db->header.sets_len)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the entry sets are missing or cut", path);
	db->sets = item.data;
	db->sets_len = item.len;
	if (get_meta(db, WEIR_META_POLICY, &item) != WEIR_OK ||
	    weir_policy_decode(item.data, item.len, &db->policy) != WEIR_OK)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: the policy is missing or damaged", path);
	return WEIR_OK;
}

static int
map_file(struct weir_db *db, const char *path, uint64_t expected_size,
    struct weir_problem *problem)
{
	struct stat st;
	int fd, error;

	error = weir_file_open(path, &fd);
	if (error)
		return weir_problem_set(problem, error,
		    error == WEIR_EFORMAT ? "%s: not a regular file" : "%s: %m",
		    path);
	if (fstat(fd, &st) != 0) {
		error = weir_problem_set(problem, WEIR_ESYSTEM, "%s: %m", path);
	} else if (st.st_size < SIZE_MIN ||
		   (expected_size != 0 &&
		       (uint64_t)st.st_size != expected_size)) {
		error = weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: %lld octets, not the file that was published", path,
		    (long long)st.st_size);
	} else {
		db->size = (uint64_t)st.st_size;
		db->map = mmap(
		    NULL, (size_t)db->size, PROT_READ, MAP_SHARED, fd, 0);
		if (db->map == MAP_FAILED) {
			db->map = NULL;
			error = weir_problem_set(
			    problem, WEIR_ESYSTEM, "%s: %m", path);
		}
	}
	(void)close(fd);
	return error;
}

int
weir_db_open(const char *path, uint64_t expected_size, struct weir_db **ret_db,
    struct weir_problem *problem)
{
	struct weir_db *db = calloc(1, sizeof(*db));
	int error;

	if (!db)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: out of memory", path);
	error = map_file(db, path, expected_size, problem);
	if (!error && weir_tree_init(&db->tree, db->map, db->size) != WEIR_OK)
		error = weir_problem_set(
		    problem, WEIR_EFORMAT, "%s: cut or damaged", path);
	if (!error)
		error = read_meta(db, path, problem);
	if (error)
		weir_db_close(db);
	else
		*ret_db = db;
	return error;
}

struct weir_db *
weir_db_share(struct weir_db *db)
{
	db->share_count++;
	return db;
}

void
weir_db_close(struct weir_db *db)
{
	if (!db)
		return;
	if (db->share_count > 0) {
		db->share_count--;
		return;
	}
	if (db->map)
		(void)munmap(db->map, (size_t)db->size);
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

uint64_t
weir_db_size(const struct weir_db *db)
{
	return db->size;
}

/* The record of a name's item. */
static int
read_record(const struct weir_db *db, const struct weir_tree_item *item,
    struct weir_db_record *ret_record)
{
	unsigned int count;
	uint64_t at;

	if (item->len != WEIR_VALUE_BYTES)
		return WEIR_EFORMAT;
	ret_record->key = item->key;
	ret_record->key_len = item->key_len;
	at = weir_bytes_get32(item->data);
	if (at == WEIR_TOMBSTONE) {
		ret_record->entries = NULL;
		ret_record->entry_count = 0;
		return db->header.kind == WEIR_DB_OVERLAY ? WEIR_OK
							  : WEIR_EFORMAT;
	}
	at *= WEIR_SET_UNIT;
	if (at + SET_HEAD_BYTES > db->sets_len)
		return WEIR_EFORMAT;
	count = weir_bytes_get16(db->sets + at);
	if (count == 0 || count > WEIR_ENTRIES_PER_KEY ||
	    at + SET_HEAD_BYTES + (uint64_t)count * WEIR_ENTRY_BYTES >
		db->sets_len)
		return WEIR_EFORMAT;
	ret_record->entries = db->sets + at + SET_HEAD_BYTES;
	ret_record->entry_count = count;
	return WEIR_OK;
}

const struct weir_filter *
weir_db_filter(const struct weir_db *db)
{
	return &db->filter;
}

int
weir_db_get(const struct weir_db *db, const uint8_t *key, size_t key_len,
    uint64_t hash, struct weir_db_record *ret_record)
{
	struct weir_tree_item item;
	int hit;

	if (!weir_filter_has(&db->filter, hash))
		return 0;
	hit = weir_tree_lookup(&db->tree, key, key_len, &item);
	if (hit <= 0)
		return hit;
	hit = read_record(db, &item, ret_record);
	return hit < 0 ? hit : 1;
}

int
weir_db_seek(const struct weir_db *db, const uint8_t *key, size_t key_len,
    struct weir_db_cursor *ret_cursor)
{
	static const uint8_t first[] = { WEIR_TRIGGER_QNAME };

	ret_cursor->db = db;
	return weir_tree_seek(
	    &db->tree, key ? key : first, key ? key_len : 1, &ret_cursor->tree);
}

int
weir_db_next(struct weir_db_cursor *cursor, struct weir_db_record *ret_record)
{
	struct weir_tree_item item;
	int more = weir_tree_next(&cursor->tree, &item);

	if (more <= 0)
		return more;
	if (item.key_len == 0 || item.key[0] != WEIR_TRIGGER_QNAME)
		return 0;
	more = read_record(cursor->db, &item, ret_record);
	return more < 0 ? more : 1;
}

/* What the checksum takes for the value of a record. */
static void
checked_value(const struct weir_db *db, const struct weir_tree_item *item,
    uint8_t *header, const uint8_t **ret_data, size_t *ret_len)
{
	*ret_data = item->data;
	*ret_len = (size_t)item->len;
	if (item->key_len != WEIR_META_SIZE)
		return;
	if (memcmp(item->key, WEIR_META_FILTER, WEIR_META_SIZE) == 0) {
		*ret_data = db->filter.blocks;
		*ret_len = (size_t)db->header.filter_block_count *
			   WEIR_FILTER_BLOCK_SIZE;
	} else if (memcmp(item->key, WEIR_META_HEADER, WEIR_META_SIZE) == 0) {
		weir_db_header_encode(&db->header, header);
		memset(header + WEIR_HEADER_BYTES - WEIR_CHECKSUM_BYTES, 0,
		    WEIR_CHECKSUM_BYTES);
		*ret_data = header;
		*ret_len = WEIR_HEADER_BYTES;
	}
}

int
weir_db_checksum(const struct weir_db *db, uint8_t ret_sum[WEIR_CHECKSUM_BYTES])
{
	uint8_t header[WEIR_HEADER_BYTES];
	struct weir_tree_cursor cursor;
	struct weir_tree_item item;
	struct weir_checksum sum;
	const uint8_t *data;
	size_t len;
	int more;

	weir_checksum_init(&sum);
	more = weir_tree_seek(&db->tree, header, 0, &cursor);
	while (more >= 0 && (more = weir_tree_next(&cursor, &item)) == 1) {
		checked_value(db, &item, header, &data, &len);
		weir_checksum_add(&sum, item.key, item.key_len, data, len);
	}
	if (more < 0)
		return more;
	weir_checksum_done(&sum, ret_sum);
	return WEIR_OK;
}
