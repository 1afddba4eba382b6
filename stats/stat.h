/*
 * stat.h - what the commands of weir-stat share: the command line, the running
 * modules, and how something is printed.
 *
 * weir-stat.c reads the command line, opens the modules' status files and hands
 * over to one cmd_*.c.  A command puts all that it has found into one JSON
 * document; the tables and the CSV are printed from that, so the three cannot
 * differ.
 */
#ifndef WEIR_STATS_STAT_H
#define WEIR_STATS_STAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/settings.h"
#include "lib/status.h"
#include "stats/history.h"
#include "stats/sheet.h"

enum weir_exit {
	WEIR_EXIT_DONE = 0,
	WEIR_EXIT_FAILED = 1,
	WEIR_EXIT_USAGE = 2
};

struct weir_stat {
	const char *config;  /* weir.yaml */
	const char *folder;  /* of the modules' status files; "": not known */
	const char *history; /* --history; NULL: what weir.yaml says */
	bool has_folder;     /* --status: weir.yaml need not be there */
	bool is_json, is_csv;
	bool is_shadow, is_once, has_entries;
	uint64_t since_s;                 /* --since, seconds; 0: not given */
	unsigned int count;               /* -n; 0: not given */
	const char *client, *name, *feed; /* filters; NULL: any */
	const char *listen, *host;        /* of a server; NULL: not given */
	int outcome;                      /* a filter; -1: any */
	char **args;
	unsigned int arg_count;
	/* Opened by weir-stat.c. */
	struct weir_status *modules;
	unsigned int module_count;
};

int weir_cmd_totals(const struct weir_stat *stat);
int weir_cmd_top(const struct weir_stat *stat);
int weir_cmd_tail(const struct weir_stat *stat);
int weir_cmd_client(const struct weir_stat *stat);
int weir_cmd_name(const struct weir_stat *stat);
int weir_cmd_time(const struct weir_stat *stat);
int weir_cmd_feeds(const struct weir_stat *stat);
int weir_cmd_shadow(const struct weir_stat *stat);
int weir_cmd_metrics(const struct weir_stat *stat);
int weir_cmd_serve(const struct weir_stat *stat);

/** Says that no module runs, or none that may be read; WEIR_EXIT_FAILED. */
int weir_stat_say_none(const struct weir_stat *stat);

/** Says what is wrong with the command line: WEIR_EXIT_USAGE. */
int
weir_stat_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** weir.yaml, whole.  NULL: it cannot be read, and that is said if `is_needed`.
 */
struct weir_settings *
weir_stat_settings(const struct weir_stat *stat, bool is_needed);

/** The history.  1; 0: there is none, which is said if `is_needed`; < 0: it is
 *  damaged, which is said (weir_stat_may_say, if it is not needed). */
int weir_stat_history(const struct weir_stat *stat, bool is_needed,
    struct weir_history **ret_history) WEIR_CHECKED;

/** weir-sync's status.json in that folder (NULL: none), an object; NULL: there is
 *  none. */
json_t *weir_stat_sync(const char *folder);

/** Whether trouble that anybody can call up again and again, by a request to a
 *  server of ours, is to be said now: not more than once in ten seconds.  From any
 *  thread. */
bool weir_stat_may_say(void);

/** Begin of the span that --since names, of `default_s` seconds without it. */
uint64_t weir_stat_since(const struct weir_stat *stat, uint64_t default_s);

/** A name of the command line, IDN or not.  0, or WEIR_EXIT_USAGE after saying
 *  why. */
int weir_stat_name(const char *text, struct weir_name *ret_name) WEIR_CHECKED;

/** A client's address, or a network: "192.0.2.0/24".  0, or WEIR_EXIT_USAGE
 *  after saying why. */
int
weir_stat_client(const char *text, struct weir_client *ret_client) WEIR_CHECKED;

/** Whether one of the networks lies in the other: a client's address may be kept
 *  cut. */
bool weir_stat_client_meets(
    const struct weir_client *one, const struct weir_client *other);

/** A string for JSON, as weir_text_clean leaves it. */
json_t *weir_stat_string(const char *text);
/** A number; what JSON's reader could not take is its largest. */
json_t *weir_stat_number(uint64_t number);

/** Prints the document and frees it: as JSON; or its member "rows" as CSV by
 *  these columns; or by `print`, and without that as a table.  `document` NULL:
 *  out of memory.  The exit code. */
int weir_stat_print(const struct weir_stat *stat, json_t *document,
    const struct weir_sheet_column *columns, unsigned int column_count,
    void (*print)(json_t *document, const struct weir_screen *screen));

#endif
