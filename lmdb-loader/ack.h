/*
 * ack.h - waits until the running modules say that a swap holds.
 */
#ifndef WEIR_LMDB_LOADER_ACK_H
#define WEIR_LMDB_LOADER_ACK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/** What a wait came to. */
struct weir_ack {
	json_t *modules; /* an array: pid, serial, acknowledged, problem ... */
	unsigned int module_count;
	unsigned int missing_count; /* have not acknowledged */
};

/** Looks once: which modules run, and how far each is. */
int weir_ack_look(const char *folder, uint64_t serial, struct weir_ack *ret_ack,
    struct weir_problem *problem) WEIR_CHECKED;

/** Waits until every running module has acknowledged `serial` or more, or the
 *  time is over.  Modules that end meanwhile do not count. */
int weir_ack_wait(const char *folder, uint64_t serial, unsigned int timeout_ms,
    struct weir_ack *ret_ack, struct weir_problem *problem) WEIR_CHECKED;
void weir_ack_done(struct weir_ack *ack);

/** Says which modules have not acknowledged, and what they say of it. */
void weir_ack_complain(const struct weir_ack *ack, uint64_t serial);

#endif
