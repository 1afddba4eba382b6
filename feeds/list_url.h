/*
 * list_url.h - the host of a URL, and words that were made harmless ("hxxp",
 * "[.]") as they were.
 */
#ifndef WEIR_FEEDS_LIST_URL_H
#define WEIR_FEEDS_LIST_URL_H

#include <stdbool.h>
#include <stddef.h>

/* A longer URL is cut; its host stands in front. */
#define WEIR_LIST_URL_SIZE 2048

struct weir_list_url {
	const char *host; /* in the text; brackets around an IPv6 address */
	size_t host_len;
	bool has_scheme;
	bool has_path; /* more than "/", or a query */
};

/** Takes a text apart: SCHEME://USER@HOST:PORT/PATH?QUERY#FRAGMENT, of which
 *  all but the host may be absent.  False: a scheme of which no host is known
 *  (only those of the net are: http, ftp, ws ...). */
bool weir_list_url_parse(
    const char *text, size_t len, struct weir_list_url *ret_url);

/** Writes the text with "hxxp" as "http", and "[.]", "(.)", "{.}", "[dot]",
 *  "[:]", "[://]" without their brackets; cut after WEIR_LIST_URL_SIZE octets.
 *  Returns the length; `out` has WEIR_LIST_URL_SIZE octets. */
size_t weir_list_url_refang(const char *text, size_t len, char *out);

/** Whether there is something to refang. */
bool weir_list_url_is_defanged(const char *text, size_t len);

#endif
