/*
 * filter.c - the split-block Bloom filter that spares a miss the tree.
 */
#include "lib/filter.h"

#include <string.h>

#include "lib/bytes.h"

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

/* SipHash-2-4, so written that it can be finished after any octet: the paper's
 * state, two rounds for each eight octets, four at the end. */
struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void
sip_round(struct sip *sip)
{
	sip->v0 += sip->v1;
	sip->v2 += sip->v3;
	sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
	sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
	sip->v0 = rotate(sip->v0, 32);
	sip->v2 += sip->v1;
	sip->v0 += sip->v3;
	sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
	sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
	sip->v2 = rotate(sip->v2, 32);
}

static inline void
sip_init(struct sip *sip, const uint8_t key[WEIR_FILTER_KEY_SIZE])
{
	uint64_t k0 = weir_bytes_get64(key), k1 = weir_bytes_get64(key + 8);

	sip->v0 = k0 ^ 0x736f6d6570736575ULL;
	sip->v1 = k1 ^ 0x646f72616e646f6dULL;
	sip->v2 = k0 ^ 0x6c7967656e657261ULL;
	sip->v3 = k1 ^ 0x7465646279746573ULL;
}

static inline void
sip_word(struct sip *sip, uint64_t word)
{
	sip->v3 ^= word;
	sip_round(sip);
	sip_round(sip);
	sip->v0 ^= word;
}

/* The hash of `len` octets, of which the last len % 8 are in `rest`. */
static inline uint64_t
sip_finish(struct sip sip, uint64_t rest, size_t len)
{
	unsigned int bits = 8 * (len & 7);

	sip_word(&sip, (rest & ((1ULL << bits) - 1)) | (uint64_t)len << 56);
	sip.v2 ^= 0xff;
	sip_round(&sip);
	sip_round(&sip);
	sip_round(&sip);
	sip_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

void
weir_filter_hash_key(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, const uint16_t *ends, unsigned int label_count,
    uint64_t *ret_hashes)
{
	unsigned int labels;
	size_t at = 0;
	struct sip sip;

	sip_init(&sip, filter_key);
	for (labels = 1; labels <= label_count; labels++) {
		for (; at + 8 <= ends[labels]; at += 8)
			sip_word(&sip, weir_bytes_get64(key + at));
		ret_hashes[labels] = sip_finish(
		    sip, weir_bytes_get64(key + at), ends[labels]);
	}
}

uint64_t
weir_filter_hash(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, size_t key_len)
{
	uint8_t rest[8] = { 0 };
	struct sip sip;
	size_t at;

	sip_init(&sip, filter_key);
	for (at = 0; at + 8 <= key_len; at += 8)
		sip_word(&sip, weir_bytes_get64(key + at));
	memcpy(rest, key + at, key_len - at);
	return sip_finish(sip, weir_bytes_get64(rest), key_len);
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

/* How many of four words lack their bit: as a mask, without a branch. */
static inline uint32_t
missing_of_four(const uint8_t *words, const uint32_t *salt, uint32_t hash)
{
	uint32_t word, missing = 0;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		memcpy(&word, words + 4 * i, 4);
		missing |= ~word & (1U << ((hash * salt[i]) >> 27));
	}
	return missing;
}

bool
weir_filter_has(const uint8_t *blocks, uint64_t block_count, uint64_t hash)
{
	const uint8_t *block = blocks + block_of(hash, block_count) *
					    WEIR_FILTER_BLOCK_SIZE;

	/* Fifteen of sixteen misses end with the first half. */
	return missing_of_four(block, salts, (uint32_t)hash) == 0 &&
	       missing_of_four(block + 16, salts + 4, (uint32_t)hash) == 0;
}
