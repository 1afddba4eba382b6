/*
 * siphash.h - SipHash-c-d (J.-P. Aumasson, D. J. Bernstein: SipHash: a fast
 * short-input PRF, 2012), so cut that one pass over a text can be finished at
 * several places: the state is copied and finished, and goes on.
 *
 * c rounds for each eight octets, d at the end.  Rounds are constants of the
 * caller's, so that everything is inlined.
 */
#ifndef WEIR_LIB_SIPHASH_H
#define WEIR_LIB_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"

#define WEIR_SIPHASH_KEY_SIZE 16

struct weir_siphash {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
weir_siphash_rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void
weir_siphash_rounds(struct weir_siphash *sip, unsigned int rounds)
{
	while (rounds-- > 0) {
		sip->v0 += sip->v1;
		sip->v2 += sip->v3;
		sip->v1 = weir_siphash_rotate(sip->v1, 13) ^ sip->v0;
		sip->v3 = weir_siphash_rotate(sip->v3, 16) ^ sip->v2;
		sip->v0 = weir_siphash_rotate(sip->v0, 32);
		sip->v2 += sip->v1;
		sip->v0 += sip->v3;
		sip->v1 = weir_siphash_rotate(sip->v1, 17) ^ sip->v2;
		sip->v3 = weir_siphash_rotate(sip->v3, 21) ^ sip->v0;
		sip->v2 = weir_siphash_rotate(sip->v2, 32);
	}
}

static inline void
weir_siphash_init(
    struct weir_siphash *sip, const uint8_t key[WEIR_SIPHASH_KEY_SIZE])
{
	uint64_t k0 = weir_bytes_get64(key), k1 = weir_bytes_get64(key + 8);

	sip->v0 = k0 ^ 0x736f6d6570736575ULL;
	sip->v1 = k1 ^ 0x646f72616e646f6dULL;
	sip->v2 = k0 ^ 0x6c7967656e657261ULL;
	sip->v3 = k1 ^ 0x7465646279746573ULL;
}

/** Eight octets more, as weir_bytes_get64 reads them. */
static inline void
weir_siphash_word(struct weir_siphash *sip, uint64_t word, unsigned int c)
{
	sip->v3 ^= word;
	weir_siphash_rounds(sip, c);
	sip->v0 ^= word;
}

/** The hash of `len` octets, of which the last len % 8 are the low ones of
 *  `rest`; what stands above them has no say. */
static inline uint64_t
weir_siphash_finish(struct weir_siphash sip, uint64_t rest, size_t len,
    unsigned int c, unsigned int d)
{
	unsigned int bits = 8 * (len & 7);

	rest &= (1ULL << bits) - 1;
	weir_siphash_word(&sip, rest | (uint64_t)len << 56, c);
	sip.v2 ^= 0xff;
	weir_siphash_rounds(&sip, d);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

#endif
