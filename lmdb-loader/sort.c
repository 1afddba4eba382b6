/*
 * sort.c - keys in order, each with its set of entries.
 *
 * compile.c fills it from lists; write.c and diff.c read it.
 *
 * Keys lie in chunks that never move:
 *   u32 place of the entry in `entries`, u8 length, key
 * An array of 16-octet records points to them.  The sort looks at seven octets
 * of the keys at a time, kept in the record beside the pointer: records with
 * the same seven are then sorted by their next seven.  So most comparisons
 * touch no key at all.  It is stable: of one key the entries stay in the order
 * in which they came.
 */
#include "lmdb-loader/sort.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format.h"
#include "lib/limits.h"
#include "lmdb-loader/intern.h"

#define CHUNK_SIZE    (1U << 20)
#define ITEM_HEAD     5 /* u32 place, u8 length */
#define WORD_OCTETS   7
#define WORD_GOES_ON  8 /* last octet of a word: the key is longer */
#define SMALL_RANGE   12
#define FIRST_RECORDS 4096

struct chunk {
	struct chunk *next;
	size_t len;
	uint8_t bytes[CHUNK_SIZE];
};

struct record {
	uint64_t word; /* while sorting: octets; after it: the set's place */
	uint8_t *item;
};

struct weir_sort {
	struct weir_stream stream; /* first: next() is handed it */
	struct chunk *chunks;
	struct record *records;
	size_t record_count, record_size, next;
	uint64_t key_octets;
	struct weir_intern entries; /* as they came: sets of one */
	struct weir_intern sets;
	uint8_t last_entry[WEIR_ENTRY_BYTES]; /* most are like the one before */
	uint32_t last_place;
	int has_last;
};

int
weir_sort_new(struct weir_sort **ret_sort)
{
	struct weir_sort *sort;

	if (sodium_init() < 0)
		return WEIR_ESYSTEM;
	sort = calloc(1, sizeof(*sort));
	if (sort == NULL)
		return WEIR_EMEMORY;
	weir_intern_init(&sort->entries);
	weir_intern_init(&sort->sets);
	*ret_sort = sort;
	return 0;
}

void
weir_sort_free(struct weir_sort *sort)
{
	struct chunk *chunk;

	if (sort == NULL)
		return;
	while ((chunk = sort->chunks) != NULL) {
		sort->chunks = chunk->next;
		free(chunk);
	}
	free(sort->records);
	weir_intern_done(&sort->entries);
	weir_intern_done(&sort->sets);
	free(sort);
}

static const uint8_t *
item_key(const struct record *record)
{
	return record->item + ITEM_HEAD;
}

static size_t
item_len(const struct record *record)
{
	return record->item[ITEM_HEAD - 1];
}

static uint32_t
item_entry(const struct record *record)
{
	uint32_t place;

	memcpy(&place, record->item, sizeof(place));
	return place;
}

/* The place of an entry, as a set of one. */
static int
entry_place(
    struct weir_sort *sort, const struct weir_entry *entry, uint32_t *ret_place)
{
	uint8_t set[WEIR_SET_HEAD_BYTES + WEIR_ENTRY_BYTES] = { 1 };
	uint8_t *encoded = set + WEIR_SET_HEAD_BYTES;
	int ret;

	weir_entry_encode(entry, encoded);
	if (!sort->has_last ||
	    memcmp(encoded, sort->last_entry, WEIR_ENTRY_BYTES) != 0) {
		ret = weir_intern_add(
		    &sort->entries, set, sizeof(set), &sort->last_place);
		if (ret < 0)
			return ret;
		memcpy(sort->last_entry, encoded, WEIR_ENTRY_BYTES);
		sort->has_last = 1;
	}
	*ret_place = sort->last_place;
	return 0;
}

/* Room for an item in the newest chunk. */
static uint8_t *
item_new(struct weir_sort *sort, size_t len)
{
	struct chunk *chunk = sort->chunks;
	uint8_t *item;

	if (chunk == NULL || CHUNK_SIZE - chunk->len < len) {
		chunk = malloc(sizeof(*chunk));
		if (chunk == NULL)
			return NULL;
		chunk->len = 0;
		chunk->next = sort->chunks;
		sort->chunks = chunk;
	}
	item = chunk->bytes + chunk->len;
	chunk->len += len;
	return item;
}

