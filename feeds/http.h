/*
 * http.h - fetching by HTTP and HTTPS, with limits (libcurl).
 *
 * A server is hostile: the body is counted while it comes, and ends the
 * transfer at one octet too many; less than WEIR_HTTP_SLOW octets a second for
 * WEIR_HTTP_SLOW_S ends it as well, and so does the time that a body of `max`
 * octets may take.  No redirect is followed, no content encoding undone, no
 * proxy or .netrc of the environment used, no cookie kept; a URL with a user's
 * name or password in it is refused.  TLS (1.2 at least) is verified, always.
 * HTTP/1.1 only.
 *
 * One object is one kept-alive connection, and belongs to one thread.
 */
#ifndef WEIR_FEEDS_HTTP_H
#define WEIR_FEEDS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/tuf_client.h"
#include "lib/error.h"

#define WEIR_HTTP_CONNECT_S 5
#define WEIR_HTTP_SLOW      100 /* octets a second */
#define WEIR_HTTP_SLOW_S    10
#define WEIR_HTTP_BASE_S    10    /* and size / WEIR_HTTP_RATE */
#define WEIR_HTTP_RATE      65536 /* octets a second */
#define WEIR_HTTP_HEADERS   65536 /* octets of them, at most */
#define WEIR_HTTP_RETRY_S   86400 /* Retry-After: no longer */
#define WEIR_HTTP_TAG_SIZE  512   /* ETag, Last-Modified */

struct weir_http;

/** `ca_file`: a bundle of CAs in place of the system's, or NULL.  NULL: no
 *  memory. */
struct weir_http *weir_http_new(const char *ca_file);
void weir_http_free(struct weir_http *http);

/** Times other than those above, for a slow line, or a test of them.  0: as it
 *  was. */
struct weir_http_times {
	unsigned int connect_ms; /* name, TCP and TLS */
	unsigned int slow_s;
	unsigned int base_ms;
	uint64_t rate; /* octets a second */
};
void weir_http_set_times(
    struct weir_http *http, const struct weir_http_times *times);

struct weir_http_request {
	const char *url;
	uint64_t max; /* octets of the body */
	/* Conditional: what the last answer said; empty or NULL: not sent. */
	const char *etag, *last_modified;
	int fd; /* where the body goes; -1: to memory */
	/* NULL, or told now and then; other than 0 breaks the transfer off. */
	int (*show)(void *arg, uint64_t done, uint64_t total);
	void *show_arg;
};

struct weir_http_reply {
	long status;                /* 200, 304, 404, 503 ...; 0: no answer */
	char *body;                 /* malloced, NUL behind it; if fd is -1 */
	uint64_t len;               /* of the body */
	uint64_t moved;             /* octets over the line, headers included */
	unsigned int retry_after_s; /* 0: not said, or past */
	char etag[WEIR_HTTP_TAG_SIZE], last_modified[WEIR_HTTP_TAG_SIZE];
};

/** One GET.  0: there is an answer, whatever its status; the caller frees body.
 *  A body of a status other than 200 is not kept, nor waited for: such an answer
 *  is one whatever becomes of its body.  WEIR_ELIMIT: the body is longer than
 *  max, or the headers than WEIR_HTTP_HEADERS; WEIR_ESYSTEM: no answer, broken
 *  off, too slow, no trust; the problem has the URL and the reason.  Then too
 *  the reply says status and octets, without a body; `fd` may have a part. */
int weir_http_get(struct weir_http *http,
    const struct weir_http_request *request, struct weir_http_reply *ret_reply,
    struct weir_problem *problem) WEIR_CHECKED;

/** A repository at a base URL, for tuf_client.h. */
struct weir_http_repository {
	struct weir_http *http;
	const char *base;           /* with or without a slash at its end */
	uint64_t moved;             /* octets so far; added up */
	long status;                /* of the last answer */
	unsigned int retry_after_s; /* of the last answer, if 429 or 503 */
	char timestamp_sha256[WEIR_TUF_HEX_SIZE]; /* of the last one seen */
};
void weir_http_transport(struct weir_http_repository *repository,
    struct weir_tuf_transport *ret_transport);

#endif
