/*
 * cmd_accept.c - weir-load accept: a list that has shrunk or grown too much is
 * right all the same.
 *
 * It accepts the very file that was held, by its digest, and changes nothing
 * else: the next `apply` takes it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lmdb-loader/held.h"
#include "lmdb-loader/load.h"

static const struct weir_feed_settings *
find_feed(const struct weir_settings *settings, const char *name)
{
	unsigned int i;

	for (i = 0; i < settings->feed_count; i++)
		if (strcmp(settings->feeds[i].name, name) == 0 &&
		    settings->feeds[i].file != NULL)
			return &settings->feeds[i];
	return NULL;
}

/* The held one, if its file is still what was held. */
static int
find_held(struct weir_held *held, const struct weir_feed_settings *settings,
    struct weir_held_feed **ret_feed, struct weir_problem *problem)
{
	char digest[WEIR_HELD_DIGEST_SIZE];
	struct weir_held_feed *feed = weir_held_find(held, settings->name);
	int ret;

	if (feed == NULL)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "feed %s: no list of it waits (weir-load status shows "
		    "those that do)",
		    settings->name);
	ret = weir_held_digest(settings->file, digest);
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "feed %s: %s cannot be read", settings->name,
		    settings->file);
	if (!weir_held_is_same(feed->digest, digest))
		return weir_problem_set(problem, WEIR_ECHECKSUM,
		    "feed %s: %s has changed since it was held; see what "
		    "weir-load apply says of it now",
		    settings->name, settings->file);
	*ret_feed = feed;
	return 0;
}

static int
accept_held(const struct weir_store *store,
    const struct weir_feed_settings *settings, struct weir_held *held,
    struct weir_held_feed **ret_feed, struct weir_problem *problem)
{
	int ret;

	ret = weir_held_load(store->folder, held);
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "%s: what is held cannot be read: %s", store->folder,
		    weir_error_text(ret));
	ret = find_held(held, settings, ret_feed, problem);
	if (ret < 0)
		return ret;
	(*ret_feed)->is_accepted = true;
	ret = weir_held_save(store->folder, held);
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "%s: what is accepted cannot be written: %s", store->folder,
		    weir_error_text(ret));
	return 0;
}

static int
print(const struct weir_load *load, const struct weir_held_feed *feed)
{
	if (load->json)
		return weir_load_print(
		    json_pack("{s:s, s:s, s:s, s:I, s:I}", "result", "accepted",
			"feed", feed->name, "digest", feed->digest, "before",
			(json_int_t)feed->before, "names",
			(json_int_t)feed->names),
		    WEIR_EXIT_DONE);
	printf("feed %s: its list with %" PRIu64 " names (%" PRIu64
	       " are in force) is accepted; weir-load apply takes it\n",
	    feed->name, feed->names, feed->before);
	return WEIR_EXIT_DONE;
}

int
weir_cmd_accept(const struct weir_load *load)
{
	const struct weir_feed_settings *settings = find_feed(
	    load->settings, load->args[0]);
	struct weir_held *held = calloc(1, sizeof(*held));
	struct weir_problem problem = { "" };
	struct weir_held_feed *feed = NULL;
	struct weir_store store;
	int exit_code, ret = WEIR_EMEMORY;

	if (settings == NULL) {
		free(held);
		return weir_load_usage(load,
		    "%s: %s has no feed of that name (weir-load config shows "
		    "them)",
		    load->args[0], load->settings->path);
	}
	if (held == NULL)
		(void)weir_problem_set(&problem, ret, "out of memory");
	else
		ret = weir_store_lock(load->settings->database,
		    WEIR_LOCK_WAIT_MS, &store, &problem);
	if (ret < 0) {
		free(held);
		return weir_load_fail(load, &problem);
	}
	ret = accept_held(&store, settings, held, &feed, &problem);
	exit_code = ret < 0 ? weir_load_fail(load, &problem)
			    : print(load, feed);
	weir_store_close(&store);
	free(held);
	return exit_code;
}
