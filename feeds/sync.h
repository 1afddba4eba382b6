/*
 * sync.h - weir-sync: two processes, and what they say to each other.
 *
 *   servers ──► worker: a thread for each feed fetches, verifies, writes STATE
 *                  │  "a delta of feed 3", "feed 2 as a whole"
 *                  ▼
 *               supervisor ──► weir-load delta | apply ──► the database
 *                  │  "exit 0, at 12:00:00.123"
 *                  ▼
 *               worker: STATE/status.json
 *
 * The worker touches what comes from servers, and may write the state folder,
 * nothing else (sync_sandbox.h).  The supervisor starts programs, and reads
 * nothing that a server has sent.  What the worker says is no more than a feed's
 * place and three numbers; the worst that a worker which was taken over can do
 * is to hand over lists of its own, before which stand the loader's guard rails.
 *
 * Messages have one size and come whole (SOCK_SEQPACKET).  Either end of the
 * socket that closes ends the other process's interest: a worker whose
 * supervisor is gone ends, a supervisor whose worker is gone starts another.
 */
#ifndef WEIR_FEEDS_SYNC_H
#define WEIR_FEEDS_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/feed_line.h"
#include "feeds/sync_sandbox.h"
#include "lib/settings.h"

enum weir_sync_exit {
	WEIR_SYNC_EXIT_DONE = 0,
	WEIR_SYNC_EXIT_FAILED = 1,
	WEIR_SYNC_EXIT_USAGE = 2,
	WEIR_SYNC_EXIT_PARTLY = 3
};

/** The command line, and weir.yaml. */
struct weir_sync {
	const char *config;
	bool has_json;
	bool is_once;              /* one cycle of each feed, then the end */
	const char *import_folder; /* in place of servers; NULL */
	uint32_t max_expired_s;    /* with import_folder */
	const char *only_feed;     /* of import; NULL */
	const char *root_sha256;   /* of add */
	char **args;               /* behind the command */
	unsigned int arg_count;
	struct weir_settings *settings;
};

enum weir_sync_word {
	WEIR_SYNC_DELTA = 1, /* to the supervisor: from, to, gen of a feed */
	WEIR_SYNC_WHOLE,     /* to the supervisor: all of a feed is new */
	WEIR_SYNC_RESULT,    /* to the worker: what became of it */
	WEIR_SYNC_POLL       /* to the worker: somebody here says, poll now */
};

#define WEIR_SYNC_JSON_SIZE 4096

struct weir_sync_message {
	uint32_t word;
	uint32_t feed; /* its place in the settings */
	uint64_t from, to;
	char gen[WEIR_FEED_GEN_SIZE];
	/* Of a result. */
	bool is_held;      /* waits for weir-load accept */
	bool is_unread;    /* the loader could not read the list */
	bool is_busy;      /* another weir-load was at work */
	int32_t exit_code; /* of weir-load; -1: it could not be started */
	uint32_t took_ms;
	int64_t finished_ms;            /* Unix time */
	char json[WEIR_SYNC_JSON_SIZE]; /* weir-load's, "" if it is too long */
};

/** What the supervisor tells a worker when it starts it. */
struct weir_sync_start {
	int socket;
	int32_t supervisor_pid;
	bool is_cold;          /* the first worker of the supervisor */
	unsigned int restarts; /* how often a worker has died */
	int64_t started_unix;  /* the supervisor */
};

/** Runs the worker; what it exits with is an enum weir_sync_exit. */
int weir_sync_work(
    const struct weir_sync *sync, const struct weir_sync_start *start);

/** Runs supervisor and worker until the end. */
int weir_sync_supervise(struct weir_sync *sync);

/** Commands of the short kind; an enum weir_sync_exit. */
int weir_sync_cmd_poll(struct weir_sync *sync);
int weir_sync_cmd_status(struct weir_sync *sync);
int weir_sync_cmd_add(struct weir_sync *sync);

/** The settings again, with what is wrong on standard error. */
int weir_sync_read_settings(
    const char *config, struct weir_settings **ret_settings) WEIR_CHECKED;

/** Whether the command line names that feed, or none. */
bool weir_sync_is_wanted(
    const struct weir_sync *sync, const struct weir_feed_settings *feed);

/** The lock of a state folder: a file "lock" that one process has.  Taken: its
 *  descriptor, which is kept until the end.  WEIR_EBUSY: *ret_pid has it. */
int weir_sync_lock(const char *state, int *ret_fd, int32_t *ret_pid,
    struct weir_problem *problem) WEIR_CHECKED;
/** Who has it; 0: nobody. */
int32_t weir_sync_lock_owner(const char *state);

/** Unix time in milliseconds. */
int64_t weir_sync_now_ms(void);

#endif
