/*
 * tally.h - the top lists of the status file, from events.  The recorder's.
 */
#ifndef WEIR_MODULE_TALLY_H
#define WEIR_MODULE_TALLY_H

#include "lib/status.h"

struct weir_tally;

/** Takes up what the status file has.  NULL: no memory. */
struct weir_tally *weir_tally_new(struct weir_status *status);
void weir_tally_free(struct weir_tally *tally);

/** Adds an event, if it is one of a blocked or shadowed query. */
void weir_tally_add(struct weir_tally *tally, const struct weir_event *event);

/** Shows the lists in the status file, if they have changed. */
void weir_tally_publish(struct weir_tally *tally);

/** The tables are somewhere else now: the next weir_tally_publish writes all of
 *  them there. */
void weir_tally_move(struct weir_tally *tally);

#endif
