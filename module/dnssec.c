/*
 * dnssec.c - the security status of an answer, as its clients see it.
 */
#include "module/dnssec.h"

bool
weir_dnssec_is_wanted(const struct module_qstate *qstate)
{
	return qstate->env->need_to_validate &&
	       (!(qstate->query_flags & BIT_CD) || qstate->env->cfg->ignore_cd);
}

static bool
is_failed(const struct reply_info *rep)
{
	return rep->security == sec_status_bogus ||
	       rep->security == sec_status_secure_sentinel_fail;
}

bool
weir_dnssec_is_bogus(
    const struct module_qstate *qstate, const struct reply_info *rep)
{
	return weir_dnssec_is_wanted(qstate) && is_failed(rep);
}

bool
weir_dnssec_is_settled(
    const struct module_qstate *qstate, const struct reply_info *rep)
{
	return !is_failed(rep) && (rep->security != sec_status_unchecked ||
				      !weir_dnssec_is_wanted(qstate));
}
