/*
 * sync_worker.h - the worker's threads: one for each feed, and the first, which
 * speaks with the supervisor, listens for NOTIFY and writes the status.
 *
 * What a feed's thread has alone stands in struct weir_sync_feed.  What others
 * look at or set (hints, results, what is shown) is under the worker's one
 * mutex, which nobody holds while waiting for the network, the disk or the
 * loader; `wake` tells of changes.
 */
#ifndef WEIR_FEEDS_SYNC_WORKER_H
#define WEIR_FEEDS_SYNC_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "feeds/sync.h"
#include "feeds/sync_feed.h"
#include "feeds/sync_status.h"

/* Of hints: a person's word goes before a back-off, anybody's does not. */
enum weir_sync_hint_kind {
	WEIR_SYNC_NO_HINT,
	WEIR_SYNC_HINT_NOTIFY,
	WEIR_SYNC_HINT_LOCAL
};

struct weir_sync_worker;

struct weir_sync_thread {
	struct weir_sync_worker *worker;
	pthread_t id;
	struct weir_sync_feed feed;

	/* The thread's own. */
	unsigned int tried;    /* mirrors, in this round */
	unsigned int mirror;   /* the next */
	unsigned int failures; /* rounds */
	bool is_refused, is_expired;
	bool was_good;   /* the cycle before this one */
	uint64_t due_ms; /* of weir_clock_ns; the next cycle */
	bool is_backing_off;
	unsigned int hand_failures;
	uint64_t hand_due_ms;
	enum weir_sync_outcome outcome;

	/* Under the mutex. */
	pthread_cond_t wake;
	enum weir_sync_hint_kind hint;
	uint64_t hinted_ms; /* the last that was taken */
	bool has_result;
	struct weir_sync_message result;
	struct weir_sync_shown shown;
	bool is_done; /* once: it has ended */
};

struct weir_sync_worker {
	const struct weir_sync *sync;
	const struct weir_sync_start *start;
	struct weir_sync_process process;
	pthread_mutex_t mutex;
	struct weir_sync_thread *threads;
	unsigned int count;
	unsigned int *places;
	bool has_changed; /* a state: shown within a second */
	int notify_fd;    /* -1 */
};

/** sync_thread.c: the life of a feed's thread. */
void *weir_sync_thread_run(void *thread);

/** Gives the data of the feed to the loader and waits; 0 if it has them. */
int weir_sync_hand_over(
    struct weir_sync_thread *thread, const struct weir_feed_taken *taken);

/** Milliseconds of weir_clock_ns. */
uint64_t weir_sync_clock_ms(void);

#endif
