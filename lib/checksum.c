/*
 * checksum.c - the two checksums of a database file.
 */
#include "lib/checksum.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/bytes.h"
#include "lib/file.h"

#define READ_SIZE 262144

void
weir_checksum_init(struct weir_checksum *checksum)
{
	(void)crypto_generichash_init(
	    &checksum->state, NULL, 0, WEIR_CHECKSUM_BYTES);
	checksum->len = 0;
}

static void
flush(struct weir_checksum *checksum)
{
	(void)crypto_generichash_update(
	    &checksum->state, checksum->waiting, checksum->len);
	checksum->len = 0;
}

static void
add_part(struct weir_checksum *checksum, const void *part, size_t len)
{
	if (sizeof(checksum->waiting) - checksum->len < 4 + len)
		flush(checksum);
	weir_bytes_put32(checksum->waiting + checksum->len, (uint32_t)len);
	checksum->len += 4;
	if (sizeof(checksum->waiting) - checksum->len < len) {
		flush(checksum);
		(void)crypto_generichash_update(&checksum->state, part, len);
		return;
	}
	memcpy(checksum->waiting + checksum->len, part, len);
	checksum->len += len;
}

void
weir_checksum_add(struct weir_checksum *checksum, const void *key,
    size_t key_len, const void *value, size_t value_len)
{
	add_part(checksum, key, key_len);
	add_part(checksum, value, value_len);
}

void
weir_checksum_add_records(
    struct weir_checksum *checksum, const uint8_t *bytes, size_t len)
{
	flush(checksum);
	(void)crypto_generichash_update(&checksum->state, bytes, len);
}

void
weir_checksum_done(
    struct weir_checksum *checksum, uint8_t ret_sum[WEIR_CHECKSUM_BYTES])
{
	flush(checksum);
	(void)crypto_generichash_final(
	    &checksum->state, ret_sum, WEIR_CHECKSUM_BYTES);
}

static int
digest(int fd, XXH3_state_t *state, uint8_t *buffer, uint64_t *ret_size)
{
	uint64_t size = 0;
	ssize_t got;

	while ((got = read(fd, buffer, READ_SIZE)) > 0) {
		(void)XXH3_128bits_update(state, buffer, (size_t)got);
		size += (uint64_t)got;
		/* In the resolver's process: its workers go first. */
		(void)sched_yield();
	}
	if (got < 0)
		return WEIR_ESYSTEM;
	*ret_size = size;
	return WEIR_OK;
}

int
weir_checksum_file(
    const char *path, uint64_t *ret_size, uint8_t ret_quick[WEIR_QUICK_BYTES])
{
	XXH3_state_t *state = XXH3_createState();
	uint8_t *buffer = malloc(READ_SIZE);
	XXH128_canonical_t canonical;
	int fd = -1, error = WEIR_EMEMORY;

	if (!state || !buffer || XXH3_128bits_reset(state) != XXH_OK)
		goto out;
	error = weir_file_open(path, &fd);
	if (!error)
		error = digest(fd, state, buffer, ret_size);
	if (error)
		goto out;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
	memcpy(ret_quick, canonical.digest, WEIR_QUICK_BYTES);
out:
	if (fd >= 0)
		(void)close(fd);
	free(buffer);
	(void)XXH3_freeState(state);
	return error;
}
