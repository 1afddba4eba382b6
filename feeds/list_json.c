/*
 * list_json.c - other JSON: arrays of names, objects in arrays, JSON Lines.
 *
 * Where the names are is said by the feed's `fields:`, as paths (see
 * feeds/json_walk.h):
 *
 *   name: data[].ioc         in each object of the array "data" its "ioc"
 *   type: data[].ioc_type    or, from the object that has the name, ioc_type
 *   name: deny[]             the texts of an array
 *
 * Without them one of the shapes below is taken, the first that has names in
 * the beginning of the file.  A member that merely looks like one with names is
 * not enough: lists hold addresses of their keepers, of reports and licences.
 */
#include <stdio.h>
#include <string.h>

#include "feeds/json_path.h"
#include "feeds/list_record.h"
#include "feeds/list_walk.h"

#define PATH_SIZE 512 /* eight steps of the longest */

/* A shape: where its records are, and by enum weir_list_field its values. */
struct shape {
	const char *places[2];
	const char *values[WEIR_LIST_FIELD_COUNT];
	/* Texts there are names that must not be blocked. */
	const char *allowed;
	/* A guess asks for that one as well; NAME: for the name only. */
	enum weir_list_field needed;
};

#define SHAPE_OF_TEXTS(place)              \
	{                                  \
		{ place }, { "" }, NULL, 0 \
	}

