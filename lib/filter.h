/*
 * filter.h - a split-block Bloom filter over the keys of a database file.
 *
 * One block is 256 bits in half a cache line; a key sets one bit in each of
 * its eight 32-bit words, chosen by one 64-bit hash (F. Putze, P. Sanders,
 * J. Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007; the block
 * layout is that of Apache Parquet's specification).  With 12 bits a key about
 * one miss in 250 is let through to the tree.
 *
 * The hash of a name is SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein: SipHash,
 * 2012) of its database key (lib/name.h), keyed with the file's random key, so
 * that nobody who does not know that can make names that collide.  The key of
 * an ancestor is the beginning of the key: one pass over it gives the hashes of
 * all ancestors, each finished where its labels end.
 */
#ifndef WEIR_LIB_FILTER_H
#define WEIR_LIB_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"

#define WEIR_FILTER_KEY_SIZE   16
#define WEIR_FILTER_BLOCK_SIZE 32

/** Blocks for that many keys; at least 1. */
uint64_t weir_filter_block_count(uint64_t key_count);

/** The hashes of a name and its ancestors: ret_hashes[n] is that of the
 *  ancestor with n labels, for n from 1 to label_count.  key, ends: as
 *  weir_name_to_key gives them; key has WEIR_KEY_SIZE octets, and what stands
 *  behind its end has no say. */
void weir_filter_hash_key(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, const uint16_t *ends, unsigned int label_count,
    uint64_t *ret_hashes);

/** The hash of one key. */
uint64_t weir_filter_hash(const uint8_t filter_key[WEIR_FILTER_KEY_SIZE],
    const uint8_t *key, size_t key_len);

/** Adds a key's hash.  blocks: block_count * WEIR_FILTER_BLOCK_SIZE octets,
 *  zeroed before the first. */
void weir_filter_add(uint8_t *blocks, uint64_t block_count, uint64_t hash);

/** Asks the processor for the block of a hash, so that the blocks of a name's
 *  ancestors are fetched side by side and not one after the other. */
void weir_filter_prefetch(
    const uint8_t *blocks, uint64_t block_count, uint64_t hash);

/** false: the key is not there.  true: it may be. */
bool
weir_filter_has(const uint8_t *blocks, uint64_t block_count, uint64_t hash);

#endif
