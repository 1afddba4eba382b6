/*
 * json_walk.c - JSON of any size, read as it comes: records at known places in
 * it, one after the other.
 *
 *   text -> libyajl -> where in the document are we -> record, value by value
 *                                                   -> the sink, at its end
 *
 * For each level that is open stands how many paths have led there: a bit for
 * each place, and within a record a bit for each value.  A level of a document
 * that no path leads into costs two zeros.
 *
 * libyajl keeps a token that is cut by the end of a piece, however long it is:
 * so the text is given to it in small slices, and a walk ends when too much
 * came since the last token.
 */
#include "feeds/json_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "feeds/json_path.h"

#define SLICE_SIZE 65536

/* Which paths are still right; a bit for each. */
struct reach {
	uint16_t places, values;
};

struct level {
	bool is_array;
	struct reach reach;
};

struct weir_json_walk {
	struct weir_json_sink sink;
	yajl_handle yajl;
	bool is_lines, is_skipping; /* the rest of a broken line */
	unsigned int place_count;
	uint16_t value_mask; /* those that the plan has */
	struct weir_json_path places[WEIR_JSON_PLACES],
	    values[WEIR_JSON_VALUES];
	int error;       /* of the sink, or a limit */
	const char *why; /* a limit, in words */
	/* Where we are: levels[0] is outside of the document. */
	unsigned int depth;
	struct level levels[WEIR_JSON_DEPTH + 1];
	struct reach member; /* of the member whose value is to come */
	/* The record at hand. */
	unsigned int record_depth; /* of what is in it; 0: none */
	struct weir_json_record record;
	size_t text_len;
	char text[WEIR_JSON_RECORD_SIZE];
	/* Positions in the whole text, in octets. */
	uint64_t slice_at, line_at; /* where they begin */
	uint64_t token_at;          /* the last token's end */
	const char *slice;
	size_t counted; /* of the slice: its lines are counted */
	unsigned long line;
};

/* --- where we are -------------------------------------------------------- */

/* What leads to the value in this level. */
static struct reach
step_into(struct weir_json_walk *walk, const char *key, size_t len)
{
	const struct level *level = &walk->levels[walk->depth];
	struct reach on = { .places = 0 };

	if (walk->record_depth == 0)
		on.places = weir_json_path_go_on(walk->places,
		    level->reach.places, walk->depth - 1, key, len);
	else
		on.values = weir_json_path_go_on(walk->values,
		    level->reach.values, walk->depth - walk->record_depth, key,
		    len);
	return on;
}

static struct reach
reach_of_value(struct weir_json_walk *walk)
{
	if (walk->depth == 0)
		return walk->levels[0].reach;
	if (walk->levels[walk->depth].is_array)
		return step_into(walk, NULL, 0);
	return walk->member;
}

static size_t
consumed(const struct weir_json_walk *walk)
{
	return yajl_get_bytes_consumed(walk->yajl);
}

/* Counts the lines of the slice up to there. */
static void
count_lines(struct weir_json_walk *walk, size_t end)
{
	const char *at;

	while (walk->counted < end) {
		at = memchr(
		    walk->slice + walk->counted, '\n', end - walk->counted);
		if (at == NULL)
			break;
		walk->counted = (size_t)(at - walk->slice) + 1;
		walk->line++;
		walk->line_at = walk->slice_at + walk->counted;
	}
	if (walk->counted < end)
		walk->counted = end;
}

unsigned long
weir_json_walk_line(struct weir_json_walk *walk)
{
	return walk->line;
}

static void
saw_token(struct weir_json_walk *walk)
{
	walk->token_at = walk->slice_at + consumed(walk);
}

/* --- the record ---------------------------------------------------------- */

static void
begin_record(struct weir_json_walk *walk, unsigned int place)
{
	memset(&walk->record, 0, sizeof(walk->record));
	walk->record.place = place;
	walk->text_len = 0;
}

static void
keep_value(struct weir_json_walk *walk, unsigned int number,
    enum weir_json_kind kind, const char *text, size_t len)
{
	struct weir_json_value *value = &walk->record.values[number];
	size_t room = sizeof(walk->text) - walk->text_len;

	if (value->kind != WEIR_JSON_ABSENT) {
		walk->record.is_repeated |= !walk->values[number].is_many;
		return;
	}
	if (number == 0) {
		count_lines(walk, consumed(walk));
		walk->record.line = walk->line;
	}
	value->kind = kind;
	value->is_cut = len >= room;
	value->len = len < room ? len : room > 0 ? room - 1 : 0;
	value->text = room > 0 ? walk->text + walk->text_len : "";
	if (room == 0)
		return;
	memcpy(walk->text + walk->text_len, text, value->len);
	walk->text[walk->text_len + value->len] = '\0';
	walk->text_len += value->len + 1;
}

static int
end_record(struct weir_json_walk *walk)
{
	walk->record_depth = 0;
	if (walk->record.line == 0) {
		count_lines(walk, consumed(walk));
		walk->record.line = walk->line;
	}
	walk->error = walk->sink.each(walk->sink.arg, &walk->record);
	return walk->error == 0;
}

