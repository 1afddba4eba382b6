/*
 * cmd_diff.c - weir-load diff: what differs between two generations.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lmdb-loader/diff.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/overlay.h"

struct differ {
	bool json;
	uint64_t printed_count;
};

/* JSON: one line of the array, written at once: there may be millions. */
static int
print_object(struct differ *differ, const struct weir_diff *diff,
    const struct weir_diff_change *change, const char *name)
{
	json_t *object, *feeds = json_object();
	unsigned int i;
	int ret;

	for (i = 0; i < change->row_count; i++)
		(void)json_object_set_new(feeds,
		    diff->rows[change->rows[i].row].name,
		    json_string(weir_diff_kind_text(change->rows[i].kind)));
	object = json_pack("{s:s, s:s, s:o}", "change",
	    weir_diff_kind_text(change->kind), "name", name, "feeds", feeds);
	if (object == NULL)
		return WEIR_EMEMORY;
	fputs(differ->printed_count++ > 0 ? ",\n  " : "\n  ", stdout);
	ret = json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	return ret == 0 ? 0 : WEIR_ESYSTEM;
}

static int
print_change(void *arg, const struct weir_diff *diff,
    const struct weir_diff_change *change)
{
	static const char signs[] = { ' ', '+', '-', '~' };
	struct differ *differ = arg;
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_name name;
	unsigned int i;
	int ret;

	ret = weir_name_from_key(change->key, change->key_len, &name);
	if (ret < 0)
		return ret;
	weir_name_print(&name, text);
	if (differ->json)
		return print_object(differ, diff, change, text);
	printf("%c %s", signs[change->kind], text);
	for (i = 0; i < change->row_count; i++)
		printf("%s%c%s", i == 0 ? "\t" : " ",
		    signs[change->rows[i].kind],
		    diff->rows[change->rows[i].row].name);
	return putchar('\n') == EOF ? WEIR_ESYSTEM : 0;
}

static void
print_summary(const struct weir_diff *diff, uint64_t from, uint64_t to)
{
	const struct weir_diff_row *row;
	unsigned int i;

	printf("generation %" PRIu64 " to %" PRIu64 ": %" PRIu64
	       " added, %" PRIu64 " removed, %" PRIu64 " changed, %" PRIu64
	       " names\n",
	    from, to, diff->added, diff->removed, diff->changed, diff->names);
	for (i = 0; i < diff->row_count; i++) {
		row = &diff->rows[i];
		if (row->names == 0 && row->removed == 0)
			continue;
		printf("  %s: %" PRIu64 " added, %" PRIu64 " removed, %" PRIu64
		       " changed, %" PRIu64 " names%s\n",
		    row->name, row->added, row->removed, row->changed,
		    row->names, row->is_gone ? ", no longer there" : "");
	}
}

static int
print_json_end(const struct weir_diff *diff)
{
	json_t *feeds = json_array(), *object;
	const struct weir_diff_row *row;
	unsigned int i;
	int ret;

	for (i = 0; i < diff->row_count; i++) {
		row = &diff->rows[i];
		(void)json_array_append_new(feeds,
		    json_pack("{s:s, s:I, s:I, s:I, s:I, s:b}", "name",
			row->name, "names", (json_int_t)row->names, "added",
			(json_int_t)row->added, "removed",
			(json_int_t)row->removed, "changed",
			(json_int_t)row->changed, "gone", (int)row->is_gone));
	}
	object = json_pack("{s:I, s:I, s:I, s:I, s:o}", "names",
	    (json_int_t)diff->names, "added", (json_int_t)diff->added,
	    "removed", (json_int_t)diff->removed, "changed",
	    (json_int_t)diff->changed, "feeds", feeds);
	if (object == NULL)
		return WEIR_EMEMORY;
	fputs("],\n", stdout);
	/* Embedded: the members without the braces. */
	ret = json_dumpf(object, stdout, JSON_EMBED | JSON_COMPACT);
	json_decref(object);
	return ret == 0 && puts("}") != EOF ? 0 : WEIR_ESYSTEM;
}

static int
compare(struct differ *differ, const struct weir_generation *from,
    const struct weir_generation *to, const uint64_t *numbers)
{
	struct weir_diff *diff = malloc(sizeof(*diff));
	struct weir_walk_stream new;
	int ret;

	if (diff == NULL)
		return WEIR_EMEMORY;
	ret = weir_walk_generation(to, &new);
	if (ret == 0 && differ->json)
		printf("{\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"changes\":[",
		    numbers[0], numbers[1]);
	if (ret == 0)
		ret = weir_diff_run(from, weir_generation_policy(to),
		    &new.stream, print_change, differ, diff);
	if (ret == 0 && differ->json)
		ret = print_json_end(diff);
	else if (ret == 0)
		print_summary(diff, numbers[0], numbers[1]);
	free(diff);
	return ret;
}

static int
open_generation(const struct weir_store *store, uint64_t number,
    struct weir_generation *ret_generation, struct weir_problem *problem)
{
	struct weir_current text;
	int ret;

	ret = weir_store_read(store, number, &text, problem);
	if (ret < 0)
		return ret;
	return weir_store_open_generation(
	    store, &text, true, ret_generation, problem);
}

int
weir_cmd_diff(const struct weir_load *load)
{
	struct differ differ = { .json = load->json };
	struct weir_problem problem = { "" };
	struct weir_generation from = { NULL, NULL }, to = { NULL, NULL };
	struct weir_store store;
	uint64_t numbers[2];
	int ret;

	if (weir_load_generation(load, load->args[0], &numbers[0]) != 0 ||
	    weir_load_generation(load, load->args[1], &numbers[1]) != 0)
		return WEIR_EXIT_USAGE;
	if (weir_store_open(load->settings->database, &store, &problem) < 0)
		return weir_load_fail(load, &problem);
	ret = open_generation(&store, numbers[0], &from, &problem);
	if (ret == 0)
		ret = open_generation(&store, numbers[1], &to, &problem);
	if (ret == 0) {
		ret = compare(&differ, &from, &to, numbers);
		if (ret < 0)
			(void)weir_problem_set(&problem, ret,
			    "the generations cannot be compared: %s",
			    weir_error_text(ret));
	}
	weir_generation_close(&from);
	weir_generation_close(&to);
	weir_store_close(&store);
	return ret < 0 ? weir_load_fail(load, &problem) : WEIR_EXIT_DONE;
}
