/*
 * tuf_key.h - the keys of TUF metadata: ed25519 (RFC 8032), through libsodium.
 *
 * In metadata a key is {"keytype":"ed25519","scheme":"ed25519","keyval":
 * {"public":"64 hex digits"}}, and its id the SHA-256 of that object's
 * canonical form (TUF specification 1.0.34, 4.2).  A signature is made of the
 * canonical form of `signed`.
 */
#ifndef WEIR_FEEDS_TUF_KEY_H
#define WEIR_FEEDS_TUF_KEY_H

#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define WEIR_TUF_HASH_BYTES  32
#define WEIR_TUF_HEX_SIZE    (2 * WEIR_TUF_HASH_BYTES + 1) /* with NUL */
#define WEIR_TUF_SHA512_SIZE (2 * crypto_hash_sha512_BYTES + 1)
#define WEIR_TUF_PUBLIC      crypto_sign_PUBLICKEYBYTES
#define WEIR_TUF_SECRET      crypto_sign_SECRETKEYBYTES
#define WEIR_TUF_SIGNATURE   crypto_sign_BYTES

struct weir_tuf_key {
	char id[WEIR_TUF_HEX_SIZE];
	uint8_t public_key[WEIR_TUF_PUBLIC];
};

/** SHA-256 as lower-case hex. */
void
weir_tuf_sha256(const void *data, size_t len, char ret_hex[WEIR_TUF_HEX_SIZE]);

/** What metadata say of a file's content; "": not said. */
struct weir_tuf_hashes {
	char sha256[WEIR_TUF_HEX_SIZE];
	char sha512[WEIR_TUF_SHA512_SIZE];
};
void
weir_tuf_hash(const void *data, size_t len, struct weir_tuf_hashes *ret_hashes);
/** Of a file from its beginning to its end.  WEIR_ESYSTEM. */
int weir_tuf_hash_file(
    int fd, uint64_t *ret_len, struct weir_tuf_hashes *ret_hashes) WEIR_CHECKED;

/** Lower-case hex digits of exactly `len` octets. */
bool weir_tuf_hex_parse(const char *text, uint8_t *ret_bytes, size_t len);

/** Makes the id; false without memory. */
bool weir_tuf_key_init(
    struct weir_tuf_key *key, const uint8_t public_key[WEIR_TUF_PUBLIC]);

/** The key as metadata have it; the caller owns it; NULL without memory. */
json_t *weir_tuf_key_print(const struct weir_tuf_key *key);

/** Reads one member of `keys`.  1; 0: a key of another type, which is passed
 *  over; WEIR_EFORMAT: the id is not that of the key, or its public key has
 *  another length or is a point of small order (with which one signature fits
 *  many messages). */
int weir_tuf_key_parse(
    const char *id, json_t *object, struct weir_tuf_key *ret_key) WEIR_CHECKED;

/** Whether the hex signature is the key's for those octets. */
bool weir_tuf_key_verify(const struct weir_tuf_key *key, const char *signature,
    const void *data, size_t len);

/** Signs what `signed` is in its canonical form, and puts {"keyid","sig"} at the
 *  end of the array.  WEIR_EMEMORY, WEIR_EFORMAT. */
int weir_tuf_key_sign(const struct weir_tuf_key *key,
    const uint8_t secret_key[WEIR_TUF_SECRET], json_t *is_signed,
    json_t *signatures) WEIR_CHECKED;

#endif
