/*
 * guard_table.c - the names that guard rails protect: open addressing, keys in
 * an arena.  Filled once, then read by many threads.
 */
#include "lmdb-loader/guard_table.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/bytes.h"

#define FIRST_ITEMS 1024
#define FIRST_ARENA 16384

int
weir_guard_table_init(struct weir_guard_table *table)
{
	memset(table, 0, sizeof(*table));
	randombytes_buf(table->secret, sizeof(table->secret));
	table->items = calloc(FIRST_ITEMS, sizeof(*table->items));
	table->arena = malloc(FIRST_ARENA);
	if (table->items == NULL || table->arena == NULL) {
		weir_guard_table_done(table);
		return WEIR_EMEMORY;
	}
	table->size = FIRST_ITEMS;
	table->arena_size = FIRST_ARENA;
	table->arena_len = 1; /* 0 says that a place is free */
	return 0;
}

void
weir_guard_table_done(struct weir_guard_table *table)
{
	if (table->map != NULL) {
		(void)munmap(table->map, table->map_len);
	} else {
		free(table->items);
		free(table->arena);
	}
	memset(table, 0, sizeof(*table));
}

static uint64_t
hash_of(const struct weir_guard_table *table, const uint8_t *key, size_t len)
{
	struct weir_siphash sip;
	uint64_t rest = 0;
	size_t at, i;

	weir_siphash_init(&sip, table->secret);
	for (at = 0; at + 8 <= len; at += 8)
		weir_siphash_word(&sip, weir_bytes_get64(key + at), 1);
	for (i = 0; at + i < len; i++)
		rest |= (uint64_t)key[at + i] << 8 * i;
	return weir_siphash_finish(sip, rest, len, 1, 3);
}

/* Its place, or the free one where it belongs. */
static struct weir_guard_item *
place_of(const struct weir_guard_table *table, const uint8_t *key, size_t len)
{
	uint64_t hash = hash_of(table, key, len);
	size_t at = (size_t)(hash & (table->size - 1));
	uint32_t tag = (uint32_t)(hash >> 32);
	struct weir_guard_item *item;
	const uint8_t *there;

	for (;; at = (at + 1) & (table->size - 1)) {
		item = &table->items[at];
		if (item->key_at == 0) {
			item->tag = tag;
			return item;
		}
		if (item->tag != tag)
			continue;
		there = table->arena + item->key_at;
		if (there[-1] == len && memcmp(there, key, len) == 0)
			return item;
	}
}

const struct weir_guard_item *
weir_guard_table_find(
    const struct weir_guard_table *table, const uint8_t *key, size_t len)
{
	uint64_t hash = hash_of(table, key, len);
	size_t at = (size_t)(hash & (table->size - 1));
	uint32_t tag = (uint32_t)(hash >> 32);
	const struct weir_guard_item *item;
	const uint8_t *there;
	size_t i;

	/* One that was mapped may hold anything. */
	for (i = 0; i < table->size; i++, at = (at + 1) & (table->size - 1)) {
		item = &table->items[at];
		if (item->key_at == 0)
			return NULL;
		if (item->tag != tag || item->key_at + len > table->arena_len)
			continue;
		there = table->arena + item->key_at;
		if (there[-1] == len && memcmp(there, key, len) == 0)
			return item;
	}
	return NULL;
}

/* At most half of the places are taken. */
static int
grow_items(struct weir_guard_table *table)
{
	struct weir_guard_item *old = table->items, *item;
	size_t old_size = table->size, i;
	const uint8_t *key;

	if (table->count < table->size / 2)
		return 0;
	table->items = calloc(2 * old_size, sizeof(*old));
	if (table->items == NULL) {
		table->items = old;
		return WEIR_EMEMORY;
	}
	table->size = 2 * old_size;
	for (i = 0; i < old_size; i++) {
		if (old[i].key_at == 0)
			continue;
		key = table->arena + old[i].key_at;
		item = place_of(table, key, key[-1]);
		*item = old[i];
	}
	free(old);
	return 0;
}

static int
grow_arena(struct weir_guard_table *table, size_t len)
{
	uint8_t *arena;

	if (table->arena_size - table->arena_len >= len)
		return 0;
	if (table->arena_size > UINT32_MAX / 2)
		return WEIR_ELIMIT;
	arena = realloc(table->arena, 2 * table->arena_size);
	if (arena == NULL)
		return WEIR_EMEMORY;
	table->arena = arena;
	table->arena_size *= 2;
	return 0;
}

/* The name's item, a new one if need be. */
static int
get(struct weir_guard_table *table, const uint8_t *key, size_t len,
    struct weir_guard_item **ret_item)
{
	struct weir_guard_item *item;
	int ret;

	ret = grow_items(table);
	if (ret == 0)
		ret = grow_arena(table, len + 1);
	if (ret < 0)
		return ret;
	item = place_of(table, key, len);
	if (item->key_at == 0) {
		table->arena[table->arena_len++] = (uint8_t)len;
		item->key_at = (uint32_t)table->arena_len;
		memcpy(table->arena + table->arena_len, key, len);
		table->arena_len += len;
		table->count++;
	}
	*ret_item = item;
	return 0;
}

int
weir_guard_table_add(struct weir_guard_table *table,
    const struct weir_name *name, unsigned int reason, bool has_above,
    unsigned int flags)
{
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_guard_item *item;
	unsigned int i;
	int ret = 0;

	(void)weir_name_to_key(name, WEIR_TRIGGER_QNAME, key, ends);
	for (i = 2; i < name->label_count && ret == 0; i++) {
		ret = get(table, key, ends[i], &item);
		if (ret == 0 && has_above && item->above == 0)
			item->above = (uint8_t)reason;
	}
	if (ret == 0 && name->label_count > 0)
		ret = get(table, key, ends[name->label_count], &item);
	if (ret < 0 || name->label_count == 0)
		return ret;
	if (item->self == 0)
		item->self = (uint8_t)reason;
	item->flags |= (uint8_t)flags;
	return 0;
}
