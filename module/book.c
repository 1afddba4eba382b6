/*
 * book.c - what is booked of a query: counters, and events for the recorder.
 *
 * On the query path: plain stores into the worker's own counters, and a copy
 * into its own queue.  An event is put together on the stack, once for each
 * state, and completed for each client.
 */
#include <string.h>

#include "module/hook.h"

#define LIMIT_US 2000000

/* What became of the clients, in the words of the counters. */
struct fate {
	enum weir_event_outcome outcome;
	const struct weir_rule *rule; /* that decided, or would have; NULL */
	bool is_alias, is_from_cache;
};

static unsigned int
category_slot(
    const struct weir_snapshot *snapshot, const struct weir_rule *rule)
{
	return rule->entry.category < WEIR_CATEGORIES
		   ? snapshot->category_slots[rule->entry.category]
		   : 0;
}

static void
count_rule(struct weir_hook *hook, const struct weir_rule *rule,
    enum weir_feed_count feed, enum weir_category_count category)
{
	struct weir_worker_counts *counts = hook->worker->counts;
	unsigned int feed_slot = hook->snapshot->feed_slots[rule->entry.feed];

	weir_hook_count(&counts->feeds[feed_slot][feed], hook->client_count);
	weir_hook_count(
	    &counts->categories[category_slot(hook->snapshot, rule)][category],
	    hook->client_count);
}

static void
count_decision(struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision, enum weir_type_slot type)
{
	struct weir_worker_counts *counts = hook->worker->counts;
	unsigned int clients = hook->client_count;

	if (decision->shadow.is_set) {
		weir_hook_count(&counts->ways[WEIR_WAY_SHADOW], clients);
		count_rule(hook, &decision->shadow, WEIR_FEED_SHADOWED,
		    WEIR_CATEGORY_SHADOWED);
	}
	if (way == WEIR_WAY_ALLOWED) {
		weir_hook_count(
		    &counts->actions[decision->rule.action], clients);
		count_rule(hook, &decision->rule, WEIR_FEED_ALLOWED,
		    WEIR_CATEGORY_ALLOWED);
	} else if (way == WEIR_WAY_BLOCKED_NAME ||
		   way == WEIR_WAY_BLOCKED_ALIAS) {
		weir_hook_count(
		    &counts->actions[decision->rule.action], clients);
		weir_hook_count(&counts->blocked_types[type], clients);
		count_rule(hook, &decision->rule, WEIR_FEED_BLOCKED,
		    WEIR_CATEGORY_BLOCKED);
	}
}

static struct fate
fate_of(const struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision)
{
	const struct weir_state *state = hook->qstate->minfo[hook->id];
	struct fate fate = { .outcome = WEIR_EVENT_PASSED };

	fate.is_from_cache = hook->is_new ||
			     (!(state && state->has_asked) &&
				 !weir_judge_has_asked(hook->qstate));
	if (way == WEIR_WAY_BLOCKED_NAME || way == WEIR_WAY_BLOCKED_ALIAS)
		fate.outcome = WEIR_EVENT_BLOCKED;
	else if (way == WEIR_WAY_ALLOWED)
		fate.outcome = WEIR_EVENT_ALLOWED;
	else if (decision && decision->shadow.is_set)
		fate.outcome = WEIR_EVENT_SHADOWED;
	fate.is_alias = way == WEIR_WAY_BLOCKED_ALIAS;
	if (decision && fate.outcome == WEIR_EVENT_SHADOWED) {
		fate.rule = &decision->shadow;
		fate.is_alias = decision->is_shadow_alias;
	} else if (decision && fate.outcome != WEIR_EVENT_PASSED) {
		fate.rule = &decision->rule;
		fate.is_alias = decision->is_alias;
	}
	return fate;
}

/* The response code that they get; of blocked ones that get no answer, or whose
 * answer is not there yet, NOERROR. */
static uint8_t
rcode_of(const struct weir_hook *hook, enum weir_way way)
{
	const struct module_qstate *qstate = hook->qstate;

	switch (way) {
	case WEIR_WAY_BLOCKED_NAME:
	case WEIR_WAY_BLOCKED_ALIAS:
		return hook->answer
			   ? (uint8_t)FLAGS_GET_RCODE(hook->answer->rep->flags)
			   : LDNS_RCODE_NOERROR;
	case WEIR_WAY_BOGUS:
	case WEIR_WAY_FAILED_SERVFAIL:
		return LDNS_RCODE_SERVFAIL;
	default:
		if (qstate->return_rcode != LDNS_RCODE_NOERROR)
			return (uint8_t)qstate->return_rcode;
		if (!qstate->return_msg || !qstate->return_msg->rep)
			return LDNS_RCODE_SERVFAIL;
		return (uint8_t)FLAGS_GET_RCODE(qstate->return_msg->rep->flags);
	}
}

