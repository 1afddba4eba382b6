/*
 * upstream.c - what the iterator gets back from other servers.
 */
#include "module/upstream.h"

#include "module/evict.h"
#include "module/hook.h"

int
weir_upstream_answered(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
	struct weir_decision decision;
	struct weir_hook hook;
	int error;

	(void)arg;
	if (!response || !response->rep)
		return 1;
	weir_hook_begin_storing(&hook, qstate, id);
	if (hook.snapshot) {
		weir_judge_init(&decision);
		error = weir_judge_name(hook.snapshot, qstate->qinfo.qname,
		    qstate->qinfo.qname_len, false, hook.now_unix, &decision);
		/* The aliases that led here: the iterator puts them in front
		 * of the answer when it stores it. */
		if (!error)
			error = weir_judge_chain(
			    hook.snapshot, qstate, hook.now_unix, &decision);
		if (!error)
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
