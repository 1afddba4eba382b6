/*
 * query.h - the way of one query through the module.
 *
 *   stage            event           what happens
 *   RESOLVING        new             no client: on to the next module
 *                                    the name is judged:
 *                                      block           -> answer, finished
 *                                      sinkhole name   -> SINKHOLE, wait
 *                                      spoken of       -> shelf: finished, or
 *                                                         on
 *                                      no rule         -> on
 *                    module done      name and answer are judged again, by the
 *                                    newest policy: block, shelf, or leave
 *   PROVING          pass            alias to a blocked name, validated: the
 *                                    next alias, or the block; else SERVFAIL
 *   SINKHOLE         pass            the alias answer is put together, finished
 *
 * A query that has no struct weir_state (state.h) yet is RESOLVING, and one that
 * is made for another reason is so from the start.
 *
 * What keeps Unbound's message cache clean while an answer is on its way into
 * it (ARCHITECTURE.md, invariant 1): the iterator stores an answer before we
 * see it, so weir_upstream_answered, called for each answer of an upstream
 * server before it is stored, sets the message's TTL to zero if a rule speaks
 * of it.  Unbound then stores the records, which it needs to go on resolving,
 * but no message that a client's query could hit.  Answers that are put
 * together from the caches do not come by there; when the module is done, they
 * are removed.
 */
#ifndef WEIR_MODULE_QUERY_H
#define WEIR_MODULE_QUERY_H

#include "module/module.h"

void
weir_query_operate(struct module_qstate *qstate, enum module_ev event, int id);

/** A sub-query of ours (ask.h) has an answer. */
void weir_query_inform_super(
    struct module_qstate *qstate, int id, struct module_qstate *super);

/** In-place callback: a reply goes out to one client. */
int weir_query_reply(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns,
    struct edns_option **options, struct comm_reply *reply,
    struct regional *region, struct timeval *start_time, int id, void *arg);

#endif
