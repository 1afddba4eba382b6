/*
 * judge.h - what the policy says of a query: its name, and the names that its
 * answer leads to.
 *
 * The names are asked in the order in which a client would meet them: the query
 * name, then the targets of CNAME, DNAME, SVCB and HTTPS records in the order
 * of the answer.  The first name that a rule decides on decides for the
 * query: an allow rule for the query name is not undone by a rule for its
 * alias.  The records of one RRset (HTTPS) have no order: if one of their
 * targets is blocked, that decides.
 */
#ifndef WEIR_MODULE_JUDGE_H
#define WEIR_MODULE_JUDGE_H

#include "lib/policy.h"
#include "module/snapshot.h"

enum weir_outcome {
	WEIR_OUTCOME_NONE,    /* no rule decided */
	WEIR_OUTCOME_ALLOWED, /* a rule says: let it through */
	WEIR_OUTCOME_BLOCKED
};

struct weir_decision {
	enum weir_outcome outcome;
	struct weir_rule rule; /* that decided; name: whom it is about */
	struct weir_name name;
	bool is_alias; /* name is not the query name */
	/* A rule spoke, deciding or in shadow mode, of any name: the answer may
	 * not stay in Unbound's message cache. */
	bool is_touched;
	/* weir_judge_cached has met an alias: the answer will be put together
	 * from the cache, at least in part. */
	bool has_cached_alias;
	struct weir_rule shadow; /* the first in shadow mode, if set */
	bool is_shadow_alias;    /* it is not about the query name */
	/* That name, in wire form, and how many octets at its end are the listed
	 * one. */
	uint8_t shadow_name_len, shadow_rule_len;
	uint8_t shadow_name[WEIR_NAME_SIZE];
};

/** A decision about nothing yet. */
void weir_judge_init(struct weir_decision *decision);

/** Asks about one more name.  0, or < 0 if the database is damaged. */
int weir_judge_name(const struct weir_snapshot *snapshot, const uint8_t *wire,
    size_t len, bool is_alias, uint32_t now_unix,
    struct weir_decision *decision) WEIR_CHECKED;

/** Asks about every alias target in the answer section.  The RRsets must be
 *  ours or locked. */
int weir_judge_answer(const struct weir_snapshot *snapshot,
    const struct reply_info *rep, uint32_t now_unix,
    struct weir_decision *decision) WEIR_CHECKED;

/** Asks about every alias target that the iterator has followed so far for
 *  this state, whether it came from a server, a cache or an auth-zone. */
int weir_judge_chain(const struct weir_snapshot *snapshot,
    const struct module_qstate *qstate, uint32_t now_unix,
    struct weir_decision *decision) WEIR_CHECKED;

/** Asks about the aliases of a name that lie in Unbound's RRset cache, before
 *  anything is resolved: so only the first query for an alias to a blocked name
 *  costs an upstream query, and none contacts a server of that name again.
 *  Aliases that still wait for a validation which the clients want are left to
 *  the validator: the decision stays open then. */
int weir_judge_cached(const struct weir_snapshot *snapshot,
    const struct module_qstate *qstate, uint32_t now_unix,
    struct weir_decision *decision) WEIR_CHECKED;

/** Whether the iterator has sent anything for the name that it is at. */
bool weir_judge_has_asked(const struct module_qstate *qstate);

/** The alias number `number` (from 0) of those that the iterator has followed,
 *  a CNAME; NULL behind the last. */
const struct ub_packed_rrset_key *
weir_judge_chain_link(const struct module_qstate *qstate, unsigned int number);

/** Whether the RRset leads to another name: CNAME, DNAME, SVCB, HTTPS. */
bool weir_judge_is_alias(const struct ub_packed_rrset_key *rrset);

/** Whether the answer section holds a record that leads to another name. */
bool weir_judge_has_alias(const struct reply_info *rep);

/** Calls `each` for every alias target of the answer section, until it returns
 *  other than 0. */
int weir_judge_each_target(const struct reply_info *rep,
    int (*each)(void *arg, const uint8_t *wire, size_t len), void *arg);

#endif
