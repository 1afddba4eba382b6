/*
 * judge.c - asks the database and the policy about the names of a query.
 */
#include "module/judge.h"

#include <string.h>

#include "module/dnssec.h"

/* util/data/msgreply.h and sldns name these; SVCB is younger than 1.17. */
#define TYPE_SVCB  64
#define TYPE_HTTPS 65

void
weir_judge_init(struct weir_decision *decision)
{
	decision->outcome = WEIR_OUTCOME_NONE;
	decision->rule.is_set = false;
	decision->shadow.is_set = false;
	decision->shadow_name_len = decision->shadow_rule_len = 0;
	decision->is_alias = false;
	decision->is_touched = false;
	decision->has_cached_alias = false;
}

/* The first rule in shadow mode. */
static void
take_shadow(struct weir_decision *decision, const struct weir_rule *rule,
    const uint8_t *wire, size_t len, bool is_alias)
{
	struct weir_name name;
	unsigned int at = 0;

	decision->shadow = *rule;
	decision->is_shadow_alias = is_alias;
	decision->shadow_name_len = decision->shadow_rule_len = 0;
	if (weir_name_from_wire(wire, len, &name) != WEIR_OK)
		return;
	if (rule->label <= name.label_count)
		at = name.offset[rule->label];
	decision->shadow_name_len = name.len;
	decision->shadow_rule_len = (uint8_t)(name.len - at);
	memcpy(decision->shadow_name, name.wire, name.len);
}

static void
copy_shadow(struct weir_decision *to, const struct weir_decision *from)
{
	to->shadow = from->shadow;
	to->is_shadow_alias = from->is_shadow_alias;
	to->shadow_name_len = from->shadow_name_len;
	to->shadow_rule_len = from->shadow_rule_len;
	memcpy(to->shadow_name, from->shadow_name, from->shadow_name_len);
}

int
weir_judge_name(const struct weir_snapshot *snapshot, const uint8_t *wire,
    size_t len, bool is_alias, uint32_t now_unix,
    struct weir_decision *decision)
{
	struct weir_matches matches;
	struct weir_verdict verdict;
	int hit, error;

	hit = weir_generation_lookup_wire(
	    &snapshot->files, wire, len, &matches);
	if (hit <= 0)
		return hit;
	error = weir_policy_decide(
	    snapshot->policy, &matches, now_unix, &verdict);
	if (error)
		return error;
	if (weir_verdict_is_touched(&verdict))
		decision->is_touched = true;
	if (decision->outcome != WEIR_OUTCOME_NONE)
		return WEIR_OK;
	if (verdict.shadow.is_set && !decision->shadow.is_set)
		take_shadow(decision, &verdict.shadow, wire, len, is_alias);
	if (!verdict.decided.is_set)
		return WEIR_OK;
	decision->outcome = weir_verdict_is_block(&verdict)
				? WEIR_OUTCOME_BLOCKED
				: WEIR_OUTCOME_ALLOWED;
	decision->rule = verdict.decided;
	/* It was found by this name, so it is one. */
	(void)!weir_name_from_wire(wire, len, &decision->name);
	decision->is_alias = is_alias;
	return WEIR_OK;
}

/* The length of the uncompressed name at `wire`, 0 if it does not end within
 * `max` octets. */
static size_t
wire_name_len(const uint8_t *wire, size_t max)
{
	size_t at = 0;

	while (at < max && wire[at] != 0) {
		if (wire[at] > WEIR_LABEL_SIZE)
			return 0;
		at += 1 + (size_t)wire[at];
	}
	return at < max ? at + 1 : 0;
}

/* How many octets of RDATA stand before the target; -1: no alias type. */
static int
target_offset(uint16_t type)
{
	switch (type) {
	case LDNS_RR_TYPE_CNAME:
	case LDNS_RR_TYPE_DNAME:
		return 0;
	case TYPE_SVCB:
	case TYPE_HTTPS:
		return 2; /* SvcPriority, RFC 9460, 2.2 */
	default:
		return -1;
	}
}

bool
weir_judge_is_alias(const struct ub_packed_rrset_key *rrset)
{
	return target_offset(ntohs(rrset->rk.type)) >= 0;
}

