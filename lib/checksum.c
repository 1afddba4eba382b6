/*
 * checksum.c - BLAKE2b-256 over the records of a database file.
 */
#include "lib/checksum.h"

#include "lib/bytes.h"

void
weir_checksum_init(struct weir_checksum *checksum)
{
	(void)crypto_generichash_init(
	    &checksum->state, NULL, 0, WEIR_CHECKSUM_BYTES);
}

static void
add_part(struct weir_checksum *checksum, const void *part, size_t len)
{
	uint8_t length[4];

	weir_bytes_put32(length, (uint32_t)len);
	(void)crypto_generichash_update(&checksum->state, length, 4);
	(void)crypto_generichash_update(&checksum->state, part, len);
}

void
weir_checksum_add(struct weir_checksum *checksum, const void *key,
    size_t key_len, const void *value, size_t value_len)
{
	add_part(checksum, key, key_len);
	add_part(checksum, value, value_len);
}

void
weir_checksum_done(
    struct weir_checksum *checksum, uint8_t ret_sum[WEIR_CHECKSUM_BYTES])
{
	(void)crypto_generichash_final(
	    &checksum->state, ret_sum, WEIR_CHECKSUM_BYTES);
}
