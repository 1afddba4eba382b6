/*
 * web.h - the small web server of weir-stat: `metrics --listen` and `serve`.
 *
 * It answers GET and HEAD and takes nothing in.  Who may ask is decided by where
 * it listens; a page of somebody else's that a browser on this machine shows
 * (DNS rebinding) gets nothing, because its name stands in Host.  A thread for
 * each connection, so that one that waits holds up no other; web_guests.h keeps
 * those that only wait from taking all the room.
 *
 *   web_check.c   whether a request is answered
 *   web_guests.c  who is connected
 *   web.c         libmicrohttpd, and what each answer has to have
 */
#ifndef WEIR_STATS_WEB_H
#define WEIR_STATS_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/error.h"

/** A request; lives for the time of the call. */
struct weir_web_call {
	const char *path;
	const char *accept; /* of the header; "" */
	/** NULL: the parameter is not there, or has an octet 0 in it. */
	const char *(*parameter)(
	    const struct weir_web_call *call, const char *key);
	void *connection;
};

/** The value of a parameter, percent signs decoded; NULL. */
static inline const char *
weir_web_parameter(const struct weir_web_call *call, const char *key)
{
	return call->parameter(call, key);
}

struct weir_web_answer {
	unsigned int status; /* of HTTP */
	const char *type;
	const char *text; /* what lives for ever; or ... */
	char *malloced;   /* ... NULL, and this */
	size_t len;
};

struct weir_web {
	const char *listen; /* ADDRESS:PORT, [ADDRESS]:PORT */
	const char *host;   /* a further name that Host may have; NULL */
	const char *what;   /* is served: for what is said */
	/** From any thread. */
	void (*answer)(void *arg, const struct weir_web_call *call,
	    struct weir_web_answer *ret_answer);
	void *arg;
};

/** An answer of a sentence, or of a malloced text (NULL: memory is out). */
void weir_web_say(
    struct weir_web_answer *answer, unsigned int status, const char *text);
void weir_web_give(struct weir_web_answer *answer, const char *type,
    char *malloced, size_t len);

/** What decides whether a request is answered at all. */
struct weir_web_asked {
	const char *method, *path;
	const char *host; /* NULL: none, several, or an octet 0 in it */
	/* Of the headers Sec-Fetch-Site and -Mode: what a browser says of whose
	 * page asks; NULL. */
	const char *fetch_site, *fetch_mode;
};

/** 0, or the status of HTTP to refuse it with, and why in a sentence: not GET or
 *  HEAD; a Host that is not an address, "localhost", the machine's name or
 *  web->host; asked for by another site's page (which may link to what is not
 *  under /api/). */
unsigned int weir_web_check(const struct weir_web *web,
    const struct weir_web_asked *asked, const char **ret_why);

/** ADDRESS:PORT, [ADDRESS]:PORT. */
bool
weir_web_listen_parse(const char *text, struct sockaddr_storage *ret_address);

/** Serves until SIGTERM or SIGINT; says where on standard output.  WEIR_EFORMAT:
 *  `listen` is none. */
int weir_web_serve(
    const struct weir_web *web, struct weir_problem *problem) WEIR_CHECKED;

#endif
