/*
 * publisher.h - a feed's repository for tests: what weir-feed init makes, with
 * root keys that lie in memory only.
 */
#ifndef WEIR_TESTS_UNIT_PUBLISHER_H
#define WEIR_TESTS_UNIT_PUBLISHER_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "feeds/publish.h"
#include "lib/file.h"
#include "tests/unit/scratch.h"

struct publisher {
	struct scratch scratch;
	char folder[SCRATCH_FOLDER_SIZE + 16];
	struct weir_key_file *root[WEIR_PUBLISH_ROOT_KEYS];
};

static inline void
publisher_init(struct publisher *publisher, const char *feed)
{
	static const char *const folders[] = { "", "/private", "/public",
		"/public/metadata", "/public/targets", "/public/targets/feed" };
	struct weir_publish_state state;
	struct weir_publish_roles roles;
	struct weir_key_file *key;
	char path[256], *text;
	size_t i, len;

	scratch_init(&publisher->scratch);
	snprintf(publisher->folder, sizeof(publisher->folder), "%s/feed",
	    publisher->scratch.folder);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(
		    path, sizeof(path), "%s%s", publisher->folder, folders[i]);
		scratch_need(mkdir(path, 0755) == 0, path);
	}
	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++) {
		ck_assert_int_eq(
		    weir_key_file_new(WEIR_KEY_ROOT, feed, &publisher->root[i]),
		    0);
		roles.root[i] = publisher->root[i]->key;
	}
	for (i = 1; i < WEIR_KEY_ROLE_COUNT; i++) {
		ck_assert_int_eq(
		    weir_key_file_new((unsigned int)i, feed, &key), 0);
		snprintf(path, sizeof(path), "%s/private/%s.key",
		    publisher->folder, weir_key_role_text((unsigned int)i));
		ck_assert_int_eq(weir_key_file_write(key, path, NULL, NULL), 0);
		roles.online[i] = key->key;
		weir_key_file_free(key);
	}
	ck_assert_int_eq(
	    weir_publish_meta_sign(
		weir_publish_meta_root(feed, 1, 4000000000, &roles),
		publisher->root, WEIR_PUBLISH_ROOT_KEYS, &text, &len),
	    0);
	snprintf(path, sizeof(path), "%s/public/metadata", publisher->folder);
	ck_assert_int_eq(weir_file_replace(path, "1.root.json", text, len), 0);
	free(text);
	memset(&state, 0, sizeof(state));
	snprintf(state.feed, sizeof(state.feed), "%s", feed);
	state.poll_ms = 1000;
	state.documents[WEIR_PUBLISH_ROOT].version = 1;
	snprintf(path, sizeof(path), "%s/private", publisher->folder);
	ck_assert_int_eq(
	    weir_publish_state_write(path, WEIR_PUBLISH_STATE, &state, NULL),
	    0);
}

static inline void
publisher_done(struct publisher *publisher)
{
	size_t i;

	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++)
		weir_key_file_free(publisher->root[i]);
	scratch_done(&publisher->scratch);
}

/** The clock of the next open, Unix seconds. */
static inline void
publisher_clock(int64_t now_unix)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)now_unix);
	setenv("WEIR_FEED_NOW", text, 1);
}

/** A list of that text, sorted. */
static inline struct weir_publish_list *
publisher_list(struct publisher *publisher, const char *text,
    const struct weir_publish_defaults *defaults,
    struct weir_list_report *report)
{
	struct weir_publish_defaults plain = { .format = "domains",
		.confidence = WEIR_LIST_NO_CONFIDENCE };
	struct weir_publish_list *list = weir_publish_list_new();
	static struct weir_list_report unused;
	struct weir_problem problem = { "" };

	ck_assert_ptr_nonnull(list);
	scratch_write(&publisher->scratch, "list", text, strlen(text));
	ck_assert_msg(weir_publish_list_read(list, publisher->scratch.file,
			  defaults != NULL ? defaults : &plain,
			  report != NULL ? report : &unused, &problem) == 0,
	    "%s", problem.text);
	weir_publish_list_sort(list);
	return list;
}

#endif
