/*
 * web_guests.h - who is connected to the web server, and for how long.
 *
 *   enter ──► WAITING ──asks──► ANSWERED ──hand──► TAKING ──done──► WAITING ...
 *                                                     any state ──► leave
 *
 * A request has to be there, and an answer taken, within a time; and if there is
 * no room, whoever has waited longest makes some.  So connections that say
 * nothing, or say it an octet at a time, keep nobody out: not those of a program
 * here, nor those that a web page of somebody else's opens by the hundred.
 *
 * A guest is cut off by shutdown(2): its thread notices, and closes.  From any
 * thread.
 */
#ifndef WEIR_STATS_WEB_GUESTS_H
#define WEIR_STATS_WEB_GUESTS_H

#include <pthread.h>
#include <stdint.h>

#define WEIR_WEB_GUESTS   64U
#define WEIR_WEB_GUEST_MS 30000U

enum weir_web_guest_state {
	WEIR_WEB_NOBODY,
	WEIR_WEB_WAITING,  /* for its request */
	WEIR_WEB_ANSWERED, /* its answer is being made */
	WEIR_WEB_TAKING,   /* its answer is on its way */
	WEIR_WEB_CUT_OFF
};

struct weir_web_guest {
	enum weir_web_guest_state state;
	int fd;
	uint64_t since_ms; /* in that state */
};

struct weir_web_guests {
	pthread_mutex_t lock;
	/* Room for those as well that were cut off and are not yet gone. */
	struct weir_web_guest guests[2 * WEIR_WEB_GUESTS];
};

void weir_web_guests_init(struct weir_web_guests *guests);
void weir_web_guests_done(struct weir_web_guests *guests);

/** The guest's number; -1: there is no room, and it is cut off. */
int
weir_web_guests_enter(struct weir_web_guests *guests, int fd, uint64_t now_ms);
/** Before the descriptor is closed.  -1 does nothing, here and below. */
void weir_web_guests_leave(struct weir_web_guests *guests, int guest);
/** Its state, but for one that is cut off already. */
void weir_web_guests_set(struct weir_web_guests *guests, int guest,
    enum weir_web_guest_state state, uint64_t now_ms);
/** Cuts off whoever takes too long.  To be called every now and then. */
void weir_web_guests_hurry(struct weir_web_guests *guests, uint64_t now_ms);

#endif