static uint8_t
transport_of(const struct comm_reply *reply)
{
	const struct comm_point *point = reply->c;

#ifdef USE_DNSCRYPT
	if (reply->is_dnscrypted)
		return WEIR_TRANSPORT_DNSCRYPT;
#endif
	switch ((int)point->type) {
	case comm_udp:
		return WEIR_TRANSPORT_UDP;
	case comm_tcp:
		return point->ssl ? WEIR_TRANSPORT_TLS : WEIR_TRANSPORT_TCP;
	case comm_http:
		return WEIR_TRANSPORT_HTTPS;
#ifdef WEIR_HOST_DOQ
	case comm_doq:
		return WEIR_TRANSPORT_QUIC;
#endif
	default:
		return WEIR_TRANSPORT_UNKNOWN;
	}
}

/* Copies the client's address, no more of it than may be kept. */
static void
take_client(const struct weir_module *module, const struct comm_reply *reply,
    struct weir_client *client)
{
	const struct sockaddr_storage *from = &reply->client_addr;

	memset(client, 0, sizeof(*client));
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *v4 =
		    (const struct sockaddr_in *)(const void *)from;

		client->family = 4;
		client->prefix = 32;
		client->port = ntohs(v4->sin_port);
		memcpy(client->address, &v4->sin_addr, 4);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 =
		    (const struct sockaddr_in6 *)(const void *)from;

		client->family = 6;
		client->prefix = 128;
		client->port = ntohs(v6->sin6_port);
		memcpy(client->address, &v6->sin6_addr, 16);
	}
	weir_client_cut(client,
	    atomic_load_explicit(
		&module->client_prefix_ipv4, memory_order_relaxed),
	    atomic_load_explicit(
		&module->client_prefix_ipv6, memory_order_relaxed));
}

static void
set_qname(struct weir_event *event, const struct query_info *qinfo,
    const struct weir_decision *decision, const struct fate *fate)
{
	size_t i;

	event->qname_len = (uint8_t)qinfo->qname_len;
	/* The judge has made the letters small already. */
	if (decision && fate->rule == &decision->rule && !fate->is_alias) {
		memcpy(event->qname, decision->name.wire, event->qname_len);
		return;
	}
	for (i = 0; i < event->qname_len; i++) {
		uint8_t octet = qinfo->qname[i];

		event->qname[i] = octet >= 'A' && octet <= 'Z'
				      ? (uint8_t)(octet + 'a' - 'A')
				      : octet;
	}
}

/* The name that a rule is about, and the listed one, which it ends with. */
static void
set_rule(struct weir_event *event, const struct weir_decision *decision)
{
	const struct weir_name *name = &decision->name;
	const uint8_t *wire = decision->shadow_name;
	unsigned int at = 0;

	if (event->outcome == WEIR_EVENT_SHADOWED) {
		event->matched_len = decision->shadow_name_len;
		event->rule_len = decision->shadow_rule_len;
	} else {
		if (decision->rule.label <= name->label_count)
			at = name->offset[decision->rule.label];
		event->matched_len = name->len;
		event->rule_len = (uint8_t)(name->len - at);
		wire = name->wire;
	}
	memcpy(event->matched, wire, event->matched_len);
}

/* All but client and transport. */
static void
fill_event(struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision, const struct fate *fate,
    uint64_t work_ns, struct weir_event *event)
{
	const struct timeval *now = hook->qstate->env->now_tv;
	const struct weir_snapshot *snapshot = hook->snapshot;
	const struct weir_rule *rule = fate->rule, *shadow;

	memset(event, 0, offsetof(struct weir_event, qname));
	event->time_ns = (uint64_t)now->tv_sec * 1000000000 +
			 (uint64_t)now->tv_usec * 1000;
	event->generation = snapshot ? snapshot->current.generation : 0;
	event->work_ns = work_ns < UINT32_MAX ? (uint32_t)work_ns : UINT32_MAX;
	event->qtype = hook->qstate->qinfo.qtype;
	event->qclass = hook->qstate->qinfo.qclass;
	event->outcome = (uint8_t)fate->outcome;
	event->rcode = rcode_of(hook, way);
	event->is_alias = fate->is_alias;
	event->is_from_cache = fate->is_from_cache;
	set_qname(event, &hook->qstate->qinfo, decision, fate);
	if (!rule || !snapshot)
		return;
	event->feed = snapshot->feed_slots[rule->entry.feed];
	event->category = (uint16_t)category_slot(snapshot, rule);
	event->action = rule->action;
	event->confidence = rule->entry.confidence;
	set_rule(event, decision);
	shadow = &decision->shadow;
	if (!shadow->is_set)
		return;
	event->is_shadowed = true;
	event->shadow_feed = snapshot->feed_slots[shadow->entry.feed];
	event->shadow_category = (uint16_t)category_slot(snapshot, shadow);
}

/* Of passed queries one in so many. */
static bool
is_wanted(struct weir_hook *hook, enum weir_event_outcome outcome)
{
	struct weir_worker *worker = hook->worker;
	uint32_t sample;

	if (outcome != WEIR_EVENT_PASSED)
		return true;
	sample = atomic_load_explicit(
	    &hook->module->sample_passed, memory_order_relaxed);
	if (sample == 0)
		return false;
	if (worker->sample_left > 1 && worker->sample_left <= sample) {
		worker->sample_left--;
		return false;
	}
	worker->sample_left = sample;
	return true;
}

