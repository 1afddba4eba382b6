/*
 * cmd_explain.c - weir-load explain: why a name is blocked, or why not.
 *
 * Asks the same functions as the module (lib/db.h, lib/policy.h), so that both
 * say the same.  Everything is put into one JSON document; the text is printed
 * from it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "lib/reply.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/qtype.h"

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
};

/* Why an entry decides or does not, in the order in which the policy looks. */
static const char *
judge_entry(const struct explain *explain, const struct weir_match *match,
    const struct weir_entry *entry)
{
	const struct weir_rule *decided = &explain->verdict.decided;
	unsigned int needed = match->label == 0 ? WEIR_SCOPE_NAME
						: WEIR_SCOPE_SUBDOMAINS;

	if ((entry->scope & needed) == 0)
		return match->label == 0 ? "holds for subdomains only"
					 : "holds for that name only";
	if (weir_entry_action(entry, match->label > 0) == WEIR_ACTION_CANCELLED)
		return "is cancelled by its own list";
	if (0) {
		if (entry->valid_until != 0 &&
		    entry->valid_until <= explain->now_unix)
			return "is past its valid-until";
		return "is below its feed's minimum confidence";
	}
	if (decided->is_set && decided->entry.feed == entry->feed &&
	    decided->label == match->label)
		return "decides";
	if (decided->is_set && decided->entry.feed < entry->feed)
		return "a rule that ranks before it decides";
	if (explain->policy->feeds[entry->feed].mode == WEIR_MODE_SHADOW)
		return "is in shadow mode: only counted";
	if (weir_entry_action(entry, match->label > 0) == WEIR_ACTION_EXCEPT)
		return "is an exception of its own feed";
	return "a more specific name of the same feed decides";
}

static int
add_entries(const struct explain *explain, const struct weir_match *match,
    json_t *array)
{
	struct weir_entry entry;
	json_t *object;
	unsigned int i;
	int ret;

	for (i = 0; match != NULL && i < match->entry_count; i++) {
		ret = weir_entry_decode(
		    match->entries + i * WEIR_ENTRY_BYTES, &entry);
		if (ret < 0)
			return ret;
		object = weir_load_entry(explain->policy, &entry);
		if (object == NULL ||
		    json_object_set_new(object, "verdict",
			json_string(judge_entry(explain, match, &entry))) !=
			0 ||
		    json_array_append_new(array, object) != 0)
			return WEIR_EMEMORY;
	}
	return 0;
}

/* The name and each of its ancestors, with what was found there. */
static int
add_steps(const struct explain *explain, json_t *steps)
{
	const struct weir_match *match;
	char text[WEIR_NAME_TEXT_SIZE];
	unsigned int label, i;
	json_t *entries;
	int ret = 0;

	for (label = 0; label < explain->name.label_count && ret == 0;
	     label++) {
		match = NULL;
		for (i = 0; i < explain->matches.count; i++)
			if (explain->matches.items[i].label == label)
				match = &explain->matches.items[i];
		weir_name_print_from(&explain->name, label, text);
		entries = json_array();
		ret = add_entries(explain, match, entries);
		if (json_array_append_new(
			steps, json_pack("{s:s, s:o}", "name", text, "entries",
				   entries)) != 0)
			ret = WEIR_EMEMORY;
	}
	return ret;
}

static json_t *
describe_rule(const struct explain *explain, const struct weir_rule *rule)
{
	char owner[WEIR_NAME_TEXT_SIZE], reason[WEIR_REASON_SIZE];

	if (!rule->is_set)
		return json_null();
	weir_name_print_from(&explain->name, rule->label, owner);
	weir_rule_print(explain->policy, rule, &explain->name, NULL, reason,
	    sizeof(reason));
	return json_pack("{s:s, s:s, s:s, s:s}", "feed",
	    weir_load_feed(explain->policy, rule->entry.feed), "name", owner,
	    "action", weir_action_text(rule->action), "reason", reason);
}