static int
grow_records(struct weir_sort *sort)
{
	size_t size;
	struct record *records;

	if (sort->record_count < sort->record_size)
		return 0;
	if (sort->record_count >= WEIR_DB_NAMES_MAX)
		return WEIR_ELIMIT;
	size = sort->record_size == 0 ? FIRST_RECORDS : sort->record_size * 2;
	records = reallocarray(sort->records, size, sizeof(*records));
	if (records == NULL)
		return WEIR_EMEMORY;
	sort->records = records;
	sort->record_size = size;
	return 0;
}

int
weir_sort_add(struct weir_sort *sort, const uint8_t *key, size_t key_len,
    const struct weir_entry *entry)
{
	uint8_t *item;
	uint32_t place;
	int ret;

	if (key_len == 0 || key_len >= WEIR_KEY_SIZE ||
	    entry->feed >= WEIR_FEEDS)
		return WEIR_EFORMAT;
	ret = entry_place(sort, entry, &place);
	if (ret == 0)
		ret = grow_records(sort);
	if (ret < 0)
		return ret;
	item = item_new(sort, ITEM_HEAD + key_len);
	if (item == NULL)
		return WEIR_EMEMORY;
	memcpy(item, &place, sizeof(place));
	item[ITEM_HEAD - 1] = (uint8_t)key_len;
	memcpy(item + ITEM_HEAD, key, key_len);
	sort->records[sort->record_count++].item = item;
	return 0;
}

uint64_t
weir_sort_mark(const struct weir_sort *sort)
{
	return sort->record_count;
}

void
weir_sort_undo(struct weir_sort *sort, uint64_t mark)
{
	/* The octets of the keys stay in their chunks until the end. */
	sort->record_count = (size_t)mark;
}

/* Seven octets of the key as a number that compares like them, then how many
 * of them there are: a key that ends comes before the one that goes on. */
static uint64_t
key_word(const struct record *record, size_t depth)
{
	const uint8_t *key = item_key(record) + depth;
	size_t rest = item_len(record) - depth, i;
	uint64_t word = 0;

	for (i = 0; i < WORD_OCTETS; i++)
		word = word << 8 | (i < rest ? key[i] : 0);
	return word << 8 | (rest > WORD_OCTETS ? WORD_GOES_ON : rest);
}

static void
insertion_sort(struct record *records, size_t count)
{
	struct record moved;
	size_t i, at;

	for (i = 1; i < count; i++) {
		moved = records[i];
		for (at = i; at > 0 && records[at - 1].word > moved.word; at--)
			records[at] = records[at - 1];
		records[at] = moved;
	}
}

/* By word, stable; scratch has room for half of them. */
static void
merge_sort(struct record *records, struct record *scratch, size_t count)
{
	size_t half = count / 2, left = 0, right, at;

	if (count <= SMALL_RANGE) {
		insertion_sort(records, count);
		return;
	}
	merge_sort(records, scratch, half);
	merge_sort(records + half, scratch, count - half);
	if (records[half - 1].word <= records[half].word)
		return;
	memcpy(scratch, records, half * sizeof(*records));
	for (at = 0, right = half; left < half; at++) {
		if (right < count && records[right].word < scratch[left].word)
			records[at] = records[right++];
		else
			records[at] = scratch[left++];
	}
}

/* Keys that are the same up to `depth`.  The deepest recursion is
 * WEIR_KEY_SIZE / WORD_OCTETS. */
static void
sort_range(
    struct record *records, struct record *scratch, size_t count, size_t depth)
{
	size_t i, end;

	for (i = 0; i < count; i++)
		records[i].word = key_word(&records[i], depth);
	merge_sort(records, scratch, count);
	for (i = 0; i < count; i = end) {
		end = i + 1;
		while (end < count && records[end].word == records[i].word)
			end++;
		if (end - i > 1 && (records[i].word & 0xff) == WORD_GOES_ON)
			sort_range(
			    records + i, scratch, end - i, depth + WORD_OCTETS);
	}
}

static int
is_same_key(const struct record *a, const struct record *b)
{
	return item_len(a) == item_len(b) &&
	       memcmp(item_key(a), item_key(b), item_len(a)) == 0;
}

