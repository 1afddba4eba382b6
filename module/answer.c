/*
 * answer.c - the answers of a block.
 *
 * Called by query.c with a decision.  All memory is the query's region.
 */
#include "module/answer.h"

#include <string.h>

#include "lib/reply.h"

#define EDE_FIELD_BYTES 2

/* A reply of `rrset_count` RRsets, still empty, and its message. */
static struct dns_msg *
new_message(struct module_qstate *qstate, uint16_t rcode, uint32_t ttl_s,
    size_t rrset_count)
{
	struct regional *region = qstate->region;
	struct dns_msg *message = regional_alloc_zero(region, sizeof(*message));
	struct reply_info *rep = regional_alloc_zero(region, sizeof(*rep));

	if (!message || !rep)
		return NULL;
	message->qinfo = qstate->qinfo;
	message->rep = rep;
	rep->flags = (uint16_t)(BIT_QR | BIT_RA | rcode);
	rep->qdcount = 1;
	rep->ttl = (time_t)ttl_s;
	rep->prefetch_ttl = rep->ttl;
	rep->serve_expired_ttl = rep->ttl;
	rep->security = sec_status_insecure;
	rep->rrsets = regional_alloc_zero(
	    region, (rrset_count + 1) * sizeof(rep->rrsets[0]));
	return rep->rrsets ? message : NULL;
}

/* The data of an RRset of one record, in one piece and in Unbound's order:
 * struct, lengths, pointers, TTLs, records.  Whoever copies an RRset relies on
 * it (packed_rrset_sizeof, packed_rrset_ptr_fixup). */
static struct packed_rrset_data *
new_data(struct regional *region, uint32_t ttl_s, const uint8_t *rdata,
    size_t rdata_len)
{
	size_t size = sizeof(struct packed_rrset_data) + sizeof(size_t) +
		      sizeof(uint8_t *) + sizeof(time_t) + 2 + rdata_len;
	struct packed_rrset_data *data = regional_alloc_zero(region, size);

	if (!data)
		return NULL;
	data->ttl = (time_t)ttl_s;
	data->count = 1;
	data->trust = rrset_trust_ultimate;
	data->security = sec_status_insecure;
	data->rr_len = (size_t *)(data + 1);
	data->rr_len[0] = 2 + rdata_len;
	packed_rrset_ptr_fixup(data);
	data->rr_ttl[0] = (time_t)ttl_s;
	data->rr_data[0][0] = (uint8_t)(rdata_len >> 8);
	data->rr_data[0][1] = (uint8_t)rdata_len;
	memcpy(data->rr_data[0] + 2, rdata, rdata_len);
	return data;
}

/* An RRset of one record.  rdata: without RDLENGTH. */
static struct ub_packed_rrset_key *
new_rrset(struct module_qstate *qstate, const uint8_t *owner, size_t owner_len,
    uint16_t type, uint32_t ttl_s, const uint8_t *rdata, size_t rdata_len)
{
	struct regional *region = qstate->region;
	struct ub_packed_rrset_key *key = regional_alloc_zero(
	    region, sizeof(*key));

	if (!key)
		return NULL;
	key->rk.dname = regional_alloc_init(region, owner, owner_len);
	key->rk.dname_len = owner_len;
	key->rk.type = htons(type);
	key->rk.rrset_class = htons(qstate->qinfo.qclass);
	key->entry.key = key;
	key->entry.data = new_data(region, ttl_s, rdata, rdata_len);
	if (!key->rk.dname || !key->entry.data)
		return NULL;
	key->entry.hash = rrset_key_hash(&key->rk);
	return key;
}

static size_t
put_number(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 24);
	bytes[1] = (uint8_t)(value >> 16);
	bytes[2] = (uint8_t)(value >> 8);
	bytes[3] = (uint8_t)value;
	return 4;
}

/* The SOA of a negative answer: its TTL and MINIMUM are the block TTL, its
 * serial the swap that is in force, its owner the listed name. */
static bool
add_soa(struct module_qstate *qstate, const struct weir_snapshot *snapshot,
    const struct weir_decision *decision, struct dns_msg *message)
{
	static const uint8_t mname[] = WEIR_SOA_MNAME;
	static const uint8_t rname[] = WEIR_SOA_RNAME;
	uint32_t ttl_s = snapshot->policy->block_ttl_s;
	uint8_t rdata[sizeof(mname) + sizeof(rname) + 20];
	const uint8_t *owner = qstate->qinfo.qname;
	size_t owner_len = qstate->qinfo.qname_len, len = 0;
	struct ub_packed_rrset_key *rrset;

	if (!decision->is_alias) {
		size_t skip = decision->name.offset[decision->rule.label];

		owner = decision->name.wire + skip;
		owner_len = decision->name.len - skip;
	}
	memcpy(rdata, mname, sizeof(mname));
	len += sizeof(mname);
	memcpy(rdata + len, rname, sizeof(rname));
	len += sizeof(rname);
	len += put_number(rdata + len, (uint32_t)snapshot->current.serial);
	len += put_number(rdata + len, WEIR_SOA_REFRESH_S);
	len += put_number(rdata + len, WEIR_SOA_RETRY_S);
	len += put_number(rdata + len, WEIR_SOA_EXPIRE_S);
	len += put_number(rdata + len, ttl_s);
	rrset = new_rrset(
	    qstate, owner, owner_len, LDNS_RR_TYPE_SOA, ttl_s, rdata, len);
	if (!rrset)
		return false;
	message->rep->rrsets[0] = rrset;
	message->rep->ns_numrrsets = 1;
	message->rep->rrset_count = 1;
	return true;
}

