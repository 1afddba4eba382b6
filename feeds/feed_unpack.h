/*
 * feed_unpack.h - a payload of a signed feed, unpacked: one zstd frame, and
 * nothing else.
 */
#ifndef WEIR_FEEDS_FEED_UNPACK_H
#define WEIR_FEEDS_FEED_UNPACK_H

#include <stdint.h>

#include "lib/error.h"

/** Unpacks what `fd` has, from its beginning, `packed` octets exactly, to
 *  `out_fd`: `raw` octets exactly.  Stops at the first octet over that.
 *  WEIR_EFORMAT: no frame, or damaged; a dictionary; several frames, or anything
 *  behind it; another length than `raw`.  WEIR_ELIMIT: its window is over
 *  2^WEIR_FEED_WINDOW_LOG.  WEIR_ESYSTEM (errno), WEIR_EMEMORY. */
int weir_feed_unpack(int fd, uint64_t packed, uint64_t raw, int out_fd,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
