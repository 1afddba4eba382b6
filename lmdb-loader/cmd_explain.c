/*
 * cmd_explain.c - weir-load explain: why a name is blocked, or why not.
 *
 * Asks the same functions as the module (lib/db.h, lib/policy.h), so that both
 * say the same.  Everything is put into one JSON document; explain_print.c prints
 * the text from it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/log.h"
#include "lib/reply.h"
#include "lmdb-loader/answer_text.h"
#include "lmdb-loader/explain_print.h"
#include "lmdb-loader/guard.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/near.h"
#include "lmdb-loader/origin.h"
#include "lmdb-loader/qtype.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/rules.h"

struct explain {
	const struct weir_load *load;
	const struct weir_policy *policy;
	struct weir_name name;
	char name_text[WEIR_NAME_TEXT_SIZE];
	char qtype_text[WEIR_QTYPE_TEXT_SIZE];
	struct weir_matches matches;
	struct weir_verdict verdict;
	uint32_t now_unix;
	uint64_t serial;
	struct weir_rules rules; /* of allow and deny */
	json_t *report;          /* of the generation; NULL */
	json_t *lists;           /* of the feeds, read again */
	json_t *near;            /* entries, if the name is not blocked */
};

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static long long
integer(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Whether `name` is the ancestor of the name asked for that begins at `label`.
 */
static bool
is_ancestor(const struct explain *explain, const struct weir_name *name,
    unsigned int label)
{
	const struct weir_name *asked = &explain->name;

	return name->len == asked->len - asked->offset[label] &&
	       memcmp(name->wire, asked->wire + asked->offset[label],
		   name->len) == 0;
}

/* The rule of allow or deny that the entry was made of, NULL. */
static const struct weir_local_rule *
find_rule(const struct explain *explain, const struct weir_entry *entry,
    unsigned int label)
{
	const struct weir_local_rule *rule;
	unsigned int i;

	for (i = 0; i < explain->rules.count; i++) {
		rule = &explain->rules.items[i];
		if (entry->feed == rule->feed &&
		    entry->first_seen == rule->made_unix &&
		    is_ancestor(explain, &rule->name, label))
			return rule;
	}
	return NULL;
}

/* Where a local rule stands: in weir.yaml, or in the mind of who made it. */
static void
add_rule(const struct explain *explain, const struct weir_entry *entry,
    unsigned int label, json_t *object)
{
	const struct weir_settings *settings = explain->load->settings;
	const struct weir_name_rules *rules = entry->feed == WEIR_FEED_ALLOW
						  ? &settings->allow
						  : &settings->deny;
	const struct weir_local_rule *rule = find_rule(explain, entry, label);
	json_t *places;
	unsigned int i;

	if (entry->first_seen != 0) {
		(void)json_object_set_new(object, "rule",
		    rule != NULL ? weir_load_rule(rule) : json_null());
		return;
	}
	places = json_array();
	for (i = 0; i < rules->count; i++)
		if (is_ancestor(explain, &rules->items[i].name, label))
			(void)json_array_append_new(places,
			    json_pack("{s:o, s:I}", "file",
				weir_load_string(settings->path), "line",
				(json_int_t)rules->items[i].line));
	(void)json_object_set_new(object, "places", places);
}

/* A line of a list; of a signed feed the state that has it. */
static json_t *
describe_place(json_t *list, json_t *place)
{
	json_t *sequence = json_object_get(list, "sequence");

	if (json_is_integer(sequence))
		return json_pack("{s:O, s:O}", "feed",
		    json_object_get(list, "feed"), "sequence", sequence);
	return json_pack("{s:O, s:O}", "file", json_object_get(list, "file"),
	    "line", json_object_get(place, "line"));
}

/* Where a feed's entry stands in its list. */
static void
add_places(const struct explain *explain, const struct weir_entry *entry,
    unsigned int label, json_t *object)
{
	const char *feed = weir_load_feed(explain->policy, entry->feed);
	json_t *places = json_array(), *list, *place;
	size_t i, j;

	json_array_foreach(explain->lists, i, list)
	{
		if (strcmp(text_of(list, "feed"), feed) != 0)
			continue;
		json_array_foreach(json_object_get(list, "places"), j, place)
		{
			if (integer(place, "label") != (long long)label ||
			    json_is_string(json_object_get(place, "refused")))
				continue;
			(void)json_array_append_new(
			    places, describe_place(list, place));
		}
	}
	(void)json_object_set_new(object, "places", places);
}

static json_t *
describe_entry(const struct explain *explain, unsigned int match,
    unsigned int number, const struct weir_entry *entry)
{
	unsigned int label = explain->matches.items[match].label;
	json_t *object = weir_load_entry(explain->policy, entry);
	enum weir_fate fate;

	if (object == NULL ||
	    weir_policy_explain_entry(explain->policy, &explain->matches,
		explain->now_unix, match, number, &fate) < 0) {
		json_decref(object);
		return NULL;
	}
	(void)json_object_set_new(
	    object, "fate", json_string(weir_fate_word(fate)));
	(void)json_object_set_new(
	    object, "verdict", json_string(weir_fate_text(fate)));
	if (entry->feed < WEIR_FEED_FIRST)
		add_rule(explain, entry, label, object);
	else
		add_places(explain, entry, label, object);
	return object;
}

/* The entries of the match for that label; none, if there is no match. */
static int
add_entries(const struct explain *explain, unsigned int label, json_t *array)
{
	const struct weir_match *match;
	struct weir_entry entry;
	unsigned int i, j;
	int ret;

	for (i = 0; i < explain->matches.count; i++) {
		match = &explain->matches.items[i];
		for (j = 0; match->label == label && j < match->entry_count;
		     j++) {
			ret = weir_entry_decode(
			    match->entries + j * WEIR_ENTRY_BYTES, &entry);
			if (ret < 0)
				return ret;
			if (json_array_append_new(array,
				describe_entry(explain, i, j, &entry)) != 0)
				return WEIR_EMEMORY;
		}
	}
	return 0;
}

/* The name and each of its ancestors, with what was found there. */
static int
add_steps(const struct explain *explain, json_t *steps)
{
	char text[WEIR_NAME_TEXT_SIZE];
	unsigned int label;
	json_t *entries;
	int ret = 0;

	for (label = 0; label < explain->name.label_count && ret == 0;
	     label++) {
		weir_name_print_from(&explain->name, label, text);
		entries = json_array();
		ret = add_entries(explain, label, entries);
		if (json_array_append_new(
			steps, json_pack("{s:s, s:o}", "name", text, "entries",
				   entries)) != 0)
			ret = WEIR_EMEMORY;
	}
	return ret;
}

/* What the report noted of the feed's list when the generation was made. */
static json_t *
find_report(const struct explain *explain, const char *feed)
{
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(explain->report, "feeds"), i,
	    object) if (strcmp(text_of(object, "name"), feed) ==
			0) return object;
	return NULL;
}

