/*
 * status.h - the file in which a running module shows what it does: the
 * contract between module, weir-load and weir-stat.
 *
 * FOLDER/PID.module (or PID-2.module ... if that is taken by a process of
 * another container): mapped shared by the module, which alone writes it, and
 * which holds a flock(2) on it as long as it lives.  So a reader that gets a
 * shared lock knows that the module is gone, whatever the process ids say.
 * A module that starts in the same process again (unbound-control reload) takes
 * its old file up and counts on.
 *
 * Numbers are in the machine's own order: the file never leaves the machine.
 * Workers write their own counters with plain 64-bit stores (relaxed atomics);
 * a reader adds them up.  The one text and the top tables are guarded by
 * sequence numbers, recent events have numbers, so no reader needs a lock.
 *
 *   header with the slots of feeds and categories
 *   | one counter block for each worker | recent events | top tables
 *
 * each page-aligned.  The last two are written by the module's recorder thread
 * alone (module/recorder.h).
 */
#ifndef WEIR_LIB_STATUS_H
#define WEIR_LIB_STATUS_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/entry.h"
#include "lib/error.h"
#include "lib/event.h"
#include "lib/limits.h"
#include "lib/top.h"

#define WEIR_STATUS_MAGIC   "weir st\n"
#define WEIR_STATUS_VERSION 5

/* The ways a query can go through the module.  One query adds to exactly one
 * of those from PASSED to FAILED_SERVFAIL; those behind count beside it. */
enum weir_way {
	WEIR_WAY_QUERIES,         /* client queries that reached the module */
	WEIR_WAY_PASSED,          /* no rule spoke: as without weir */
	WEIR_WAY_ALLOWED,         /* an allow rule or a pass action decided */
	WEIR_WAY_BLOCKED_NAME,    /* blocked by the name asked for */
	WEIR_WAY_BLOCKED_ALIAS,   /* blocked by a CNAME, DNAME, SVCB target */
	WEIR_WAY_BOGUS,           /* blocked, but DNSSEC says bogus: SERVFAIL */
	WEIR_WAY_RESOLVE_FAILED,  /* the resolver found no answer: SERVFAIL of
				  * its own, and no rule decided */
	WEIR_WAY_FAILED_PASS,     /* weir failed (no database): passed */
	WEIR_WAY_FAILED_SERVFAIL, /* weir failed: SERVFAIL */
	WEIR_WAY_SHADOW,          /* would have been blocked, in shadow mode */
	WEIR_WAY_SHELF_HIT,       /* answered from the private shelf */
	WEIR_WAY_SHELF_STORED,    /* put on the private shelf */
	WEIR_WAY_EVICTED,         /* messages taken out of Unbound's cache */
	WEIR_WAY_INTERNAL,        /* queries without a client: not filtered */
	WEIR_WAY_COUNT
};

/** "queries", "passed" ...; NULL for a number that is none. */
const char *weir_way_text(unsigned int way);

/* Query types with a counter of their own, by RFC number; others share one. */
enum weir_type_slot {
	WEIR_TYPE_A,
	WEIR_TYPE_NS,
	WEIR_TYPE_CNAME,
	WEIR_TYPE_SOA,
	WEIR_TYPE_PTR,
	WEIR_TYPE_MX,
	WEIR_TYPE_TXT,
	WEIR_TYPE_AAAA,
	WEIR_TYPE_SRV,
	WEIR_TYPE_NAPTR,
	WEIR_TYPE_DS,
	WEIR_TYPE_DNSKEY,
	WEIR_TYPE_SVCB,
	WEIR_TYPE_HTTPS,
	WEIR_TYPE_ANY,
	WEIR_TYPE_OTHER,
	WEIR_TYPE_COUNT
};
enum weir_type_slot weir_type_slot(uint16_t qtype);
const char *weir_type_slot_text(unsigned int slot); /* "A" ... "other" */

/* A feed keeps its slot as long as the file lives, whatever its place in the
 * policy.  Slot 0 takes the feeds for which no slot is left. */
