/*
 * sync_feed.c - one feed in the worker: its folder, its record, its cycle.
 */
#include "feeds/sync_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"

int
weir_sync_feed_init(struct weir_sync_feed *feed, const struct weir_sync *sync,
    unsigned int place)
{
	const struct weir_sync_settings *settings = &sync->settings->sync;
	char path[WEIR_PATH_SIZE + WEIR_FEED_NAME_SIZE + 8];

	feed->sync = sync;
	feed->place = place;
	feed->settings = &sync->settings->feeds[place];
	snprintf(path, sizeof(path), "%s/feeds/%s", settings->state,
	    feed->settings->name);
	feed->folder = strdup(path);
	feed->metadata = weir_path_join(path, "metadata");
	feed->http = weir_http_new(settings->ca_file);
	if (feed->folder == NULL || feed->metadata == NULL ||
	    feed->http == NULL)
		return weir_problem_set(
		    &feed->problem, WEIR_EMEMORY, "out of memory");
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return weir_problem_set(&feed->problem, WEIR_ESYSTEM, "%s: %s",
		    path, strerror(errno));
	weir_sync_record_read(
	    settings->state, feed->settings->name, &feed->record);
	if (feed->settings->origin == WEIR_ORIGIN_SIGNED)
		return weir_sync_signed_open(feed);
	return 0;
}

void
weir_sync_feed_done(struct weir_sync_feed *feed)
{
	weir_feed_state_close(feed->state);
	weir_tuf_client_close(feed->client);
	weir_http_free(feed->http);
	free(feed->metadata);
	free(feed->folder);
}

enum weir_sync_outcome
weir_sync_feed_cycle(struct weir_sync_feed *feed, unsigned int mirror)
{
	const char *url = feed->settings->urls[mirror];

	feed->problem.text[0] = '\0';
	feed->is_small = false;
	feed->is_expired = false;
	feed->retry_after_s = 0;
	return feed->settings->origin == WEIR_ORIGIN_SIGNED
		   ? weir_sync_signed_cycle(feed, url)
		   : weir_sync_list_cycle(feed, url);
}

bool
weir_sync_feed_has_data(const struct weir_sync_feed *feed)
{
	if (feed->settings->origin == WEIR_ORIGIN_SIGNED)
		return feed->state != NULL && feed->state->gen[0] != '\0';
	return feed->record.edition > 0;
}

bool
weir_sync_feed_is_handed(const struct weir_sync_feed *feed)
{
	const struct weir_sync_record *record = &feed->record;

	if (!weir_sync_feed_has_data(feed))
		return true;
	if (feed->settings->origin == WEIR_ORIGIN_SIGNED)
		return record->handed == feed->state->sequence &&
		       strcmp(record->handed_gen, feed->state->gen) == 0;
	return record->handed == record->edition;
}

void
weir_sync_feed_handed(struct weir_sync_feed *feed)
{
	struct weir_sync_record *record = &feed->record;

	record->handed = record->edition;
	if (feed->settings->origin == WEIR_ORIGIN_SIGNED) {
		record->handed = feed->state->sequence;
		strcpy(record->handed_gen, feed->state->gen);
	}
	weir_sync_feed_save(feed);
}

void
weir_sync_feed_save(struct weir_sync_feed *feed)
{
	feed->floor_saved_unix = feed->record.floor_unix;
	(void)!weir_sync_record_write(feed->sync->settings->sync.state,
	    feed->settings->name, &feed->record);
}

int
weir_sync_feed_scratch(const struct weir_sync_feed *feed)
{
	const char *state = feed->sync->settings->sync.state;
	char path[WEIR_PATH_SIZE + 16];
	int fd = open(state, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* A file system without such files. */
	snprintf(path, sizeof(path), "%s/fetch-XXXXXX", state);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

uint32_t
weir_sync_random(void)
{
	uint32_t bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		bits = (uint32_t)weir_clock_ns() * 2654435761U;
	return bits;
}
