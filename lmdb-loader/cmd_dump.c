/*
 * cmd_dump.c - weir-load dump: all names with their entries, as a stream.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "lmdb-loader/load.h"

struct dump {
	const struct weir_policy *policy;
	bool json;
};

static int
print_line(const struct dump *dump, const char *name,
    const struct weir_entry *entries, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		fputs(name, stdout);
		putchar('\t');
		weir_load_entry_print(dump->policy, &entries[i], stdout);
		if (putchar('\n') == EOF)
			return WEIR_ESYSTEM;
	}
	return 0;
}

static int
print_object(const struct dump *dump, const char *name,
    const struct weir_entry *entries, unsigned int count)
{
	json_t *array = json_array(), *object;
	unsigned int i;
	int ret;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(
		    array, weir_load_entry(dump->policy, &entries[i]));
	object = json_pack("{s:s, s:o}", "name", name, "entries", array);
	if (object == NULL)
		return WEIR_EMEMORY;
	ret = json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	return ret == 0 && putchar('\n') != EOF ? 0 : WEIR_ESYSTEM;
}

static int
each_name(void *arg, const struct weir_db_record *record)
{
	const struct dump *dump = arg;
	struct weir_entry entries[WEIR_ENTRIES_PER_KEY];
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_name name;
	unsigned int i, count = record->entry_count;
	int ret;

	ret = weir_name_from_key(record->key, record->key_len, &name);
	for (i = 0; i < count && ret == 0; i++)
		ret = weir_entry_decode(
		    record->entries + i * WEIR_ENTRY_BYTES, &entries[i]);
	if (ret < 0)
		return ret;
	weir_name_print(&name, text);
	if (dump->json)
		return print_object(dump, text, entries, count);
	return print_line(dump, text, entries, count);
}

int
weir_cmd_dump(const struct weir_load *load)
{
	struct dump dump = { .json = load->json };
	struct weir_name top;
	struct weir_store store;
	struct weir_generation files;
	int ret;

	if (load->arg_count > 0 &&
	    weir_load_name(load, load->args[0], &top) != 0)
		return WEIR_EXIT_USAGE;
	ret = weir_load_open(load, &store, &files);
	if (ret != 0)
		return ret;
	dump.policy = weir_generation_policy(&files);
	ret = weir_generation_walk(
	    &files, load->arg_count > 0 ? &top : NULL, each_name, &dump);
	weir_generation_close(&files);
	weir_store_close(&store);
	if (ret == 0)
		return WEIR_EXIT_DONE;
	weir_log_error(
	    "the names cannot all be printed: %s", weir_error_text(ret));
	return WEIR_EXIT_FAILED;
}