/* Whether one event more is within max-events, which lets through those of
 * LIMIT_US at once.  What is not is counted as lost, as without room in the queue:
 * who is asked for little else than blocked names answers them. */
static bool
is_within_limit(struct weir_hook *hook)
{
	const struct timeval *now = hook->qstate->env->now_tv;
	struct weir_worker *worker = hook->worker;
	uint64_t limit = atomic_load_explicit(
	    &hook->module->max_events, memory_order_relaxed);
	uint64_t now_us, more;

	if (limit == 0)
		return true;
	if (worker->events_left == 0) {
		now_us = (uint64_t)now->tv_sec * 1000000 +
			 (uint64_t)now->tv_usec;
		more = now_us - worker->events_us;
		/* More than that, or a clock that was set back. */
		if (more > LIMIT_US)
			more = LIMIT_US;
		more = more * limit / 1000000;
		if (more == 0)
			return false;
		worker->events_left = (uint32_t)more;
		worker->events_us = now_us;
	}
	worker->events_left--;
	return true;
}

static void
push(struct weir_hook *hook, const struct weir_event *event)
{
	struct weir_worker_counts *counts = hook->worker->counts;

	weir_hook_count(weir_event_push(hook->worker->queue, event)
			    ? &counts->events_pushed
			    : &counts->events_lost,
	    1);
}

/* The next of the clients that are meant, from `reply` on. */
static const struct mesh_reply *
next_client(const struct weir_hook *hook, const struct mesh_reply *reply)
{
	while (reply && hook->clients != WEIR_CLIENTS_ALL &&
	       (reply->query_reply.c->type == comm_udp) !=
		   (hook->clients == WEIR_CLIENTS_UDP))
		reply = reply->next;
	return reply;
}

/* What is each client's own. */
static void
book_clients(struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision, const struct fate *fate,
    uint64_t work_ns)
{
	struct weir_worker_counts *counts = hook->worker->counts;
	bool has_events = hook->worker->queue &&
			  atomic_load_explicit(
			      &hook->module->has_events, memory_order_relaxed);
	const struct mesh_reply *reply;
	unsigned int left = hook->client_count;
	struct weir_event event;

	event.qname_len = 0; /* not filled yet */
	for (reply = next_client(hook, hook->qstate->mesh_info->reply_list);
	     reply && left > 0; reply = next_client(hook, reply->next)) {
		uint8_t transport = transport_of(&reply->query_reply);

		left--;
		weir_hook_count(&counts->transports[transport], 1);
		if (!has_events || !is_wanted(hook, fate->outcome))
			continue;
		if (!is_within_limit(hook)) {
			weir_event_lose(hook->worker->queue);
			weir_hook_count(&counts->events_lost, 1);
			continue;
		}
		if (event.qname_len == 0)
			fill_event(hook, way, decision, fate, work_ns, &event);
		event.transport = transport;
		take_client(hook->module, &reply->query_reply, &event.client);
		push(hook, &event);
	}
}

static uint64_t
take_work(const struct weir_hook *hook)
{
	struct weir_worker_counts *counts = hook->worker->counts;
	const struct weir_state *state = hook->qstate->minfo[hook->id];
	uint64_t work_ns;

	if (hook->began_ns == 0)
		return 0;
	work_ns = weir_hook_clock_ns() - hook->began_ns +
		  (state ? state->work_ns : 0);
	weir_hook_count(&counts->work_ns[weir_status_work_bucket(work_ns)],
	    hook->client_count);
	atomic_store_explicit(&counts->work_sum_ns,
	    atomic_load_explicit(&counts->work_sum_ns, memory_order_relaxed) +
		work_ns * hook->client_count,
	    memory_order_relaxed);
	return work_ns;
}

void
weir_hook_book(struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision)
{
	struct weir_worker_counts *counts = hook->worker->counts;
	unsigned int clients = hook->client_count;
	enum weir_type_slot type = weir_type_slot(hook->qstate->qinfo.qtype);
	struct fate fate;

	hook->is_booked = true;
	if (clients == 0) {
		weir_hook_count(&counts->ways[WEIR_WAY_INTERNAL], 1);
		return;
	}
	weir_hook_count(&counts->ways[WEIR_WAY_QUERIES], clients);
	weir_hook_count(&counts->types[type], clients);
	weir_hook_count(&counts->ways[way], clients);
	if (way == WEIR_WAY_FAILED_PASS || way == WEIR_WAY_FAILED_SERVFAIL)
		atomic_fetch_add_explicit(&hook->module->lookup_failures,
		    clients, memory_order_relaxed);
	if (decision)
		count_decision(hook, way, decision, type);
	fate = fate_of(hook, way, decision);
	weir_hook_count(
	    &counts->outcomes[fate.outcome]
			     [fate.is_from_cache ? WEIR_FROM_CACHE
						 : WEIR_FROM_NETWORK]
			     [fate.is_alias ? WEIR_BY_ALIAS : WEIR_BY_NAME],
	    clients);
	book_clients(hook, way, decision, &fate, take_work(hook));
}