bool
weir_judge_has_alias(const struct reply_info *rep)
{
	size_t i;

	for (i = 0; i < rep->an_numrrsets; i++)
		if (weir_judge_is_alias(rep->rrsets[i]))
			return true;
	return false;
}

/* The targets of one RRset. */
static int
each_target_of(const struct ub_packed_rrset_key *rrset,
    int (*each)(void *arg, const uint8_t *wire, size_t len), void *arg)
{
	const struct packed_rrset_data *data = rrset->entry.data;
	int offset = target_offset(ntohs(rrset->rk.type)), error;
	size_t i, start, len;

	if (offset < 0)
		return WEIR_OK;
	start = 2 + (size_t)offset; /* RDLENGTH is kept */
	for (i = 0; i < data->count; i++) {
		if (data->rr_len[i] <= start)
			continue;
		len = wire_name_len(
		    data->rr_data[i] + start, data->rr_len[i] - start);
		/* The root as target: the owner itself. */
		if (len <= 1)
			continue;
		error = each(arg, data->rr_data[i] + start, len);
		if (error)
			return error;
	}
	return WEIR_OK;
}

/* A DNAME that is followed by the CNAME made from it says no more than that: the
 * client goes to the CNAME's target, not to the DNAME's. */
static bool
is_expanded(const struct ub_packed_rrset_key *rrset,
    const struct ub_packed_rrset_key *next)
{
	return next && rrset->rk.type == htons(LDNS_RR_TYPE_DNAME) &&
	       next->rk.type == htons(LDNS_RR_TYPE_CNAME);
}

int
weir_judge_each_target(const struct reply_info *rep,
    int (*each)(void *arg, const uint8_t *wire, size_t len), void *arg)
{
	int error = WEIR_OK;
	size_t i;

	for (i = 0; i < rep->an_numrrsets && !error; i++)
		if (!is_expanded(rep->rrsets[i],
			i + 1 < rep->an_numrrsets ? rep->rrsets[i + 1] : NULL))
			error = each_target_of(rep->rrsets[i], each, arg);
	return error;
}

struct answer_arg {
	const struct weir_snapshot *snapshot;
	uint32_t now_unix;
	const struct weir_decision *before; /* the RRset was met with that */
	struct weir_decision *decision;
};

/* The records of an RRset have no order: one that is blocked decides, whatever
 * an allow rule says of another.  So each is judged by itself, and ... */
static int
judge_target(void *arg, const uint8_t *wire, size_t len)
{
	struct answer_arg *answer = arg;
	struct weir_decision *sum = answer->decision;
	struct weir_decision one = *answer->before;
	int error;

	error = weir_judge_name(
	    answer->snapshot, wire, len, true, answer->now_unix, &one);
	if (error)
		return error;
	/* ... a block goes before all, the first other decision before none. */
	one.is_touched |= sum->is_touched;
	if (sum->shadow.is_set)
		copy_shadow(&one, sum);
	if (sum->outcome == answer->before->outcome ||
	    (one.outcome == WEIR_OUTCOME_BLOCKED &&
		sum->outcome != WEIR_OUTCOME_BLOCKED))
		*sum = one;
	sum->is_touched = one.is_touched;
	return WEIR_OK;
}

static int
judge_rrset(struct answer_arg *arg, const struct ub_packed_rrset_key *rrset,
    const struct ub_packed_rrset_key *next)
{
	struct weir_decision before;

	if (!weir_judge_is_alias(rrset) || is_expanded(rrset, next))
		return WEIR_OK;
	before = *arg->decision;
	arg->before = &before;
	return each_target_of(rrset, judge_target, arg);
}

int
weir_judge_answer(const struct weir_snapshot *snapshot,
    const struct reply_info *rep, uint32_t now_unix,
    struct weir_decision *decision)
{
	struct answer_arg arg = { snapshot, now_unix, NULL, decision };
	int error = WEIR_OK;
	size_t i;

	for (i = 0; i < rep->an_numrrsets && !error; i++)
		error = judge_rrset(&arg, rep->rrsets[i],
		    i + 1 < rep->an_numrrsets ? rep->rrsets[i + 1] : NULL);
	return error;
}

