/*
 * upstream.c - what the iterator gets back from other servers.
 */
#include "module/upstream.h"

#include <string.h>

#include "module/evict.h"
#include "module/hook.h"

/* Not behind an alias: then the name has been judged. */
static bool
is_query_name(
    const struct module_qstate *qstate, const struct dns_msg *response)
{
	return response->qinfo.qname_len == qstate->qinfo.qname_len &&
	       memcmp(response->qinfo.qname, qstate->qinfo.qname,
		   qstate->qinfo.qname_len) == 0;
}

int
weir_upstream_answered(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
	struct weir_decision decision;
	struct weir_state *state;
	struct weir_hook hook;
	int error;

	(void)arg;
	if (!response || !response->rep)
		return 1;
	weir_hook_begin_storing(&hook, qstate, id);
	state = weir_hook_state(&hook);
	if (state)
		state->has_asked = true;
	if (hook.snapshot) {
		error = weir_hook_judge(&hook, &decision);
		/* The aliases that led here: the iterator puts them in front
		 * of the answer when it stores it. */
		if (!error)
			error = weir_judge_chain(
			    hook.snapshot, qstate, hook.now_unix, &decision);
		if (!error && !is_query_name(qstate, response))
			error = weir_judge_name(hook.snapshot,
			    response->qinfo.qname, response->qinfo.qname_len,
			    true, hook.now_unix, &decision);
		if (!error)
			error = weir_judge_answer(hook.snapshot, response->rep,
			    hook.now_unix, &decision);
		if (!error && decision.is_touched) {
			response->rep->ttl = 0;
			weir_evict_aliases(qstate, response->rep);
		}
	}
	weir_hook_end(&hook);
	return 1;
}
