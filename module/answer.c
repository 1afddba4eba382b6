/*
 * answer.c - the answers of a block.
 *
 * Called by query.c with a decision.  All memory is the query's region.
 */
#include "module/answer.h"

#include <string.h>

#define EDE_FIELD_BYTES 2
#define LOCAL_TYPES     4 /* that an answer of a list's own may have */

/* A message with its first RRset: made in one piece, as most blocks need it. */
struct answer {
	struct dns_msg message;
	struct reply_info rep;
	struct ub_packed_rrset_key *rrset; /* a list of one */
	struct ub_packed_rrset_key key;
};

/* A reply without RRsets, and its message. */
static struct answer *
new_answer(struct module_qstate *qstate, uint16_t rcode, uint32_t ttl_s)
{
	struct answer *answer = regional_alloc_zero(
	    qstate->region, sizeof(*answer));
	struct reply_info *rep;

	if (!answer)
		return NULL;
	rep = &answer->rep;
	answer->message.qinfo = qstate->qinfo;
	answer->message.rep = rep;
	rep->flags = (uint16_t)(BIT_QR | BIT_RA | rcode);
	rep->qdcount = 1;
	rep->ttl = (time_t)ttl_s;
	rep->prefetch_ttl = rep->ttl;
	rep->serve_expired_ttl = rep->ttl;
	rep->security = sec_status_insecure;
	rep->rrsets = &answer->rrset;
	return answer;
}

/* The data of an RRset, in one piece and in Unbound's order: struct, lengths,
 * pointers, TTLs, records.  Whoever copies an RRset relies on it
 * (packed_rrset_sizeof, packed_rrset_ptr_fixup). */
static struct packed_rrset_data *
new_data(struct regional *region, const struct weir_answer_record *records,
    size_t count)
{
	size_t size = sizeof(struct packed_rrset_data), i;
	struct packed_rrset_data *data;

	for (i = 0; i < count; i++)
		size += sizeof(size_t) + sizeof(uint8_t *) + sizeof(time_t) +
			2 + records[i].len;
	data = regional_alloc_zero(region, size);
	if (!data)
		return NULL;
	data->ttl = (time_t)records[0].ttl_s;
	data->count = count;
	data->trust = rrset_trust_ultimate;
	data->security = sec_status_insecure;
	data->rr_len = (size_t *)(data + 1);
	for (i = 0; i < count; i++)
		data->rr_len[i] = 2 + (size_t)records[i].len;
	packed_rrset_ptr_fixup(data);
	for (i = 0; i < count; i++) {
		data->rr_ttl[i] = (time_t)records[i].ttl_s;
		data->rr_data[i][0] = (uint8_t)(records[i].len >> 8);
		data->rr_data[i][1] = (uint8_t)records[i].len;
		memcpy(data->rr_data[i] + 2, records[i].rdata, records[i].len);
	}
	return data;
}

/* Makes an RRset of the answer; records of one type.  The owner is the query
 * name from octet `skip` on, which lives as long as the answer.  The hash, under
 * which a cache would keep it, stays zero: no cache may. */
static bool
fill_rrset(const struct answer *answer, struct regional *region, size_t skip,
    const struct weir_answer_record *records, size_t count,
    struct ub_packed_rrset_key *key)
{
	const struct query_info *qinfo = &answer->message.qinfo;

	key->rk.dname = qinfo->qname + skip;
	key->rk.dname_len = qinfo->qname_len - skip;
	key->rk.type = htons(records[0].type);
	key->rk.rrset_class = htons(qinfo->qclass);
	key->entry.key = key;
	key->entry.data = new_data(region, records, count);
	return key->entry.data != NULL;
}

/* The same for an answer that has only this one, with one record.  rdata:
 * without RDLENGTH. */
