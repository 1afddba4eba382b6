/*
 * ask.h - questions that the module itself asks, as sub-queries of a client's.
 *
 * The name that an alias of ours leads to (the sinkhole's, or a list's own), whose
 * address the client is to get; and, where clients
 * want validated answers, the aliases that lead to a blocked name which could
 * not be resolved: then the validator has not seen them.  Each is asked for as
 * a CNAME of its own, mostly out of the cache.  A bogus one leaves the client
 * with SERVFAIL, as without weir.
 */
#ifndef WEIR_MODULE_ASK_H
#define WEIR_MODULE_ASK_H

#include "module/hook.h"
#include "module/state.h"

/** Asks for what the state's alias leads to.  false: it cannot be asked for. */
bool weir_ask_sinkhole(struct weir_hook *hook, struct weir_state *state);

/** Asks for the next alias that has to be proven.  1: asked; 0: there is none
 *  left; -1: it cannot be asked for. */
int weir_ask_proof(struct weir_hook *hook, struct weir_state *state);

/** A sub-query of ours is done: takes what its state waits for. */
void weir_ask_take(const struct module_qstate *sub, struct module_qstate *super,
    struct weir_state *state);

#endif