#define WEIR_STATUS_FEEDS 512

/* Per feed slot: what its rules did. */
enum weir_feed_count {
	WEIR_FEED_BLOCKED,  /* decided, and the answer was changed */
	WEIR_FEED_ALLOWED,  /* decided, and the answer went through */
	WEIR_FEED_SHADOWED, /* would have decided */
	WEIR_FEED_COUNT
};

/* The same for categories.  Slot 0: none, and those for which no slot is left. */
#define WEIR_STATUS_CATEGORIES 512

enum weir_category_count {
	WEIR_CATEGORY_BLOCKED,
	WEIR_CATEGORY_ALLOWED,
	WEIR_CATEGORY_SHADOWED,
	WEIR_CATEGORY_COUNT
};

/* Where an outcome comes from: whether a server was asked for it, and whether
 * the rule is about the name asked for or one that it leads to. */
enum weir_outcome_source {
	WEIR_FROM_CACHE, /* or from weir alone: no server was asked */
	WEIR_FROM_NETWORK,
	WEIR_FROM_COUNT
};
enum weir_outcome_kind {
	WEIR_BY_NAME,
	WEIR_BY_ALIAS,
	WEIR_BY_COUNT
};

/* The module's own time for a query, in buckets: bucket i counts those of less
 * than 2^i ns, and not less than 2^(i-1); the last one, all that is more. */
#define WEIR_STATUS_WORK_BUCKETS 32

static inline unsigned int
weir_status_work_bucket(uint64_t ns)
{
	unsigned int bucket = ns == 0 ? 0 : 64 - (unsigned)__builtin_clzll(ns);

	return bucket < WEIR_STATUS_WORK_BUCKETS ? bucket
						 : WEIR_STATUS_WORK_BUCKETS - 1;
}

typedef _Atomic uint64_t weir_counter;

struct weir_worker_counts {
	weir_counter ways[WEIR_WAY_COUNT];
	weir_counter actions[WEIR_ACTION_COUNT];     /* decided queries */
	weir_counter types[WEIR_TYPE_COUNT];         /* all client queries */
	weir_counter blocked_types[WEIR_TYPE_COUNT]; /* blocked ones */
	weir_counter feeds[WEIR_STATUS_FEEDS][WEIR_FEED_COUNT];
	weir_counter categories[WEIR_STATUS_CATEGORIES][WEIR_CATEGORY_COUNT];
	weir_counter transports[WEIR_TRANSPORT_COUNT]; /* all client queries */
	/* Each client query adds to one of these.  Passed are all that no rule
	 * decided on or would have, also what failed (see the ways). */
	weir_counter outcomes[WEIR_EVENT_OUTCOME_COUNT][WEIR_FROM_COUNT]
			     [WEIR_BY_COUNT];
	/* All client queries, if their time is taken: how many, and in sum. */
	weir_counter work_ns[WEIR_STATUS_WORK_BUCKETS];
	weir_counter work_sum_ns;
	/* Events that went into this worker's queue, and that found no room. */
	weir_counter events_pushed, events_lost;
};

/* The lists of the most frequent ones.  A name is its wire form, lower case; a
 * client is WEIR_CLIENT_KEY_SIZE octets: family, prefix, address. */
enum weir_status_top {
	WEIR_TOP_NAMES,        /* blocked ones, as asked for */
	WEIR_TOP_DOMAINS,      /* their registrable domains */
	WEIR_TOP_CLIENTS,      /* that were blocked */
	WEIR_TOP_CLIENT_NAMES, /* a client, and behind it the blocked name */
	WEIR_TOP_SHADOW_NAMES, /* would have been blocked */
	WEIR_TOP_SHADOW_CLIENTS,
	WEIR_TOP_COUNT
};

#define WEIR_CLIENT_KEY_SIZE     18
#define WEIR_STATUS_TOP_COUNTERS 1024 /* of each table */

/** "names", "domains" ...; NULL for a number that is none. */
const char *weir_status_top_text(unsigned int top);

