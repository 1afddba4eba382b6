/*
 * block.h - gives the clients of a query state what was decided, and books it.
 */
#ifndef WEIR_MODULE_BLOCK_H
#define WEIR_MODULE_BLOCK_H

#include "module/hook.h"
#include "module/state.h"

/** Whether the decision ends the query without its answer.  (Not: TRUNCATE if a
 *  client came over TCP.) */
bool weir_block_is_final(
    const struct weir_hook *hook, const struct weir_decision *decision);

/** Answers the block, at whichever point.  The state is finished, or waits for
 *  the sinkhole's name. */
void
weir_block_answer(struct weir_hook *hook, const struct weir_decision *decision);

/** A finished answer of which a rule speaks and that clients may have: all of
 *  them, or (TRUNCATE) those who came over TCP. */
void weir_block_deliver(
    struct weir_hook *hook, const struct weir_decision *decision);

/** WEIR_STAGE_SINKHOLE: the name's answer is there. */
void weir_block_sinkhole_resolved(struct weir_hook *hook);

#endif
