/*
 * upstream.h - in-place callback for the answers that the iterator gets from
 * other servers, for client queries and sub-queries alike.
 */
#ifndef WEIR_MODULE_UPSTREAM_H
#define WEIR_MODULE_UPSTREAM_H

#include "module/module.h"

/** An upstream server answered, and nothing is stored yet: query.h tells why
 *  the message's TTL becomes zero if a rule speaks of it.  Always 1. */
int weir_upstream_answered(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *arg);

#endif