/** A client as it stands in keys: 18 octets.  And back: false if the key is
 *  shorter; what stands behind the client is a name. */
void weir_client_key(const struct weir_client *client, uint8_t *key);
bool weir_client_of_key(
    const uint8_t *key, size_t key_len, struct weir_client *ret_client);

/* Recent events: number n lies in slot n % WEIR_STATUS_RECENT until event n +
 * WEIR_STATUS_RECENT takes its place. */
#define WEIR_STATUS_RECENT 2048

struct weir_recent_slot {
	/* Of the event that is here; 0: none, or it is being written. */
	alignas(64) _Atomic uint64_t sequence;
	uint64_t len;
	uint64_t words[WEIR_EVENT_BYTES / 8]; /* weir_event_encode's octets */
};

enum weir_status_dnstap {
	WEIR_DNSTAP_NONE, /* weir.yaml wants none */
	WEIR_DNSTAP_AWAY, /* nobody takes it just now */
	WEIR_DNSTAP_CONNECTED,
	WEIR_DNSTAP_COUNT
};

/** "none", "away", "connected"; NULL. */
const char *weir_status_dnstap_text(unsigned int dnstap);

struct weir_status_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size; /* sizeof(struct weir_status_header) */
	uint32_t worker_size; /* octets from one worker's counts to the next */
	uint32_t worker_count;
	uint64_t file_size;
	int32_t pid;
	uint64_t process_started; /* field 22 of /proc/PID/stat */
	uint64_t started_unix;    /* the module's first init in this process */
	char unbound_version[32];
	char weir_version[32];
	char database[1024]; /* the folder that it reads; "": not known yet */
	/* Below: changes while it runs. */
	weir_counter inits;          /* 1, and one more with each reload */
	weir_counter serial_current; /* swap whose policy answers; 0: none */
	weir_counter serial_acknowledged; /* ... and the cache is clean of it */
	weir_counter tag_acknowledged;    /* weir_current_tag of that swap */
	weir_counter generation;
	weir_counter acknowledged_unix_ms;
	weir_counter sweeps;        /* finished sweeps of the cache */
	weir_counter sweep_entries; /* messages looked at, last sweep */
	weir_counter sweep_removed; /* messages removed, last sweep */
	weir_counter sweep_us;      /* duration of the last sweep */
	/* The longest time that it held the lock of a table of the cache, for
	 * which any thread may wait, and locks of some bins in it; the longest
	 * of those in which the kernel did not take its processor away; how
	 * often the kernel did. */
	weir_counter sweep_table_max_ns, sweep_table_running_max_ns;
	weir_counter sweep_bins_max_ns, sweep_bins_running_max_ns;
	weir_counter sweep_holds_preempted;
	weir_counter failures;        /* database could not be opened, times */
	_Atomic uint32_t problem_seq; /* odd: being written */
	char problem[256];            /* why the last swap was refused; "" */
	_Atomic uint32_t feed_count;  /* slots in use; slot 0 included */
	char feed_names[WEIR_STATUS_FEEDS][WEIR_FEED_NAME_SIZE];
	_Atomic uint32_t category_count; /* slots in use; slot 0 included */
	char category_names[WEIR_STATUS_CATEGORIES][WEIR_CATEGORY_SIZE];
	/* The recorder: the number of the next event, from 1; what it has taken
	 * out of the queues.  Nothing is recorded if the settings say so. */
	_Atomic uint64_t recent_next;
	weir_counter events_recorded;
	_Atomic uint32_t has_events;
	/* Its dnstap stream: frames that went out, events that found no room in
	 * its queue, connections that were made. */
	_Atomic uint32_t dnstap; /* enum weir_status_dnstap */
	weir_counter dnstap_sent, dnstap_lost, dnstap_connects;
	/* The recorder's own, from one start of the module to the next: lost
	 * events that no reader knows of yet. */
	weir_counter dnstap_untold;
};

