/*
 * query.c - the way of one query through the module.  See query.h.
 *
 * Every hook takes the snapshot first and releases it last, so one decision is
 * made by one generation.  Every way ends in count_done, which books the query
 * exactly once for each client.
 */
#include "module/query.h"

#include <string.h>

#include "module/answer.h"
#include "module/evict.h"
#include "module/judge.h"
#include "module/shelf.h"

/* A client that has waited that long may be given up by Unbound (its
 * discard-timeout) without our reply callback being called. */
#define LONG_WAIT_S 1

enum stage {
	STAGE_RESOLVING,
	STAGE_SINKHOLE
};

/* How the replies of this state differ from its return_msg. */
enum reply_mode {
	REPLY_AS_IS,
	REPLY_TRUNCATE_UDP /* UDP clients get TC, the others the answer */
};

/* What we remember of a query state, in its region. */
struct query {
	enum stage stage;
	enum reply_mode reply_mode;
	struct dns_msg *sinkhole_answer;
	/* The clients get another answer than the states above this one: the
	 * answer that these are to see. */
	struct dns_msg *real_msg;
	/* REPLY_TRUNCATE_UDP: the answer's own section counts and flags. */
	size_t an_numrrsets, ns_numrrsets, ar_numrrsets;
	uint16_t flags;
	/* STAGE_SINKHOLE: what was decided, by which swap, and how many clients
	 * are booked for it already. */
	struct weir_decision decision;
	uint64_t serial;
	unsigned int counted;
};

/* One hook's view: everything a function below needs. */
struct hook {
	struct weir_module *module;
	struct weir_worker *worker;
	struct module_qstate *qstate;
	int id;
	const struct weir_snapshot *snapshot;
	unsigned int reader;
	uint32_t now_unix;
	unsigned int client_count;
};

static void
hook_begin(struct hook *hook, struct module_qstate *qstate, int id)
{
	const struct mesh_reply *reply;

	hook->module = weir_module_of(qstate, id);
	hook->worker = weir_module_worker(hook->module, qstate->env);
	hook->qstate = qstate;
	hook->id = id;
	atomic_store_explicit(&hook->worker->storing, 0, memory_order_release);
	hook->snapshot = weir_snapshot_acquire(hook->module, hook->worker);
	hook->reader = (unsigned int)(hook->worker - hook->module->workers);
	hook->now_unix = (uint32_t)*qstate->env->now;
	hook->client_count = 0;
	for (reply = qstate->mesh_info->reply_list; reply; reply = reply->next)
		hook->client_count++;
}

static void
hook_end(struct hook *hook)
{
	weir_snapshot_release(hook->worker);
}

static void
count(weir_counter *counter, unsigned int times)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + times,
	    memory_order_relaxed);
}

static void
count_feed(
    struct hook *hook, const struct weir_rule *rule, enum weir_feed_count what)
{
	unsigned int slot = hook->snapshot->feed_slots[rule->entry.feed];

	count(&hook->worker->counts->feeds[slot][what], hook->client_count);
}

/* Books the clients of a query: the way it went, and what decided. */
static void
count_done(
    struct hook *hook, enum weir_way way, const struct weir_decision *decision)
{
	struct weir_worker_counts *counts = hook->worker->counts;
	unsigned int clients = hook->client_count;
	enum weir_type_slot type = weir_type_slot(hook->qstate->qinfo.qtype);

	if (clients == 0) {
		count(&counts->ways[WEIR_WAY_INTERNAL], 1);
		return;
	}
	count(&counts->ways[WEIR_WAY_QUERIES], clients);
	count(&counts->types[type], clients);
	count(&counts->ways[way], clients);
	if (!decision)
		return;
	if (decision->shadow.is_set) {
		count(&counts->ways[WEIR_WAY_SHADOW], clients);
		count_feed(hook, &decision->shadow, WEIR_FEED_SHADOWED);
	}
	if (way == WEIR_WAY_ALLOWED) {
		count(&counts->actions[decision->rule.action], clients);
		count_feed(hook, &decision->rule, WEIR_FEED_ALLOWED);
	} else if (way == WEIR_WAY_BLOCKED_NAME ||
		   way == WEIR_WAY_BLOCKED_ALIAS) {
		count(&counts->actions[decision->rule.action], clients);
		count(&counts->blocked_types[type], clients);
		count_feed(hook, &decision->rule, WEIR_FEED_BLOCKED);
	}
}

