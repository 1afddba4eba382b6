/*
 * module.h - what one running module holds: the story of weir.so.
 *
 * Unbound calls init once (and again after each reload), then operate from each
 * of its worker threads, then deinit.  Between them stands struct weir_module.
 *
 *   init            checks the host (abi.h), reads the paths, opens the
 *                   database (snapshot.h), starts the housekeeper (keeper.h)
 *   a new query     operate -> query.c: take the snapshot (hook.h), judge the
 *                   name (judge.h); a block is answered at once (block.h gives
 *                   it to the clients, answer.h makes it); nothing found: on to
 *                   the next module, as without weir
 *   upstream        a server has answered the iterator (upstream.h): what a
 *                   rule speaks of is kept out of Unbound's cache
 *   the answer      operate, module done -> query.c: judge name and alias
 *                   targets again; leave it, or take it out of Unbound's cache
 *                   (evict.h) and block it or put it on the shelf (shelf.h), as
 *                   far as the validator lets it (dnssec.h)
 *   a wait          for a sub-query of ours (ask.h): the sinkhole's name, or an
 *                   alias that the validator has to prove
 *   the books       book.c: counters, and an event for each client of whom a
 *                   rule spoke, into the worker's queue; recorder.c takes them
 *                   out and makes top lists, recent events and dnstap frames (tap.h)
 *                   of them
 *   a swap          keeper.c: open the new database, publish the snapshot, walk
 *                   Unbound's message cache (sweep.h), acknowledge
 *
 * Threads: workers own their struct weir_worker and read everything else; the
 * housekeeper owns the rest.  They meet in the atomics of snapshot.h.  The
 * recorder owns the end of the status file, and the other end of the queues.
 *
 * On the query path there is no lock, no system call and no memory but the
 * query's region (exception: what Unbound itself does when it stores an answer
 * on our behalf, see shelf.h).
 */
#ifndef WEIR_MODULE_MODULE_H
#define WEIR_MODULE_MODULE_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "lib/event.h"
#include "lib/paths.h"
#include "lib/status.h"
#include "module/host.h"

struct weir_snapshot;

#define WEIR_STORING_UNKNOWN UINT64_MAX

/** What a worker thread has of its own, in cache lines of its own. */
struct weir_worker {
	/* The snapshot in use just now, NULL between two hooks. */
	alignas(64) _Atomic(struct weir_snapshot *) hazard;
	/* Swap serial under which an answer on its way into Unbound's cache is
	 * judged, or WEIR_STORING_UNKNOWN; 0 when our next hook has been called.
	 * See sweep.h. */
	_Atomic uint64_t storing;
	struct weir_worker_counts *counts;
	struct weir_event_queue *queue; /* to the recorder; NULL: no events */
	uint32_t sample_left; /* passed queries up to the next event of one */
	/* Events that may be made, of max_events in a second; as of when. */
	uint32_t events_left;
	uint64_t events_us;
};

struct weir_module {
	struct module_env *env;
	int id;
	char config[WEIR_PATH_SIZE]; /* path of weir.yaml */
	struct weir_paths paths;
	bool has_paths; /* weir.yaml could be read */

	_Atomic(struct weir_snapshot *) current; /* NULL: no database yet */
	_Atomic uint8_t on_failure; /* as long as there is no snapshot */

	unsigned int worker_count;
	struct weir_worker *workers;

	bool has_status; /* else `status` is private memory */
	struct weir_status status;

	/* What is told of clients: module/recorder.h. */
	bool has_clock; /* the module's own time is taken */
	_Atomic bool has_events;
	_Atomic uint8_t client_prefix_ipv4, client_prefix_ipv6;
	_Atomic uint32_t sample_passed, max_events;

	/* Key of the private shelf (shelf.h). */
	uint8_t shelf_label[1 + 16];
	uint16_t shelf_class;

	/* The housekeeper. */
	pthread_t keeper;
	bool has_keeper;
	int stop_fd; /* eventfd: deinit writes, the keeper ends */
	_Atomic bool is_stopping;
	_Atomic uint64_t lookup_failures; /* workers count, the keeper logs */

	/* The recorder, and what it and the housekeeper hand to each other;
	 * no worker waits for that lock. */
	pthread_t recorder;
	bool has_recorder;
	int recorder_fd; /* eventfd: deinit writes, the recorder ends */
	_Atomic bool is_recorder_stopping;
	pthread_mutex_t recording;
	bool is_shared_anew; /* the status file is another one */
	bool is_dnstap_set;  /* `dnstap` is to be obeyed */
	char dnstap[WEIR_PATH_SIZE];
};

/** The worker that runs this environment. */
static inline struct weir_worker *
weir_module_worker(struct weir_module *module, const struct module_env *env)
{
	unsigned int number = (unsigned int)env->alloc->thread_num;

	return &module->workers[number < module->worker_count ? number : 0];
}

/** The module behind a query state. */
static inline struct weir_module *
weir_module_of(const struct module_qstate *qstate, int id)
{
	const struct dynlibmod_env *dynlib = qstate->env->modinfo[id];

	return dynlib->dyn_env;
}

#endif
