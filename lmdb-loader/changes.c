/*
 * changes.c - records in key order, in memory.
 *
 * A record: u16 length of the key, u16 entries, key, entries.
 */
#include "lmdb-loader/changes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/entry.h"

#define HEAD_BYTES 4
#define FIRST_SIZE 65536

void
weir_changes_init(struct weir_changes *changes, uint64_t count_max)
{
	memset(changes, 0, sizeof(*changes));
	changes->count_max = count_max;
}

void
weir_changes_done(struct weir_changes *changes)
{
	free(changes->bytes);
	changes->bytes = NULL;
	changes->len = changes->size = 0;
	changes->count = 0;
	changes->key_octets = 0;
}

static int
grow(struct weir_changes *changes, size_t len)
{
	size_t size = changes->size == 0 ? FIRST_SIZE : changes->size;
	uint8_t *bytes;

	while (size - changes->len < len)
		size *= 2;
	if (size == changes->size)
		return 0;
	bytes = realloc(changes->bytes, size);
	if (bytes == NULL)
		return WEIR_EMEMORY;
	changes->bytes = bytes;
	changes->size = size;
	return 0;
}

int
weir_changes_add(struct weir_changes *changes, const uint8_t *key,
    size_t key_len, const uint8_t *entries, unsigned int entry_count)
{
	size_t entries_len = (size_t)entry_count * WEIR_ENTRY_BYTES;
	size_t len = HEAD_BYTES + key_len + entries_len;
	uint8_t *record;
	int ret;

	if (changes->is_over)
		return 0;
	if (changes->count == changes->count_max) {
		weir_changes_done(changes);
		changes->is_over = true;
		return 0;
	}
	ret = grow(changes, len);
	if (ret < 0)
		return ret;
	record = changes->bytes + changes->len;
	weir_bytes_put16(record, (uint16_t)key_len);
	weir_bytes_put16(record + 2, (uint16_t)entry_count);
	memcpy(record + HEAD_BYTES, key, key_len);
	if (entry_count > 0)
		memcpy(record + HEAD_BYTES + key_len, entries, entries_len);
	changes->len += len;
	changes->key_octets += key_len;
	changes->count++;
	return 0;
}

static int
next(struct weir_stream *stream, struct weir_stream_item *ret_item)
{
	struct weir_changes_stream *changes =
	    (struct weir_changes_stream *)stream;
	const uint8_t *record = changes->changes->bytes + changes->at;

	if (changes->at == changes->changes->len)
		return 0;
	ret_item->key_len = weir_bytes_get16(record);
	ret_item->entry_count = weir_bytes_get16(record + 2);
	ret_item->key = record + HEAD_BYTES;
	ret_item->entries = ret_item->key + ret_item->key_len;
	changes->at += HEAD_BYTES + ret_item->key_len +
		       (size_t)ret_item->entry_count * WEIR_ENTRY_BYTES;
	return 1;
}

void
weir_changes_stream(
    const struct weir_changes *changes, struct weir_changes_stream *ret_stream)
{
	*ret_stream =
	    (struct weir_changes_stream){ .stream = { .count = changes->count,
					      .key_octets = changes->key_octets,
					      .next = next },
		    .changes = changes };
}
