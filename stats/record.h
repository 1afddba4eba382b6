/*
 * record.h - `weir-stat record`: takes dnstap streams into the history.
 */
#ifndef WEIR_STATS_RECORD_H
#define WEIR_STATS_RECORD_H

/** The command, with its own options; argv[0] is "record".  The exit code: 0
 *  ended by a signal, 1 failed, 2 usage. */
int weir_record_main(int argc, char **argv);

#endif
