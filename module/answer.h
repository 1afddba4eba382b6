/*
 * answer.h - builds the answers of a block, in the query's own region.
 *
 * None is ever stored in Unbound's caches (ARCHITECTURE.md, invariant 2);
 * none is marked secure, so the AD bit is never set (invariant 6).
 */
#ifndef WEIR_MODULE_ANSWER_H
#define WEIR_MODULE_ANSWER_H

#include "lib/reply.h"
#include "module/judge.h"

/** NXDOMAIN, NODATA, REFUSED, addresses, records of a list's own: as the action says, with an
 *  SOA of the block TTL where RFC 2308 wants one.  TRUNCATE gives an empty
 *  answer with TC.  Not for DROP, and not for
 *  aliases.  NULL: the
 *  region is out of memory. */
struct dns_msg *weir_answer_block(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, const struct weir_decision *decision);

/** An alias (sinkhole by name, or a list's own): its CNAME, and what that was
 *  resolved to (`target`, NULL if nothing). */
struct dns_msg *weir_answer_alias(struct module_qstate *qstate,
    const struct weir_reply *alias, const struct dns_msg *target);

/** Adds the Extended DNS Error with the reason in words, if one of the clients
 *  speaks EDNS; Unbound sends it only to those (RFC 8914). */
void weir_answer_explain(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, const struct weir_decision *decision);

/** SERVFAIL because weir could not decide; EDE 14, Not Ready. */
void weir_answer_failure(struct module_qstate *qstate);

#endif
