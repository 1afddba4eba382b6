/*
 * sort_part.c - sorts what fits into the memory.
 *
 * Keys lie one after the other; an array of 16-octet records points to them.
 * The sort looks at seven octets of the keys at a time, kept in the record
 * beside the pointer: records with the same seven are then sorted by their next
 * seven.  So most comparisons touch no key at all.  It is stable: of one key
 * the entries stay in the order in which they came.
 */
#include "lmdb-loader/sort_part.h"

#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"

#define WORD_OCTETS   7
#define WORD_GOES_ON  8 /* last octet of a word: the key is longer */
#define SMALL_RANGE   12
#define FIRST_RECORDS 256
#define USUAL_KEY     28 /* octets, with its length */
#define RECORD_OCTETS \
	(sizeof(struct weir_part_record) * 3 / 2) /* scratch too */
#define KEYS_ROOM 8 /* behind the keys: they are read in words */

void
weir_part_init(struct weir_part *part, size_t memory)
{
	memset(part, 0, sizeof(*part));
	part->size_max = memory / (RECORD_OCTETS + USUAL_KEY);
	if (part->size_max < FIRST_RECORDS)
		part->size_max = FIRST_RECORDS;
	part->keys_size_max = part->size_max * USUAL_KEY;
	if (part->keys_size_max > UINT32_MAX)
		part->keys_size_max = UINT32_MAX;
}

void
weir_part_done(struct weir_part *part)
{
	free(part->records);
	free(part->keys);
}

void
weir_part_clear(struct weir_part *part)
{
	part->count = 0;
	part->keys_len = 0;
}

/* Twice the size, up to the most. */
static int
grow(void **array, size_t *size, size_t size_max, size_t octets, size_t room)
{
	size_t more = *size == 0 ? FIRST_RECORDS * USUAL_KEY / octets
				 : *size * 2;
	void *grown;

	if (more > size_max)
		more = size_max;
	grown = realloc(*array, more * octets + room);
	if (grown == NULL)
		return WEIR_EMEMORY;
	*array = grown;
	*size = more;
	return 0;
}

int
weir_part_put(
    struct weir_part *part, const uint8_t *key, size_t key_len, uint32_t place)
{
	struct weir_part_record *record;

	if (part->count == part->size) {
		if (part->size == part->size_max)
			return 0;
		if (grow((void **)&part->records, &part->size, part->size_max,
			sizeof(*part->records), 0) < 0)
			return WEIR_EMEMORY;
	}
	while (part->keys_size - part->keys_len < 1 + key_len) {
		if (part->keys_size == part->keys_size_max)
			return 0;
		if (grow((void **)&part->keys, &part->keys_size,
			part->keys_size_max, 1, KEYS_ROOM) < 0)
			return WEIR_EMEMORY;
	}
	record = &part->records[part->count++];
	record->offset = (uint32_t)part->keys_len;
	record->place = place;
	part->keys[part->keys_len] = (uint8_t)key_len;
	memcpy(part->keys + part->keys_len + 1, key, key_len);
	part->keys_len += 1 + key_len;
	return 1;
}

/* Seven octets of the key as a number that compares like them, then how many
 * of them there are: a key that ends comes before the one that goes on. */
static uint64_t
key_word(const struct weir_part *part, const struct weir_part_record *record,
    size_t depth)
{
	const uint8_t *key = part->keys + record->offset;
	size_t rest = key[0] - depth;
	uint64_t word;

	memcpy(&word, key + 1 + depth, sizeof(word));
	word = be64toh(word) & ~(uint64_t)0xff;
	if (rest > WORD_OCTETS)
		return word | WORD_GOES_ON;
	word &= rest == 0 ? 0 : ~(uint64_t)0 << (64 - 8 * rest);
	return word | rest;
}

static void
insertion_sort(struct weir_part_record *records, size_t count)
{
	struct weir_part_record moved;
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
merge_sort(struct weir_part_record *records, struct weir_part_record *scratch,
    size_t count)
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
sort_range(const struct weir_part *part, struct weir_part_record *records,
    struct weir_part_record *scratch, size_t count, size_t depth)
{
	size_t i, end;

	for (i = 0; i < count; i++)
		records[i].word = key_word(part, &records[i], depth);
	merge_sort(records, scratch, count);
	for (i = 0; i < count; i = end) {
		end = i + 1;
		while (end < count && records[end].word == records[i].word)
			end++;
		if (end - i > 1 && (records[i].word & 0xff) == WORD_GOES_ON)
			sort_range(part, records + i, scratch, end - i,
			    depth + WORD_OCTETS);
	}
}

/* Octets that two keys share. */
static size_t
common_octets(const uint8_t *a, const uint8_t *b)
{
	size_t len = a[0] < b[0] ? a[0] : b[0], at;

	for (at = 0; at < len && a[1 + at] == b[1 + at];)
		at++;
	return at;
}

static int
pack(const struct weir_part *part, struct weir_run_store *store,
    struct weir_run *run)
{
	static const uint8_t no_key[1] = { 0 };
	struct weir_run_writer writer = { .store = store, .run = run };
	const uint8_t *key, *before = no_key;
	int ret = 0, finished;
	size_t i;

	for (i = 0; i < part->count && ret == 0; i++) {
		key = part->keys + part->records[i].offset;
		ret = weir_run_put_key(
		    &writer, key + 1, key[0], common_octets(before, key));
		if (ret == 0)
			weir_run_put_place(&writer, part->records[i].place);
		before = key;
	}
	finished = weir_run_finish(&writer);
	return ret < 0 ? ret : finished;
}

int
weir_part_run(struct weir_part *part, struct weir_run_store *store,
    struct weir_run *ret_run)
{
	struct weir_part_record *scratch;
	struct weir_run run = { .count = 0 };
	int ret;

	/* merge_sort puts only the left half aside. */
	scratch = reallocarray(NULL, part->count / 2 + 1, sizeof(*scratch));
	if (scratch == NULL)
		return weir_run_store_fail(
		    store, WEIR_EMEMORY, "out of memory");
	if (part->count > 0)
		sort_range(part, part->records, scratch, part->count, 0);
	free(scratch);
	ret = pack(part, store, &run);
	weir_part_clear(part);
	if (ret < 0)
		weir_run_done(store, &run);
	else
		*ret_run = run;
	return ret;
}
