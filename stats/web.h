/*
 * web.h - the small web server of weir-stat: `metrics --listen` and `serve`.
 *
 * It answers GET and HEAD and takes nothing in.  Who may ask is decided by where
 * it listens; a page of somebody else's that a browser on this machine shows
 * (DNS rebinding) gets nothing, because its name stands in Host.  A thread for
 * each connection, so that one that waits holds up no other.
 */
#ifndef WEIR_STATS_WEB_H
#define WEIR_STATS_WEB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/** A request; lives for the time of the call. */
struct weir_web_call {
	const char *path;
	const char *accept; /* of the header; "" */
	void *connection;
};

/** The value of a parameter, percent signs decoded; NULL. */
const char *
weir_web_parameter(const struct weir_web_call *call, const char *key);

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

/** Serves until SIGTERM or SIGINT; says where on standard output.  WEIR_EFORMAT:
 *  `listen` is none. */
int weir_web_serve(
    const struct weir_web *web, struct weir_problem *problem) WEIR_CHECKED;

#endif
