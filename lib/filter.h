/*
 * filter.h - a split-block Bloom filter over the keys of a database file.
 *
 * Blocks of 256 bits, half a cache line each, in two parts.  The first third is
 * the gate: it knows the ancestors with two labels of all keys, three bits for
 * each, and denies seven of eight names that it does not know; so most misses end
 * with one cache line, of a part that is small.  The others are the filter
 * proper: a key sets one bit in each of a block's eight 32-bit words (F. Putze,
 * P. Sanders, J. Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007)
 * and is let through to the tree by mistake once in forty times.  Together they
 * take 12.5 bits a key.
 *
 * One 64-bit hash chooses the bits: its high half the block, its low 40 bits
 * the eight places, five bits each (in the gate: its low 24, eight bits each).
 *
 * The hash of a name is SipHash-1-3 (lib/siphash.h) of its database key
 * (lib/name.h), keyed with the file's random key, so that nobody who does not
 * know that can make names that collide.  The key of an ancestor is the
 * beginning of the key: one pass over it gives the hashes of all ancestors,
 * each finished where its labels end.
 */
#ifndef WEIR_LIB_FILTER_H
#define WEIR_LIB_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/name.h"
#include "lib/siphash.h"

#define WEIR_FILTER_KEY_SIZE   WEIR_SIPHASH_KEY_SIZE
#define WEIR_FILTER_BLOCK_SIZE 32

/** Labels of the ancestors that the gate knows. */
#define WEIR_FILTER_GATE_LABELS 2

/** A file's filter. */
struct weir_filter {
	const uint8_t *blocks; /* the gate's; at an address that 64 divides */
	uint64_t gate_count;   /* blocks of the gate; 0: it lets all through */
	const uint8_t *main;   /* blocks of the filter proper */
	uint64_t main_count;
	uint8_t key[WEIR_FILTER_KEY_SIZE];
};

/** Blocks of both parts for that many keys; at least 3. */
uint64_t weir_filter_block_count(uint64_t key_count);

/** Takes block_count blocks of both parts and the key. */
void weir_filter_init(struct weir_filter *filter, const uint8_t *blocks,
    uint64_t block_count, const uint8_t key[WEIR_FILTER_KEY_SIZE]);

/** The hash of one key. */
uint64_t weir_filter_hash(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, size_t key_len);

/** The same; eight octets behind the key may be read. */
uint64_t weir_filter_hash_padded(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, size_t key_len);

/** The hashes of a name and its ancestors, as far as they are needed:
 *  ret_hashes[n] is that of the ancestor with n labels, for n from 1 to what is
 *  returned; the deeper ones are in neither filter.  key, ends: as
 *  weir_name_to_key gives them; key has WEIR_KEY_SIZE octets, and what stands
 *  behind its end has no say.  `overlay`, if not NULL, has the same key.  The
 *  processor is asked for the block of each hash as soon as it is known. */
unsigned int weir_filter_hash_key(const struct weir_filter *filter,
    const struct weir_filter *overlay, const uint8_t *key, const uint16_t *ends,
    unsigned int label_count, uint64_t *ret_hashes);

/** The length of the key of the ancestor with two labels (the key itself, if it
 *  has no more); 0 if there is but one label: nothing for the gate. */
size_t weir_filter_gate_len(const uint8_t *key, size_t key_len);

/** Adds a key's hash; to the gate, the hash of that ancestor.  blocks:
 *  block_count * WEIR_FILTER_BLOCK_SIZE octets of both parts, zeroed before the
 *  first. */
void weir_filter_add(uint8_t *blocks, uint64_t block_count, uint64_t hash);
void weir_filter_add_gate(uint8_t *blocks, uint64_t block_count, uint64_t hash);

static inline const uint8_t *
weir_filter_block(const uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	unsigned __int128 place = (unsigned __int128)(hash >> 32) * block_count;

	return blocks + (uint64_t)(place >> 32) * WEIR_FILTER_BLOCK_SIZE;
}

/** Asks the processor for the block of a hash. */
static inline void
weir_filter_prefetch(const struct weir_filter *filter, uint64_t hash)
{
	__builtin_prefetch(
	    weir_filter_block(filter->main, filter->main_count, hash));
}

/** Asks the processor for the hash's place in the gate. */
static inline void
weir_filter_gate_prefetch(const struct weir_filter *filter, uint64_t hash)
{
	__builtin_prefetch(
	    weir_filter_block(filter->blocks, filter->gate_count, hash));
}

/* The word, moved so that the hash's place in it comes lowest. */
static inline uint32_t
weir_filter_word(const uint8_t *block, unsigned int number, uint64_t hash)
{
	uint32_t word;

	memcpy(&word, block + (size_t)4 * number, 4);
	return word >> (hash >> 5 * number & 31);
}

/** false: the key is not there.  true: it may be. */
static inline bool
weir_filter_has(const struct weir_filter *filter, uint64_t hash)
{
	const uint8_t *block = weir_filter_block(
	    filter->main, filter->main_count, hash);
	uint32_t bits;

	bits = weir_filter_word(block, 0, hash) &
	       weir_filter_word(block, 1, hash) &
	       weir_filter_word(block, 2, hash) &
	       weir_filter_word(block, 3, hash);
	if (__builtin_expect((bits & 1) == 0, 1)) /* five of six misses */
		return false;
	bits = weir_filter_word(block, 4, hash) &
	       weir_filter_word(block, 5, hash) &
	       weir_filter_word(block, 6, hash) &
	       weir_filter_word(block, 7, hash);
	return (bits & 1) != 0;
}

/** false: no key has that ancestor with two labels.  true: one may. */
static inline bool
weir_filter_gate_has(const struct weir_filter *filter, uint64_t hash)
{
	const uint8_t *block;
	unsigned int bits = 1, i, place;

	if (filter->gate_count == 0)
		return true;
	block = weir_filter_block(filter->blocks, filter->gate_count, hash);
	for (i = 0; i < 3; i++) {
		place = hash >> 8 * i & 255;
		bits &= (unsigned int)block[place / 8] >> place % 8;
	}
	return bits != 0;
}

#endif
