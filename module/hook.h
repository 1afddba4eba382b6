/*
 * hook.h - one call of Unbound into the module: what every such hook needs.
 *
 * A hook takes the snapshot first and releases it last, so whatever it decides
 * is decided by one generation.
 */
#ifndef WEIR_MODULE_HOOK_H
#define WEIR_MODULE_HOOK_H

#include "module/judge.h"
#include "module/snapshot.h"

struct weir_hook {
	struct weir_module *module;
	struct weir_worker *worker;
	struct module_qstate *qstate;
	int id;
	const struct weir_snapshot *snapshot; /* NULL: no database */
	uint32_t now_unix;
	unsigned int client_count; /* that wait for this state */
};

void
weir_hook_begin(struct weir_hook *hook, struct module_qstate *qstate, int id);
/** The same for a hook behind which Unbound stores what we have judged; until
 *  the worker's next hook the sweep takes that into account (sweep.h). */
void weir_hook_begin_storing(
    struct weir_hook *hook, struct module_qstate *qstate, int id);
void weir_hook_end(struct weir_hook *hook);

/** What Unbound does next: ends the state, or asks the next module. */
void weir_hook_finish(struct weir_hook *hook);
void weir_hook_go_on(struct weir_hook *hook);

/** Adds to one of the worker's counters. */
void weir_hook_count(weir_counter *counter, unsigned int times);

/** Books the clients of a query, each exactly once: the way it went, and, if a
 *  decision is given, what decided. */
void weir_hook_book(struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision);

#endif
