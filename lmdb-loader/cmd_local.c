/*
 * cmd_local.c - weir-load allow, deny, forget: rules of one's own, at once.
 *
 * The rules lie in local.rules (rules.h); what they change in the generation in
 * force goes into a new overlay, as a delta's names do, so it costs what there
 * are of rules.  A rule with an end carries it into the database: the module
 * lets go of it at that second, nobody has to come back.
 *
 * Each of these commands brings all rules into the generation, so what one that
 * was killed has left undone is done by the next.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lib/settings_names.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/denied.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/local.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/report.h"

struct change {
	const struct weir_load *load;
	int feed; /* whose rules are made; -1: forget */
	uint32_t now_unix;
	struct weir_store store;
	struct weir_generation old;
	struct weir_rules rules, before; /* all of them: new, old */
	struct weir_rules made, gone;
	struct weir_local local;
	bool is_compacting;
	struct weir_ack ack;
	double swap_s, acknowledge_s;
	struct weir_problem problem;
};

static int
open_store(struct change *change)
{
	struct weir_problem *problem = &change->problem;
	int ret;

	ret = weir_store_lock(change->load->settings->database,
	    WEIR_LOCK_WAIT_MS, &change->store, problem);
	if (ret < 0) {
		change->store.folder = NULL;
		return ret;
	}
	if (problem->text[0] != '\0')
		return WEIR_EFORMAT; /* a damaged `current` */
	if (!change->store.has_current)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: no database yet (weir-load apply makes it)",
		    change->store.folder);
	ret = weir_store_open_generation(&change->store, &change->store.current,
	    false, &change->old, problem);
	if (ret == 0)
		ret = weir_rules_read(change->store.folder, WEIR_RULES_FILE,
		    &change->rules, problem);
	if (ret == 0)
		ret = weir_rules_read(change->store.folder, WEIR_RULES_FILE,
		    &change->before, problem);
	return ret;
}

static int
set_rule(struct change *change, const struct weir_name_rule *name)
{
	const struct weir_load *load = change->load;
	struct weir_local_rule rule = { .feed = (uint16_t)change->feed,
		.scope = name->scope,
		.name = name->name,
		.made_unix = change->now_unix };
	const struct weir_name_rule *configured;
	struct weir_rules none = { 0 };
	int ret;

	if (load->for_s > 0)
		rule.until_unix = change->now_unix + load->for_s;
	if (load->why != NULL)
		(void)strcpy(rule.why, load->why);
	configured = weir_rules_find_configured(load->settings, &rule);
	if (configured != NULL)
		return weir_problem_set(&change->problem, WEIR_EFORMAT,
		    "%s:%u: %s: has %.120s already, for ever; change it there, "
		    "then weir-load apply",
		    load->settings->path, configured->line,
		    weir_rules_list_text(rule.feed), configured->text);
	ret = weir_rules_set(&change->rules, &rule, &change->gone);
	if (ret == WEIR_ELIMIT)
		return weir_problem_set(&change->problem, ret,
		    "there are %d local rules already; more belong into "
		    "weir.yaml or a list",
		    WEIR_RULES_MAX);
	if (ret == 0)
		ret = weir_rules_set(&change->made, &rule, &none);
	weir_rules_done(&none);
	return ret;
}

/* A rule that only weir.yaml has is not ours to forget. */
static int
forget_rule(
    struct change *change, const struct weir_name_rule *name, const char *text)
{
	const struct weir_settings *settings = change->load->settings;
	struct weir_local_rule rule = { .name = name->name };
	const struct weir_name_rule *configured = NULL;
	unsigned int scope = 0, count = change->gone.count;
	int ret;

	if (text[0] == '=' || text[0] == '*')
		scope = name->scope;
	ret = weir_rules_forget(
	    &change->rules, &name->name, scope, &change->gone);
	if (ret < 0 || change->gone.count > count)
		return ret;
	for (rule.feed = 0; rule.feed < WEIR_FEED_FIRST && configured == NULL;
	     rule.feed++)
		configured = weir_rules_find_configured(settings, &rule);
	if (configured != NULL)
		return weir_problem_set(&change->problem, WEIR_EMISSING,
		    "%.120s: no rule of allow or deny, but one of %s:%u; take "
		    "it out there, then weir-load apply",
		    text, settings->path, configured->line);
	return weir_problem_set(&change->problem, WEIR_EMISSING,
	    "%.120s: there is no such local rule (weir-load status lists "
	    "them)",
	    text);
}

