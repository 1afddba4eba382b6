/*
 * load.c - what several of weir-load's commands need.
 */
#include "lmdb-loader/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feeds/list_describe.h"
#include "lib/idn.h"
#include "lib/log.h"
#include "lib/slice.h"
#include "lmdb-loader/answer_text.h"
#include "lmdb-loader/rules.h"

#define LOWEST_PRIORITY 19

/* What a double holds for sure: 0.001234 is not 0.0012340000000000001. */
#define REAL_DIGITS 15

int
weir_load_print(json_t *document, int exit_code)
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
	return exit_code == WEIR_EXIT_DONE ? WEIR_EXIT_FAILED : exit_code;
}

int
weir_load_print_failure(
    const struct weir_load *load, const char *text, int exit_code)
{
	if (!load->json)
		return exit_code;
	return weir_load_print(json_pack("{s:s, s:o}", "result", "failed",
				   "problem", weir_load_string(text)),
	    exit_code);
}

int
weir_load_fail(const struct weir_load *load, const struct weir_problem *problem)
{
	weir_log_error("%s", problem->text);
	return weir_load_print_failure(load, problem->text, WEIR_EXIT_FAILED);
}

int
weir_load_hold(const struct weir_load *load, const struct weir_problem *problem)
{
	weir_log_error("%s", problem->text);
	if (!load->json)
		return WEIR_EXIT_PARTLY;
	return weir_load_print(json_pack("{s:s, s:o}", "result", "held",
				   "problem", weir_load_string(problem->text)),
	    WEIR_EXIT_PARTLY);
}

int
weir_load_usage(const struct weir_load *load, const char *format, ...)
{
	char text[sizeof(struct weir_problem)];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	weir_log_error("%s", text);
	return weir_load_print_failure(load, text, WEIR_EXIT_USAGE);
}

int
weir_load_open(const struct weir_load *load, struct weir_store *ret_store,
    struct weir_generation *ret_generation)
{
	struct weir_problem problem = { "" };
	int ret;

	ret = weir_store_open(load->settings->database, ret_store, &problem);
	if (ret < 0)
		return weir_load_fail(load, &problem);
	if (!ret_store->has_current)
		ret = weir_problem_set(&problem, WEIR_EMISSING,
		    "%s: no database yet (weir-load apply makes it)",
		    ret_store->folder);
	else
		ret = weir_store_open_generation(ret_store, &ret_store->current,
		    false, ret_generation, &problem);
	if (ret == 0)
		return 0;
	weir_store_close(ret_store);
	return weir_load_fail(load, &problem);
}

int
weir_load_name(
    const struct weir_load *load, const char *text, struct weir_name *ret_name)
{
	struct in_addr address;

	/* They would be looked up, and not found. */
	if (strstr(text, "://") != NULL)
		return weir_load_usage(
		    load, "%s: a URL; ask for the name in it", text);
	if (inet_pton(AF_INET, text, &address) == 1)
		return weir_load_usage(
		    load, "%s: an address; rules are about names", text);
	if (weir_idn_parse(text, strlen(text), ret_name) == 0)
		return 0;
	return weir_load_usage(load, "%s: not a domain name", text);
}

int
weir_load_generation(
    const struct weir_load *load, const char *text, uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	if (text[0] >= '1' && text[0] <= '9' && *end == '\0' && errno == 0)
		return 0;
	return weir_load_usage(load, "%s: not a generation's number", text);
}

double
weir_load_seconds_since(uint64_t start_ns)
{
	return (double)((weir_clock_ns() - start_ns) / 1000) / 1e6;
}

void
weir_load_say_hidden(const struct weir_load *load)
{
	weir_log_error("%s: no right to see whether a module runs; root and "
		       "the group of Unbound may",
	    load->settings->status);
}

int
weir_load_acknowledge(const struct weir_load *load,
    const struct weir_store *store, struct weir_ack *ret_ack,
    double *ret_seconds)
{
	const struct weir_settings *settings = load->settings;
	uint64_t start_ns = weir_clock_ns();
	struct weir_problem problem;
	int ret;

	if (load->no_wait)
		return WEIR_EXIT_DONE;
	ret = weir_ack_wait(settings->status, settings->database,
	    &store->current, load->timeout_ms, ret_ack, &problem);
	*ret_seconds = weir_load_seconds_since(start_ns);
	if (ret < 0) {
		ret_ack->is_hidden = true;
		weir_log_error("%s", problem.text);
		return WEIR_EXIT_PARTLY;
	}
	if (ret_ack->is_hidden) {
		weir_load_say_hidden(load);
		return WEIR_EXIT_PARTLY;
	}
	weir_ack_complain(ret_ack, store->current.serial);
	return ret_ack->missing_count > 0 ? WEIR_EXIT_PARTLY : WEIR_EXIT_DONE;
}

json_t *
weir_load_string(const char *text)
{
	return weir_list_string(text);
}

const char *
weir_load_scope(const char *scope)
{
	if (scope == NULL)
		return "?";
	return strcmp(scope, "both") == 0 ? "name and subdomains" : scope;
}

const char *
weir_load_feed(const struct weir_policy *policy, unsigned int feed)
{
	return feed < policy->feed_count ? policy->feeds[feed].name : "?";
}