/* --- what libyajl sees: 1, or 0 to end the walk --------------------------- */

static int
take_scalar(struct weir_json_walk *walk, enum weir_json_kind kind,
    const char *text, size_t len)
{
	struct reach reach = reach_of_value(walk);
	unsigned int steps, i;
	int place;

	saw_token(walk);
	if (walk->record_depth > 0) {
		steps = walk->depth - walk->record_depth + 1;
		for (i = 0; reach.values != 0; i++, reach.values >>= 1)
			if ((reach.values & 1) != 0 &&
			    walk->values[i].count == steps)
				keep_value(walk, i, kind, text, len);
		return 1;
	}
	place = weir_json_path_end(walk->places, reach.places, walk->depth);
	if (place < 0 || kind != WEIR_JSON_STRING)
		return 1;
	begin_record(walk, (unsigned int)place);
	for (i = 0; i < WEIR_JSON_VALUES; i++)
		if ((walk->value_mask >> i & 1) != 0 &&
		    walk->values[i].count == 0)
			keep_value(walk, i, kind, text, len);
	return end_record(walk);
}

static int
take_container(struct weir_json_walk *walk, bool is_array)
{
	struct reach reach = reach_of_value(walk);
	struct level *level;
	int place = -1;

	saw_token(walk);
	if (walk->depth == WEIR_JSON_DEPTH) {
		walk->why = "is too deep in arrays and objects";
		return 0;
	}
	if (walk->record_depth == 0 && !is_array)
		place = weir_json_path_end(
		    walk->places, reach.places, walk->depth);
	level = &walk->levels[++walk->depth];
	level->is_array = is_array;
	level->reach = reach;
	if (place < 0)
		return 1;
	begin_record(walk, (unsigned int)place);
	walk->record_depth = walk->depth;
	level->reach.values = walk->value_mask;
	return 1;
}

static int
end_container(void *arg)
{
	struct weir_json_walk *walk = arg;

	saw_token(walk);
	walk->depth--;
	if (walk->record_depth == walk->depth + 1)
		return end_record(walk);
	return 1;
}

static int
take_null(void *arg)
{
	return take_scalar(arg, WEIR_JSON_NULL, "", 0);
}

static int
take_bool(void *arg, int is_true)
{
	return take_scalar(
	    arg, WEIR_JSON_BOOL, is_true ? "true" : "false", is_true ? 4 : 5);
}

static int
take_number(void *arg, const char *text, size_t len)
{
	return take_scalar(arg, WEIR_JSON_NUMBER, text, len);
}

static int
take_string(void *arg, const unsigned char *text, size_t len)
{
	return take_scalar(arg, WEIR_JSON_STRING, (const char *)text, len);
}

static int
take_member(void *arg, const unsigned char *key, size_t len)
{
	struct weir_json_walk *walk = arg;

	saw_token(walk);
	/* libyajl has NULL for an empty name. */
	walk->member = step_into(
	    walk, key == NULL ? "" : (const char *)key, len);
	return 1;
}

static int
begin_object(void *arg)
{
	return take_container(arg, false);
}

static int
begin_array(void *arg)
{
	return take_container(arg, true);
}

static const yajl_callbacks callbacks = {
	.yajl_null = take_null,
	.yajl_boolean = take_bool,
	.yajl_number = take_number,
	.yajl_string = take_string,
	.yajl_start_map = begin_object,
	.yajl_map_key = take_member,
	.yajl_end_map = end_container,
	.yajl_start_array = begin_array,
	.yajl_end_array = end_container,
};

/* --- from outside -------------------------------------------------------- */

/* A parser that stands at the beginning of a document. */
static int
begin_document(struct weir_json_walk *walk)
{
	if (walk->yajl != NULL)
		yajl_free(walk->yajl);
	walk->yajl = yajl_alloc(&callbacks, NULL, walk);
	if (walk->yajl == NULL)
		return WEIR_EMEMORY;
	(void)yajl_config(walk->yajl, yajl_dont_validate_strings, 1);
	(void)yajl_config(
	    walk->yajl, yajl_allow_multiple_values, walk->is_lines ? 1 : 0);
	walk->depth = 0;
	walk->record_depth = 0;
	walk->why = NULL;
	walk->token_at = walk->slice_at;
	walk->levels[0].reach.places = (uint16_t)((1U << walk->place_count) -
						  1);
	return 0;
}

