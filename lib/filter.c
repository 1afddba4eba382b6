/*
 * filter.c - the split-block Bloom filter that spares a miss the tree.
 */
#include "lib/filter.h"

/* 12.5 bits a key for three parts: 25 / 6 for each, of 256 bits a block. */
#define PART_BITS    25
#define PART_DIVISOR (6ULL * 8 * WEIR_FILTER_BLOCK_SIZE)
#define PARTS        3
#define GATE_BITS    3

/* SipHash-1-3. */
#define C_ROUNDS 1
#define D_ROUNDS 3

uint64_t
weir_filter_block_count(uint64_t key_count)
{
	return PARTS * (key_count * PART_BITS / PART_DIVISOR + 1);
}

void
weir_filter_init(struct weir_filter *filter, const uint8_t *blocks,
    uint64_t block_count, const uint8_t key[WEIR_FILTER_KEY_SIZE])
{
	filter->blocks = blocks;
	filter->gate_count = block_count / PARTS;
	filter->main = blocks + filter->gate_count * WEIR_FILTER_BLOCK_SIZE;
	filter->main_count = block_count - filter->gate_count;
	memcpy(filter->key, key, WEIR_FILTER_KEY_SIZE);
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

uint64_t
weir_filter_hash_padded(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, size_t key_len)
{
	struct weir_siphash sip;
	size_t at;

	weir_siphash_init(&sip, filter_key);
	for (at = 0; at + 8 <= key_len; at += 8)
		weir_siphash_word(&sip, weir_bytes_get64(key + at), C_ROUNDS);
	return weir_siphash_finish(
	    sip, weir_bytes_get64(key + at), key_len, C_ROUNDS, D_ROUNDS);
}

unsigned int
weir_filter_hash_key(const struct weir_filter *filter,
    const struct weir_filter *overlay, const uint8_t *key, const uint16_t *ends,
    unsigned int label_count, uint64_t *ret_hashes)
{
	struct weir_siphash sip;
	unsigned int labels;
	uint64_t hash;
	size_t at = 0;

	weir_siphash_init(&sip, filter->key);
	for (labels = 1; labels <= label_count; labels++) {
		for (; at + 8 <= ends[labels]; at += 8)
			weir_siphash_word(
			    &sip, weir_bytes_get64(key + at), C_ROUNDS);
		hash = weir_siphash_finish(sip, weir_bytes_get64(key + at),
		    ends[labels], C_ROUNDS, D_ROUNDS);
		if (labels == WEIR_FILTER_GATE_LABELS &&
		    !weir_filter_gate_has(filter, hash) &&
		    (!overlay || !weir_filter_gate_has(overlay, hash)))
			return labels - 1;
		ret_hashes[labels] = hash;
		weir_filter_prefetch(filter, hash);
	}
	return label_count;
}

size_t
weir_filter_gate_len(const uint8_t *key, size_t key_len)
{
	size_t len = 2 + (size_t)key[1]; /* trigger, first label */

	return len >= key_len ? 0 : len + 1 + key[len];
}

void
weir_filter_add(uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	uint64_t gate_count = block_count / PARTS, main_count;
	uint8_t *main = blocks + gate_count * WEIR_FILTER_BLOCK_SIZE, *block;
	unsigned int i;
	uint32_t word;

	main_count = block_count - gate_count;
	block = main + (weir_filter_block(main, main_count, hash) - main);
	for (i = 0; i < 8; i++) {
		memcpy(&word, block + (size_t)4 * i, 4);
		word |= 1U << (hash >> 5 * i & 31);
		memcpy(block + (size_t)4 * i, &word, 4);
	}
}

void
weir_filter_add_gate(uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	uint64_t gate_count = block_count / PARTS;
	unsigned int i, place;
	uint8_t *block;

	if (gate_count == 0)
		return;
	block = blocks + (weir_filter_block(blocks, gate_count, hash) - blocks);
	for (i = 0; i < GATE_BITS; i++) {
		place = hash >> 8 * i & 255;
		block[place / 8] |= (uint8_t)(1U << place % 8);
	}
}
