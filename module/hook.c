/*
 * hook.c - what every hook needs: worker, snapshot, clients, and the books.
 */
#include "module/hook.h"

/* WEIR_STORING_UNKNOWN must be seen before the snapshot is taken (sweep.h); zero
 * only after what was stored last, and it stands there mostly. */
static void
show_storing(struct weir_worker *worker, uint64_t storing)
{
	if (storing != 0)
		atomic_store(&worker->storing, storing);
	else if (atomic_load_explicit(&worker->storing, memory_order_relaxed) !=
		 0)
		atomic_store_explicit(
		    &worker->storing, 0, memory_order_release);
}

static void
begin(struct weir_hook *hook, struct module_qstate *qstate, int id,
    uint64_t storing)
{
	const struct mesh_reply *reply;

	hook->module = weir_module_of(qstate, id);
	hook->worker = weir_module_worker(hook->module, qstate->env);
	hook->qstate = qstate;
	hook->id = id;
	show_storing(hook->worker, storing);
	hook->snapshot = weir_snapshot_acquire(hook->module, hook->worker);
	hook->now_unix = (uint32_t)*qstate->env->now;
	hook->client_count = 0;
	for (reply = qstate->mesh_info->reply_list; reply; reply = reply->next)
		hook->client_count++;
}

void
weir_hook_begin(struct weir_hook *hook, struct module_qstate *qstate, int id)
{
	begin(hook, qstate, id, 0);
}

void
weir_hook_begin_storing(
    struct weir_hook *hook, struct module_qstate *qstate, int id)
{
	begin(hook, qstate, id, WEIR_STORING_UNKNOWN);
	if (hook->snapshot)
		atomic_store_explicit(&hook->worker->storing,
		    hook->snapshot->current.serial, memory_order_release);
}

void
weir_hook_end(struct weir_hook *hook)
{
	weir_snapshot_release(hook->worker);
}

struct weir_state *
weir_hook_state(struct weir_hook *hook)
{
	struct module_qstate *qstate = hook->qstate;

	if (!qstate->minfo[hook->id])
		qstate->minfo[hook->id] = regional_alloc_zero(
		    qstate->region, sizeof(struct weir_state));
	return qstate->minfo[hook->id];
}

int
weir_hook_judge(struct weir_hook *hook, struct weir_decision *decision)
{
	const struct query_info *qinfo = &hook->qstate->qinfo;
	uint64_t tag = weir_current_tag(&hook->snapshot->current);
	struct weir_state *state = hook->qstate->minfo[hook->id];
	int error;

	weir_judge_init(decision);
	/* Time makes entries vanish, it brings none (lib/policy.h). */
	if (state && state->is_unlisted && state->unlisted_tag == tag)
		return WEIR_OK;
	error = weir_judge_name(hook->snapshot, qinfo->qname, qinfo->qname_len,
	    false, hook->now_unix, decision);
	if (error || decision->is_touched)
		return error;
	state = weir_hook_state(hook);
	if (state) {
		state->is_unlisted = true;
		state->unlisted_tag = tag;
	}
	return WEIR_OK;
}

void
weir_hook_finish(struct weir_hook *hook)
{
	hook->qstate->ext_state[hook->id] = module_finished;
}

void
weir_hook_go_on(struct weir_hook *hook)
{
	hook->qstate->ext_state[hook->id] = module_wait_module;
}

void
weir_hook_count(weir_counter *counter, unsigned int times)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + times,
	    memory_order_relaxed);
}

static void
count_feed(struct weir_hook *hook, const struct weir_rule *rule,
    enum weir_feed_count what)
{
	unsigned int slot = hook->snapshot->feed_slots[rule->entry.feed];

	weir_hook_count(
	    &hook->worker->counts->feeds[slot][what], hook->client_count);
}

void
weir_hook_book(struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision)
{
	struct weir_worker_counts *counts = hook->worker->counts;
	unsigned int clients = hook->client_count;
	enum weir_type_slot type = weir_type_slot(hook->qstate->qinfo.qtype);

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
	if (!decision)
		return;
	if (decision->shadow.is_set) {
		weir_hook_count(&counts->ways[WEIR_WAY_SHADOW], clients);
		count_feed(hook, &decision->shadow, WEIR_FEED_SHADOWED);
	}
	if (way == WEIR_WAY_ALLOWED) {
		weir_hook_count(
		    &counts->actions[decision->rule.action], clients);
		count_feed(hook, &decision->rule, WEIR_FEED_ALLOWED);
	} else if (way == WEIR_WAY_BLOCKED_NAME ||
		   way == WEIR_WAY_BLOCKED_ALIAS) {
		weir_hook_count(
		    &counts->actions[decision->rule.action], clients);
		weir_hook_count(&counts->blocked_types[type], clients);
		count_feed(hook, &decision->rule, WEIR_FEED_BLOCKED);
	}
}
