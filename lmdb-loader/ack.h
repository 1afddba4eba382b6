/*
 * ack.h - waits until the running modules say that a swap holds.
 */
#ifndef WEIR_LMDB_LOADER_ACK_H
#define WEIR_LMDB_LOADER_ACK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/current.h"
#include "lib/error.h"

/** What a wait came to. */
struct weir_ack {
	json_t *modules; /* an array: pid, serial, acknowledged, problem ... */
	unsigned int module_count;
	unsigned int missing_count; /* have not acknowledged */
	bool is_hidden; /* none is seen, for want of the right to see it */
};

/** Looks once: which modules run on the database, and how far each is.
 *  folder: of their status files; those that say that they read another
 *  database than `database` are left out. */
int weir_ack_look(const char *folder, const char *database,
    const struct weir_current *current, struct weir_ack *ret_ack,
    struct weir_problem *problem) WEIR_CHECKED;

/** Waits until every running module has acknowledged just this swap, or the
 *  time is over.  The caller holds the database's lock, so no other swap can
 *  come in between.  Modules that end meanwhile do not count. */
int weir_ack_wait(const char *folder, const char *database,
    const struct weir_current *current, unsigned int timeout_ms,
    struct weir_ack *ret_ack, struct weir_problem *problem) WEIR_CHECKED;
void weir_ack_done(struct weir_ack *ack);

/** The end of a line: ", acknowledged by 1 of 1 modules in 0.010 s". */
void weir_ack_print(const struct weir_ack *ack, bool no_wait, double seconds);

/** Says which modules have not acknowledged, and what they say of it. */
void weir_ack_complain(const struct weir_ack *ack, uint64_t serial);

#endif
