/*
 * cut.h - files that are cut while they are mapped.
 */
#ifndef WEIR_STATS_CUT_H
#define WEIR_STATS_CUT_H

/** From now on what a file's owner has cut away under a mapping of this process
 *  reads as zeroes, instead of ending it with SIGBUS: status files are another
 *  user's. */
void weir_cut_survive(void);

#endif
