/*
 * minisign.h - checks what minisign(1) has signed.
 *
 *   key        base64 of "Ed", key id (8), ed25519 key (32)
 *   signature  untrusted comment: ...
 *              base64 of "ED" or "Ed", key id (8), signature (64)
 *              trusted comment: ...
 *              base64 of a signature of that one and the trusted comment
 *
 * "ED" signs BLAKE2b-512 of the file, "Ed" (old) the file itself.  A key that
 * signs with neither its own id is refused, and so is a signature whose trusted
 * comment is not signed: what is half right is wrong.
 */
#ifndef WEIR_FEEDS_MINISIGN_H
#define WEIR_FEEDS_MINISIGN_H

#include <stddef.h>

#include "lib/error.h"

#define WEIR_MINISIGN_FILE_SIZE 4096 /* a signature's; comments have ~100 */

/** Whether the file that the descriptor has (read from its beginning) is signed
 *  by the key.  0; WEIR_EFORMAT: the key or the signature is none;
 *  WEIR_ECHECKSUM: it is not that key's, or not that file's; WEIR_ESYSTEM. */
int weir_minisign_verify(const char *key, const char *signature, size_t len,
    int fd, struct weir_problem *problem) WEIR_CHECKED;

#endif
