/*
 * feed_target.c - what TUF targets say of a feed's files.
 *
 * Members that weir does not know are passed over: a later publisher may say
 * more.  One that it knows and that is not as it should be refuses the target.
 */
#include "feeds/feed_target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feeds/tuf_json.h"

#define VERSION 1
#define FOLDER  "feed/"

json_t *
weir_feed_target_print(const struct weir_feed_target *target)
{
	const struct weir_feed_header *header = &target->header;
	char sum[WEIR_FEED_SUM_SIZE];

	weir_feed_sum_print(&target->sum, sum);
	return json_pack("{s:{s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I, "
			 "s:I, s:I}}",
	    "weir", "v", VERSION, "feed", header->feed, "gen", header->gen,
	    "kind", weir_feed_kind_text(header->kind), "from",
	    (json_int_t)header->from, "to", (json_int_t)header->to, "count",
	    (json_int_t)target->count, "sum", sum, "raw",
	    (json_int_t)target->raw, "poll_ms", (json_int_t)target->poll_ms,
	    "at", (json_int_t)target->at_ms);
}

static const char *
text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool
is_version(json_t *weir)
{
	json_t *version = json_object_get(weir, "v");

	return json_is_integer(version) &&
	       json_integer_value(version) == VERSION;
}

/* A whole number of [min, max]; NULL, or the member that is none. */
static const char *
take(json_t *weir, const char *key, uint64_t min, uint64_t max,
    uint64_t *ret_number)
{
	json_t *member = json_object_get(weir, key);
	json_int_t number = json_integer_value(member);

	if (!json_is_integer(member) || number < 0 || (uint64_t)number < min ||
	    (uint64_t)number > max)
		return key;
	*ret_number = (uint64_t)number;
	return NULL;
}

static const char *
take_numbers(json_t *weir, struct weir_feed_target *target)
{
	struct weir_feed_header *header = &target->header;
	bool is_full = header->kind == WEIR_FEED_FULL;
	const char *wrong;
	uint64_t poll_ms = 0;

	/* No sequence number wraps, and none is 0: that is "nothing yet". */
	wrong = take(weir, "to", 1, WEIR_TUF_NUMBER_MAX, &header->to);
	if (wrong == NULL)
		wrong = take(weir, "from", 0, is_full ? 0 : header->to - 1,
		    &header->from);
	if (wrong == NULL)
		wrong = take(
		    weir, "count", 0, WEIR_DB_NAMES_MAX, &target->count);
	if (wrong == NULL)
		wrong = take(weir, "raw", 1,
		    is_full ? WEIR_FEED_FULL_RAW : WEIR_FEED_DELTA_RAW,
		    &target->raw);
	if (wrong == NULL)
		wrong = take(weir, "poll_ms", WEIR_FEED_POLL_MIN,
		    WEIR_FEED_POLL_MAX, &poll_ms);
	if (wrong == NULL)
		wrong = take(
		    weir, "at", 1, WEIR_TUF_NUMBER_MAX, &target->at_ms);
	target->poll_ms = (uint32_t)poll_ms;
	return wrong;
}

/* NULL, or the member that is wrong. */
static const char *
take_custom(json_t *weir, struct weir_feed_target *target)
{
	struct weir_feed_header *header = &target->header;
	const char *name = text_of(weir, "feed"), *gen = text_of(weir, "gen");
	int kind = weir_feed_kind_parse(text_of(weir, "kind"));

	if (!is_version(weir))
		return "v";
	if (!weir_feed_name_is_valid(name))
		return "feed";
	if (!weir_feed_gen_is_valid(gen))
		return "gen";
	if (kind < 0)
		return "kind";
	if (!weir_feed_sum_parse(text_of(weir, "sum"), &target->sum))
		return "sum";
	strcpy(header->feed, name);
	strcpy(header->gen, gen);
	header->kind = (uint8_t)kind;
	return take_numbers(weir, target);
}

int
weir_feed_target_parse(const struct weir_tuf_target *tuf, const char *feed,
    struct weir_feed_target *ret_target, struct weir_problem *problem)
{
	json_t *weir = json_object_get(tuf->custom, "weir");
	struct weir_feed_target target = { .length = tuf->length };
	uint64_t longest;
	const char *wrong;

	if (!json_is_object(weir))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "target %s: nothing in it of a feed", tuf->name);
	wrong = take_custom(weir, &target);
	if (wrong != NULL)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "target %s: custom.weir.%s is missing, or wrong", tuf->name,
		    wrong);
	/* Or one kind would be taken for the other. */
	if (strncmp(tuf->name, FOLDER, strlen(FOLDER)) != 0 ||
	    strcmp(tuf->name + strlen(FOLDER),
		weir_feed_kind_text(target.header.kind)) != 0)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "target %s: not the name of a %s", tuf->name,
		    weir_feed_kind_text(target.header.kind));
	/* Two feeds that are signed by the same keys. */
	if (feed != NULL && strcmp(feed, target.header.feed) != 0)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "target %s: of the feed %s, not %s", tuf->name,
		    target.header.feed, feed);
	longest = target.header.kind == WEIR_FEED_FULL ? WEIR_FEED_FULL_SIZE
						       : WEIR_FEED_DELTA_SIZE;
	if (tuf->length == 0 || tuf->length > longest)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "target %s: %" PRIu64 " octets; at most %" PRIu64,
		    tuf->name, tuf->length, longest);
	memcpy(target.name, tuf->name, sizeof(target.name));
	memcpy(target.sha256, tuf->sha256, sizeof(target.sha256));
	*ret_target = target;
	return 0;
}

json_t *
weir_feed_name_print(const char *feed)
{
	return json_pack("{s:i, s:s}", "v", VERSION, "feed", feed);
}

const char *
weir_feed_name_parse(json_t *is_signed)
{
	json_t *weir = json_object_get(is_signed, "weir");
	const char *name = text_of(weir, "feed");

	return is_version(weir) && weir_feed_name_is_valid(name) ? name : NULL;
}