static struct dns_msg *
negative(struct module_qstate *qstate, const struct weir_snapshot *snapshot,
    const struct weir_decision *decision, uint16_t rcode)
{
	struct dns_msg *message = new_message(
	    qstate, rcode, snapshot->policy->block_ttl_s, 1);

	if (message && !add_soa(qstate, snapshot, decision, message))
		return NULL;
	return message;
}

static struct dns_msg *
address(struct module_qstate *qstate, const struct weir_snapshot *snapshot,
    const void *octets, size_t len)
{
	const struct query_info *qinfo = &qstate->qinfo;
	uint32_t ttl_s = snapshot->policy->block_ttl_s;
	struct dns_msg *message = new_message(
	    qstate, WEIR_RCODE_NOERROR, ttl_s, 1);

	if (!message)
		return NULL;
	message->rep->rrsets[0] = new_rrset(qstate, qinfo->qname,
	    qinfo->qname_len, qinfo->qtype, ttl_s, octets, len);
	if (!message->rep->rrsets[0])
		return NULL;
	message->rep->an_numrrsets = 1;
	message->rep->rrset_count = 1;
	return message;
}

struct dns_msg *
weir_answer_block(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, const struct weir_decision *decision)
{
	const struct weir_policy *policy = snapshot->policy;
	struct weir_reply reply = weir_reply_for(
	    policy, decision->rule.action, qstate->qinfo.qtype);
	struct dns_msg *message;

	switch (reply.kind) {
	case WEIR_REPLY_IPV4:
		return address(qstate, snapshot, &policy->sinkhole_ipv4,
		    sizeof(policy->sinkhole_ipv4));
	case WEIR_REPLY_IPV6:
		return address(qstate, snapshot, &policy->sinkhole_ipv6,
		    sizeof(policy->sinkhole_ipv6));
	case WEIR_REPLY_BARE:
		return new_message(qstate, reply.rcode, 0, 0);
	case WEIR_REPLY_TRUNCATED:
		message = new_message(qstate, reply.rcode, 0, 0);
		if (message)
			message->rep->flags |= BIT_TC;
		return message;
	default:
		return negative(qstate, snapshot, decision, reply.rcode);
	}
}

struct dns_msg *
weir_answer_alias(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, const struct dns_msg *target)
{
	const struct weir_policy *policy = snapshot->policy;
	const struct query_info *qinfo = &qstate->qinfo;
	size_t count = target ? target->rep->an_numrrsets : 0, i;
	struct dns_msg *message = new_message(
	    qstate, LDNS_RCODE_NOERROR, policy->block_ttl_s, count + 1);

	if (!message)
		return NULL;
	message->rep->rrsets[0] = new_rrset(qstate, qinfo->qname,
	    qinfo->qname_len, LDNS_RR_TYPE_CNAME, policy->block_ttl_s,
	    policy->sinkhole_name.wire, policy->sinkhole_name.len);
	if (!message->rep->rrsets[0])
		return NULL;
	for (i = 0; i < count; i++) {
		message->rep->rrsets[i + 1] = packed_rrset_copy_region(
		    target->rep->rrsets[i], qstate->region, 0);
		if (!message->rep->rrsets[i + 1])
			return NULL;
	}
	message->rep->an_numrrsets = count + 1;
	message->rep->rrset_count = count + 1;
	return message;
}

static bool
speaks_edns(const struct module_qstate *qstate)
{
	const struct mesh_reply *reply;

	for (reply = qstate->mesh_info->reply_list; reply; reply = reply->next)
		if (reply->edns.edns_present)
			return true;
	return false;
}

void
weir_answer_explain(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, const struct weir_decision *decision)
{
	char text[EDE_FIELD_BYTES + WEIR_REASON_SIZE];
	uint16_t code =
	    snapshot->policy->feeds[decision->rule.entry.feed].ede_code;
	struct weir_name qname;
	size_t len;

	if (!speaks_edns(qstate) ||
	    weir_name_from_wire(qstate->qinfo.qname, qstate->qinfo.qname_len,
		&qname) != WEIR_OK)
		return;
	text[0] = (char)(code >> 8);
	text[1] = (char)code;
	len = weir_rule_print(snapshot->policy, &decision->rule,
	    &decision->name, decision->is_alias ? &qname : NULL,
	    text + EDE_FIELD_BYTES, WEIR_REASON_SIZE);
	/* Without memory the answer goes out without its reason. */
	(void)edns_opt_list_append(&qstate->edns_opts_front_out, LDNS_EDNS_EDE,
	    EDE_FIELD_BYTES + len, (uint8_t *)text, qstate->region);
}

void
weir_answer_failure(struct module_qstate *qstate)
{
	uint8_t data[] = "\000\016the firewall has no database";

	/* A message, not a bare code: only then the reason goes with it. */
	qstate->return_msg = new_message(qstate, LDNS_RCODE_SERVFAIL, 0, 0);
	qstate->return_rcode = qstate->return_msg ? LDNS_RCODE_NOERROR
						  : LDNS_RCODE_SERVFAIL;
	qstate->no_cache_store = 1;
	(void)edns_opt_list_append(&qstate->edns_opts_front_out, LDNS_EDNS_EDE,
	    sizeof(data) - 1, data, qstate->region);
}
