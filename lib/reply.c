/*
 * reply.c - what a client gets for an action.
 */
#include "lib/reply.h"

#define TYPE_A    1
#define TYPE_AAAA 28

static struct weir_reply
sinkhole(const struct weir_policy *policy, uint16_t qtype)
{
	struct weir_reply reply = { WEIR_REPLY_NEGATIVE, WEIR_RCODE_NOERROR };

	if (policy->has_sinkhole_name)
		reply.kind = WEIR_REPLY_ALIAS;
	else if (qtype == TYPE_A && policy->has_sinkhole_ipv4)
		reply.kind = WEIR_REPLY_IPV4;
	else if (qtype == TYPE_AAAA && policy->has_sinkhole_ipv6)
		reply.kind = WEIR_REPLY_IPV6;
	return reply;
}

struct weir_reply
weir_reply_for(
    const struct weir_policy *policy, unsigned int action, uint16_t qtype)
{
	struct weir_reply reply = { WEIR_REPLY_NEGATIVE, WEIR_RCODE_NOERROR };

	switch (action) {
	case WEIR_ACTION_PASS:
		reply.kind = WEIR_REPLY_RESOLVED;
		break;
	case WEIR_ACTION_NODATA:
		break;
	case WEIR_ACTION_SINKHOLE:
		reply = sinkhole(policy, qtype);
		break;
	case WEIR_ACTION_REFUSED:
		reply.kind = WEIR_REPLY_BARE;
		reply.rcode = WEIR_RCODE_REFUSED;
		break;
	case WEIR_ACTION_DROP:
		reply.kind = WEIR_REPLY_NONE;
		break;
	case WEIR_ACTION_TRUNCATE:
		reply.kind = WEIR_REPLY_TRUNCATED;
		break;
	default: /* NXDOMAIN, and whatever a later version may send us */
		reply.rcode = WEIR_RCODE_NXDOMAIN;
		break;
	}
	return reply;
}
