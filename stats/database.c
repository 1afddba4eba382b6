/*
 * database.c - asks the database as the module does.
 */
#include "stats/database.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"

static int
open_in(const char *folder, bool is_needed, struct weir_database *ret_database)
{
	struct weir_problem problem = { "" };
	int ret;

	memset(ret_database, 0, sizeof(*ret_database));
	ret = weir_current_read(
	    folder, WEIR_CURRENT_FILE, &ret_database->current, &problem);
	if (ret == 0)
		ret = weir_generation_open(folder, &ret_database->current, NULL,
		    &ret_database->files, &problem);
	if (ret == 0) {
		ret_database->policy = weir_generation_policy(
		    &ret_database->files);
		return 1;
	}
	if (is_needed)
		weir_log_error("%s", problem.text[0] != '\0'
					 ? problem.text
					 : weir_error_text(ret));
	return 0;
}

int
weir_database_open(const struct weir_stat *stat, bool is_needed,
    struct weir_database *ret_database)
{
	char folder[sizeof(stat->modules->header->database) + 1] = "";
	struct weir_settings *settings;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < stat->module_count && folder[0] == '\0'; i++)
		(void)snprintf(folder, sizeof(folder), "%.*s",
		    (int)sizeof(stat->modules[i].header->database),
		    stat->modules[i].header->database);
	if (folder[0] != '\0')
		return open_in(folder, is_needed, ret_database);
	settings = weir_stat_settings(stat, is_needed);
	if (settings)
		ret = open_in(settings->database, is_needed, ret_database);
	weir_settings_free(settings);
	return ret;
}

void
weir_database_close(struct weir_database *database)
{
	weir_generation_close(&database->files);
}

const char *
weir_database_feed(const struct weir_database *database, unsigned int feed)
{
	return feed < database->policy->feed_count
		   ? database->policy->feeds[feed].name
		   : "?";
}

static const char *
category_text(const struct weir_database *database, unsigned int category)
{
	return category < database->policy->category_count
		   ? database->policy->categories[category]
		   : "";
}

static json_t *
describe(const struct weir_database *database, const struct weir_name *name,
    unsigned int label, const struct weir_entry *entry, enum weir_fate fate)
{
	const struct weir_policy *policy = database->policy;
	unsigned int action = weir_entry_action(entry, label > 0);
	const char *mode = NULL, *text;
	char listed[WEIR_NAME_TEXT_SIZE];

	if (entry->feed < policy->feed_count) {
		mode = weir_mode_text(policy->feeds[entry->feed].mode);
		if (action == WEIR_ACTION_DEFAULT)
			action = policy->feeds[entry->feed].action;
	}
	text = weir_action_text(action);
	weir_name_print_from(name, label, listed);
	return json_pack("{s:s, s:o, s:s, s:s, s:o, s:i, s:I, s:I, s:s}",
	    "listed", listed, "feed",
	    weir_stat_string(weir_database_feed(database, entry->feed)), "mode",
	    mode ? mode : "?", "action", text ? text : "?", "category",
	    weir_stat_string(category_text(database, entry->category)),
	    "confidence", (int)entry->confidence, "first_seen",
	    (json_int_t)entry->first_seen, "valid_until",
	    (json_int_t)entry->valid_until, "verdict", weir_fate_text(fate));
}

static int
add_match(const struct weir_database *database, const struct weir_name *name,
    const struct weir_matches *matches, unsigned int match, json_t *entries)
{
	const struct weir_match *of = &matches->items[match];
	struct weir_entry entry;
	enum weir_fate fate;
	unsigned int i;
	int ret;

	for (i = 0; i < of->entry_count; i++) {
		ret = weir_entry_decode(
		    of->entries + i * WEIR_ENTRY_BYTES, &entry);
		if (ret == 0)
			ret = weir_policy_explain_entry(database->policy,
			    matches, (uint32_t)time(NULL), match, i, &fate);
		if (ret != 0)
			return ret;
		if (json_array_append_new(entries,
			describe(database, name, of->label, &entry, fate)) != 0)
			return WEIR_EMEMORY;
	}
	return 0;
}

json_t *
weir_database_entries(
    const struct weir_database *database, const struct weir_name *name)
{
	json_t *entries = json_array();
	struct weir_matches matches;
	unsigned int i;
	int ret;

	ret = weir_generation_lookup(&database->files, name, &matches);
	for (i = 0; ret > 0 && i < matches.count; i++)
		if (add_match(database, name, &matches, i, entries) != 0)
			ret = -1;
	if (ret >= 0)
		return entries;
	json_decref(entries);
	return NULL;
}
