/*
 * reply.h - what a client gets for an action: decided here for the module,
 * which builds it, and for `weir-load explain`, which tells it.
 */
#ifndef WEIR_LIB_REPLY_H
#define WEIR_LIB_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy.h"

#define WEIR_RCODE_NOERROR  0
#define WEIR_RCODE_NXDOMAIN 3
#define WEIR_RCODE_REFUSED  5

enum weir_reply_kind {
	WEIR_REPLY_RESOLVED,  /* what the resolver finds */
	WEIR_REPLY_NEGATIVE,  /* rcode, no answer, an SOA (RFC 2308) */
	WEIR_REPLY_BARE,      /* rcode and nothing else */
	WEIR_REPLY_TRUNCATED, /* TC over UDP; over TCP what the resolver finds */
	WEIR_REPLY_NONE,      /* no answer at all */
	WEIR_REPLY_IPV4,      /* an A record: the policy's sinkhole_ipv4 */
	WEIR_REPLY_IPV6,      /* an AAAA record: sinkhole_ipv6 */
	WEIR_REPLY_ALIAS,     /* a CNAME, and the records that it leads to */
	WEIR_REPLY_RECORDS    /* what the list gives for that type */
};

struct weir_reply {
	enum weir_reply_kind kind;
	uint8_t rcode;
	/* Of ALIAS: where to, in wire form; of RECORDS: as in lib/answers.h.
	 * They are the policy's, and the TTL is that of the alias. */
	const uint8_t *octets;
	size_t len;
	uint32_t ttl_s;
};

/** What a query of that type gets.  The type ANY gets all records of an answer
 *  of the list's own; a type that this does not have gets none (NODATA). */
struct weir_reply weir_reply_for(const struct weir_policy *policy,
    const struct weir_rule *rule, uint16_t qtype);

/* The SOA of a negative answer: its owner is the listed name (behind an alias:
 * the query name), its serial the swap in force, TTL and MINIMUM the block
 * TTL. */
#define WEIR_SOA_MNAME     "\004weir\007invalid" /* wire form, with the NUL */
#define WEIR_SOA_RNAME     "" /* the root: there is nobody to write to */
#define WEIR_SOA_REFRESH_S 3600
#define WEIR_SOA_RETRY_S   600
#define WEIR_SOA_EXPIRE_S  86400

#endif
