/*
 * guard.h - names that no feed may cover: never-block.
 */
#ifndef WEIR_LMDB_LOADER_GUARD_H
#define WEIR_LMDB_LOADER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/settings.h"

struct weir_guard_key;

struct weir_guard {
	unsigned int count;
	struct weir_guard_key *keys; /* sorted */
};

int weir_guard_init(
    struct weir_guard *guard, const struct weir_name_rules *rules) WEIR_CHECKED;
void weir_guard_done(struct weir_guard *guard);

/** Whether an entry would cover a guarded name: one of the same key, or, if it
 *  holds for subdomains, one below it. */
bool weir_guard_refuses(const struct weir_guard *guard, const uint8_t *key,
    size_t len, unsigned int scope);

#endif
