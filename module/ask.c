/*
 * ask.c - questions that the module itself asks.
 */
#include "module/ask.h"

#include <string.h>

#include "module/dnssec.h"

static bool
ask(struct weir_hook *hook, const uint8_t *name, size_t len, uint16_t type)
{
	struct module_qstate *qstate = hook->qstate, *sub = NULL;
	const struct module_env *env = qstate->env;
	struct query_info qinfo;

	memset(&qinfo, 0, sizeof(qinfo));
	qinfo.qname = regional_alloc_init(qstate->region, name, len);
	qinfo.qname_len = len;
	qinfo.qtype = type;
	qinfo.qclass = qstate->qinfo.qclass;
	if (!qinfo.qname ||
	    (*env->detect_cycle)(qstate, &qinfo, BIT_RD, 0, 0) ||
	    !weir_host_attach_sub(qstate, &qinfo, &sub))
		return false;
	qstate->ext_state[hook->id] = module_wait_subquery;
	return true;
}

bool
weir_ask_sinkhole(struct weir_hook *hook, struct weir_state *state)
{
	const struct weir_reply *alias = state->alias;

	if (!ask(hook, alias->octets, alias->len, hook->qstate->qinfo.qtype))
		return false;
	state->stage = WEIR_STAGE_SINKHOLE;
	return true;
}

int
weir_ask_proof(struct weir_hook *hook, struct weir_state *state)
{
	const struct ub_packed_rrset_key *link = weir_judge_chain_link(
	    hook->qstate, state->link);

	if (!link)
		return 0;
	state->link++;
	state->stage = WEIR_STAGE_PROVING;
	return ask(hook, link->rk.dname, link->rk.dname_len, LDNS_RR_TYPE_CNAME)
		   ? 1
		   : -1;
}

void
weir_ask_take(const struct module_qstate *sub, struct module_qstate *super,
    struct weir_state *state)
{
	bool has_answer = sub->return_rcode == LDNS_RCODE_NOERROR &&
			  sub->return_msg && sub->return_msg->rep &&
			  FLAGS_GET_RCODE(sub->return_msg->rep->flags) ==
			      LDNS_RCODE_NOERROR;

	if (state->stage == WEIR_STAGE_PROVING &&
	    (!has_answer ||
		!weir_dnssec_is_settled(super, sub->return_msg->rep)))
		state->is_unproven = true;
	/* The sub-query's region goes away with it. */
	if (state->stage == WEIR_STAGE_SINKHOLE && has_answer)
		state->sinkhole_answer = dns_msg_deepcopy_region(
		    sub->return_msg, super->region);
}
