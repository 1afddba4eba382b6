/*
 * origin.c - where in a feed's list a name stands.
 */
#include "lmdb-loader/origin.h"

#include <string.h>
#include <sys/stat.h>

#include "feeds/feed_state.h"
#include "lmdb-loader/item.h"
#include "lmdb-loader/signed.h"

struct finder {
	const struct weir_feed_settings *feed;
	unsigned int action; /* the feed's */
	const struct weir_guard *guard;
	const struct weir_name *name;
	struct weir_origins *origins;
};

bool
weir_origin_stamp(
    const char *path, uint64_t *ret_size, uint64_t *ret_modified_ns)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	*ret_size = *ret_modified_ns = 0;
	if (S_ISDIR(st.st_mode))
		return true;
	*ret_size = (uint64_t)st.st_size;
	*ret_modified_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000U +
			   (uint64_t)st.st_mtim.tv_nsec;
	return true;
}

static int
take_item(void *arg, const struct weir_list_item *item)
{
	struct finder *finder = arg;
	struct weir_origins *origins = finder->origins;
	const struct weir_name *name = finder->name;
	struct weir_entry entry = { .feed = WEIR_FEED_FIRST };
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_origin *place;
	unsigned int label;
	size_t len;

	if (item->name->label_count > name->label_count)
		return 0;
	label = name->label_count - item->name->label_count;
	if (item->name->len != name->len - name->offset[label] ||
	    memcmp(item->name->wire, name->wire + name->offset[label],
		item->name->len) != 0)
		return 0;
	if (origins->total++ >= WEIR_ORIGIN_PLACES)
		return 0;
	weir_item_entry(
	    item, finder->feed->subdomains, finder->feed->lifetime_s, &entry);
	len = weir_name_to_key(item->name, WEIR_TRIGGER_QNAME, key, NULL);
	place = &origins->items[origins->count++];
	place->line = item->line;
	place->label = label;
	place->scope = entry.scope;
	place->refused = weir_guard_judge(finder->guard, key, len, &entry,
	    finder->action, weir_guard_url(item, finder->feed));
	return 0;
}

static int
ask_state(struct finder *finder, struct weir_problem *problem)
{
	const struct weir_name *name = finder->name;
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_feed_state *state;
	struct weir_feed_line line = { .is_listed = true };
	unsigned int label;
	int ret;

	ret = weir_feed_state_open(finder->feed->file, NULL, &state, problem);
	if (ret < 0)
		return ret;
	finder->origins->is_state = true;
	finder->origins->sequence = state->sequence;
	for (label = 0; ret == 0 && label + 1 < name->label_count; label++) {
		weir_name_print_from(name, label, text);
		line.name_len = strlen(text);
		if (weir_feed_state_lookup(state, text, line.name_len,
			&line.entry, &line.entry_len) != 1)
			continue;
		line.name = line.entry;
		ret = weir_feed_line_items(&line, take_item, finder);
	}
	weir_feed_state_close(state);
	return ret;
}

int
weir_origin_find(const struct weir_settings *settings, unsigned int feed,
    const struct weir_guard *guard, const struct weir_name *name,
    struct weir_origins *ret_origins, struct weir_problem *problem)
{
	struct finder finder = { &settings->feeds[feed],
		settings->policy.feeds[WEIR_FEED_FIRST + feed].action, guard,
		name, ret_origins };
	struct weir_list_options options = weir_item_options(finder.feed);
	struct weir_list_report report;

	memset(ret_origins, 0, sizeof(*ret_origins));
	(void)weir_origin_stamp(
	    finder.feed->file, &ret_origins->size, &ret_origins->modified_ns);
	if (weir_signed_is_folder(finder.feed))
		return ask_state(&finder, problem);
	return weir_list_read(finder.feed->file, finder.feed->format, &options,
	    take_item, NULL, &finder, &report, problem);
}
