/*
 * sync_notify.h - DNS NOTIFY (RFC 1996) as a hint that a feed may be newer.
 *
 * Anybody can send one, so it is believed in nothing: it makes weir-sync ask
 * the publisher a little earlier, at most each WEIR_SYNC_HINT_MS.  The name is
 * that of the feed, and the type SOA, as of a zone.
 */
#ifndef WEIR_FEEDS_SYNC_NOTIFY_H
#define WEIR_FEEDS_SYNC_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/limits.h"

#define WEIR_NOTIFY_SIZE 512 /* RFC 1035: without EDNS there are no more */

/** Reads a packet and makes the answer to it.  1: a NOTIFY; `feed` has its name
 *  in small letters, without the dot at the end.  0: something else that is
 *  answered (NOTIMP, FORMERR).  WEIR_EFORMAT: nothing that has an answer.  The
 *  answer is never longer than what it answers. */
int weir_sync_notify(const uint8_t *packet, size_t len,
    char feed[WEIR_NAME_TEXT_SIZE], uint8_t answer[WEIR_NOTIFY_SIZE],
    size_t *ret_len);

#endif
