/*
 * query.c - the way of one query through the module.  See query.h.
 *
 * Every way ends in weir_hook_book, which books the query exactly once for each
 * client.
 */
#include "module/query.h"

#include "module/answer.h"
#include "module/ask.h"
#include "module/block.h"
#include "module/dnssec.h"
#include "module/evict.h"
#include "module/shelf.h"

/* The database failed, or there is none.  (The log counts the queries where
 * they are booked.) */
static bool
passes_on_failure(struct weir_hook *hook)
{
	uint8_t on_failure = hook->snapshot
				 ? hook->snapshot->policy->on_failure
				 : atomic_load(&hook->module->on_failure);

	return on_failure == WEIR_ON_FAILURE_PASS;
}

/* A name of which a rule speaks, without blocking it: perhaps its answer lies
 * on the shelf.  That answer's aliases are judged anew. */
static void
try_shelf(struct weir_hook *hook, struct weir_decision *decision)
{
	struct dns_msg *message = weir_shelf_lookup(hook->module, hook->qstate);

	if (!message || weir_judge_answer(hook->snapshot, message->rep,
			    hook->now_unix, decision) != WEIR_OK) {
		weir_hook_go_on(hook);
		return;
	}
	weir_count(&hook->worker->counts->ways[WEIR_WAY_SHELF_HIT]);
	hook->qstate->return_msg = message;
	hook->qstate->return_rcode = LDNS_RCODE_NOERROR;
	if (weir_block_is_final(hook, decision))
		weir_block_answer(hook, decision);
	else
		weir_block_deliver(hook, decision);
}

/* The name, and what is known of its aliases already. */
static int
judge_before(struct weir_hook *hook, struct weir_decision *decision)
{
	int error = weir_hook_judge(hook, decision);

	if (!error && decision->outcome == WEIR_OUTCOME_NONE)
		error = weir_judge_cached(
		    hook->snapshot, hook->qstate, hook->now_unix, decision);
	return error;
}

static void
on_new(struct weir_hook *hook)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_decision decision;

	hook->is_new = true;
	/* Prefetch, and what iterator and validator ask for themselves. */
	if (hook->client_count == 0) {
		weir_hook_go_on(hook);
		return;
	}
	if (!hook->snapshot || judge_before(hook, &decision) != WEIR_OK) {
		if (passes_on_failure(hook)) {
			weir_hook_go_on(
			    hook); /* booked when the answer is there */
			return;
		}
		weir_hook_book(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
		weir_answer_failure(qstate);
		weir_hook_finish(hook);
		return;
	}
	if (weir_block_is_final(hook, &decision))
		weir_block_answer(hook, &decision);
	else if (decision.is_touched)
		try_shelf(hook, &decision);
	else
		weir_hook_go_on(hook);
	/* What is put together from the cache does not come by
	 * weir_upstream_answered: the iterator is not to store it at all. */
	if (decision.is_touched && decision.has_cached_alias)
		qstate->no_cache_store = 1;
}

static bool
has_answer(const struct module_qstate *qstate)
{
	return qstate->return_rcode == LDNS_RCODE_NOERROR &&
	       qstate->return_msg && qstate->return_msg->rep;
}

/* Judges the query and its answer; where there is none, the aliases that were
 * followed. */
static int
judge_all(struct weir_hook *hook, struct weir_decision *decision)
{
	struct module_qstate *qstate = hook->qstate;
	int error = weir_hook_judge(hook, decision);

	if (!error && has_answer(qstate))
		error = weir_judge_answer(hook->snapshot,
		    qstate->return_msg->rep, hook->now_unix, decision);
	else if (!error)
		error = weir_judge_chain(
		    hook->snapshot, qstate, hook->now_unix, decision);
	return error;
}

/* The answer is there, and a rule speaks of it. */
static void
on_done_touched(struct weir_hook *hook, struct weir_decision *decision)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_worker_counts *counts = hook->worker->counts;

	weir_hook_count(&counts->ways[WEIR_WAY_EVICTED],
	    weir_evict_answer(qstate, hook->snapshot, hook->now_unix));
	/* With a TTL it did not come by weir_upstream_answered: an auth-zone. */
	if (qstate->return_msg->rep->ttl != 0)
		weir_evict_aliases(qstate, qstate->return_msg->rep);
	if (hook->client_count == 0) {
		weir_hook_book(hook, WEIR_WAY_INTERNAL, NULL);
		weir_hook_finish(hook);
		return;
	}
	if (weir_dnssec_is_bogus(qstate, qstate->return_msg->rep)) {
		weir_hook_book(hook,
		    decision->outcome == WEIR_OUTCOME_BLOCKED
			? WEIR_WAY_BOGUS
			: WEIR_WAY_RESOLVE_FAILED,
		    NULL);
		weir_hook_finish(hook);
		return;
	}
	if (weir_block_is_final(hook, decision)) {
		weir_block_answer(hook, decision);
		return;
	}
	if (weir_shelf_store(hook->module, qstate))
		weir_count(&counts->ways[WEIR_WAY_SHELF_STORED]);
	weir_block_deliver(hook, decision);
}

