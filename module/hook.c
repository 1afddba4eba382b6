/*
 * hook.c - what every hook needs: worker, snapshot, clients, and the time.
 */
#include "module/hook.h"

#include <time.h>

/* A clock that the C library reads without the kernel's help takes some 25 ns. */
#define CLOCK_MAX_NS 150
#define CLOCK_TRIES  64

uint64_t
weir_hook_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

bool
weir_hook_has_clock(void)
{
	uint64_t best = UINT64_MAX, before, after;
	unsigned int i;

	for (i = 0; i < CLOCK_TRIES; i++) {
		before = weir_hook_clock_ns();
		(void)weir_hook_clock_ns();
		after = weir_hook_clock_ns();
		if (after - before < best)
			best = after - before;
	}
	return best < 2 * CLOCK_MAX_NS;
}

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
	hook->clients = WEIR_CLIENTS_ALL;
	hook->answer = NULL;
	hook->is_booked = false;
	hook->is_new = false;
	/* What nobody waits for is not booked either. */
	hook->began_ns = hook->client_count > 0 && hook->module->has_clock
			     ? weir_hook_clock_ns()
			     : 0;
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
	struct weir_state *state;

	if (hook->began_ns != 0 && !hook->is_booked) {
		state = hook->qstate->minfo[hook->id];
		if (state)
			state->work_ns += weir_hook_clock_ns() - hook->began_ns;
	}
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
