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
#include "lib/text.h"

void
weir_totals_init(struct weir_totals *totals)
{
	memset(totals, 0, sizeof(*totals));
}

void
weir_totals_done(struct weir_totals *totals)
{
	free(totals->feeds);
	free(totals->categories);
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
	weir_text_clean(name);
	feed = take_feed(totals, name);
	if (!feed)
		return WEIR_EMEMORY;
	for (i = 0; i < status->workers; i++)
		add(feed->counts, weir_status_worker(status, i)->feeds[slot],
		    WEIR_FEED_COUNT);
	return WEIR_OK;
}

/* The category of that name; a new one at the end if there is none yet. */
static struct weir_totals_category *
take_category(struct weir_totals *totals, const char *name)
{
	struct weir_totals_category *category, *grown;
	unsigned int i;

	for (i = 0; i < totals->category_count; i++)
		if (strcmp(totals->categories[i].name, name) == 0)
			return &totals->categories[i];
	grown = reallocarray(
	    totals->categories, totals->category_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	totals->categories = grown;
	category = &grown[totals->category_count++];
	memset(category, 0, sizeof(*category));
	memcpy(category->name, name, strlen(name));
	return category;
}

static int
add_category(struct weir_totals *totals, const struct weir_status *status,
    unsigned int slot)
{
	const struct weir_status_header *header = status->header;
	struct weir_totals_category *category;
	char name[WEIR_CATEGORY_SIZE];
	unsigned int i;

	memcpy(name, header->category_names[slot], sizeof(name));
	name[sizeof(name) - 1] = '\0';
	weir_text_clean(name);
	category = take_category(totals, name);
	if (!category)
		return WEIR_EMEMORY;
	for (i = 0; i < status->workers; i++)
		add(category->counts,
		    weir_status_worker(status, i)->categories[slot],
		    WEIR_CATEGORY_COUNT);
	return WEIR_OK;
}

int
weir_totals_add(struct weir_totals *totals, const struct weir_status *status)
{
	const struct weir_status_header *header = status->header;
	unsigned int feeds = atomic_load(&header->feed_count);
	unsigned int categories = atomic_load(&header->category_count), i;
	int error = WEIR_OK;

	for (i = 0; i < status->workers; i++) {
		struct weir_worker_counts *counts = weir_status_worker(
		    status, i);

		add(totals->ways, counts->ways, WEIR_WAY_COUNT);
		add(totals->actions, counts->actions, WEIR_ACTION_COUNT);
		add(totals->types, counts->types, WEIR_TYPE_COUNT);
		add(totals->blocked_types, counts->blocked_types,
		    WEIR_TYPE_COUNT);
		add(totals->transports, counts->transports,
		    WEIR_TRANSPORT_COUNT);
		add(totals->outcomes[0][0], counts->outcomes[0][0],
		    WEIR_EVENT_OUTCOME_COUNT * WEIR_FROM_COUNT * WEIR_BY_COUNT);
		add(totals->work_ns, counts->work_ns, WEIR_STATUS_WORK_BUCKETS);
		add(&totals->work_sum_ns, &counts->work_sum_ns, 1);
		add(&totals->events_pushed, &counts->events_pushed, 1);
		add(&totals->events_lost, &counts->events_lost, 1);
	}
	totals->events_recorded += atomic_load(&header->events_recorded);
	totals->dnstap_sent += atomic_load(&header->dnstap_sent);
	totals->dnstap_lost += atomic_load(&header->dnstap_lost);
	totals->dnstap_count += atomic_load(&header->dnstap) !=
				WEIR_DNSTAP_NONE;
	for (i = 0; i < feeds && i < WEIR_STATUS_FEEDS && !error; i++)
		error = add_feed(totals, status, i);
	for (i = 0; i < categories && i < WEIR_STATUS_CATEGORIES && !error; i++)
		error = add_category(totals, status, i);
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

uint64_t
weir_totals_outcome(
    const struct weir_totals *totals, enum weir_event_outcome outcome)
{
	uint64_t sum = 0;
	unsigned int from, by;

	for (from = 0; from < WEIR_FROM_COUNT; from++)
		for (by = 0; by < WEIR_BY_COUNT; by++)
			sum += totals->outcomes[outcome][from][by];
	return sum;
}

uint64_t
weir_totals_timed(const struct weir_totals *totals)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < WEIR_STATUS_WORK_BUCKETS; i++)
		sum += totals->work_ns[i];
	return sum;
}

uint64_t
weir_totals_work_quantile(
    const struct weir_totals *totals, unsigned int per_mille)
{
	uint64_t all = weir_totals_timed(totals), sum = 0;
	unsigned int i;

	for (i = 0; i < WEIR_STATUS_WORK_BUCKETS && all > 0; i++) {
		sum += totals->work_ns[i];
		if (sum * 1000 >= all * per_mille)
			return (1ULL << i) - (i > 0);
	}
	return 0;
}