static int
change_rules(struct change *change)
{
	const struct weir_load *load = change->load;
	struct weir_name_rule name = { .text = NULL };
	unsigned int i;
	int ret = 0;

	for (i = 0; i < load->arg_count && ret == 0; i++) {
		if (weir_settings_rule_parse(load->args[i], false, &name) !=
		    NULL)
			return WEIR_EFORMAT; /* check_names has seen them */
		ret = change->feed >= 0
			  ? set_rule(change, &name)
			  : forget_rule(change, &name, load->args[i]);
	}
	if (ret < 0 && change->problem.text[0] == '\0')
		(void)weir_problem_set(
		    &change->problem, ret, "%s", weir_error_text(ret));
	return ret;
}

/* The numbers of names of the two lists in the report. */
static void
note_counts(struct change *change, uint64_t before)
{
	unsigned int feed;
	bool is_noted = false;

	for (feed = 0; feed < WEIR_FEED_FIRST; feed++) {
		if (change->local.entries[feed] == 0)
			continue;
		weir_report_keep(&change->store, before,
		    weir_rules_list_text(feed), change->local.entries[feed]);
		before = change->store.current.generation;
		is_noted = true;
	}
	if (!is_noted)
		weir_report_keep(&change->store, before, NULL, 0);
}

static int
swap(struct change *change)
{
	const struct weir_rules *gone[] = { &change->before, NULL };
	uint64_t start_ns = weir_clock_ns(), before;
	struct weir_rules then;
	int ret;

	before = change->store.current.generation;
	weir_local_read(&change->store, before, &then);
	gone[1] = &then;
	ret = weir_local_make(&change->old, &change->rules, gone, 2,
	    change->now_unix, &change->local);
	weir_rules_done(&then);
	if (ret < 0)
		return weir_problem_set(&change->problem, ret,
		    "the rules cannot be compared with the generation: %s",
		    weir_error_text(ret));
	if (change->local.changes.count == 0)
		return weir_rules_write(
		    change->store.folder, &change->rules, &change->problem);
	ret = weir_local_publish(&change->store, &change->old,
	    &change->store.current, &change->local, &change->rules,
	    &change->before, &change->problem);
	if (ret == 0)
		note_counts(change, before);
	change->swap_s = weir_load_seconds_since(start_ns);
	return ret;
}

/* As after a delta. */
static bool
is_full(const struct change *change)
{
	uint64_t changes = change->local.changes.count, names = changes;

	if (change->old.overlay != NULL)
		names += weir_db_header(change->old.overlay)->name_count;
	return changes > 0 &&
	       names > weir_overlay_measure(changes,
			   weir_db_header(change->old.base)->name_count);
}

/* What decides about the rule's name (or the names below it) now: the reason, or
 * false: the rule itself, or the rule has ended. */
static bool
find_better(const struct change *change, const struct weir_local_rule *rule,
    char *reason)
{
	struct weir_generation generation = { .base = NULL };
	struct weir_verdict verdict = { .is_postponed = false };
	const struct weir_policy *policy;
	struct weir_matches matches;
	bool is_better = false;

	if (rule->scope == WEIR_SCOPE_SUBDOMAINS ||
	    weir_generation_open(change->store.folder, &change->store.current,
		&change->old, &generation, NULL) < 0)
		return false;
	policy = weir_generation_policy(&generation);
	if (weir_generation_lookup(&generation, &rule->name, &matches) == 1 &&
	    weir_policy_decide(policy, &matches, change->now_unix, &verdict) ==
		0 &&
	    verdict.decided.is_set &&
	    verdict.decided.entry.feed != rule->feed) {
		(void)weir_rule_print(policy, &verdict.decided, &rule->name,
		    NULL, reason, WEIR_REASON_SIZE);
		is_better = true;
	}
	weir_generation_close(&generation);
	return is_better;
}

static json_t *
describe_rules(const struct weir_rules *rules)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < rules->count; i++)
		(void)json_array_append_new(
		    array, weir_load_rule(&rules->items[i]));
	return array;
}