static json_t *
describe_places(
    const struct explain *explain, const struct weir_origins *origins)
{
	json_t *places = json_array(), *place;
	char name[WEIR_NAME_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i < origins->count; i++) {
		const struct weir_origin *origin = &origins->items[i];

		weir_name_print_from(&explain->name, origin->label, name);
		place = json_pack("{s:s, s:i, s:I, s:s?}", "name", name,
		    "label", (int)origin->label, "line",
		    (json_int_t)origin->line, "refused",
		    origin->refused == WEIR_GUARD_FINE
			? NULL
			: weir_list_reason_text((unsigned int)origin->refused));
		(void)json_array_append_new(places, place);
	}
	return places;
}

/* What the parser has refused is in no list of names; the report knows examples,
 * as the list has them. */
static void
add_refused(const struct explain *explain, json_t *report, json_t *places)
{
	json_t *refused, *example;
	const char *said;
	size_t i, j, len;

	json_array_foreach(json_object_get(report, "refused"), i, refused)
	    json_array_foreach(json_object_get(refused, "examples"), j, example)
	{
		said = text_of(example, "text");
		len = strlen(said);
		if (len > 0 && said[len - 1] == '.')
			len--;
		if (json_is_true(json_object_get(refused, "skipped")) ||
		    strlen(explain->name_text) != len ||
		    strncasecmp(said, explain->name_text, len) != 0)
			continue;
		(void)json_array_append_new(
		    places, json_pack("{s:s, s:i, s:O, s:O}", "name",
				explain->name_text, "label", 0, "line",
				json_object_get(example, "line"), "refused",
				json_object_get(refused, "text")));
	}
}

static bool
has_refused(json_t *places)
{
	json_t *place;
	size_t i;

	json_array_foreach(
	    places, i, place) if (json_is_string(json_object_get(place,
				      "refused"))) return true;
	return false;
}

