/*
 * tuf_key.c - keys of TUF metadata, and what they sign.
 */
#include "feeds/tuf_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/tuf_json.h"

void
weir_tuf_sha256(const void *data, size_t len, char ret_hex[WEIR_TUF_HEX_SIZE])
{
	uint8_t hash[WEIR_TUF_HASH_BYTES];

	(void)crypto_hash_sha256(hash, data, len);
	(void)sodium_bin2hex(ret_hex, WEIR_TUF_HEX_SIZE, hash, sizeof(hash));
}

static void
print_hashes(crypto_hash_sha256_state *sha256, crypto_hash_sha512_state *sha512,
    struct weir_tuf_hashes *ret_hashes)
{
	uint8_t hash[crypto_hash_sha512_BYTES];

	(void)crypto_hash_sha256_final(sha256, hash);
	(void)sodium_bin2hex(ret_hashes->sha256, sizeof(ret_hashes->sha256),
	    hash, crypto_hash_sha256_BYTES);
	(void)crypto_hash_sha512_final(sha512, hash);
	(void)sodium_bin2hex(ret_hashes->sha512, sizeof(ret_hashes->sha512),
	    hash, crypto_hash_sha512_BYTES);
}

void
weir_tuf_hash(const void *data, size_t len, struct weir_tuf_hashes *ret_hashes)
{
	crypto_hash_sha256_state sha256;
	crypto_hash_sha512_state sha512;

	(void)crypto_hash_sha256_init(&sha256);
	(void)crypto_hash_sha512_init(&sha512);
	(void)crypto_hash_sha256_update(&sha256, data, len);
	(void)crypto_hash_sha512_update(&sha512, data, len);
	print_hashes(&sha256, &sha512, ret_hashes);
}

int
weir_tuf_hash_file(
    int fd, uint64_t *ret_len, struct weir_tuf_hashes *ret_hashes)
{
	crypto_hash_sha256_state sha256;
	crypto_hash_sha512_state sha512;
	uint8_t piece[16384];
	uint64_t len = 0;
	ssize_t got;

	(void)crypto_hash_sha256_init(&sha256);
	(void)crypto_hash_sha512_init(&sha512);
	for (;;) {
		got = pread(fd, piece, sizeof(piece), (off_t)len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		(void)crypto_hash_sha256_update(&sha256, piece, (size_t)got);
		(void)crypto_hash_sha512_update(&sha512, piece, (size_t)got);
		len += (uint64_t)got;
	}
	if (got < 0)
		return WEIR_ESYSTEM;
	print_hashes(&sha256, &sha512, ret_hashes);
	*ret_len = len;
	return 0;
}

static int
digit_of(char octet)
{
	if (octet >= '0' && octet <= '9')
		return octet - '0';
	return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

bool
weir_tuf_hex_parse(const char *text, uint8_t *ret_bytes, size_t len)
{
	int high, low;
	size_t i;

	if (text == NULL || strlen(text) != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		high = digit_of(text[2 * i]);
		low = digit_of(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

json_t *
weir_tuf_key_print(const struct weir_tuf_key *key)
{
	char hex[2 * WEIR_TUF_PUBLIC + 1];

	(void)sodium_bin2hex(
	    hex, sizeof(hex), key->public_key, WEIR_TUF_PUBLIC);
	return json_pack("{s:s, s:s, s:{s:s}}", "keytype", "ed25519", "scheme",
	    "ed25519", "keyval", "public", hex);
}

static bool
id_of(json_t *object, char *ret_id)
{
	char *text;
	size_t len;

	if (object == NULL || weir_tuf_json_canon(object, &text, &len) < 0)
		return false;
	weir_tuf_sha256(text, len, ret_id);
	free(text);
	return true;
}

bool
weir_tuf_key_init(
    struct weir_tuf_key *key, const uint8_t public_key[WEIR_TUF_PUBLIC])
{
	json_t *object;
	bool is_made;

	memcpy(key->public_key, public_key, WEIR_TUF_PUBLIC);
	object = weir_tuf_key_print(key);
	is_made = id_of(object, key->id);
	json_decref(object);
	return is_made;
}

/* libsodium refuses points of small order as keys when it verifies, but says
 * so only as a signature that does not fit.  Converting the point refuses them
 * too, and those outside of the main subgroup. */
static bool
is_sound(const uint8_t public_key[WEIR_TUF_PUBLIC])
{
	uint8_t converted[crypto_scalarmult_curve25519_BYTES];

	return crypto_sign_ed25519_pk_to_curve25519(converted, public_key) == 0;
}

int
weir_tuf_key_parse(const char *id, json_t *object, struct weir_tuf_key *ret_key)
{
	const char *type = weir_tuf_json_text(object, "keytype");
	const char *scheme = weir_tuf_json_text(object, "scheme");
	json_t *value = weir_tuf_json_object(object, "keyval");
	struct weir_tuf_key key = { .id = "" };

	if (type == NULL || scheme == NULL || value == NULL)
		return WEIR_EFORMAT;
	if (!id_of(object, key.id) || strcmp(key.id, id) != 0)
		return WEIR_EFORMAT;
	if (strcmp(type, "ed25519") != 0 || strcmp(scheme, "ed25519") != 0)
		return 0;
	if (!weir_tuf_hex_parse(weir_tuf_json_text(value, "public"),
		key.public_key, WEIR_TUF_PUBLIC) ||
	    !is_sound(key.public_key))
		return WEIR_EFORMAT;
	*ret_key = key;
	return 1;
}

bool
weir_tuf_key_verify(const struct weir_tuf_key *key, const char *signature,
    const void *data, size_t len)
{
	uint8_t bytes[WEIR_TUF_SIGNATURE];

	return weir_tuf_hex_parse(signature, bytes, sizeof(bytes)) &&
	       crypto_sign_verify_detached(bytes, data, len, key->public_key) ==
		   0;
}

int
weir_tuf_key_sign(const struct weir_tuf_key *key,
    const uint8_t secret_key[WEIR_TUF_SECRET], json_t *is_signed,
    json_t *signatures)
{
	uint8_t bytes[WEIR_TUF_SIGNATURE];
	char hex[2 * WEIR_TUF_SIGNATURE + 1];
	char *text;
	size_t len;
	int ret;

	ret = weir_tuf_json_canon(is_signed, &text, &len);
	if (ret < 0)
		return ret;
	(void)crypto_sign_detached(
	    bytes, NULL, (const uint8_t *)text, len, secret_key);
	free(text);
	(void)sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
	return json_array_append_new(signatures,
		   json_pack("{s:s, s:s}", "keyid", key->id, "sig", hex)) == 0
		   ? 0
		   : WEIR_EMEMORY;
}
