/*
 * block.c - gives the clients of a query state what was decided.
 */
#include "module/block.h"

#include "lib/reply.h"
#include "module/answer.h"
#include "module/ask.h"

/* A client that has waited that long may be given up by Unbound (its
 * discard-timeout) without our reply callback being called. */
#define LONG_WAIT_MS 1000

static enum weir_way
blocked_way(const struct weir_decision *decision)
{
	return decision->is_alias ? WEIR_WAY_BLOCKED_ALIAS
				  : WEIR_WAY_BLOCKED_NAME;
}

/* Clients that can be told by TC to come back over TCP. */
static unsigned int
udp_client_count(const struct module_qstate *qstate)
{
	const struct mesh_reply *reply;
	unsigned int clients = 0;

	for (reply = qstate->mesh_info->reply_list; reply; reply = reply->next)
		if (reply->query_reply.c->type == comm_udp)
			clients++;
	return clients;
}

/* Whether the decision ends the query without resolving it. */
bool
weir_block_is_final(
    const struct weir_hook *hook, const struct weir_decision *decision)
{
	if (decision->outcome != WEIR_OUTCOME_BLOCKED)
		return false;
	return decision->rule.action != WEIR_ACTION_TRUNCATE ||
	       udp_client_count(hook->qstate) == hook->client_count;
}

/* Gives the clients `message` in place of the state's answer.  States that wait
 * for this one (the validator's for a DS, the iterator's for a name server's
 * address) must see the real answer: the reply callback puts it back after
 * Unbound has taken up the clients' one and before these states are told. */
static void
give_clients(struct weir_hook *hook, struct dns_msg *message)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_state *state = weir_hook_state(hook);

	qstate->return_rcode = LDNS_RCODE_NOERROR;
	if (qstate->mesh_info->super_set.count > 0 && state)
		state->real_msg = qstate->return_msg;
	qstate->return_msg = message;
}

static bool
has_waited_long(const struct module_qstate *qstate)
{
	const struct timeval *now = qstate->env->now_tv;
	const struct mesh_reply *reply;

	for (reply = qstate->mesh_info->reply_list; reply; reply = reply->next)
		if ((now->tv_sec - reply->start_time.tv_sec) * 1000 +
			(now->tv_usec - reply->start_time.tv_usec) / 1000 >
		    LONG_WAIT_MS)
			return true;
	return false;
}

/* The alias that the block is answered by, which has to be resolved: a copy,
 * for the policy may be gone when it is.  NULL: there is none. */
static const struct weir_reply *
alias_of(const struct weir_hook *hook, const struct weir_decision *decision)
{
	struct regional *region = hook->qstate->region;
	struct weir_reply reply = weir_reply_for(
	    hook->snapshot->policy, &decision->rule, hook->qstate->qinfo.qtype);

	if (reply.kind != WEIR_REPLY_ALIAS)
		return NULL;
	reply.octets = regional_alloc_init(region, reply.octets, reply.len);
	if (!reply.octets)
		return NULL;
	return regional_alloc_init(region, &reply, sizeof(reply));
}

static bool
wait_for_alias(struct weir_hook *hook, const struct weir_decision *decision)
{
	struct regional *region = hook->qstate->region;
	const struct weir_reply *alias = alias_of(hook, decision);
	struct weir_state *state;

	if (!alias)
		return false;
	state = weir_hook_state(hook);
	if (!state)
		return false;
	state->alias = alias;
	state->decision = regional_alloc_init(
	    region, decision, sizeof(*decision));
	if (!state->decision || !weir_ask_sinkhole(hook, state))
		return false;
	state->serial = hook->snapshot->current.serial;
	state->counted = hook->client_count;
	state->real_msg = hook->qstate->return_msg;
	weir_hook_book(hook, blocked_way(decision), decision);
	return true;
}

