/*
 * tree.h - reads the B+tree of an LMDB file, and trusts none of its octets.
 *
 * LMDB writes the files (lmdb-loader/write.c); its own reader believes what
 * stands in their pages, and a damaged one may end the process.  In a resolver
 * that would be the end of name resolution, and to prove a file of ten million
 * names before it is opened takes longer than the resolver may take to start.
 * So here every page number, offset and length is compared with the file's size
 * before it is followed: a damaged file gives WEIR_EFORMAT or a wrong answer,
 * never a crash.  The layout is that of LMDB 0.9 (data version 1), for one
 * unnamed table without duplicates:
 *
 *   page     u64 number, u16 pad, u16 flags, u16 lower, u16 upper, then the
 *            places of (lower - 16) / 2 nodes, u16 each; of an overflow page:
 *            u32 pages in place of lower and upper, then the octets
 *   node     u16 low, u16 high, u16 flags, u16 key length, key, data
 *     branch   the child's page number: low, high, flags as its 48 bits; the
 *              first node's key is not looked at
 *     leaf     the data's length: low, high; flag 1: the data is the number of
 *              an overflow page
 *   meta     pages 0 and 1; the one with the larger transaction number holds
 *
 * Memory: everything points into the map and lives as long as it does.
 * Threads: any number, nothing is written.
 */
#ifndef WEIR_LIB_TREE_H
#define WEIR_LIB_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* A tree of WEIR_DB_NAMES_MAX names is 5 or 6 deep. */
#define WEIR_TREE_DEPTH 16

struct weir_tree {
	const uint8_t *map;
	uint64_t page_count;
	uint32_t page_size;
	unsigned int depth; /* 0: empty */
	uint64_t root;
};

struct weir_tree_item {
	const uint8_t *key, *data;
	size_t key_len;
	uint64_t len; /* of data */
};

/** A place in the tree: a page and a node in it for each level. */
struct weir_tree_cursor {
	const struct weir_tree *tree;
	uint64_t steps_left; /* a damaged tree may lead in circles */
	struct {
		const uint8_t *page;
		unsigned int node, count;
	} levels[WEIR_TREE_DEPTH];
};

/** map: `size` octets of a file, mapped at a page's beginning. WEIR_EFORMAT:
 *  not LMDB, cut, or of a kind that weir does not write. */
int weir_tree_init(
    struct weir_tree *tree, const void *map, uint64_t size) WEIR_CHECKED;

/** 1 and the item; 0: no such key; WEIR_EFORMAT. */
int weir_tree_lookup(const struct weir_tree *tree, const uint8_t *key,
    size_t key_len, struct weir_tree_item *ret_item) WEIR_CHECKED;

/** Sets the cursor before the first key that is not less than `key`.  0, or
 *  WEIR_EFORMAT. */
int weir_tree_seek(const struct weir_tree *tree, const uint8_t *key,
    size_t key_len, struct weir_tree_cursor *ret_cursor) WEIR_CHECKED;

/** 1 and the next item; 0 behind the last; WEIR_EFORMAT.  Ends after as many
 *  steps as the file has room for, whatever is damaged. */
int weir_tree_next(struct weir_tree_cursor *cursor,
    struct weir_tree_item *ret_item) WEIR_CHECKED;

#endif