/* Puts an encoded entry into the set, at its feed's place. */
static void
set_put(uint8_t *set, const uint8_t *encoded)
{
	unsigned int count = weir_intern_entry_count(set), at;
	uint8_t *slot = set + WEIR_SET_HEAD_BYTES;
	unsigned int feed = encoded[0] | (unsigned int)encoded[1] << 8, there;

	for (at = 0; at < count; at++, slot += WEIR_ENTRY_BYTES) {
		there = slot[0] | (unsigned int)slot[1] << 8;
		if (there == feed) {
			slot[2] |= encoded[2]; /* the scopes together */
			return;
		}
		if (there > feed)
			break;
	}
	memmove(slot + WEIR_ENTRY_BYTES, slot,
	    (size_t)(count - at) * WEIR_ENTRY_BYTES);
	memcpy(slot, encoded, WEIR_ENTRY_BYTES);
	count++;
	set[0] = (uint8_t)count;
	set[1] = (uint8_t)(count >> 8);
}

/* One set out of all entries of one key. */
static int
merge_entries(struct weir_sort *sort, const struct record *records,
    size_t count, uint32_t *ret_place)
{
	/* One more than the most: set_put moves before it counts. */
	uint8_t set[WEIR_SET_HEAD_BYTES +
		    (WEIR_ENTRIES_PER_KEY + 1) * WEIR_ENTRY_BYTES] = { 0 };
	size_t i;

	for (i = 0; i < count; i++)
		set_put(set,
		    weir_intern_set(&sort->entries, item_entry(&records[i])) +
			WEIR_SET_HEAD_BYTES);
	return weir_intern_add(&sort->sets, set,
	    WEIR_SET_HEAD_BYTES +
		(size_t)weir_intern_entry_count(set) * WEIR_ENTRY_BYTES,
	    ret_place);
}

/* Makes one record of all that have the same key; word becomes its set. */
static int
merge_records(struct weir_sort *sort)
{
	struct record *records = sort->records;
	size_t count = sort->record_count, i, end, kept = 0;
	uint32_t place = 0, last_entry = 0;
	int ret, is_like_last = 0;

	for (i = 0; i < count; i = end) {
		end = i + 1;
		while (end < count && is_same_key(&records[i], &records[end]))
			end++;
		if (end - i > 1 || !is_like_last ||
		    item_entry(&records[i]) != last_entry) {
			ret = merge_entries(sort, records + i, end - i, &place);
			if (ret < 0)
				return ret;
			is_like_last = end - i == 1;
			last_entry = item_entry(&records[i]);
		}
		sort->key_octets += item_len(&records[i]);
		records[kept].item = records[i].item;
		records[kept++].word = place;
	}
	sort->record_count = kept;
	return 0;
}

int
weir_sort_finish(struct weir_sort *sort)
{
	struct record *scratch;

	/* merge_sort puts only the left half aside. */
	scratch = reallocarray(
	    NULL, sort->record_count / 2 + 1, sizeof(*scratch));
	if (scratch == NULL)
		return WEIR_EMEMORY;
	if (sort->record_count > 0)
		sort_range(sort->records, scratch, sort->record_count, 0);
	free(scratch);
	return merge_records(sort);
}

uint64_t
weir_sort_count(const struct weir_sort *sort)
{
	return sort->record_count;
}

uint64_t
weir_sort_key_octets(const struct weir_sort *sort)
{
	return sort->key_octets;
}

static int
next_item(struct weir_stream *stream, struct weir_stream_item *ret_item)
{
	struct weir_sort *sort = (struct weir_sort *)stream;
	const struct record *record;
	const uint8_t *set;

	if (sort->next >= sort->record_count)
		return 0;
	record = &sort->records[sort->next++];
	set = weir_intern_set(&sort->sets, (uint32_t)record->word);
	ret_item->key = item_key(record);
	ret_item->key_len = item_len(record);
	ret_item->entries = set + WEIR_SET_HEAD_BYTES;
	ret_item->entry_count = weir_intern_entry_count(set);
	return 1;
}

struct weir_stream *
weir_sort_stream(struct weir_sort *sort)
{
	sort->next = 0;
	sort->stream.count = sort->record_count;
	sort->stream.key_octets = sort->key_octets;
	sort->stream.next = next_item;
	return &sort->stream;
}
