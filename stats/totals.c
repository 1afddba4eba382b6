/*
 * totals.c - adds up the counters of status files.
 *
 * One thread, reads only.
 */
#include "stats/totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/current.h"

void
weir_totals_init(struct weir_totals *totals)
{
	memset(totals, 0, sizeof(*totals));
}

void
weir_totals_done(struct weir_totals *totals)
{
	free(totals->feeds);
	memset(totals, 0, sizeof(*totals));
}

static uint64_t
load(weir_counter *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void
add(uint64_t *sums, weir_counter *counters, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		sums[i] += load(&counters[i]);
}

/* The feed of that name; a new one at the end if there is none yet. */
static struct weir_totals_feed *
take_feed(struct weir_totals *totals, const char *name)
{
	struct weir_totals_feed *feed, *grown;
	unsigned int i;

	for (i = 0; i < totals->feed_count; i++)
		if (strcmp(totals->feeds[i].name, name) == 0)
			return &totals->feeds[i];
	grown = reallocarray(
	    totals->feeds, totals->feed_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	totals->feeds = grown;
	feed = &grown[totals->feed_count++];
	memset(feed, 0, sizeof(*feed));
	memcpy(feed->name, name, strlen(name));
	return feed;
}

static int
add_feed(struct weir_totals *totals, const struct weir_status *status,
    unsigned int slot)
{
	const struct weir_status_header *header = status->header;
	char name[WEIR_FEED_NAME_SIZE];
	struct weir_totals_feed *feed;
	unsigned int i;

	/* The file may hold anything: a name ends within its slot for us. */
	memcpy(name, header->feed_names[slot], sizeof(name));
	name[sizeof(name) - 1] = '\0';
	feed = take_feed(totals, name);
	if (!feed)
		return WEIR_EMEMORY;
	for (i = 0; i < header->worker_count; i++)
		add(feed->counts, weir_status_worker(status, i)->feeds[slot],
		    WEIR_FEED_COUNT);
	return WEIR_OK;
}

int
weir_totals_add(struct weir_totals *totals, const struct weir_status *status)
{
	const struct weir_status_header *header = status->header;
	unsigned int feeds = atomic_load(&header->feed_count), i;
	int error = WEIR_OK;

	for (i = 0; i < header->worker_count; i++) {
		struct weir_worker_counts *counts = weir_status_worker(
		    status, i);

		add(totals->ways, counts->ways, WEIR_WAY_COUNT);
		add(totals->actions, counts->actions, WEIR_ACTION_COUNT);
		add(totals->types, counts->types, WEIR_TYPE_COUNT);
		add(totals->blocked_types, counts->blocked_types,
		    WEIR_TYPE_COUNT);
	}
	for (i = 0; i < feeds && i < WEIR_STATUS_FEEDS && !error; i++)
		error = add_feed(totals, status, i);
	return error;
}

bool
weir_totals_is_acknowledged(const struct weir_status *status)
{
	struct weir_status_header *header = status->header;
	uint64_t serial = atomic_load(&header->serial_acknowledged);
	char folder[sizeof(header->database) + 1];
	struct weir_current current;

	(void)snprintf(folder, sizeof(folder), "%.*s",
	    (int)sizeof(header->database), header->database);
	if (folder[0] != '\0' &&
	    weir_current_read(folder, WEIR_CURRENT_FILE, &current, NULL) == 0)
		return atomic_load(&header->tag_acknowledged) ==
		       weir_current_tag(&current);
	return serial != 0 && serial == atomic_load(&header->serial_current);
}

uint64_t
weir_totals_blocked(const struct weir_totals *totals)
{
	return totals->ways[WEIR_WAY_BLOCKED_NAME] +
	       totals->ways[WEIR_WAY_BLOCKED_ALIAS];
}
