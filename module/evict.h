/*
 * evict.h - takes one answer out of Unbound's message cache.
 */
#ifndef WEIR_MODULE_EVICT_H
#define WEIR_MODULE_EVICT_H

#include "module/judge.h"

/** Removes the message for the state's query, and for each alias target up to
 *  the last of which a rule speaks: the iterator stores each step of a chain
 *  under that step's own name.  Returns how many it removed at most. */
unsigned int weir_evict_answer(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, uint32_t now_unix);

/** Takes the alias records of an answer out of the RRset cache.  Unbound
 *  updates an RRset in place, under the same id: a message that was judged with
 *  the old target, for another query type perhaps, would then show the new one.
 *  What is stored after the removal has a new id, and the old message is dead.
 */
void weir_evict_aliases(
    const struct module_qstate *qstate, const struct reply_info *rep);

#endif
