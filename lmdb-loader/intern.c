/*
 * intern.c - keeps each entry set once: a hash table of places in one buffer.
 *
 * Used by sort.c, for what comes in and for what goes out.
 */
#include "lmdb-loader/intern.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/entry.h"
#include "lib/format.h"

#define FIRST_SLOTS 256

void
weir_intern_init(struct weir_intern *intern)
{
	memset(intern, 0, sizeof(*intern));
	randombytes_buf(intern->hash_key, sizeof(intern->hash_key));
}

void
weir_intern_done(struct weir_intern *intern)
{
	free(intern->bytes);
	free(intern->slots);
	memset(intern, 0, sizeof(*intern));
}

const uint8_t *
weir_intern_set(const struct weir_intern *intern, uint32_t place)
{
	return intern->bytes + (size_t)place * WEIR_SET_UNIT;
}

unsigned int
weir_intern_entry_count(const uint8_t *set)
{
	return set[0] | (unsigned int)set[1] << 8;
}

static size_t
set_len(const uint8_t *set)
{
	return WEIR_SET_HEAD_BYTES +
	       (size_t)weir_intern_entry_count(set) * WEIR_ENTRY_BYTES;
}

static size_t
set_hash(const struct weir_intern *intern, const uint8_t *set, size_t len)
{
	uint64_t hash;

	_Static_assert(sizeof(hash) == crypto_shorthash_BYTES, "SipHash");
	crypto_shorthash((unsigned char *)&hash, set, len, intern->hash_key);
	return (size_t)hash;
}

/* The slot where the set is, or where it belongs. */
static size_t
find_slot(const struct weir_intern *intern, const uint8_t *set, size_t len)
{
	size_t slot = set_hash(intern, set, len) & (intern->slot_count - 1);
	const uint8_t *there;

	while (intern->slots[slot] != 0) {
		there = weir_intern_set(intern, intern->slots[slot] - 1);
		if (set_len(there) == len && memcmp(there, set, len) == 0)
			break;
		slot = (slot + 1) & (intern->slot_count - 1);
	}
	return slot;
}

/* Keeps the table at most half full. */
static int
grow_slots(struct weir_intern *intern)
{
	struct weir_intern grown = *intern;
	const uint8_t *set;
	size_t i;

	if (intern->used_count * 2 < intern->slot_count)
		return 0;
	grown.slot_count = intern->slot_count == 0 ? FIRST_SLOTS
						   : intern->slot_count * 2;
	grown.slots = calloc(grown.slot_count, sizeof(*grown.slots));
	if (grown.slots == NULL)
		return WEIR_EMEMORY;
	for (i = 0; i < intern->slot_count; i++) {
		if (intern->slots[i] == 0)
			continue;
		set = weir_intern_set(intern, intern->slots[i] - 1);
		grown.slots[find_slot(&grown, set, set_len(set))] =
		    intern->slots[i];
	}
	free(intern->slots);
	*intern = grown;
	return 0;
}

static int
grow_bytes(struct weir_intern *intern, size_t len)
{
	size_t size = intern->size == 0 ? 4096 : intern->size;
	uint8_t *bytes;

	/* A value in the database has a u32 length. */
	if (intern->len + len > UINT32_MAX)
		return WEIR_ELIMIT;
	while (size - intern->len < len)
		size *= 2;
	if (size == intern->size)
		return 0;
	bytes = realloc(intern->bytes, size);
	if (bytes == NULL)
		return WEIR_EMEMORY;
	intern->bytes = bytes;
	intern->size = size;
	return 0;
}

int
weir_intern_add(struct weir_intern *intern, const uint8_t *set, size_t len,
    uint32_t *ret_place)
{
	size_t slot;
	int ret;

	ret = grow_slots(intern);
	if (ret < 0)
		return ret;
	slot = find_slot(intern, set, len);
	if (intern->slots[slot] == 0) {
		ret = grow_bytes(intern, len);
		if (ret < 0)
			return ret;
		memcpy(intern->bytes + intern->len, set, len);
		intern->slots[slot] = (uint32_t)(intern->len / WEIR_SET_UNIT) +
				      1;
		intern->len += len;
		intern->used_count++;
	}
	*ret_place = intern->slots[slot] - 1;
	return 0;
}
