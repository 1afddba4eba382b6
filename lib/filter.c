/*
 * filter.c - the split-block Bloom filter that spares a miss the tree.
 */
#include "lib/filter.h"

#include <sodium.h>
#include <string.h>

/* Odd multipliers, one for each word of a block: the constants of the Parquet
 * specification. */
static const uint32_t salts[8] = { 0x47b6137bU, 0x44974d91U, 0x8824ad5bU,
	0xa2b7289dU, 0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U };

#define BITS_PER_KEY 12

uint64_t
weir_filter_block_count(uint64_t key_count)
{
	uint64_t bits = key_count * BITS_PER_KEY;

	return bits / (8 * WEIR_FILTER_BLOCK_SIZE) + 1;
}

void
weir_filter_hash_name(const uint8_t key[WEIR_FILTER_KEY_SIZE],
    const struct weir_name *name, uint64_t *ret_hashes)
{
	uint8_t input[8 + 1 + WEIR_LABEL_SIZE];
	unsigned int label, labels = name->label_count;
	size_t len;

	ret_hashes[0] = 0;
	for (label = labels; label-- > 0;) {
		memcpy(input, &ret_hashes[labels - label - 1], 8);
		len = 1 + (size_t)name->wire[name->offset[label]];
		memcpy(input + 8, name->wire + name->offset[label], len);
		(void)crypto_shorthash(
		    (unsigned char *)&ret_hashes[labels - label], input,
		    8 + len, key);
	}
}

/* The block of a hash: its high half, scaled to the number of blocks. */
static uint64_t
block_of(uint64_t hash, uint64_t block_count)
{
	return (
	    uint64_t)(((unsigned __int128)(hash >> 32) * block_count) >> 32);
}

void
weir_filter_add(uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	uint8_t *block = blocks +
			 block_of(hash, block_count) * WEIR_FILTER_BLOCK_SIZE;
	unsigned int i;
	uint32_t word;

	for (i = 0; i < 8; i++) {
		memcpy(&word, block + 4 * i, 4);
		word |= 1U << (((uint32_t)hash * salts[i]) >> 27);
		memcpy(block + 4 * i, &word, 4);
	}
}

void
weir_filter_prefetch(const uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	__builtin_prefetch(
	    blocks + block_of(hash, block_count) * WEIR_FILTER_BLOCK_SIZE);
}

bool
weir_filter_has(const uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	const uint8_t *block = blocks + block_of(hash, block_count) *
					    WEIR_FILTER_BLOCK_SIZE;
	uint32_t word, missing = 0;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		memcpy(&word, block + 4 * i, 4);
		missing |= ~word & (1U << (((uint32_t)hash * salts[i]) >> 27));
	}
	return missing == 0;
}