int
weir_json_walk_new(const struct weir_json_plan *plan,
    const struct weir_json_sink *sink, struct weir_json_walk **ret_walk)
{
	struct weir_json_walk *walk = calloc(1, sizeof(*walk));
	bool is_right = true;
	unsigned int i;
	int error;

	if (walk == NULL)
		return WEIR_EMEMORY;
	walk->sink = *sink;
	walk->is_lines = plan->is_lines;
	walk->line = 1;
	for (i = 0; i < WEIR_JSON_PLACES && plan->places[i] != NULL; i++)
		is_right &= weir_json_path_parse(
		    plan->places[i], &walk->places[i]);
	walk->place_count = i;
	for (i = 0; i < WEIR_JSON_VALUES; i++) {
		if (plan->values[i] == NULL)
			continue;
		is_right &= weir_json_path_parse(
		    plan->values[i], &walk->values[i]);
		walk->value_mask |= (uint16_t)(1U << i);
	}
	error = is_right ? begin_document(walk) : WEIR_EFORMAT;
	if (error != 0)
		weir_json_walk_free(walk);
	else
		*ret_walk = walk;
	return error;
}

void
weir_json_walk_free(struct weir_json_walk *walk)
{
	if (walk == NULL)
		return;
	if (walk->yajl != NULL)
		yajl_free(walk->yajl);
	free(walk);
}

/* Says where and why, in libyajl's words or ours. */
static int
fault_at(struct weir_json_walk *walk, size_t at, const char *why,
    struct weir_json_fault *ret_fault)
{
	unsigned char *said = NULL;
	size_t len;

	if (why == NULL)
		said = yajl_get_error(walk->yajl, 0, NULL, 0);
	if (said != NULL)
		why = (const char *)said;
	/* It stands behind what it does not like, but for a text's octet. */
	if (said != NULL && at > 0 && strstr(why, "inside") == NULL)
		at--;
	len = why == NULL ? 0 : strcspn(why, "\n");
	if (len >= sizeof(ret_fault->text))
		len = sizeof(ret_fault->text) - 1;
	memset(ret_fault, 0, sizeof(*ret_fault));
	if (len > 0)
		memcpy(ret_fault->text, why, len);
	if (said != NULL)
		yajl_free_error(walk->yajl, said);
	count_lines(walk, at);
	ret_fault->line = walk->line;
	ret_fault->column =
	    (unsigned int)(walk->slice_at + at - walk->line_at) + 1;
	return WEIR_EFORMAT;
}

/* A slice of the text: it becomes the one that positions are in. */
static int
read_slice(struct weir_json_walk *walk, const char *text, size_t len,
    struct weir_json_fault *ret_fault)
{
	size_t at;

	walk->slice = text;
	walk->counted = 0;
	if (yajl_parse(walk->yajl, (const unsigned char *)text, len) !=
	    yajl_status_ok) {
		at = consumed(walk);
		if (walk->error != 0)
			return walk->error;
		return fault_at(
		    walk, at < len ? at : len, walk->why, ret_fault);
	}
	if (walk->slice_at + len - walk->token_at > WEIR_JSON_TOKEN_SIZE)
		return fault_at(
		    walk, len, "a text or number is too long", ret_fault);
	count_lines(walk, len);
	walk->slice_at += len;
	return 0;
}

/* Behind a slice that was not read to its end. */
static void
skip_slice(struct weir_json_walk *walk, size_t len)
{
	count_lines(walk, len);
	walk->slice_at += len;
}

/* A line, or a part of one. */
static int
read_line(struct weir_json_walk *walk, const char *text, size_t len)
{
	struct weir_json_fault fault;
	bool is_end = text[len - 1] == '\n';
	int error = 0;

	if (walk->is_skipping) {
		walk->slice = text;
		walk->counted = 0;
		skip_slice(walk, len);
		walk->token_at = walk->slice_at;
		walk->is_skipping = !is_end;
		return 0;
	}
	error = read_slice(walk, text, len, &fault);
	if (error == 0 && (!is_end || walk->depth == 0))
		return 0;
	if (error == 0)
		fault = (struct weir_json_fault){ walk->line - 1, 0,
			"the line ends too early" };
	else if (error == WEIR_EFORMAT && walk->error == 0)
		skip_slice(walk, len);
	else
		return error;
	if (walk->sink.broken != NULL)
		walk->sink.broken(walk->sink.arg, &fault);
	walk->is_skipping = !is_end;
	return begin_document(walk);
}

int
weir_json_walk_read(struct weir_json_walk *walk, const char *text, size_t len,
    struct weir_json_fault *ret_fault)
{
	const char *end;
	size_t size;
	int error = 0;

	while (len > 0 && error == 0) {
		size = len < SLICE_SIZE ? len : SLICE_SIZE;
		end = walk->is_lines ? memchr(text, '\n', size) : NULL;
		if (end != NULL)
			size = (size_t)(end - text) + 1;
		if (walk->is_lines)
			error = read_line(walk, text, size);
		else
			error = read_slice(walk, text, size, ret_fault);
		text += size;
		len -= size;
	}
	return error;
}

int
weir_json_walk_end(
    struct weir_json_walk *walk, struct weir_json_fault *ret_fault)
{
	walk->slice = "";
	walk->counted = 0;
	if (walk->is_skipping)
		return 0;
	if (yajl_complete_parse(walk->yajl) == yajl_status_ok)
		return 0;
	if (walk->error != 0)
		return walk->error;
	return fault_at(walk, 0, "the document ends too early", ret_fault);
}
