/*
 * checksum.h - the two checksums of a database file.
 *
 * The content checksum (lib/format.h) says that the records are those that were
 * written: the writer computes it while it writes, `weir-load check` again from
 * what it finds.  It can only be had by reading the tree.  The quick checksum
 * (XXH3-128, xxhash.com) is of the file's octets; lib/proof.h compares it.
 */
#ifndef WEIR_LIB_CHECKSUM_H
#define WEIR_LIB_CHECKSUM_H

#include <sodium.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/format.h"

/** BLAKE2b-256 over records, in key order. */
struct weir_checksum {
	crypto_generichash_state state;
	size_t len; /* octets that wait: small pieces are hashed together */
	uint8_t waiting[4096];
};

void weir_checksum_init(struct weir_checksum *checksum);
/** One record.  Of the filter only the blocks count as its value; of the
 *  header all but its last WEIR_CHECKSUM_BYTES octets, which the caller sets
 *  to zero. */
void weir_checksum_add(struct weir_checksum *checksum, const void *key,
    size_t key_len, const void *value, size_t value_len);
/** Many records, already in the form that is summed up: u32 length, key, u32
 *  length, value. */
void weir_checksum_add_records(
    struct weir_checksum *checksum, const uint8_t *bytes, size_t len);
void weir_checksum_done(
    struct weir_checksum *checksum, uint8_t ret_sum[WEIR_CHECKSUM_BYTES]);

/** The quick checksum of a file, and its size.  WEIR_EMISSING, WEIR_ESYSTEM;
 *  WEIR_EFORMAT: no regular file. */
int weir_checksum_file(const char *path, uint64_t *ret_size,
    uint8_t ret_quick[WEIR_QUICK_BYTES]) WEIR_CHECKED;

#endif
