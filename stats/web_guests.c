/*
 * web_guests.c - who is connected, and for how long.  See web_guests.h.
 */
#include "stats/web_guests.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#define PLACES (2 * WEIR_WEB_GUESTS)

void
weir_web_guests_init(struct weir_web_guests *guests)
{
	memset(guests, 0, sizeof(*guests));
	(void)pthread_mutex_init(&guests->lock, NULL);
}

void
weir_web_guests_done(struct weir_web_guests *guests)
{
	(void)pthread_mutex_destroy(&guests->lock);
}

static void
cut_off(struct weir_web_guest *guest)
{
	(void)shutdown(guest->fd, SHUT_RDWR);
	guest->state = WEIR_WEB_CUT_OFF;
}

/* Whether it is the client that takes its time. */
static bool
is_slow(const struct weir_web_guest *guest)
{
	return guest->state == WEIR_WEB_WAITING ||
	       guest->state == WEIR_WEB_TAKING;
}

/* False: all of them are being answered. */
static bool
make_room(struct weir_web_guests *guests)
{
	struct weir_web_guest *oldest = NULL, *guest;
	unsigned int i, count = 0;

	for (i = 0; i < PLACES; i++) {
		guest = &guests->guests[i];
		count += guest->state != WEIR_WEB_NOBODY &&
			 guest->state != WEIR_WEB_CUT_OFF;
		if (is_slow(guest) &&
		    (!oldest || guest->since_ms < oldest->since_ms))
			oldest = guest;
	}
	if (count < WEIR_WEB_GUESTS)
		return true;
	if (!oldest)
		return false;
	cut_off(oldest);
	return true;
}

int
weir_web_guests_enter(struct weir_web_guests *guests, int fd, uint64_t now_ms)
{
	int place = -1;
	unsigned int i;

	(void)pthread_mutex_lock(&guests->lock);
	for (i = 0; i < PLACES && place < 0; i++)
		if (guests->guests[i].state == WEIR_WEB_NOBODY)
			place = (int)i;
	if (place >= 0 && !make_room(guests))
		place = -1;
	if (place >= 0)
		guests->guests[place] =
		    (struct weir_web_guest){ WEIR_WEB_WAITING, fd, now_ms };
	else
		(void)shutdown(fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&guests->lock);
	return place;
}

void
weir_web_guests_leave(struct weir_web_guests *guests, int guest)
{
	if (guest < 0)
		return;
	(void)pthread_mutex_lock(&guests->lock);
	guests->guests[guest].state = WEIR_WEB_NOBODY;
	(void)pthread_mutex_unlock(&guests->lock);
}

void
weir_web_guests_set(struct weir_web_guests *guests, int guest,
    enum weir_web_guest_state state, uint64_t now_ms)
{
	struct weir_web_guest *of;

	if (guest < 0)
		return;
	(void)pthread_mutex_lock(&guests->lock);
	of = &guests->guests[guest];
	if (of->state != WEIR_WEB_NOBODY && of->state != WEIR_WEB_CUT_OFF) {
		of->state = state;
		of->since_ms = now_ms;
	}
	(void)pthread_mutex_unlock(&guests->lock);
}

void
weir_web_guests_hurry(struct weir_web_guests *guests, uint64_t now_ms)
{
	struct weir_web_guest *guest;
	unsigned int i;

	(void)pthread_mutex_lock(&guests->lock);
	for (i = 0; i < PLACES; i++) {
		guest = &guests->guests[i];
		if (is_slow(guest) &&
		    now_ms > guest->since_ms + WEIR_WEB_GUEST_MS)
			cut_off(guest);
	}
	(void)pthread_mutex_unlock(&guests->lock);
}
