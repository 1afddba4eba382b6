/*
 * weir_feed_print.c - what several of weir-feed's commands say and ask.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/list_describe.h"
#include "feeds/weir_feed.h"
#include "lib/log.h"

#define REAL_DIGITS 15

int
weir_feed_print(json_t *document, int exit_code)
{
	int ret = -1;

	if (document != NULL)
		ret = json_dumpf(document, stdout,
		    JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS));
	json_decref(document);
	if (ret == 0) {
		putchar('\n');
		return exit_code;
	}
	if (!ferror(stdout))
		weir_log_error("out of memory for the result");
	return exit_code == WEIR_FEED_DONE ? WEIR_FEED_FAILED : exit_code;
}

int
weir_feed_print_failure(
    const struct weir_feed_call *call, const char *text, int exit_code)
{
	if (!call->json)
		return exit_code;
	return weir_feed_print(json_pack("{s:s, s:o}", "result", "failed",
				   "problem", weir_feed_string(text)),
	    exit_code);
}

int
weir_feed_fail(
    const struct weir_feed_call *call, const struct weir_problem *problem)
{
	weir_log_error("%s", problem->text);
	return weir_feed_print_failure(call, problem->text, WEIR_FEED_FAILED);
}

int
weir_feed_usage(const struct weir_feed_call *call, const char *format, ...)
{
	char text[sizeof(struct weir_problem)];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	weir_log_error("%s", text);
	return weir_feed_print_failure(call, text, WEIR_FEED_USAGE);
}

json_t *
weir_feed_string(const char *text)
{
	return weir_list_string(text);
}

json_t *
weir_feed_refused(const char *file, const struct weir_list_report *report)
{
	json_t *array = weir_list_describe_refused(report), *refused;
	size_t i;

	json_array_foreach(array, i, refused)
	{
		(void)json_object_set_new(
		    refused, "file", weir_feed_string(file));
	}
	return array;
}

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static long long
number_of(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* "12 refused: not a name, as in FILE:17:3: foo bar" */
void
weir_feed_print_refused(json_t *refused)
{
	json_t *one, *example;
	long long column;
	size_t i;

	json_array_foreach(refused, i, one)
	{
		printf("  %lld %s: %s", number_of(one, "count"),
		    json_is_true(json_object_get(one, "skipped")) ? "skipped"
								  : "refused",
		    text_of(one, "text"));
		example = json_array_get(json_object_get(one, "examples"), 0);
		if (example != NULL) {
			column = number_of(example, "column");
			printf(", as in %s", text_of(one, "file"));
			if (number_of(example, "line") > 0)
				printf(":%lld:%lld", number_of(example, "line"),
				    column > 0 ? column : 1);
			printf(": %s", text_of(example, "text"));
		}
		putchar('\n');
	}
}

int
weir_feed_unlock(const struct weir_feed_call *call, const char *path,
    struct weir_key_file *key, struct weir_problem *problem)
{
	char *passphrase, prompt[512];
	unsigned int i;
	int ret = WEIR_ECHECKSUM;

	if (key->secret_key != NULL)
		return 0;
	for (i = 0; i < call->passphrase_count && ret == WEIR_ECHECKSUM; i++) {
		ret = weir_passphrase_read(
		    call->passphrase_files[i], &passphrase, problem);
		if (ret < 0)
			return ret;
		ret = weir_key_file_unlock(key, passphrase);
		weir_passphrase_free(passphrase);
	}
	if (call->passphrase_count == 0) {
		(void)snprintf(
		    prompt, sizeof(prompt), "passphrase of %s: ", path);
		ret = weir_passphrase_ask(prompt, false, &passphrase, problem);
		if (ret < 0)
			return ret;
		ret = weir_key_file_unlock(key, passphrase);
		weir_passphrase_free(passphrase);
	}
	if (ret < 0)
		(void)weir_problem_set(problem, ret, "%s: %s", path,
		    ret == WEIR_ECHECKSUM
			? "not the passphrase, or the file was changed"
			: "not enough memory to open it");
	return ret;
}
