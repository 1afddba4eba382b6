/*
 * cmd_publish.h - publishing once, and again and again.
 */
#ifndef WEIR_FEEDS_CMD_PUBLISH_H
#define WEIR_FEEDS_CMD_PUBLISH_H

#include <stdbool.h>

#include "feeds/weir_feed.h"

/** Reads the lists of the call, publishes, says so unless `is_quiet`.  An
 *  enum weir_feed_exit. */
int weir_feed_publish_once(const struct weir_feed_call *call, bool is_quiet);

/** Publishes again and again until SIGTERM or SIGINT (publish_watch.c). */
int weir_feed_watch(const struct weir_feed_call *call);

#endif