/* The record of a sinkhole. */
static void
print_sinkhole(const struct explain *explain, enum weir_reply_kind kind,
    char *text, size_t size)
{
	const struct weir_policy *policy = explain->policy;
	char data[WEIR_NAME_TEXT_SIZE];
	const char *type = explain->qtype_text, *dot = "";

	if (kind == WEIR_REPLY_ALIAS) {
		weir_name_print(&policy->sinkhole_name, data);
		type = "CNAME";
		dot = ".";
	} else if (kind == WEIR_REPLY_IPV4) {
		inet_ntop(AF_INET, &policy->sinkhole_ipv4, data, sizeof(data));
	} else {
		inet_ntop(AF_INET6, &policy->sinkhole_ipv6, data, sizeof(data));
	}
	snprintf(text, size, "%s. %" PRIu32 " IN %s %s%s", explain->name_text,
	    policy->block_ttl_s, type, data, dot);
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
	reply = weir_reply_for(
	    explain->policy, rule->action, explain->load->qtype);
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
		print_sinkhole(explain, reply.kind, answer, sizeof(answer));
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
	    rcode_text(reply.rcode), "answer", list_of(answer), "authority",
	    list_of(soa), "ede", "code",
	    (int)explain->policy->feeds[rule->entry.feed].ede_code, "text",
	    reason, "note", note);
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
	return json_pack("{s:s, s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:b}",
	    "name", explain->name_text, "type", explain->qtype_text,
	    "generation", (json_int_t)generation, "result", result, "steps",
	    steps, "decided", describe_rule(explain, &verdict->decided),
	    "shadow", describe_rule(explain, &verdict->shadow), "answer",
	    describe_answer(explain), "never_block",
	    (int)is_never_blocked(explain));
}

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static void
print_steps(json_t *steps)
{
	json_t *step, *entry, *entries;
	const char *category;
	size_t i, j;

	json_array_foreach(steps, i, step)
	{
		entries = json_object_get(step, "entries");
		printf("  %s:%s\n", text_of(step, "name"),
		    json_array_size(entries) == 0 ? " nothing" : "");
		json_array_foreach(entries, j, entry)
		{
			category = text_of(entry, "category");
			printf("    %s: %s, %s%s%s, confidence %lld: %s\n",
			    text_of(entry, "feed"),
			    weir_load_scope(text_of(entry, "scope")),
			    text_of(entry, "action"),
			    category[0] != '\0' ? ", category " : "", category,
			    (long long)json_integer_value(
				json_object_get(entry, "confidence")),
			    text_of(entry, "verdict"));
		}
	}
}

static void
print_answer(json_t *answer)
{
	json_t *record, *ede = json_object_get(answer, "ede");
	const char *note = text_of(answer, "note");
	size_t i;

	printf("a client gets: %s%s%s\n", text_of(answer, "rcode"),
	    note[0] != '\0' && text_of(answer, "rcode")[0] != '\0' ? ", " : "",
	    note);
	json_array_foreach(json_object_get(answer, "answer"), i, record)
	    printf("  answer: %s\n", json_string_value(record));
	json_array_foreach(json_object_get(answer, "authority"), i, record)
	    printf("  authority: %s\n", json_string_value(record));
	if (json_is_object(ede))
		printf("  extended error %lld: %s\n",
		    (long long)json_integer_value(json_object_get(ede, "code")),
		    text_of(ede, "text"));
}

static void
print_text(json_t *document)
{
	json_t *decided = json_object_get(document, "decided");
	json_t *shadow = json_object_get(document, "shadow");

	printf("%s %s: %s\n", text_of(document, "name"),
	    text_of(document, "type"), text_of(document, "result"));
	print_steps(json_object_get(document, "steps"));
	if (json_is_object(decided))
		printf("decided: %s (%s)\n", text_of(decided, "reason"),
		    text_of(decided, "action"));
	else
		printf("decided: no rule speaks about it, so it is resolved "
		       "as usual\n");
	if (json_is_true(json_object_get(document, "never_block")))
		printf("never-block has it: apply lets no feed list it; allow "
		       "and deny still hold\n");
	if (json_is_object(shadow))
		printf("in shadow mode: %s (would have been %s)\n",
		    text_of(shadow, "reason"), text_of(shadow, "action"));
	print_answer(json_object_get(document, "answer"));
	if (!json_is_object(decided))
		printf("the names that its answer leads to (CNAME, DNAME, "
		       "SVCB, HTTPS) are asked about too, when it is "
		       "resolved\n");
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
	explain.policy = weir_generation_policy(&files);
	explain.serial = store.current.serial;
	weir_name_print(&explain.name, explain.name_text);
	weir_qtype_print(load->qtype, explain.qtype_text);
	ret = weir_generation_lookup(&files, &explain.name, &explain.matches);
	if (ret >= 0)
		ret = weir_policy_decide(explain.policy, &explain.matches,
		    explain.now_unix, &explain.verdict);
	if (ret == 0)
		document = describe(&explain, store.current.generation);
	weir_generation_close(&files);
	weir_store_close(&store);
	if (ret < 0) {
		(void)weir_problem_set(
		    &problem, ret, "the database is damaged (weir-load check)");
		return weir_load_fail(load, &problem);
	}
	if (load->json || document == NULL)
		return weir_load_print(document, WEIR_EXIT_DONE);
	print_text(document);
	json_decref(document);
	return WEIR_EXIT_DONE;
}
