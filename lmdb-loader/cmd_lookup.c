/*
 * cmd_lookup.c - weir-load lookup: what the database has on names.
 */
#include <stdio.h>

#include "lmdb-loader/load.h"

static int
print_match(const struct weir_policy *policy, const struct weir_name *name,
    const struct weir_match *match)
{
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_entry entry;
	unsigned int i;
	int ret;

	weir_name_print_from(name, match->label, text);
	for (i = 0; i < match->entry_count; i++) {
		ret = weir_entry_decode(
		    match->entries + i * WEIR_ENTRY_BYTES, &entry);
		if (ret < 0)
			return ret;
		printf("  %s: ", text);
		weir_load_entry_print(policy, &entry, stdout);
		putchar('\n');
	}
	return 0;
}

static int
print_text(const struct weir_policy *policy, const struct weir_name *name,
    const struct weir_matches *matches)
{
	char text[WEIR_NAME_TEXT_SIZE];
	unsigned int i;
	int ret = 0;

	weir_name_print(name, text);
	if (matches->count == 0)
		printf("%s: neither it nor a name above it is listed\n", text);
	else
		printf("%s:\n", text);
	for (i = 0; i < matches->count && ret == 0; i++)
		ret = print_match(policy, name, &matches->items[i]);
	return ret;
}

static json_t *
describe_match(const struct weir_policy *policy, const struct weir_name *name,
    const struct weir_match *match)
{
	json_t *entries = json_array();
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_entry entry;
	unsigned int i;

	for (i = 0; i < match->entry_count; i++) {
		if (weir_entry_decode(
			match->entries + i * WEIR_ENTRY_BYTES, &entry) < 0) {
			json_decref(entries);
			return NULL;
		}
		(void)json_array_append_new(
		    entries, weir_load_entry(policy, &entry));
	}
	weir_name_print_from(name, match->label, text);
	return json_pack("{s:s, s:o}", "name", text, "entries", entries);
}

static int
add_object(json_t *array, const struct weir_policy *policy,
    const struct weir_name *name, const struct weir_matches *matches)
{
	json_t *found = json_array();
	char text[WEIR_NAME_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i < matches->count; i++)
		if (json_array_append_new(found,
			describe_match(policy, name, &matches->items[i])) !=
		    0) {
			json_decref(found);
			return WEIR_EFORMAT;
		}
	weir_name_print(name, text);
	return json_array_append_new(
		   array, json_pack("{s:s, s:b, s:o}", "name", text, "listed",
			      (int)(matches->count > 0), "matches", found)) == 0
		   ? 0
		   : WEIR_EMEMORY;
}

int
weir_cmd_lookup(const struct weir_load *load)
{
	json_t *array = json_array();
	struct weir_problem problem;
	struct weir_matches matches;
	struct weir_store store;
	struct weir_name name;
	struct weir_generation files;
	unsigned int i;
	int ret = 0, exit_code = WEIR_EXIT_DONE;

	for (i = 0; i < load->arg_count && ret == 0; i++)
		ret = weir_load_name(load, load->args[i], &name);
	if (ret == 0)
		ret = weir_load_open(load, &store, &files);
	if (ret != 0) {
		json_decref(array);
		return ret;
	}
	for (i = 0; i < load->arg_count && ret == 0; i++) {
		ret = weir_load_name(load, load->args[i], &name);
		if (ret == 0)
			ret = weir_generation_lookup(&files, &name, &matches);
		if (ret >= 0 && load->json)
			ret = add_object(array, weir_generation_policy(&files),
			    &name, &matches);
		else if (ret >= 0)
			ret = print_text(
			    weir_generation_policy(&files), &name, &matches);
	}
	if (ret < 0) {
		(void)weir_problem_set(
		    &problem, ret, "the database is damaged (weir-load check)");
		exit_code = weir_load_fail(load, &problem);
	} else if (load->json) {
		exit_code = weir_load_print(json_incref(array), exit_code);
	}
	json_decref(array);
	weir_generation_close(&files);
	weir_store_close(&store);
	return exit_code;
}
