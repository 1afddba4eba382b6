/*
 * apart.h - the housekeeper's file descriptors, apart from the workers'.
 *
 * As soon as a process has a second thread that shares its descriptors, the
 * kernel counts references to a file in each system call: for an Unbound with
 * one worker, whose cached answers are little but system calls, some three per
 * cent of its time.  So beside a single worker the housekeeper takes a table of
 * descriptors of its own (unshare(2), CLONE_FILES), which has copies of those
 * that it needs and no others: no socket of Unbound's is held by it.
 *
 * What follows from that: a descriptor that one of the two has opened means
 * nothing to the other.  The housekeeper opens, uses and closes its own ones; of
 * those that it has copies of, each closes its own.  It must not call Unbound's
 * log functions, which write to a descriptor of the worker's: weir_note does it
 * in their place.
 *
 * Beside several workers, which share anyway, nothing of this is done.  What
 * holds for the housekeeper holds for the recorder (recorder.h).
 *
 * The C library, too, does more in a process that has a second thread: around
 * each system call that may be a cancellation point it marks the thread as one
 * that may be cancelled there, by two locked instructions, some 20 ns.  A thread
 * that may be cancelled anywhere is left alone; and as nobody cancels threads in
 * an Unbound, the worker says that it is one (weir_apart_spare).
 */
#ifndef WEIR_MODULE_APART_H
#define WEIR_MODULE_APART_H

#include <stdarg.h>
#include <stdbool.h>

#include "module/module.h"

/** What the housekeeper has of its own; zeroed before. */
struct weir_apart {
	bool is_apart;
	int status_fd; /* the status file's, as the worker has it */
	/* Where Unbound logs to, copied: fast_reload replaces its settings. */
	int log_fd; /* standard error, or the system log's socket; -1 */
	bool is_syslog, has_ascii_time;
	char ident[64];
	char log_file[WEIR_PATH_SIZE]; /* "": none */
};

/** Called by a worker's thread: spares its system calls those instructions. */
void weir_apart_spare(void);

#define WEIR_NO_FD (-1)

/** Called by the housekeeper's thread, or the recorder's, first of all.  Of
 *  Unbound's descriptors and ours it keeps the one that ends it, and `status_fd`
 *  (WEIR_NO_FD: it needs none; a copy would keep the file locked). */
void weir_apart_begin(struct weir_apart *apart, struct weir_module *module,
    int stop_fd, int status_fd);
/** Called by the housekeeper last: the status file's descriptor is the worker's again. */
void weir_apart_end(struct weir_apart *apart, struct weir_module *module);

enum weir_note_level {
	WEIR_NOTE_ERROR,
	WEIR_NOTE_INFO
};

/** A line "weir: TEXT" in Unbound's log, from one of these threads. */
void weir_note(const struct weir_apart *apart, enum weir_note_level level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
