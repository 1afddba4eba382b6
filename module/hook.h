/*
 * hook.h - one call of Unbound into the module: what every such hook needs.
 *
 * A hook takes the snapshot first and releases it last, so whatever it decides
 * is decided by one generation.
 */
#ifndef WEIR_MODULE_HOOK_H
#define WEIR_MODULE_HOOK_H

#include "module/judge.h"
#include "module/snapshot.h"
#include "module/state.h"

/* Which of the clients of a state are meant; of those, the client_count ones
 * that came last. */
enum weir_hook_clients {
	WEIR_CLIENTS_ALL,
	WEIR_CLIENTS_UDP,
	WEIR_CLIENTS_NOT_UDP
};

struct weir_hook {
	struct weir_module *module;
	struct weir_worker *worker;
	struct module_qstate *qstate;
	int id;
	const struct weir_snapshot *snapshot; /* NULL: no database */
	uint32_t now_unix;
	unsigned int client_count;      /* that wait for this state */
	enum weir_hook_clients clients; /* which of them, if not all */
	const struct dns_msg *answer;   /* what a blocked client gets; NULL */
	uint64_t began_ns;              /* 0: no time is taken */
	bool is_booked;
	bool is_new; /* no other module has been asked yet */
};

/** The clock for the module's own time, and whether it can be read without a
 *  system call: else no time is taken. */
uint64_t weir_hook_clock_ns(void);
bool weir_hook_has_clock(void);

void
weir_hook_begin(struct weir_hook *hook, struct module_qstate *qstate, int id);
/** The same for a hook behind which Unbound stores what we have judged; until
 *  the worker's next hook the sweep takes that into account (sweep.h). */
void weir_hook_begin_storing(
    struct weir_hook *hook, struct module_qstate *qstate, int id);
void weir_hook_end(struct weir_hook *hook);

/** Our memory of the state, made if there is none yet; NULL without memory. */
struct weir_state *weir_hook_state(struct weir_hook *hook);

/** Begins a decision, with the query name.  One that no rule speaks of is asked
 *  for once, as long as the generation is the same.  0, or < 0 if the database
 *  is damaged.  There must be a snapshot. */
int weir_hook_judge(
    struct weir_hook *hook, struct weir_decision *decision) WEIR_CHECKED;

/** What Unbound does next: ends the state, or asks the next module. */
void weir_hook_finish(struct weir_hook *hook);
void weir_hook_go_on(struct weir_hook *hook);

/** Adds to one of the worker's counters. */
static inline void
weir_hook_count(weir_counter *counter, unsigned int times)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + times,
	    memory_order_relaxed);
}

/** Books the clients of a query, each exactly once: the way it went, and, if a
 *  decision is given, what decided; makes the events (book.c). */
void weir_hook_book(struct weir_hook *hook, enum weir_way way,
    const struct weir_decision *decision);

#endif