/* The feed's list, read again. */
static json_t *
read_list(const struct explain *explain, unsigned int feed,
    const struct weir_guard *guard)
{
	const struct weir_settings *settings = explain->load->settings;
	const struct weir_feed_settings *its = &settings->feeds[feed];
	json_t *report = find_report(explain, its->name);
	struct weir_origins *origins = malloc(sizeof(*origins));
	struct weir_problem problem = { "" };
	bool is_changed;
	json_t *list;

	if (origins == NULL)
		return NULL;
	(void)!weir_origin_find(
	    settings, feed, guard, &explain->name, origins, &problem);
	is_changed = report != NULL && !origins->is_state &&
		     (integer(report, "octets") != (long long)origins->size ||
			 integer(report, "modified_ns") !=
			     (long long)origins->modified_ns);
	list = json_pack("{s:s, s:o, s:b, s:o, s:I, s:o}", "feed", its->name,
	    "file", weir_load_string(its->file), "changed", (int)is_changed,
	    "problem", weir_load_string(problem.text), "count",
	    (json_int_t)origins->total, "places",
	    describe_places(explain, origins));
	if (list != NULL && !is_changed &&
	    !has_refused(json_object_get(list, "places")))
		add_refused(explain, report, json_object_get(list, "places"));
	if (list != NULL && origins->is_state)
		(void)json_object_set_new(list, "sequence",
		    json_integer((json_int_t)origins->sequence));
	free(origins);
	return list;
}

/* Whether the database has an entry of the feed that was found. */
static bool
has_entry(const struct explain *explain, const char *feed)
{
	const struct weir_match *match;
	struct weir_entry entry;
	unsigned int i, j;

	for (i = 0; i < explain->matches.count; i++) {
		match = &explain->matches.items[i];
		for (j = 0; j < match->entry_count; j++)
			if (weir_entry_decode(
				match->entries + j * WEIR_ENTRY_BYTES,
				&entry) == 0 &&
			    strcmp(weir_load_feed(explain->policy, entry.feed),
				feed) == 0)
				return true;
	}
	return false;
}

/* The lists of the feeds that have an entry; if the name is not blocked, of all:
 * one may have been refused. */
static int
read_lists(struct explain *explain)
{
	const struct weir_settings *settings = explain->load->settings;
	struct weir_problem problem = { "" };
	struct weir_guard guard;
	unsigned int i;
	int ret = 0;

	/* What is in force is explained all the same. */
	if (weir_guard_init(&guard, settings, &problem) < 0) {
		weir_log_error(
		    "%s; the lists are not looked into", problem.text);
		return 0;
	}
	for (i = 0; i < settings->feed_count && ret == 0; i++)
		if (settings->feeds[i].file != NULL &&
		    (!weir_verdict_is_block(&explain->verdict) ||
			has_entry(explain, settings->feeds[i].name)) &&
		    json_array_append_new(
			explain->lists, read_list(explain, i, &guard)) != 0)
			ret = WEIR_EMEMORY;
	weir_guard_done(&guard);
	return ret;
}

static int
add_near(void *arg, const struct weir_name *name,
    const struct weir_db_record *record)
{
	const struct explain *explain = arg;
	char text[WEIR_NAME_TEXT_SIZE];
	json_t *entries = json_array();
	struct weir_entry entry;
	unsigned int i;

	for (i = 0; i < record->entry_count; i++)
		if (weir_entry_decode(
			record->entries + i * WEIR_ENTRY_BYTES, &entry) == 0)
			(void)json_array_append_new(
			    entries, weir_load_entry(explain->policy, &entry));
	weir_name_print(name, text);
	return json_array_append_new(explain->near,
		   json_pack("{s:s, s:o}", "name", text, "entries", entries)) ==
		       0
		   ? 0
		   : WEIR_EMEMORY;
}

static json_t *
describe_rule(const struct explain *explain, const struct weir_rule *rule)
{
	char owner[WEIR_NAME_TEXT_SIZE], reason[WEIR_REASON_SIZE];
	const struct weir_local_rule *local;

	if (!rule->is_set)
		return json_null();
	weir_name_print_from(&explain->name, rule->label, owner);
	weir_rule_print(explain->policy, rule, &explain->name, NULL, reason,
	    sizeof(reason));
	local = find_rule(explain, &rule->entry, rule->label);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "feed",
	    weir_load_feed(explain->policy, rule->entry.feed), "name", owner,
	    "action", weir_action_text(rule->action), "reason", reason,
	    "valid_until", (json_int_t)rule->entry.valid_until, "why",
	    local != NULL ? local->why : "");
}

