/*
 * list_unpack.h - the octets of a list file, unpacked while they are read:
 * gzip (RFC 1952, also several members) and Zstandard (RFC 8878, also several
 * frames), told by their first octets; anything else as it is.  Packings that
 * weir does not unpack are refused by name.  For feeds/list_source.c.
 *
 * Memory: a buffer, and what the packing asks for, WEIR_LIST_WINDOW_LOG at
 * most.  How much comes out, the caller bounds.
 */
#ifndef WEIR_FEEDS_LIST_UNPACK_H
#define WEIR_FEEDS_LIST_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct weir_list_unpack;

/** Looks at the beginning of the file, and takes the descriptor over if it does
 *  not fail.  `path`, for messages and endings, has to live as long.
 *  WEIR_ESYSTEM (errno), WEIR_EMEMORY; WEIR_EFORMAT: a packing that weir does
 *  not know. */
int weir_list_unpack_open(int fd, const char *path,
    struct weir_list_unpack **ret_unpack,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_list_unpack_close(struct weir_list_unpack *unpack);

/** Up to `size` octets, at least one but at the end: *ret_len 0.  WEIR_ESYSTEM,
 *  WEIR_EMEMORY; WEIR_ELIMIT: its window is too large; WEIR_EFORMAT: damaged or
 *  cut off. */
int weir_list_unpack_read(struct weir_list_unpack *unpack, char *text,
    size_t size, size_t *ret_len, struct weir_problem *problem) WEIR_CHECKED;

/** How many octets of the file were taken. */
uint64_t weir_list_unpack_done(const struct weir_list_unpack *unpack);

#endif
