/*
 * settings.h - weir.yaml(5), read whole and checked.
 *
 * One file serves all programs (and, through lib/paths.h, the module).
 * libcyaml reads it against a schema; what a schema cannot say (names,
 * addresses, unique feeds) is checked after it.  The first fault ends the
 * reading: "FILE:LINE: reason".
 */
#ifndef WEIR_LIB_SETTINGS_H
#define WEIR_LIB_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/paths.h"
#include "lib/policy.h"

/** One name of allow:, deny: or never-block:.
 *    example.com     the name and everything below it
 *    =example.com    the name alone
 *    *.example.com   what is below it, not the name itself
 *  never-block takes the first form only, and protects the name itself: no feed
 *  may list it, or a name above it together with its subdomains. */
struct weir_name_rule {
	char *text; /* as written */
	struct weir_name name;
	uint8_t scope; /* enum weir_scope */
	unsigned int line;
	/* Of a rule that weir-load keeps beside weir.yaml (rules.h); else 0. */
	uint32_t made_unix, until_unix;
};

struct weir_name_rules {
	unsigned int count;
	struct weir_name_rule *items;
};

#define WEIR_NO_LIMIT UINT32_MAX

/** What the operator may switch on; bits. */
enum weir_preset {
	WEIR_PRESET_DOH_CANARY = 1,
	WEIR_PRESET_PRIVATE_RELAY = 2,
	WEIR_PRESET_DDR = 4
};

/** The name of preset number `place`, from 0; NULL: there is none. */
const char *weir_preset_text(unsigned int place);

/* The feed that they make, before those of feeds:. */
#define WEIR_PRESET_FEED "presets"

/** guard: what no feed may block, besides never-block. */
struct weir_guard_settings {
	bool has_public_suffixes;  /* the ICANN section */
	bool has_private_suffixes; /* the private one */
	bool has_well_known;       /* the list that comes with weir */
	char *suffix_file;         /* NULL: libpsl's own */
	char *popular_file;        /* NULL: none */
};

/* What `fields:` of a feed may say: the columns or paths of name, type,
 * category, confidence, first-seen, valid-until and status, in the order of
 * enum weir_list_field in feeds/list.h. */
#define WEIR_SETTINGS_FIELDS     7
#define WEIR_SETTINGS_FIELD_SIZE 256 /* one of them, with NUL */

/* Where a feed comes from. */
enum weir_feed_origin {
	WEIR_ORIGIN_FILE,  /* somebody else puts it there */
	WEIR_ORIGIN_URL,   /* a plain list: weir-sync fetches it */
	WEIR_ORIGIN_SIGNED /* a signed feed: weir-sync keeps its state */
};

#define WEIR_FEED_URLS      8 /* mirrors of one feed */
#define WEIR_URL_SIZE       1024
#define WEIR_SHA256_HEX     64
#define WEIR_MINISIGN_SIZE  57 /* a public key in base64, with NUL */
#define WEIR_LIST_FETCH_MAX (256ULL << 20) /* defaults of max-size: */
#define WEIR_FULL_FETCH_MAX (512ULL << 20)

#define WEIR_DEFAULT_SYNC_STATE WEIR_LOCALSTATEDIR "/lib/weir/sync"

/** sync: what weir-sync(8) needs. */
struct weir_sync_settings {
	char *state;         /* folder, absolute; never NULL */
	char *ca_file;       /* absolute; NULL: the system's */
	char *notify_listen; /* "ADDRESS:PORT"; NULL: none */
};

#define WEIR_DEFAULT_HISTORY      WEIR_LOCALSTATEDIR "/lib/weir/history.db"
#define WEIR_DEFAULT_HISTORY_SIZE (1ULL << 30)
/* Below it there is no room for the tables, the journal and what comes in. */
#define WEIR_HISTORY_SIZE_MIN     (8ULL << 20)

/** statistics: what is told of queries, and what is kept of it. */
struct weir_statistics_settings {
	struct weir_paths_statistics module;
	char *history; /* file, absolute; never NULL */
	uint64_t history_size;
	uint32_t event_days, minute_days, hour_days, resolved_days;
};

/** One of feeds:.  Its policy (mode, action, EDE...) stands at the same place,
 *  plus WEIR_FEED_FIRST, in the policy's table. */
