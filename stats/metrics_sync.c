/*
 * metrics_sync.c - the families of weir-sync's feeds, out of its status.json
 * (weir-sync(8) describes it).
 *
 * A document of another program: what is not of the expected type counts as not
 * there.
 */
#include <string.h>

#include "stats/metrics.h"
#include "stats/stat.h"

#define FEEDS_MAX 512

static const char *
text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static uint64_t
number(json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

static void
put_states(struct weir_metrics_out *out, json_t *feeds)
{
	static const char *const states[] = { "none", "fresh", "stale",
		"refused", "expired", "clock", "failing" };
	json_t *feed;
	size_t place, i;

	weir_metrics_family(out, "weir_sync_feed_state", "gauge", "",
	    "1: the feed is in that state; weir-sync(8) describes them.");
	json_array_foreach(feeds, place,
	    feed) for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
	    weir_metrics_number(out, "",
		strcmp(text(feed, "state"), states[i]) == 0, "feed",
		text(feed, "name"), "state", states[i], NULL);
}

static void
put_age(struct weir_metrics_out *out, json_t *feeds, uint64_t now_unix)
{
	uint64_t newer;
	json_t *feed;
	size_t place;

	weir_metrics_family(out, "weir_sync_feed_age_seconds", "gauge",
	    "seconds", "Since the feed was last known to be the newest.");
	json_array_foreach(feeds, place, feed)
	{
		newer = number(feed, "newer");
		if (newer > 0)
			weir_metrics_number(out, "",
			    now_unix > newer ? now_unix - newer : 0, "feed",
			    text(feed, "name"), NULL);
	}
}

/* A number of each feed. */
static void
put_number(struct weir_metrics_out *out, json_t *feeds, const char *key,
    const char *suffix)
{
	json_t *feed;
	size_t place;

	json_array_foreach(
	    feeds, place, feed) if (json_is_integer(json_object_get(feed, key)))
	    weir_metrics_number(out, suffix, number(feed, key), "feed",
		text(feed, "name"), NULL);
}

static void
put_published(struct weir_metrics_out *out, json_t *feeds)
{
	json_t *feed;
	size_t place;

	weir_metrics_family(out, "weir_sync_feed_published_timestamp_seconds",
	    "gauge", "seconds", "When what is in force was published.");
	json_array_foreach(feeds, place,
	    feed) if (number(feed, "published_ms") > 0) weir_metrics_real(out,
	    "", (double)number(feed, "published_ms") / 1000, "feed",
	    text(feed, "name"), NULL);
}

static void
put_loader(struct weir_metrics_out *out, json_t *feeds)
{
	json_t *feed, *loader;
	size_t place;

	weir_metrics_family(out, "weir_sync_feed_held", "gauge", "",
	    "1: the loader holds the feed and waits for weir-load accept.");
	json_array_foreach(feeds, place, feed)
	{
		loader = json_object_get(feed, "loader");
		if (json_is_object(loader))
			weir_metrics_number(out, "",
			    json_is_true(json_object_get(loader, "held")),
			    "feed", text(feed, "name"), NULL);
	}
	weir_metrics_family(out, "weir_sync_feed_in_force", "gauge", "",
	    "1: what was fetched last answers queries.");
	json_array_foreach(feeds, place, feed)
	{
		loader = json_object_get(feed, "loader");
		if (json_is_object(loader))
			weir_metrics_number(out, "",
			    json_is_true(json_object_get(loader, "in_force")),
			    "feed", text(feed, "name"), NULL);
	}
}

static void
put_times(struct weir_metrics_out *out, json_t *feeds)
{
	static const char *const keys[][2] = { { "p50_ms", "50" },
		{ "p99_ms", "99" }, { "max_ms", "100" } };
	json_t *feed, *times;
	size_t place, i;

	weir_metrics_family(out, "weir_sync_feed_time_to_protect_seconds",
	    "gauge", "seconds",
	    "From a change's publication to its being in force, of the last "
	    "changes.");
	json_array_foreach(feeds, place, feed)
	{
		times = json_object_get(feed, "to_force");
		for (i = 0; i < 3 && json_is_object(times); i++)
			weir_metrics_real(out, "",
			    (double)number(times, keys[i][0]) / 1000, "feed",
			    text(feed, "name"), "percentile", keys[i][1], NULL);
	}
}

/* What has no name, or one that was there before (as it is shown), is left out: a
 * series must not be there twice. */
static json_t *
take_feeds(json_t *sync)
{
	json_t *feeds = json_array(), *seen = json_object(), *feed, *shown;
	const char *name;
	size_t place;

	json_array_foreach(json_object_get(sync, "feeds"), place, feed)
	{
		shown = weir_stat_string(text(feed, "name"));
		name = shown ? json_string_value(shown) : "";
		if (name[0] != '\0' && !json_object_get(seen, name) &&
		    json_array_size(feeds) < FEEDS_MAX) {
			(void)json_object_set_new(seen, name, json_true());
			(void)json_array_append(feeds, feed);
		}
		json_decref(shown);
	}
	json_decref(seen);
	return feeds;
}

void
weir_metrics_sync(struct weir_metrics_out *out, json_t *sync, uint64_t now_unix)
{
	json_t *feeds = take_feeds(sync);

	weir_metrics_family(out, "weir_sync_written_timestamp_seconds", "gauge",
	    "seconds", "When weir-sync last wrote its status.");
	weir_metrics_number(out, "", number(sync, "written"), NULL);
	put_states(out, feeds);
	put_age(out, feeds, now_unix);
	put_published(out, feeds);
	weir_metrics_family(out, "weir_sync_feed_names", "gauge", "",
	    "Names of a signed feed.");
	put_number(out, feeds, "names", "");
	weir_metrics_family(out, "weir_sync_feed_failures", "gauge", "",
	    "Failures in a row; 0: the last try brought what was wanted.");
	put_number(out, feeds, "failures", "");
	weir_metrics_family(out, "weir_sync_feed_polls", "counter", "",
	    "Times that a server was asked.");
	put_number(out, feeds, "polls", "_total");
	weir_metrics_family(out, "weir_sync_feed_moved_bytes", "counter",
	    "bytes", "Octets that came.");
	put_number(out, feeds, "moved", "_total");
	put_loader(out, feeds);
	put_times(out, feeds);
	json_decref(feeds);
}
