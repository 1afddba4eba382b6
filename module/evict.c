/*
 * evict.c - takes one answer out of Unbound's message cache.
 */
#include "module/evict.h"

#include <string.h>

struct chain {
	struct module_qstate *qstate;
	const struct weir_snapshot *snapshot;
	uint32_t now_unix;
	unsigned int at;   /* targets seen */
	unsigned int last; /* number of the last that a rule speaks of */
	unsigned int removed;
};

static void
evict_name(struct chain *chain, const uint8_t *wire, size_t len)
{
	struct module_qstate *qstate = chain->qstate;
	uint8_t *name = regional_alloc_init(qstate->region, wire, len);

	if (!name)
		return;
	msg_cache_remove(qstate->env, name, len, qstate->qinfo.qtype,
	    qstate->qinfo.qclass, qstate->query_flags);
	chain->removed++;
}

static int
find_last(void *arg, const uint8_t *wire, size_t len)
{
	struct chain *chain = arg;
	struct weir_decision decision;

	chain->at++;
	weir_judge_init(&decision);
	if (weir_judge_name(chain->snapshot, wire, len, true, chain->now_unix,
		&decision) != WEIR_OK ||
	    decision.is_touched)
		chain->last = chain->at;
	return 0;
}

static int
evict_target(void *arg, const uint8_t *wire, size_t len)
{
	struct chain *chain = arg;

	if (++chain->at > chain->last)
		return 1;
	evict_name(chain, wire, len);
	return 0;
}

unsigned int
weir_evict_answer(struct module_qstate *qstate,
    const struct weir_snapshot *snapshot, uint32_t now_unix)
{
	struct chain chain = { qstate, snapshot, now_unix, 0, 0, 0 };
	const struct reply_info *rep = qstate->return_msg->rep;

	evict_name(&chain, qstate->qinfo.qname, qstate->qinfo.qname_len);
	(void)weir_judge_each_target(rep, find_last, &chain);
	chain.at = 0;
	(void)weir_judge_each_target(rep, evict_target, &chain);
	return chain.removed;
}

void
weir_evict_aliases(
    const struct module_qstate *qstate, const struct reply_info *rep)
{
	const struct ub_packed_rrset_key *rrset;
	size_t i;

	for (i = 0; i < rep->an_numrrsets; i++) {
		rrset = rep->rrsets[i];
		if (weir_judge_is_alias(rrset))
			rrset_cache_remove(qstate->env->rrset_cache,
			    rrset->rk.dname, rrset->rk.dname_len,
			    ntohs(rrset->rk.type), ntohs(rrset->rk.rrset_class),
			    rrset->rk.flags);
	}
}