/** A mapped status file, of either side. */
struct weir_status {
	int fd;
	bool is_writable;
	char path[1088];
	size_t size;
	/* As the header said when it was checked: whoever may write the file can
	 * say something else at any time. */
	unsigned int workers;
	struct weir_status_header *header;
};

/** The module's side: creates the file, or takes up the one of this process,
 *  and locks it.  Removes the files of modules that are gone. */
int weir_status_create(const char *folder, unsigned int worker_count,
    const char *unbound_version, struct weir_status *ret_status,
    struct weir_problem *problem) WEIR_CHECKED;

/** The same in private memory, for a module that can write no file. */
int weir_status_private(unsigned int worker_count, const char *unbound_version,
    struct weir_status *ret_status) WEIR_CHECKED;

/** Whether the module's file is still found under its path. */
bool weir_status_is_there(const struct weir_status *status);

/** Makes private memory, or a file that was removed, the shared file of this
 *  process, at the same address, while the workers go on counting.  What they
 *  count in that moment may be lost. */
int weir_status_share(const char *folder, struct weir_status *status,
    struct weir_problem *problem) WEIR_CHECKED;

/** The reader's side.  WEIR_EMISSING: the module is gone (no lock is held).
 *  WEIR_EFORMAT, WEIR_EVERSION: not a status file of ours. */
int weir_status_open(const char *path, struct weir_status *ret_status,
    struct weir_problem *problem) WEIR_CHECKED;

/** Unmaps and closes.  The file stays. */
void weir_status_close(struct weir_status *status);

struct weir_worker_counts *
weir_status_worker(const struct weir_status *status, unsigned int worker);

/** The slot of a feed's name; takes a new one if `is_new_allowed`.  0 if there
 *  is none.  The module's housekeeper alone may take new ones. */
unsigned int weir_status_feed_slot(
    struct weir_status *status, const char *name, bool is_new_allowed);

/** The same for a category's name; "" has slot 0. */
unsigned int weir_status_category_slot(
    struct weir_status *status, const char *name, bool is_new_allowed);

/** The recorder's side: makes an event the newest one; words, len: as
 *  weir_event_peek gives them. */
void weir_status_record(
    struct weir_status *status, const uint64_t *words, size_t len);

/** Hands over recent events, from number *sequence on, the oldest first, and
 *  sets *sequence to that of the one after the last.  0: from the oldest that is
 *  there.  WEIR_STATUS_NEWEST: none, only those to come.  *ret_missed: how many
 *  there were between that are gone.  Ends early if `each` returns other than 0,
 *  and returns that.  The event lives for the time of the call. */
#define WEIR_STATUS_NEWEST UINT64_MAX
int weir_status_recent(const struct weir_status *status, uint64_t *sequence,
    uint64_t *ret_missed,
    int (*each)(void *arg, const struct weir_event *event), void *arg);

/** The WEIR_STATUS_RECENT slots. */
struct weir_recent_slot *
weir_status_recent_slots(const struct weir_status *status);

/** One of the top tables; for weir_top_read and weir_top_new. */
struct weir_top_table *
weir_status_top(const struct weir_status *status, unsigned int top);
size_t weir_status_top_size(void);

/** Whether the folder, or a status file in it, is there and may not be read: a
 *  module can run although weir_status_open_all finds none. */
bool weir_status_is_hidden(const char *folder);

/** Opens every live module's file in the folder; those of modules that are
 *  gone are passed over.  *ret_items is malloced; close each and free.  A
 *  folder that is not there holds none. */
int weir_status_open_all(const char *folder, struct weir_status **ret_items,
    unsigned int *ret_count, struct weir_problem *problem) WEIR_CHECKED;

/** Sets / reads the sentence in the header, from one writer. */
void weir_status_set_problem(struct weir_status *status, const char *text);
void weir_status_get_problem(
    const struct weir_status *status, char *text, size_t size);

static inline void
weir_count(weir_counter *counter)
{
	/* One writer: a plain load, add and store, no locked instruction. */
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

#endif
