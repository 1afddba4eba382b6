/*
 * load.h - weir-load's commands: main.c dispatches, one file for each.
 */
#ifndef WEIR_LMDB_LOADER_LOAD_H
#define WEIR_LMDB_LOADER_LOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/generation.h"
#include "lib/settings.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/signed.h"
#include "lmdb-loader/store.h"

/* Another weir-load may hold the database's lock while it waits for modules. */
#define WEIR_LOCK_WAIT_MS 5000

enum weir_exit {
	WEIR_EXIT_DONE = 0,
	WEIR_EXIT_FAILED = 1, /* the old state is kept; or trouble was found */
	WEIR_EXIT_USAGE = 2,  /* command line or configuration */
	WEIR_EXIT_PARTLY = 3
};

/** The command line. */
struct weir_load {
	const char *config;
	bool has_config; /* it was named on the command line */
	bool json;
	bool no_wait;
	unsigned int timeout_ms;
	bool no_compact;
	const char *add_file, *del_file; /* delta */
	struct weir_signed_span span;    /* delta, of a signed feed */
	bool has_from, has_to;
	bool is_unless_rolled_back; /* apply */
	uint16_t qtype;             /* explain */
	const char *format;         /* lint; NULL: auto */
	const char *popular_file;   /* lint; NULL: none */
	const char *client;         /* explain: an address; NULL */
	uint32_t for_s;             /* allow, deny; 0: for ever */
	const char *why;            /* allow, deny; NULL */
	char **args;                /* behind the command */
	unsigned int arg_count;
	/* Read before any command runs; the defaults, if there is no weir.yaml
	 * and the command needs none. */
	struct weir_settings *settings;
};

/* Each returns an enum weir_exit and has said what there is to say. */
int weir_cmd_config(const struct weir_load *load);
int weir_cmd_accept(const struct weir_load *load);
int weir_cmd_allow(const struct weir_load *load);
int weir_cmd_deny(const struct weir_load *load);
int weir_cmd_forget(const struct weir_load *load);
int weir_cmd_apply(const struct weir_load *load);
int weir_cmd_delta(const struct weir_load *load);
int weir_cmd_compact(const struct weir_load *load);
int weir_cmd_rollback(const struct weir_load *load);
int weir_cmd_lint(const struct weir_load *load);
int weir_cmd_lookup(const struct weir_load *load);
int weir_cmd_explain(const struct weir_load *load);
int weir_cmd_dump(const struct weir_load *load);
int weir_cmd_diff(const struct weir_load *load);
int weir_cmd_check(const struct weir_load *load);
int weir_cmd_status(const struct weir_load *load);

/** Starts `compact` in a process of its own, and does not wait for it. */
void weir_compact_aside(const struct weir_load *load);

/* What several commands need (load.c). */

/** In whole microseconds: more digits would be noise. */
double weir_load_seconds_since(uint64_t start_ns);

/** Says that modules may run which we have no right to see. */
void weir_load_say_hidden(const struct weir_load *load);

/** Waits until the modules have acknowledged the current swap, unless that is
 *  not wanted, and complains of those that have not, or cannot be seen.  The
 *  exit code. */
int weir_load_acknowledge(const struct weir_load *load,
    const struct weir_store *store, struct weir_ack *ret_ack,
    double *ret_seconds);

/** Says that the command failed, also as {"result": "failed"} if --json was
 *  given, and returns WEIR_EXIT_FAILED. */
int weir_load_fail(
    const struct weir_load *load, const struct weir_problem *problem);
/** The JSON of it alone; returns `exit_code`. */
int weir_load_print_failure(
    const struct weir_load *load, const char *text, int exit_code);

/** Says that nothing was changed because it waits for a person, also as
 *  {"result": "held"}, and returns WEIR_EXIT_PARTLY. */
int weir_load_hold(
    const struct weir_load *load, const struct weir_problem *problem);

/** The same for what is wrong with the command line: WEIR_EXIT_USAGE. */
int weir_load_usage(const struct weir_load *load, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Prints a document and frees it; `exit_code` comes back, or WEIR_EXIT_FAILED
 *  if there is none.  Whether all that is printed arrives, main.c sees. */
int weir_load_print(json_t *document, int exit_code);

/** A resolver on this machine goes first: what compiles or reads a whole
 *  database runs at the lowest ordinary priority. */
void weir_load_give_way(void);

/** Opens the current generation.  No database: says so.  0, or the code to exit with. */
int weir_load_open(const struct weir_load *load, struct weir_store *ret_store,
    struct weir_generation *ret_generation) WEIR_CHECKED;

/** A name of the command line, IDN or not.  Says what is wrong.  0, or
 *  WEIR_EXIT_USAGE. */
int weir_load_name(const struct weir_load *load, const char *text,
    struct weir_name *ret_name) WEIR_CHECKED;

/** A generation's number.  0, or WEIR_EXIT_USAGE after saying why. */
int weir_load_generation(const struct weir_load *load, const char *text,
    uint64_t *ret_number) WEIR_CHECKED;

/** A string for JSON; octets that are not UTF-8 become question marks. */
json_t *weir_load_string(const char *text);

/** One entry as an object / as words: "feed urlhaus: both, nxdomain, ..." */
json_t *weir_load_entry(
    const struct weir_policy *policy, const struct weir_entry *entry);
void weir_load_entry_print(const struct weir_policy *policy,
    const struct weir_entry *entry, FILE *stream);

/** A scope in the words for people: "name and subdomains" for "both". */
const char *weir_load_scope(const char *scope);

struct weir_local_rule;
struct weir_rules;

/** A local rule as an object: list, name (as weir.yaml has it), made_unix,
 *  until_unix (0: for ever), why. */
json_t *weir_load_rule(const struct weir_local_rule *rule);
/** "allow *.example.com, made ..., until ..., why: ..." */
void weir_load_rule_print(const struct weir_local_rule *rule, FILE *stream);

/** The name of a policy's feed or category; "?" for a number without one. */
const char *weir_load_feed(const struct weir_policy *policy, unsigned int feed);
const char *
weir_load_category(const struct weir_policy *policy, unsigned int category);

#endif
