/*
 * cmd_config.c - weir-load config: what the configuration says, as it holds.
 *
 * That it is right was seen before any command ran (main.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lmdb-loader/denied.h"
#include "lmdb-loader/load.h"

/* Objects and arrays that are open; weir.yaml(5) is three deep. */
#define DEPTH_MAX 8

struct builder {
	json_t *open[DEPTH_MAX];
	unsigned int depth;
};

static json_t *
make_value(const struct weir_settings_item *item)
{
	switch (item->kind) {
	case WEIR_SETTINGS_TEXT:
		return weir_load_string(item->text);
	case WEIR_SETTINGS_NUMBER:
		return json_integer((json_int_t)item->number);
	case WEIR_SETTINGS_BOOL:
		return json_boolean(item->number != 0);
	case WEIR_SETTINGS_MAPPING:
		return json_object();
	case WEIR_SETTINGS_LIST:
		return json_array();
	case WEIR_SETTINGS_END:
		break;
	}
	return NULL;
}

/* JSON keys have underscores: block_ttl. */
static void
copy_key(const char *key, char *text, size_t size)
{
	size_t i;

	for (i = 0; key[i] != '\0' && i + 1 < size; i++)
		text[i] = (char)(key[i] == '-' ? '_' : key[i]);
	text[i] = '\0';
}

static int
add_item(void *arg, const struct weir_settings_item *item)
{
	struct builder *builder = arg;
	json_t *parent = builder->open[builder->depth], *value;
	char key[32];
	int ret;

	if (item->kind == WEIR_SETTINGS_END) {
		if (builder->depth == 0)
			return WEIR_EFORMAT;
		builder->depth--;
		return 0;
	}
	value = make_value(item);
	if (json_is_object(parent)) {
		copy_key(item->key, key, sizeof(key));
		ret = json_object_set_new(parent, key, value);
	} else {
		ret = json_array_append_new(parent, value);
	}
	if (ret != 0)
		return WEIR_EMEMORY;
	if (!json_is_object(value) && !json_is_array(value))
		return 0;
	if (builder->depth + 1 == DEPTH_MAX)
		return WEIR_ELIMIT;
	builder->open[++builder->depth] = value;
	return 0;
}

static void
look_for(const struct weir_load *load, unsigned int line, const char *what,
    const char *file)
{
	if (file == NULL || access(file, R_OK) == 0)
		return;
	if (line > 0)
		weir_log_note("%s:%u: feed %s: %s: %s", load->config, line,
		    what, file, strerror(errno));
	else
		weir_log_note("%s: %s: %s: %s", load->config, what, file,
		    strerror(errno));
}

/* Files that are not there are no fault of weir.yaml, and may come; but whoever
 * has misspelt one is told before apply does it. */
static void
look_for_files(const struct weir_load *load)
{
	const struct weir_settings *settings = load->settings;
	const struct weir_feed_settings *feed;
	unsigned int i;

	for (i = 0; i < settings->feed_count; i++) {
		feed = &settings->feeds[i];
		look_for(load, feed->line, feed->name, feed->file);
	}
	look_for(load, 0, "guard.suffix-file", settings->guard.suffix_file);
	look_for(load, 0, "guard.popular-file", settings->guard.popular_file);
}

int
weir_cmd_config(const struct weir_load *load)
{
	struct builder builder = { .depth = 0 };

	look_for_files(load);
	weir_denied_warn(load->settings, &load->settings->deny, false, false);
	if (!load->json) {
		if (weir_settings_print(load->settings, stdout) == 0)
			return WEIR_EXIT_DONE;
		weir_log_error("the settings cannot be printed");
		return WEIR_EXIT_FAILED;
	}
	builder.open[0] = json_object();
	if (builder.open[0] == NULL ||
	    weir_settings_walk(load->settings, add_item, &builder) != 0) {
		json_decref(builder.open[0]);
		builder.open[0] = NULL;
	}
	return weir_load_print(builder.open[0], WEIR_EXIT_DONE);
}
