/*
 * host.h - the one place where weir meets Unbound's headers.
 *
 * weir.so is compiled against the source and the config.h of the very Unbound
 * that loads it: the structs below change shape with its configure options.
 * module/abi.h checks at start that it is the same one.
 *
 * What differs between versions (1.17 to 1.26 are known) is hidden here and
 * nowhere else; WEIR_HOST_* come from the probes in m4/weir.m4.
 */
#ifndef WEIR_MODULE_HOST_H
#define WEIR_MODULE_HOST_H

/* Unbound's headers are not clean under our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "config.h"

#include "dynlibmod/dynlibmod.h"
#include "iterator/iterator.h"
#include "services/cache/dns.h"
#include "services/cache/rrset.h"
#include "services/mesh.h"
#include "sldns/rrdef.h"
#include "util/alloc.h"
#include "util/config_file.h"
#include "util/data/msgencode.h"
#include "util/data/msgreply.h"
#include "util/data/packed_rrset.h"
#include "util/log.h"
#include "util/module.h"
#include "util/net_help.h"
#include "util/netevent.h"
#include "util/regional.h"
#include "util/storage/lruhash.h"
#include "util/storage/slabhash.h"
#pragma GCC diagnostic pop

#ifndef HAVE_PTHREAD
#error "weir.so needs an Unbound that was built with POSIX threads"
#endif

/* Stores a message and its records, as an answer to an ordinary query.  0: no
 * memory. */
static inline int
weir_host_store(struct module_qstate *qstate, struct query_info *key,
    struct reply_info *rep)
{
	return dns_cache_store(qstate->env, key, rep, 0, 0, 0, NULL,
	    qstate->query_flags, qstate->qstarttime
#ifdef WEIR_HOST_STORE_VALREC
	    ,
	    0 /* not the validator's own */
#endif
	);
}

/* Lets qstate wait for a question of our own, on behalf of no client. */
static inline int
weir_host_attach_sub(struct module_qstate *qstate, struct query_info *question,
    struct module_qstate **ret_sub)
{
	return (*qstate->env->attach_sub)(qstate, question,
#ifdef WEIR_HOST_SUB_CLIENT
	    NULL,
#endif
	    BIT_RD, 0, 0, ret_sub);
}

/* The six symbols that Unbound's dynlib module looks up; nothing else of ours
 * is visible outside. */
#define WEIR_EXPORT __attribute__((visibility("default")))

#endif