/* The iterator's own notes on the state; NULL if there is none. */
static const struct iter_qstate *
iterator_of(const struct module_qstate *qstate)
{
	const struct module_stack *mods = &qstate->env->mesh->mods;
	int i;

	/* It is the last, or nearly. */
	for (i = mods->num - 1; i >= 0; i--)
		if (strcmp(mods->mod[i]->name, "iterator") == 0)
			return qstate->minfo[i];
	return NULL;
}

int
weir_judge_chain(const struct weir_snapshot *snapshot,
    const struct module_qstate *qstate, uint32_t now_unix,
    struct weir_decision *decision)
{
	struct answer_arg arg = { snapshot, now_unix, NULL, decision };
	const struct iter_qstate *iterator = iterator_of(qstate);
	const struct iter_prep_list *item;
	int error = WEIR_OK;

	for (item = iterator ? iterator->an_prepend_list : NULL; item && !error;
	     item = item->next)
		error = judge_rrset(
		    &arg, item->rrset, item->next ? item->next->rrset : NULL);
	return error;
}

bool
weir_judge_has_asked(const struct module_qstate *qstate)
{
	const struct iter_qstate *iterator = iterator_of(qstate);

	return iterator && iterator->sent_count > 0;
}

const struct ub_packed_rrset_key *
weir_judge_chain_link(const struct module_qstate *qstate, unsigned int number)
{
	const struct iter_qstate *iterator = iterator_of(qstate);
	const struct iter_prep_list *item;

	for (item = iterator ? iterator->an_prepend_list : NULL; item;
	     item = item->next)
		if (item->rrset->rk.type == htons(LDNS_RR_TYPE_CNAME) &&
		    number-- == 0)
			return item->rrset;
	return NULL;
}

#define CACHED_HOPS 12 /* Unbound itself follows 11 */

/* Copies the target of the name's cached CNAME over the name.  false: there is
 * none, or one that must be validated first. */
static bool
next_cached(const struct module_qstate *qstate, uint8_t *wire, size_t *len)
{
	const struct module_env *env = qstate->env;
	const struct packed_rrset_data *data;
	struct ub_packed_rrset_key *rrset;
	bool is_usable = false;
	size_t target;

	rrset = rrset_cache_lookup(env->rrset_cache, wire, *len,
	    LDNS_RR_TYPE_CNAME, qstate->qinfo.qclass, 0, *env->now, 0);
	if (!rrset)
		return false;
	data = rrset->entry.data;
	if (data->count > 0 && data->rr_len[0] > 2 &&
	    (!weir_dnssec_is_wanted(qstate) ||
		data->security == sec_status_secure ||
		data->security == sec_status_insecure ||
		data->security == sec_status_indeterminate)) {
		target = wire_name_len(
		    data->rr_data[0] + 2, data->rr_len[0] - 2);
		if (target > 0 && target <= WEIR_NAME_SIZE) {
			memcpy(wire, data->rr_data[0] + 2, target);
			*len = target;
			is_usable = true;
		}
	}
	lock_rw_unlock(&rrset->entry.lock);
	return is_usable;
}

int
weir_judge_cached(const struct weir_snapshot *snapshot,
    const struct module_qstate *qstate, uint32_t now_unix,
    struct weir_decision *decision)
{
	uint8_t wire[WEIR_NAME_SIZE];
	size_t len = qstate->qinfo.qname_len;
	unsigned int hops;
	int error = WEIR_OK;

	if (len > sizeof(wire) || qstate->qinfo.qtype == LDNS_RR_TYPE_CNAME)
		return WEIR_OK;
	memcpy(wire, qstate->qinfo.qname, len);
	for (hops = 0; hops < CACHED_HOPS && !error &&
		       decision->outcome == WEIR_OUTCOME_NONE &&
		       next_cached(qstate, wire, &len);
	     hops++)
		error = weir_judge_name(
		    snapshot, wire, len, true, now_unix, decision);
	decision->has_cached_alias = hops > 0;
	return error;
}
