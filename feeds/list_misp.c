/*
 * list_misp.c - MISP events: one alone, in {"Event": ...}, in a list of them,
 * in {"response": ...}; their attributes, and those of their objects.
 *
 *   {"Event": {"Attribute": [{"type": "domain", "value": "example.com",
 *       "to_ids": true, "category": "Network activity", "first_seen": ...}],
 *     "Object": [{"Attribute": [...]}]}}
 *
 * to_ids says whether an attribute is for a machine to act upon: false is
 * passed over.  The category is that of the first tag which is not about who
 * may read it (tlp:...), else the attribute's own.
 */
#include <string.h>
#include <strings.h>

#include "feeds/list_record.h"
#include "feeds/list_walk.h"

enum value {
	VALUE,
	TYPE,
	TO_IDS,
	DELETED,
	CATEGORY,
	TAG,
	FIRST_SEEN,
	TIMESTAMP
};

static const struct weir_json_plan plan = {
	.places = { "Attribute[]", "Object[].Attribute[]", "Event.Attribute[]",
	    "Event.Object[].Attribute[]", "response.Attribute[]",
	    "response[].Event.Attribute[]",
	    "response[].Event.Object[].Attribute[]", "[].Event.Attribute[]",
	    "[].Event.Object[].Attribute[]", "response.Event.Attribute[]",
	    "response.Event.Object[].Attribute[]" },
	.values = {
	    [VALUE] = "value",
	    [TYPE] = "type",
	    [TO_IDS] = "to_ids",
	    [DELETED] = "deleted",
	    [CATEGORY] = "category",
	    [TAG] = "Tag[].name",
	    [FIRST_SEEN] = "first_seen",
	    [TIMESTAMP] = "timestamp",
	},
};

/* A bool, or as older servers write it. */
static bool
is_no(const struct weir_json_value *value)
{
	return value->kind != WEIR_JSON_ABSENT &&
	       (strcmp(value->text, "false") == 0 ||
		   strcmp(value->text, "0") == 0);
}

static bool
is_yes(const struct weir_json_value *value)
{
	return value->kind != WEIR_JSON_ABSENT &&
	       (strcmp(value->text, "true") == 0 ||
		   strcmp(value->text, "1") == 0);
}

static bool
begins(const struct weir_json_value *value, const char *text)
{
	return strncasecmp(value->text, text, strlen(text)) == 0;
}

/* A tag that says what the thing is. */
static bool
is_telling(const struct weir_json_value *tag)
{
	return tag->kind == WEIR_JSON_STRING && !begins(tag, "tlp:") &&
	       !begins(tag, "pap:") && !begins(tag, "misp:") &&
	       !begins(tag, "misp-galaxy:");
}

/* A "uri" may be the path alone. */
static bool
is_path(const struct weir_json_value *values)
{
	return values[TYPE].kind == WEIR_JSON_STRING &&
	       strcmp(values[TYPE].text, "uri") == 0 &&
	       strstr(values[VALUE].text, "://") == NULL;
}

static int
take_attribute(
    struct weir_list_reader *reader, const struct weir_json_record *found)
{
	const struct weir_json_value *values = found->values;
	struct weir_list_record record = { .is_from_url = false };
	const char *text = values[VALUE].text;
	enum weir_list_reason reason = WEIR_LIST_REASON_COUNT;

	if (values[VALUE].kind != WEIR_JSON_STRING ||
	    values[TYPE].kind != WEIR_JSON_STRING || is_path(values))
		reason = WEIR_LIST_NO_INDICATOR;
	else if (is_no(&values[TO_IDS]) || is_yes(&values[DELETED]))
		reason = WEIR_LIST_NOT_TO_BLOCK;
	if (reason != WEIR_LIST_REASON_COUNT) {
		weir_list_refuse(reader, reason, text == NULL ? "" : text,
		    values[VALUE].len);
		return 0;
	}
	record.values[WEIR_LIST_FIELD_NAME] = weir_list_walk_value(
	    &values[VALUE]);
	record.values[WEIR_LIST_FIELD_TYPE] = weir_list_walk_value(
	    &values[TYPE]);
	record.values[WEIR_LIST_FIELD_CATEGORY] = weir_list_walk_value(
	    &values[is_telling(&values[TAG]) ? TAG : CATEGORY]);
	record.values[WEIR_LIST_FIELD_FIRST_SEEN] = weir_list_walk_value(
	    &values[FIRST_SEEN]);
	if (record.values[WEIR_LIST_FIELD_FIRST_SEEN].len == 0)
		record.values[WEIR_LIST_FIELD_FIRST_SEEN] =
		    weir_list_walk_value(&values[TIMESTAMP]);
	return weir_list_record_give(reader, &record);
}

static int
recognise_misp(const char *text, size_t len)
{
	char first = weir_list_walk_first(text, len);

	if (first != '{' && first != '[')
		return -1;
	if (weir_list_walk_has_key(text, len, "Attribute") &&
	    (weir_list_walk_has_key(text, len, "to_ids") ||
		weir_list_walk_has_key(text, len, "uuid")))
		return 1;
	return weir_list_walk_has_key(text, len, "Event") &&
		       weir_list_walk_has_key(text, len, "threat_level_id")
		   ? 1
		   : -1;
}

static int
read_misp(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct weir_list_walk *walk = weir_list_state(reader);
	struct weir_json_plan of_file = plan;
	int error = 0;

	if (walk->walk == NULL) {
		of_file.is_lines = weir_list_walk_is_lines(text, len);
		error = weir_list_walk_begin(
		    reader, walk, &of_file, take_attribute);
	}
	return error != 0 ? error
			  : weir_list_walk_read(reader, walk, text, len);
}

static int
end_misp(struct weir_list_reader *reader, bool is_whole)
{
	return weir_list_walk_end(reader, weir_list_state(reader), is_whole);
}

const struct weir_list_format weir_list_misp = {
	.name = "misp",
	.recognise_file = recognise_misp,
	.document = read_misp,
	.end = end_misp,
	.state_size = sizeof(struct weir_list_walk),
};
