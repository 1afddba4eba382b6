/*
 * upstream.h - in-place callbacks around the iterator's questions to other
 * servers; called for client queries and sub-queries alike.
 */
#ifndef WEIR_MODULE_UPSTREAM_H
#define WEIR_MODULE_UPSTREAM_H

#include "module/module.h"

/** The iterator is about to ask an upstream server.  If it has followed an
 *  alias to a blocked name, it need not: 0, and the query is not sent.  So no
 *  server of a blocked domain is asked for a client, and no client waits for one
 *  that is dead. */
int weir_upstream_asked(struct query_info *qinfo, uint16_t flags,
    struct module_qstate *qstate, struct sockaddr_storage *addr,
    socklen_t addrlen, uint8_t *zone, size_t zonelen, struct regional *region,
    int id, void *arg);

/** An upstream server answered, and nothing is stored yet: query.h tells why the
 *  message's TTL becomes zero if a rule speaks of it.  Always 1. */
int weir_upstream_answered(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *arg);

#endif