/* There is no answer, but a block: listed while it was being resolved, in vain;
 * or an alias to a blocked name whose servers do not answer. */
static void
block_unresolved(struct weir_hook *hook, const struct weir_decision *decision)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_state *state;

	/* Its SERVFAIL may be in the cache. */
	msg_cache_remove(qstate->env, qstate->qinfo.qname,
	    qstate->qinfo.qname_len, qstate->qinfo.qtype, qstate->qinfo.qclass,
	    qstate->query_flags);
	if (!decision->is_alias || !weir_dnssec_is_wanted(qstate)) {
		weir_block_answer(hook, decision);
		return;
	}
	state = weir_hook_state(hook);
	switch (state ? weir_ask_proof(hook, state) : -1) {
	case 1:
		return;
	case 0:
		weir_block_answer(hook, decision);
		return;
	default: /* SERVFAIL, as it came */
		weir_hook_book(hook, WEIR_WAY_RESOLVE_FAILED, NULL);
		weir_hook_finish(hook);
	}
}

/* The modules behind us are done with the query. */
static void
on_done(struct weir_hook *hook)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_decision decision;

	if (!hook->snapshot || judge_all(hook, &decision) != WEIR_OK) {
		if (hook->client_count > 0 && !passes_on_failure(hook)) {
			weir_hook_book(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
			weir_answer_failure(qstate);
		} else {
			weir_hook_book(hook, WEIR_WAY_FAILED_PASS, NULL);
		}
		weir_hook_finish(hook);
	} else if (has_answer(qstate) && decision.is_touched) {
		on_done_touched(hook, &decision);
	} else if (!has_answer(qstate) && hook->client_count > 0 &&
		   weir_block_is_final(hook, &decision)) {
		block_unresolved(hook, &decision);
	} else {
		weir_hook_book(hook,
		    has_answer(qstate) ? WEIR_WAY_PASSED
				       : WEIR_WAY_RESOLVE_FAILED,
		    NULL);
		weir_hook_finish(hook);
	}
}

/* One alias more is validated, or is not. */
static void
on_proof(struct weir_hook *hook, const struct weir_state *state)
{
	if (state->is_unproven) {
		hook->qstate->return_msg = NULL;
		hook->qstate->return_rcode = LDNS_RCODE_SERVFAIL;
		weir_hook_book(hook, WEIR_WAY_BOGUS, NULL);
		weir_hook_finish(hook);
		return;
	}
	on_done(hook); /* the next one, or the block */
}

void
weir_query_operate(struct module_qstate *qstate, enum module_ev event, int id)
{
	const struct weir_state *state = qstate->minfo[id];
	struct weir_hook hook;

	weir_hook_begin(&hook, qstate, id);
	if (event == module_event_moddone)
		on_done(&hook);
	else if (state && state->stage == WEIR_STAGE_SINKHOLE)
		weir_block_sinkhole_resolved(&hook);
	else if (state && state->stage == WEIR_STAGE_PROVING)
		on_proof(&hook, state);
	else if (event == module_event_new || event == module_event_pass)
		on_new(&hook);
	else
		qstate->ext_state[id] = module_error;
	weir_hook_end(&hook);
}

void
weir_query_inform_super(
    struct module_qstate *qstate, int id, struct module_qstate *super)
{
	struct weir_state *state = super->minfo[id];

	if (state)
		weir_ask_take(qstate, super, state);
}

int
weir_query_reply(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns,
    struct edns_option **options, struct comm_reply *reply,
    struct regional *region, struct timeval *start_time, int id, void *arg)
{
	struct weir_state *state = qstate ? qstate->minfo[id] : NULL;
	bool is_udp;

	(void)qinfo, (void)rcode, (void)edns, (void)options, (void)region;
	(void)start_time, (void)arg;
	if (!state)
		return 1;
	if (state->real_msg) {
		qstate->return_msg = state->real_msg;
		state->real_msg = NULL;
	}
	if (!state->is_udp_truncated || !rep)
		return 1;
	is_udp = reply && reply->c && reply->c->type == comm_udp;
	rep->an_numrrsets = is_udp ? 0 : state->an_numrrsets;
	rep->ns_numrrsets = is_udp ? 0 : state->ns_numrrsets;
	rep->ar_numrrsets = is_udp ? 0 : state->ar_numrrsets;
	rep->flags = is_udp ? (uint16_t)(state->flags | BIT_TC) : state->flags;
	return 1;
}
