/*
 * state.h - what we remember of one query state, in its region.
 *
 * Made when a name was found to be nobody's business, so that it is not asked for
 * again; when a block has to wait for something; or when the clients of a state
 * get different answers.  Small, for most queries that are resolved have one.
 */
#ifndef WEIR_MODULE_STATE_H
#define WEIR_MODULE_STATE_H

#include "lib/reply.h"
#include "module/judge.h"

enum weir_stage {
	WEIR_STAGE_RESOLVING, /* zero: also of a query that has no state yet */
	WEIR_STAGE_SINKHOLE,  /* waits for what an alias of ours leads to */
	WEIR_STAGE_PROVING    /* waits for the validation of an alias */
};

struct weir_state {
	enum weir_stage stage;

	/* The generation with this tag (lib/current.h) has no rule that speaks
	 * of the query name. */
	bool is_unlisted;
	uint64_t unlisted_tag;

	bool has_asked;   /* a server has answered */
	uint64_t work_ns; /* our own time, in the hooks before this one */

	/* The clients get another answer than the states above this one: the
	 * answer that these are to see. */
	struct dns_msg *real_msg;

	/* UDP clients get TC, the others the answer: its own section counts and
	 * flags. */
	bool is_udp_truncated;
	size_t an_numrrsets, ns_numrrsets, ar_numrrsets;
	uint16_t flags;

	/* WEIR_STAGE_SINKHOLE: the alias and its answer; what was decided, by
	 * which swap, and how many clients are booked for it already. */
	const struct weir_reply *alias;
	struct dns_msg *sinkhole_answer;
	struct weir_decision *decision;
	uint64_t serial;
	unsigned int counted;

	/* WEIR_STAGE_PROVING: the alias in question, and whether one of them
	 * could not be proven. */
	unsigned int link;
	bool is_unproven;
};

#endif
