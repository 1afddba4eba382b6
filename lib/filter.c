/*
 * filter.c - the split-block Bloom filter that spares a miss the tree.
 */
#include "lib/filter.h"

#define BITS_PER_KEY 12

/* SipHash-1-3. */
#define C_ROUNDS 1
#define D_ROUNDS 3

uint64_t
weir_filter_block_count(uint64_t key_count)
{
	uint64_t bits = key_count * BITS_PER_KEY;

	return bits / (8 * WEIR_FILTER_BLOCK_SIZE) + 1;
}

uint64_t
weir_filter_hash(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, size_t key_len)
{
	struct weir_siphash sip;
	uint8_t rest[8] = { 0 };
	size_t at;

	weir_siphash_init(&sip, filter_key);
	for (at = 0; at + 8 <= key_len; at += 8)
		weir_siphash_word(&sip, weir_bytes_get64(key + at), C_ROUNDS);
	memcpy(rest, key + at, key_len - at);
	return weir_siphash_finish(
	    sip, weir_bytes_get64(rest), key_len, C_ROUNDS, D_ROUNDS);
}

void
weir_filter_hash_key(const struct weir_filter *filter, const uint8_t *key,
    const uint16_t *ends, unsigned int label_count, uint64_t *ret_hashes)
{
	struct weir_siphash sip;
	unsigned int labels;
	size_t at = 0;

	weir_siphash_init(&sip, filter->key);
	for (labels = 1; labels <= label_count; labels++) {
		for (; at + 8 <= ends[labels]; at += 8)
			weir_siphash_word(
			    &sip, weir_bytes_get64(key + at), C_ROUNDS);
		ret_hashes[labels] = weir_siphash_finish(sip,
		    weir_bytes_get64(key + at), ends[labels], C_ROUNDS,
		    D_ROUNDS);
		weir_filter_prefetch(
		    filter->blocks, filter->block_count, ret_hashes[labels]);
	}
}

void
weir_filter_add(uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	const uint8_t *found = weir_filter_block(blocks, block_count, hash);
	uint8_t *block = blocks + (found - blocks);
	unsigned int i;
	uint32_t word;

	for (i = 0; i < 8; i++) {
		memcpy(&word, block + (size_t)4 * i, 4);
		word |= 1U << (hash >> 5 * i & 31);
		memcpy(block + (size_t)4 * i, &word, 4);
	}
}