static void
finish(struct hook *hook)
{
	hook->qstate->ext_state[hook->id] = module_finished;
}

static void
go_on(struct hook *hook)
{
	hook->qstate->ext_state[hook->id] = module_wait_module;
}

static struct query *
query_of(struct hook *hook)
{
	struct query *query = hook->qstate->minfo[hook->id];

	if (!query) {
		query = regional_alloc_zero(
		    hook->qstate->region, sizeof(*query));
		hook->qstate->minfo[hook->id] = query;
	}
	return query;
}

/* The database failed, or there is none. */
static bool
passes_on_failure(struct hook *hook)
{
	uint8_t on_failure = hook->snapshot
				 ? hook->snapshot->policy->on_failure
				 : atomic_load(&hook->module->on_failure);

	atomic_fetch_add_explicit(
	    &hook->module->lookup_failures, 1, memory_order_relaxed);
	return on_failure == WEIR_ON_FAILURE_PASS;
}

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

/* Gives the clients `message` in place of the state's answer.  States that wait
 * for this one (the validator's for a DS, the iterator's for a name server's
 * address) must see the real answer: the reply callback puts it back after
 * Unbound has taken up the clients' one and before these states are told. */
static void
give_clients(struct hook *hook, struct dns_msg *message)
{
	struct module_qstate *qstate = hook->qstate;
	struct query *query = query_of(hook);

	qstate->return_rcode = LDNS_RCODE_NOERROR;
	if (qstate->mesh_info->super_set.count > 0 && query)
		query->real_msg = qstate->return_msg;
	qstate->return_msg = message;
}

static bool
has_waited_long(const struct module_qstate *qstate)
{
	const struct mesh_reply *reply;

	for (reply = qstate->mesh_info->reply_list; reply; reply = reply->next)
		if (qstate->env->now_tv->tv_sec - reply->start_time.tv_sec >
		    LONG_WAIT_S)
			return true;
	return false;
}

/* Asks for the sinkhole's name; its answer comes by weir_query_inform_super. */
static bool
ask_sinkhole(struct hook *hook, const struct weir_decision *decision)
{
	const struct weir_name *name = &hook->snapshot->policy->sinkhole_name;
	struct module_qstate *qstate = hook->qstate, *sub = NULL;
	struct query *query = query_of(hook);
	struct query_info qinfo;

	if (!query)
		return false;
	memset(&qinfo, 0, sizeof(qinfo));
	qinfo.qname = regional_alloc_init(
	    qstate->region, name->wire, name->len);
	qinfo.qname_len = name->len;
	qinfo.qtype = qstate->qinfo.qtype;
	qinfo.qclass = qstate->qinfo.qclass;
	if (!qinfo.qname ||
	    (*qstate->env->detect_cycle)(qstate, &qinfo, BIT_RD, 0, 0) ||
	    !(*qstate->env->attach_sub)(qstate, &qinfo, BIT_RD, 0, 0, &sub))
		return false;
	query->stage = STAGE_SINKHOLE;
	query->decision = *decision;
	query->serial = hook->snapshot->current.serial;
	query->counted = hook->client_count;
	qstate->ext_state[hook->id] = module_wait_subquery;
	return true;
}

static bool
is_sinkhole_name(const struct hook *hook, const struct weir_decision *decision)
{
	return decision->rule.action == WEIR_ACTION_SINKHOLE &&
	       hook->snapshot->policy->has_sinkhole_name;
}

/* Answers the block, at whichever point.  The state is finished, or waits for
 * the sinkhole's name. */