static bool
set_rrset(struct answer *answer, struct regional *region, size_t skip,
    uint16_t type, const uint8_t *rdata, size_t rdata_len)
{
	const struct weir_answer_record record = { type, (uint16_t)rdata_len,
		(uint32_t)answer->rep.ttl, rdata };

	answer->rrset = &answer->key;
	answer->rep.rrset_count = 1;
	return fill_rrset(answer, region, skip, &record, 1, &answer->key);
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

/* A negative answer with its SOA: whose TTL and MINIMUM are the block TTL, its
 * serial the swap that is in force, its owner the listed name. */
static struct dns_msg *
negative(struct module_qstate *qstate, const struct weir_snapshot *snapshot,
    const struct weir_decision *decision, uint16_t rcode)
{
	static const uint8_t mname[] = WEIR_SOA_MNAME;
	static const uint8_t rname[] = WEIR_SOA_RNAME;
	uint32_t ttl_s = snapshot->policy->block_ttl_s;
	uint8_t rdata[sizeof(mname) + sizeof(rname) + 20];
	struct answer *answer = new_answer(qstate, rcode, ttl_s);
	size_t skip = 0, len = 0;

	if (!answer)
		return NULL;
	if (!decision->is_alias)
		skip = decision->name.offset[decision->rule.label];
	memcpy(rdata, mname, sizeof(mname));
	len += sizeof(mname);
	memcpy(rdata + len, rname, sizeof(rname));
	len += sizeof(rname);
	len += put_number(rdata + len, (uint32_t)snapshot->current.serial);
	len += put_number(rdata + len, WEIR_SOA_REFRESH_S);
	len += put_number(rdata + len, WEIR_SOA_RETRY_S);
	len += put_number(rdata + len, WEIR_SOA_EXPIRE_S);
	len += put_number(rdata + len, ttl_s);
	answer->rep.ns_numrrsets = 1;
	return set_rrset(
		   answer, qstate->region, skip, LDNS_RR_TYPE_SOA, rdata, len)
		   ? &answer->message
		   : NULL;
}

/* One record, of the query's name and type. */
static struct dns_msg *
address(struct module_qstate *qstate, const struct weir_snapshot *snapshot,
    const void *octets, size_t len)
{
	struct answer *answer = new_answer(
	    qstate, WEIR_RCODE_NOERROR, snapshot->policy->block_ttl_s);

	if (!answer)
		return NULL;
	answer->rep.an_numrrsets = 1;
	return set_rrset(
		   answer, qstate->region, 0, qstate->qinfo.qtype, octets, len)
		   ? &answer->message
		   : NULL;
}

/* One RRset more. */
static bool
add_rrset(struct answer *answer, struct regional *region,
    const struct weir_answer_record *records, size_t count)
{
	struct reply_info *rep = &answer->rep;
	struct ub_packed_rrset_key *key = regional_alloc_zero(
	    region, sizeof(*key));

	if (!key || !fill_rrset(answer, region, 0, records, count, key))
		return false;
	if ((time_t)records[0].ttl_s < rep->ttl)
		rep->ttl = (time_t)records[0].ttl_s;
	rep->rrsets[rep->an_numrrsets++] = key;
	rep->rrset_count++;
	return true;
}

/* The records that a list gives itself: sorted by type. */
static struct dns_msg *
records(struct module_qstate *qstate, const struct weir_reply *reply)
{
	struct weir_answer_record found[WEIR_ANSWER_RECORDS], next;
	struct answer *answer = new_answer(
	    qstate, WEIR_RCODE_NOERROR, WEIR_ANSWER_TTL_MAX_S);
	const uint8_t *octets = reply->octets;
	size_t count = 0, len = reply->len;

	if (!answer)
		return NULL;
	answer->rep.rrsets = regional_alloc(
	    qstate->region, LOCAL_TYPES * sizeof(answer->rep.rrsets[0]));
	if (!answer->rep.rrsets)
		return NULL;
	while (weir_answers_next(&octets, &len, &next)) {
		if (count > 0 && found[0].type != next.type) {
			if (!add_rrset(answer, qstate->region, found, count))
				return NULL;
			count = 0;
		}
		if (count < WEIR_ANSWER_RECORDS)
			found[count++] = next;
	}
	return add_rrset(answer, qstate->region, found, count)
		   ? &answer->message
		   : NULL;
}

/* A reply without a record. */
static struct dns_msg *
bare(struct module_qstate *qstate, uint16_t rcode, uint16_t flags)
{
	struct answer *answer = new_answer(qstate, rcode, 0);

	if (!answer)
		return NULL;
	answer->rep.flags |= flags;
	return &answer->message;
}

struct dns_msg *
weir_answer_block(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, const struct weir_decision *decision)
{
	const struct weir_policy *policy = snapshot->policy;
	struct weir_reply reply = weir_reply_for(
	    policy, &decision->rule, qstate->qinfo.qtype);

	switch (reply.kind) {
	case WEIR_REPLY_IPV4:
		return address(qstate, snapshot, &policy->sinkhole_ipv4,
		    sizeof(policy->sinkhole_ipv4));
	case WEIR_REPLY_IPV6:
		return address(qstate, snapshot, &policy->sinkhole_ipv6,
		    sizeof(policy->sinkhole_ipv6));
	case WEIR_REPLY_RECORDS:
		return records(qstate, &reply);
	case WEIR_REPLY_BARE:
		return bare(qstate, reply.rcode, 0);
	case WEIR_REPLY_TRUNCATED:
		return bare(qstate, reply.rcode, BIT_TC);
	default:
		return negative(qstate, snapshot, decision, reply.rcode);
	}
}

struct dns_msg *
weir_answer_alias(struct module_qstate *qstate, const struct weir_reply *alias,
    const struct dns_msg *target)
{
	size_t count = target ? target->rep->an_numrrsets : 0, i;
	struct answer *answer = new_answer(
	    qstate, LDNS_RCODE_NOERROR, alias->ttl_s);
	struct reply_info *rep;

	if (!answer || !set_rrset(answer, qstate->region, 0, LDNS_RR_TYPE_CNAME,
			   alias->octets, alias->len))
		return NULL;
	rep = &answer->rep;
	rep->rrsets = regional_alloc(
	    qstate->region, (count + 1) * sizeof(rep->rrsets[0]));
	if (!rep->rrsets)
		return NULL;
	rep->rrsets[0] = answer->rrset;
	for (i = 0; i < count; i++) {
		rep->rrsets[i + 1] = packed_rrset_copy_region(
		    target->rep->rrsets[i], qstate->region, 0);
		if (!rep->rrsets[i + 1])
			return NULL;
	}
	rep->an_numrrsets = count + 1;
	rep->rrset_count = count + 1;
	return &answer->message;
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
	uint16_t code = weir_rule_ede(snapshot->policy, &decision->rule);
	struct weir_name qname;
	size_t len;

	if (!speaks_edns(qstate) ||
	    (decision->is_alias &&
		weir_name_from_wire(qstate->qinfo.qname,
		    qstate->qinfo.qname_len, &qname) != WEIR_OK))
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
	qstate->return_msg = bare(qstate, LDNS_RCODE_SERVFAIL, 0);
	qstate->return_rcode = qstate->return_msg ? LDNS_RCODE_NOERROR
						  : LDNS_RCODE_SERVFAIL;
	qstate->no_cache_store = 1;
	(void)edns_opt_list_append(&qstate->edns_opts_front_out, LDNS_EDNS_EDE,
	    sizeof(data) - 1, data, qstate->region);
}