/* The record of a sinkhole, or an alias. */
static void
print_sinkhole(const struct explain *explain, const struct weir_reply *reply,
    char *text, size_t size)
{
	const struct weir_policy *policy = explain->policy;
	const char *type = explain->qtype_text, *dot = "";
	uint32_t ttl_s = policy->block_ttl_s;
	char data[WEIR_NAME_TEXT_SIZE] = "?";
	struct weir_name name;

	if (reply->kind == WEIR_REPLY_ALIAS) {
		if (weir_name_from_wire(reply->octets, reply->len, &name) == 0)
			weir_name_print(&name, data);
		type = "CNAME";
		dot = ".";
		ttl_s = reply->ttl_s;
	} else if (reply->kind == WEIR_REPLY_IPV4) {
		inet_ntop(AF_INET, &policy->sinkhole_ipv4, data, sizeof(data));
	} else {
		inet_ntop(AF_INET6, &policy->sinkhole_ipv6, data, sizeof(data));
	}
	snprintf(text, size, "%s. %" PRIu32 " IN %s %s%s", explain->name_text,
	    ttl_s, type, data, dot);
}

/* The records that a list gives itself, with their owner. */
static json_t *
list_records(const struct explain *explain, const struct weir_reply *reply)
{
	json_t *records = weir_answer_text_list(reply->octets, reply->len);
	json_t *list = json_array(), *record;
	size_t i;

	json_array_foreach(records, i, record)(void) json_array_append_new(
	    list, json_sprintf(
		      "%s. %s", explain->name_text, json_string_value(record)));
	json_decref(records);
	return list;
}

/* The SOA of a negative answer (lib/reply.h). */
static void
print_soa(const struct explain *explain, char *text, size_t size)
{
	char owner[WEIR_NAME_TEXT_SIZE];
	uint32_t ttl_s = explain->policy->block_ttl_s;

	weir_name_print_from(
	    &explain->name, explain->verdict.decided.label, owner);
	snprintf(text, size,
	    "%s. %" PRIu32 " IN SOA weir.invalid. nobody.invalid. %" PRIu32
	    " %d %d %d %" PRIu32,
	    owner, ttl_s, (uint32_t)explain->serial, WEIR_SOA_REFRESH_S,
	    WEIR_SOA_RETRY_S, WEIR_SOA_EXPIRE_S, ttl_s);
}

static json_t *
list_of(const char *text)
{
	return text[0] == '\0' ? json_array() : json_pack("[s]", text);
}

static const char *
rcode_text(unsigned int rcode)
{
	switch (rcode) {
	case WEIR_RCODE_NXDOMAIN:
		return "NXDOMAIN";
	case WEIR_RCODE_REFUSED:
		return "REFUSED";
	default:
		return "NOERROR";
	}
}

/* What a client gets. */
static json_t *
describe_answer(const struct explain *explain)
{
	const struct weir_rule *rule = &explain->verdict.decided;
	char answer[2 * WEIR_NAME_TEXT_SIZE + 64] = "";
	char soa[WEIR_NAME_TEXT_SIZE + 128] = "", reason[WEIR_REASON_SIZE];
	const char *note = "";
	struct weir_reply reply;

	if (!weir_verdict_is_block(&explain->verdict))
		return json_pack("{s:n, s:[], s:[], s:n, s:s}", "rcode",
		    "answer", "authority", "ede", "note",
		    "what the resolver finds");
	reply = weir_reply_for(explain->policy, rule, explain->load->qtype);
	switch (reply.kind) {
	case WEIR_REPLY_NONE:
		return json_pack("{s:n, s:[], s:[], s:n, s:s}", "rcode",
		    "answer", "authority", "ede", "note", "no answer at all");
	case WEIR_REPLY_NEGATIVE:
		print_soa(explain, soa, sizeof(soa));
		break;
	case WEIR_REPLY_IPV4:
	case WEIR_REPLY_IPV6:
	case WEIR_REPLY_ALIAS:
		print_sinkhole(explain, &reply, answer, sizeof(answer));
		break;
	case WEIR_REPLY_TRUNCATED:
		note = "over UDP truncated (TC); over TCP what the resolver "
		       "finds";
		break;
	default:
		break;
	}
	weir_rule_print(explain->policy, rule, &explain->name, NULL, reason,
	    sizeof(reason));
	return json_pack("{s:s, s:o, s:o, s:{s:i, s:s}, s:s}", "rcode",
	    rcode_text(reply.rcode), "answer",
	    reply.kind == WEIR_REPLY_RECORDS ? list_records(explain, &reply)
					     : list_of(answer),
	    "authority", list_of(soa), "ede", "code",
	    (int)weir_rule_ede(explain->policy, rule), "text", reason, "note",
	    note);
}

