/*
 * settings_sync.c - what of weir.yaml(5) speaks of fetching: sync:, and of a
 * feed file:, url: or signed: with what belongs to each.
 *
 * What comes from elsewhere has a place in the state folder, which becomes the
 * feed's `file`: so the loader need not know where a list comes from.
 *
 * url: and signed: are a text or a list of texts, which libcyaml's schema
 * cannot say; they are read from the tree of lines.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/settings_reader.h"
#include "lib/settings_values.h"

#define DEFAULT_EVERY_S 3600
#define SIZE_MIN        1024ULL
#define NO_ADDRESS      "is no address with a port (as 127.0.0.1:5300, [::1]:5300)"
#define NO_KEY \
	"is no minisign key (the second line of minisign.pub, 56 characters)"

int
weir_reader_sync(struct weir_reader *reader)
{
	const struct weir_settings_yaml_sync *yaml = reader->yaml->sync;
	struct weir_sync_settings *sync = &reader->settings->sync;
	struct weir_settings_address address;
	int error = 0;

	if (yaml == NULL)
		return 0;
	if (yaml->state != NULL) {
		free(sync->state);
		sync->state = NULL;
		error = weir_reader_file(
		    reader, "sync.state", yaml->state, &sync->state);
	}
	if (error != 0)
		return error;
	if (yaml->ca_file != NULL)
		error = weir_reader_file(
		    reader, "sync.ca-file", yaml->ca_file, &sync->ca_file);
	if (error != 0 || yaml->notify_listen == NULL)
		return error;
	if (!weir_settings_address_parse(yaml->notify_listen, &address))
		return weir_reader_wrong(
		    reader, "sync.notify-listen", NO_ADDRESS);
	sync->notify_listen = strdup(yaml->notify_listen);
	return sync->notify_listen == NULL ? weir_reader_no_memory(reader) : 0;
}

/* NULL, or what is wrong with it. */
static const char *
find_url_fault(const char *url, bool is_base)
{
	const char *at, *host = strstr(url, "://");

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return "is no URL (http:// or https://)";
	if (strlen(url) >= WEIR_URL_SIZE)
		return "is longer than 1023 octets";
	for (at = url; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f ||
		    strchr("\"<>\\^`{|}", *at) != NULL)
			return "holds a character that URLs do not have";
	host += 3;
	if (strcspn(host, "/?#:") == 0)
		return "names no host";
	if (memchr(host, '@', strcspn(host, "/?#")) != NULL)
		return "holds a user; that is not sent";
	if (strchr(host, '#') != NULL || (is_base && strchr(host, '?') != NULL))
		return "ends in a part that no server is asked for";
	return NULL;
}

static int
take_url(struct weir_reader *reader, const char *where,
    const struct weir_yaml_node *node, struct weir_feed_settings *feed)
{
	const char *fault = "is no URL (http:// or https://)";

	if (node->kind == WEIR_YAML_SCALAR)
		fault = find_url_fault(
		    node->text, feed->origin == WEIR_ORIGIN_SIGNED);
	if (fault == NULL && feed->url_count == WEIR_FEED_URLS)
		fault = "is one mirror too many (8)";
	if (fault != NULL)
		return weir_reader_wrong(reader, where, fault);
	feed->urls[feed->url_count] = strdup(node->text);
	if (feed->urls[feed->url_count] == NULL)
		return weir_reader_no_memory(reader);
	feed->url_count++;
	return 0;
}

/* One, or a list of mirrors. */
static int
take_urls(struct weir_reader *reader, const char *where,
    const struct weir_yaml_node *node, struct weir_feed_settings *feed)
{
	const struct weir_yaml_node *item;
	unsigned int i = 0;
	char place[64];
	int error = 0;

	if (weir_yaml_repeated(node) != NULL)
		return weir_problem_set(reader->problem, WEIR_EFORMAT,
		    "%s:%u: %s: set twice (first in line %u)", reader->path,
		    weir_yaml_repeated(node)->key_line, where, node->key_line);
	if (node->kind != WEIR_YAML_LIST)
		return take_url(reader, where, node, feed);
	for (item = node->first; item != NULL && error == 0;
	     item = item->next) {
		snprintf(place, sizeof(place), "%s[%u]", where, i++);
		error = take_url(reader, place, item, feed);
	}
	if (error == 0 && feed->url_count == 0)
		error = weir_reader_wrong(reader, where, "holds no URL");
	return error;
}