void
weir_block_answer(struct weir_hook *hook, const struct weir_decision *decision)
{
	struct module_qstate *qstate = hook->qstate;
	bool has_supers = qstate->mesh_info->super_set.count > 0;
	struct dns_msg *message;

	qstate->no_cache_store = 1;
	if (decision->rule.action == WEIR_ACTION_DROP ||
	    (has_supers && has_waited_long(qstate))) {
		weir_hook_book(hook, blocked_way(decision), decision);
		qstate->is_drop = 1;
		weir_hook_finish(hook);
		return;
	}
	weir_answer_explain(qstate, hook->snapshot, decision);
	if (!has_supers && wait_for_alias(hook, decision))
		return;
	message = weir_answer_block(qstate, hook->snapshot, decision);
	if (!message) {
		/* No memory even for that: SERVFAIL blocks too. */
		weir_hook_book(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
		qstate->return_msg = NULL;
		qstate->return_rcode = LDNS_RCODE_SERVFAIL;
	} else {
		hook->answer = message;
		weir_hook_book(hook, blocked_way(decision), decision);
		give_clients(hook, message);
	}
	weir_hook_finish(hook);
}

/* Books UDP clients as blocked, the others as allowed. */
static void
count_truncated(struct weir_hook *hook, const struct weir_decision *decision)
{
	unsigned int clients = hook->client_count;
	unsigned int udp = udp_client_count(hook->qstate);

	hook->answer = hook->qstate->return_msg;
	hook->client_count = udp;
	hook->clients = WEIR_CLIENTS_UDP;
	if (udp > 0)
		weir_hook_book(hook, blocked_way(decision), decision);
	hook->client_count = clients - udp;
	hook->clients = WEIR_CLIENTS_NOT_UDP;
	if (clients > udp)
		weir_hook_book(hook, WEIR_WAY_ALLOWED, decision);
	hook->client_count = clients;
	hook->clients = WEIR_CLIENTS_ALL;
}

/* TCP clients get the answer, UDP clients TC: each in its turn. */
static void
truncate_udp(struct weir_hook *hook, const struct weir_decision *decision)
{
	struct weir_state *state = weir_hook_state(hook);
	struct reply_info *rep = hook->qstate->return_msg->rep;
	struct dns_msg *copy;
	struct reply_info *copy_rep;

	copy = regional_alloc_init(
	    hook->qstate->region, hook->qstate->return_msg, sizeof(*copy));
	copy_rep = regional_alloc_init(hook->qstate->region, rep, sizeof(*rep));
	if (!state || !copy || !copy_rep) {
		hook->qstate->return_msg = NULL;
		hook->qstate->return_rcode = LDNS_RCODE_SERVFAIL;
		weir_hook_book(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
		return;
	}
	copy->rep = copy_rep;
	state->is_udp_truncated = true;
	state->an_numrrsets = rep->an_numrrsets;
	state->ns_numrrsets = rep->ns_numrrsets;
	state->ar_numrrsets = rep->ar_numrrsets;
	state->flags = rep->flags;
	count_truncated(hook, decision);
	give_clients(hook, copy);
}

/* A finished answer that a rule speaks of, and that the clients may have. */
void
weir_block_deliver(struct weir_hook *hook, const struct weir_decision *decision)
{
	if (decision->outcome == WEIR_OUTCOME_BLOCKED)
		truncate_udp(hook, decision);
	else
		weir_hook_book(hook,
		    decision->outcome == WEIR_OUTCOME_ALLOWED ? WEIR_WAY_ALLOWED
							      : WEIR_WAY_PASSED,
		    decision);
	weir_hook_finish(hook);
}

void
weir_block_sinkhole_resolved(struct weir_hook *hook)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_state *state = qstate->minfo[hook->id];
	struct dns_msg *real = state->real_msg;

	/* Clients that asked the same while the name was being resolved. */
	if (hook->client_count > state->counted && hook->snapshot) {
		hook->client_count -= state->counted;
		weir_hook_book(hook, blocked_way(state->decision),
		    hook->snapshot->current.serial == state->serial
			? state->decision
			: NULL);
	}
	state->real_msg = NULL;
	if (qstate->mesh_info->super_set.count > 0) {
		/* Another state has come to wait for this one (dns64): it must
		 * not take the sinkhole for the answer.  It gets the real one,
		 * if there is one; the clients ask again. */
		qstate->return_msg = real;
		qstate->return_rcode = real ? LDNS_RCODE_NOERROR
					    : LDNS_RCODE_SERVFAIL;
		qstate->is_drop = 1;
		weir_hook_finish(hook);
		return;
	}
	qstate->return_rcode = LDNS_RCODE_SERVFAIL;
	qstate->return_msg = NULL;
	qstate->return_msg = weir_answer_alias(
	    qstate, state->alias, state->sinkhole_answer);
	if (qstate->return_msg)
		qstate->return_rcode = LDNS_RCODE_NOERROR;
	weir_hook_finish(hook);
}