/* The list guards when names are compiled; the database does not have it. */
static bool
is_never_blocked(const struct explain *explain)
{
	const struct weir_name_rules *rules =
	    &explain->load->settings->never_block;
	unsigned int i;

	for (i = 0; i < rules->count; i++)
		if (weir_name_is_equal(&rules->items[i].name, &explain->name))
			return true;
	return false;
}

static json_t *
describe(const struct explain *explain, uint64_t generation)
{
	const struct weir_verdict *verdict = &explain->verdict;
	json_t *steps = json_array();
	const char *result = "not listed";

	if (steps == NULL || add_steps(explain, steps) < 0) {
		json_decref(steps);
		return NULL;
	}
	if (weir_verdict_is_block(verdict))
		result = "blocked";
	else if (verdict->decided.is_set)
		result = "allowed";
	else if (verdict->shadow.is_set)
		result = "shadowed";
	else if (explain->matches.count > 0)
		result = "not blocked";
	return json_pack("{s:s, s:s, s:I, s:s, s:s?, s:o, s:o, s:o, s:o, s:b, "
			 "s:b, s:O, s:O}",
	    "name", explain->name_text, "type", explain->qtype_text,
	    "generation", (json_int_t)generation, "result", result, "client",
	    explain->load->client, "steps", steps, "decided",
	    describe_rule(explain, &verdict->decided), "shadow",
	    describe_rule(explain, &verdict->shadow), "answer",
	    describe_answer(explain), "never_block",
	    (int)is_never_blocked(explain), "postponed",
	    (int)verdict->is_postponed, "lists", explain->lists, "near",
	    explain->near);
}

static int
look_up(struct explain *explain, const struct weir_store *store,
    const struct weir_generation *files)
{
	struct weir_problem problem = { "" };
	int ret;

	explain->policy = weir_generation_policy(files);
	explain->serial = store->current.serial;
	explain->report = weir_report_load(store, store->current.generation);
	if (weir_rules_read(
		store->folder, WEIR_RULES_FILE, &explain->rules, &problem) < 0)
		weir_log_error("%s", problem.text);
	ret = weir_generation_lookup(files, &explain->name, &explain->matches);
	if (ret >= 0)
		ret = weir_policy_decide(explain->policy, &explain->matches,
		    explain->now_unix, &explain->verdict);
	if (ret == 0)
		ret = read_lists(explain);
	if (ret == 0 && !weir_verdict_is_block(&explain->verdict))
		ret = weir_near_walk(files, &explain->name, add_near, explain);
	return ret;
}

int
weir_cmd_explain(const struct weir_load *load)
{
	struct explain explain = { .load = load,
		.now_unix = (uint32_t)time(NULL) };
	struct weir_problem problem;
	struct weir_store store;
	json_t *document = NULL;
	struct weir_generation files;
	int ret;

	ret = weir_load_name(load, load->args[0], &explain.name);
	if (ret == 0)
		ret = weir_load_open(load, &store, &files);
	if (ret != 0)
		return ret;
	explain.lists = json_array();
	explain.near = json_array();
	weir_name_print(&explain.name, explain.name_text);
	weir_qtype_print(load->qtype, explain.qtype_text);
	ret = look_up(&explain, &store, &files);
	if (ret == 0)
		document = describe(&explain, store.current.generation);
	weir_rules_done(&explain.rules);
	json_decref(explain.report);
	json_decref(explain.lists);
	json_decref(explain.near);
	weir_generation_close(&files);
	weir_store_close(&store);
	if (ret < 0) {
		(void)weir_problem_set(&problem, ret, "%s",
		    ret == WEIR_EMEMORY ? weir_error_text(ret)
					: "the database is damaged "
					  "(weir-load check)");
		return weir_load_fail(load, &problem);
	}
	if (load->json || document == NULL)
		return weir_load_print(document, WEIR_EXIT_DONE);
	weir_explain_print(document);
	json_decref(document);
	return WEIR_EXIT_DONE;
}
