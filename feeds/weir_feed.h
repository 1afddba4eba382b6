/*
 * weir_feed.h - weir-feed's commands: weir_feed.c dispatches, one file for each.
 */
#ifndef WEIR_FEEDS_WEIR_FEED_H
#define WEIR_FEEDS_WEIR_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "feeds/key_file.h"
#include "feeds/list.h"
#include "lib/error.h"

/* As weir-load's. */
enum weir_feed_exit {
	WEIR_FEED_DONE = 0,
	WEIR_FEED_FAILED = 1, /* the old state is kept; or trouble was found */
	WEIR_FEED_USAGE = 2,
	WEIR_FEED_PARTLY = 3
};

#define WEIR_FEED_NOTIFY      64 /* who is told of a publish */
#define WEIR_FEED_PASSPHRASES 4
#define WEIR_FEED_WITH        3

/** The command line. */
struct weir_feed_call {
	bool json;
	const char *feed;        /* init */
	const char *keys_folder; /* init; NULL: DIR-root-keys */
	const char *passphrase_files[WEIR_FEED_PASSPHRASES];
	unsigned int passphrase_count;
	const char *format;   /* publish; NULL: auto */
	const char *category; /* NULL: none */
	uint8_t confidence;   /* WEIR_LIST_NO_CONFIDENCE: none */
	uint32_t lifetime_s;  /* 0: none */
	uint32_t poll_ms;     /* 0: as before */
	const char *add_file, *del_file;
	bool is_empty_allowed, is_watch;
	const char *notify[WEIR_FEED_NOTIFY];
	unsigned int notify_count;
	const char *with[WEIR_FEED_WITH]; /* rotate */
	unsigned int with_count;
	const char *root_file, *root_sha256, *ca_file; /* verify */
	const char *listen;                            /* serve */
	char **args;                                   /* behind the command */
	unsigned int arg_count;
};

/* Each returns an enum weir_feed_exit and has said what there is to say. */
int weir_feed_init(const struct weir_feed_call *call);
int weir_feed_publish(const struct weir_feed_call *call);
int weir_feed_rotate(const struct weir_feed_call *call);
int weir_feed_verify(const struct weir_feed_call *call);
int weir_feed_show(const struct weir_feed_call *call);
int weir_feed_serve(const struct weir_feed_call *call);

/* What several commands need (weir_feed_print.c). */

/** Says that the command failed, also as {"result": "failed"} with --json;
 *  WEIR_FEED_FAILED. */
int weir_feed_fail(
    const struct weir_feed_call *call, const struct weir_problem *problem);
/** The same for a wrong command line: WEIR_FEED_USAGE. */
int weir_feed_usage(const struct weir_feed_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** The JSON of a failure alone; returns `exit_code`. */
int weir_feed_print_failure(
    const struct weir_feed_call *call, const char *text, int exit_code);
/** Prints a document and frees it; `exit_code` comes back. */
int weir_feed_print(json_t *document, int exit_code);
/** A string for JSON; octets that are not UTF-8 become question marks. */
json_t *weir_feed_string(const char *text);

/** What was refused of a list, by reason, with examples. */
json_t *
weir_feed_refused(const char *file, const struct weir_list_report *report);
void weir_feed_print_refused(json_t *refused);

/** Unlocks a key with one of the passphrases of the command line, or asks for
 *  it. */
int weir_feed_unlock(const struct weir_feed_call *call, const char *path,
    struct weir_key_file *key, struct weir_problem *problem) WEIR_CHECKED;

#endif
