/*
 * upstream.c - what the iterator sends out and gets back.
 */
#include "module/upstream.h"

#include "module/block.h"

int
weir_upstream_asked(struct query_info *qinfo, uint16_t flags,
    struct module_qstate *qstate, struct sockaddr_storage *addr,
    socklen_t addrlen, uint8_t *zone, size_t zonelen, struct regional *region,
    int id, void *arg)
{
	struct weir_decision decision;
	struct weir_hook hook;
	int may_go = 1;

	(void)qinfo, (void)flags, (void)addr, (void)addrlen, (void)zone;
	(void)zonelen, (void)region, (void)arg;
	weir_hook_begin(&hook, qstate, id);
	weir_judge_init(&decision);
	if (hook.snapshot && hook.client_count > 0 &&
	    weir_judge_name(hook.snapshot, hook.reader, qstate->qinfo.qname,
		qstate->qinfo.qname_len, false, hook.now_unix,
		&decision) == WEIR_OK &&
	    weir_judge_chain(hook.snapshot, hook.reader, qstate, hook.now_unix,
		&decision) == WEIR_OK &&
	    weir_block_is_final(&hook, &decision) &&
	    qstate->mesh_info->super_set.count == 0) {
		may_go = 0;
		qstate->no_cache_store = 1;
		/* Unbound has put a list here that it frees when we refuse. */
		qstate->edns_opts_back_out = NULL;
	}
	weir_hook_end(&hook);
	return may_go;
}

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
	weir_hook_begin(&hook, qstate, id);
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
	weir_hook_end(&hook);
	return 1;
}
