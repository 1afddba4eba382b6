/*
 * sync_status.h - STATE/status.json: what weir-sync shows of itself.
 *
 * The worker writes it, anybody reads it; `weir-sync status` makes a table of it.
 * Times in it are absolute, so that it does not grow old while nothing happens;
 * ages are computed by who reads.
 */
#ifndef WEIR_FEEDS_SYNC_STATUS_H
#define WEIR_FEEDS_SYNC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/feed_line.h"
#include "feeds/sync.h"
#include "feeds/sync_schedule.h"
#include "lib/error.h"

#define WEIR_SYNC_STATUS_FILE "status.json"
#define WEIR_SYNC_STATUS_SIZE (16U << 20)

/** What is shown of one feed. */
struct weir_sync_shown {
	enum weir_sync_state state;
	int64_t since_unix; /* when that began */
	char gen[WEIR_FEED_GEN_SIZE];
	uint64_t sequence; /* of a list: how often it was another */
	uint64_t names;    /* of a signed feed */
	uint64_t published_ms;
	int64_t checked_unix, newer_unix, expires_unix;
	unsigned int mirror;
	unsigned int failures; /* in a row */
	char error[512];       /* the last one, "" : none yet */
	int64_t error_unix;
	uint64_t moved, polls;
	int64_t next_unix; /* when it is asked for next */
	/* The loader. */
	bool has_result, is_handed, is_held;
	int32_t exit_code;
	int64_t handed_ms;
	uint32_t took_ms;
	char json[WEIR_SYNC_JSON_SIZE];
	struct weir_sync_times times;
};

struct weir_sync_process {
	int32_t pid, supervisor_pid;
	unsigned int restarts;
	int64_t started_unix;
	struct weir_sync_sandbox sandbox;
	uint64_t notifies, notify_polls;
};

/** Replaces the file.  `places`: of the feeds in the settings. */
int weir_sync_status_write(const struct weir_sync *sync,
    const struct weir_sync_process *process,
    const struct weir_sync_shown *const *shown, const unsigned int *places,
    unsigned int count) WEIR_CHECKED;

#endif
