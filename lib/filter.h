/*
 * filter.h - a split-block Bloom filter over the keys of a database file.
 *
 * One block is 256 bits in half a cache line; a key sets one bit in each of
 * its eight 32-bit words (F. Putze, P. Sanders, J. Singler: Cache-, Hash- and
 * Space-Efficient Bloom Filters, 2007).  One 64-bit hash chooses them: its high
 * half the block, its low 40 bits the eight places, five bits each.  With 12
 * bits a key about one miss in 250 is let through to the tree.
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

/** A file's filter. */
struct weir_filter {
	const uint8_t *blocks; /* at an address that 64 divides */
	uint64_t block_count;
	uint8_t key[WEIR_FILTER_KEY_SIZE];
};

/** Blocks for that many keys; at least 1. */
uint64_t weir_filter_block_count(uint64_t key_count);

/** The hash of one key. */
uint64_t weir_filter_hash(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, size_t key_len);

/** The hashes of a name and its ancestors: ret_hashes[n] is that of the
 *  ancestor with n labels, for n from 1 to label_count.  key, ends: as
 *  weir_name_to_key gives them; key has WEIR_KEY_SIZE octets, and what stands
 *  behind its end has no say.  The processor is asked for the block of each as
 *  soon as it is known, so that they are fetched side by side, and while the
 *  next hash is made. */
void weir_filter_hash_key(const struct weir_filter *filter, const uint8_t *key,
    const uint16_t *ends, unsigned int label_count, uint64_t *ret_hashes);

/** Adds a key's hash.  blocks: block_count * WEIR_FILTER_BLOCK_SIZE octets,
 *  zeroed before the first. */
void weir_filter_add(uint8_t *blocks, uint64_t block_count, uint64_t hash);

static inline const uint8_t *
weir_filter_block(const uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	unsigned __int128 place = (unsigned __int128)(hash >> 32) * block_count;

	return blocks + (uint64_t)(place >> 32) * WEIR_FILTER_BLOCK_SIZE;
}

/** Asks the processor for the block of a hash. */
static inline void
weir_filter_prefetch(const uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	__builtin_prefetch(weir_filter_block(blocks, block_count, hash));
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
weir_filter_has(const uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	const uint8_t *block = weir_filter_block(blocks, block_count, hash);
	uint32_t bits;

	bits = weir_filter_word(block, 0, hash) &
	       weir_filter_word(block, 1, hash) &
	       weir_filter_word(block, 2, hash) &
	       weir_filter_word(block, 3, hash);
	/* Fifteen of sixteen misses end here. */
	if (__builtin_expect((bits & 1) == 0, 1))
		return false;
	bits = weir_filter_word(block, 4, hash) &
	       weir_filter_word(block, 5, hash) &
	       weir_filter_word(block, 6, hash) &
	       weir_filter_word(block, 7, hash);
	return (bits & 1) != 0;
}

#endif