struct weir_feed_settings {
	char *name;
	char *file;     /* absolute; a relative one was taken from the folder of
		       * weir.yaml.  NULL: the feed of the presets.  Of what is
		       * fetched: STATE/feeds/NAME/list, or of a signed feed the
		       * folder STATE/feeds/NAME (feeds/feed_state.h) */
	uint8_t origin; /* enum weir_feed_origin */
	unsigned int url_count;
	char *urls[WEIR_FEED_URLS]; /* of the list, or bases; mirrors */
	uint32_t every_s;           /* URL: how often it is asked for */
	uint32_t poll_s;    /* SIGNED: not more often; 0: the publisher's */
	uint64_t max_size;  /* octets of one file over the line */
	char *minisign_key; /* URL: base64; NULL: not signed */
	char *root_file;    /* SIGNED: the first root that is trusted, */
	char *root_sha256;  /* or its hash in small letters; one of them */
	char *format; /* "auto", "hosts", "domains": a name of feeds/list.h */
	char *fields[WEIR_SETTINGS_FIELDS]; /* NULL: not said */
	bool subdomains;
	uint8_t confidence; /* of its entries */
	uint16_t category;  /* of its entries; place in policy.categories */
	bool has_global_exceptions; /* they hold for all feeds behind */
	bool has_url_hosts;  /* a URL with a path blocks its whole host */
	uint32_t lifetime_s; /* of entries that do not say it; 0: for ever */
	uint32_t max_shrink; /* percent, WEIR_NO_LIMIT */
	uint32_t max_grow;
	unsigned int line;
};

struct weir_settings {
	char *path;     /* of weir.yaml itself */
	char *database; /* folder, absolute */
	char *status;   /* folder of the modules' status files, absolute */
	unsigned int keep_generations;
	unsigned int compile_memory_mb; /* of weir-load, while it compiles */
	struct weir_policy policy;
	struct weir_guard_settings guard;
	struct weir_sync_settings sync;
	struct weir_statistics_settings statistics;
	uint32_t max_shrink, max_grow; /* of feeds that do not say it */
	bool has_url_hosts;
	unsigned int presets; /* enum weir_preset */
	/* If there are presets, they are the first. */
	unsigned int feed_count;
	struct weir_feed_settings *feeds;
	struct weir_name_rules allow, deny, never_block;
};

/** The list formats that feeds: may name.  lib/ does not know them; a program
 *  hands over what feeds/list.h offers. */
struct weir_settings_formats {
	int (*is_known)(const char *name); /* NULL: any name will do */
	const char *names;                 /* "auto, domains, hosts" */
	/* Whether an entry of that format may say its own confidence; NULL:
	 * of each. */
	int (*has_confidence)(const char *name);
};

/** Reads the file.  On failure *problem holds one line,
 *  "FILE:LINE: reason" (or "FILE: reason" if it cannot be read):
 *  WEIR_EFORMAT; WEIR_EMISSING, WEIR_ESYSTEM, WEIR_ELIMIT: the file itself. */
int weir_settings_read(const char *path,
    const struct weir_settings_formats *formats,
    struct weir_settings **ret_settings,
    struct weir_problem *problem) WEIR_CHECKED;
/** The defaults, where no weir.yaml is needed: without a database, a status
 *  folder or a feed.  NULL without memory. */
struct weir_settings *weir_settings_new(const char *path);
void weir_settings_free(struct weir_settings *settings);

/** "fields.name", "fields.type" ...: the key of one of `fields:`. */
const char *weir_settings_field_key(unsigned int field);

/* The settings as data, in the shape of weir.yaml, defaults put in. */
enum weir_settings_kind {
	WEIR_SETTINGS_TEXT,
	WEIR_SETTINGS_NUMBER,
	WEIR_SETTINGS_BOOL,
	WEIR_SETTINGS_MAPPING, /* what follows, up to its END, lies in it */
	WEIR_SETTINGS_LIST,
	WEIR_SETTINGS_END
};

struct weir_settings_item {
	enum weir_settings_kind kind;
	const char *key;  /* NULL in a list, and for END */
	const char *text; /* of a TEXT */
	uint64_t number;  /* of a NUMBER; of a BOOL 0 or 1 */
	bool is_empty;    /* a LIST without an item */
};

/** Calls `each` for every part in order.  Stops if it returns other than 0,
 *  and returns that. */
int weir_settings_walk(const struct weir_settings *settings,
    int (*each)(void *arg, const struct weir_settings_item *item),
    void *arg) WEIR_CHECKED;

/** Prints what holds as YAML that weir_settings_read takes and reads the same
 *  way.  WEIR_ESYSTEM: the stream. */
int weir_settings_print(
    const struct weir_settings *settings, FILE *stream) WEIR_CHECKED;

#endif