static const struct shape shapes[] = {
	/* ThreatFox: the export, and the same in an answer */
	{ { "*[]", "data[]" },
	    { "ioc_value", "ioc_type", "threat_type", "confidence_level",
		"first_seen_utc" },
	    NULL, 0 },
	/* ThreatFox: the API */
	{ { "data[]" },
	    { "ioc", "ioc_type", "threat_type", "confidence_level",
		"first_seen" },
	    NULL, 0 },
	/* URLhaus: the API, and the export */
	{ { "urls[]", "*[]" },
	    { "url", NULL, "threat", NULL, "dateadded", NULL, "url_status" },
	    NULL, WEIR_LIST_FIELD_STATUS },
	{ { "urls[]", "*[]" },
	    { "url", NULL, "threat", NULL, "date_added", NULL, "url_status" },
	    NULL, WEIR_LIST_FIELD_STATUS },
	/* lists of phishing sites with what they would never list */
	{ { "deny[]" }, { "" }, "allow[]", 0 },
	/* indicators with a type */
	{ { "iocs[]", "indicators[]" },
	    { "value", "type", "tag", "confidence", "first_seen",
		"valid_until" },
	    NULL, WEIR_LIST_FIELD_TYPE },
	{ { "[]", "data[]" },
	    { "indicator", "type", "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
	/* pulses of OTX */
	{ { "indicators[]", "results[].indicators[]" },
	    { "indicator", "type", NULL, NULL, "created", "expiration" }, NULL,
	    WEIR_LIST_FIELD_TYPE },
	/* names, and perhaps more */
	{ { "[]", "data[]" },
	    { "domain", NULL, "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
	{ { "[]", "data[]" },
	    { "hostname", NULL, "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
	{ { "[]" },
	    { "url", NULL, "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
	SHAPE_OF_TEXTS("[]"),
	SHAPE_OF_TEXTS("domains[]"),
	SHAPE_OF_TEXTS("blocklist[]"),
	SHAPE_OF_TEXTS("blacklist[]"),
	SHAPE_OF_TEXTS("hosts[]"),
};

/* JSON Lines: the same members, in an object on each line. */
static const struct shape line_shapes[] = {
	{ { "" },
	    { "ioc_value", "ioc_type", "threat_type", "confidence_level",
		"first_seen_utc" },
	    NULL, 0 },
	{ { "" },
	    { "ioc", "ioc_type", "threat_type", "confidence_level",
		"first_seen" },
	    NULL, 0 },
	{ { "" },
	    { "indicator", "type", "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
	{ { "" },
	    { "domain", NULL, "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
	{ { "" },
	    { "hostname", NULL, "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
	{ { "" },
	    { "url", NULL, "category", "confidence", "first_seen",
		"valid_until", "status" },
	    NULL, 0 },
};

/* The number of the place that holds names not to be blocked. */
#define ALLOWED_PLACE 2

static void
plan_of(const struct shape *shape, bool is_lines, struct weir_json_plan *plan)
{
	size_t i;

	memset(plan, 0, sizeof(*plan));
	plan->is_lines = is_lines;
	plan->places[0] = shape->places[0];
	plan->places[1] = shape->places[1];
	if (shape->allowed != NULL) {
		plan->places[1] = shape->places[0]; /* none may be left out */
		plan->places[ALLOWED_PLACE] = shape->allowed;
	}
	for (i = 0; i < WEIR_LIST_FIELD_COUNT; i++)
		plan->values[i] = shape->values[i];
}

/* --- guesses ------------------------------------------------------------- */

struct guess {
	enum weir_list_field needed;
	unsigned long names, others;
};

static int
count_record(void *arg, const struct weir_json_record *record)
{
	const struct weir_json_value *name =
	    &record->values[WEIR_LIST_FIELD_NAME];
	struct guess *guess = arg;
	int said;

	if (record->place == ALLOWED_PLACE || name->kind == WEIR_JSON_ABSENT ||
	    name->kind == WEIR_JSON_NULL ||
	    record->values[guess->needed].kind == WEIR_JSON_ABSENT)
		return 0;
	said = weir_list_record_recognise(name->text, name->len);
	guess->names += said == 1;
	guess->others += said == -1 &&
			 record->values[WEIR_LIST_FIELD_TYPE].kind ==
			     WEIR_JSON_ABSENT;
	return 0;
}

/* Whether the beginning of a file has names at the places of the shape.  It
 * breaks off somewhere, so a fault means nothing. */
static bool
is_shape(const struct shape *shape, bool is_lines, const char *text, size_t len)
{
	struct guess guess = { .needed = shape->needed };
	struct weir_json_sink sink = { .arg = &guess, .each = count_record };
	struct weir_json_fault fault;
	struct weir_json_walk *walk;
	struct weir_json_plan plan;

	plan_of(shape, is_lines, &plan);
	if (weir_json_walk_new(&plan, &sink, &walk) != 0)
		return false;
	(void)!weir_json_walk_read(walk, text, len, &fault);
	weir_json_walk_free(walk);
	return guess.names > guess.others;
}

/* The shape of the text; NULL: none that is known. */
static const struct shape *
guess_shape(const char *text, size_t len, bool is_lines)
{
	const struct shape *some = is_lines ? line_shapes : shapes;
	size_t count = is_lines ? sizeof(line_shapes) / sizeof(line_shapes[0])
				: sizeof(shapes) / sizeof(shapes[0]);
	char first = weir_list_walk_first(text, len);
	size_t i;

	if (first != '{' && first != '[')
		return NULL;
	if (len >= 3 && memcmp(text, "\357\273\277", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (len > WEIR_LIST_SAMPLE)
		len = WEIR_LIST_SAMPLE;
	for (i = 0; i < count; i++)
		if (is_shape(&some[i], is_lines, text, len))
			return &some[i];
	return NULL;
}

static int
recognise_json(const char *text, size_t len)
{
	return guess_shape(text, len, weir_list_walk_is_lines(text, len)) !=
		       NULL
		   ? 1
		   : -1;
}

/* --- fields: ------------------------------------------------------------- */

/* The plan that the feed's settings ask for; `place` gets the text of its
 * place, PATH_SIZE octets.  False: a path that is none. */
static bool
plan_of_fields(const struct weir_list_options *options, char *place,
    struct weir_json_plan *plan)
{
	const char *name = options->fields[WEIR_LIST_FIELD_NAME], *path;
	size_t i, last, len;

	if (!weir_json_path_split(name, &last) || last >= PATH_SIZE)
		return false;
	memcpy(place, name, last);
	len = last > 0 && place[last - 1] == '.' ? last - 1 : last;
	place[len] = '\0';
	plan->places[0] = place;
	plan->values[WEIR_LIST_FIELD_NAME] = name + last;
	for (i = WEIR_LIST_FIELD_NAME + 1; i < WEIR_LIST_FIELD_COUNT; i++) {
		path = options->fields[i];
		if (path == NULL)
			continue;
		/* The whole path, or that from the object on. */
		if (last > 0 && strncmp(path, name, last) == 0)
			path += last;
		plan->values[i] = path;
	}
	return true;
}

/* --- the list ------------------------------------------------------------ */

static int
take_record(
    struct weir_list_reader *reader, const struct weir_json_record *found)
{
	const struct weir_json_value *name =
	    &found->values[WEIR_LIST_FIELD_NAME];
	struct weir_list_record record = { .is_from_url = false };
	size_t i;

	/* Another kind of object among them: nothing to say of it. */
	if (name->kind == WEIR_JSON_ABSENT)
		return 0;
	if (found->place == ALLOWED_PLACE) {
		weir_list_refuse(
		    reader, WEIR_LIST_NOT_TO_BLOCK, name->text, name->len);
		return 0;
	}
	for (i = 0; i < WEIR_LIST_FIELD_COUNT; i++)
		record.values[i] = weir_list_walk_value(&found->values[i]);
	return weir_list_record_give(reader, &record);
}

static int
begin(struct weir_list_reader *reader, struct weir_list_walk *walk,
    const char *text, size_t len)
{
	const struct weir_list_options *options = weir_list_options(reader);
	struct weir_json_plan plan = { .places = { NULL } };
	bool is_lines = weir_list_walk_is_lines(text, len);
	const struct shape *shape;
	char place[PATH_SIZE];
	int error;

	if (options->fields[WEIR_LIST_FIELD_NAME] != NULL) {
		plan.is_lines = is_lines;
		if (!plan_of_fields(options, place, &plan))
			return weir_list_break(reader, 0, 0,
			    "the path of fields.name makes no sense");
	} else {
		shape = guess_shape(text, len, is_lines);
		if (shape == NULL)
			return weir_list_break(reader, 0, 0,
			    "no names are where weir looks for them: say "
			    "where, with fields:");
		plan_of(shape, is_lines, &plan);
	}
	error = weir_list_walk_begin(reader, walk, &plan, take_record);
	if (error == WEIR_EFORMAT)
		return weir_list_break(
		    reader, 0, 0, "a path of fields: makes no sense");
	return error;
}

static int
read_json(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct weir_list_walk *walk = weir_list_state(reader);
	int error = 0;

	if (walk->walk == NULL)
		error = begin(reader, walk, text, len);
	return error != 0 ? error
			  : weir_list_walk_read(reader, walk, text, len);
}

static int
end_json(struct weir_list_reader *reader, bool is_whole)
{
	return weir_list_walk_end(reader, weir_list_state(reader), is_whole);
}

const struct weir_list_format weir_list_json = {
	.name = "json",
	.recognise_file = recognise_json,
	.has_confidence = true,
	.document = read_json,
	.end = end_json,
	.state_size = sizeof(struct weir_list_walk),
};
