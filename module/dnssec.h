/*
 * dnssec.h - how far Unbound's validator has got with an answer.
 */
#ifndef WEIR_MODULE_DNSSEC_H
#define WEIR_MODULE_DNSSEC_H

#include <stdbool.h>

#include "module/host.h"

/** Whether the state's clients want validated answers: a validator is there,
 *  and they did not set CD (or it is ignored). */
bool weir_dnssec_is_wanted(const struct module_qstate *qstate);

/** Whether the answer is bogus for these clients: it becomes SERVFAIL. */
bool weir_dnssec_is_bogus(
    const struct module_qstate *qstate, const struct reply_info *rep);

/** Whether Unbound would give the answer to these clients: not bogus, and not
 *  waiting for a validation that they want. */
bool weir_dnssec_is_settled(
    const struct module_qstate *qstate, const struct reply_info *rep);

#endif
