/*
 * tap_listen.h - takes dnstap streams from several senders at once.
 *
 * One thread, no waiting but in weir_tap_listen_wait.  A sender that breaks the
 * rules of Frame Streams is cut off; one that sends frames which are none is
 * counted and heard further.
 */
#ifndef WEIR_STATS_TAP_LISTEN_H
#define WEIR_STATS_TAP_LISTEN_H

#include <stdint.h>

#include "lib/error.h"
#include "stats/tap_read.h"

struct weir_tap_listen;

#define WEIR_TAP_SENDERS     256   /* at once */
#define WEIR_TAP_GREETING_MS 10000 /* for a sender's handshake */
/* If there are as many and another one comes, the one goes that has been silent
 * the longest, and for so long at least; if there is none, the other one. */
#define WEIR_TAP_SILENT_MS   10000

struct weir_tap_listen_counts {
	uint64_t senders; /* that came */
	uint64_t turned_away;
	uint64_t cut_off; /* for what they sent, or did not */
	uint64_t frames;  /* that were handed on */
	uint64_t others;  /* frames that are no client's response */
	uint64_t broken;  /* frames that are none */
	unsigned int connected;
};

/** `address`: as in weir.yaml (lib/tap_address.h).  A socket in the file system
 *  is for its owner and group (0660); one that nobody listens on is replaced.
 *  WEIR_EBUSY: somebody listens there.  WEIR_EFORMAT, WEIR_ESYSTEM,
 *  WEIR_EMEMORY. */
int
weir_tap_listen_open(const char *address, struct weir_tap_listen **ret_listen,
    struct weir_problem *problem) WEIR_CHECKED;

/** Closes, and removes the socket from the file system. */
void weir_tap_listen_close(struct weir_tap_listen *listen);

/** Another time than WEIR_TAP_SILENT_MS. */
void weir_tap_listen_patience(
    struct weir_tap_listen *listen, unsigned int silent_ms);

/** Becomes readable when there is something to do, for poll(2). */
int weir_tap_listen_fd(const struct weir_tap_listen *listen);

/** Waits, at most timeout_ms (0: not at all, -1: without end), for something to
 *  do, and does one round of it: each frame is given to `each`.  WEIR_OK;
 *  WEIR_ESYSTEM (EINTR: a signal came). */
int weir_tap_listen_wait(struct weir_tap_listen *listen, int timeout_ms,
    void (*each)(void *arg, const struct weir_tap_frame *frame),
    void *arg) WEIR_CHECKED;

void weir_tap_listen_counts(const struct weir_tap_listen *listen,
    struct weir_tap_listen_counts *ret_counts);

#endif
