/*
 * list_describe.c - what became of a list, as JSON.
 */
#include "feeds/list_describe.h"

#include <stdlib.h>
#include <string.h>

json_t *
weir_list_string(const char *text)
{
	json_t *string = json_string(text);
	char *copy, *at;

	if (string != NULL)
		return string;
	copy = strdup(text);
	if (copy == NULL)
		return NULL;
	for (at = copy; *at != '\0'; at++)
		if ((unsigned char)*at > 0x7f)
			*at = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

static json_t *
describe_examples(const struct weir_list_example *examples)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < WEIR_LIST_EXAMPLES; i++) {
		if (examples[i].text[0] == '\0' && examples[i].line == 0)
			break;
		(void)json_array_append_new(
		    array, json_pack("{s:I, s:i, s:o}", "line",
			       (json_int_t)examples[i].line, "column",
			       (int)examples[i].column, "text",
			       weir_list_string(examples[i].text)));
	}
	return array;
}

json_t *
weir_list_describe_refused(const struct weir_list_report *report)
{
	json_t *array = json_array();
	unsigned int reason;

	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++) {
		if (report->refused[reason] == 0)
			continue;
		(void)json_array_append_new(array,
		    json_pack("{s:s, s:s, s:b, s:I, s:o}", "reason",
			weir_list_reason_word(reason), "text",
			weir_list_reason_text(reason), "skipped",
			(int)weir_list_reason_is_skipped(reason), "count",
			(json_int_t)report->refused[reason], "examples",
			describe_examples(report->examples[reason])));
	}
	return array;
}
