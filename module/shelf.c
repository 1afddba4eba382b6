/*
 * shelf.c - answers kept where only we find them.
 */
#include "module/shelf.h"

#include <sodium.h>
#include <string.h>

#include "module/dnssec.h"

#define LABEL_OCTETS  16
#define PRIVATE_CLASS 0xff00 /* 0xff00 to 0xfffe: private use, RFC 6895, 3.2 */

void
weir_shelf_init(struct weir_module *module)
{
	module->shelf_label[0] = LABEL_OCTETS;
	randombytes_buf(module->shelf_label + 1, LABEL_OCTETS);
	module->shelf_class = (uint16_t)(PRIVATE_CLASS +
					 randombytes_uniform(0xfe));
}

/* The state's query as the shelf's key; `wire` has WEIR_NAME_SIZE octets. */
static bool
make_key(const struct weir_module *module, const struct module_qstate *qstate,
    uint8_t *wire, struct query_info *ret_key)
{
	size_t label = sizeof(module->shelf_label);
	const struct query_info *qinfo = &qstate->qinfo;

	if (qinfo->qname_len + label > WEIR_NAME_SIZE ||
	    qinfo->qtype == LDNS_RR_TYPE_ANY ||
	    qinfo->qclass != LDNS_RR_CLASS_IN)
		return false;
	memcpy(wire, module->shelf_label, label);
	memcpy(wire + label, qinfo->qname, qinfo->qname_len);
	memset(ret_key, 0, sizeof(*ret_key));
	ret_key->qname = wire;
	ret_key->qname_len = qinfo->qname_len + label;
	ret_key->qtype = qinfo->qtype;
	ret_key->qclass = module->shelf_class;
	return true;
}

/* The TTL of the message: query.c has set it to zero to keep it out of the
 * cache (see there); the records still have theirs. */
static time_t
shortest_ttl(const struct reply_info *rep)
{
	time_t ttl_s = 0;
	size_t i;

	for (i = 0; i < rep->an_numrrsets + rep->ns_numrrsets; i++) {
		const struct packed_rrset_data *data =
		    rep->rrsets[i]->entry.data;

		if (i == 0 || data->ttl < ttl_s)
			ttl_s = data->ttl;
	}
	return ttl_s;
}

bool
weir_shelf_store(const struct weir_module *module, struct module_qstate *qstate)
{
	struct reply_info *rep = qstate->return_msg->rep;
	uint8_t wire[WEIR_NAME_SIZE];
	struct query_info key;
	time_t ttl_s = rep->ttl, shortest = shortest_ttl(rep);

	if (!weir_dnssec_is_settled(qstate, rep) ||
	    FLAGS_GET_RCODE(rep->flags) == LDNS_RCODE_SERVFAIL ||
	    !make_key(module, qstate, wire, &key))
		return false;
	if (ttl_s == 0 || shortest < ttl_s)
		ttl_s = shortest;
	if (ttl_s <= 0)
		return false;
	rep->ttl = ttl_s;
	rep->prefetch_ttl = PREFETCH_TTL_CALC(ttl_s);
	rep->serve_expired_ttl = ttl_s;
	return weir_host_store(qstate, &key, rep) != 0;
}

struct dns_msg *
weir_shelf_lookup(
    const struct weir_module *module, struct module_qstate *qstate)
{
	struct module_env *env = qstate->env;
	uint8_t wire[WEIR_NAME_SIZE];
	struct msgreply_entry *entry;
	struct dns_msg *message;
	struct query_info key;

	if (!make_key(module, qstate, wire, &key))
		return NULL;
	entry = msg_cache_lookup(env, key.qname, key.qname_len, key.qtype,
	    key.qclass, qstate->query_flags, *env->now, 0);
	if (!entry)
		return NULL;
	/* With the query's own name: an alias chain must begin with it. */
	message = tomsg(env, &qstate->qinfo, entry->entry.data, qstate->region,
	    *env->now, 0, env->scratch);
	lock_rw_unlock(&entry->entry.lock);
	return message && weir_dnssec_is_settled(qstate, message->rep) ? message
								       : NULL;
}

bool
weir_shelf_has_key(
    const struct weir_module *module, const struct query_info *key)
{
	return key->qclass >= PRIVATE_CLASS &&
	       key->qname_len > sizeof(module->shelf_label) &&
	       memcmp(key->qname, module->shelf_label,
		   sizeof(module->shelf_label)) == 0;
}
