/*
 * explain_print.c - what explain has found, for people.
 */
#include "lmdb-loader/explain_print.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/settings.h"
#include "lmdb-loader/load.h"

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

/* ", first seen 2026-01-01 00:00:00 UTC (3 days ago)" */
static void
print_when(const char *what, long long seconds, bool has_age)
{
	long long age_s = (long long)time(NULL) - seconds;
	time_t when = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds == 0 || gmtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return;
	printf(", %s %s", what, text);
	if (!has_age || age_s < 0)
		return;
	if (age_s >= 2 * 86400)
		printf(" (%lld days ago)", age_s / 86400);
	else if (age_s >= 2 * 3600)
		printf(" (%lld hours ago)", age_s / 3600);
	else
		printf(" (%lld minutes ago)", age_s / 60);
}

/* "alpha: name and subdomains, nxdomain, category malware, confidence 90" */
static void
print_entry(json_t *entry)
{
	const char *category = text_of(entry, "category");
	const char *action = text_of(entry, "action");
	const char *below = text_of(entry, "action_below");
	bool is_rule = json_object_get(entry, "rule") != NULL;

	printf("%s: %s, %s", text_of(entry, "feed"),
	    weir_load_scope(text_of(entry, "scope")), action);
	if (strcmp(text_of(entry, "scope"), "both") == 0 &&
	    strcmp(action, below) != 0)
		printf(", below it %s", below);
	if (json_is_true(json_object_get(entry, "important")))
		printf(", important");
	if (category[0] != '\0')
		printf(", category %s", category);
	printf(", confidence %lld", integer(entry, "confidence"));
	print_when(is_rule ? "made" : "first seen",
	    integer(entry, "first_seen"), true);
	print_when("until", integer(entry, "valid_until"), false);
}

/* Whether the feed's list could not be read again. */
static bool
is_unreadable(json_t *lists, const char *feed)
{
	json_t *list;
	size_t i;

	json_array_foreach(lists, i, list)
	{
		if (strcmp(text_of(list, "feed"), feed) == 0 &&
		    text_of(list, "problem")[0] != '\0')
			return true;
	}
	return false;
}

/* Lines of the list, or of weir.yaml; or the rule's own why. */
static void
print_places(json_t *entry, json_t *lists)
{
	json_t *rule = json_object_get(entry, "rule"), *place;
	json_t *places = json_object_get(entry, "places");
	size_t i;

	if (rule != NULL) {
		printf("      by weir-load %s", text_of(entry, "feed"));
		if (!json_is_object(rule))
			printf("; forgotten since, or replaced");
		else if (text_of(rule, "why")[0] != '\0')
			printf(", why: %s", text_of(rule, "why"));
		putchar('\n');
		return;
	}
	json_array_foreach(places, i, place)
	{
		if (json_is_integer(json_object_get(place, "sequence")))
			printf("      feed %s, sequence %lld\n",
			    text_of(place, "feed"), integer(place, "sequence"));
		else
			printf("      %s:%lld\n", text_of(place, "file"),
			    integer(place, "line"));
	}
	if (json_array_size(places) > 0)
		return;
	if (strcmp(text_of(entry, "feed"), WEIR_PRESET_FEED) == 0)
		printf("      by presets in weir.yaml\n");
	else if (is_unreadable(lists, text_of(entry, "feed")))
		printf("      its list cannot be read now\n");
	else
		printf("      not in its list of now: from the list before it "
		       "(weir-load status tells which are kept), or from a "
		       "delta\n");
}

static void
print_steps(json_t *steps, json_t *lists)
{
	json_t *step, *entry, *entries;
	size_t i, j;

	json_array_foreach(steps, i, step)
	{
		entries = json_object_get(step, "entries");
		printf("  %s:%s\n", text_of(step, "name"),
		    json_array_size(entries) == 0 ? " nothing" : "");
		json_array_foreach(entries, j, entry)
		{
			printf("    ");
			print_entry(entry);
			printf(": %s\n", text_of(entry, "verdict"));
			print_places(entry, lists);
		}
	}
}

static void
print_refused(json_t *list, json_t *place)
{
	printf("refused: feed %s has %s at ", text_of(list, "feed"),
	    text_of(place, "name"));
	if (json_is_integer(json_object_get(list, "sequence")))
		printf("sequence %lld", integer(list, "sequence"));
	else
		printf(
		    "%s:%lld", text_of(list, "file"), integer(place, "line"));
	printf(", which is %s\n", text_of(place, "refused"));
}

/* What the guard rails refuse, and what is wrong with the lists. */
static void
print_lists(json_t *lists)
{
	json_t *list, *place;
	size_t i, j;

	json_array_foreach(lists, i, list)
	{
		json_array_foreach(json_object_get(list, "places"), j,
		    place) if (json_is_string(json_object_get(place,
				   "refused"))) print_refused(list, place);
		if (text_of(list, "problem")[0] != '\0')
			printf("feed %s: %s\n", text_of(list, "feed"),
			    text_of(list, "problem"));
		else if (json_is_true(json_object_get(list, "changed")))
			printf("feed %s: %s has changed since it was applied: "
			       "its lines are those of now\n",
			    text_of(list, "feed"), text_of(list, "file"));
	}
}

static void
print_near(json_t *near)
{
	json_t *name, *entry;
	size_t i, j;

	if (json_array_size(near) > 0)
		printf("near it:\n");
	json_array_foreach(near, i, name)
	    json_array_foreach(json_object_get(name, "entries"), j, entry)
	{
		printf("  %s: ", text_of(name, "name"));
		print_entry(entry);
		putchar('\n');
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

void
weir_explain_print(json_t *document)
{
	json_t *decided = json_object_get(document, "decided");
	json_t *shadow = json_object_get(document, "shadow");

	printf("%s %s: %s\n", text_of(document, "name"),
	    text_of(document, "type"), text_of(document, "result"));
	print_steps(json_object_get(document, "steps"),
	    json_object_get(document, "lists"));
	if (json_is_object(decided))
		printf("decided: %s (%s)%s%s\n", text_of(decided, "reason"),
		    text_of(decided, "action"),
		    text_of(decided, "why")[0] != '\0' ? ", why: " : "",
		    text_of(decided, "why"));
	else
		printf("decided: no rule speaks about it, so it is resolved "
		       "as usual\n");
	if (json_is_true(json_object_get(document, "postponed")))
		printf("an exception that ends keeps it from a rule\n");
	print_lists(json_object_get(document, "lists"));
	print_near(json_object_get(document, "near"));
	if (json_is_true(json_object_get(document, "never_block")))
		printf("never-block has it: apply lets no feed list it; allow "
		       "and deny still hold\n");
	if (json_is_object(shadow))
		printf("in shadow mode: %s (would have been %s)\n",
		    text_of(shadow, "reason"), text_of(shadow, "action"));
	if (text_of(document, "client")[0] != '\0')
		printf("client %s: gets what all clients get; there are no "
		       "groups of clients\n",
		    text_of(document, "client"));
	print_answer(json_object_get(document, "answer"));
	if (!json_is_object(decided))
		printf("the names that its answer leads to (CNAME, DNAME, "
		       "SVCB, HTTPS) are asked about too, when it is "
		       "resolved\n");
}
