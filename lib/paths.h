/*
 * paths.h - the settings of weir.yaml(5) that the module needs before it has a
 * database: three at the top, and what it does with its statistics.
 *
 * Read leniently: whatever else stands in the file, right or wrong, does not
 * matter here, so that a slip in a feed's line cannot keep a resolver from
 * starting.  Only broken YAML, or a wrong value of one of the three, is a
 * failure; what is wrong with the statistics is told, and then no client is
 * named anywhere.  Everything else of the policy comes with the generation.
 */
#ifndef WEIR_LIB_PATHS_H
#define WEIR_LIB_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/limits.h"
#include "lib/policy.h"

#define WEIR_PATH_SIZE 1024 /* of a folder, with its NUL */

/* The defaults of weir.yaml(5). */
#define WEIR_DEFAULT_DATABASE WEIR_LOCALSTATEDIR "/lib/weir/db"
#define WEIR_DEFAULT_STATUS   "/run/weir"
#define WEIR_DEFAULT_EVENTS   15000

/** Of statistics:, what the module does. */
struct weir_paths_statistics {
	bool has_events; /* top lists, recent events, dnstap; counters always */
	uint8_t client_prefix_ipv4, client_prefix_ipv6; /* bits that are kept */
	uint32_t max_events;    /* of a worker, in a second; 0: no limit */
	uint32_t sample_passed; /* one passed query in so many; 0: none */
	/* "": none; a socket, absolute; "tcp:ADDRESS:PORT" */
	char dnstap[WEIR_PATH_SIZE];
};

struct weir_paths {
	char database[WEIR_PATH_SIZE]; /* folder, absolute */
	char status[WEIR_PATH_SIZE];   /* folder, absolute */
	uint8_t on_failure;            /* enum weir_on_failure */
	struct weir_paths_statistics statistics;
	/* "", or what is wrong with them: then they are off but for events
	 * without the clients' addresses. */
	char statistics_fault[512];
};

/** On failure *problem holds "FILE:LINE: reason", *ret_paths is untouched. */
int weir_paths_read(const char *path, struct weir_paths *ret_paths,
    struct weir_problem *problem) WEIR_CHECKED;

struct weir_yaml_tree;

/** The text of weir.yaml, malloced.  *problem: "FILE: reason". */
int weir_paths_load(const char *path, char **ret_text, size_t *ret_len,
    struct weir_problem *problem) WEIR_CHECKED;

/** The same from a tree that is read already: lib/settings.c. */
int weir_paths_take(const char *path, const struct weir_yaml_tree *tree,
    struct weir_paths *ret_paths, struct weir_problem *problem) WEIR_CHECKED;

/** The same for statistics:; paths_statistics.c.  weir_paths_read calls it, and
 *  weir_paths_take does not. */
int
weir_paths_statistics_take(const char *path, const struct weir_yaml_tree *tree,
    struct weir_paths_statistics *ret_statistics,
    struct weir_problem *problem) WEIR_CHECKED;

struct weir_yaml_node;

/** For paths*.c: the scalar that a mapping has for a key, which messages call
 *  `where`.  1 and the node; 0 if there is none. */
int weir_paths_scalar(const char *path, const struct weir_yaml_node *mapping,
    const char *key, const char *where, const struct weir_yaml_node **ret_node,
    struct weir_problem *problem) WEIR_CHECKED;

/** A file or folder as weir.yaml names it, made absolute: a relative one is
 *  taken from the folder of weir.yaml (`config`).  `text` has WEIR_PATH_SIZE
 *  octets.  WEIR_ELIMIT: it does not fit; WEIR_EFORMAT: a control character,
 *  or nothing; WEIR_ESYSTEM: that folder is not there. */
int weir_paths_absolute(
    const char *config, const char *file, char *text) WEIR_CHECKED;

/** The file that holds if none is named: $WEIR_CONFIG, or weir/weir.yaml in
 *  the system's configuration folder. */
const char *weir_paths_config(void);

#endif
