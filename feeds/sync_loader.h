/*
 * sync_loader.h - the supervisor's hand: runs weir-load, one at a time.
 *
 * What waits is one order for each feed.  All that want the whole set are served
 * by one `apply`; else the order that came first comes first.
 */
#ifndef WEIR_FEEDS_SYNC_LOADER_H
#define WEIR_FEEDS_SYNC_LOADER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "feeds/sync.h"

#define WEIR_SYNC_OUTPUT_MAX (1U << 20) /* of weir-load's JSON */

struct weir_sync_order {
	bool is_waiting;
	bool is_running;
	uint64_t number; /* in the order of their coming */
	struct weir_sync_message message;
};

struct weir_sync_loader {
	const char *config;
	char program[4096];
	uint64_t order_count;
	struct weir_sync_order orders[WEIR_FEEDS];
	pid_t pid;     /* 0: none runs */
	int output_fd; /* -1 */
	char *output;
	size_t output_len;
	bool has_ended;
	uint64_t started_ns;
};

/** weir-load stands beside this program. */
int weir_sync_loader_init(
    struct weir_sync_loader *loader, const char *config) WEIR_CHECKED;

/** Takes an order of the worker's if it is one: the feed is one that is fetched,
 *  and so on.  False: it is not, and the worker is not to be trusted further. */
bool weir_sync_loader_take(struct weir_sync_loader *loader,
    const struct weir_settings *settings,
    const struct weir_sync_message *message);

/** Starts what is next, if nothing runs. */
void weir_sync_loader_start(
    struct weir_sync_loader *loader, const struct weir_settings *settings);

/** Reads what weir-load says, when its output is readable. */
void weir_sync_loader_read(struct weir_sync_loader *loader);

/** It has ended with that status (waitpid): calls `each` for every order that
 *  was served. */
void weir_sync_loader_end(struct weir_sync_loader *loader,
    const struct weir_settings *settings, int status,
    void (*each)(void *arg, const struct weir_sync_message *result), void *arg);

/** Forgets what waits: whoever wanted it is gone. */
void weir_sync_loader_clear(struct weir_sync_loader *loader);

#endif
