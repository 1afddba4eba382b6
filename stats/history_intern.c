/*
 * history_intern.c - texts and their numbers, and who resolved what.
 *
 * Both remember what they wrote lately: a name that comes a thousand times an
 * hour is looked up once.  A place is taken by whoever came last.
 */
#include <stdlib.h>
#include <string.h>

#include "stats/history_db.h"

#define KNOWN_COUNT 32768U /* of names; a power of two */
#define PAIR_COUNT  65536U

struct weir_history_known {
	int64_t id; /* 0: nothing here */
	uint64_t used;
	uint8_t *key;
	size_t len;
};

struct weir_history_pair {
	int64_t name, client;
	uint64_t hour;
};

static unsigned int
known_count(unsigned int table)
{
	return table == WEIR_HISTORY_NAME ? KNOWN_COUNT : KNOWN_COUNT / 8;
}

int
weir_history_cache_init(struct weir_history *history)
{
	struct weir_history_cache *cache = &history->cache;
	unsigned int i;

	for (i = 0; i < WEIR_HISTORY_TABLE_COUNT; i++) {
		cache->known[i] = calloc(
		    known_count(i), sizeof(*cache->known[i]));
		if (!cache->known[i])
			return WEIR_EMEMORY;
	}
	cache->pairs = calloc(PAIR_COUNT, sizeof(*cache->pairs));
	return cache->pairs ? WEIR_OK : WEIR_EMEMORY;
}

void
weir_history_cache_clear(struct weir_history *history)
{
	struct weir_history_cache *cache = &history->cache;
	unsigned int i, j;

	for (i = 0; i < WEIR_HISTORY_TABLE_COUNT; i++)
		for (j = 0; cache->known[i] && j < known_count(i); j++) {
			free(cache->known[i][j].key);
			memset(
			    &cache->known[i][j], 0, sizeof(cache->known[i][j]));
		}
	if (cache->pairs)
		memset(cache->pairs, 0, PAIR_COUNT * sizeof(*cache->pairs));
}

void
weir_history_cache_done(struct weir_history *history)
{
	unsigned int i;

	weir_history_cache_clear(history);
	for (i = 0; i < WEIR_HISTORY_TABLE_COUNT; i++)
		free(history->cache.known[i]);
	free(history->cache.pairs);
}

/* FNV-1a.  Whoever makes names that meet in one place only makes them slow. */
static uint32_t
hash(const uint8_t *bytes, size_t len)
{
	uint32_t value = 2166136261U;

	for (; len > 0; len--)
		value = (value ^ *bytes++) * 16777619U;
	return value ^ value >> 15;
}

static void
remember(struct weir_history_known *known, const void *key, size_t len,
    int64_t id, uint64_t used)
{
	uint8_t *copy = malloc(len + 1);

	free(known->key);
	known->key = copy;
	known->id = copy ? id : 0;
	known->used = used;
	known->len = len;
	if (copy)
		memcpy(copy, key, len);
}

static int
find(struct weir_history *history, enum weir_history_table table,
    const void *key, size_t len, uint64_t hour, int64_t *ret_id,
    uint64_t *ret_used)
{
	unsigned int statement = STATEMENT_TEXT_FIND + table;
	int ret = weir_history_run(history, statement, "b", key, len);

	if (ret < 0)
		return ret;
	if (ret == 1) {
		*ret_id = (int64_t)weir_history_column(history, statement, 0);
		*ret_used = weir_history_column(history, statement, 1);
		weir_history_reset(history, statement);
		return WEIR_OK;
	}
	ret = weir_history_run(
	    history, STATEMENT_TEXT_ADD + table, "bi", key, len, (int64_t)hour);
	*ret_id = sqlite3_last_insert_rowid(history->sqlite);
	*ret_used = hour;
	return ret;
}

int
weir_history_intern(struct weir_history *history, enum weir_history_table table,
    const void *key, size_t len, uint64_t hour, int64_t *ret_id)
{
	struct weir_history_known *known =
	    &history->cache
		 .known[table][hash(key, len) & (known_count(table) - 1)];
	uint64_t used = known->used;
	int64_t id = known->id;
	bool is_known = id != 0 && known->len == len &&
			memcmp(known->key, key, len) == 0;
	int ret;

	if (!is_known) {
		ret = find(history, table, key, len, hour, &id, &used);
		if (ret != WEIR_OK)
			return ret;
	}
	if (used < hour) {
		ret = weir_history_run(history, STATEMENT_TEXT_USE + table,
		    "ii", id, (int64_t)hour);
		if (ret != WEIR_OK)
			return ret;
		used = hour;
	}
	if (is_known)
		known->used = used;
	else
		remember(known, key, len, id, used);
	*ret_id = id;
	return WEIR_OK;
}

int
weir_history_resolve(
    struct weir_history *history, int64_t name, int64_t client, uint64_t hour)
{
	uint64_t place = (uint64_t)name * 0x9e3779b97f4a7c15ULL ^
			 (uint64_t)client * 0xc2b2ae3d27d4eb4fULL;
	struct weir_history_pair *pair =
	    &history->cache.pairs[(place >> 32) & (PAIR_COUNT - 1)];
	int ret;

	if (pair->name == name && pair->client == client && pair->hour == hour)
		return WEIR_OK;
	ret = weir_history_run(history, STATEMENT_RESOLVED_ADD, "iii", name,
	    client, (int64_t)hour);
	if (ret == WEIR_OK)
		*pair = (struct weir_history_pair){ name, client, hour };
	return ret;
}