static int
print_json(const struct change *change, int exit_code)
{
	const struct weir_current *current = &change->store.current;
	json_t *modules = change->ack.modules;

	return weir_load_print(
	    json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:b, s:o, "
		      "s:{s:f, s:f}}",
		"result",
		change->local.changes.count == 0 ? "unchanged" : "applied",
		"generation", (json_int_t)current->generation, "serial",
		(json_int_t)current->serial, "names",
		(json_int_t)current->name_count, "rules",
		describe_rules(&change->made), "gone",
		describe_rules(&change->gone), "compacting",
		(int)change->is_compacting, "modules",
		modules != NULL ? json_incref(modules) : json_array(),
		"seconds", "swap", change->swap_s, "acknowledge",
		change->acknowledge_s),
	    exit_code);
}

static void
print_rules(const struct weir_rules *rules, const char *what)
{
	unsigned int i;

	for (i = 0; i < rules->count; i++) {
		printf("%s", what);
		weir_load_rule_print(&rules->items[i], stdout);
		putchar('\n');
	}
}

static int
print(const struct change *change, int exit_code)
{
	const struct weir_current *current = &change->store.current;
	char reason[WEIR_REASON_SIZE];
	unsigned int i;

	if (change->load->json)
		return print_json(change, exit_code);
	print_rules(
	    &change->gone, change->feed >= 0 ? "in place of: " : "forgotten: ");
	print_rules(&change->made, "");
	for (i = 0; i < change->made.count; i++)
		if (find_better(change, &change->made.items[i], reason))
			printf("  but it does not decide: %s\n", reason);
	printf("generation %" PRIu64 "%s, serial %" PRIu64 ": %" PRIu64
	       " names\nswapped in %.3f s",
	    current->generation,
	    change->local.changes.count == 0 ? " stays" : "", current->serial,
	    current->name_count, change->swap_s);
	weir_ack_print(
	    &change->ack, change->load->no_wait, change->acknowledge_s);
	return exit_code;
}

static void
clean_up(struct change *change)
{
	weir_ack_done(&change->ack);
	weir_local_done(&change->local);
	weir_rules_done(&change->rules);
	weir_rules_done(&change->before);
	weir_rules_done(&change->made);
	weir_rules_done(&change->gone);
	weir_generation_close(&change->old);
	weir_store_close(&change->store);
}

/* Before anything is in force: that too much is blocked shows soon enough. */
static void
warn_of_made(const struct change *change)
{
	struct weir_name_rules rules = { .count = 0 };
	unsigned int i;

	rules.items = calloc(change->made.count + 1, sizeof(*rules.items));
	if (rules.items == NULL)
		return;
	for (i = 0; i < change->made.count; i++) {
		rules.items[i].name = change->made.items[i].name;
		rules.items[i].scope = change->made.items[i].scope;
	}
	rules.count = change->made.count;
	weir_denied_warn(change->load->settings, &rules, false, true);
	free(rules.items);
}

static int
check_names(const struct weir_load *load)
{
	struct weir_name_rule name = { .text = NULL };
	const char *wrong;
	unsigned int i;

	for (i = 0; i < load->arg_count; i++) {
		wrong = weir_settings_rule_parse(load->args[i], false, &name);
		if (wrong != NULL)
			return weir_load_usage(
			    load, "%.120s: %s", load->args[i], wrong);
	}
	return 0;
}

static int
change_local(const struct weir_load *load, int feed)
{
	struct change change = { .load = load,
		.feed = feed,
		.now_unix = (uint32_t)time(NULL),
		.store = { .lock_fd = -1 } };
	int ret, exit_code;

	exit_code = check_names(load);
	if (exit_code != 0)
		return exit_code;
	ret = open_store(&change);
	if (ret == 0)
		ret = change_rules(&change);
	if (ret == 0 && feed == WEIR_FEED_DENY)
		warn_of_made(&change);
	if (ret == 0)
		ret = swap(&change);
	if (ret < 0) {
		exit_code = weir_load_fail(load, &change.problem);
		clean_up(&change);
		return exit_code;
	}
	exit_code = weir_load_acknowledge(
	    load, &change.store, &change.ack, &change.acknowledge_s);
	weir_store_prune(&change.store, load->settings->keep_generations);
	change.is_compacting = is_full(&change);
	exit_code = print(&change, exit_code);
	clean_up(&change);
	if (change.is_compacting)
		weir_compact_aside(load);
	return exit_code;
}

int
weir_cmd_allow(const struct weir_load *load)
{
	return change_local(load, WEIR_FEED_ALLOW);
}

int
weir_cmd_deny(const struct weir_load *load)
{
	return change_local(load, WEIR_FEED_DENY);
}

int
weir_cmd_forget(const struct weir_load *load)
{
	return change_local(load, -1);
}
