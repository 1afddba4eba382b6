/*
 * reply.c - what a client gets for an action.
 */
#include "lib/reply.h"

#define TYPE_A    1
#define TYPE_AAAA 28
#define TYPE_ANY  255

static struct weir_reply
sinkhole(const struct weir_policy *policy, uint16_t qtype)
{
	struct weir_reply reply = { .kind = WEIR_REPLY_NEGATIVE };

	if (policy->has_sinkhole_name) {
		reply.kind = WEIR_REPLY_ALIAS;
		reply.octets = policy->sinkhole_name.wire;
		reply.len = policy->sinkhole_name.len;
		reply.ttl_s = policy->block_ttl_s;
	} else if (qtype == TYPE_A && policy->has_sinkhole_ipv4) {
		reply.kind = WEIR_REPLY_IPV4;
	} else if (qtype == TYPE_AAAA && policy->has_sinkhole_ipv6) {
		reply.kind = WEIR_REPLY_IPV6;
	}
	return reply;
}

/* The records of one type lie side by side. */
static struct weir_reply
local(const uint8_t *octets, size_t len, uint16_t qtype)
{
	struct weir_reply reply = { .kind = WEIR_REPLY_NEGATIVE };
	struct weir_answer_record record;
	const uint8_t *at = octets;

	while (weir_answers_next(&octets, &len, &record)) {
		if (record.type == WEIR_ANSWER_CNAME) {
			reply.kind = WEIR_REPLY_ALIAS;
			reply.octets = record.rdata;
			reply.len = record.len;
			reply.ttl_s = record.ttl_s;
		} else if (record.type == qtype || qtype == TYPE_ANY) {
			if (reply.kind == WEIR_REPLY_NEGATIVE)
				reply.octets = at;
			reply.kind = WEIR_REPLY_RECORDS;
			reply.len = (size_t)(octets - reply.octets);
		}
		at = octets;
	}
	return reply;
}

struct weir_reply
weir_reply_for(const struct weir_policy *policy, const struct weir_rule *rule,
    uint16_t qtype)
{
	struct weir_reply reply = { .kind = WEIR_REPLY_NEGATIVE };
	const uint8_t *octets;
	size_t len;

	switch (rule->action) {
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
	case WEIR_ACTION_LOCAL:
		if (weir_answers_get(
			&policy->answers, rule->answer, &octets, &len))
			reply = local(octets, len, qtype);
		break;
	default: /* NXDOMAIN, and whatever a later version may send us */
		reply.rcode = WEIR_RCODE_NXDOMAIN;
		break;
	}
	return reply;
}