const char *
weir_load_category(const struct weir_policy *policy, unsigned int category)
{
	return category < policy->category_count ? policy->categories[category]
						 : "?";
}

/* The action of one of the places that an entry speaks about. */
static const char *
action_of(const struct weir_policy *policy, const struct weir_entry *entry,
    bool is_below)
{
	unsigned int action = weir_entry_action(entry, is_below);
	const char *text;

	if (action == WEIR_ACTION_DEFAULT && entry->feed < policy->feed_count)
		action = policy->feeds[entry->feed].action;
	text = weir_action_text(action);
	return text != NULL ? text : "?";
}

/* Adds the records of an answer of the list's own. */
static json_t *
add_answers(json_t *object, const struct weir_policy *policy,
    const struct weir_entry *entry)
{
	int ret = 0;

	if (entry->action == WEIR_ACTION_LOCAL)
		ret = json_object_set_new(object, "answer",
		    weir_answer_text_of(policy, entry->answer));
	if (ret == 0 && entry->below_action == WEIR_ACTION_LOCAL)
		ret = json_object_set_new(object, "answer_below",
		    weir_answer_text_of(policy, entry->below_answer));
	if (ret == 0)
		return object;
	json_decref(object);
	return NULL;
}

json_t *
weir_load_entry(
    const struct weir_policy *policy, const struct weir_entry *entry)
{
	bool is_below = (entry->scope & WEIR_SCOPE_NAME) == 0;

	json_t *object;

	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:b}",
	    "feed", weir_load_feed(policy, entry->feed), "scope",
	    weir_scope_text(entry->scope), "action",
	    action_of(policy, entry, is_below), "action_below",
	    action_of(
		policy, entry, (entry->scope & WEIR_SCOPE_SUBDOMAINS) != 0),
	    "category", weir_load_category(policy, entry->category),
	    "confidence", (int)entry->confidence, "first_seen",
	    (json_int_t)entry->first_seen, "valid_until",
	    (json_int_t)entry->valid_until, "important", entry->flags != 0);
	return object != NULL ? add_answers(object, policy, entry) : NULL;
}

static void
print_answer(const struct weir_policy *policy, unsigned int place, FILE *stream)
{
	json_t *list = weir_answer_text_of(policy, place), *record;
	size_t i;

	json_array_foreach(list, i, record) fprintf(
	    stream, "%s%s", i == 0 ? " (" : "; ", json_string_value(record));
	if (json_array_size(list) > 0)
		fputc(')', stream);
	json_decref(list);
}

static void
print_time(const char *what, uint32_t seconds, FILE *stream)
{
	time_t at = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds != 0 && gmtime_r(&at, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
		fprintf(stream, ", %s %s", what, text);
}

void
weir_load_entry_print(const struct weir_policy *policy,
    const struct weir_entry *entry, FILE *stream)
{
	bool is_below = (entry->scope & WEIR_SCOPE_NAME) == 0;
	const char *category = weir_load_category(policy, entry->category);
	const char *action = action_of(policy, entry, is_below);
	const char *below = action_of(policy, entry, true);

	fprintf(stream, "%s: %s, %s", weir_load_feed(policy, entry->feed),
	    weir_load_scope(weir_scope_text(entry->scope)), action);
	if (weir_entry_action(entry, is_below) == WEIR_ACTION_LOCAL)
		print_answer(policy,
		    is_below ? entry->below_answer : entry->answer, stream);
	if (entry->scope == WEIR_SCOPE_BOTH &&
	    (strcmp(action, below) != 0 ||
		entry->answer != entry->below_answer)) {
		fprintf(stream, ", below it %s", below);
		if (entry->below_action == WEIR_ACTION_LOCAL)
			print_answer(policy, entry->below_answer, stream);
	}
	if (entry->flags != 0)
		fputs(", important", stream);
	if (category[0] != '\0')
		fprintf(stream, ", category %s", category);
	fprintf(stream, ", confidence %u", (unsigned int)entry->confidence);
	print_time("first seen", entry->first_seen, stream);
	print_time("until", entry->valid_until, stream);
}

json_t *
weir_load_rule(const struct weir_local_rule *rule)
{
	char form[WEIR_RULE_TEXT_SIZE];

	weir_rules_form_print(rule, form);
	return json_pack("{s:s, s:s, s:I, s:I, s:s}", "list",
	    weir_rules_list_text(rule->feed), "name", form, "made_unix",
	    (json_int_t)rule->made_unix, "until_unix",
	    (json_int_t)rule->until_unix, "why", rule->why);
}

void
weir_load_rule_print(const struct weir_local_rule *rule, FILE *stream)
{
	char form[WEIR_RULE_TEXT_SIZE];

	weir_rules_form_print(rule, form);
	fprintf(stream, "%s %s", weir_rules_list_text(rule->feed), form);
	print_time("made", rule->made_unix, stream);
	if (rule->until_unix == 0)
		fputs(", for ever", stream);
	print_time("until", rule->until_unix, stream);
	if (rule->why[0] != '\0')
		fprintf(stream, ", why: %s", rule->why);
}

void
weir_load_give_way(void)
{
	errno = 0;
	if (nice(LOWEST_PRIORITY) == -1 && errno != 0)
		weir_log_error("nice: %s", strerror(errno));
	weir_slice_shorten();
}
