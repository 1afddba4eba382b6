/*
 * publish_notify.h - tells subscribers that there is something new: a DNS NOTIFY
 * (RFC 1996) by UDP.
 *
 * A hint, and nothing else: nobody trusts it, nobody waits for an answer, and who
 * does not get it asks a second later.
 */
#ifndef WEIR_FEEDS_PUBLISH_NOTIFY_H
#define WEIR_FEEDS_PUBLISH_NOTIFY_H

#include <stdbool.h>

#include "lib/error.h"

/** Whether it reads as HOST:PORT, [ADDRESS]:PORT. */
bool weir_publish_is_target(const char *text);

/** Sends one to HOST:PORT: qname the feed, qtype SOA. */
int weir_publish_notify(const char *to, const char *feed,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
