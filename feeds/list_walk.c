/*
 * list_walk.c - what the JSON formats have in common: a walk through a document
 * for a list's reader.
 */
#include "feeds/list_walk.h"

#include <string.h>

static int
take_record(void *arg, const struct weir_json_record *record)
{
	struct weir_list_reader *reader = arg;
	const struct weir_list_walk *walk = weir_list_state(reader);

	weir_list_set_line(reader, record->line);
	if (record->is_repeated) {
		weir_list_refuse_at(reader, WEIR_LIST_BROKEN, record->line, 0,
		    "a member is there twice");
		return 0;
	}
	return walk->each(reader, record);
}

static void
take_broken(void *arg, const struct weir_json_fault *fault)
{
	weir_list_refuse_at(
	    arg, WEIR_LIST_BROKEN, fault->line, fault->column, fault->text);
}

int
weir_list_walk_begin(struct weir_list_reader *reader,
    struct weir_list_walk *walk, const struct weir_json_plan *plan,
    int (*each)(
	struct weir_list_reader *reader, const struct weir_json_record *record))
{
	struct weir_json_sink sink = {
		.arg = reader, .each = take_record, .broken = take_broken
	};

	walk->each = each;
	return weir_json_walk_new(plan, &sink, &walk->walk);
}

/* Of a byte order mark. */
static size_t
mark_length(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\357\273\277", 3) == 0 ? 3 : 0;
}

int
weir_list_walk_read(struct weir_list_reader *reader,
    struct weir_list_walk *walk, const char *text, size_t len)
{
	struct weir_json_fault fault = { .line = 0 };
	size_t mark = walk->has_begun ? 0 : mark_length(text, len);
	int error;

	walk->has_begun = true;
	error = weir_json_walk_read(
	    walk->walk, text + mark, len - mark, &fault);
	if (fault.line != 0)
		return weir_list_break(
		    reader, fault.line, fault.column, fault.text);
	weir_list_set_line(reader, weir_json_walk_line(walk->walk));
	return error;
}

int
weir_list_walk_end(
    struct weir_list_reader *reader, struct weir_list_walk *walk, bool is_whole)
{
	struct weir_json_fault fault = { .line = 0 };
	int error = 0;

	if (walk->walk == NULL)
		return 0;
	if (is_whole)
		error = weir_json_walk_end(walk->walk, &fault);
	if (fault.line != 0)
		error = weir_list_break(
		    reader, fault.line, fault.column, fault.text);
	weir_json_walk_free(walk->walk);
	walk->walk = NULL;
	return error;
}

struct weir_list_value
weir_list_walk_value(const struct weir_json_value *value)
{
	struct weir_list_value none = { NULL, 0 };

	if (value->kind == WEIR_JSON_ABSENT || value->kind == WEIR_JSON_NULL ||
	    (value->is_cut && value->len < WEIR_JSON_RECORD_SIZE / 4))
		return none;
	return (struct weir_list_value){ value->text, value->len };
}

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

char
weir_list_walk_first(const char *text, size_t len)
{
	size_t at = mark_length(text, len);

	while (at < len && is_blank(text[at]))
		at++;
	return at < len ? text[at] : '\0';
}

bool
weir_list_walk_is_lines(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len), *at = end;

	if (end == NULL || weir_list_walk_first(text, len) != '{')
		return false;
	while (at > text && is_blank(at[-1]))
		at--;
	return at > text && at[-1] == '}' &&
	       weir_list_walk_first(end, len - (size_t)(end - text)) == '{';
}

bool
weir_list_walk_has_key(const char *text, size_t len, const char *key)
{
	size_t size = strlen(key);
	const char *at = text, *end = text + len, *rest;

	while ((at = memmem(at, (size_t)(end - at), key, size)) != NULL) {
		rest = at + size;
		if (at > text && at[-1] == '"' && rest < end && *rest == '"') {
			rest++;
			while (rest < end && is_blank(*rest))
				rest++;
			if (rest < end && *rest == ':')
				return true;
		}
		at += size;
	}
	return false;
}
