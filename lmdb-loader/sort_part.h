/*
 * sort_part.h - a part of what is added to a sort: sorted in memory, becomes a
 * run.  For sort.c; others use it through sort.h.
 */
#ifndef WEIR_LMDB_LOADER_SORT_PART_H
#define WEIR_LMDB_LOADER_SORT_PART_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lmdb-loader/sort_run.h"

struct weir_part_record {
	uint64_t word;   /* while sorting: some octets of the key */
	uint32_t offset; /* of the key in `keys` */
	uint32_t place;  /* of its entry */
};

struct weir_part {
	struct weir_part_record *records;
	size_t count, size, size_max;
	uint8_t *keys; /* u8 length, octets; one after the other */
	size_t keys_len, keys_size, keys_size_max;
};

/** memory: octets of all that the part takes, about. */
void weir_part_init(struct weir_part *part, size_t memory);
void weir_part_done(struct weir_part *part);
void weir_part_clear(struct weir_part *part);

/** 1; 0: it is full, make a run of it; WEIR_EMEMORY. */
int weir_part_put(struct weir_part *part, const uint8_t *key, size_t key_len,
    uint32_t place) WEIR_CHECKED;

/** Sorts it and makes a run of it, stable; the part is empty then. */
int weir_part_run(struct weir_part *part, struct weir_run_store *store,
    struct weir_run *ret_run) WEIR_CHECKED;

#endif