/* STATE/feeds/NAME, and for a list a file in it. */
static int
place_file(struct weir_reader *reader, const char *where,
    struct weir_feed_settings *feed)
{
	char text[WEIR_PATH_SIZE + WEIR_FEED_NAME_SIZE + 16];
	int len;

	if (feed->name[0] == '.')
		return weir_reader_wrong(
		    reader, where, "begins with a dot: no name for a folder");
	len = snprintf(text, sizeof(text), "%s/feeds/%s%s",
	    reader->settings->sync.state, feed->name,
	    feed->origin == WEIR_ORIGIN_URL ? "/list" : "");
	if (len >= WEIR_PATH_SIZE)
		return weir_problem_set(reader->problem, WEIR_EFORMAT,
		    "%s: sync.state: longer than %d octets with the name of a "
		    "feed",
		    reader->path, WEIR_PATH_SIZE - 1);
	feed->file = strdup(text);
	return feed->file == NULL ? weir_reader_no_memory(reader) : 0;
}

/* Keys that say nothing of a feed of that origin. */
static int
refuse_foreign(struct weir_reader *reader, unsigned int place, uint8_t origin)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];
	const struct {
		const char *key, *value;
		uint8_t origins; /* bits */
		const char *fault;
	} keys[] = {
		{ "every", yaml->every, 1 << WEIR_ORIGIN_URL,
		    "goes with url: alone" },
		{ "minisign-key", yaml->minisign_key, 1 << WEIR_ORIGIN_URL,
		    "goes with url: alone" },
		{ "max-size", yaml->max_size,
		    1 << WEIR_ORIGIN_URL | 1 << WEIR_ORIGIN_SIGNED,
		    "goes with url: or signed: alone" },
		{ "root", yaml->root, 1 << WEIR_ORIGIN_SIGNED,
		    "goes with signed: alone" },
		{ "root-sha256", yaml->root_sha256, 1 << WEIR_ORIGIN_SIGNED,
		    "goes with signed: alone" },
		{ "poll", yaml->poll, 1 << WEIR_ORIGIN_SIGNED,
		    "goes with signed: alone" },
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].value != NULL &&
		    (keys[i].origins >> origin & 1) == 0)
			return weir_reader_wrong(reader,
			    weir_reader_key(place, keys[i].key).text,
			    keys[i].fault);
	return 0;
}

static bool
is_minisign_key(const char *text)
{
	return strlen(text) == WEIR_MINISIGN_SIZE - 1 &&
	       strncmp(text, "RW", 2) == 0 &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
			    "yz0123456789+/") == WEIR_MINISIGN_SIZE - 1;
}

static int
take_list(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *feed)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];

	feed->every_s = DEFAULT_EVERY_S;
	feed->max_size = WEIR_LIST_FETCH_MAX;
	if (yaml->every != NULL &&
	    !weir_settings_duration_parse(yaml->every, &feed->every_s))
		return weir_reader_wrong(reader,
		    weir_reader_key(place, "every").text, WEIR_NO_DURATION);
	if (yaml->minisign_key == NULL)
		return 0;
	if (!is_minisign_key(yaml->minisign_key))
		return weir_reader_wrong(reader,
		    weir_reader_key(place, "minisign-key").text, NO_KEY);
	feed->minisign_key = strdup(yaml->minisign_key);
	return feed->minisign_key == NULL ? weir_reader_no_memory(reader) : 0;
}

