/*
 * recorder.h - the recorder: one thread beside the workers and the housekeeper
 * that makes of events what people look at.
 *
 *   the workers' queues ──every 60 ms──► recent events, top tables (status.h)
 *                                    ──► dnstap frames (tap.h)
 *
 * It takes no lock that a worker waits for.  With the housekeeper it shares one,
 * `recording`, for the housekeeper may put another file under the tables.
 */
#ifndef WEIR_MODULE_RECORDER_H
#define WEIR_MODULE_RECORDER_H

#include "module/module.h"

/** What of the settings is for workers and recorder; at the start, and by the
 *  housekeeper if weir.yaml could not be read then. */
void weir_recorder_set(
    struct weir_module *module, const struct weir_paths_statistics *statistics);

/** Gives each worker its queue, unless there are to be no events.  Without
 *  memory, or a thread, there are none. */
void weir_recorder_start(struct weir_module *module);

/** Ends the thread, after it has taken what is in the queues: the workers stand
 *  still.  Frees the queues. */
void weir_recorder_stop(struct weir_module *module);

#endif
