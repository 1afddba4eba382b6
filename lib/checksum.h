/*
 * checksum.h - the content checksum of a database file (lib/format.h): the
 * writer computes it while it writes, the reader again from what it finds.
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
};

void weir_checksum_init(struct weir_checksum *checksum);
/** One record.  Of the filter only the blocks count as its value; of the
 *  header all but its last WEIR_CHECKSUM_BYTES octets, which the caller sets
 *  to zero. */
void weir_checksum_add(struct weir_checksum *checksum, const void *key,
    size_t key_len, const void *value, size_t value_len);
void weir_checksum_done(
    struct weir_checksum *checksum, uint8_t ret_sum[WEIR_CHECKSUM_BYTES]);

#endif
