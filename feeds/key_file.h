/*
 * key_file.h - a signing key in a file of its own: weir-feed(5).
 *
 *   weir-key 1
 *   role root                       targets, snapshot, timestamp
 *   feed malware
 *   id 8f1c...                      as metadata have it
 *   public 5b30...
 *   kdf argon2id 3 268435456 9d41...    operations, octets of memory, salt
 *   nonce 77ab...
 *   secret 01fe...                  the seed; with a kdf: sealed
 *
 * "kdf none" and no nonce: the secret lies open (online keys, mode 0600).
 * Sealing is XChaCha20-Poly1305, and holds the lines before it together with the
 * secret: a key cannot be given another role, or to another feed.
 *
 * Secrets, and what people type, live in memory of libsodium's that is locked,
 * guarded, and wiped when it is freed.
 */
#ifndef WEIR_FEEDS_KEY_FILE_H
#define WEIR_FEEDS_KEY_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/tuf_key.h"
#include "lib/error.h"
#include "lib/limits.h"

#define WEIR_KEY_FILE_SIZE   2048
#define WEIR_PASSPHRASE_SIZE 1024 /* with NUL */

/* More would be somebody's way to fill our memory, or to keep us busy. */
#define WEIR_KEY_OPERATIONS_MAX 64
#define WEIR_KEY_MEMORY_MAX     (4ULL << 30)

enum weir_key_role {
	WEIR_KEY_ROOT,
	WEIR_KEY_TARGETS,
	WEIR_KEY_SNAPSHOT,
	WEIR_KEY_TIMESTAMP,
	WEIR_KEY_ROLE_COUNT
};

/** "root", "targets", "snapshot", "timestamp"; NULL for no role. */
const char *weir_key_role_text(unsigned int role);

struct weir_key_file {
	uint8_t role;
	char feed[WEIR_FEED_NAME_SIZE];
	struct weir_tuf_key key;
	uint8_t *secret_key;        /* WEIR_TUF_SECRET; NULL: locked */
	struct weir_key_seal *seal; /* NULL: it lay open */
};

/** A new key.  WEIR_EMEMORY; WEIR_ESYSTEM: libsodium cannot be started. */
int weir_key_file_new(unsigned int role, const char *feed,
    struct weir_key_file **ret_key) WEIR_CHECKED;
/** Wipes it. */
void weir_key_file_free(struct weir_key_file *key);

/** Writes a key that is not locked to a file that is not there yet (WEIR_EBUSY),
 *  mode 0600; sealed with the passphrase, unless that is NULL. */
int weir_key_file_write(const struct weir_key_file *key, const char *path,
    const char *passphrase, struct weir_problem *problem) WEIR_CHECKED;

/** Reads one; a sealed one is locked.  WEIR_EMISSING, WEIR_EFORMAT. */
int weir_key_file_read(const char *path, struct weir_key_file **ret_key,
    struct weir_problem *problem) WEIR_CHECKED;

/** Opens the seal.  WEIR_ECHECKSUM: not with this passphrase, or the file was
 *  changed; WEIR_EMEMORY. */
int weir_key_file_unlock(
    struct weir_key_file *key, const char *passphrase) WEIR_CHECKED;

/** Signs `signed`, and puts the signature at the end of the array. */
int weir_key_file_sign(const struct weir_key_file *key, json_t *is_signed,
    json_t *signatures) WEIR_CHECKED;

/** Whether there is a root key in that file, whole or not, locked or not. */
bool weir_key_file_is_root(const char *path);

/** The first line of a file; free it by weir_passphrase_free.  WEIR_EFORMAT: it
 *  is empty; WEIR_ELIMIT: too long. */
int weir_passphrase_read(const char *path, char **ret_passphrase,
    struct weir_problem *problem) WEIR_CHECKED;
/** Asks for it on the terminal, without showing it; twice, if `is_new`.
 *  WEIR_EMISSING: there is no terminal; WEIR_EFORMAT: empty, or not twice the
 *  same. */
int weir_passphrase_ask(const char *prompt, bool is_new, char **ret_passphrase,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_passphrase_free(char *passphrase);

#endif
