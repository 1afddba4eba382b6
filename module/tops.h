/*
 * tops.h - the top lists of the status file, from events.  The recorder's.
 */
#ifndef WEIR_MODULE_TOPS_H
#define WEIR_MODULE_TOPS_H

#include "lib/status.h"

struct weir_tops;

/** Takes up what the status file has.  NULL: no memory. */
struct weir_tops *weir_tops_new(struct weir_status *status);
void weir_tops_free(struct weir_tops *tops);

/** Adds an event, if it is one of a blocked or shadowed query. */
void weir_tops_add(struct weir_tops *tops, const struct weir_event *event);

/** Shows the lists in the status file, if they have changed. */
void weir_tops_publish(struct weir_tops *tops);

/** The tables are somewhere else now: the next weir_tops_publish writes all of
 *  them there. */
void weir_tops_move(struct weir_tops *tops);

#endif