static void
block(struct hook *hook, const struct weir_decision *decision)
{
	struct module_qstate *qstate = hook->qstate;
	bool has_supers = qstate->mesh_info->super_set.count > 0;
	struct dns_msg *message;

	qstate->no_cache_store = 1;
	if (decision->rule.action == WEIR_ACTION_DROP ||
	    (has_supers && has_waited_long(qstate))) {
		count_done(hook, blocked_way(decision), decision);
		qstate->is_drop = 1;
		finish(hook);
		return;
	}
	weir_answer_explain(qstate, hook->snapshot, decision);
	if (is_sinkhole_name(hook, decision) && !has_supers &&
	    ask_sinkhole(hook, decision)) {
		count_done(hook, blocked_way(decision), decision);
		return;
	}
	message = weir_answer_block(qstate, hook->snapshot, decision);
	if (!message) {
		/* No memory even for that: SERVFAIL blocks too. */
		count_done(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
		qstate->return_msg = NULL;
		qstate->return_rcode = LDNS_RCODE_SERVFAIL;
	} else {
		count_done(hook, blocked_way(decision), decision);
		give_clients(hook, message);
	}
	finish(hook);
}

/* Books UDP clients as blocked, the others as allowed. */
static void
count_truncated(struct hook *hook, const struct weir_decision *decision)
{
	unsigned int clients = hook->client_count;
	unsigned int udp = udp_client_count(hook->qstate);

	hook->client_count = udp;
	if (udp > 0)
		count_done(hook, blocked_way(decision), decision);
	hook->client_count = clients - udp;
	if (clients > udp)
		count_done(hook, WEIR_WAY_ALLOWED, decision);
	hook->client_count = clients;
}

/* TCP clients get the answer, UDP clients TC: each in its turn. */
static void
truncate_udp(struct hook *hook, const struct weir_decision *decision)
{
	struct query *query = query_of(hook);
	struct reply_info *rep = hook->qstate->return_msg->rep;
	struct dns_msg *copy;
	struct reply_info *copy_rep;

	copy = regional_alloc_init(
	    hook->qstate->region, hook->qstate->return_msg, sizeof(*copy));
	copy_rep = regional_alloc_init(hook->qstate->region, rep, sizeof(*rep));
	if (!query || !copy || !copy_rep) {
		hook->qstate->return_msg = NULL;
		hook->qstate->return_rcode = LDNS_RCODE_SERVFAIL;
		count_done(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
		return;
	}
	copy->rep = copy_rep;
	query->reply_mode = REPLY_TRUNCATE_UDP;
	query->an_numrrsets = rep->an_numrrsets;
	query->ns_numrrsets = rep->ns_numrrsets;
	query->ar_numrrsets = rep->ar_numrrsets;
	query->flags = rep->flags;
	count_truncated(hook, decision);
	give_clients(hook, copy);
}

/* A finished answer that a rule speaks of, and that the clients may have. */
static void
deliver(struct hook *hook, const struct weir_decision *decision)
{
	if (decision->outcome == WEIR_OUTCOME_BLOCKED)
		truncate_udp(hook, decision);
	else
		count_done(hook,
		    decision->outcome == WEIR_OUTCOME_ALLOWED ? WEIR_WAY_ALLOWED
							      : WEIR_WAY_PASSED,
		    decision);
	finish(hook);
}

/* Whether the decision ends the query without resolving it. */
static bool
is_final(const struct hook *hook, const struct weir_decision *decision)
{
	if (decision->outcome != WEIR_OUTCOME_BLOCKED)
		return false;
	return decision->rule.action != WEIR_ACTION_TRUNCATE ||
	       udp_client_count(hook->qstate) == hook->client_count;
}

/* A name of which a rule speaks, without blocking it: perhaps its answer lies
 * on the shelf.  That answer's aliases are judged anew. */
static void
try_shelf(struct hook *hook, struct weir_decision *decision)
{
	struct dns_msg *message = weir_shelf_lookup(hook->module, hook->qstate);

	if (!message ||
	    weir_judge_answer(hook->snapshot, hook->reader, message->rep,
		hook->now_unix, decision) != WEIR_OK) {
		go_on(hook);
		return;
	}
	weir_count(&hook->worker->counts->ways[WEIR_WAY_SHELF_HIT]);
	hook->qstate->return_msg = message;
	hook->qstate->return_rcode = LDNS_RCODE_NOERROR;
	if (is_final(hook, decision))
		block(hook, decision);
	else
		deliver(hook, decision);
}

static void
on_new(struct hook *hook)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_decision decision;

	/* Prefetch, and what iterator and validator ask for themselves. */
	if (hook->client_count == 0) {
		go_on(hook);
		return;
	}
	weir_judge_init(&decision);
	if (!hook->snapshot ||
	    weir_judge_name(hook->snapshot, hook->reader, qstate->qinfo.qname,
		qstate->qinfo.qname_len, false, hook->now_unix,
		&decision) != WEIR_OK) {
		if (passes_on_failure(hook)) {
			go_on(hook); /* booked when the answer is there */
			return;
		}
		count_done(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
		weir_answer_failure(qstate);
		finish(hook);
		return;
	}
	if (is_final(hook, &decision))
		block(hook, &decision);
	else if (decision.is_touched)
		try_shelf(hook, &decision);
	else
		go_on(hook);
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
judge_all(struct hook *hook, struct weir_decision *decision)
{
	struct module_qstate *qstate = hook->qstate;
	int error;

	weir_judge_init(decision);
	error = weir_judge_name(hook->snapshot, hook->reader,
	    qstate->qinfo.qname, qstate->qinfo.qname_len, false, hook->now_unix,
	    decision);
	if (!error && has_answer(qstate))
		error = weir_judge_answer(hook->snapshot, hook->reader,
		    qstate->return_msg->rep, hook->now_unix, decision);
	else if (!error)
		error = weir_judge_chain(hook->snapshot, hook->reader, qstate,
		    hook->now_unix, decision);
	return error;
}

/* A bogus answer stays SERVFAIL for those who want validation. */
static bool
is_bogus(const struct module_qstate *qstate)
{
	const struct reply_info *rep = qstate->return_msg->rep;

	return qstate->env->need_to_validate &&
	       (!(qstate->query_flags & BIT_CD) ||
		   qstate->env->cfg->ignore_cd) &&
	       (rep->security <= sec_status_bogus ||
		   rep->security == sec_status_secure_sentinel_fail) &&
	       rep->security != sec_status_unchecked;
}

/* The answer is there, and a rule speaks of it. */
static void
on_done_touched(struct hook *hook, struct weir_decision *decision)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_worker_counts *counts = hook->worker->counts;

	count(&counts->ways[WEIR_WAY_EVICTED],
	    weir_evict_answer(
		qstate, hook->snapshot, hook->reader, hook->now_unix));
	if (hook->client_count == 0) {
		count_done(hook, WEIR_WAY_INTERNAL, NULL);
		finish(hook);
		return;
	}
	if (is_bogus(qstate)) {
		count_done(hook,
		    decision->outcome == WEIR_OUTCOME_BLOCKED
			? WEIR_WAY_BOGUS
			: WEIR_WAY_RESOLVE_FAILED,
		    NULL);
		finish(hook);
		return;
	}
	if (is_final(hook, decision)) {
		block(hook, decision);
		return;
	}
	if (weir_shelf_store(hook->module, qstate))
		weir_count(&counts->ways[WEIR_WAY_SHELF_STORED]);
	deliver(hook, decision);
}

/* The modules behind us are done with the query. */
static void
on_done(struct hook *hook)
{
	struct module_qstate *qstate = hook->qstate;
	struct weir_decision decision;

	if (!hook->snapshot || judge_all(hook, &decision) != WEIR_OK) {
		if (hook->client_count > 0 && !passes_on_failure(hook)) {
			count_done(hook, WEIR_WAY_FAILED_SERVFAIL, NULL);
			weir_answer_failure(qstate);
		} else {
			count_done(hook, WEIR_WAY_FAILED_PASS, NULL);
		}
		finish(hook);
	} else if (has_answer(qstate) && decision.is_touched) {
		on_done_touched(hook, &decision);
	} else if (!has_answer(qstate) && hook->client_count > 0 &&
		   is_final(hook, &decision)) {
		/* Listed while it was being resolved, in vain; or an alias that
		 * we would not let the iterator follow.  Its SERVFAIL may be in
		 * the cache. */
		msg_cache_remove(qstate->env, qstate->qinfo.qname,
		    qstate->qinfo.qname_len, qstate->qinfo.qtype,
		    qstate->qinfo.qclass, qstate->query_flags);
		block(hook, &decision);
	} else {
		count_done(hook,
		    has_answer(qstate) ? WEIR_WAY_PASSED
				       : WEIR_WAY_RESOLVE_FAILED,
		    NULL);
		finish(hook);
	}
}

static void
on_sinkhole_resolved(struct hook *hook, const struct query *query)
{
	struct module_qstate *qstate = hook->qstate;

	/* Clients that asked the same while the name was being resolved. */
	if (hook->client_count > query->counted && hook->snapshot) {
		hook->client_count -= query->counted;
		count_done(hook, blocked_way(&query->decision),
		    hook->snapshot->current.serial == query->serial
			? &query->decision
			: NULL);
	}
	qstate->return_rcode = LDNS_RCODE_SERVFAIL;
	qstate->return_msg = NULL;
	if (hook->snapshot) {
		qstate->return_msg = weir_answer_alias(
		    qstate, hook->snapshot, query->sinkhole_answer);
		if (qstate->return_msg)
			qstate->return_rcode = LDNS_RCODE_NOERROR;
	}
	finish(hook);
}

void
weir_query_operate(struct module_qstate *qstate, enum module_ev event, int id)
{
	const struct query *query = qstate->minfo[id];
	struct hook hook;

	hook_begin(&hook, qstate, id);
	if (event == module_event_moddone)
		on_done(&hook);
	else if (query && query->stage == STAGE_SINKHOLE)
		on_sinkhole_resolved(&hook, query);
	else if (event == module_event_new || event == module_event_pass)
		on_new(&hook);
	else
		qstate->ext_state[id] = module_error;
	hook_end(&hook);
}

void
weir_query_inform_super(
    struct module_qstate *qstate, int id, struct module_qstate *super)
{
	struct query *query = super->minfo[id];

	if (!query || query->stage != STAGE_SINKHOLE || !has_answer(qstate) ||
	    FLAGS_GET_RCODE(qstate->return_msg->rep->flags) !=
		LDNS_RCODE_NOERROR)
		return;
	/* The sub-query's region goes away with it. */
	query->sinkhole_answer = dns_msg_deepcopy_region(
	    qstate->return_msg, super->region);
}

int
weir_query_sending(struct query_info *qinfo, uint16_t flags,
    struct module_qstate *qstate, struct sockaddr_storage *addr,
    socklen_t addrlen, uint8_t *zone, size_t zonelen, struct regional *region,
    int id, void *arg)
{
	struct weir_decision decision;
	struct hook hook;
	int may_go = 1;

	(void)qinfo, (void)flags, (void)addr, (void)addrlen, (void)zone;
	(void)zonelen, (void)region, (void)arg;
	hook_begin(&hook, qstate, id);
	weir_judge_init(&decision);
	if (hook.snapshot && hook.client_count > 0 &&
	    weir_judge_name(hook.snapshot, hook.reader, qstate->qinfo.qname,
		qstate->qinfo.qname_len, false, hook.now_unix,
		&decision) == WEIR_OK &&
	    weir_judge_chain(hook.snapshot, hook.reader, qstate, hook.now_unix,
		&decision) == WEIR_OK &&
	    is_final(&hook, &decision) &&
	    qstate->mesh_info->super_set.count == 0) {
		may_go = 0;
		qstate->no_cache_store = 1;
		/* Unbound has put a list here that it frees when we refuse. */
		qstate->edns_opts_back_out = NULL;
	}
	hook_end(&hook);
	return may_go;
}

int
weir_query_response(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
	struct weir_decision decision;
	struct hook hook;
	int error;

	(void)arg;
	if (!response || !response->rep)
		return 1;
	hook_begin(&hook, qstate, id);
	if (hook.snapshot) {
		weir_judge_init(&decision);
		error = weir_judge_name(hook.snapshot, hook.reader,
		    qstate->qinfo.qname, qstate->qinfo.qname_len, false,
		    hook.now_unix, &decision);
		if (!error)
			error = weir_judge_name(hook.snapshot, hook.reader,
			    response->qinfo.qname, response->qinfo.qname_len,
			    true, hook.now_unix, &decision);
		if (!error)
			error = weir_judge_answer(hook.snapshot, hook.reader,
			    response->rep, hook.now_unix, &decision);
		if (!error && decision.is_touched)
			response->rep->ttl = 0;
		/* From here until our next hook this worker may be storing
		 * what was judged by this generation: sweep.h. */
		atomic_store_explicit(&hook.worker->storing,
		    hook.snapshot->current.serial, memory_order_release);
	}
	hook_end(&hook);
	return 1;
}

int
weir_query_reply(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns,
    struct edns_option **options, struct comm_reply *reply,
    struct regional *region, struct timeval *start_time, int id, void *arg)
{
	struct query *query = qstate ? qstate->minfo[id] : NULL;
	bool is_udp;

	(void)qinfo, (void)rcode, (void)edns, (void)options, (void)region;
	(void)start_time, (void)arg;
	if (!query)
		return 1;
	if (query->real_msg) {
		qstate->return_msg = query->real_msg;
		query->real_msg = NULL;
	}
	if (query->reply_mode != REPLY_TRUNCATE_UDP || !rep)
		return 1;
	is_udp = reply && reply->c && reply->c->type == comm_udp;
	rep->an_numrrsets = is_udp ? 0 : query->an_numrrsets;
	rep->ns_numrrsets = is_udp ? 0 : query->ns_numrrsets;
	rep->ar_numrrsets = is_udp ? 0 : query->ar_numrrsets;
	rep->flags = is_udp ? (uint16_t)(query->flags | BIT_TC) : query->flags;
	return 1;
}