/* No trust on first use: the root, or its hash, is given. */
static int
take_root(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *feed)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];

	if (yaml->root != NULL && yaml->root_sha256 != NULL)
		return weir_reader_wrong(reader,
		    weir_reader_key(place, "root-sha256").text,
		    "cannot go together with root:");
	if (yaml->root != NULL)
		return weir_reader_file(reader,
		    weir_reader_key(place, "root").text, yaml->root,
		    &feed->root_file);
	if (yaml->root_sha256 == NULL)
		return weir_reader_wrong(reader,
		    weir_reader_key(place, "signed").text,
		    "wants root: or root-sha256: beside it, which say whom "
		    "to trust");
	if (strlen(yaml->root_sha256) != WEIR_SHA256_HEX ||
	    strspn(yaml->root_sha256, "0123456789abcdef") != WEIR_SHA256_HEX)
		return weir_reader_wrong(reader,
		    weir_reader_key(place, "root-sha256").text,
		    "is no SHA-256 (64 of 0-9, a-f)");
	feed->root_sha256 = strdup(yaml->root_sha256);
	return feed->root_sha256 == NULL ? weir_reader_no_memory(reader) : 0;
}

static int
take_signed(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *feed)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];

	feed->max_size = WEIR_FULL_FETCH_MAX;
	if (yaml->format != NULL && strcmp(yaml->format, "auto") != 0 &&
	    strcmp(yaml->format, "feed") != 0)
		return weir_reader_wrong(reader,
		    weir_reader_key(place, "format").text,
		    "is not the format of signed feeds (feed)");
	if (yaml->poll != NULL &&
	    !weir_settings_duration_parse(yaml->poll, &feed->poll_s))
		return weir_reader_wrong(reader,
		    weir_reader_key(place, "poll").text, WEIR_NO_DURATION);
	return take_root(reader, place, feed);
}

static int
take_max_size(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *feed)
{
	const char *text = reader->yaml->feeds[place].max_size;

	if (text == NULL ||
	    (weir_settings_size_parse(text, &feed->max_size) &&
		feed->max_size >= SIZE_MIN && feed->max_size <= WEIR_LIST_SIZE))
		return 0;
	return weir_reader_wrong(
	    reader, weir_reader_key(place, "max-size").text, WEIR_NO_SIZE);
}

/* Exactly one of three. */
static int
find_origin(struct weir_reader *reader, unsigned int place, uint8_t *ret_origin)
{
	static const char *const keys[] = { "file", "url", "signed" };
	const struct weir_yaml_node *node;
	unsigned int i, found = 0;
	char where[32];

	snprintf(where, sizeof(where), "feeds[%u]", place);
	node = weir_yaml_find(&reader->tree, where);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (weir_yaml_get(node, keys[i]) == NULL)
			continue;
		if (found++ > 0)
			return weir_reader_wrong(reader,
			    weir_reader_key(place, keys[i]).text,
			    "is one origin too many (file:, url: or signed:)");
		*ret_origin = (uint8_t)i;
	}
	if (found == 0)
		return weir_problem_set(reader->problem, WEIR_EFORMAT,
		    "%s:%u: %s: file, url or signed is missing", reader->path,
		    node == NULL ? 1 : node->line, where);
	return 0;
}

int
weir_reader_origin(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *feed)
{
	struct weir_reader_where where;
	int error;

	error = find_origin(reader, place, &feed->origin);
	if (error == 0)
		error = refuse_foreign(reader, place, feed->origin);
	if (error != 0)
		return error;
	if (feed->origin == WEIR_ORIGIN_FILE)
		return weir_reader_file(reader,
		    weir_reader_key(place, "file").text,
		    reader->yaml->feeds[place].file, &feed->file);
	where = weir_reader_key(
	    place, feed->origin == WEIR_ORIGIN_URL ? "url" : "signed");
	error = take_urls(reader, where.text,
	    weir_yaml_find(&reader->tree, where.text), feed);
	if (error == 0)
		error = feed->origin == WEIR_ORIGIN_URL
			    ? take_list(reader, place, feed)
			    : take_signed(reader, place, feed);
	if (error == 0)
		error = take_max_size(reader, place, feed);
	if (error == 0)
		error = place_file(
		    reader, weir_reader_key(place, "name").text, feed);
	return error;
}

void
weir_sync_settings_done(struct weir_sync_settings *sync)
{
	free(sync->state);
	free(sync->ca_file);
	free(sync->notify_listen);
}

void
weir_feed_origin_done(struct weir_feed_settings *feed)
{
	unsigned int i;

	for (i = 0; i < feed->url_count; i++)
		free(feed->urls[i]);
	free(feed->file);
	free(feed->minisign_key);
	free(feed->root_file);
	free(feed->root_sha256);
}
