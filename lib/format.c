/*
 * format.c - the header of a database file, in bytes.  See format.h.
 */
#include "lib/format.h"

#include <string.h>

#include "lib/bytes.h"
#include "lib/error.h"

void
weir_db_header_encode(const struct weir_db_header *header, uint8_t *bytes)
{
	memset(bytes, 0, WEIR_HEADER_BYTES);
	memcpy(bytes, WEIR_DB_MAGIC, 8);
	weir_bytes_put32(bytes + 8, header->version);
	weir_bytes_put32(bytes + 12, header->kind);
	weir_bytes_put64(bytes + 16, header->name_count);
	weir_bytes_put64(bytes + 24, header->filter_block_count);
	memcpy(bytes + 32, header->filter_key, 16);
	weir_bytes_put64(bytes + 48, header->sets_len);
	weir_bytes_put64(bytes + 56, header->created_unix);
	memcpy(bytes + 64, header->builder, WEIR_BUILDER_BYTES);
	memcpy(bytes + 96, header->base, WEIR_CHECKSUM_BYTES);
	memcpy(bytes + 128, header->checksum, WEIR_CHECKSUM_BYTES);
}

int
weir_db_header_decode(
    const uint8_t *bytes, uint64_t len, struct weir_db_header *ret_header)
{
	if (len < 12 || memcmp(bytes, WEIR_DB_MAGIC, 8) != 0)
		return WEIR_EFORMAT;
	if (weir_bytes_get32(bytes + 8) != WEIR_DB_VERSION)
		return WEIR_EVERSION;
	if (len != WEIR_HEADER_BYTES || bytes[64 + WEIR_BUILDER_BYTES - 1] != 0)
		return WEIR_EFORMAT;
	ret_header->version = WEIR_DB_VERSION;
	ret_header->kind = weir_bytes_get32(bytes + 12);
	ret_header->name_count = weir_bytes_get64(bytes + 16);
	ret_header->filter_block_count = weir_bytes_get64(bytes + 24);
	memcpy(ret_header->filter_key, bytes + 32, 16);
	ret_header->sets_len = weir_bytes_get64(bytes + 48);
	ret_header->created_unix = weir_bytes_get64(bytes + 56);
	memcpy(ret_header->builder, bytes + 64, WEIR_BUILDER_BYTES);
	memcpy(ret_header->base, bytes + 96, WEIR_CHECKSUM_BYTES);
	memcpy(ret_header->checksum, bytes + 128, WEIR_CHECKSUM_BYTES);
	return WEIR_OK;
}
