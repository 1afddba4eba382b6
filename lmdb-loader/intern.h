/*
 * intern.h - keeps each entry set once.
 *
 * A set's place never changes; the buffer that holds the sets moves while it
 * grows, so that pointers into it last until the next weir_intern_add.
 */
#ifndef WEIR_LMDB_LOADER_INTERN_H
#define WEIR_LMDB_LOADER_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define WEIR_SET_HEAD_BYTES 4 /* u16 count, u16 zero */

struct weir_intern {
	uint8_t *bytes; /* the sets, one after the other */
	size_t len, size;
	uint32_t *slots; /* open addressing: place + 1, 0 is free */
	size_t slot_count, used_count;
	uint8_t
	    hash_key[16]; /* sets come from outside: no crafted collisions */
};

void weir_intern_init(struct weir_intern *intern);
void weir_intern_done(struct weir_intern *intern);

/** The place of a set, in units of WEIR_SET_UNIT.  set: head and entries. */
int weir_intern_add(struct weir_intern *intern, const uint8_t *set, size_t len,
    uint32_t *ret_place) WEIR_CHECKED;

/** The set at a place that weir_intern_add gave. */
const uint8_t *
weir_intern_set(const struct weir_intern *intern, uint32_t place);
unsigned int weir_intern_entry_count(const uint8_t *set);

#endif
