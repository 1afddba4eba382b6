/*
 * keeper.h - the housekeeper: the one thread of ours in Unbound's process.
 *
 * It notices a swap (inotify on the database folder, and a look at `current`
 * every WEIR_NOTICE_MS, whichever comes first), opens the new database,
 * publishes the snapshot, sweeps the cache, acknowledges in the status file,
 * and closes the old database when no worker uses it any more.  What is wrong
 * with a new database is said in log and status file; the old one stays in
 * force.  If there is no old one, because the module has just started, the
 * newest older generation that is whole is taken.
 *
 * Once a minute it sweeps the cache again: `unbound-control load_cache` puts
 * messages there that no module sees.
 */
#ifndef WEIR_MODULE_KEEPER_H
#define WEIR_MODULE_KEEPER_H

#include "module/module.h"

/** Opens the database for the first time, in init, so that the first query
 *  meets it.  A missing one is no failure: the thread waits for it. */
void weir_keeper_first(struct weir_module *module);

/** Starts the thread, ends it.  0 or WEIR_ESYSTEM. */
int weir_keeper_start(struct weir_module *module) WEIR_CHECKED;
void weir_keeper_stop(struct weir_module *module);

#endif
