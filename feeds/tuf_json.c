/*
 * tuf_json.c - JSON, strictly, and its canonical form.
 *
 * jansson reads; what it is laxer about is looked at here: depth before (it
 * recurses), numbers afterwards.
 */
#include "feeds/tuf_json.h"

#include <stdlib.h>
#include <string.h>

struct out {
	char *text;
	size_t len, size;
};

/* The deepest nesting of brackets outside of strings. */
static unsigned int
depth_of(const char *text, size_t len)
{
	unsigned int depth = 0, deepest = 0;
	bool is_string = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			is_string = !is_string;
		else if (is_string)
			continue;
		else if (text[i] == '{' || text[i] == '[')
			depth++;
		else if ((text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

static bool
has_only_whole_numbers(json_t *json)
{
	const char *key;
	json_t *member;
	json_int_t number;
	size_t i;

	switch (json_typeof(json)) {
	case JSON_REAL:
		return false;
	case JSON_INTEGER:
		number = json_integer_value(json);
		return number <= WEIR_TUF_NUMBER_MAX &&
		       number >= -WEIR_TUF_NUMBER_MAX;
	case JSON_ARRAY:
		json_array_foreach(json, i,
		    member) if (!has_only_whole_numbers(member)) return false;
		return true;
	case JSON_OBJECT:
		json_object_foreach(json, key,
		    member) if (!has_only_whole_numbers(member)) return false;
		return true;
	default:
		return true;
	}
}

/* Without memory jansson leaves octets of a text out, or calls it a wrong token:
 * what is stored must not be taken for damaged then.  So what it allocates is
 * watched while it reads. */
static _Thread_local bool is_short;
static json_malloc_t next_malloc;

static void *
watched(size_t size)
{
	void *made = next_malloc(size);

	is_short = is_short || made == NULL;
	return made;
}

/* NULL without memory too. */
static json_t *
load(const char *text, size_t len, json_error_t *ret_error)
{
	json_malloc_t used;
	json_free_t release;
	json_t *json;

	json_get_alloc_funcs(&used, &release);
	if (used != watched) {
		next_malloc = used;
		json_set_alloc_funcs(watched, release);
	}
	is_short = false;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, ret_error);
	if (is_short) {
		json_decref(json);
		return NULL;
	}
	return json;
}

int
weir_tuf_json_parse(const char *text, size_t len, json_t **ret_json,
    struct weir_problem *problem)
{
	json_error_t error;
	json_t *json;

	if (depth_of(text, len) > WEIR_TUF_DEPTH)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "nested more than %d deep", WEIR_TUF_DEPTH);
	json = load(text, len, &error);
	if (json == NULL && is_short)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	if (json == NULL)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "no JSON: %s (octet %d)", error.text, error.position);
	if (!has_only_whole_numbers(json)) {
		json_decref(json);
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "a number that is not whole, or beyond 2^53-1");
	}
	*ret_json = json;
	return 0;
}

static int
put(struct out *out, const char *text, size_t len)
{
	size_t size = out->size;
	char *grown;

	if (out->size - out->len <= len) {
		while (size - out->len <= len)
			size = size == 0 ? 1024 : size * 2;
		grown = realloc(out->text, size);
		if (grown == NULL)
			return WEIR_EMEMORY;
		out->text = grown;
		out->size = size;
	}
	memcpy(out->text + out->len, text, len);
	out->len += len;
	return 0;
}

static int
put_string(struct out *out, const char *text, size_t len)
{
	size_t i;
	int ret = put(out, "\"", 1);

	for (i = 0; i < len && ret == 0; i++) {
		if (text[i] == '"' || text[i] == '\\')
			ret = put(out, "\\", 1);
		if (ret == 0)
			ret = put(out, text + i, 1);
	}
	return ret == 0 ? put(out, "\"", 1) : ret;
}

static int put_value(struct out *out, json_t *json);

static int
compare_keys(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int
put_object(struct out *out, json_t *json)
{
	size_t count = json_object_size(json), i = 0;
	const char **keys = calloc(count + 1, sizeof(*keys));
	const char *key;
	json_t *member;
	int ret;

	if (keys == NULL)
		return WEIR_EMEMORY;
	json_object_foreach(json, key, member) keys[i++] = key;
	qsort(keys, count, sizeof(*keys), compare_keys);
	ret = put(out, "{", 1);
	for (i = 0; i < count && ret == 0; i++) {
		if (i > 0)
			ret = put(out, ",", 1);
		if (ret == 0)
			ret = put_string(out, keys[i], strlen(keys[i]));
		if (ret == 0)
			ret = put(out, ":", 1);
		if (ret == 0)
			ret = put_value(out, json_object_get(json, keys[i]));
	}
	free(keys);
	return ret == 0 ? put(out, "}", 1) : ret;
}

static int
put_array(struct out *out, json_t *json)
{
	json_t *member;
	size_t i;
	int ret = put(out, "[", 1);

	json_array_foreach(json, i, member)
	{
		if (ret == 0 && i > 0)
			ret = put(out, ",", 1);
		if (ret == 0)
			ret = put_value(out, member);
	}
	return ret == 0 ? put(out, "]", 1) : ret;
}

static int
put_value(struct out *out, json_t *json)
{
	char number[32];

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return put_object(out, json);
	case JSON_ARRAY:
		return put_array(out, json);
	case JSON_STRING:
		return put_string(
		    out, json_string_value(json), json_string_length(json));
	case JSON_INTEGER:
		(void)snprintf(number, sizeof(number), "%lld",
		    (long long)json_integer_value(json));
		return put(out, number, strlen(number));
	case JSON_TRUE:
		return put(out, "true", 4);
	case JSON_FALSE:
		return put(out, "false", 5);
	case JSON_NULL:
		return put(out, "null", 4);
	default:
		return WEIR_EFORMAT;
	}
}

int
weir_tuf_json_canon(json_t *json, char **ret_text, size_t *ret_len)
{
	struct out out = { NULL, 0, 0 };
	int ret = put_value(&out, json);

	if (ret == 0)
		ret = put(&out, "", 1);
	if (ret < 0) {
		free(out.text);
		return ret;
	}
	*ret_text = out.text;
	*ret_len = out.len - 1;
	return 0;
}

const char *
weir_tuf_json_text(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *
weir_tuf_json_object(json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);

	return json_is_object(member) ? member : NULL;
}

json_t *
weir_tuf_json_array(json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);

	return json_is_array(member) ? member : NULL;
}

bool
weir_tuf_json_number(
    json_t *object, const char *key, int64_t min, int64_t *ret_number)
{
	json_t *member = json_object_get(object, key);

	if (!json_is_integer(member) || json_integer_value(member) < min)
		return false;
	*ret_number = json_integer_value(member);
	return true;
}
